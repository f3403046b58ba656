"""Where cleaned articles go: standard output, one file that can be gone on with, or a folder of files.

Nothing here prints. Trouble with writing is an OSError; what can't be done as it was asked, a UsageError.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path, PurePath
from typing import Any, BinaryIO, Protocol

from newsclean.model import UsageError
from newsclean.render import COMPRESSIONS, Format
from newsclean.tables import Csv, Parquet, Row

State = dict[str, Any]
"""Where a sink can go on from. It can be written as JSON and read back."""

FORM_FEED = "\f\n"
"""Stands between articles in formats that have no mark of their own for where one ends."""


class Sink(Protocol):
    """Takes articles, in order, and ends with `finish` or `abandon`. Every method may raise OSError."""

    def write(self, name: str, article: str | Row) -> None:
        """Take an article: a row for csv and parquet, else the text of it, as `render` gives it.

        `name` is where it is from: "news/a.txt", "dump.jsonl:17" or "-".
        """

    def flush(self) -> None:
        """Let the reader of a pipe see what has been written. A file shows nothing before `finish`."""

    def checkpoint(self) -> State:
        """Hand all that was written to the operating system, and return where to go on from.

        UsageError if this sink can't be gone on with.
        """

    def finish(self) -> None:
        """Give the output its final name."""

    def abandon(self) -> None:
        """Leave nothing under the final name; what can be resumed, up to the last checkpoint, stays as the part.

        After an error too, also one in `finish`.
        """


def open_sink(out: str | None, form: Format, *, inputs: Sequence[str], resume: State | None = None) -> Sink:
    """Open what `out` names: standard output (None or "-"), a folder (it is one, or ends in a slash), or a file.

    A file is written as `.NAME.part` beside its place, and compressed as its ending says. `inputs` are the paths
    that the user gave, which a folder mirrors. `resume` is what `checkpoint` of the interrupted run returned.

    Raises UsageError if that can't be written or not be gone on with, OSError if it can't be opened, ValueError for
    `Format.SCREEN`.
    """
    if form is Format.SCREEN:
        raise ValueError("a screen is drawn on a terminal, not written to a sink")
    if out == "-":
        out = None
    if out is not None and is_folder(out):
        return _Folder(out, form, inputs, resume or {})
    is_stream = out is None or (Path(out).exists() and not Path(out).is_file())
    if form is Format.PARQUET:
        if out is None or is_stream:
            raise UsageError("Parquet is written to a file only; give one with -o, such as articles.parquet")
        if resume is not None:
            raise _ParquetFile.no_resume()
        return _ParquetFile(out)
    if is_stream and resume is not None:
        raise _Stream.no_resume(out)
    if out is None:
        return _Stream(sys.stdout.buffer, None, form, {})
    return _Stream(Path(out).open("wb"), out, form, {}) if is_stream else _File(out, form, resume)


def is_folder(out: str) -> bool:
    """Tell whether `out` names a folder: it is one, or ends in a slash. OSError if it is no name at all."""
    return out.endswith(("/", os.sep)) or Path(out).is_dir()


class _Stream:
    """Standard output, a device or a pipe: what is written there is gone."""

    def __init__(self, file: BinaryIO, out: str | None, form: Format, state: State) -> None:
        self._file, self._out = file, out
        self._member: BinaryIO | None = None  # what compresses into the file, from one checkpoint to the next
        self._articles: int = state.get("articles", 0)
        self._table = Csv(state.get("columns", [])) if form is Format.CSV else None
        self._between = FORM_FEED if form in (Format.TEXT, Format.MARKDOWN, Format.LABELS) else ""

    def write(self, name: str, article: str | Row) -> None:
        if self._table is None:
            assert isinstance(article, str)
            self._put(self._between + article if self._articles else article)
        else:
            assert isinstance(article, dict)
            self._put(self._table.add(article))
        self._articles += 1

    def flush(self) -> None:
        self._file.flush()

    def checkpoint(self) -> State:
        raise self.no_resume(self._out)

    def finish(self) -> None:
        # Also where there is nothing to put: a compressed file without a member is a broken one.
        self._put("" if self._table is None else self._table.rest())
        self._end_member()
        if self._out is not None:
            self._file.close()

    def abandon(self) -> None:
        # The disk may be full or the reader gone: closing writes what is left, and fails again.
        for stream in (self._member, self._file):
            if stream is not None and self._out is not None:
                with suppress(OSError):
                    stream.close()

    @staticmethod
    def no_resume(out: str | None) -> UsageError:
        return UsageError(f"{out or 'standard output'} can't be gone on with; --resume needs -o FILE")

    def _put(self, text: str) -> None:
        if self._member is None:
            self._member = _member(self._file, self._out)
        self._member.write(text.encode("utf-8", "backslashreplace"))

    def _end_member(self) -> None:
        if self._member is not None and self._member is not self._file:
            self._member.close()
        self._member = None
        self._file.flush()


class _File(_Stream):
    """A file that appears when it is whole. Each checkpoint ends a member of a compressed one."""

    def __init__(self, out: str, form: Format, resume: State | None) -> None:
        self._size: int | None = None if resume is None else resume["size"]
        self._part = _Part(out, self._size)
        super().__init__(self._part.file, out, form, resume or {})

    def flush(self) -> None:
        pass

    def checkpoint(self) -> State:
        if self._table is not None and self._articles:
            self._put(self._table.rest())
        self._end_member()
        self._size = self._file.tell()
        columns = {} if self._table is None else {"columns": self._table.columns}
        return {"size": self._size, "articles": self._articles, **columns}

    def finish(self) -> None:
        super().finish()
        self._part.keep()

    def abandon(self) -> None:
        super().abandon()
        self._part.leave(self._size)


class _ParquetFile:
    """A Parquet file, whose end says where all in it is, so that it can't be gone on with."""

    def __init__(self, out: str) -> None:
        if out.lower().endswith(COMPRESSIONS):
            raise UsageError(f"{out}: Parquet is compressed in itself; give a name that ends in .parquet")
        self._part = _Part(out, None)
        try:
            self._table = Parquet(self._part.file)
        except UsageError:
            self._part.leave(None)
            raise

    def write(self, name: str, article: str | Row) -> None:
        assert isinstance(article, dict)
        self._table.add(article)

    def flush(self) -> None:
        pass

    def checkpoint(self) -> State:
        raise self.no_resume()

    def finish(self) -> None:
        self._table.finish()
        self._part.keep()

    def abandon(self) -> None:
        with suppress(OSError):
            self._table.close()
        self._part.leave(None)

    @staticmethod
    def no_resume() -> UsageError:
        return UsageError("a Parquet file can't be gone on with; use .jsonl")


class _Part:
    """A file beside the final one, `.NAME.part`, that takes its name in the end."""

    def __init__(self, out: str, size: int | None) -> None:
        """Open the part anew, or to go on behind its first `size` bytes. UsageError if it has not so many."""
        self._target = Path(out).resolve()  # a link stays a link: what it points to is replaced
        self._path = self._target.with_name(f".{self._target.name}.part")
        try:
            if size is not None and not (self._path.is_file() and self._path.stat().st_size >= size):
                raise UsageError(f"{self._path}: the part to go on with is gone; start without --resume")
            self.file: BinaryIO = self._path.open("ab")
        except OSError as error:
            error.filename = out  # the name that the user knows
            raise
        if not _locked(self.file):
            self.file.close()
            raise UsageError(f"{out}: another run is writing it; wait for that, or write elsewhere")
        self.file.truncate(size or 0)
        self.file.seek(0, os.SEEK_END)

    def keep(self) -> None:
        """Give the file its final name."""
        self.file.close()
        self._path.replace(self._target)

    def leave(self, size: int | None) -> None:
        """Cut the part to what can be gone on with; None: nothing can."""
        with suppress(OSError):
            self.file.close()
        with suppress(OSError):
            if size is None:
                self._path.unlink()
            else:
                os.truncate(self._path, size)


def _locked(file: BinaryIO) -> bool:
    """Lock a file until it is closed; False if another process has it. Where there are no such locks, go without."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


class _Folder:
    """A file for each article, in a tree like that of the inputs. Who would get a name that is taken gets the next.

    What is taken goes from run to run with the state, so that a run that goes on gives the same names. The articles
    of a batch, `dump.jsonl:17`, have a folder for themselves, and only that has to be remembered.
    """

    def __init__(self, out: str, form: Format, inputs: Sequence[str], state: State) -> None:
        if form not in _FILE_ENDINGS:
            file = Path(out, f"articles.{form}")
            raise UsageError(f"{out} is a folder, and {form} puts all articles into one file; give one, such as {file}")
        self._ending = _FILE_ENDINGS[form]
        self._inputs = {PurePath(path).parts for path in inputs}
        # Not resolve(), which asks the file system for every folder in what may be 200,000 paths.
        self._guarded = {Path(os.path.abspath(path)) for path in inputs if path != "-"}  # noqa: PTH100
        self._out = Path(os.path.abspath(out))  # noqa: PTH100
        self._guard(self._out)
        self._out.mkdir(exist_ok=True)
        self._files: dict[str, int] = dict(state.get("files", {}))  # and the number of the last that wanted the name
        self._folders: dict[str, str] = dict(state.get("folders", {}))  # and the batch it belongs to, or ""
        self._last, self._times = state.get("last", ("", 0))

    def write(self, name: str, article: str | Row) -> None:
        assert isinstance(article, str)
        path = self._out / self._place(name)
        self._guard(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_bytes(article.encode("utf-8", "backslashreplace"))
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def flush(self) -> None:
        pass

    def checkpoint(self) -> State:
        return {"files": dict(self._files), "folders": dict(self._folders), "last": [self._last, self._times]}

    def finish(self) -> None:
        pass

    def abandon(self) -> None:
        pass

    def _guard(self, path: Path) -> None:
        if not self._guarded.isdisjoint([path, *path.parents]):
            raise UsageError(f"{path} would be among the files to clean; write the result to another folder")

    def _place(self, name: str) -> str:
        """Return the article's path in the folder, which no other has."""
        # Two articles may begin in the same line of a text, one behind the other.
        self._last, self._times = name, self._times + 1 if name == self._last else 1
        batch = None if PurePath(name).parts in self._inputs else _BATCH.fullmatch(name)
        source = batch["source"] if batch else name
        *folders, stem = self._parts(source)
        place = ""
        for folder in folders:
            place = self._free_folder(place + folder, "")
        if batch is None:
            return self._free_file(place + stem)
        place = self._free_folder(place + stem, source)
        return _numbered(place + batch["number"], self._ending, self._times)

    def _parts(self, source: str) -> list[str]:
        """Return the source's path below the outermost input that holds it, its last part without endings."""
        if source == "-":
            return ["stdin"]
        path = PurePath(source)
        starts = range(bool(path.anchor), len(path.parts))
        below = next((path.parts[start:] for start in starts if path.parts[:start] in self._inputs), path.parts[-1:])
        stem = _SOURCE_ENDING.sub("", below[-1])
        while len(os.fsencode(stem)) > 200:  # a name takes 255 bytes, and a number and endings come on top
            stem = stem[:-1]
        return [*(part for part in below[:-1] if part != ".."), stem]

    def _free_folder(self, wanted: str, batch: str) -> str:
        places = (_numbered(wanted, "", number) for number in count(1))
        return next(
            place + "/"
            for place in places
            if (key := _key(place)) not in self._files and self._folders.setdefault(key, batch) == batch
        )

    def _free_file(self, wanted: str) -> str:
        first = _key(wanted + self._ending)
        number = self._files.get(first, 0) + 1
        while (key := _key(place := _numbered(wanted, self._ending, number))) in self._files or key in self._folders:
            number += 1
        self._files |= {key: 1, first: number}
        return place


_FILE_ENDINGS = {Format.JSON: ".json", Format.TEXT: ".txt", Format.MARKDOWN: ".md", Format.LABELS: ".labels"}
_BATCH = re.compile(r"(?P<source>.+):(?P<number>[0-9]+)", re.DOTALL)
_PACKED = "|".join(map(re.escape, COMPRESSIONS))
_SOURCE_ENDING = re.compile(rf"(?<=[^.])(?:\.[a-z]{{1,8}})?(?:{_PACKED})?\Z", re.IGNORECASE)


def _member(file: BinaryIO, out: str | None) -> BinaryIO:
    """Return the file, or what compresses into it as the ending of `out` says; closing that leaves the file open."""
    ending = PurePath(out or "").suffix.lower()
    if ending not in COMPRESSIONS:
        return file
    from xopen import xopen

    member = xopen(file, "wb", threads=0, format=ending[1:])
    # Past its buffer, even nothing begins a zstd frame; otherwise an empty file would hold none, and be a broken one.
    getattr(member, "raw", member).write(b"")
    return member


def _numbered(stem: str, ending: str, number: int) -> str:
    return f"{stem}{ending}" if number == 1 else f"{stem}.{number}{ending}"


def _key(place: str) -> str:
    """Return what is the same for all paths that a file system may take for one."""
    return unicodedata.normalize("NFC", place).casefold()
