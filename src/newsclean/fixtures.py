"""Fixtures: raw dumps, and beside each the labelled lines that cleaning it must give.

`fixtures/<domain>/<what-is-odd>.txt` is cleaned as that publisher's; in `fixtures/common/`, by the common rules
alone; in `fixtures/unknown/`, as by somebody who tells nothing. What stands below a folder `known-failures` must fail.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from newsclean.cleaning import NONE, Cleaner
from newsclean.model import BLANK, Article
from newsclean.render import parse_labels, to_labels, why
from newsclean.sources import read

ENDING = ".labels"
KNOWN_FAILURES = "known-failures"


class Change(NamedTuple):
    """A line of a dump that is not labelled as its answer says.

    `line` is its number in the dump, from 1. `expected` is the line of the answer, "" if it has none; `cleaned` is what
    cleaning makes of it, "" if it finds no such text; `why` is the rule or the pass that decided so, or "".
    """

    line: int
    expected: str
    cleaned: str
    why: str


@dataclass(frozen=True, slots=True)
class Fixture:
    """A raw dump, its answer's path, and which publisher cleaning is told (None: nothing is told)."""

    path: Path
    publisher: str | None
    must_fail: bool

    @property
    def answer(self) -> Path:
        """Where the labelled lines stand."""
        return self.path.with_suffix(ENDING)

    def clean(self, cleaner: Cleaner) -> Article:
        """Return the article as cleaning gives it.

        Raises:
            SourceError: If the dump can't be read.
            UnknownPublisher: If its folder is named after no rule file.
        """
        return cleaner.clean(read(self.path).text, publisher=self.publisher)

    def changes(self, cleaner: Cleaner) -> list[Change]:
        """Return what cleaning gives otherwise than the answer says, in the order of the text; none if they agree.

        Raises:
            OSError, ValueError: If the answer can't be read.
            SourceError, UnknownPublisher: As `clean`.
        """
        expected = self.answer.read_text(encoding="utf-8")
        wanted = parse_labels(expected, str(self.answer))
        article = self.clean(cleaner)
        labels = to_labels(article)
        found = parse_labels(labels, "cleaning")
        if wanted == found:
            return []
        wanted_lines = [line for line in expected.removeprefix("\ufeff").splitlines() if _says(line)]
        lines = list(zip(labels.splitlines(), _origins(article), strict=True))
        changes: list[Change] = []
        texts = [text for *_, text in wanted], [text for *_, text in found]
        for _, first, last, start, end in difflib.SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
            rows = zip_longest(range(first, last), range(start, end))
            changes += (
                _change(wanted_lines, lines, i, j, start)
                for i, j in rows
                if i is None or j is None or wanted[i] != found[j]
            )
        return changes


def _says(line: str) -> bool:
    """Tell whether a line of an answer means anything."""
    return bool(line.strip()) and not line.startswith("#")


def _change(
    wanted: Sequence[str], lines: Sequence[tuple[str, tuple[int, str]]], i: int | None, j: int | None, near: int
) -> Change:
    expected = "" if i is None else wanted[i].strip()
    if j is None:
        # No such text: the line that it should stand before, or the last.
        line = lines[min(near, len(lines) - 1)][1][0] if lines else 1
        return Change(line, expected, "", "")
    cleaned, (line, decided) = lines[j]
    return Change(line, expected, cleaned, decided)


def _origins(article: Article) -> Iterator[tuple[int, str]]:
    """Yield, for each line that `to_labels` writes, the line of the text that it is from, and what decided on it."""
    number = 1
    for span in article.spans:
        for piece in article.text[span.start : span.end].splitlines(keepends=True):
            if piece.strip(BLANK):
                yield number, why(span) or ""
            number += piece != piece.splitlines()[0]


def find(folder: Path) -> Iterator[Fixture]:
    """Yield the fixtures in a folder and below, sorted by path: one for each answer."""
    for answer in sorted(folder.rglob(f"*{ENDING}")):
        path = answer.with_suffix(".txt")
        told: dict[str, str | None] = {"common": NONE, "unknown": None}
        yield Fixture(path, told.get(path.parent.name, path.parent.name), KNOWN_FAILURES in path.parts)
