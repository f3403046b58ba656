"""Fixtures: raw dumps, and beside each the labelled lines that cleaning it must give.

`fixtures/<domain>/<what-is-odd>.txt` is cleaned as that publisher's; in `fixtures/common/`, by the common rules
alone; in `fixtures/unknown/`, as by somebody who tells nothing. What stands below a folder `known-failures` must fail.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsclean.cleaning import NONE, Cleaner
from newsclean.model import Article
from newsclean.render import parse_labels, to_labels
from newsclean.sources import read

ENDING = ".labels"
KNOWN_FAILURES = "known-failures"


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

    def difference(self, cleaner: Cleaner) -> list[str]:
        """Return the lines of a diff from the answer to what cleaning gives; none if they agree.

        Raises:
            ValueError: If the answer can't be read.
            SourceError, UnknownPublisher: As `clean`.
        """
        expected = self.answer.read_text(encoding="utf-8")
        got = to_labels(self.clean(cleaner))
        if parse_labels(expected, str(self.answer)) == parse_labels(got, "cleaning"):
            return []
        diff = difflib.unified_diff(expected.splitlines(), got.splitlines(), "expected", "cleaned", n=1, lineterm="")
        return list(diff)[2:]


def find(folder: Path) -> Iterator[Fixture]:
    """Yield the fixtures in a folder and below, sorted by path: one for each answer."""
    for answer in sorted(folder.rglob(f"*{ENDING}")):
        path = answer.with_suffix(".txt")
        told: dict[str, str | None] = {"common": NONE, "unknown": None}
        yield Fixture(path, told.get(path.parent.name, path.parent.name), KNOWN_FAILURES in path.parts)
