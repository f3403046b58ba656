"""Which rules are worth trying on a line: those of which it holds what they need.

Literals are found for all rules in one pass of an Aho-Corasick automaton (Aho and Corasick, "Efficient String
Matching", 1975) over the folded text; rules without any are chosen by the line's first character; and the few of
which nothing is known are always tried. `regex` confirms what is chosen here, so the index can only cost
time, never change a result.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from newsclean.literals import OTHER, Drawn

LONG = 160
"""Characters: lines beyond are paragraphs, most of an article's text, and few rules match anything so long."""
DIGIT = re.compile(rb"[0-9\xd9-\xe1\xea\xef-\xff]")
"""What may be a digit: one of ASCII's, or a character of the stretches of Unicode in which `regex` knows others."""


class Index:
    """Rules by what is drawn from them.

    Args:
        rules: What is known of each rule, and the most characters of a line that it can match in. A rule is called
            by its place among them.
    """

    def __init__(self, rules: Sequence[tuple[Drawn, int]]):
        self._longest = [longest for _, longest in rules]
        self._of_short = _Part({turn: drawn for turn, (drawn, _) in enumerate(rules)})
        self._of_long = _Part({turn: drawn for turn, (drawn, longest) in enumerate(rules) if longest > LONG})

    def look_up(self, lines: Sequence[bytes], lengths: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the rules worth trying on each line, in order.

        Args:
            lines: The lines' matching views, folded (see `literals.fold`) and in UTF-8.
            lengths: How long the views are, in characters.
        """
        found: list[tuple[int, ...]] = [()] * len(lines)
        longest = self._longest
        for part, chosen in (
            (self._of_short, [i for i, length in enumerate(lengths) if length <= LONG]),
            (self._of_long, [i for i, length in enumerate(lengths) if length > LONG]),
        ):
            if chosen:
                for place, turns in part.look_up([lines[i] for i in chosen]).items():
                    i = chosen[place]
                    length = lengths[i]
                    found[i] = tuple(sorted([turn for turn in turns if length <= longest[turn]]))
        return found


class _Part:
    """The rules that can match lines of some length."""

    def __init__(self, rules: Mapping[int, Drawn]):
        self._always: list[int] = []
        self._firsts: dict[str, list[int]] = {}
        self._firsts_with_digit: dict[str, list[int]] = {}
        literals: dict[str, list[int]] = {}
        for turn, drawn in rules.items():
            if not (drawn.literals or drawn.first):
                self._always.append(turn)
            for literal in drawn.literals:
                literals.setdefault(literal, []).append(turn)
            for first in "" if drawn.literals else drawn.first:
                (self._firsts_with_digit if drawn.digit else self._firsts).setdefault(first, []).append(turn)
        self._turns_of = list(literals.values())
        patterns = [literal.encode() for literal in literals]
        self._automaton = BytesAhoCorasick(patterns, MatchKind.Standard, Implementation.ContiguousNFA)

    def look_up(self, lines: Sequence[bytes]) -> dict[int, set[int]]:
        """Return the rules worth trying, for each line on which there are any."""
        text = b"\n".join((b"", *lines, b""))
        starts = [0, *accumulate([len(line) + 1 for line in lines])]
        found: defaultdict[int, set[int]] = defaultdict(set)
        turns_of = self._turns_of
        for literal, start, _ in self._automaton.find_matches_as_indexes(text, overlapping=True):
            found[bisect_right(starts, start) - 1].update(turns_of[literal])
        for firsts, with_digit in ((self._firsts, False), (self._firsts_with_digit, True)):
            other = firsts.get(OTHER, [])
            for i, line in enumerate(lines) if firsts else ():
                if line[0] < 0x80:
                    chosen = firsts.get(chr(line[0]))
                else:
                    chosen = [*firsts.get(line[:4].decode(errors="ignore")[0], ()), *other]
                if chosen and (not with_digit or DIGIT.search(line)):
                    found[i].update(chosen)
        for i in range(len(lines)) if self._always else ():
            found[i].update(self._always)
        return found
