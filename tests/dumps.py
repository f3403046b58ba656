"""What the tests of streams, readers and records share: dumps, and what becomes of them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings
from warcio.warcwriter import WARCWriter
from xopen import xopen

from newsclean.records import Reading, Record, load, read_records
from newsclean.sources import Source, SourceError

HERE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
PLAIN = Reading()
FERRY, GOAT = "The ferry left on Monday.", "The goat stayed at home."
LINES = [{"id": 1, "text": FERRY}, {"id": 2, "text": GOAT}]
JSONL = "".join(f"{json.dumps(line)}\n" for line in LINES).encode()
PAGE = f"<!doctype html><html><head><title>Ferry</title></head><body><p>{FERRY * 9}</p></body></html>"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test write its dumps where nothing else is. A test file has this by importing it."""
    monkeypatch.chdir(tmp_path)


def zstd(data: bytes) -> bytes:
    with xopen("packed.zst", "wb", threads=0) as file:
        file.write(data)
    return Path("packed.zst").read_bytes()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}


def read(name: str, data: bytes, reading: Reading = PLAIN) -> tuple[list[Record], str]:
    """Return the records of a file, and the error at their end."""
    Path(name).write_bytes(data)
    found: list[Record] = []
    try:
        found.extend(read_records(name, reading))
    except SourceError as error:
        return found, str(error)
    return found, ""


def outcome(name: str, data: bytes, reading: Reading = PLAIN) -> list[str]:
    """Return what becomes of a file: the place and text of each article, or the error, in order."""
    found, error = read(name, data, reading)
    loaded = [source for record in found for source in load(record, reading)]
    said = [f"{source.name} {source.text}" if isinstance(source, Source) else str(source) for source in loaded]
    return [*said, error] if error else said


def sources_of(name: str, data: bytes, reading: Reading = PLAIN) -> list[Source]:
    """Return the articles of a file in which nothing is wrong."""
    found, error = read(name, data, reading)
    loaded = [source for record in found for source in load(record, reading)]
    assert error == ""
    sources = [source for source in loaded if isinstance(source, Source)]
    assert sources == loaded
    return sources


def table(rows: list[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


def wet(*texts: str, gz: bool = False, kind: str = "conversion") -> bytes:
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=gz)
    writer.write_record(writer.create_warcinfo_record("a.wet", {"software": "none"}))
    for number, text in enumerate(texts):
        headers = {"WARC-Date": "2024-03-03T00:00:00Z", "WARC-Record-ID": f"<urn:uuid:{number}>"}
        record = writer.create_warc_record(
            f"https://harbour.example/{number}",
            kind,
            io.BytesIO(text.encode()),
            warc_content_type="text/plain",
            warc_headers_dict=headers,
        )
        writer.write_record(record)
    return file.getvalue()
