"""How near does cleaning come to labelling every line right, and what does it lose?

    python benchmarks/quality.py DATA.jsonl[.gz] ... [--publisher text|url|none|unseen]
                                 [--no-labeller] [--worst N] [--floor FILE] [--keep FILE]

A row of the data is a dump: `id`, `text`, and perhaps `dump` (how it was made), `lang`, `url`; and its truth, either
`title`, `authors` (a list) and `body`, or `kept` and `removed` (lists of snippets that must stay and must go).

Bodies are compared as bags of four-word shingles: mean precision P, mean recall R, and F1 of the two (the measure of
the article extraction benchmark, https://github.com/scrapinghub/article-extraction-benchmark). Beside them from the
text alone: `as is`, nothing removed, and `oracle`, every line labelled right; `closed` is the share of the way from
the one to the other, `lost` the share of the true shingles that stood in the dump and are gone. A headline counts where
the dump holds it, a byline where the dump holds all authors. A publisher is known by the text alone, and is right if
the row's URL says so too. docs/quality.md has the figures.

"unseen" is how a page of a site comes out that no rule was written with: without the publisher's rules, as "none", and
without the common rules that, in all of the data, claim something on that site alone.

With --floor, each figure is held against the one kept in FILE, and a worse one fails; --keep writes such a file.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import mean
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from newsclean.cleaning import NONE, Cleaner
from newsclean.library import Library, bundled
from newsclean.literals import Drawn
from newsclean.model import Article, Label, Rule, Span
from newsclean.publisher import Publishers

SHINGLE = 4
"""Words: how long a shingle is, as in the article extraction benchmark."""
RIGHT_SHARE = 0.5
"""The oracle keeps a line if as much of it, in shingles, is in the true body."""
SLACK = 0.0005
"""How far a figure may fall below its floor: half of what is printed as its last digit."""
TEXT, URL, UNSEEN = "text", "url", "unseen"
"""As a mode: the text alone; each row's URL with it; without rules that claim something on the row's site alone."""
KNOWABLE = (TEXT, URL)
"""The modes in which a publisher may be known."""
WORD = re.compile(r"\w+")
Row = dict[str, Any]
Bag = Counter[tuple[str, ...]]


def words(text: str | None) -> list[str]:
    return WORD.findall(unicodedata.normalize("NFKC", text or ""))


def folded(text: str | None) -> str:
    """Return the words of a text in lower case, a space between them."""
    return " ".join(words(text)).lower()


def shingles(text: str) -> Bag:
    found = words(text)
    return (
        Counter(tuple(found[i : i + SHINGLE]) for i in range(max(1, len(found) - SHINGLE + 1))) if found else Counter()
    )


class Match(NamedTuple):
    """Precision and recall of one body."""

    precision: float
    recall: float

    @classmethod
    def of(cls, true: Bag, got: Bag) -> Match:
        """Compare a body with the true one."""
        both = (true & got).total()
        return cls(both / got.total() if got else float(not true), both / true.total() if true else float(not got))


def f1(matches: Iterable[Match]) -> float:
    p, r = (mean(side) for side in zip(*matches, strict=True))
    return 2 * p * r / (p + r) if p + r else 0.0


def right_lines(lines: Iterable[str], body: str) -> set[str]:
    """Return the lines that an oracle keeps: those of which enough is in the true body."""
    true, whole = shingles(body), f" {folded(body)} "
    right = set()
    for line in lines:
        said = folded(line)
        if said.count(" ") < SHINGLE - 1:
            if len(said) > 2 and f" {said} " in whole:
                right.add(line)
        else:
            bag = shingles(line)
            if (bag & true).total() >= RIGHT_SHARE * bag.total():
                right.add(line)
    return right


class Wrong(NamedTuple):
    """An article that came out wrong: the words kept that are not body, the body's words gone, and lines of both."""

    row: str
    kept: int
    lost: int
    lines: tuple[str, ...]


@dataclass
class Tally:
    """What is counted over the rows of a group."""

    as_is: list[Match] = field(default_factory=list)
    got: list[Match] = field(default_factory=list)
    oracle: list[Match] = field(default_factory=list)
    lost: list[float] = field(default_factory=list)
    headline: list[bool] = field(default_factory=list)
    byline: list[bool] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)
    removed: list[bool] = field(default_factory=list)
    known: list[bool] = field(default_factory=list)
    mistaken: list[bool] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Return the group's figures by name, as shares of one."""
        found = {}
        if self.got:
            first, mine, best = f1(self.as_is), f1(self.got), f1(self.oracle)
            found = {
                "as is": first,
                "F1": mine,
                "oracle": best,
                "closed": (mine - first) / (best - first) if best > first else 0.0,
                "P": mean(match.precision for match in self.got),
                "R": mean(match.recall for match in self.got),
                "lost": mean(self.lost),
            }
        for name in ("headline", "byline", "kept", "removed", "known", "mistaken"):
            if counted := getattr(self, name):
                found[name] = mean(counted)
        return found


LESS_IS_BETTER = {"lost", "mistaken"}
SHOWN = ("n", "as is", "F1", "oracle", "closed", "P", "R", "lost", "headline", "byline", "known", "mistaken")
SNIPPETS = ("n", "kept", "removed")


def site_of(row: Row) -> str:
    """Return the host of a row's URL, or else what stands for its page."""
    host = urlsplit(row.get("url") or "").hostname
    return host.removeprefix("www.") if host else str(row.get("page") or row["id"])


def of_one_site(found: Iterable[Row], library: Library) -> Mapping[str, frozenset[Rule]]:
    """Return for each site the common rules that claim something on its pages and on no other's."""
    cleaner = Cleaner(library, guess=False)
    sites: dict[Rule, set[str]] = defaultdict(set)
    for row in found:
        sheet, _ = cleaner.claimed(row["text"], publisher=NONE)
        for rule in {part.why for parts in sheet.parts for part in parts if isinstance(part.why, Rule)}:
            sites[rule].add(site_of(row))
    own: dict[str, set[Rule]] = defaultdict(set)
    for rule, on in sites.items():
        if len(on) == 1:
            own[min(on)].add(rule)
    return {site: frozenset(rules) for site, rules in own.items()}


class Without(Library):
    """A library less some of its common rules."""

    def __init__(self, library: Library, left_out: frozenset[Rule]):
        super().__init__(library.folders)
        self._left_out = left_out

    def common(self) -> list[tuple[Rule, Drawn]]:
        """Return the rules that are left, the strongest last."""
        return [(rule, drawn) for rule, drawn in super().common() if rule not in self._left_out]


class Bench:
    """Cleans rows in one mode, and counts in each group that a row is in.

    The publisher is known by the text alone, or by the row's URL too, or it is "none" or "unseen".

    Args:
        library: The rules.
        mode: Which of these.
        make: Makes a cleaner of a library; may be set anew.
        own: For "unseen": each site's own common rules.
    """

    def __init__(
        self,
        library: Library,
        mode: str,
        make: Callable[[Library], Cleaner] = Cleaner,
        own: Mapping[str, frozenset[Rule]] = MappingProxyType({}),
    ):
        self.library, self.mode, self.own = library, mode, own
        self.make = make
        self.publishers = Publishers(library.domains(), {})
        self.groups: dict[str, Tally] = defaultdict(Tally)
        self.sizes: Counter[str] = Counter()
        self.wrong: list[Wrong] = []

    @property
    def make(self) -> Callable[[Library], Cleaner]:
        """What makes a cleaner of a library."""
        return self._make

    @make.setter
    def make(self, make: Callable[[Library], Cleaner]) -> None:
        self._make, self._cleaner, self._lacks = make, make(self.library), frozenset[Rule]()

    def cleaner(self, row: Row) -> Cleaner:
        """Return what cleans a row; pages of a site follow each other."""
        lacks = self.own.get(site_of(row), frozenset())
        if lacks != self._lacks:
            self._cleaner, self._lacks = self.make(Without(self.library, lacks)), lacks
        return self._cleaner

    def count(self, row: Row) -> None:
        """Clean a row and count what came out."""
        url = row.get("url") if self.mode == URL else None
        article = self.cleaner(row).clean(row["text"], url=url, publisher=None if self.mode in KNOWABLE else NONE)
        names = ["all", f"dump {row.get('dump') or '?'}", f"language {row.get('lang') or '?'}"]
        if row.get("body"):
            self._body(row, article, names)
        elif row.get("kept") or row.get("removed"):
            self._snippets(row, article, [f"snippets {name}" for name in names[:2]])

    def _body(self, row: Row, article: Article, names: list[str]) -> None:
        true, whole, mine = shingles(row["body"]), shingles(row["text"]), shingles(article.body)
        lines = row["text"].splitlines()
        right = right_lines(lines, row["body"])
        best = shingles("\n".join(line for line in lines if line in right))
        there = true & whole
        gone = (there - mine).total()
        text, title = folded(row["text"]), folded(row.get("title"))
        authors = [name for author in row.get("authors") or () if (name := folded(author))]
        said = folded("\n".join([*article.authors, article.byline or ""]))
        expected = self.publishers.of_url(row["url"]) if row.get("url") and self.mode in KNOWABLE else None
        for name in names:
            tally = self.groups[name]
            self.sizes[name] += 1
            tally.as_is.append(Match.of(true, whole))
            tally.got.append(Match.of(true, mine))
            tally.oracle.append(Match.of(true, best))
            tally.lost.append(gone / max(1, there.total()))
            if title and title in text:
                tally.headline.append(folded(article.headline) == title)
            if authors and all(author in text for author in authors):
                tally.byline.append(all(author in said for author in authors))
            if row.get("url") and self.mode in KNOWABLE:
                tally.known.append(article.publisher is not None and article.publisher == expected)
                tally.mistaken.append(article.publisher not in (None, expected))
        seen = (*wrongly_kept(article, right), *wrongly_taken(article, right))
        self.wrong.append(Wrong(row["id"], (mine - true - (best - true)).total(), gone, seen))

    def _snippets(self, row: Row, article: Article, names: list[str]) -> None:
        text, body = folded(row["text"]), folded(article.body)
        for name in names:
            tally = self.groups[name]
            self.sizes[name] += 1
            for counted, snippets, stays in (
                (tally.kept, row.get("kept"), True),
                (tally.removed, row.get("removed"), False),
            ):
                for snippet in map(folded, snippets or ()):
                    if snippet and snippet in text:
                        counted.append((snippet in body) is stays)


def lines_of(article: Article, body: bool) -> Iterator[tuple[str, Span]]:
    for span in article.spans:
        if (span.label is Label.BODY) is body:
            yield from ((line, span) for line in article.text[span.start : span.end].splitlines() if words(line))


def wrongly_kept(article: Article, right: set[str]) -> Iterator[str]:
    return (f"kept: {line.strip()}" for line, _ in lines_of(article, body=True) if line not in right)


def wrongly_taken(article: Article, right: set[str]) -> Iterator[str]:
    return (f"lost: {line.strip()} ({span.why})" for line, span in lines_of(article, body=False) if line in right)


def rows(paths: Iterable[Path]) -> Iterator[Row]:
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as stream:
            yield from (json.loads(line) for line in stream if line.strip())


def table(bench: Bench, shown: tuple[str, ...], names: Iterable[str]) -> None:
    """Print a line a group, shares in percent where they are small or near one."""
    print("  ".join([f"{'':<28}", *(f"{name:>8}" for name in shown)]))
    for name in names:
        found = bench.groups[name].figures() | {"n": bench.sizes[name]}
        cells = [f"{found[key]:>8.{0 if key == 'n' else 3}f}" if key in found else f"{'-':>8}" for key in shown]
        print("  ".join([f"{name:<28}", *cells]))


def report(bench: Bench, worst: int) -> None:
    groups = sorted(bench.groups, key=lambda name: (name != "all", name))
    bodies = [name for name in groups if not name.startswith("snippets")]
    snippets = [name for name in groups if name.startswith("snippets")]
    print(f"\npublisher: {bench.mode}\n")
    if bodies:
        table(bench, SHOWN, bodies)
    if snippets:
        print()
        table(bench, SNIPPETS, snippets)
    for wrong in sorted(bench.wrong, key=lambda wrong: -wrong.kept - wrong.lost)[:worst]:
        print(f"\n{wrong.row}: {wrong.kept} shingles wrongly kept, {wrong.lost} lost")
        for line in wrong.lines[:8]:
            print(f"    {line[:110]}")
        if len(wrong.lines) > 8:
            print(f"    … and {len(wrong.lines) - 8} lines more")


def kept_floor(path: Path) -> dict[str, float]:
    """Read a floor: a line a figure, its name and its value."""
    floor = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        name, _, value = line.rpartition(" = ")
        try:
            floor[name] = float(value)
        except ValueError:
            sys.exit(f"quality: {path}:{number}: this is not 'NAME = NUMBER': {line!r}")
    return floor


def fallen(floor: dict[str, float], found: dict[str, float]) -> Iterator[str]:
    """Tell which figures are worse than the floor, or are not there."""
    for name, least in floor.items():
        sign = -1 if name.rpartition("/")[2] in LESS_IS_BETTER else 1
        if name not in found:
            yield f"{name} is in the floor, but the data has no such figure"
        elif sign * (found[name] - least) < -SLACK:
            yield f"{name} is {found[name]:.4f}, the floor is {least:.4f}"


def benches_of(
    modes: Iterable[str], library: Library, data: Iterable[Row], make: Callable[[Library], Cleaner] = Cleaner
) -> list[Bench]:
    """Return a bench for each mode."""
    return [Bench(library, mode, make, of_one_site(data, library) if mode == UNSEEN else {}) for mode in modes]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", nargs="+", type=Path, metavar="DATA")
    parser.add_argument(
        "--publisher",
        choices=(*KNOWABLE, NONE, UNSEEN),
        action="append",
        help="one or more; default: text and none",
    )
    parser.add_argument("--no-labeller", action="store_true", help="measure the rules and passes alone")
    parser.add_argument("--worst", type=int, default=10, metavar="N", help="how many of the worst articles to show")
    parser.add_argument("--floor", type=Path, metavar="FILE", help="fail when a figure is worse than the one in FILE")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the figures as a floor")
    chosen = parser.parse_args()
    floor = kept_floor(chosen.floor) if chosen.floor else {}
    library = Library([bundled()])
    modes = dict.fromkeys(chosen.publisher or (TEXT, NONE))
    benches = benches_of(modes, library, rows(chosen.data), partial(Cleaner, guess=not chosen.no_labeller))
    for row in rows(chosen.data):
        for bench in benches:
            bench.count(row)
    found: dict[str, float] = {}
    for bench in benches:
        report(bench, chosen.worst)
        for group, tally in bench.groups.items():
            found |= {f"{bench.mode}/{group}/{name}": value for name, value in tally.figures().items()}
    if chosen.keep:
        chosen.keep.write_text(
            "".join(f"{name} = {value:.4f}\n" for name, value in sorted(found.items())), encoding="utf-8"
        )
    if below := list(fallen(floor, found)):
        sys.exit("\n".join(["", "quality: below the floor:", *below]))


if __name__ == "__main__":
    main()
