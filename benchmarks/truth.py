"""What is known of the truth of each line: what `benchmarks/training.py` trains the line labeller with.

Where a row has a title, authors and a body, the truth of each line is known, but for what rules claimed. Where a row
has snippets, a line that holds one that must stay is body, one that a snippet that must go is most of is not; and where
its page was dumped in several ways, what all extractors kept is taken for body, and what none kept is taken for none.
The longest line that stands in the page's title is taken for the headline. Of the other lines nothing is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from quality import RIGHT_SHARE, SHINGLE, Row, folded, right_lines

from newsclean.cleaning import NONE, Cleaner
from newsclean.features import features, headlines
from newsclean.fixtures import find
from newsclean.labeller import STATES, State
from newsclean.layout import Layout
from newsclean.matching import Sheet
from newsclean.model import Label
from newsclean.render import parse_labels
from newsclean.sources import read
from newsclean.structure import captions

ALL = (1 << len(STATES)) - 1
ABSENT, UNKNOWN = -1, -2
EXTRACTORS = ("trafilatura", "readability", "newspaper", "resiliparse-main")
"""The kinds of dump that an extractor made, who took the page's cruft for such."""
LEAST_WITNESSES, LEAST_WORDS = 3, 80
"""How many other extractors must be asked, and how many words of a dump they must have kept to be believed."""
TITLE_WORDS = 3
"""Words: the least that a headline has that is found in a page's title."""


def only(*states: State) -> int:
    return sum(1 << STATES.index(state) for state in states)


class Example(NamedTuple):
    """A dump: the features of its units, the states that each may be in as bits, its words, and whether it is open.

    `headline` is the unit that is the headline, if rules found none: `ABSENT` if there is none, `UNKNOWN` if that is
    not known.
    """

    page: str
    features: list[list[str]]
    may_be: list[int]
    words: list[int]
    open: list[bool]
    headline: int


def examples(found: Sequence[Row], cleaner: Cleaner) -> Iterator[Example]:
    """Yield an example for each row and way of cleaning it, without a publisher's rules and with them if it is known.

    Each true body is one too: from what is clean already, nothing must go.
    """
    bodies = {page_of(row): row["body"] for row in found if row.get("body")}
    pages = defaultdict(list)
    for row in found:
        pages[page_of(row)].append(row)
    witnesses = {page: Witnesses.of(dumps) for page, dumps in pages.items() if page not in bodies}
    for row in found:
        page = page_of(row)
        for publisher in (NONE, None) if row.get("body") else (NONE,):
            sheet, name = cleaner.claimed(row["text"], publisher=publisher)
            if sheet.units and (publisher or name):
                known = known_states(row, sheet) if row.get("body") else known_lines(row, sheet, witnesses[page])
                title = folded(row.get("title")) if row.get("body") else witnesses[page].headline
                yield example(page, sheet, known, title != "" and title not in folded(row["text"]))
    for page, body in bodies.items():
        sheet, _ = cleaner.claimed(body, publisher=NONE)
        yield example(page, sheet, [only(State.BODY)] * len(sheet.units), headless=True)


def example(page: str, sheet: Sheet, may_be: list[int], headless: bool) -> Example:
    layout = Layout.of(sheet)
    captions(sheet, layout)
    near = layout.near
    counts = [sheet.units[i].view.count(" ") + 1 for i in near]
    open_ = [not sheet.whole[i] for i in near]
    known = may_be[near.start : near.stop]
    for i in reversed(range(len(known))):  # if the body goes on where nobody looks, what is seen ends before
        if known[i] != only(State.INSIDE):
            break
        known[i] = only(State.BELOW)
    heads = [i for i, states in enumerate(known) if states == only(State.HEADLINE) and open_[i]]
    headline = heads[0] if heads else ABSENT if headless else UNKNOWN
    return Example(page, features(sheet, layout, near), known, counts, open_, UNKNOWN if headlines(sheet) else headline)


def of_fixtures(folder: Path, cleaner: Cleaner) -> Iterator[Example]:
    """Yield an example for each fixture that is no known failure: its answer tells all, also where bylines stand."""
    for fixture in find(folder):
        if fixture.must_fail:
            continue
        page = fixture.path.relative_to(folder).as_posix()  # the parts of a cross-validation are dealt by it
        text = read(fixture.path).text
        sheet, _ = cleaner.claimed(text, publisher=fixture.publisher)
        answer = parse_labels(fixture.answer.read_text(encoding="utf-8"), str(fixture.answer))
        labels = list(_labels_of(sheet, answer))
        known = ([label is wanted for label in labels] for wanted in (Label.HEADLINE, Label.BODY, Label.BYLINE))
        yield example(page, sheet, _placed(*known), headless=Label.HEADLINE not in labels)
        clean = "\n".join(said for label, _, said in answer if label is Label.BODY)
        sheet, _ = cleaner.claimed(clean, publisher=fixture.publisher)
        if sheet.units:
            yield example(page, sheet, [only(State.BODY)] * len(sheet.units), headless=True)


def _labels_of(sheet: Sheet, answer: list[tuple[Label, str | None, str]]) -> Iterator[Label]:
    """Yield each unit's label: that of the part of the answer in which most of it lies."""
    at, parts = 0, []
    for label, _, said in answer:
        start = sheet.text.find(said, at)
        if start >= 0:
            parts.append((start, start + len(said), label))
            at = start + len(said)
    for unit in sheet.units:
        yield max(parts, key=lambda part: min(part[1], unit.end) - max(part[0], unit.start))[2]


def page_of(row: Row) -> str:
    return str(row.get("page") or row.get("url") or row["id"])


def known_states(row: Row, sheet: Sheet) -> list[int]:
    """Return the states that each unit may be in, given title, authors and body."""
    lines = [row["text"][unit.start : unit.end] for unit in sheet.units]
    said = [folded(line) for line in lines]
    sizes = [len(line.split()) for line in said]
    title = folded(row.get("title"))
    good = right_lines(lines, row["body"])
    right = [line in good and words != title for line, words in zip(lines, said, strict=True)]
    long = [i for i, is_body in enumerate(right) if is_body and sizes[i] >= 2 * SHINGLE]
    if long:  # a few words far from the article are in its body by chance
        near = range(long[0] - 2, long[-1] + 3)
        right = [is_body and (sizes[i] >= SHINGLE or i in near) for i, is_body in enumerate(right)]
    authors = [f" {name} " for author in row.get("authors") or () if (name := folded(author))]
    heads = [title != "" and line == title for line in said]
    return _placed(heads, right, [_signs(line, authors) for line in said])


def _placed(heads: list[bool], right: list[bool], signs: list[bool]) -> list[int]:
    """Return the states that each unit may be in, by its place among headline, body and bylines."""
    body = [i for i, is_body in enumerate(right) if is_body]
    first, last = (body[0], body[-1]) if body else (len(right), -1)
    head = next((i for i in reversed(range(first)) if heads[i]), None)
    return [_state(i, head, first, last, right[i], signs[i]) for i in range(len(right))]


def _signs(line: str, authors: list[str]) -> bool:
    """Tell whether a line is a byline: authors and little else."""
    return any(author in f" {line} " for author in authors) and len(line.split()) <= max(
        12, 2 * len(" ".join(authors).split())
    )


def _state(i: int, head: int | None, first: int, last: int, right: bool, signs: bool) -> int:
    if i == head:
        return only(State.HEADLINE)
    if signs and not first <= i <= last:
        return only(State.BYLINE if i < first else State.CREDIT)
    if right:
        return only(State.BODY)
    if 0 <= last < i:
        return only(State.BELOW)
    if i > first:
        return only(State.INSIDE)
    if head is None:
        return only(State.ABOVE, State.UNDER)
    return only(State.ABOVE if i < head else State.UNDER)


class Witnesses(NamedTuple):
    """What a page's dumps tell of each other: what all extractors kept is body, what none kept is not.

    `headline` is the longest line of the page that stands in its title, which is the first line of a "bs4" dump.
    """

    texts: dict[str, str]
    lines: dict[str, frozenset[str]]
    headline: str

    @classmethod
    def of(cls, dumps: Sequence[Row]) -> Witnesses:
        """Ask the dumps of one page."""
        extracts = {row["dump"]: row["text"] for row in dumps if row.get("dump") in EXTRACTORS}
        title, *lines = next((row["text"].splitlines() for row in dumps if row.get("dump") == "bs4"), [""]) or [""]
        title, said = folded(title), {folded(line) for line in lines}
        heads = [line for line in said if line in title and len(line.split()) >= TITLE_WORDS]
        return cls(
            {dump: f" {folded(text)} " for dump, text in extracts.items()},
            {dump: frozenset(map(folded, text.splitlines())) for dump, text in extracts.items()},
            max(heads, key=len, default=""),
        )

    def kept(self, lines: list[str], dump: str | None) -> list[bool | None]:
        """Tell of each line of a dump, folded, whether all others kept it (True), or none (False)."""
        asked = [other for other in self.texts if other != dump and self.texts[other].count(" ") >= LEAST_WORDS]
        if len(asked) < LEAST_WITNESSES:
            return [None] * len(lines)
        found: list[bool | None] = []
        for i, line in enumerate(lines):
            beside = (lines[i - 1].split()[-1:] if i else [], lines[i + 1].split()[:1] if i + 1 < len(lines) else [])
            spread = f" {' '.join([*beside[0], line, *beside[1]])} "  # a piece of a sentence, broken at its links
            if line.count(" ") >= SHINGLE - 1:
                votes = [f" {line} " in self.texts[other] for other in asked]
            else:
                votes = [line in self.lines[other] or spread in self.texts[other] for other in asked]
            found.append(True if all(votes) else None if any(votes) else False)
        words = sum(len(line.split()) for line, kept in zip(lines, found, strict=True) if kept)
        return found if words >= LEAST_WORDS else [None] * len(lines)


def known_lines(row: Row, sheet: Sheet, witnesses: Witnesses) -> list[int]:
    """Return the states that each unit may be in, given snippets that must stay and that must go, and other dumps."""
    lines = [folded(row["text"][unit.start : unit.end]) for unit in sheet.units]
    votes = witnesses.kept(lines, row.get("dump"))
    stay = [snippet for kept in row.get("kept") or () if (snippet := folded(kept))]
    go = [snippet for removed in row.get("removed") or () if (snippet := folded(removed))]
    found = []
    for line, vote in zip(lines, votes, strict=True):
        size = len(line.split())
        stays = any(snippet in line or (size >= SHINGLE and f" {line} " in f" {snippet} ") for snippet in stay)
        goes = any(
            (snippet in line and len(snippet.split()) >= RIGHT_SHARE * size) or (size >= SHINGLE and line in snippet)
            for snippet in go
        )
        if stays == goes and line != witnesses.headline:
            stays, goes = vote is True, vote is False
        found.append(ALL if stays == goes else only(State.BODY) if stays else ALL & ~only(State.BODY))
    first = found.index(only(State.BODY)) if only(State.BODY) in found else len(found)
    head = next((i for i in reversed(range(first)) if lines[i] == witnesses.headline != ""), None)
    if head is not None:
        found[head] = only(State.HEADLINE)
    return found
