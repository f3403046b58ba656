"""What the readers find in each kind of input, and how they say what they cannot read."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dumps import (
    FERRY,
    GOAT,
    HERE,
    JSONL,
    LINES,
    PACKERS,
    empty_folder,  # noqa: F401  It is used by being here.
    outcome,
    read,
    sources_of,
    table,
    wet,
)
from newsclean import readers
from newsclean.model import BLANK
from newsclean.records import Input, Reading, Record, load
from newsclean.sources import Source

# --- JSONL


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b'\n{"text":"a"}\r\n \r\n{"text":"b"}', ["a.jsonl:2 a", "a.jsonl:4 b"], id="blank-lines-count"),
        pytest.param(b'\xef\xbb\xbf{"text":"a"}', ["a.jsonl:1 a"], id="byte-order-mark"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(
            b'{"text" "a"}\n{"text":"b"}',
            ["a.jsonl:1: is not JSON: Expecting ':' delimiter at column 9.", "a.jsonl:2 b"],
            id="broken-line",
        ),
        pytest.param(
            b'{"text":"caf\xe9"}',
            ["a.jsonl:1: is not UTF-8 (byte 0xe9 at offset 12 of the line)."],
            id="latin-1",
        ),
        pytest.param(b'"text"', ['a.jsonl:1: is JSON, but no object. Give each line as {"text": …}.'], id="no-object"),
        pytest.param(
            b'{"x":' + b"[" * 200_000,
            [
                "a.jsonl:1: is JSON that cannot be read: maximum recursion depth exceeded while decoding a JSON array from a unicode string."
            ],
            id="nested-without-end",
        ),
        pytest.param(
            '{"text":"a"}'.encode("utf-16"),
            ["a.jsonl: is in UTF-16. Convert it to UTF-8 first."],
            id="utf-16",
        ),
    ],
)
def test_json_lines(data: bytes, said: list[str]) -> None:
    assert outcome("a.jsonl", data) == said


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.dictionaries(st.text(), VALUES, max_size=4)
TEXTS = st.text(min_size=1).filter(lambda text: bool(text.strip()))


@HERE
@given(lines=st.lists(st.tuples(FIELDS, TEXTS)), ascii_only=st.booleans())
def test_json_lines_come_back(lines: list[tuple[dict[str, Any], str]], ascii_only: bool) -> None:
    dumped = [json.dumps({**fields, "text": text}, ensure_ascii=ascii_only) for fields, text in lines]
    data = "\n".join(dumped).encode("utf-8", "surrogatepass")
    found = sources_of("a.jsonl", data, Reading(html=False))
    assert [(source.fields, source.text) for source in found] == [
        ({name: value for name, value in fields.items() if name != "text"}, text) for fields, text in lines
    ]


def test_a_line_over_the_limit_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LIMIT", 100)
    monkeypatch.setattr(readers, "SAMPLE", 10)
    long = b'{"text":"' + b"x" * 200 + b'"}'
    found, error = read("a.jsonl", long + b"\n" + JSONL + long)
    assert [(record.number, record.fault) for record in found] == [
        (1, readers.TOO_LONG),
        (2, ""),
        (3, ""),
        (4, readers.TOO_LONG),
    ]
    assert (found[0].raw, error) == (b'{"text":"x', "")


# --- CSV


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        pytest.param(
            "a.csv", b'id,text\r\n1,"a ""b"",\r\nc"\r\n2,d', ['a.csv:2 a "b",\r\nc', "a.csv:4 d"], id="quotes"
        ),
        pytest.param("a.csv", b"\xef\xbb\xbftext,id\n\n\na,1\n", ["a.csv:4 a"], id="byte-order-mark-and-blank-lines"),
        pytest.param("a.csv", b"id;text\n1;a,b\n", ["a.csv:2 a,b"], id="semicolons"),
        pytest.param("a.tsv", b"id\ttext\n1\ta,b;c\n", ["a.tsv:2 a,b;c"], id="tabs"),
        pytest.param("a.csv", b"id,text\n1,a\0b\n", ["a.csv:2 a\0b"], id="null-byte"),
        pytest.param("a.csv", b"id,text\n", [], id="header-alone"),
        pytest.param(
            "a.csv",
            b"id,text\n1\n2,a,b\n3,c\n",
            [
                "a.csv:2: has 1 cell, and the header has 2.",
                "a.csv:3: has 3 cells, and the header has 2.",
                "a.csv:4 c",
            ],
            id="too-short-too-long",
        ),
        pytest.param(
            "a.csv",
            b"id,text\n1,caf\xe9\n2,b\n",
            ["a.csv:2: is not UTF-8 (byte 0xe9).", "a.csv:3 b"],
            id="latin-1-in-a-row",
        ),
        pytest.param(
            "a.csv",
            b'id,text\n1,a\n2,"b\n3,c\n',
            ["a.csv:2 a", "a.csv:3: has a quote that is not closed."],
            id="open-quote",
        ),
        pytest.param(
            "a.csv",
            b"id,text,id\n",
            ["a.csv: has two columns with the name id. Rename one in the header."],
            id="same-name-twice",
        ),
        pytest.param("a.csv", b",text\n0,a\n", ["a.csv:2 a"], id="index-that-pandas-wrote"),
        pytest.param(
            "a.csv",
            b",text,\n",
            ["a.csv: has two columns without a name. Rename one in the header."],
            id="two-columns-without-a-name",
        ),
        pytest.param(
            "a.csv", b"t\xe9xt,text\n", ["a.csv: its header is not UTF-8 (byte 0xe9)."], id="latin-1-in-the-header"
        ),
        pytest.param(
            "a.csv",
            b"id,story\n1,a\n2,b\n",
            [
                "a.csv: has no field with the text (looked for text, content, body, article). "
                "Name the field that holds it with --field; there are id, story."
            ],
            id="no-text-is-told-once",
        ),
        pytest.param(
            "a.csv",
            "id,text\n1,Ferry\n".encode("utf-16"),
            ["a.csv: is in UTF-16. Convert it to UTF-8 first."],
            id="utf-16",
        ),
    ],
)
def test_tables(name: str, data: bytes, said: list[str]) -> None:
    assert outcome(name, data) == said


CELLS = st.text(st.characters(exclude_categories=["Cs"]))


@HERE
@given(rows=st.lists(st.tuples(CELLS, TEXTS.filter(lambda text: text.isascii() or text.isprintable()))))
@example(rows=[("", "\0"), ("\r", "\n.")])
def test_csv_comes_back(rows: list[tuple[str, str]]) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "text"), *rows])
    found = sources_of("a.csv", file.getvalue().encode(), Reading(html=False))
    assert [(source.fields["id"], source.text) for source in found] == rows


def test_an_index_without_a_name_is_a_field() -> None:
    (found,) = sources_of("a.csv", b",id,text\n0,7,Ferry\n")
    assert found.fields == {"": "0", "id": "7"}


def test_long_lines_and_cells_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = csv.field_size_limit(100)
    try:
        monkeypatch.setattr(readers, "LIMIT", 100)
        data = b"id,text\n1," + b"x" * 300 + b"\n2,b\n3," + b"y," * 200 + b'\n4,"' + (b"z" * 90 + b"\n") * 2 + b"5,c\n"
        said = outcome("a.csv", data)
    finally:
        csv.field_size_limit(limit)
    assert said[0] == f"a.csv:2: {readers.TOO_LONG}."
    assert said[1] == "a.csv:3 b"
    assert said[2] == f"a.csv:4: {readers.TOO_LONG}."
    assert said[3] == ("a.csv:5: is no row of CSV: field larger than field limit (100).")
    assert said[4:] == ["a.csv:7 c"]


# --- Parquet and WARC


def test_parquet_rows() -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "text": FERRY, "tags": ["a"]},
        {"id": None, "text": None, "tags": []},
    ]
    found, error = read("a.parquet", table(rows))
    assert (found, error) == ([Record("a.parquet", i, row, Input.PARQUET) for i, row in enumerate(rows, 1)], "")
    assert load(found[0], Reading()) == [Source("a.parquet:1", FERRY, "utf-8", fields={"id": 1, "tags": ["a"]})]


@pytest.mark.parametrize("packing", PACKERS)
def test_compressed_parquet_and_wet(packing: str) -> None:
    pack = PACKERS[packing]
    assert outcome(f"a.parquet.{packing}", pack(table(LINES))) == [
        f"a.parquet.{packing}:{i + 1} {line['text']}" for i, line in enumerate(LINES)
    ]
    assert outcome(f"a.wet.{packing}", pack(wet(FERRY, GOAT))) == [
        f"a.wet.{packing}:2 {FERRY}",
        f"a.wet.{packing}:3 {GOAT}",
    ]


def test_a_value_that_cannot_be_read_spoils_its_row_alone() -> None:
    texts = pa.array([b"a", b"caf\xe9", b"c"], pa.binary()).view(pa.string())
    file = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), file)
    first, second, third = outcome("a.parquet", file.getvalue())
    assert (first, third) == ("a.parquet:1 a", "a.parquet:3 c")
    assert second.startswith("a.parquet:2: cannot be read: 'utf-8' codec can't decode byte 0xe9")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(table(LINES)[:-9], "a.parquet: cannot be read on as Parquet after 0 rows (", id="cut-short"),
        pytest.param(b"Ferry", "a.parquet: cannot be read on as Parquet after 0 rows (", id="no-parquet"),
        pytest.param(table([{"x": 1}]), "a.parquet: has no field with the text (looked for", id="no-text"),
    ],
)
def test_no_parquet(data: bytes, message: str) -> None:
    (said,) = outcome("a.parquet", data)
    assert said.startswith(message)


@pytest.mark.parametrize("gz", [False, True], ids=["plain", "a-gzip-member-a-record"])
def test_wet(gz: bool) -> None:
    _, source = sources_of("a.wet.gz", wet(FERRY, GOAT, gz=gz))
    assert (source.name, source.text, source.url) == ("a.wet.gz:3", GOAT, "https://harbour.example/1")
    assert source.fields["WARC-Record-ID"] == "<urn:uuid:1>"
    assert source.fields["WARC-Date"] == "2024-03-03T00:00:00Z"
    assert "payload" not in source.fields


WHOLE_WET = wet(FERRY, GOAT)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(
            wet(FERRY, kind="resource"),
            ["a.wet: holds no text (no conversion record). Take the WET file that belongs to it."],
            id="no-conversion",
        ),
        pytest.param(WHOLE_WET[:-9], [f"a.wet:2 {FERRY}", "a.wet:3: is cut short."], id="cut-in-a-record"),
        pytest.param(
            WHOLE_WET.replace(FERRY.encode(), b"Gone."),
            None,
            id="wrong-length",
        ),
        pytest.param(b"Ferry", ["a.wet: is no sound WARC archive behind its record 0. Get it again."], id="no-warc"),
        pytest.param(wet(" "), ["a.wet:2: is empty."], id="blank"),
    ],
)
def test_odd_wet(data: bytes, said: list[str] | None, capfd: pytest.CaptureFixture[str]) -> None:
    got = outcome("a.wet", data)
    if said is None:
        assert got[-1].startswith("a.wet: is no sound WARC archive behind its record ")
    else:
        assert got == said
    assert capfd.readouterr() == ("", "")


def test_a_wet_record_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LIMIT", 100)
    assert outcome("a.wet", wet("x" * 300, GOAT)) == [f"a.wet:2: {readers.TOO_LONG}.", f"a.wet:3 {GOAT}"]


@pytest.mark.parametrize(
    ("module", "data", "message"),
    [
        pytest.param("pyarrow", table(LINES), "a: is Parquet. Run `pip install 'newsclean[parquet]'`.", id="parquet"),
        pytest.param(
            "warcio.archiveiterator",
            wet(FERRY),
            "a: is a WARC archive. Run `pip install 'newsclean[warc]'`.",
            id="warc",
        ),
    ],
)
def test_missing_extras(module: str, data: bytes, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "pyarrow.parquet", raising=False)
    assert outcome("a", data) == [message]


# --- Long texts


@HERE
@given(pieces=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)), limit=st.booleans())
def test_what_is_split_loses_separators_alone(pieces: list[str], limit: bool) -> None:
    data = "=§=".join(pieces).encode()
    reading = Reading(split="=§=", input=Input.TEXT, html=False)
    pieces = data.decode().split("=§=")
    with pytest.MonkeyPatch.context() as patch:
        if limit:
            shrink(patch)
        found, _ = read("a.txt", data, reading)
        articles = [source for record in found for source in load(record, reading)]
    # What nobody sees is no article, whether it comes out as one or not.
    found_texts = [article.text for article in articles if isinstance(article, Source)]
    assert [text for text in found_texts if text.strip(BLANK)] == [
        piece for piece in pieces if piece.strip(BLANK) and (piece != pieces[0] or not piece.startswith("\ufeff"))
    ]


def shrink(patch: pytest.MonkeyPatch) -> None:
    for name, value in (("LIMIT", 40), ("SAMPLE", 10), ("MOST", 15), ("CHUNK", 7), ("EDGE", 5)):
        patch.setattr(readers, name, value)


ARTICLES = [f"Article {i} é\n" for i in range(9)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(
            "\f\n".join(ARTICLES).encode(), [f"a.txt:{2 * i + 1} {text}" for i, text in enumerate(ARTICLES)], id="many"
        ),
        pytest.param(
            "\f\n".join(ARTICLES).encode("latin-1"),
            [f"a.txt:{2 * i + 1} {text}" for i, text in enumerate(ARTICLES)],
            id="latin-1",
        ),
        pytest.param(b"x" * 99, [f"a.txt: {readers.TOO_LONG}."], id="no-separator"),
        pytest.param(
            b"a\f\n\n" + b"x" * 99 + b"\fb",
            ["a.txt:1 a", f"a.txt:3: {readers.TOO_LONG}, and what follows it is not read."],
            id="one-too-long",
        ),
        pytest.param("\f".join(ARTICLES).encode("utf-16"), [f"a.txt: {readers.TOO_LONG}."], id="utf-16"),
    ],
)
def test_texts_over_the_limit_are_streamed(data: bytes, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)
    assert outcome("a.txt", data) == said
