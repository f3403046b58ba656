"""The passes over what no rule claimed, each a small function, in the order of `PASSES`.

All of them look at the same `Layout`: how many words each unit has, which are prose, and the core, the stretch of
units that holds most prose and least else (Finn, Kushmerick and Smyth, "Fact or Fiction", 2001, find the body of
a web page so). A pass claims only with evidence beside it: in a text that looks like an extractor's output, what
no rule knows is body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from newsclean.matching import Claim, Sheet
from newsclean.model import Label, Pass

# Python's own re takes ten times as long to compile such a class.
CJK = regex.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff]")
CJK_A_WORD = 2.5
"""Characters of a script without spaces that count as a word."""
CLOSING = "\"'»)]」』"
PROSE_WORDS, LONG_WORDS, SHORT_WORDS = 10, 22, 6
"""Words: from the first on, a sentence is prose; from the second on, anything is; up to the third, a unit is short."""
KICKER_WORDS = 2
"""Words: a first line above the headline, so short, is the name of a section or a kicker."""
MENU_RUN = 5
"""Units: as many short ones in a row, outside the core, are a menu; three times as many make a whole page."""
FRAGMENT_LEAST = 25
"""Characters: what stands before a link that is a sentence's part is longer than a menu item."""
HEAD_REACH = 30
"""Units: how far above the core a headline may stand."""
MOST_WORDS = 60.0
"""Words: what a paragraph can weigh for the core; a longer one says no more."""
WEIGHTS = {
    "related": -14.0,
    "comments": -20.0,
    "nav": -8.0,
    "legal": -8.0,
    "ad": -1.0,
    "share": -3.0,
    "media": -1.0,
}
PROMO_WEIGHT, SHORT_WEIGHT, LINE_WEIGHT, OTHER_WEIGHT = -4.0, -4.0, -2.0, -1.0
"""What a unit weighs for the core, in words: promo by its kind or else the first; then what is open and short, what
is open and not prose, and a headline, a byline, a date or a caption."""
GOES_ON = frozenset(("ad", "media", "share", "meta", "newsletter", "app"))
"""Kinds of promo that stand in the middle of articles as often as below them."""
BOXES = GOES_ON | {"related", "paywall", "donate", "subscribe", "follow"}
"""Kinds of promo that stand as boxes of many lines between paragraphs."""
PARTICLES = "de|da|di|del|della|van|von|der|den|la|le|el|al|bin|af|zu"
PERSON = rf"[^\W\d_][\w.'-]*(?: (?:{PARTICLES}))*(?: [^\W\d_a-zа-яё][\w.'-]*){{1,3}}"
BETWEEN_PERSONS = r" *, *| (?:&|and|und|et|y|e|i|en|og|och|и|та|ve) "
PERSONS = rf"{PERSON}(?:(?:{BETWEEN_PERSONS}){PERSON}){{0,3}}"


@dataclass(slots=True)
class Layout:
    """How a sheet looks: words a unit, whether it is prose, and the core as units `first` to `last`, both in it.

    Without any prose, `first` is behind the last unit and `last` before the first.
    """

    words: list[float]
    prose: list[bool]
    first: int
    last: int
    whole_page: bool

    @classmethod
    def of(cls, sheet: Sheet) -> Layout:
        """Measure a sheet."""
        words = _words(sheet)
        body = [_is_body(sheet, i) if whole else True for i, whole in enumerate(sheet.whole)]
        prose = [
            count >= PROSE_WORDS and body[i] and (count >= LONG_WORDS or _ends(sheet.units[i].view))
            for i, count in enumerate(words)
        ]
        for run in _fragments(sheet):
            if sum(words[i] for i in run) >= PROSE_WORDS:
                for i in run:
                    prose[i] = True
        _unheaded(sheet, words, prose)
        promo = [None if is_body else _promo(sheet, i) for i, is_body in enumerate(body)]
        first, last = _core(sheet, words, prose, body, promo)
        top = prose.index(True) if True in prose else 0
        furniture = [
            i
            for i, count in enumerate(words)
            if count <= SHORT_WORDS and not first <= i <= last and (i < top or promo[i] not in (None, "ad"))
        ]
        return cls(words, prose, first, last, len(furniture) >= 3 * MENU_RUN)


def decide(sheet: Sheet) -> None:
    """Run the passes over what no rule claimed."""
    if sheet.units:
        layout = Layout.of(sheet)
        for run in PASSES:
            run(sheet, layout)


def _words(sheet: Sheet) -> list[float]:
    if not sheet.text.isascii() and CJK.search(sheet.text):
        return [words_of(unit.view) for unit in sheet.units]
    return [unit.view.count(" ") + 1 for unit in sheet.units]


def words_of(view: str) -> float:
    """Return how many words a line has, some characters of a script without spaces for one."""
    return view.count(" ") + 1 + (0 if view.isascii() else len(CJK.findall(view)) / CJK_A_WORD)


def _ends(view: str, marks: str = ".!?…:;。！？") -> bool:
    last = view[-1:]
    if last in CLOSING:
        last = view.rstrip(CLOSING)[-1:]
    return last != "" and last in marks


def _is_body(sheet: Sheet, i: int) -> bool:
    """Tell whether a unit is open, or body by some rule's word."""
    return not sheet.whole[i] or any(part.label is Label.BODY for part in sheet.parts[i])


def _promo(sheet: Sheet, i: int) -> str | None:
    """Return the kind of promo that a unit wholly is, or None."""
    part = sheet.parts[i][0] if sheet.whole[i] else None
    return (part.kind or "") if part and part.label is Label.PROMO else None


def _fragments(sheet: Sheet) -> Iterator[range]:
    """Yield the runs of open units that are one sentence, which a scraper broke at its links."""
    units, start = sheet.units, 0
    open_ = [not parts for parts in sheet.parts]
    joins = [
        open_[i] and open_[i + 1] and _continues(units[i + 1].view) and not _ends(units[i].view)
        for i in range(len(units) - 1)
    ]
    # A link's own text may begin with a capital: what goes on behind it tells that it is no line of its own.
    for i in range(len(joins) - 1):
        if joins[i + 1] and not joins[i] and open_[i] and open_[i + 1]:
            joins[i] = not _ends(units[i].view) and len(units[i].view) > FRAGMENT_LEAST
    for i in range(len(units)):
        if i == len(joins) or not joins[i]:
            if i > start:
                yield range(start, i + 1)
            start = i + 1


def _continues(view: str) -> bool:
    first = view[0]
    return first.islower() or first in ",.;:)!?%"


def _unheaded(sheet: Sheet, words: list[float], prose: list[bool]) -> None:
    """Take a question or a cry among the first lines, a byline or a date below it, for no prose: it is a headline."""
    for i in range(min(3, len(words) - 1)):
        below = [part.label for parts in sheet.parts[i + 1 : i + 4] for part in parts]
        if (Label.BYLINE in below or Label.DATE in below) and words[i] < LONG_WORDS:
            prose[i] = prose[i] and _ends(sheet.units[i].view, ".:;。")


def _core(
    sheet: Sheet, words: list[float], prose: list[bool], body: list[bool], promo: list[str | None]
) -> tuple[int, int]:
    """Return the stretch with the greatest sum of weights (Kadane's scan); (n, -1) if nothing is prose."""
    best, total = 0.0, 0.0
    core, start = (len(words), -1), 0
    for i, count in enumerate(words):
        if prose[i]:
            weight = min(count, MOST_WORDS)
        elif body[i]:
            weight = SHORT_WEIGHT if count <= SHORT_WORDS else LINE_WEIGHT
        else:
            kind = promo[i]
            weight = OTHER_WEIGHT if kind is None else WEIGHTS.get(kind, PROMO_WEIGHT)
            if i and kind in BOXES and sheet.parts[i - 1] and sheet.parts[i - 1][-1].why is sheet.parts[i][0].why:
                weight = OTHER_WEIGHT  # the second line of a box says no more than its first
        if total <= 0:
            total, start = 0.0, i
        total += weight
        if total > best:
            best, core = total, (start, i)
    return core


def headline(sheet: Sheet, layout: Layout) -> None:
    """The headline: the line above the core that the page's title repeats, or else the first that is like one."""
    above = min(layout.first, len(sheet.units)) if layout.last >= 0 else min(len(sheet.units), HEAD_REACH)
    candidates = [
        i
        for i in range(max(0, above - HEAD_REACH), above)
        if not sheet.whole[i] and 3 <= layout.words[i] <= 35 and not _ends(sheet.left(i), ".,;:。")
    ]
    said = next(
        (p.values or (_said(sheet, p),) for parts in sheet.parts for p in parts if p.label is Label.HEADLINE),
        (),
    )
    if said:
        for i in candidates:
            if sheet.units[i].view in said:
                sheet.claim_unit(i, Label.HEADLINE, None, Pass.TWICE)
        return
    title = sheet.units[0].view
    best = next(
        (i for i in candidates if i and len(sheet.units[i].view) > 15 and title.startswith(sheet.units[i].view)),
        None,
    )
    if best is not None and not sheet.whole[0]:
        sheet.claim_unit(0, Label.PROMO, "repeat", Pass.TWICE)
    if best is None:
        best = max(candidates, key=lambda i: _headness(sheet, layout, i), default=None)
    if best is not None:
        sheet.claim_unit(best, Label.HEADLINE, None, Pass.HEADLINE)
        if best == 1 and not sheet.whole[0] and layout.words[0] <= KICKER_WORDS and not _ends(title):
            sheet.claim_unit(0, Label.PROMO, "nav", Pass.HEADLINE)


def _headness(sheet: Sheet, layout: Layout, i: int) -> float:
    """Tell how much a line is like the headline: of some length, near the core, a byline or a date below it."""
    view = sheet.units[i].view
    below = {part.label for parts in sheet.parts[i + 1 : i + 5] for part in parts}
    if layout.whole_page:
        between = range(i + 1, min(layout.first, len(sheet.units)))
        far = 0.5 * sum(not sheet.whole[j] or _promo(sheet, j) is not None for j in between)
    else:
        far = 1.0 * i  # there the headline is the first line that is like one
    again = any(unit.view == view for j, unit in enumerate(sheet.units) if j != i)
    signed = Label.BYLINE in below or Label.DATE in below
    return min(layout.words[i], 12.0) + 3.0 * again + 3.0 * signed - far


def _said(sheet: Sheet, claim: Claim) -> str:
    return " ".join(sheet.text[claim.start : claim.end].split())


def byline(sheet: Sheet, layout: Layout) -> None:
    """The byline: a line that is nothing but names, beside a date above the core."""
    if layout.last < 0 or any(part.label is Label.BYLINE for parts in sheet.parts for part in parts):
        return
    for i in range(max(0, layout.first - 8), layout.first):
        if sheet.whole[i] or layout.words[i] > 12:
            continue
        beside = [part.label for j in (i - 1, i + 1) if 0 <= j < len(sheet.parts) for part in sheet.parts[j]]
        left = sheet.left(i)
        if Label.DATE in beside and re.fullmatch(PERSONS, left):
            sheet.claim_unit(i, Label.BYLINE, None, Pass.BYLINE, *re.split(BETWEEN_PERSONS, left))
            return


def said_twice(sheet: Sheet, layout: Layout) -> None:
    """A line that says again what a headline or a caption said."""
    labels = {
        sheet.units[i].view: parts[0].label
        for i, parts in enumerate(sheet.parts)
        if len(parts) == 1 and sheet.whole[i] and parts[0].label in (Label.HEADLINE, Label.CAPTION)
    }
    captions = [view for view, label in labels.items() if label is Label.CAPTION]
    for i, unit in enumerate(sheet.units):
        if sheet.parts[i] or layout.words[i] < 3:
            continue
        label = labels.get(unit.view)
        if label is Label.HEADLINE:
            sheet.claim_unit(i, Label.PROMO, "repeat", Pass.TWICE)
        elif label is Label.CAPTION or any(view.startswith(unit.view) for view in captions):
            sheet.claim_unit(i, Label.CAPTION, None, Pass.TWICE)


def menus(sheet: Sheet, layout: Layout) -> None:
    """Runs of short units outside the core of a whole page, and all that is left above it."""
    if not layout.whole_page or layout.last < 0:
        return
    run: list[int] = []
    for i in range(len(sheet.units) + 1):
        if i < len(sheet.units) and not layout.first <= i <= layout.last and _is_short(sheet, layout, i):
            run.append(i)
            continue
        if len(run) >= MENU_RUN:
            for j in run:
                if not sheet.whole[j]:
                    sheet.claim_unit(j, Label.PROMO, "nav", Pass.MENU)
        run = []
    head = next((i for i, parts in enumerate(sheet.parts) if parts and parts[0].label is Label.HEADLINE), 0)
    for i in range(layout.first):
        if not sheet.whole[i] and not (i > head and layout.words[i] >= PROSE_WORDS):
            sheet.claim_unit(i, Label.PROMO, "nav", Pass.MENU)


def _is_short(sheet: Sheet, layout: Layout, i: int) -> bool:
    if sheet.whole[i]:
        return sheet.parts[i][0].label in (Label.PROMO, Label.DATE)
    return layout.words[i] <= SHORT_WORDS


def bio(sheet: Sheet, layout: Layout) -> None:
    """A paragraph at the end that begins with the name of the author."""
    authors = tuple(name for parts in sheet.parts for p in parts if p.label is Label.BYLINE for name in p.values)
    for i in range(max(layout.first + 2, len(sheet.units) - 3), len(sheet.units)) if authors else ():
        if not sheet.whole[i] and sheet.units[i].view.startswith(authors) and layout.words[i] > SHORT_WORDS:
            sheet.claim_unit(i, Label.PROMO, "bio", Pass.BIO)


def teasers(sheet: Sheet, layout: Layout) -> None:
    """What stands behind the core: in a whole page all of it, else what follows promo there and is no sentence."""
    if layout.last < 0:
        return
    ended = layout.whole_page
    for i in range(layout.last + 1, len(sheet.units)):
        kind = _promo(sheet, i)
        if kind is not None:
            ended = ended or kind not in GOES_ON
        elif not sheet.whole[i] and ended and (layout.whole_page or not _ends(sheet.units[i].view)):
            sheet.claim_unit(i, Label.PROMO, "related", Pass.TEASERS)


PASSES = (headline, byline, said_twice, menus, bio, teasers)
"""The passes, in the order they run."""
