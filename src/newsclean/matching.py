"""Rules in, a matcher out; a matcher claims units of a sheet, and parts of units.

Rules take their turn from the last to the first, and each claims what no later rule has claimed: the later rule wins.
Only candidates are tried: the rules of which the folded text holds a literal, found for all of them in one
pass of an Aho-Corasick automaton (Aho and Corasick, "Efficient String Matching", 1975); those whose first character
begins the unit; and the few of which nothing is known. What is tried is confirmed by `regex` itself, so the
index can only cost time, never change a result.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter, thread_time
from typing import Any, NamedTuple

import regex
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from newsclean.literals import OTHER, Drawn, fold
from newsclean.model import BLANK, Label, Pass, Reach, Rule
from newsclean.units import Unit, units

LEAST_SECONDS, SECONDS_A_CHARACTER, SHARE_OF_A_CALL = 0.5, 4e-7, 0.25
"""The processor time that all guarded rules together may take on one text: half a second, and 0.4 s for each million
characters; and the share of it that one call may take."""


DIGIT = regex.compile(r"\d")  # its Unicode knows digits that Python's does not
SURROGATES = re.compile("[\ud800-\udfff]")
"""Half characters, which a text may hold but the automaton, which reads UTF-8, can't."""


class Claim(NamedTuple):
    """A part of a unit and what it was found to be; offsets are into the article's text."""

    start: int
    end: int
    label: Label
    kind: str | None
    why: Rule | Pass | None
    values: tuple[str, ...] = ()


class Cost(NamedTuple):
    """How often a rule was tried, the seconds that took, and whether a literal chose where."""

    tries: int
    seconds: float
    by_literal: bool


@dataclass(slots=True)
class Sheet:
    """A text on the table: its units, folded into one string to look for literals in, and what is claimed so far.

    `folded` is every unit's view, case-folded, with a line break before each and behind the last; unit i
    begins there at `starts[i]`, with its line break. `parts[i]` holds the claims on unit i; `whole[i]` is 1
    when nothing of it is left.
    """

    text: str
    units: list[Unit]
    folded: str
    starts: list[int]
    parts: list[list[Claim]]
    whole: bytearray
    warnings: list[str] = field(default_factory=list)
    seconds_left: float = LEAST_SECONDS
    too_slow: set[Rule] = field(default_factory=set)

    @classmethod
    def of(cls, text: str) -> Sheet:
        """Lay a text out."""
        found = units(text)
        views = [unit.view for unit in found]
        joined = "\n".join(["", *views, ""])
        folded = SURROGATES.sub("\ufffd", fold(joined))
        # Few texts hold a character that folds to several; only theirs are folded again, unit by unit.
        lengths = map(len, views) if len(folded) == len(joined) else (len(fold(view)) for view in views)
        starts, at = [], 0
        for length in lengths:
            starts.append(at)
            at += length + 1
        sheet = cls(text, found, folded, starts, [[] for _ in found], bytearray(len(found)))
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

    def claim_unit(self, i: int, label: Label, kind: str | None, why: Rule | Pass, *values: str) -> None:
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


class _Live:
    """A rule made ready to match, when it is first tried."""

    __slots__ = ("_stop", "fullmatch", "groups", "guard", "rule", "scan")

    def __init__(self, rule: Rule, drawn: Drawn):
        pattern = regex.compile(rule.pattern)
        self.rule = rule
        self.fullmatch: Callable[..., Any] = pattern.fullmatch
        self.scan: Callable[..., Any] = pattern.finditer
        self._stop: Callable[..., Any] | None = None
        self.groups = tuple(pattern.groupindex)
        self.guard = drawn.guard

    def stop(self) -> Callable[..., Any]:
        """Return what matches the last line of a block."""
        if self._stop is None:
            self._stop = regex.compile(self.rule.stop).fullmatch
        return self._stop


class Matcher:
    """Rules, the last one the strongest, ready to claim.

    Args:
        rules: Each rule with what `literals.draw` told of it.
        indexed: Try only candidates. False tries every rule on every unit: slow, and the measure of the index.
    """

    def __init__(self, rules: Sequence[tuple[Rule, Drawn]], *, indexed: bool = True):
        # Turn 0 is the last rule's: turns sort as the rules take them.
        self._rules = list(reversed(rules))
        self._indexed = indexed
        self._live: list[_Live | None] = [None] * len(rules)
        self._longest = [
            drawn.longest if drawn.longest and rule.reach is not Reach.INLINE else sys.maxsize
            for rule, drawn in self._rules
        ]
        self._turns_of: list[list[int]] = []
        self._firsts: dict[str, list[int]] = {}
        self._firsts_with_digit: dict[str, list[int]] = {}
        self._always: list[int] = []
        literals: dict[str, list[int]] = {}
        for turn, (_, drawn) in enumerate(self._rules):
            if not indexed or not (drawn.literals or drawn.first):
                self._always.append(turn)
            for literal in drawn.literals if indexed else ():
                literals.setdefault(literal, []).append(turn)
            for first in drawn.first if indexed else ():
                (self._firsts_with_digit if drawn.digit else self._firsts).setdefault(first, []).append(turn)
        self._turns_of = list(literals.values())
        self._automaton = AhoCorasick(
            list(literals),
            MatchKind.Standard,
            store_patterns=False,
            implementation=Implementation.ContiguousNFA,
        )

    def candidates(self, sheet: Sheet) -> list[tuple[int, int]]:
        """Return the pairs (turn, unit) worth trying, in the order of turns."""
        count, folded, starts = len(sheet.units), sheet.folded, sheet.starts
        pairs: set[int] = set()
        if self._turns_of:
            # A literal may stand a thousand times in one line: it is one candidate.
            hits = {
                (bisect_right(starts, start) - 1, literal)
                for literal, start, _ in self._automaton.find_matches_as_indexes(folded, overlapping=True)
            }
            for unit, literal in hits:
                pairs.update([turn * count + unit for turn in self._turns_of[literal]])
        for firsts, wanted in ((self._firsts, None), (self._firsts_with_digit, DIGIT)):
            other = firsts.get(OTHER, [])
            for unit, start in enumerate(starts) if firsts else ():
                if wanted is None or wanted.search(sheet.units[unit].view):
                    first = folded[start + 1]
                    pairs.update([turn * count + unit for turn in firsts.get(first, ())])
                    if other and first >= OTHER:
                        pairs.update([turn * count + unit for turn in other])
        for turn in self._always:
            pairs.update(range(turn * count, (turn + 1) * count))
        longest, found = self._longest, sheet.units
        return [
            (turn, i)
            for turn, i in (divmod(pair, count) for pair in sorted(pairs))
            if len(found[i].view) <= longest[turn]
        ]

    def claim(self, sheet: Sheet) -> None:
        """Let every rule claim its part of the sheet."""
        for turn, i in self.candidates(sheet):
            if sheet.whole[i]:
                continue
            live = self._live[turn] or self._ready(turn, sheet, i)
            if live is None:
                continue
            claim = self._claim_part if live.rule.reach is Reach.INLINE else self._claim_units
            for match in self._matches(live, sheet, i):
                claim(live, sheet, i, match)

    def fired(self, sheet: Sheet) -> set[Rule]:
        """Return the rules that match anywhere on the sheet, whatever is claimed."""
        found: set[Rule] = set()
        for turn, i in self.candidates(sheet):
            live = self._live[turn] or self._ready(turn, sheet, i)
            if live and live.rule not in found and any(self._matches(live, sheet, i)):
                found.add(live.rule)
        return found

    def costs(self, sheet: Sheet) -> dict[Rule, Cost]:
        """Return what each rule that was tried costs on the sheet: how often it is tried, and the seconds."""
        costs: dict[Rule, Cost] = {}
        for turn, i in self.candidates(sheet):
            live = self._live[turn] or _Live(*self._rules[turn])
            self._live[turn] = live
            began = perf_counter()
            list(self._matches(live, sheet, i))
            before = costs.get(live.rule, Cost(0, 0.0, bool(self._rules[turn][1].literals)))
            costs[live.rule] = before._replace(tries=before.tries + 1, seconds=before.seconds + perf_counter() - began)
        return costs

    def _ready(self, turn: int, sheet: Sheet, i: int) -> _Live | None:
        """Return the rule made ready, or None if unit i lacks something that its match would hold."""
        for strings in self._rules[turn][1].also if self._indexed else ():
            end = sheet.starts[i + 1] + 1 if i + 1 < len(sheet.starts) else len(sheet.folded)
            if not any(sheet.folded.find(string, sheet.starts[i], end) >= 0 for string in strings):
                return None
        live = self._live[turn] = _Live(*self._rules[turn])
        return live

    def _claim_part(self, live: _Live, sheet: Sheet, i: int, match: Any) -> None:
        unit, rule = sheet.units[i], live.rule
        said = match[0].strip()
        if said and rule.label is not None:
            start = unit.start + match.start() + len(match[0]) - len(match[0].lstrip())
            values = _values(live, sheet, unit, match)
            sheet.claim(i, Claim(start, start + len(said), rule.label, rule.kind, rule, values))

    def _claim_units(self, live: _Live, sheet: Sheet, i: int, match: Any) -> None:
        rule = live.rule
        last = i if rule.reach is Reach.LINE else self._last(live, sheet, i)
        if last is None or rule.label is None:
            return
        sheet.claim_unit(i, rule.label, rule.kind, rule, *_values(live, sheet, sheet.units[i], match))
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
            if self._matched(live, stop, sheet, j):
                return j if rule.reach is Reach.TO else j - 1
        return None

    def _matched(self, live: _Live, match: Callable[..., Any], sheet: Sheet, i: int) -> Any:
        view = sheet.units[i].view
        if len(view) < live.guard:
            return match(view)
        return next(iter(_guarded(live, lambda seconds: [match(view, timeout=seconds)], sheet, i)), None)

    def _matches(self, live: _Live, sheet: Sheet, i: int) -> Iterable[Any]:
        """Return the rule's matches: of the whole unit, one at most, or of parts of it, where the rule is inline."""
        if live.rule.reach is not Reach.INLINE:
            match = self._matched(live, live.fullmatch, sheet, i)
            return (match,) if match else ()
        view = sheet.units[i].view
        if len(view) < live.guard:
            return live.scan(view)  # type: ignore[no-any-return]
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


def _values(live: _Live, sheet: Sheet, unit: Unit, match: Any) -> tuple[str, ...]:
    """Return what the named groups picked out, as it stands in the text, in order."""
    spans: Iterator[tuple[int, int]] = (span for group in live.groups for span in match.spans(group))
    values = (" ".join(sheet.text[unit.start + start : unit.start + end].split()) for start, end in sorted(spans))
    return tuple(value for value in values if value)
