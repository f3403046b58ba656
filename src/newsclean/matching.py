"""Rules in, a matcher out; a matcher claims units of a sheet, and parts of units.

Rules take their turn from the last to the first, and each claims what no later rule has claimed: the later rule wins.
Which rules to try on a line the index tells, and what they match there depends on nothing but the line: so a line is
decided once, in whichever texts it recurs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter, thread_time
from typing import Any, NamedTuple

import regex

from newsclean.index import Index
from newsclean.literals import Drawn, fold
from newsclean.model import BLANK, Label, Reach, Rule, Why
from newsclean.units import Unit, units

LEAST_SECONDS, SECONDS_A_CHARACTER, SHARE_OF_A_CALL = 0.5, 4e-7, 0.25
"""The processor time that all guarded rules together may take on one text: half a second, and 0.4 s for each million
characters; and the share of it that one call may take."""
KNOWN_LINES, KNOWN_LONGEST = 60_000, 160
"""How many lines a memory holds, at some 300 bytes each, and the longest, in characters: what recurs is short."""
BULLETS = frozenset("-•·*▪►»>")
"""What stands before an item of a list, a space behind it."""
BOUNDLESS = sys.maxsize
BLOCKS = frozenset((Reach.TO, Reach.UNTIL, Reach.END))


class Claim(NamedTuple):
    """A part of a unit and what it was found to be; offsets are into the article's text."""

    start: int
    end: int
    label: Label
    kind: str | None
    why: Why | None
    values: tuple[str, ...] = ()


class Cost(NamedTuple):
    """How often a rule was tried, and the seconds that took."""

    tries: int
    seconds: float


@dataclass(slots=True)
class Sheet:
    """A text on the table: its units and what is claimed of them so far.

    `folded[i]` is what the index looks through for unit i; `parts[i]` holds the claims on it; `whole[i]` is 1 when
    nothing of it is left.
    """

    text: str
    units: list[Unit]
    folded: list[bytes]
    parts: list[list[Claim]]
    whole: bytearray
    warnings: list[str] = field(default_factory=list)
    seconds_left: float = LEAST_SECONDS
    too_slow: set[Rule] = field(default_factory=set)

    @classmethod
    def of(cls, text: str) -> Sheet:
        """Lay a text out."""
        found = units(text)
        folded = _folded("\n".join([unit.view for unit in found]))
        sheet = cls(text, found, folded.split(b"\n"), [[] for _ in found], bytearray(len(found)))
        sheet.seconds_left += SECONDS_A_CHARACTER * len(text)
        return sheet

    def line(self, i: int) -> int:
        """Return the number of the line on which unit i begins, from 1."""
        return len((self.text[: self.units[i].start] + "x").splitlines())

    def claim(self, i: int, claim: Claim) -> None:
        """Let a claim have what is left of its stretch of unit i."""
        unit, parts = self.units[i], self.parts[i]
        if parts:
            at = claim.start
            gaps = []
            for part in parts:
                gaps.append((at, min(part.start, claim.end)))
                at = max(at, part.end)
            for start, end in [*gaps, (at, claim.end)]:
                if start < end and (said := self.text[start:end].strip(BLANK)):
                    begin = self.text.index(said, start)
                    parts.append(claim._replace(start=begin, end=begin + len(said)))
            parts.sort()
        else:
            parts.append(claim)
        if claim.start <= unit.start and claim.end >= unit.end:
            self.whole[i] = 1

    def claim_unit(self, i: int, label: Label, kind: str | None, why: Why, *values: str) -> None:
        """Claim what is left of unit i."""
        unit = self.units[i]
        self.claim(i, Claim(unit.start, unit.end, label, kind, why, values))

    def left(self, i: int) -> str:
        """Return the view of what is left of unit i."""
        unit, parts = self.units[i], self.parts[i]
        if self.whole[i]:
            return ""
        rest, at = [], unit.start
        for part in parts:
            rest.append(unit.view[at - unit.start : part.start - unit.start])
            at = part.end
        rest.append(unit.view[at - unit.start :])
        return "".join(rest).strip()


def _compiled(pattern: str, rule: Rule) -> regex.Pattern[str]:
    """Return a rule's pattern made ready.

    Raises:
        RuleError: If it is none. Bundled ones are compiled here first, and somebody may be at work on them.
    """
    try:
        return regex.compile(pattern)
    except regex.error as error:
        from newsclean.syntax import Problem, RuleError

        raise RuleError([Problem(rule.place, (error.pos or 0) + 1, f"not a regex: {error.msg}", pattern)]) from None


class _Live:
    """A rule made ready to match, when it is first tried."""

    __slots__ = ("_stop", "fullmatch", "groups", "guard", "plain_below", "rule", "scan")

    def __init__(self, rule: Rule, drawn: Drawn):
        pattern = _compiled(rule.pattern, rule)
        self.rule = rule
        self.fullmatch: Callable[..., Any] = pattern.fullmatch
        self.scan: Callable[..., Any] = pattern.finditer
        self._stop: Callable[..., Any] | None = None
        self.groups = tuple(pattern.groupindex)
        self.guard = drawn.guard
        self.plain_below = 0 if rule.reach is Reach.INLINE else drawn.guard
        """Shorter lines are matched as a whole, and without a time limit."""

    def stop(self) -> Callable[..., Any]:
        """Return what matches the last line of a block."""
        if self._stop is None:
            self._stop = _compiled(self.rule.stop or "", self.rule).fullmatch
        return self._stop


class Hit(NamedTuple):
    """A rule's match in a line: what it matched, without blanks around it, and what its named groups picked out.

    `turn` is the rule's; the offsets are into the line's view.
    """

    turn: int
    start: int
    end: int
    values: tuple[tuple[int, int], ...]


class Line:
    """What is known of a line, whichever text it stands in: the rules worth trying, and what they matched.

    `bare` is the line again, without what a list or a dump has put around it, if anything.
    """

    __slots__ = ("bare", "hits", "turns")

    def __init__(self, turns: tuple[int, ...]):
        self.turns = turns
        self.hits: tuple[Hit, ...] | None = None
        self.bare: Bare | None = None


class Bare(NamedTuple):
    """What a line says without its bullet, without blanks beside blanks, or once where it says it twice.

    `places` has for each of its characters where in the line that stands.
    """

    places: Sequence[int]
    view: str
    line: Line

    def spread(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the line the characters from start to end stand."""
        return self.places[start], self.places[end - 1] + 1 if end > start else self.places[start]


def bare(view: str) -> tuple[Sequence[int], str] | None:
    """Return what a line says if all that is put around it is left out, and where; None for most lines.

    >>> bare("- Newsletter"), bare("Copy link Copy link")
    ((range(2, 12), 'Newsletter'), (range(0, 9), 'Copy link'))
    >>> bare("By   Ada Quill")
    ([0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13], 'By Ada Quill')
    """
    places: Sequence[int] = range(len(view))
    said = view
    if "  " in view:
        places = [i for i, sign in enumerate(view) if sign != " " or view[i - 1] != " "]
        said = "".join([view[i] for i in places])
    if said[1:2] == " " and said[0] in BULLETS:
        return places[2:], said[2:]
    half, odd = divmod(len(said), 2)
    if odd and said[half] == " " and said[:half] == said[half + 1 :]:
        return places[:half], said[:half]
    return None if said is view else (places, said)


class Memory:
    """What is known of the lines that matchers met lately, in two generations.

    Each matcher has its own lines, but all share the room: when the young ones fill half of it, they become the old
    ones, and the old ones, which have not recurred in all that time, are forgotten.
    """

    def __init__(self) -> None:
        self.young: dict[Matcher, dict[str, Line]] = {}
        self.old: dict[Matcher, dict[str, Line]] = {}
        self._count = 0

    def of(self, matcher: Matcher) -> tuple[dict[str, Line], dict[str, Line]]:
        """Return a matcher's lines, young and old."""
        if self._count > KNOWN_LINES // 2:
            self.young, self.old, self._count = {}, self.young, 0
        return self.young.setdefault(matcher, {}), self.old.get(matcher, {})

    def grew(self, lines: int) -> None:
        """Take note that there are so many lines more."""
        self._count += lines

    def forget(self) -> None:
        """Forget all: what the lines cost is then paid again."""
        self.young, self.old, self._count = {}, {}, 0


class Matcher:
    """Rules, the last one the strongest, ready to claim. Threads may share it.

    What recurs is decided once: the lines that were met lately are remembered, and what was found in them.

    Args:
        rules: Each rule with what `literals.draw` told of it; signatures, which claim nothing, behind all others.
        memory: Where to remember lines, shared with other matchers.
        indexed: Try only candidates. False tries every rule on every unit: slow, and the measure of the index.
    """

    def __init__(self, rules: Sequence[tuple[Rule, Drawn]], *, memory: Memory | None = None, indexed: bool = True):
        # Turn 0 is the last rule's: turns sort as the rules take them.
        self._rules = list(reversed(rules))
        self._indexed = indexed
        self._signatures = sum(rule.label is None for rule, _ in rules)
        self._live: list[_Live | None] = [None] * len(rules)
        self._index = Index([(drawn if indexed else Drawn(), _longest(rule, drawn)) for rule, drawn in self._rules])
        self._memory = memory or Memory()

    def look_up(self, sheet: Sheet) -> list[Line]:
        """Return what is known of each unit."""
        lines, before = self._memory.of(self)
        known = len(lines)
        found: dict[str, Line] = {}
        fresh: dict[str, bytes] = {}
        bares: dict[str, tuple[Sequence[int], str]] = {}
        for i, unit in enumerate(sheet.units):
            view = unit.view
            line = lines.get(view) or before.get(view)
            if line is not None:
                found[view] = lines[view] = line
                continue
            fresh[view] = sheet.folded[i]
            if said := bare(view):
                bares[view] = said
                fresh.setdefault(said[1], _folded(said[1]))
        turns = self._index.look_up(list(fresh.values()), list(map(len, fresh)))
        for view, line in zip(fresh, map(Line, turns), strict=True):
            found[view] = line
            if len(view) <= KNOWN_LONGEST:
                lines[view] = line
        for view, (places, bared) in bares.items():
            found[view].bare = Bare(places, bared, found[bared])
        self._memory.grew(len(lines) - known)
        return [found[unit.view] for unit in sheet.units]

    def claim(self, sheet: Sheet, lines: Sequence[Line] = ()) -> None:
        """Let every rule claim its part of the sheet, whose `lines` may have been looked up already."""
        found = [
            (hit.turn, i, hit)
            for i, line in enumerate(lines or self.look_up(sheet))
            if (line.turns or line.bare) and not sheet.whole[i]
            for hit in (self._hits(line, sheet.units[i].view, sheet, i) if line.hits is None else line.hits)
        ]
        for _, i, hit in sorted(found):
            if not sheet.whole[i]:
                self._claim(hit, sheet, i)

    def signed(self, sheet: Sheet, lines: Sequence[Line] = ()) -> set[Rule]:
        """Return the signatures that match anywhere on the sheet, whose `lines` may have been looked up already."""
        found: set[Rule] = set()
        for i, line in enumerate(lines or self.look_up(sheet)):
            for turn in line.turns:
                if turn >= self._signatures:
                    break
                view = sheet.units[i].view
                live = self._live[turn] or self._ready(turn, view)
                if live and live.rule not in found and self._matches(live, view, sheet, i):
                    found.add(live.rule)
        return found

    def costs(self, sheet: Sheet) -> dict[Rule, Cost]:
        """Return what each rule that was tried costs on the sheet: how often it is tried, and the seconds."""
        costs: dict[Rule, Cost] = {}
        for i, line in enumerate(self.look_up(sheet)):
            for turn in line.turns:
                live = self._live[turn] = self._live[turn] or _Live(*self._rules[turn])
                began = perf_counter()
                self._matches(live, sheet.units[i].view, sheet, i)
                seconds = perf_counter() - began
                before = costs.get(live.rule, Cost(0, 0.0))
                costs[live.rule] = Cost(before.tries + 1, before.seconds + seconds)
        return costs

    def _hits(self, line: Line, view: str, sheet: Sheet, i: int) -> tuple[Hit, ...]:
        """Return the matches in a line, unit i or what that says bare, up to the first that accounts for all of it."""
        hits: list[Hit] = []
        lives = self._live
        for turn in line.turns:
            if turn < self._signatures:
                continue
            live = lives[turn] or self._ready(turn, view)
            # Most tries end here, in vain.
            if live is None or (len(view) < live.plain_below and live.fullmatch(view) is None):
                continue
            for match in self._matches(live, view, sheet, i):
                hit = _hit(turn, live, match)
                if hit.start < hit.end:
                    hits.append(hit)
            if hits and hits[-1].turn == turn and live.rule.reach is Reach.LINE:
                break
        if line.bare and not hits:
            hits = self._hits_in_bare(line.bare, view, sheet, i)
        found = tuple(hits)
        if not sheet.too_slow and sheet.seconds_left > 0:
            line.hits = found
        return found

    def _hits_in_bare(self, bare: Bare, view: str, sheet: Sheet, i: int) -> list[Hit]:
        """Return the match of a line rule in what the line says bare; it accounts for all of the line."""
        return [
            Hit(hit.turn, 0, len(view), tuple(bare.spread(*span) for span in hit.values))
            for hit in self._hits(bare.line, bare.view, sheet, i)
            if self._rules[hit.turn][0].reach is Reach.LINE
        ]

    def _ready(self, turn: int, view: str) -> _Live | None:
        """Return the rule made ready, or None if a line lacks something that its match would hold."""
        rule, drawn = self._rules[turn]
        folded = f"\n{fold(view)}\n"
        if self._indexed and not all(any(map(folded.__contains__, strings)) for strings in drawn.also):
            return None
        live = self._live[turn] = _Live(rule, drawn)
        return live

    def _claim(self, hit: Hit, sheet: Sheet, i: int) -> None:
        unit, (rule, _), live = sheet.units[i], self._rules[hit.turn], self._live[hit.turn]
        last = self._last(live, sheet, i) if live and rule.reach in BLOCKS else i
        if last is None or rule.label is None:
            return
        picked = (" ".join(sheet.text[unit.start + start : unit.start + end].split()) for start, end in hit.values)
        values = tuple(filter(None, picked))
        sheet.claim(i, Claim(unit.start + hit.start, unit.start + hit.end, rule.label, rule.kind, rule, values))
        for other in range(i + 1, last + 1):
            if not sheet.whole[other]:
                sheet.claim_unit(other, rule.label, rule.kind, rule)

    def _last(self, live: _Live, sheet: Sheet, i: int) -> int | None:
        """Return the last unit of the block that begins at unit i, or None if its end is not found."""
        rule, beyond = live.rule, len(sheet.units)
        if rule.reach is Reach.END:
            return beyond - 1 if beyond - 1 - i <= rule.within else None
        stop = live.stop()
        for j in range(i + 1, min(i + rule.within + 1, beyond)):
            if self._matched(live, stop, sheet.units[j].view, sheet, j):
                return j if rule.reach is Reach.TO else j - 1
        return None

    def _matched(self, live: _Live, match: Callable[..., Any], view: str, sheet: Sheet, i: int) -> Any:
        if len(view) < live.guard:
            return match(view)
        return next(iter(_guarded(live, lambda seconds: [match(view, timeout=seconds)], sheet, i)), None)

    def _matches(self, live: _Live, view: str, sheet: Sheet, i: int) -> Sequence[Any]:
        """Return the rule's matches: of the whole line, one at most, or of parts of it, where the rule is inline."""
        if live.rule.reach is not Reach.INLINE:
            match = self._matched(live, live.fullmatch, view, sheet, i)
            return (match,) if match else ()
        if len(view) < live.guard:
            return list(live.scan(view))
        return _guarded(live, lambda seconds: list(live.scan(view, timeout=seconds)), sheet, i)


def _guarded(live: _Live, attempt: Callable[[float], list[Any]], sheet: Sheet, i: int) -> list[Any]:
    """Return what the attempt finds in the time that is left for the text; a rule out of time finds nothing."""
    if live.rule in sheet.too_slow or sheet.seconds_left <= 0:
        return []
    limit = SHARE_OF_A_CALL * (LEAST_SECONDS + SECONDS_A_CHARACTER * len(sheet.text))
    began = thread_time()
    try:
        return attempt(min(sheet.seconds_left, limit))
    except TimeoutError:
        sheet.too_slow.add(live.rule)
        sheet.warnings.append(f"rule {live.rule.place} ran out of time on line {sheet.line(i)} and was left out")
        return []
    finally:
        sheet.seconds_left -= thread_time() - began
        if sheet.seconds_left <= 0:
            sheet.warnings.append(f"out of time on line {sheet.line(i)}: some rules were not tried from there on")


def _hit(turn: int, live: _Live, match: Any) -> Hit:
    """Return a match without what is blank around it, and the stretches that its named groups picked out, in order."""
    start, said = match.start(), match[0]
    start += len(said) - len(said.lstrip())
    values = tuple(sorted(span for group in live.groups for span in match.spans(group))) if live.groups else ()
    return Hit(turn, start, start + len(said.strip()), values)


def _folded(view: str) -> bytes:
    # Half characters, which a text may hold, are in no literal.
    return fold(view).encode(errors="replace")


def _longest(rule: Rule, drawn: Drawn) -> int:
    """Return the most characters of a line that a rule can match in."""
    return drawn.longest if drawn.longest and rule.reach is not Reach.INLINE else BOUNDLESS
