"""Articles as the rows of a table: lines of CSV, row groups of Parquet. Nothing that a row holds gets lost.

The columns are those that the first rows have, newsclean's own before the fields passed through from the records.
Behind them stands one more, `OTHER`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, BinaryIO

from newsclean.model import Article, UsageError
from newsclean.render import as_text, to_dict

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, object]
"""An article for a table: the keys of `render.to_dict`, and the fields passed through from its record."""

OTHER = "other"
"""A table's last column: a JSON object of what no other column holds, empty if that is nothing."""
HEADER_FROM = 100
"""So many rows of a CSV file are seen before its columns are fixed."""
ROW_GROUP = 1000
"""So many rows of a Parquet file are written at once; the first of them fix its columns and their types."""


class Csv:
    """Rows to lines of CSV. `columns` are without `OTHER`, and empty until they are fixed.

    A cell holds a string as it is, nothing for None, and all else as JSON.
    """

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        self._held: list[Row] = []

    def add(self, row: Row) -> str:
        """Return the lines that can be written now that there is this row too."""
        if self.columns:
            return self._line(row)
        self._held.append(row)
        return self.rest() if len(self._held) == HEADER_FROM else ""

    def rest(self) -> str:
        """Fix the columns, if they are not yet, and return the header and the lines held back."""
        if self.columns:
            return ""
        self.columns = _columns(self._held)
        lines = [_csv([*self.columns, OTHER]), *map(self._line, self._held)]
        self._held.clear()
        return "".join(lines)

    def _line(self, row: Row) -> str:
        other = {name: value for name, value in row.items() if name not in self.columns}
        return _csv([*(_cell(row.get(name)) for name in self.columns), _json(other) if other else ""])


class Parquet:
    r"""Rows to a Parquet file. Values that have no one type, or that Parquet can't hold, are JSON in their column.

    What comes later and doesn't fit its column's type goes to `OTHER`. Lone surrogates are written as \udcNN.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Write to an open file, which stays open. UsageError if pyarrow is missing."""
        try:
            from pyarrow import parquet
        except ImportError:
            raise UsageError("Parquet needs pyarrow; run `pip install 'newsclean[parquet]'`") from None
        self._file = file
        self._writer: parquet.ParquetWriter | None = None
        self._types: dict[str, pa.DataType | None] = {}  # None: JSON
        self._rows: list[Row] = []

    def add(self, row: Row) -> None:
        """Take a row, and write a row group when it is full."""
        self._rows.append(row)
        if len(self._rows) == ROW_GROUP:
            self._write_group()

    def finish(self) -> None:
        """Write what is left, and the end of the file. Without any row there are newsclean's own columns."""
        if self._rows or self._writer is None:
            self._write_group()
        self.close()

    def close(self) -> None:
        """Write the end of the file behind the row groups that are written."""
        if self._writer is not None:
            self._writer.close()

    def _write_group(self) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        if self._writer is None:
            self._types = {name: _type_of(name, self._rows) for name in _columns(self._rows)}
            fields = [(name, type_ or pa.string()) for name, type_ in self._types.items()]
            schema = pa.schema([*fields, (OTHER, pa.string())])
            self._writer = parquet.ParquetWriter(self._file, schema, compression="zstd")
        others = [{name: value for name, value in row.items() if name not in self._types} for row in self._rows]
        arrays = [self._array(name, type_, others) for name, type_ in self._types.items()]
        arrays.append(pa.array([_sound(_json(other)) if other else None for other in others], pa.string()))
        self._writer.write_table(pa.table(arrays, schema=self._writer.schema))
        self._rows.clear()

    def _array(self, name: str, type_: pa.DataType | None, others: list[Row]) -> pa.Array:
        """Return a column of the rows; what doesn't fit its type goes to the others."""
        import pyarrow as pa

        values = [row.get(name) for row in self._rows]
        if type_ is None:
            return pa.array([None if value is None else _sound(_json(value)) for value in values], pa.string())
        values = _sound(values)
        array = _exactly(values, type_)
        if array is not None:
            return array
        for place, value in enumerate(values):
            if _exactly([value], type_) is None:
                others[place][name] = value
                values[place] = None
        return pa.array(values, type_)


def _columns(rows: Iterable[Row]) -> list[str]:
    """Return the names of the columns for these rows, newsclean's own first; for no rows, just those."""
    own = to_dict(Article("", ()), spans=True)
    names = dict.fromkeys(name for row in rows for name in row if name != OTHER and name == _sound(name))
    return sorted(names or to_dict(Article("", ())), key=lambda name: name not in own)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=as_text)


def _cell(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else _json(value)


def _csv(cells: list[str]) -> str:
    import csv
    from io import StringIO

    line = StringIO()
    # With "\n" for a line's end, older Pythons leave a cell unquoted that has a "\r".
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n") + "\n"


def _sound(value: Any) -> Any:
    r"""Return a copy of the value with the lone surrogates in its texts, which Arrow can't hold, written as \udcNN."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {key: _sound(item) for key, item in value.items()}
    return [_sound(item) for item in value] if isinstance(value, list) else value


def _type_of(name: str, rows: list[Row]) -> pa.DataType | None:
    """Return the type of a column; None if only JSON holds all its values."""
    import pyarrow as pa
    from pyarrow import parquet

    own = to_dict(Article("", ()), spans=True)
    if name in own:
        text, number = pa.string(), pa.int64()
        promo = pa.struct({"kind": text, "text": text, "rule": text})
        span = pa.struct({"start": number, "end": number, "label": text, "kind": text, "rule": text})
        return pa.list_({"promo": promo, "spans": span}.get(name, text)) if isinstance(own[name], list) else text
    array = _exactly(_sound([row.get(name) for row in rows]))
    if array is None:
        return None
    if pa.types.is_null(array.type):
        return pa.string()
    try:
        parquet.write_table(pa.table({name: array}), pa.BufferOutputStream())
    except pa.ArrowNotImplementedError:  # Arrow has types that Parquet has not, such as an object without keys
        return None
    return array.type


def _exactly(values: list[Any], type_: pa.DataType | None = None) -> pa.Array | None:
    """Return the values as an array; None if they are of no one type, or would not come back as they are."""
    import pyarrow as pa

    try:
        array = pa.array(values, type_)
    except (ValueError, TypeError, OverflowError, NotImplementedError):
        return None
    return array if _same(array.to_pylist(), values) else None


def _same(back: Any, value: Any) -> bool:
    if isinstance(back, list) and isinstance(value, list):
        return len(back) == len(value) and all(map(_same, back, value))
    if isinstance(back, dict) and isinstance(value, dict):
        return back.keys() == value.keys() and all(_same(back[key], value[key]) for key in back)
    # To Python True is 1, and nan is not nan.
    return isinstance(back, bool) is isinstance(value, bool) and bool(back == value or repr(back) == repr(value))
