"""Why a line that was to go has stayed: the rules that come nearest to it, and what stops each of them.

How near a rule comes is told by its pattern's beginnings: the longest that still matches says how far into the line the
rule gets, and what it wants there. Two rules are compared by the literal characters that their beginnings account for,
since a gap such as `.{3,60}` gets through any line.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from newsclean.library import Library
from newsclean.literals import OTHER, Drawn, fold
from newsclean.matching import BLOCKS
from newsclean.model import Article, Reach, Rule, UsageError, Why, place_of
from newsclean.units import Unit, units
from newsclean.workshop.explaining import Explained, explain, line_starts
from newsclean.workshop.tracing import Watch, looser, read, squashed, trace, weigh

MOST = 5
"""So many rules are told of a line."""
LEAST_ALIKE = 0.35
"""A rule that stops is told of if the beginning of its pattern and the line are so much alike."""
LEAST_NAMED = 4
"""A rule of another publisher is told of if it names so many characters: what matches any name says nothing."""
LEAST_LITERAL = 0.5
"""The share of a line that a rule has to name literally, for case or punctuation to be what it stumbles over."""


class Verdict(StrEnum):
    """What becomes of a rule on a line. The order is that in which rules are told."""

    CLAIMS = "claims"
    TAKEN = "taken"
    NO_END = "no-end"
    ENDS_ABOVE = "ends-above"
    CASE = "case"
    PUNCTUATION = "punctuation"
    STOPS = "stops"
    ELSEWHERE = "elsewhere"


ORDER = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a pattern stops in a unit: behind `text[:at]`, where it wants `wanted`.

    That is a piece of the pattern; "" if it wants the unit to end, None if that can't be said. `line` is the one
    on which the unit begins, `text` its matching view, `alike` tells from 0 to 1 how near it comes.
    """

    line: int
    text: str
    at: int
    wanted: str | None
    alike: float


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule, and what becomes of it on a line.

    Attributes:
        rule: The rule.
        verdict: What becomes of it.
        line: The line on which the unit begins that it was tried on; of a block, its first.
        stop: Where it stops; with `Verdict.NO_END`, the unit that is most like the block's end, if any is.
        by: With `Verdict.TAKEN`, who has the line instead.
        last: With `Verdict.ENDS_ABOVE`, the block's last line.
        units: With `Verdict.NO_END`, how many units below the first the end is that comes too late; or 0.
        owner: Whose rule it is, where that keeps it from being tried: a publisher, or "common"; else "".
    """

    rule: Rule
    verdict: Verdict
    line: int
    stop: Stop | None = None
    by: tuple[Why, ...] = ()
    last: int = 0
    units: int = 0
    owner: str = ""

    @property
    def reason(self) -> str:
        """Why the rule does not claim the line, or that it does, in a few words."""
        foreign = f"a rule of {self.owner}, not tried on this article" if self.owner else ""
        match self.verdict:
            case Verdict.CLAIMS:
                return "claims a part of it" if self.rule.reach is Reach.INLINE else "claims it"
            case Verdict.TAKEN if self.by:
                return f"matches, but a stronger one claimed it: {', '.join(map(place_of, self.by))}"
            case Verdict.TAKEN:
                return "matches, but claimed nothing: it ran out of time, as a warning says"
            case Verdict.NO_END:
                said = f"its block begins on line {self.line}, but {self._no_end()}"
            case Verdict.ENDS_ABOVE:
                said = f"its block begins on line {self.line} and ends on line {self.last}"
            case Verdict.CASE:
                said = "would match if upper and lower case were different"
            case Verdict.PUNCTUATION:
                said = "would match if punctuation and spaces were different"
            case Verdict.STOPS:
                said = "stops"
            case Verdict.ELSEWHERE:
                return f"matches, but is {foreign}"
        return f"{said}; {foreign}" if foreign else said

    def _no_end(self) -> str:
        rule = self.rule
        if rule.reach is Reach.END:
            return f"{_units(self.units)} follow, and it claims no more than {rule.within}"
        if self.units:
            end = self.stop.line if self.stop else 0
            return f"its end, line {end}, is {_units(self.units)} below: `within {rule.within}` is too little"
        nearest = f"; line {self.stop.line} comes nearest" if self.stop else ""
        return f"no end is found within {_units(rule.within)}{nearest}"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What was found out about a line: what it is, and the rules that come nearest to it, the most telling first.

    `warnings` say what could not be looked at.
    """

    explained: Explained
    misses: tuple[NearMiss, ...]
    warnings: tuple[str, ...] = ()


def why_not(
    article: Article,
    line: int,
    library: Library,
    *,
    common: bool = True,
    only: Callable[[Rule], bool] | None = None,
    most: int = MOST,
) -> WhyNot:
    """Return the rules that come nearest to a line of a cleaned article, and what stops each of them.

    Args:
        article: The article.
        line: The line's number, from 1.
        library: The rules that it was cleaned with.
        common: Whether the common ones were among them.
        only: Which rules to look at; each is told then, however far it is. Without it all of them, those of other
            publishers too where they match.
        most: How many rules to tell of, at most, and of other publishers' again as many.

    Raises:
        UsageError: If there is no such line, or it is blank.
    """
    lines = {explained.line: explained for explained in explain(article)}
    if line not in lines:
        count = len(article.text.splitlines())
        raise UsageError(
            f"line {line} is blank; name one with text in it"
            if 1 <= line <= count
            else f"there is no line {line}; the text has {count}"
        )
    search = _Search(article, lines[line])
    ours, others = _rules(library, article.publisher, common)
    always = only is not None
    near = [miss for rule, drawn in ours if not only or only(rule) for miss in search.tried(rule, drawn, always)]
    near.sort(key=lambda miss: _rank(miss, line))
    far = [
        replace(miss, owner=owner)
        for owner, rule, drawn in others
        if not only or only(rule)
        for miss in search.elsewhere(rule, drawn, always)
    ]
    far.sort(key=lambda miss: -weigh(read(miss.rule.pattern)))
    warnings = ("out of time: not all rules were looked at",) if search.watch.left <= 0 else ()
    return WhyNot(lines[line], (*near[:most], *far[:most]), warnings)


def _rank(miss: NearMiss, line: int) -> tuple[bool, int, float]:
    """Tell what is told before what: a block that may have reached the line from above comes after all else."""
    above = miss.verdict in (Verdict.NO_END, Verdict.ENDS_ABOVE) and miss.line < line
    return above, ORDER.index(miss.verdict), -miss.stop.alike if miss.stop else 0


def _rules(
    library: Library, publisher: str | None, common: bool
) -> tuple[list[tuple[Rule, Drawn]], list[tuple[str, Rule, Drawn]]]:
    """Return the rules in force, the strongest first, and all others with whose they are."""
    shared = list(reversed(library.common()))
    own = list(reversed(library.of_publisher(publisher))) if publisher else []
    ours = [*own, *shared] if common else own
    seen = {rule for rule, _ in ours}
    others = [] if common else [("common", rule, drawn) for rule, drawn in shared]
    for name in library.publishers:
        for rule, drawn in library.of_publisher(name):
            if rule not in seen:
                seen.add(rule)
                others.append((name, rule, drawn))
    return ours, others


class _Search:
    """A line of an article, on which rules are tried: the units that it holds, or the one that it is part of."""

    def __init__(self, article: Article, explained: Explained):
        self.watch = Watch()
        self._starts = line_starts(article.text)
        self._units = units(article.text)
        self._folded = [f"\n{fold(unit.view)}\n" for unit in self._units]
        begins, ends = explained.parts[0].start, explained.parts[-1].end
        self._here = [i for i, unit in enumerate(self._units) if unit.start < ends and unit.end > begins]
        self._claims = {i: self._claimants(article, self._units[i]) for i in self._here}

    @staticmethod
    def _claimants(article: Article, unit: Unit) -> tuple[Why, ...]:
        """Return what has claimed a unit or parts of it."""
        first = bisect([span.start for span in article.spans], unit.start) - 1
        last = bisect_left([span.start for span in article.spans], unit.end)
        return tuple(dict.fromkeys(span.why for span in article.spans[max(0, first) : last] if span.why))

    def tried(self, rule: Rule, drawn: Drawn, always: bool) -> Iterator[NearMiss]:
        """Yield what becomes of a rule that is in force; nothing if it is not near, unless that is wanted always."""
        found = next((miss for i in self._here if (miss := self._matching(rule, drawn, i))), None)
        found = found or next((miss for i in self._here if (miss := self._loosely(rule, drawn, i))), None)
        if found:
            yield found
            return
        inline = rule.reach is Reach.INLINE
        # To compile a pattern takes milliseconds, and most begin with other characters than the line.
        here = [i for i in self._here if always or self._may_begin(drawn, i)]
        stops = [stop for i in here if (stop := self._stop(rule.pattern, i, anywhere=inline, always=always))]
        nearest = max(stops, key=_alikeness, default=None)
        if nearest and (always or nearest.alike >= LEAST_ALIKE):
            yield NearMiss(rule, Verdict.STOPS, nearest.line, nearest)

    def elsewhere(self, rule: Rule, drawn: Drawn, always: bool) -> Iterator[NearMiss]:
        """Yield what would become of a rule that is not in force."""
        names = weigh(read(rule.pattern)) >= LEAST_NAMED
        if always or (names and any(self._holds(drawn, i) for i in self._here)):
            for miss in self.tried(rule, drawn, always):
                if miss.verdict in (Verdict.CLAIMS, Verdict.TAKEN):
                    yield replace(miss, verdict=Verdict.ELSEWHERE, by=())
                elif always:
                    yield miss

    def _holds(self, drawn: Drawn, i: int) -> bool:
        """Tell whether a unit holds what a rule's match has to."""
        return not drawn.literals or any(literal in self._folded[i] for literal in drawn.literals)

    def _may_begin(self, drawn: Drawn, i: int) -> bool:
        """Tell whether a rule may match the first character of a unit."""
        first = self._folded[i][1]
        return not drawn.first or first in drawn.first or (first >= OTHER and OTHER in drawn.first)

    def _line(self, i: int) -> int:
        return bisect(self._starts, self._units[i].start)

    def _matching(self, rule: Rule, drawn: Drawn, i: int) -> NearMiss | None:
        """Return what becomes of a rule that matches a unit, or whose block begins so far above it as to reach it."""
        if rule.reach not in BLOCKS:
            method = "search" if rule.reach is Reach.INLINE else "fullmatch"
            found = self._holds(drawn, i) and self.watch.ask(rule.pattern, method, self._units[i].view)
            return self._decided(rule, i, i) if found and found[0].strip() else None
        for first in range(i, max(-1, i - rule.within - 1), -1):
            if self._holds(drawn, first) and self.watch.matches(rule.pattern, self._units[first].view):
                return self._of_block(rule, first, i)
        return None

    def _decided(self, rule: Rule, first: int, i: int) -> NearMiss:
        claims = self._claims[i]
        if rule in claims:
            return NearMiss(rule, Verdict.CLAIMS, self._line(first))
        return NearMiss(rule, Verdict.TAKEN, self._line(first), by=claims)

    def _of_block(self, rule: Rule, first: int, i: int) -> NearMiss | None:
        """Return what becomes at unit i of the block that may begin at unit `first`."""
        below = range(first + 1, len(self._units))
        if rule.reach is Reach.END:
            if len(below) <= rule.within:
                return self._decided(rule, first, i)
            return NearMiss(rule, Verdict.NO_END, self._line(first), units=len(below))
        stop = rule.stop or ""
        end = next((j for j in below if self.watch.matches(stop, self._units[j].view)), None)
        if end is None:
            stops = [found for j in below[: rule.within] if (found := self._stop(stop, j))]
            nearest = max((found for found in stops if found.alike >= LEAST_ALIKE), key=_alikeness, default=None)
            if nearest and nearest.line < self._line(i):
                return None  # it would not have reached so far
            return NearMiss(rule, Verdict.NO_END, self._line(first), nearest)
        if end - first > rule.within:
            view = self._units[end].view
            late = Stop(self._line(end), view, len(view), "", 1.0)
            return NearMiss(rule, Verdict.NO_END, self._line(first), late, units=end - first)
        last = end if rule.reach is Reach.TO else end - 1
        if last < i:
            return NearMiss(rule, Verdict.ENDS_ABOVE, self._line(first), last=self._line(last))
        return self._decided(rule, first, i)

    def _loosely(self, rule: Rule, drawn: Drawn, i: int) -> NearMiss | None:
        """Return that a rule would match a unit, were it not for case or punctuation."""
        view = self._units[i].view
        bare = squashed(view)
        if rule.reach is Reach.INLINE or not bare:
            return None
        if not any(squashed(fold(literal)) in fold(bare) for literal in drawn.literals):
            return None
        branches = read(rule.pattern)
        for verdict, text in (Verdict.CASE, view), (Verdict.PUNCTUATION, bare):
            loose = looser(branches, punctuation=verdict is Verdict.PUNCTUATION)
            if weigh(read(loose)) >= LEAST_LITERAL * len(text) and self.watch.matches(loose, text):
                return NearMiss(rule, verdict, self._line(i))
        return None

    def _stop(self, pattern: str, i: int, *, anywhere: bool = False, always: bool = False) -> Stop | None:
        """Return where a pattern stops in a unit; None if it stops too early to be near, unless it is wanted always."""
        view = self._units[i].view
        reached = len(view) if anywhere else self._reached(pattern, view)
        if not always and _alike(len(view), reached, 0) < LEAST_ALIKE:
            return None
        branches = read(pattern)
        if not branches:
            return Stop(self._line(i), view, reached, None, 0.0)

        def end(beginning: str) -> int | None:
            found = self.watch.ask(beginning, "search" if anywhere else "match", view)
            return found.end() if found else None

        at, wanted, weight, missing = trace(branches, end)
        alike = _alike(weight + missing if anywhere else len(view), weight, missing)
        return Stop(self._line(i), view, at, wanted, alike)

    def _reached(self, pattern: str, view: str) -> int:
        """Return how many characters of a view may begin a match."""
        lengths = range(1, len(view) + 1)
        return bisect_left(lengths, True, key=lambda n: not self.watch.matches(pattern, view[:n], partial=True))


def _alikeness(stop: Stop) -> float:
    return stop.alike


def _alike(length: float, weight: float, missing: float) -> float:
    """Return how near a pattern comes to a text: from 0 to 1, the share of both that the two have in common."""
    return 2 * weight / (length + weight + missing) if weight else 0.0


def _units(count: int) -> str:
    return f"{count} unit{'s' * (count != 1)}"
