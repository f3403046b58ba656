"""The parse tree of a pattern, as the `regex` package itself parses it: its syntax is never guessed at.

The tree is no public interface of that package. Who reads it must stay right, if slower, where it has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

REPEATS = ("GreedyRepeat", "LazyRepeat", "PossessiveRepeat")
WRAPPERS = ("Group", "Atomic")
"""Kinds of nodes that repeat what is in them, and that only bracket it."""


def kind_of(node: Any) -> str:
    """Return what sort of node it is, by the name of its class in `regex`."""
    return type(node).__name__


def is_zero_width(node: Any) -> bool:
    """Tell whether a node matches a place and no text."""
    kind: Any = type(node)
    return _is_zero_width_class(kind)


@cache
def _is_zero_width_class(kind: type) -> bool:
    return kind.__name__ == "LookAround" or any(base.__name__ == "ZeroWidthBase" for base in kind.__mro__)


def parse(pattern: str) -> tuple[Any, bool]:
    """Return the parse tree, and whether a character may stand for several of the text (full case folding)."""
    import regex
    from regex import _regex_core as core

    flags = 0
    while True:
        source = core.Source(pattern)
        info = core.Info(flags, source.char_type, {})
        info.guess_encoding = regex.UNICODE
        source.ignore_space = bool(info.flags & regex.VERBOSE)
        try:
            parsed: Callable[..., Any] = getattr(core, "_parse_pattern", None) or core.parse_pattern
            return parsed(source, info), bool(info.flags & (regex.FULLCASE | regex.VERSION1))
        except core._UnscopedFlagSet:
            flags = info.global_flags
