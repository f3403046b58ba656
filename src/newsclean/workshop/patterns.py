"""What a pattern says and what it could match: its tokens in place, its other readings, samples of its texts.

`literals` draws from the parse tree what a rule needs to be fast; this is for those who look at rules, and may take
its time. Nothing here guesses at the syntax: sets, escapes and repeats end where the parser of `regex` says, and what
is not understood yields nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from itertools import groupby
from time import thread_time
from typing import Any, NamedTuple

import regex

from newsclean.model import Reach
from newsclean.trees import REPEATS, WRAPPERS, is_zero_width, kind_of, parse

ALPHABETS = ("aAzZа가日0 .,:-", " ,.aA0:-")
"""What samples are made of, the preferred character first: repeats that share one are pumped with the same."""
BREAK = "\ue000.!?;:|"
"""What a line ends in that is to be matched nearly: one of these ends even a run of `[^.!?]`."""
NEVER = "\ue000"
"""A character that no text has."""
OPENING = regex.compile(r"\((?:\?(?:P?<\w+>|<?[=!]|[:>|]|[abfimsuw-]+[:)]))?")
SIZES = (12, 25, 50, 100, 200, 400, 800, 1600)
"""How long the texts are that a pattern is timed on, in characters: what a paragraph may have."""
TOO_LONG = 0.1
"""Seconds of processor time for one line: a fifth of what all the rules together may take for a text."""


FASTEST = 4
"""A time that stays small though it grew with the fourth power of the size is not followed further."""


class Token(NamedTuple):
    """A piece of a pattern: `pattern[start:end]`."""

    kind: str
    start: int
    end: int


class Reading(NamedTuple):
    """What a pattern may have been meant to say.

    Attributes:
        sign: The sign that may have been meant literally: one of `?`, `.`, `[`, `(`, `|`; or `||` for alternatives that
            may have been meant to be two words instead of two halves.
        start: Where in the pattern it stands.
        end: Where it ends.
        meant: The pattern as it may have been meant.
        never: The pattern with something in that place that no text has: whatever it still matches has no need of it.
    """

    sign: str
    start: int
    end: int
    meant: str
    never: str


@lru_cache(512)  # as many as a file has rules
def tree(pattern: str) -> Any:
    """Return the parse tree of a pattern, as `regex` has it; None, which tells nothing, if it can't be read."""
    try:
        return parse(pattern)[0]
    except Exception:  # as in `draw`: a change in that package must only cost a finding
        return None


@cache
def tokens(pattern: str) -> tuple[Token, ...]:
    """Return the pieces of a pattern; none if it holds what is rare and not understood here.

    A kind is one of `text`, `any` (a dot), `escape`, `set`, `open`, `close`, `bar`, `repeat` and `edge`.
    """
    from regex import _regex_core as core

    source: Any = core.Source(pattern)
    info: Any = core.Info(0, source.char_type, {})
    info.guess_encoding = regex.UNICODE
    found = []
    kinds = {".": "any", "|": "bar", ")": "close", "^": "edge", "$": "edge"}
    try:
        while (start := source.pos) < len(pattern):
            char = source.get()
            kind = kinds.get(char, "text")
            if char == "\\":
                core.parse_escape(source, info, False)
                kind = "escape"
            elif char == "[":
                core.parse_set(source, info)
                kind = "set"
            elif char == "(":
                opening = OPENING.match(pattern, start)
                if pattern.startswith("(?", start) and opening.end() == start + 1:
                    return ()
                source.pos = opening.end()
                kind = "edge" if opening[0].endswith(")") else "open"
            elif char in "?*+{" and core.parse_quantifier(source, info, char):
                source.match("?") or source.match("+")
                kind = "repeat"
            found.append(Token(kind, start, source.pos))
    except Exception:  # the parser is another package's inside: what it can't do alone is not looked at
        return ()
    return tuple(found)


def readings(pattern: str) -> Iterator[Reading]:
    """Yield the ways in which the pattern's special signs may have been meant, each alone."""
    pieces = tokens(pattern)
    depth = 0
    for i, (kind, start, end) in enumerate(pieces):
        said = pattern[start:end]
        before, after = pattern[:start], pattern[end:]
        repeated = i + 1 < len(pieces) and pieces[i + 1].kind == "repeat"
        never = before + NEVER + after
        if said == "(" and (close := _closing(pieces, i)):
            inner, rest = pattern[end : pieces[close].start], pattern[pieces[close].end :]
            if not (close + 1 < len(pieces) and pieces[close + 1].kind == "repeat"):
                yield Reading("(", start, pieces[close].end, rf"{before}\({inner}\){rest}", before + NEVER + rest)
        elif (said == "?" and pieces[i - 1].kind == "text" and before[-1:].isalpha()) or (
            kind == "any" and not repeated
        ):
            yield Reading(said, start, end, rf"{before}\{said}{after}", never)
        elif kind == "set":
            yield Reading("[", start, end, before + regex.escape(said, literal_spaces=True) + after, never)
        elif kind == "bar" and not depth:
            yield Reading("|", start, end, rf"{before}\|{after}", never)
            head, _, left = before.rpartition(" ")
            right, _, tail = after.partition(" ")
            if head and tail and left and right:
                yield Reading("||", start, end, f"{head} (?:{left}|{right}) {tail}", pattern)
        depth += (kind == "open") - (kind == "close")


def _closing(pieces: tuple[Token, ...], i: int) -> int | None:
    """Return which token closes the group that token i opens, unless there are alternatives in the group."""
    depth = 0
    for j in range(i, len(pieces)):
        depth += (pieces[j].kind == "open") - (pieces[j].kind == "close")
        if not depth:
            return j
        if depth == 1 and pieces[j].kind == "bar":
            return None
    return None


@cache
def normal(pattern: str) -> Hashable:
    """Return what is equal for patterns that say the same in other signs: `[.]` and `\\.`, `a(?:b)` and `ab`."""
    found = tree(pattern)
    return pattern if found is None else _normal(found)


def _normal(node: Any) -> Hashable:
    kind = kind_of(node)
    if kind == "Sequence":
        parts = [_normal(item) for item in node.items]
        flat = [
            piece
            for part in parts
            for piece in (part[1:] if isinstance(part, tuple) and part[0] == "sequence" else (part,))
        ]
        return flat[0] if len(flat) == 1 else ("sequence", *flat)
    if kind == "Branch":
        return ("branch", *map(_normal, node.branches))
    if kind in REPEATS:
        inner = _normal(node.subpattern)
        return inner if node.min_count == node.max_count == 1 else (kind, node.min_count, node.max_count, inner)
    if kind in WRAPPERS:
        return (kind, getattr(node, "group", 0), _normal(node.subpattern))
    if kind == "LookAround":
        return (kind, node.behind, node.positive, _normal(node.subpattern))
    if kind == "SetUnion":
        if node.positive and len(node.items) == 1:
            return _normal(node.items[0])
        return (kind, node.positive, node.case_flags, frozenset(map(_normal, node.items)))
    return hash(node._key) if is_zero_width(node) or hasattr(node, "matches") or kind.startswith("Any") else id(node)


def nodes(node: Any) -> Iterator[Any]:
    """Yield every node of a parse tree, itself first."""
    yield node
    below = getattr(node, "branches", None) or getattr(node, "items", None) or ()
    for inner in (*below, *([node.subpattern] if hasattr(node, "subpattern") else ())):
        yield from nodes(inner)


def runs(node: Any) -> Iterator[str]:
    """Yield the stretches of plain text in a parse tree."""
    kind = kind_of(node)
    if kind == "Sequence":
        for plain, items in groupby(node.items, lambda item: kind_of(item) == "Character" and item.positive):
            if plain:
                yield "".join(chr(item.value) for item in items)
            else:
                for item in items:
                    yield from runs(item)
    elif kind == "Branch":
        for branch in node.branches:
            yield from runs(branch)
    elif hasattr(node, "subpattern"):
        yield from runs(node.subpattern)


def sample(node: Any, alphabet: str = ALPHABETS[0]) -> str:
    """Return the shortest text that the tree seems to match, a guess where it looks around.

    Raises:
        ValueError: If the tree holds what is not understood.
    """
    kind = kind_of(node)
    if kind in ("Any", "AnyAll", "AnyU"):
        return alphabet[0]
    if is_zero_width(node):
        return ""
    if kind == "Character" and node.positive:
        return chr(node.value)
    if hasattr(node, "matches"):
        fits = (char for char in (*alphabet, *map(chr, range(33, 0x500))) if node.matches(ord(char)))
        return next(fits, NEVER)
    if kind == "Sequence":
        return "".join(sample(item, alphabet) for item in node.items)
    if kind == "Branch":
        return min((sample(branch, alphabet) for branch in node.branches), key=len)
    if kind in REPEATS:
        return sample(node.subpattern, alphabet) * node.min_count if node.min_count else ""
    if kind in WRAPPERS:
        return sample(node.subpattern, alphabet)
    raise ValueError(kind)


def pumps(node: Any, alphabet: str) -> Iterator[tuple[str, str, str]]:
    """Yield for each repeat of the tree a text in three parts, of which the middle one may come many times."""
    kind = kind_of(node)
    if kind in REPEATS:
        if node.max_count is None or node.max_count > node.min_count + 1:
            yield "", sample(node.subpattern, alphabet), ""
        yield from pumps(node.subpattern, alphabet)
    elif kind == "Sequence":
        parts = [sample(item, alphabet) for item in node.items]
        for i, item in enumerate(node.items):
            for before, pump, after in pumps(item, alphabet):
                yield "".join(parts[:i]) + before, pump, after + "".join(parts[i + 1 :])
    elif kind == "Branch":
        for branch in node.branches:
            yield from pumps(branch, alphabet)
    elif kind in WRAPPERS:
        yield from pumps(node.subpattern, alphabet)


def short(node: Any, alphabet: str, most: int) -> list[str]:
    """Return short texts that the tree seems to match, if it matches any of so few characters: with one repeat each.

    Raises:
        ValueError: If the tree holds what is not understood.
    """
    shortest = sample(node, alphabet)
    if len(shortest) > most:
        return []
    return [shortest, *map("".join, pumps(node, alphabet))]


class Growth(NamedTuple):
    """How a pattern's time grew with a text: pairs of characters and seconds. The last one took too long."""

    times: tuple[tuple[int, float], ...]
    pump: str


def growth(pattern: str, reach: Reach) -> Growth | None:
    """Return how the time grows of a pattern that takes too long on a line that it nearly matches, measured; or None.

    What may repeat is repeated more and more often, and the line's end is broken.
    """
    compiled = regex.compile(pattern)
    attempt = compiled.search if reach is Reach.INLINE else compiled.fullmatch
    try:
        tried = dict.fromkeys(parts for alphabet in ALPHABETS for parts in pumps(tree(pattern), alphabet) if parts[1])
    except ValueError:
        return None
    for before, pump, after in tried:
        times = []
        for size in SIZES:
            text = before + pump * (size // len(pump)) + after + BREAK
            seconds = _seconds(attempt, text)
            times.append((len(text), seconds))
            if seconds >= TOO_LONG:
                return Growth(tuple(times), pump)
            if seconds * (SIZES[-1] / size) ** FASTEST < TOO_LONG:
                break
    return None


def _seconds(attempt: Callable[..., Any], text: str) -> float:
    began = thread_time()
    with suppress(TimeoutError):
        attempt(text, timeout=2 * TOO_LONG)
    return thread_time() - began
