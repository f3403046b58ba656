"""A run over many articles: from what the user named to the output, with what went wrong told and noted.

    paths ── records ──▶ journal skips what is done ──▶ batch.run ──▶ sink, errors, tally, progress

What is written and what the journal says of it go together: a run that dies goes on from its last checkpoint.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from newsclean import batch
from newsclean.batch import Cleaned, Done, Failed, Task
from newsclean.cli.common import tell, writing
from newsclean.cli.progress import Bar
from newsclean.journal import Journal, Progress, mark, skip
from newsclean.model import UsageError
from newsclean.records import Input, Record, read_records
from newsclean.render import as_text
from newsclean.sinks import Sink, open_sink
from newsclean.sources import PATTERNS, SourceError, find
from newsclean.tally import Tally

CHECKPOINT_SECONDS, CHECKPOINT_SHARE = 3.0, 0.02
"""How often a run notes how far it has come, and the share of its time that this may take."""
WARNINGS_TOLD = 20
"""So many articles' warnings are told; all of them are counted, and stand in the JSON."""


@dataclass(slots=True)
class Inputs:
    """What the user named: paths, and patterns for what to take out of folders."""

    paths: Sequence[str]
    patterns: Sequence[str] = PATTERNS

    def records(self, task: Task, bar: Bar) -> Iterator[Record]:
        """Yield all records; a source that can't be read is one with a fault."""
        for path in self.paths:
            try:
                for file in ["-"] if path == "-" else find(path, self.patterns):
                    yield from self._of_file(str(file), task, bar)
            except SourceError as error:
                yield _fault(error)

    def _of_file(self, file: str, task: Task, bar: Bar) -> Iterator[Record]:
        try:
            yield from read_records(file, task.reading, seen=bar.read)
        except SourceError as error:
            yield _fault(error)


def _fault(error: SourceError) -> Record:
    return Record(error.source, 0, "", Input.TEXT, f"{error.problem}. {error.remedy}".rstrip(". "))


def chunks(inputs: Inputs, task: Task, jobs: int, *, quiet: bool = False) -> Iterator[Done]:
    """Yield what became of all that the inputs hold, chunk by chunk; what failed is told, and a bar shown."""
    tally = Tally()
    with (
        Bar(inputs.paths, inputs.patterns, quiet=quiet) as bar,
        closing(batch.run(inputs.records(task, bar), task, jobs=jobs, tell=tell)) as run_,
    ):
        for done in run_:
            for outcome in done.outcomes:
                if isinstance(outcome, Failed):
                    tell(outcome.problem)
            tally.add(done.tally)
            bar.show(tally)
            yield done


class Errors:
    """The file of records that no article could be made of: a JSON object a line, with the record as it came."""

    def __init__(self, path: Path | None, size: int):
        """Open it anew, or to go on behind its first `size` bytes. UsageError if it has not so many."""
        self._file: BinaryIO | None = None
        if path is None:
            return
        if not size:
            self._file = path.open("wb")
            return
        if not (path.is_file() and path.stat().st_size >= size):
            raise UsageError(f"{path}: the errors to go on with are gone; start without --resume")
        self._file = path.open("r+b")
        self._file.truncate(size)
        self._file.seek(0, os.SEEK_END)

    def write(self, failed: Failed) -> None:
        """Note a record."""
        if self._file is not None:
            record = failed.record
            row = {
                "source": record.source,
                "number": record.number or None,
                "error": failed.problem,
                **_as_it_came(record),
            }
            self._file.write(json.dumps(row, default=as_text).encode() + b"\n")

    def checkpoint(self) -> int:
        """Hand all to the operating system, and return how many bytes of a file there are."""
        if self._file is None:
            return 0
        self._file.flush()
        return self._file.tell() if self._file.seekable() else 0

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _as_it_came(record: Record) -> dict[str, object]:
    if not isinstance(record.raw, bytes):
        return {"record": record.raw or None}
    try:
        return {"record": record.raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"record": None, "record_base64": base64.b64encode(record.raw).decode("ascii")}


@dataclass(slots=True)
class Settings:
    """How a run is to go, beside what is done with each record."""

    out: str | None = None
    jobs: int = 1
    errors: Path | None = None
    strict: bool = False
    resume: bool = False
    quiet: bool = False
    asked: Sequence[object] = ()


class Stopped(Exception):
    """The run was asked to stop at the first failure, and met one."""


def run(inputs: Inputs, task: Task, settings: Settings) -> Tally:
    """Clean all that the inputs hold, write it, and return what it came to.

    Raises:
        Stopped: If it is strict and something failed.
        UsageError: If the output can't be written as asked, or an interrupted run not be gone on with.
        typer.Exit: If writing fails, which is told.
    """
    with ExitStack() as stack:
        bar = stack.enter_context(Bar(inputs.paths, inputs.patterns, quiet=settings.quiet))
        output = stack.enter_context(_Output(inputs, task, settings, bar))
        records = inputs.records(task, bar)
        if output.progress.records:
            skip(records, output.progress)
        # Closed at once, also when writing fails: its workers are to end then.
        for done in stack.enter_context(closing(batch.run(records, task, jobs=settings.jobs, tell=tell))):
            output.take(done)
        output.finish()
    return output.tally


class _Output:
    """Everything that a run writes."""

    def __init__(self, inputs: Inputs, task: Task, settings: Settings, bar: Bar):
        self._inputs, self._task, self._settings, self._bar = inputs, task, settings, bar
        self._journal = Journal(settings.out, settings.asked) if settings.out not in (None, "-") else None
        with writing(settings.out):
            self.progress = self._gone_on_from()
        self.tally = Tally.from_dict(self.progress.tally) if self.progress.tally else Tally()
        self._sink: Sink | None = None
        self._told = 0
        self._checked = time.monotonic()
        self._pause = CHECKPOINT_SECONDS
        self._finished = False
        with writing(settings.errors):
            self._errors = Errors(settings.errors, self.progress.errors)
        if self.progress.records:
            self._open()

    def _gone_on_from(self) -> Progress:
        if not self._settings.resume:
            if self._journal is not None:
                self._journal.discard()
            return Progress()
        if self._journal is None:
            raise UsageError("--resume needs -o FILE or -o DIR/: what went to standard output is gone")
        progress = self._journal.load()
        if progress is None and not self._settings.quiet:
            tell("nothing to go on from: starting at the beginning")
        return progress or Progress()

    def __enter__(self) -> _Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # it was told already, or is of no account beside what ends the run
            self._errors.close()
        if self._sink is not None and not self._finished:
            self._sink.abandon()
            # A wrong usage is told by itself: that the input has changed, and what to do then.
            if self._journal is None or self._settings.quiet or isinstance(error, UsageError):
                return
            # Read, not remembered: Ctrl-C may have come right behind the saving.
            if kept := self._journal.load():
                tell(f"{kept.records:,} records are done and kept: --resume goes on from there")

    def take(self, done: Done) -> None:
        """Write what became of a chunk."""
        for outcome in done.outcomes:
            if isinstance(outcome, Failed):
                self._fail(outcome)
            else:
                self._write(outcome)
        if self._sink is not None:
            with writing(self._settings.out):
                self._sink.flush()
        self.tally.add(done.tally)
        self._bar.show(self.tally)
        if done.last is not None:
            self.progress.records += done.records
            self.progress.last = mark(done.last)
            self._checkpoint()

    def finish(self) -> None:
        """Give the output its name. Where nothing could be cleaned, none appears."""
        with writing(self._settings.errors):
            self._errors.close()
        if self._sink is None and not self.tally.failed:
            self._open()
        if self._sink is not None:
            with writing(self._settings.out):
                self._sink.finish()
        self._finished = True
        if self._journal is not None:
            self._journal.discard()

    def _open(self) -> Sink:
        with writing(self._settings.out):
            state = self.progress.sink if self.progress.records else None
            self._sink = open_sink(self._settings.out, self._task.form, inputs=self._inputs.paths, resume=state)
        return self._sink

    def _write(self, cleaned: Cleaned) -> None:
        if cleaned.warnings and not self._settings.quiet and self._told <= WARNINGS_TOLD:
            self._told += 1
            if self._told > WARNINGS_TOLD:
                tell("further warnings are only counted; the JSON has them", kind="warning")
            else:
                for warning in cleaned.warnings:
                    tell(f"{cleaned.name}: {warning}", kind="warning")
        sink = self._sink or self._open()
        with writing(self._settings.out):
            sink.write(cleaned.name, cleaned.article)

    def _fail(self, failed: Failed) -> None:
        tell(failed.problem)
        with writing(self._settings.errors):
            self._errors.write(failed)
        if self._settings.strict:
            with writing(self._settings.errors):
                self._errors.checkpoint()
            tell("stopped there, as --strict asks")
            raise Stopped

    def _checkpoint(self) -> None:
        """Note how far the run has come, if that is long ago and this sink can be gone on with."""
        now = time.monotonic()
        if self._journal is None or self._sink is None or now - self._checked < self._pause:
            return
        try:
            with writing(self._settings.out):
                self.progress.sink = self._sink.checkpoint()
        except UsageError:
            self._journal = None
            return
        with writing(self._settings.errors):
            self.progress.errors = self._errors.checkpoint()
        self.progress.tally = self.tally.to_dict()
        with writing(str(self._journal.path)):
            self._journal.save(self.progress)
        self._checked = time.monotonic()
        self._pause = max(CHECKPOINT_SECONDS, (self._checked - now) / CHECKPOINT_SHARE)
