"""Where a line ends a sentence, and where it goes on the sentence that the line above began.

Scrapers that put every link on a line of its own break sentences; the pieces are one paragraph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

CLOSING = "\"'»)]」』”’"
"""What may stand behind the mark that ends a sentence."""
STOPS = ".!?…。！？؟।۔"
ENDS = STOPS + ":;؛"
GOES_ON = ",.;:)!?%،"
"""What no line begins with that is not the rest of another."""
SENTENCE_WORDS = 10
"""Words: from as many on, the pieces of a broken sentence are believed to be one."""
LINK_LEAST = 25
"""Characters: what stands before a link that is a sentence's part is longer than a menu item."""


def ends(line: str, marks: str = ENDS) -> bool:
    """Tell whether a line ends with one of the marks, quotes and brackets behind it aside."""
    last = line[-1:]
    if last in CLOSING:
        last = line.rstrip(CLOSING)[-1:]
    return last != "" and last in marks


def goes_on(line: str) -> bool:
    """Tell whether a line begins as no sentence does: in lower case, or with what closes."""
    first = line[:1]
    return first.islower() or (first != "" and first in GOES_ON)


def broken(lines: Sequence[str], together: Sequence[bool]) -> Iterator[range]:
    """Yield the runs of lines that are one sentence, which a scraper broke at its links.

    Args:
        lines: The lines.
        together: Whether line i and the one below it may belong to one run: one item less than lines.
    """
    joins = [
        may and goes_on(below) and not ends(line) for may, (line, below) in zip(together, pairwise(lines), strict=True)
    ]
    # A link's own text may begin with a capital: what goes on behind it tells that it is no line of its own.
    for i in range(len(joins) - 1):
        if joins[i + 1] and not joins[i] and together[i]:
            joins[i] = not ends(lines[i]) and len(lines[i]) > LINK_LEAST
    start = 0
    for i in range(len(lines)):
        if i == len(joins) or not joins[i]:
            if i > start and sum(line.count(" ") + 1 for line in lines[start : i + 1]) >= SENTENCE_WORDS:
                yield range(start, i + 1)
            start = i + 1


def joined(lines: Sequence[str]) -> str:
    """Return the pieces of one sentence as one line, a space between them where a reader expects one.

    >>> joined(["The ferry", "Ines", ", built in 1961, sank."])
    'The ferry Ines, built in 1961, sank.'
    """
    text = lines[0]
    for line in lines[1:]:
        text += line if line[0] in GOES_ON else f" {line}"
    return text
