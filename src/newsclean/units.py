"""A text in, its units out: lines, paragraphs where the text is hard-wrapped, sentences where it is all one line.

Each unit has a matching view: what the eye sees, with the accidents of typography undone, one character for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from newsclean.model import SEEN_AS

WRAP_LEAST, WRAP_MOST = 50, 100
"""Columns: the widths at which text is hard-wrapped, with some room around the usual 60 to 80."""
WRAP_BREAKS, WRAP_SHARE = 4, 0.6
ONE_LINE_LEAST, ONE_LINE_SHARE = 600, 0.8
"""An article in one line: a line of so many characters, and this share of all the text."""
SENTENCE_END = re.compile(r"""[.!?…؟।۔]["'”’»)\]]*\s+|[。！？][」』”]*\s*|\s{2,}|\s*\t\s*""")


class Unit(NamedTuple):
    """What a rule is tried on: `text[start:end]`, without white space around it, and how it is seen."""

    start: int
    end: int
    view: str


def view(text: str) -> str:
    """Return the matching view of a text: as long as the text, each character as the eye sees it.

    >>> view("Don’t\\u00a0miss — “it”")
    'Don\\'t miss - "it"'
    """
    if text.isascii():
        return text.replace("\t", " ").replace("`", "'")
    # Thirty searches for a character that is mostly absent are 20 times as fast as str.translate.
    for odd, seen in SEEN_AS.items():
        text = text.replace(odd, seen)
    return text


def units(text: str) -> list[Unit]:
    """Return the units of a text in order; every character outside them is white space (or unseen)."""
    seen = view(text)
    pieces = seen.splitlines(keepends=True)
    longest = max(map(len, pieces), default=0)
    if longest >= ONE_LINE_LEAST and longest >= ONE_LINE_SHARE * len(text):
        pieces = [part for piece in pieces for part in (_sentences(piece) if len(piece) == longest else (piece,))]
    elif len(pieces) > WRAP_BREAKS and longest <= WRAP_MOST + 2:
        pieces = _unwrapped(pieces)
    found = []
    offset = 0
    for piece in pieces:
        if said := piece.strip():
            start = offset if said[0] == piece[0] else offset + len(piece) - len(piece.lstrip())
            found.append(Unit(start, start + len(said), said))
        offset += len(piece)
    return found


def _sentences(line: str) -> Iterator[str]:
    start = 0
    for match in SENTENCE_END.finditer(line):
        yield line[start : match.end()]
        start = match.end()
    yield line[start:]


def _unwrapped(lines: list[str]) -> list[str]:
    """Join the lines that only a column limit parted, if the text is hard-wrapped; else return them as they are.

    A line was broken by a limit if the next line's first word would not have fitted on it.
    """
    said = [line.rstrip() for line in lines]
    width = max(map(len, said))
    if width < WRAP_LEAST:
        return lines
    follows = [bool(a and b) for a, b in pairwise(said)]
    broken = [bool(a and b) and _goes_on(a, b, width) for a, b in pairwise(said)]
    if sum(broken) < WRAP_BREAKS or sum(broken) < WRAP_SHARE * sum(follows):
        return lines
    joined = [lines[0]]
    for line, goes_on in zip(lines[1:], broken, strict=True):
        if goes_on:
            # The view has a space for each character of the break, so that offsets hold.
            before = joined[-1].rstrip("\r\n")
            joined[-1] = before + " " * (len(joined[-1]) - len(before)) + line
        else:
            joined.append(line)
    return joined


def _goes_on(line: str, following: str, width: int) -> bool:
    """Tell whether a column limit, and nothing else, ended the line: one word more would not have fitted."""
    word = following.split(maxsplit=1)[0]
    if len(following) - len(following.lstrip()) > len(line) - len(line.lstrip()):
        return False  # an indented first line begins a paragraph
    # Without spaces between words (Japanese, Chinese) the line is full to a character or two.
    return len(line) + 1 + len(word) > width if len(word) <= width // 2 else len(line) >= width - 3
