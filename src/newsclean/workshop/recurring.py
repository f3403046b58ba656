"""What is counted and kept of a stream of any length, in bounded memory."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from math import log2
from typing import IO, Any, Generic, TypeVar

Item = TypeVar("Item")
Key = TypeVar("Key")

SAME_SHARE = 0.5
"""An article is one that was there before when this share of it, by weight, was."""


def key_of(*parts: str) -> int:
    """Return a number of 64 bits that stands for the texts, the same in every process. 0 stands for none."""
    return int.from_bytes(blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=8).digest()) or 1


class Frequent(Generic[Key]):
    """Counts the frequent of a stream (Misra and Gries, "Finding repeated elements", 1982), in batches.

    Whatever comes up more than `lost` times is among `counts`, and its count is at most `lost` too low; and `lost` is
    at most the length of the stream divided by `most`. Until `most` different things have come, it is 0.
    """

    def __init__(self, most: int):
        self.most = most
        self.counts: dict[Key, int] = {}
        self.lost = 0

    def add(self, keys: Iterable[Key]) -> None:
        """Count each once."""
        counts = self.counts
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
        if len(counts) > 2 * self.most:
            self._forget()

    def _forget(self) -> None:
        """Take from every count the greatest that is not among the `most` greatest, and drop what is left with none."""
        least = sorted(self.counts.values(), reverse=True)[self.most]
        self.counts = {key: count - least for key, count in self.counts.items() if count > least}
        self.lost += least

    def at_least(self, count: int) -> list[Key]:
        """Return what may have come so often, the most frequent first: no more than `most`."""
        enough = [(-seen, n, key) for n, (key, seen) in enumerate(self.counts.items()) if seen + self.lost >= count]
        enough.sort(key=lambda item: item[:2])
        return [key for _, _, key in enough[: self.most]]


class Articles:
    """Tells articles that were there before, nearly the same, from new ones.

    What is rare in an article is its own, so a line weighs the less, the more often it recurs: a plea of ten paragraphs
    below each article makes no two of them the same. Lines are remembered in a table of fixed size, in which the later
    takes the place of the earlier.
    """

    def __init__(self, slots: int):
        self._table = array("Q", bytes(8 * slots))

    def is_new(self, lines: Iterable[tuple[int, int]]) -> bool:
        """Tell whether an article is new, and remember it. Each line is its key and how often it recurs."""
        table, size = self._table, len(self._table)
        known = whole = 0.0
        for key, count in lines:
            weight = 1 / (1 + log2(max(count, 1)))
            whole += weight
            known += weight * (table[key % size] == key)
            table[key % size] = key
        return known < SAME_SHARE * whole or not whole


class Sample(Generic[Item]):
    """A fair sample of a stream, of fixed size (Vitter's algorithm R), the same for the same stream."""

    def __init__(self, most: int):
        self.items: list[Item] = []
        self._most, self._seen, self._random = most, 0, random.Random(0)

    def add(self, item: Item) -> None:
        """Take note of one more."""
        self._seen += 1
        if len(self.items) < self._most:
            self.items.append(item)
        elif (at := self._random.randrange(self._seen)) < self._most:
            self.items[at] = item


class Spool:
    """A temporary file of JSON values, written once and read as often as need be. It goes when it is closed."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="newsclean-")  # noqa: SIM115
        self._writer: gzip.GzipFile | None = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=1)

    def write(self, value: object) -> None:
        """Write a value behind the others."""
        assert self._writer is not None, "written to after it was read"
        self._writer.write(json.dumps(value, separators=(",", ":")).encode() + b"\n")

    def __iter__(self) -> Iterator[Any]:
        """Yield all values from the first on."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._file.seek(0)
        with gzip.GzipFile(fileobj=self._file, mode="rb") as reader:
            yield from map(json.loads, reader)

    def close(self) -> None:
        """Let it go."""
        if self._writer is not None:
            self._writer.close()
        self._file.close()
