"""What a stream holds, one by one: a reader for each kind of input.

A reader yields, of each thing that it finds, where it begins, the thing as it came, and why no article can be made of
it, if that is known already: `number`, `raw` and `fault` of a `records.Record`. It holds one at a time.
"""

from __future__ import annotations

import codecs
import functools
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, cast

from newsclean.model import UsageError
from newsclean.sources import LIMIT, MARKS, SourceError
from newsclean.streams import Stream, check_jsonl, check_utf8, first_lines

Found = tuple[int, bytes | dict[str, object], str]

FORM_FEED = r"\f(?:\r?\n)?"
"""What stands between articles in a text, when nobody says."""
PAYLOAD = "payload"
"""The key of a WARC record's bytes beside its headers: no header's name."""
TOO_LONG = f"is over {LIMIT >> 20} MiB, too much for one article"
CUT = "is cut short"
SAMPLE = 1 << 20
"""How much is kept of what is too long."""
MOST, CHUNK, EDGE = 1 << 16, 8 << 20, 1 << 16
"""How long most texts are, at most; how much of a long one is read at a time; how long a separator may be."""


# --- Text


@functools.cache
def separator(split: str | None) -> Any:
    """Compile what stands between articles, None for form feeds, to a pattern of the `regex` package.

    Raises UsageError if it is no regex, or one that matches where nothing stands.
    """
    import regex

    try:
        pattern = regex.compile(FORM_FEED if split is None else split, regex.MULTILINE)
    except regex.error as error:
        raise UsageError(f"--split {split!r} is no regular expression: {error}; correct it") from None
    if pattern.search(""):
        raise UsageError(f"--split {split!r} matches even an empty text; let it match what stands between articles")
    return pattern


def breaks(text: str) -> int:
    """Count the line breaks."""
    return len(re.findall(r"\r\n?|\n", text))


def texts(stream: Stream, split: str | None) -> Iterator[Found]:
    """Yield the text, number 0; or, if it is too long or cut short, its articles, by the lines they begin at."""
    # To set aside memory for the longest text takes longer than to read most.
    data = stream.read(MOST)
    if len(data) == MOST:
        data += stream.read(LIMIT + 1 - MOST)
    if len(data) <= LIMIT and stream.error is None:
        yield 0, data, ""
    elif data.startswith(tuple(mark for mark, _ in MARKS[1:])):
        yield 0, data[:SAMPLE], CUT if stream.error else TOO_LONG
    else:
        yield from _stretches(stream, data, separator(split))


def _stretches(stream: Stream, data: bytes, between: Any) -> Iterator[Found]:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    text, at, line = decoder.decode(data), 0, 1
    first = True
    while True:
        more = stream.read(CHUNK)
        # A separator near the edge may go on behind it, or be none if one could see what follows.
        edge = len(text) - EDGE if more else len(text)
        for match in between.finditer(text, at):
            if match.end() > edge:
                break
            yield from _stretch(text[at : match.start()], line)
            line += breaks(text[at : match.end()])
            at, first = match.end(), False
        if not more or len(text) - at > LIMIT:
            break
        # What stands before a separator may decide whether it is one.
        keep = max(0, at - EDGE)
        text, at = text[keep:] + decoder.decode(more), at - keep
    rest = text[at:]
    if more and first:
        yield 0, _bytes(rest[:SAMPLE]), TOO_LONG
    elif more:
        yield from _stretch(rest, line, f"{TOO_LONG}, and what follows it is not read")
    else:
        yield from _stretch(rest, line, CUT if stream.error else "")


def _stretch(text: str, line: int, fault: str = "") -> Iterator[Found]:
    if begun := text.lstrip():
        line += breaks(text[: len(text) - len(begun)])
        yield line, _bytes(text[:SAMPLE] if fault else text), fault


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


# --- JSON, an object a line


def json_lines(stream: Stream, source: str) -> Iterator[Found]:
    """Yield the lines, as bytes, but for blank ones."""
    check_jsonl(stream.head, source)
    if stream.head.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    number = 0
    while line := stream.readline(LIMIT + 1):
        number += 1
        if line.isspace():
            continue
        fault = ""
        if line[-1] != 10:  # A line break would end it.
            if len(line) > LIMIT:
                line, fault = line[:SAMPLE], TOO_LONG
                while (more := stream.readline(SAMPLE)) and more[-1] != 10:
                    pass
            elif stream.error:
                fault = CUT
        yield number, line, fault


# --- Tables


def csv_rows(stream: Stream, source: str, fields: Sequence[str], *, tabs: bool = False) -> Iterator[Found]:
    """Yield the rows, as dicts, by the lines they begin at. Raises SourceError for a header without any of `fields`."""
    import csv

    check_utf8(stream.head, source)
    csv.field_size_limit(max(LIMIT, csv.field_size_limit()))
    lines = _CsvLines(io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline=""))
    first = first_lines(stream.head)[0].decode("utf-8", "replace")
    rows = csv.reader(lines, delimiter="\t" if tabs else max(",;", key=first.count))
    header: list[str] = []
    while True:
        number = rows.line_num + 1
        try:
            row, fault = next(rows), ""
        except StopIteration:
            return
        except csv.Error as error:
            row, fault = [], f"is no row of CSV: {error}"
        if not row and not fault:
            continue
        if lines.are_over:
            fault = CUT if stream.error else "has a quote that is not closed"
        elif lines.is_cut and stream.error:
            fault = CUT
        elif lines.is_long:
            fault, lines.is_long = TOO_LONG, False
        if header:
            yield number, dict(zip(header, row, strict=False)), fault or _row_fault(row, header)
        elif fault := fault or _row_fault(row, row):
            raise SourceError(source, f"its header {fault}")
        else:
            header = row
            _check_columns(header, source, fields)


class _CsvLines:
    """The lines of a text, the `csv` module's food. What is over LIMIT of a line is left out."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.are_over = self.is_cut = self.is_long = False

    def __iter__(self) -> _CsvLines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LIMIT)
        if not line:
            self.are_over = True
            raise StopIteration
        self.is_cut = line[-1] not in "\r\n"
        if self.is_cut and len(line) == LIMIT:
            self.is_long = True
            while (more := self._text.readline(SAMPLE)) and more[-1] not in "\r\n":
                pass
        return line


def _row_fault(row: list[str], header: list[str]) -> str:
    if len(row) != len(header):
        return f"has {len(row)} cell{'s' * (len(row) != 1)}, and the header has {len(header)}"
    try:
        "".join(row).encode()
    except UnicodeEncodeError as error:
        return f"is not UTF-8 (byte 0x{ord(error.object[error.start]) - 0xDC00:02x})"
    return ""


def _check_columns(names: list[str], source: str, fields: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        what = f"with the name {shown([twice])}" if twice else "without a name"
        raise SourceError(source, f"has two columns {what}", "Rename one in the header.")
    if set(names).isdisjoint(fields):
        raise SourceError(source, *no_field(names, fields))


def no_field(names: list[str], fields: Sequence[str]) -> tuple[str, str]:
    """Return problem and remedy of what has none of the fields that may hold the text, but those with these names."""
    return f"has no field with the text (looked for {', '.join(fields)})", name_it(names)


def name_it(names: list[str]) -> str:
    """Return what to do where the text is not in the field it was looked for in, but there are these."""
    return f"Name the field that holds it with --field; there are {shown(names)}." if names else ""


def shown(names: list[str]) -> str:
    """Return the names of fields, as many as a message can hold."""
    listed = ", ".join(name or '""' for name in names)
    return listed if len(listed) <= 200 else f"{listed[:200]}…"


def parquet_rows(stream: Stream, source: str, fields: Sequence[str]) -> Iterator[Found]:
    """Yield the rows, as dicts. Raises SourceError for a table without any of `fields`."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise SourceError(source, "is Parquet", "Run `pip install 'newsclean[parquet]'`.") from error
    number = 0
    with _seekable(stream) as file:
        try:
            table = pyarrow.parquet.ParquetFile(file, pre_buffer=False)
            _check_columns(table.schema_arrow.names, source, fields)
            for batch in table.iter_batches(100, use_threads=False):
                for row, fault in _batch_rows(batch):
                    number += 1
                    yield number, row, fault
        except (pyarrow.ArrowException, OSError) as error:
            if stream.error is None:
                reason = " ".join(str(error).split()).rstrip(".")
                raise SourceError(source, f"cannot be read on as Parquet after {number} rows ({reason})") from error


def _seekable(stream: Stream) -> BinaryIO:
    """Return what is in a stream as a file that can be sought in, as a table is read from its end."""
    if not stream.is_packed and stream.file.seekable():
        stream.file.seek(0)
        return cast(BinaryIO, io.BufferedReader(stream.file))
    import shutil
    import tempfile

    file = tempfile.TemporaryFile()  # noqa: SIM115  The caller closes it.
    shutil.copyfileobj(stream, file)
    return cast(BinaryIO, file)


def _batch_rows(batch: Any) -> list[tuple[dict[str, object], str]]:
    """Return the rows of a batch, each with its fault: one value that Python has no match for spoils no other row."""
    try:
        return [(row, "") for row in batch.to_pylist()]
    except (ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            return [({}, f"cannot be read: {' '.join(str(error).split())}")]
        return [row for i in range(batch.num_rows) for row in _batch_rows(batch.slice(i, 1))]


# --- Archives


def conversions(stream: Stream, source: str) -> Iterator[Found]:
    """Yield the headers of a WARC's records that hold text and, as `PAYLOAD`, its bytes. SourceError if none does."""
    try:
        from warcio.archiveiterator import ArchiveIterator
        from warcio.exceptions import ArchiveLoadFailed
    except ImportError as error:
        raise SourceError(source, "is a WARC archive", "Run `pip install 'newsclean[warc]'`.") from error

    class Archive(ArchiveIterator):  # type: ignore[misc]
        INC_RECORD = ""  # It would print.

    archive, number, found = Archive(stream, no_record_parse=True), 0, False
    try:
        for number, record in enumerate(archive, 1):
            if archive.err_count:
                break
            if record.rec_type == "conversion" and (record.content_type or "").startswith("text/"):
                found = True
                payload = record.raw_stream.read(min(record.length or 0, LIMIT))
                fault = "" if len(payload) == record.length else CUT if len(payload) < LIMIT else TOO_LONG
                yield number, {**dict(record.rec_headers.headers), PAYLOAD: payload[: SAMPLE if fault else None]}, fault
    except ArchiveLoadFailed:
        archive.err_count += 1
    if archive.err_count and stream.error is None:
        raise SourceError(source, f"is no sound WARC archive behind its record {number}", "Get it again.")
    if not found and stream.error is None:
        raise SourceError(source, "holds no text (no conversion record)", "Take the WET file that belongs to it.")
