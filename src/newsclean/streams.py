"""The bytes of a source, decompressed, and what they are: text, lines of JSON, a table, an archive.

A `Stream` counts what is read of the file, takes off the compression, lets its beginning be looked at, and ends where
the file is damaged. `sniff` tells from that beginning which reader is to have it.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import re
from collections.abc import Callable, Collection
from typing import Any, BinaryIO, cast

from newsclean.model import Input
from newsclean.sources import MARKS, SourceError

# --- The bytes

_PIECE = 1 << 16
"""How much is read at a time: more at once would be no faster, and for a small file its memory takes the longest."""


class Stream(io.BufferedReader):
    """What a file holds, decompressed, up to where it is damaged; it leaves the file open.

    `head` is its beginning: two lines that are not blank, if they fit. `file` is the file as it lies, to seek in.
    """

    def __init__(self, file: BinaryIO, seen: Callable[[int], None] | None = None) -> None:
        """Begin to read a file; `seen` is called with the number of bytes newly read of it, compressed or not."""
        self.file = _Counted(file, seen)
        self._sound = _Sound(io.BufferedReader(self.file, _PIECE))
        super().__init__(self._sound, _PIECE)
        self.head = self.peek()

    @property
    def error(self) -> Exception | None:
        """What is wrong with the file where the stream ended; None if nothing is, or it was not read so far."""
        return self._sound.error

    @property
    def is_packed(self) -> bool:
        """Whether the file is compressed."""
        return self._sound.is_packed


class _Counted(io.RawIOBase):
    """A file that tells how much of it is read. Closing it leaves the file open."""

    def __init__(self, file: BinaryIO, seen: Callable[[int], None] | None) -> None:
        self._file, self._seen = cast(io.BufferedReader, file), seen
        # The file's own, not methods around them: a buffer asks once, when it is made, where the file stands, and drops
        # whatever is raised then. A Ctrl-C that came there into code in Python would be lost.
        vars(self).update(seekable=file.seekable, seek=file.seek, tell=file.tell)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto1(buffer)
        if self._seen is not None and count:
            self._seen(count)
        return count


class _Sound(io.RawIOBase):
    """What a file holds, decompressed. It ends where the file is damaged, and `error` tells of that.

    So readers get all that came before: an exception would have taken what is in their buffers with it.
    """

    def __init__(self, packed: io.BufferedReader) -> None:
        self._packed, self._file = packed, cast(io.BufferedReader, None)
        self.error: Exception | None = None
        self.is_packed = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._file is not None:
            return self._read(buffer)
        # What it holds is told from its first lines, which a pipe or a compressed file may give in small pieces.
        count = 0
        while count < len(buffer) and bytes(buffer[:count]).lstrip().count(b"\n") < 2:
            if not (more := self._read(buffer[count:])):
                break
            count += more
        return count

    def _read(self, buffer: Any) -> int:
        if self.error is not None:
            return 0
        try:
            if self._file is None:
                self._file = _unpacked(self._packed)
                self.is_packed = self._file is not self._packed
            # Who asks for much would have that much memory set aside.
            return self._file.readinto1(buffer[:_PIECE])
        except Exception as error:  # Each compression has errors of its own.
            self.error = error
            return 0


def _unpacked(file: io.BufferedReader) -> io.BufferedReader:
    magic = file.peek(6)
    if magic.startswith(b"\x1f\x8b"):
        import gzip

        # Of a file cut short, the reader that xopen takes keeps the last stretch to itself,
        return cast(io.BufferedReader, gzip.GzipFile(fileobj=file))
    if magic.startswith((b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")):
        from xopen import xopen

        opened = cast(io.BufferedReader, xopen(file, "rb", threads=0))
        # and so does the buffer that it lays around zstd's.
        return cast(io.BufferedReader, opened.detach()) if type(opened) is io.BufferedReader else opened
    return file


# --- What they are

_ENDINGS = {
    ".jsonl": Input.JSONL,
    ".ndjson": Input.JSONL,
    ".json": Input.JSONL,
    ".csv": Input.CSV,
    ".tsv": Input.TSV,
    ".parquet": Input.PARQUET,
    ".wet": Input.WARC,
    ".warc": Input.WARC,
}
_PACKED = (".gz", ".bz2", ".xz", ".zst")
_COLUMN = r'"?\w+(?:[ ._:/-]\w+)*"?'


def sniff(head: bytes, name: str, fields: Collection[str]) -> Input:
    """Tell what a source holds.

    Args:
        head: Its beginning, as `Stream.head`.
        name: Its path, or "-" for standard input. Its ending counts where the beginning does not tell.
        fields: The names of which a table's header must have one, where nothing but the header tells that it is one.

    Returns:
        The kind; JSONL also for other JSON, which `check_jsonl` refuses.
    """
    if head.startswith(b"PAR1"):
        return Input.PARQUET
    if head.startswith(b"WARC/1."):
        return Input.WARC
    first, second = first_lines(head)
    if _is_json(head, first, second) or (name == "-" and first in (b"{", b"[")):
        return Input.JSONL
    stem, ending = os.path.splitext(name.lower())  # noqa: PTH122  A PurePath takes as long as all the rest.
    if ending in _PACKED:
        ending = os.path.splitext(stem)[1]  # noqa: PTH122
    return _ENDINGS.get(ending) or _of_header(first.decode("utf-8", "replace"), fields)


def _is_json(head: bytes, first: bytes, second: bytes) -> bool:
    """Tell objects, a line each, and an array of objects from text."""
    # An article may begin with a line of JSON that a page left; what follows it is not like it then.
    if first.startswith(b"{"):
        return (not second or second.startswith(b"{")) and _is_object(first)
    if not first.startswith(b"[") or (first.endswith(b"]") and second and not second.startswith(b"[")):
        return False
    return re.match(rb'\s*\[\s*\{\s*["}]', head.removeprefix(codecs.BOM_UTF8)) is not None


def _is_object(line: bytes) -> bool:
    """Tell whether a line, or as much of it as there is, is a JSON object."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return len(line) > _PIECE // 2 and re.match(rb'\{\s*"(?:[^"\\]|\\.)*+"\s*:', line) is not None


def _of_header(line: str, fields: Collection[str]) -> Input:
    """Tell what it is that begins with this line: a table, if it is the header of one, or text."""
    mark = max("\t,;", key=line.count)
    names = line.split(mark)
    # The first may have no name: pandas writes its index so.
    named = names[1:] if names[0] in ("", '""') else names
    if len(names) == 1 or {name.strip('"') for name in named}.isdisjoint(fields):
        return Input.TEXT
    if not all(re.fullmatch(_COLUMN, name) for name in named):
        return Input.TEXT
    return Input.TSV if mark == "\t" else Input.CSV


def first_lines(head: bytes) -> tuple[bytes, bytes]:
    """Return the first two lines that are not blank, without the white space around them; b"" for one that is not."""
    found = re.match(rb"\s*([^\n]*)\s*([^\n]*)", head.removeprefix(codecs.BOM_UTF8))
    return (found[1].rstrip(), found[2].rstrip()) if found else (b"", b"")


def check_utf8(head: bytes, source: str) -> None:
    """Raise SourceError if a source has the byte order mark of another encoding."""
    for mark, codec in MARKS[1:]:
        if head.startswith(mark):
            raise SourceError(source, f"is in {codec[:6].upper()}", "Convert it to UTF-8 first.")


def check_jsonl(head: bytes, source: str) -> None:
    """Raise SourceError if what should be JSON, an object a line, begins like JSON of another form."""
    check_utf8(head, source)
    first, second = first_lines(head)
    if first.startswith(b"["):
        raise SourceError(source, "is a JSON array, not an object a line", "Run it through `jq -c '.[]'` first.")
    # An object over several lines has a first line behind which more must come.
    if first.startswith(b"{") and first.endswith((b"{", b"[", b",")) and second and not second.startswith(b"{"):
        raise SourceError(source, "is JSON over several lines, not an object a line", "Run it through `jq -c .` first.")
