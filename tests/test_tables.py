"""Articles as rows: which columns a table has, of which types, and that nothing a row holds gets lost."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsclean import tables
from newsclean.model import Article
from newsclean.render import Format, to_dict
from newsclean.sinks import open_sink
from newsclean.tables import Row

OWN = list(to_dict(Article("", ())))


def row(number: int, **fields: object) -> Row:
    return {**to_dict(Article(f"Ferry {number} left.\n", ()), source=f"a{number}.txt"), **fields}


def write(out: Path, form: Format, articles: list[Row]) -> None:
    sink = open_sink(str(out), form, inputs=[])
    for article in articles:
        sink.write("-", article)
    sink.finish()


# CSV.


def cells(path: Path) -> list[list[str]]:
    csv.field_size_limit(1 << 26)
    return list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))


def test_csv_columns_are_newscleans_own_then_the_fields_then_other(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    first = {"id": 7, **row(1), "url": None}
    first["authors"], first["promo"] = ["Ines Valverde"], [{"kind": "nav", "text": "Über", "rule": None}]
    later = [row(n, tag=True) for n in range(2, 101)]
    last = row(101, id="x", late=[1.5, None], tag=None, other={"a": "é"})
    write(out, Format.CSV, [first, *later, last])
    header, one, *_, end = cells(out)
    assert header == [*OWN, "id", "url", "tag", "other"]
    assert len(cells(out)) == 102
    assert dict(zip(header, one, strict=True)) | {"body": ""} == {
        **dict.fromkeys(header, ""),
        "source": "a1.txt",
        "authors": '["Ines Valverde"]',
        "captions": "[]",
        "promo": '[{"kind": "nav", "text": "Über", "rule": null}]',
        "warnings": "[]",
        "id": "7",
    }
    assert end[-4:] == ["x", "", "", '{"late": [1.5, null], "other": {"a": "é"}}']


@pytest.mark.parametrize(
    ("articles", "text"),
    [
        pytest.param([], ",".join(OWN) + ",other\n", id="no-articles"),
        pytest.param([{}], ",".join(OWN) + ",other\n" + "," * len(OWN) + "\n", id="an-article-without-keys"),
        pytest.param([{"a": 'x"y'}, {"a": "\r"}, {"a": "\n"}], 'a,other\n"x""y",\n"\r",\n"\n",\n', id="line-breaks"),
        pytest.param([{"a": "\x00"}, {"a": "\ud800"}], "a,other\n\x00,\n\\ud800,\n", id="nul-and-a-surrogate"),
        pytest.param([{"other": 1}], ",".join(OWN) + ",other\n" + "," * len(OWN) + '"{""other"": 1}"\n', id="a-field-called-other"),
        pytest.param([{"a": 1, "\ud800": "\ud800"}], 'a,other\n1,"{""\\ud800"": ""\\ud800""}"\n', id="a-surrogate-in-a-name"),
        pytest.param([{"a,b\n": None, "b": False}], '"a,b\n",b,other\n,false,\n', id="an-odd-name"),
    ],
)  # fmt: skip
def test_odd_csv(tmp_path: Path, articles: list[Row], text: str) -> None:
    out = tmp_path / "out.csv"
    write(out, Format.CSV, articles)
    assert out.read_bytes().decode() == text


# Parquet.


def rows_of(path: Path) -> list[Row]:
    return list(pq.read_table(path).to_pylist())


def test_parquet_types_are_newscleans_own_and_those_of_the_fields(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    article = {"id": 7, **to_dict(Article("Ferry.", ()), spans=True), "score": 0.5, "mixed": 1, "empty": None}
    write(out, Format.PARQUET, [article, {"mixed": "x", "bare": {}}])
    promo = "list<element: struct<kind: string, text: string, rule: string>>"
    spans = "list<element: struct<start: int64, end: int64, label: string, kind: string, rule: string>>"
    lists = dict.fromkeys(["authors", "captions", "warnings"], "list<element: string>")
    assert {field.name: str(field.type) for field in pq.read_schema(out)} == {
        **dict.fromkeys([*OWN, "text", "mixed", "empty", "bare", "other"], "string"),
        **lists, "promo": promo, "spans": spans, "id": "int64", "score": "double",
    }  # fmt: skip
    assert pq.read_schema(out).names == [*OWN, "text", "spans", "id", "score", "mixed", "empty", "bare", "other"]
    assert [(found["mixed"], found["bare"]) for found in rows_of(out)] == [("1", None), ('"x"', "{}")]


def test_parquet_holds_later_what_its_columns_do_not(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    articles: list[Row] = [{"source": "a", "id": number} for number in range(tables.ROW_GROUP + 1)]
    articles[-1] = {"source": "b", "id": "x", "late": [1]}
    write(out, Format.PARQUET, articles)
    *_, before, last = rows_of(out)
    assert before == {"source": "a", "id": tables.ROW_GROUP - 1, "other": None}
    assert last == {"source": "b", "id": None, "other": '{"late": [1], "id": "x"}'}
    assert pq.ParquetFile(out).num_row_groups == 2


def test_parquet_without_articles_has_newscleans_own_columns(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    write(out, Format.PARQUET, [])
    assert pq.read_schema(out).names == [*OWN, "other"]
    assert rows_of(out) == []


# Both tables: whatever the rows are, all they hold comes back.

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
NAMES = st.sampled_from(["source", "authors", "promo", "spans", "text", "other", "id", "tags", ""]) | st.text(
    max_size=3
)
ROWS = st.lists(st.dictionaries(NAMES, VALUES, max_size=6), max_size=8)


def plain(value: object) -> object:
    """A value such that two are equal if they hold the same: 1.0 is 1, nan is nan, a surrogate is its escape."""
    if isinstance(value, float) and value.is_integer():
        return repr(int(value))
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else repr(value)


def held(rows: list[Row]) -> list[object]:
    """What the rows hold that is not None, for a table has no place for None."""
    return [{plain(name): plain(value) for name, value in row.items() if value is not None} for row in rows]


def sunk(form: Format, rows: list[Row], read: Callable[[Path], list[Any]]) -> list[Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, f"out.{form}")
        write(out, form, rows)
        return read(out)


@settings(deadline=None)
@given(ROWS, st.sampled_from([1, 2, 100]))
def test_csv_loses_nothing(rows: list[Row], first: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "HEADER_FROM", first)
        header, *found = sunk(Format.CSV, rows, cells)
    assert len(found) == len(rows)
    for row_, line in zip(rows, found, strict=True):
        said = dict(zip(header[:-1], line, strict=False))
        other = json.loads(line[-1] or "{}")
        for name, value in row_.items():
            if name not in said:
                assert repr(other[name]) == repr(value)
            elif isinstance(value, str):
                assert said[name] == plain(value)
            else:
                assert repr(None if said[name] == "" else json.loads(said[name])) == repr(value)


@settings(deadline=None)
@given(ROWS, st.sampled_from([1, 2, 1000]))
@example([{"a": [0.5]}, {"a": [True]}], 1)
@example([{"a": {"\ud800": 1, "\\ud800": 2}}], 1)
@example([{"promo": [{"kind": "a", "text": "b", "rule": "c", "more": 1}]}], 1)
def test_parquet_loses_nothing(rows: list[Row], group: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "ROW_GROUP", group)
        found = sunk(Format.PARQUET, rows, rows_of)
    back: list[Row] = []
    for row_, line in zip(rows, found, strict=True):
        other = json.loads(line.pop("other") or "{}")
        # A column that is JSON holds a string in place of what is none, or a string's JSON.
        values = {
            name: json.loads(value) if isinstance(value, str) and plain(value) != plain(row_.get(name)) else value
            for name, value in line.items()
            if value is not None
        }
        back.append({**values, **other})
    assert held(back) == held(rows)
