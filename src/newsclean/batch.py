"""Many articles at once: chunks of records in, what became of them out, in their order, by workers that may die.

Each worker has a pipe of its own. A pool that workers share a queue in (multiprocessing's, concurrent.futures') breaks
as a whole when one of them is killed in the middle of a message, and does not tell which task it had.
"""

from __future__ import annotations

import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from newsclean.model import Article, Label, UsageError
from newsclean.records import Reading, Record, load
from newsclean.render import Format, render, to_dict
from newsclean.sources import Source, SourceError
from newsclean.tally import Tally

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

CHUNK_RECORDS, CHUNK_BYTES = 200, 500_000
"""A chunk is so many records at most, or so much text: enough that passing it on costs little beside cleaning it."""
AHEAD = 4
"""Chunks for each worker that may be done before the one whose turn it is to be given out."""
STILLBORN = 3
"""Workers that may die, one after the other, before they are ready."""


class Cleans(Protocol):
    """What cleans; `newsclean.Cleaner` does."""

    def clean(self, text: str, *, url: str | None = None, publisher: str | None = None) -> Article:
        """Return the article."""

    def knows(self, publisher: str) -> bool:
        """Tell whether there are rules of that publisher."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done with each record. It pickles.

    `publisher` overrides what records say; `url` is for those that say none. What is removed of the kinds in `keep` is
    put back into the body. With `only`, nothing but what has that label comes out.
    """

    cleaner: Cleans
    form: Format = Format.JSON
    reading: Reading = field(default_factory=Reading)
    publisher: str | None = None
    url: str | None = None
    spans: bool = False
    keep: frozenset[str] = frozenset()
    only: Label | None = None

    def clean(self, source: Source) -> Article:
        """Return the cleaned article, what was to be said of its source among its warnings."""
        named = source.publisher if source.publisher and self.cleaner.knows(source.publisher) else None
        url = source.url or self.url
        article = self.cleaner.clean(source.text, url=url, publisher=self.publisher or named)
        return replace(article, warnings=(*source.warnings, *article.warnings))

    def render(self, article: Article, source: Source) -> str | dict[str, object]:
        """Return the article as the format asks for: a row for a table, else text."""
        shown = article.keeping(self.keep)
        told: dict[str, Any] = {
            "spans": self.spans,
            "source": source.name,
            "encoding": source.encoding or None,
            "fields": source.fields,
            "only": self.only,
        }
        return to_dict(shown, **told) if self.form in (Format.CSV, Format.PARQUET) else render(shown, self.form, **told)


class Cleaned(NamedTuple):
    """An article that came out: what it is called, and what is to be written."""

    name: str
    article: str | dict[str, object]
    warnings: tuple[str, ...]


class Failed(NamedTuple):
    """A record that no article could be made of, as it came, and why."""

    record: Record
    problem: str


@dataclass(slots=True)
class Done:
    """What became of a chunk: how many records it was, the last of them, and all that came of them, in order."""

    records: int = 0
    last: Record | None = None
    outcomes: list[Cleaned | Failed] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def add(self, other: Done) -> None:
        """Put what came of the records that follow behind."""
        self.records += other.records
        self.last = other.last
        self.outcomes += other.outcomes
        self.tally.add(other.tally)


def work(task: Task, records: Sequence[Record]) -> Done:
    """Do one chunk, in this process."""
    done = Done(len(records), records[-1] if records else None)
    for record in records:
        for made in _made(task, record):
            if isinstance(made, Failed):
                done.tally.failed += 1
                done.outcomes.append(made)
            else:
                article, cleaned = made
                done.tally.count(article)
                done.outcomes.append(cleaned)
    return done


def _made(task: Task, record: Record) -> Iterator[tuple[Article, Cleaned] | Failed]:
    """Yield what can be made of a record."""
    try:
        for source in load(record, task.reading):
            if isinstance(source, SourceError):
                yield Failed(record, str(source))
            else:
                article = task.clean(source)
                yield article, Cleaned(source.name, task.render(article, source), article.warnings)
    except UsageError:
        raise
    except Exception as error:  # a fault of ours should cost one record, not a night's work
        what = f"{type(error).__name__}: {error}".removesuffix(": ")
        problem = f"newsclean failed on it ({what}). Please report it."
        yield Failed(record, f"{record.place}: {problem}")


def run(
    records: Iterable[Record], task: Task, *, jobs: int = 1, tell: Callable[[str], None] = print
) -> Generator[Done]:
    """Yield what became of the records, chunk by chunk, in their order, whatever the number of jobs.

    Memory does not grow with the input: records are taken only when there is somebody to work on them. What fits in one
    chunk is done in this process, and so is all with one job.

    Args:
        records: What to clean.
        task: What to do with each.
        jobs: How many processes work. They are started with multiprocessing's "spawn": a script that calls this needs
            the usual `if __name__ == "__main__":`.
        tell: Is called with what a person should know: that a worker died.

    Raises:
        WorkersDie: If no worker gets as far as to be ready.
    """
    chunks = _chunks(records)
    first = next(chunks, None)
    if first is None:
        return
    second = next(chunks, None) if jobs > 1 else None
    if second is None:
        yield work(task, first)
        for chunk in chunks:
            yield work(task, chunk)
        return
    crew = _Crew(task, jobs, tell)
    try:
        yield from crew.work_on(_chain(first, second, chunks))
    finally:
        crew.dismiss()


class WorkersDie(UsageError):
    """Worker processes die before they have done anything."""


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    size = 0
    for record in records:
        chunk.append(record)
        size += _size(record.raw)
        if len(chunk) == CHUNK_RECORDS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _size(raw: object) -> int:
    if isinstance(raw, dict):
        return sum(len(value) for value in raw.values() if isinstance(value, (str, bytes)))
    return len(raw) if isinstance(raw, (str, bytes)) else 0


def _chain(first: list[Record], second: list[Record], rest: Iterator[list[Record]]) -> Iterator[list[Record]]:
    yield first
    yield second
    yield from rest


@dataclass(slots=True, eq=False)
class _Piece:
    """A chunk, or one record of a chunk that killed workers, and how many it has killed."""

    chunk: int
    part: int
    records: list[Record]
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, and what it was given and has not given back. Until it is `ready` it is given nothing but the task."""

    process: BaseProcess
    pipe: Connection
    has_task: bool = False
    ready: bool = False
    piece: _Piece | None = None


class _Crew:
    """Workers, and what they are on."""

    def __init__(self, task: Task, jobs: int, tell: Callable[[str], None]):
        self._task, self._jobs, self._tell = pickle.dumps(task), jobs, tell
        self._workers: list[_Worker] = []
        self._todo: deque[_Piece] = deque()
        self._done: dict[int, dict[int, Done]] = {}
        self._parts: dict[int, int] = {}
        self._stillborn = 0

    def work_on(self, chunks: Iterator[list[Record]]) -> Iterator[Done]:
        """Yield what became of each chunk, in order."""
        given = turn = 0
        more = True
        while more or turn < given:
            self._hand_out()
            while more and len(self._todo) < self._jobs and given - turn < AHEAD * self._jobs:
                chunk = next(chunks, None)
                more = chunk is not None
                if chunk is not None:
                    self._todo.append(_Piece(given, 0, chunk))
                    given += 1
            self._hand_out()
            self._take_in()
            self._hand_out()
            while turn < given and len(self._done.get(turn, ())) == self._parts.get(turn, 1):
                parts = self._done.pop(turn)
                self._parts.pop(turn, None)
                turn += 1
                whole = Done()
                for part in sorted(parts):
                    whole.add(parts[part])
                yield whole

    def dismiss(self) -> None:
        """End every worker, at once."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()
        self._workers.clear()

    def _hand_out(self) -> None:
        """Give each worker that has nothing to do something; hire more where that is not enough."""
        idle = [worker for worker in self._workers if worker.piece is None]
        for _ in range(min(len(self._todo) - len(idle), self._jobs - len(self._workers))):
            self._workers.append(_hire())
        for worker in idle:
            if self._todo and worker.ready:
                try:
                    if worker.pipe.poll():  # It says nothing unasked: it is dead, and not of what it would be given.
                        raise EOFError
                    worker.piece = self._todo.popleft()
                    # It waits for this, so that neither can wait for the other with its hands full.
                    worker.pipe.send(worker.piece.records)
                except (EOFError, OSError):
                    self._bury(worker)

    def _take_in(self) -> None:
        """Wait until something is heard of a worker."""
        from multiprocessing.connection import wait

        waited_for = [worker.pipe for worker in self._workers if worker.piece or not worker.ready]
        # Of none if the input has just ended, or if they were found dead: there would be no end to waiting.
        heard = wait(waited_for) if waited_for else []
        for worker in [worker for worker in self._workers if worker.pipe in heard]:
            try:
                done = worker.pipe.recv()
                if not worker.has_task:
                    worker.pipe.send_bytes(self._task)
                    worker.has_task = True
                    continue
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if worker.piece:
                self._done.setdefault(worker.piece.chunk, {})[worker.piece.part] = done
                worker.piece = None
            worker.ready = True
            self._stillborn = 0

    def _bury(self, worker: _Worker) -> None:
        """Let others do what a dead worker had in work, and find out which record it was that killed it."""
        self._workers.remove(worker)
        worker.process.join(1)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        how = _cause(worker.process.exitcode)
        piece = worker.piece
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                raise WorkersDie(f"worker processes die before they are ready ({how}); use --jobs 1, or fewer jobs")
        if piece is None:
            return
        piece.deaths += 1
        first, last = piece.records[0], piece.records[-1]
        where = f"on {first.place}" if first is last else f"between {first.place} and {last.place}"
        if piece.deaths == 1:
            self._tell(f"a worker process died {where} ({how}); its articles are done again")
            self._todo.appendleft(piece)
        elif first is not last:
            self._tell(f"a worker process died again {where} ({how}); its articles are done one by one")
            self._parts[piece.chunk] = len(piece.records)
            singles = [_Piece(piece.chunk, part, [record]) for part, record in enumerate(piece.records)]
            self._todo.extendleft(reversed(singles))
        else:
            failed = Failed(first, f"{first.place}: each worker process that took it up died ({how}). Leave it out.")
            self._done.setdefault(piece.chunk, {})[piece.part] = Done(1, first, [failed], Tally(failed=1))


def _hire() -> _Worker:
    """Start a worker that Ctrl-C does not reach: it is for this process to end it.

    It asks for the task when it is up. With the arguments that a process is started with, multiprocessing would wait
    for ever if they are long and it dies before it has read them.
    """
    from multiprocessing import get_context

    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    if sys.platform == "win32":
        process.start()
    else:
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # Else `start` would do it, and let signals through behind that.
        # What is blocked stays so in the worker. Here it comes a little later; ignored, a Ctrl-C would be lost.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return _Worker(process, ours)


def _work(pipe: Connection) -> None:
    """Ask for the task, then do what comes through the pipe until there is nobody at its other end."""
    import gc

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pipe.send(None)
        task: Task = pipe.recv()
        gc.freeze()  # the rules stay: looking through them for garbage is in vain
        pipe.send(None)
        while True:
            pipe.send(work(task, pipe.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass


def _cause(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        try:
            name = signal.Signals(-exitcode).name
        except ValueError:
            name = f"signal {-exitcode}"
        return f"{name}, perhaps for want of memory" if name == "SIGKILL" else name
    return f"exit code {exitcode}"
