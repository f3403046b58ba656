"""How far a run has come, kept beside its output, so that an interrupted run can go on where it stopped."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from newsclean.model import UsageError
from newsclean.records import Record
from newsclean.sinks import is_folder

VERSION = 1


@dataclass(slots=True)
class Progress:
    """What is done and written: so many records, the last of them, and where the outputs stood then."""

    records: int = 0
    last: str = ""
    sink: dict[str, Any] = field(default_factory=dict)
    errors: int = 0
    tally: dict[str, Any] = field(default_factory=dict)


class Journal:
    """The file that says how far a run has come.

    Args:
        out: The run's output, a file or a folder.
        asked: What the run was asked to do: one that is asked something else can't go on with its output.
    """

    def __init__(self, out: str, asked: object):
        path = Path(out)
        self.path = path / ".newsclean.resume" if is_folder(out) else path.with_name(f".{path.name}.resume")
        self._asked = json.loads(json.dumps(asked, default=str))

    def save(self, progress: Progress) -> None:
        """Keep it. The old one stays until the new one is whole."""
        part = self.path.with_name(f"{self.path.name}.part")
        try:
            data = {"version": VERSION, "asked": self._asked, **asdict(progress)}
            part.write_text(json.dumps(data), encoding="utf-8")
            part.replace(self.path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def load(self) -> Progress | None:
        """Return how far the interrupted run came; None if there was none, or it kept nothing.

        Raises:
            UsageError: If it was asked something else.
        """
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            version, asked = data.pop("version"), data.pop("asked")
            progress = Progress(**data)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise UsageError(f"{self.path}: can't be read; start without --resume") from None
        if (version, asked) != (VERSION, self._asked):
            raise UsageError(f"{self.path}: is of a run with other inputs or options; start without --resume")
        return progress

    def discard(self) -> None:
        """Forget the run: it is finished, or begins anew."""
        with suppress(OSError):  # it was never written where it can't be deleted
            self.path.unlink()


def mark(record: Record) -> str:
    """Return what a record is known by when a run goes on: its place, and a checksum of what stood there."""
    raw = record.raw if isinstance(record.raw, bytes) else repr(record.raw).encode("utf-8", "replace")
    return f"{record.place} {zlib.crc32(raw):08x}"


def skip(records: Iterator[Record], progress: Progress) -> None:
    """Pass over the records that are done.

    Raises:
        UsageError: If they are not those that were done: the input has changed.
    """
    last = None
    for _ in range(progress.records):
        last = next(records, None)
    if progress.records and (last is None or mark(last) != progress.last):
        where = progress.last.rpartition(" ")[0]
        raise UsageError(f"the input has changed: record {progress.records:,} was {where}; start without --resume")
