"""How far into a text a pattern gets, and what it wants there; and patterns made looser, to see what they stumble over.

A pattern is taken apart into its alternatives, each a row of atoms with their repeats: so that every beginning of it
that is a pattern too can be tried.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import thread_time
from typing import Any, NamedTuple

import regex

from newsclean.workshop.patterns import Token, tokens

SET_WEIGHT = 0.25
"""What matching a character of a set says, where one that is named says 1."""
TRY_SECONDS, ALL_SECONDS = 0.1, 10.0
"""The processor time that one try of a pattern may take, and all that a watch sees together."""
LOOKS_AROUND = ("(?=", "(?!", "(?<=", "(?<!")


class Atom(NamedTuple):
    """A piece of a pattern that is one, with its repeat.

    Attributes:
        kind: The kind of its token, see `patterns.tokens`; of a group, "open".
        source: The piece without its repeat; of a group, what opens it.
        repeat: The repeat, or "".
        branches: A group's alternatives.
        weight: The literal characters that a match has at least.
    """

    kind: str
    source: str
    repeat: str
    branches: Branches
    weight: float

    def __str__(self) -> str:
        if self.kind != "open":
            return self.source + self.repeat
        return f"{self.source}{'|'.join(map(_joined, self.branches))}){self.repeat}"


Branch = tuple[Atom, ...]
Branches = tuple[Branch, ...]


@dataclass(slots=True)
class Watch:
    """Asks patterns, under a time limit; one that runs out of it, or is no regex, matches nothing.

    `left` is how many seconds of processor time there are left.
    """

    left: float = ALL_SECONDS
    _known: dict[str, Any] = field(default_factory=dict)

    def matches(self, pattern: str, text: str, **how: Any) -> bool:
        """Tell whether a pattern matches all of a text."""
        return self.ask(pattern, "fullmatch", text, **how) is not None

    def ask(self, pattern: str, method: str, text: str, **how: Any) -> Any:
        """Return what a method of a compiled pattern finds in the text, or None."""
        if self.left <= 0:
            return None
        began = thread_time()
        try:
            if pattern not in self._known:
                self._known[pattern] = regex.compile(pattern, cache_pattern=False)
            return getattr(self._known[pattern], method)(text, timeout=TRY_SECONDS, **how)
        except (TimeoutError, regex.error):
            return None
        finally:
            self.left -= thread_time() - began


class Trace(NamedTuple):
    """How far a pattern gets in a text.

    Attributes:
        end: The offset in the text behind what its longest beginning matches.
        wanted: The rest of the pattern; "" if there is none, and the text goes on.
        weight: The literal characters that the beginning stands for, and
        missing: those of the rest.
    """

    end: int
    wanted: str
    weight: float
    missing: float


def read(pattern: str) -> Branches:
    """Return a pattern taken apart; no alternatives if it holds what is not understood."""
    pieces = tokens(pattern)
    try:
        return tuple(_branches(iter(pieces), pattern)) if pieces else ()
    except (IndexError, RecursionError):  # a repeat of nothing; thousands of brackets
        return ()


def _branches(pieces: Iterator[Token], pattern: str) -> list[Branch]:
    branches: list[list[Atom]] = [[]]
    for kind, start, end in pieces:
        said = pattern[start:end]
        if kind == "close":
            break
        if kind == "bar":
            branches.append([])
        elif kind == "repeat":
            atom = branches[-1].pop()
            optional = said[0] in "?*" or said.startswith(("{0", "{,"))
            branches[-1].append(atom._replace(repeat=said, weight=0 if optional else atom.weight))
        elif kind == "open":
            inner = tuple(_branches(pieces, pattern))
            weight = 0 if said in LOOKS_AROUND else weigh(inner)
            branches[-1].append(Atom(kind, said, "", inner, weight))
        else:
            branches[-1].append(Atom(kind, said, "", (), _weight(kind, said)))
    return [tuple(branch) for branch in branches]


def _weight(kind: str, said: str) -> float:
    if kind in ("any", "edge"):
        return 0
    # A set of a few characters that are named, such as [Ss], is as good as one of them.
    few = (kind == "escape" and not said[1].isalnum()) or (kind == "set" and not set(r"^-\:") & set(said))
    return 1 if kind == "text" or few else SET_WEIGHT


def _joined(branch: Branch) -> str:
    return "".join(map(str, branch))


def trace(branches: Branches, end: Callable[[str], int | None]) -> Trace:
    """Return how far a pattern gets that was taken apart.

    `end` tells where in the text a match of a pattern ends that need not go on to the text's end; None if there is
    none.
    """
    return _trace(branches, end, "", "", "", 0.0, 0.0)


def _trace(
    branches: Branches,
    end: Callable[[str], int | None],
    before: str,
    closing: str,
    after: str,
    weight: float,
    missing: float,
) -> Trace:
    """Return how far the best of the alternatives gets, `before` being matched already and `after` what follows them.

    `closing` closes the groups that stand open; `weight` and `missing` are those of what stands around.
    """
    ways = []
    for branch in branches:
        beginnings = [before + _joined(branch[:n]) + closing for n in range(len(branch) + 1)]
        reached = bisect_left(range(1, len(beginnings)), True, key=lambda n: end(beginnings[n]) is None)
        done = weight + sum(atom.weight for atom in branch[:reached])
        rest = missing + sum(atom.weight for atom in branch[reached:])
        ways.append(Trace(end(beginnings[reached]) or 0, _joined(branch[reached:]) + after, done, rest))
        if reached < len(branch) and branch[reached].source not in LOOKS_AROUND and branch[reached].branches:
            group = branch[reached]
            follows = _joined(branch[reached + 1 :]) + after
            opened = before + _joined(branch[:reached]) + group.source
            ways.append(_trace(group.branches, end, opened, ")" + closing, follows, done, rest - group.weight))
    return max(ways, key=_advance)


def _advance(found: Trace) -> tuple[float, int, float]:
    return found.weight, found.end, -found.missing


def weigh(branches: Branches) -> float:
    """Return the literal characters that a match of a pattern has at least."""
    return min((sum(atom.weight for atom in branch) for branch in branches), default=0.0)


def looser(branches: Branches, *, punctuation: bool) -> str:
    """Return a pattern that was taken apart, such that case does not matter to it.

    With `punctuation`, it matches what `squashed` leaves of a text that differs only in that.
    """
    return f"(?i:{_looser(branches) if punctuation else '|'.join(map(_joined, branches))})"


def _looser(branches: Branches) -> str:
    return "|".join("".join(map(_looser_atom, branch)) for branch in branches)


def _looser_atom(atom: Atom) -> str:
    if atom.kind == "open" and atom.source not in LOOKS_AROUND:
        return f"{atom.source}{_looser(atom.branches)}){atom.repeat}"
    is_mark = _weight(atom.kind, atom.source) == 1 and not any(map(str.isalnum, atom.source))
    return "" if is_mark else str(atom)


def squashed(text: str) -> str:
    """Return the letters and digits of a text."""
    return "".join(filter(str.isalnum, text))
