"""A stream of records out of a file, whatever it holds and however it is compressed; out of a record, its articles.

    a file ── streams ──▶ bytes, decompressed, and what they are
           ── readers ──▶ `read_records`: a `Record` each, not looked at closely
           ── load ──▶ each record's `Source`, or why there is none

`read_records` runs in one process, and looks at nothing closely so that it can feed many others, which `load`. It holds
one record at a time: what does not fit in memory is no trouble. Nothing here prints or exits.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import BinaryIO, NamedTuple, cast

from newsclean import readers
from newsclean.model import Input
from newsclean.readers import separator
from newsclean.sources import Source, SourceError, decode, of_text, open_file
from newsclean.streams import Stream, sniff

__all__ = ["TEXT_FIELDS", "Input", "Reading", "Record", "load", "read_records", "separator"]

TEXT_FIELDS = ("text", "content", "body", "article")
"""Where the text is looked for in a record, when nobody says."""


class Record(NamedTuple):
    """One thing out of a source, as it came, not yet looked at closely.

    `source` is the path as given, or "-". `number` is the line (of text, JSONL, CSV), the row (Parquet) or the record
    (WARC) that it begins at, from 1; 0 if it is all of its source. `raw` is the bytes of a text or of a JSONL line, a
    row as a dict, or the headers of a WARC record and, as `readers.PAYLOAD`, its bytes. `fault` says why no article can
    be made of it, if that is known already; `raw` is then only its beginning.
    """

    source: str
    number: int
    raw: bytes | str | dict[str, object]
    kind: Input
    fault: str = ""

    @property
    def place(self) -> str:
        """What messages and outputs call it: `dump.jsonl:17`, or just the source."""
        return f"{self.source}:{self.number}" if self.number else self.source


class Reading(NamedTuple):
    """How the user wants it read.

    `field` is the field that holds the text, None for the first of TEXT_FIELDS that does. `input` overrides what
    the source looks like. `split` is what stands between the articles of a text: a regex, in which ^ and $ match at
    every line; None for form feeds. With `html` false, HTML is text like any other.
    """

    field: str | None = None
    input: Input | None = None
    split: str | None = None
    html: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that may hold the text, the likeliest first."""
        return TEXT_FIELDS if self.field is None else (self.field,)


# --- From a file to its records


def read_records(path: str, reading: Reading, *, seen: Callable[[int], None] | None = None) -> Iterator[Record]:
    """Yield what a file, a named pipe or, for "-", standard input holds, and leave standard input open.

    `seen` is called now and then with the number of bytes newly read of the file as it lies there, compressed or not.

    Raises, when iterated, SourceError if the file cannot be read or is not what it seems to be. If it is damaged or cut
    short, what is whole comes first, and half a record as one with a fault.
    """
    with nullcontext(sys.stdin.buffer) if path == "-" else open_file(path) as file:
        stream = Stream(cast(BinaryIO, file), seen)
        kind = reading.input or sniff(stream.head, path, reading.fields)
        whole = 0
        for number, raw, fault in _found(kind, stream, path, reading):
            yield Record(path, number, raw, kind, fault)
            whole += fault != readers.CUT
        if stream.error is not None:
            reason = " ".join(str(stream.error).split()).rstrip(".")
            problem = f"cannot be read on after {whole} record{'s' * (whole != 1)} ({reason})"
            raise SourceError(path, problem, "It is damaged or cut short: get it again.") from stream.error


def _found(kind: Input, stream: Stream, source: str, reading: Reading) -> Iterator[readers.Found]:
    match kind:
        case Input.TEXT:
            return readers.texts(stream, reading.split)
        case Input.JSONL:
            return readers.json_lines(stream, source)
        case Input.CSV | Input.TSV:
            return readers.csv_rows(stream, source, reading.fields, tabs=kind is Input.TSV)
        case Input.PARQUET:
            return readers.parquet_rows(stream, source, reading.fields)
        case Input.WARC:
            return readers.conversions(stream, source)


# --- From a record to its articles


def load(record: Record, reading: Reading) -> list[Source | SourceError]:
    """Turn a record into its article, or what is wrong with it; a text that holds several, into as many, in order.

    Articles out of a text are called by the lines that they begin at: two in one line, around a bare form feed, have
    the same name. What is to be said of how the text was decoded is said of the first alone.

    Raises UsageError if `reading.split` is what `separator` refuses, and nothing else.
    """
    try:
        if record.fault:
            raise SourceError(record.place, record.fault)
        match record.kind:
            case Input.TEXT:
                return _articles(record, reading)
            case Input.WARC:
                return [_conversion(record, reading)]
            case Input.JSONL:
                return [_of_fields(_json_object(record), record.place, reading)]
            case Input.CSV | Input.TSV | Input.PARQUET:
                return [_of_fields(cast("dict[str, object]", record.raw), record.place, reading)]
    except SourceError as error:
        return [error]


def _articles(record: Record, reading: Reading) -> list[Source | SourceError]:
    raw = cast(bytes, record.raw)
    if record.number:  # It was split already.
        return [decode(raw, record.place, html=reading.html)]
    whole = decode(raw, record.source, html=False)
    pieces = list(_pieces(whole.text, record.source, reading.split))
    if not pieces:
        raise SourceError(record.source, "is empty")
    if len(pieces) == 1:
        pieces = [(record.source, pieces[0][1])]
    articles: list[Source | SourceError] = []
    warnings = whole.warnings
    for name, text in pieces:
        try:
            articles.append(of_text(text, name, whole.encoding, warnings, html=reading.html))
            warnings = ()
        except SourceError as error:
            articles.append(error)
    return articles


def _pieces(text: str, source: str, split: str | None) -> Iterator[tuple[str, str]]:
    """Yield the stretches of a text that are not blank, each with its name."""
    cuts = [match.span() for match in separator(split).finditer(text)]
    if any(start == end for start, end in cuts):
        problem = f"would be cut by --split {split!r} where nothing stands"
        raise SourceError(source, problem, "Let it match what stands between articles.")
    counted, line = 0, 1
    for start, end in zip([0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(text)], strict=True):
        if begun := text[start:end].lstrip():
            line += readers.breaks(text[counted : end - len(begun)])
            counted = end - len(begun)
            yield f"{source}:{line}", text[start:end]


def _conversion(record: Record, reading: Reading) -> Source:
    headers = dict(cast("dict[str, object]", record.raw))
    found = decode(cast(bytes, headers.pop(readers.PAYLOAD)), record.place, html=reading.html)
    return replace(found, url=_string(headers, "WARC-Target-URI"), fields=headers)


def _json_object(record: Record) -> dict[str, object]:
    try:
        found = json.loads(cast(bytes, record.raw).decode("utf-8"))
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        problem = f"is not UTF-8 (byte 0x{byte:02x} at offset {error.start} of the line)"
        raise SourceError(record.place, problem) from None
    except json.JSONDecodeError as error:
        raise SourceError(record.place, f"is not JSON: {error.msg} at column {error.pos + 1}") from None
    except (ValueError, RecursionError) as error:  # ValueError: a number with thousands of digits
        raise SourceError(record.place, f"is JSON that cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise SourceError(record.place, "is JSON, but no object", 'Give each line as {"text": …}.')
    return found


def _of_fields(fields: dict[str, object], place: str, reading: Reading) -> Source:
    there = [name for name in reading.fields if name in fields]
    for name in there:
        text = fields[name]
        if isinstance(text, str) and text.strip():
            rest = {key: value for key, value in fields.items() if key != name}
            found = of_text(text, place, html=reading.html)
            return replace(found, url=_string(rest, "url"), publisher=_string(rest, "publisher"), fields=rest)
    if not there:
        raise SourceError(place, *readers.no_field(list(fields), reading.fields))
    whats = ", ".join(f"{readers.shown([name])} ({_what(fields[name])})" for name in there)
    problem = f"has no text in its field{'s' * (len(there) > 1)} {whats}"
    raise SourceError(place, problem, readers.name_it(list(fields)))


def _what(value: object) -> str:
    """Return what a field holds instead of text."""
    match value:
        case None:
            return "null"
        case str():
            return "blank"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return f"of type {type(value).__name__}"


def _string(fields: dict[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None
