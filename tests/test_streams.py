"""The bytes of a source: what they are, how they are compressed, where they end."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from itertools import count, takewhile
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from dumps import (
    FERRY,
    GOAT,
    JSONL,
    LINES,
    PACKERS,
    PLAIN,
    empty_folder,  # noqa: F401  It is used by being here.
    outcome,
    read,
    table,
    wet,
    zstd,
)
from newsclean import sources
from newsclean.records import TEXT_FIELDS, Input, Reading, read_records
from newsclean.sources import SourceError
from newsclean.streams import sniff

OURS = str(Path(sources.__file__).parent)

CSV = b"id,text\n1,Ferry\n"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        pytest.param("a", JSONL, Input.JSONL, id="jsonl-without-an-ending"),
        pytest.param("a.txt", b"\xef\xbb\xbf\n \n" + JSONL, Input.JSONL, id="jsonl-behind-blank-lines-named-text"),
        pytest.param("a.txt", b'{"text": "one line alone"}', Input.JSONL, id="one-object"),
        pytest.param("a.txt", b'{"@type": "Article"}\nFerry\n', Input.TEXT, id="text-with-json-left-over"),
        pytest.param("a.txt", b"{curly}\n{braces}\n", Input.TEXT, id="text-with-braces"),
        pytest.param("a.txt", b'[{"@type": "Article"}]\nFerry\n', Input.TEXT, id="text-with-a-json-array-left-over"),
        pytest.param("a.txt", b"[1] The ferry\n", Input.TEXT, id="text-with-brackets"),
        pytest.param("a.txt", b"[{{date}}]\n", Input.TEXT, id="text-with-a-template"),
        pytest.param("a.txt", b'{\n  "text": 1\n}\n', Input.TEXT, id="object-over-several-lines-named-text"),
        pytest.param("a", b'{"text": "' + b"x" * 300_000 + b'"}\n', Input.JSONL, id="first-line-longer-than-the-head"),
        pytest.param("a.JSONL", b"{broken\n", Input.JSONL, id="ending-in-capitals"),
        pytest.param("a.ndjson.gz", b"", Input.JSONL, id="ending-before-a-compression"),
        pytest.param("a.csv", b"x,y\n", Input.CSV, id="csv-by-name"),
        pytest.param("a.tsv", b"x,y\n", Input.TSV, id="tsv-by-name"),
        pytest.param("a", CSV, Input.CSV, id="csv-by-header"),
        pytest.param("a.txt", b"id\tbody\n", Input.TSV, id="tsv-by-header"),
        pytest.param("a", b'"id";"body"\n', Input.CSV, id="quoted-header-with-semicolons"),
        pytest.param("a", b",id,text\n0,1,Ferry\n", Input.CSV, id="index-that-pandas-wrote"),
        pytest.param("a", b'"";"text"\n', Input.CSV, id="quoted-empty-name"),
        pytest.param("a", b",text,\n", Input.TEXT, id="another-column-without-a-name"),
        pytest.param("a", b"text,\n", Input.TEXT, id="word-and-a-comma"),
        pytest.param("a", b"Politics, article, 3 May\n", Input.TEXT, id="line-of-an-article-with-commas"),
        pytest.param("a", b"text\nFerry\n", Input.TEXT, id="one-column-is-no-header"),
        pytest.param("a", b"title,story\n", Input.TEXT, id="no-column-for-the-text"),
        pytest.param("a.txt", table([{"text": "Ferry"}]), Input.PARQUET, id="parquet-by-content"),
        pytest.param("a.txt", wet("Ferry"), Input.WARC, id="warc-by-content"),
        pytest.param("a.json", b"WARC/1.0 is no JSON", Input.WARC, id="content-before-name"),
        pytest.param("a.warc.wet.gz", b"", Input.WARC, id="wet-by-name"),
        pytest.param("a.txt", "id,text\n".encode("utf-16"), Input.TEXT, id="utf-16"),
        pytest.param("-", b"", Input.TEXT, id="nothing"),
    ],
)
def test_what_a_source_holds(name: str, data: bytes, kind: Input) -> None:
    assert sniff(data[: 1 << 16], name, TEXT_FIELDS) is kind


def test_a_header_may_hold_the_field_that_was_asked_for() -> None:
    assert sniff(b"title,story\n", "a", ["story"]) is Input.CSV
    assert sniff(b"title,text\n", "a", ["story"]) is Input.TEXT


def test_the_user_knows_better() -> None:
    assert outcome("a.jsonl", b'{"text": "x"}', Reading(input=Input.TEXT)) == ['a.jsonl {"text": "x"}']
    assert outcome("a.txt", b'"a,b"\n', Reading(input=Input.CSV))[0].startswith("a.txt: has no field with the text")


ARRAY = "is a JSON array, not an object a line. Run it through `jq -c '.[]'` first."
PRETTY = "is JSON over several lines, not an object a line. Run it through `jq -c .` first."


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        pytest.param(data, name, message, id=f"{what}-{name}")
        for what, data, names, message in [
            ("array-in-a-line", b'[{"text": "a"}, {"text": "b"}]', ["a.txt", "a.csv", "a", "-", "a.json"], ARRAY),
            ("array-of-lines", b'[{"text": "a"},\n{"text": "b"}]', ["a.txt", "-", "a.jsonl"], ARRAY),
            ("array-over-lines", b'\xef\xbb\xbf[\n  {\n    "text": "a"\n  }\n]', ["a.txt", "-", "a.ndjson"], ARRAY),
            ("array-a-line", b'[{"text": "a"}]\n[{"text": "b"}]\n', ["a.txt", "-"], ARRAY),
            ("array-of-nothing", b"[{}]", ["a.txt", "-"], ARRAY),
            ("array-of-strings", b'[\n"a",\n"b"\n]', ["a.json", "-"], ARRAY),
            ("object-over-lines", b'{\r\n  "text": "a"\r\n}', ["a.json", "a.jsonl.gz", "a.ndjson", "-"], PRETTY),
        ]
        for name in names
    ],
)
def test_json_of_another_form(data: bytes, name: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    if name != "-":
        Path(name).write_bytes(data)
    with pytest.raises(SourceError) as caught:
        list(read_records(name, PLAIN))
    assert str(caught.value) == f"{name}: {message}"


# --- Compression and damage


WHOLE_WET = wet(FERRY, GOAT)


@pytest.mark.parametrize("packing", PACKERS)
def test_compression_is_told_by_content(packing: str) -> None:
    pack = PACKERS[packing]
    found, error = read("misnamed.txt", pack(JSONL[:25]) + pack(JSONL[25:]))
    assert ([record.raw for record in found], error) == (JSONL.splitlines(keepends=True), "")


def test_a_compression_in_name_alone() -> None:
    assert outcome("a.txt.gz", b"Ferry") == ["a.txt.gz Ferry"]


ENDED = "Compressed file ended before the end-of-stream marker was reached"


@pytest.mark.parametrize("packing", ["gz", "xz", "zst"])
def test_cut_short_in_a_line(packing: str) -> None:
    pack = PACKERS[packing]
    # What is packed in one go may come back in one go, or not at all.
    assert outcome("a.jsonl", pack(JSONL[:60]) + pack(JSONL[60:])[:40]) == [
        f"a.jsonl:1 {FERRY}",
        "a.jsonl:2: is cut short.",
        f"a.jsonl: cannot be read on after 1 record ({ENDED}). It is damaged or cut short: get it again.",
    ]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        pytest.param("a.jsonl", gzip.compress(JSONL)[:-4], [f"1 {FERRY}", f"2 {GOAT}"], id="only-the-trailer-is-gone"),
        pytest.param("a.jsonl", gzip.compress(JSONL)[:6], [], id="only-the-header-is-there"),
        pytest.param("a.csv", gzip.compress(b"text,id\na,1\nb,")[:-4], ["2 a", "3: is cut short."], id="csv-row"),
        pytest.param(
            "a.csv", gzip.compress(b'text,id\na,1\n"b\n')[:-4], ["2 a", "3: is cut short."], id="csv-in-quotes"
        ),
        pytest.param("a.csv", gzip.compress(b"text,id\na,1\n")[:-4], ["2 a"], id="csv-between-rows"),
        pytest.param("a.txt", gzip.compress(b"a\n\f\nb")[:-4], ["1 a\n", "3: is cut short."], id="texts"),
        pytest.param("a.txt", gzip.compress(b"a")[:-4], ["1: is cut short."], id="text"),
        pytest.param("a.wet", gzip.compress(WHOLE_WET[:-9])[:-4], [f"2 {FERRY}", "3: is cut short."], id="wet"),
        pytest.param("a.parquet", gzip.compress(table(LINES))[:-40], [], id="parquet-is-read-from-its-end"),
    ],
)
def test_what_is_whole_comes_first(name: str, data: bytes, said: list[str]) -> None:
    *before, last = outcome(name, data)
    whole = sum(not piece.endswith("cut short.") for piece in said)
    assert before == [f"{name}:{piece}" for piece in said]
    count = "1 record" if whole == 1 else f"{whole} records"
    assert last == f"{name}: cannot be read on after {count} ({ENDED}). It is damaged or cut short: get it again."


def test_garbage_in_the_middle() -> None:
    data = gzip.compress(JSONL) + b"\x1f\x8b\x08garbage"
    assert outcome("a.jsonl", data)[:2] == [f"a.jsonl:1 {FERRY}", f"a.jsonl:2 {GOAT}"]
    assert outcome("a.jsonl", data)[2].startswith("a.jsonl: cannot be read on after 2 records (")


@pytest.mark.parametrize("packing", ["", *PACKERS])
def test_seen_counts_the_file_as_it_lies(packing: str) -> None:
    data = b"".join(b'{"text": "%d"}\n' % i for i in range(50_000))
    Path("a").write_bytes(packed := PACKERS[packing](data) if packing else data)
    counts: list[int] = []
    assert sum(1 for _ in read_records("a", Reading(), seen=counts.append)) == 50_000
    assert sum(counts) == len(packed)
    assert packing or len(counts) > 1


def interrupted(name: str, at: int) -> bool:
    """Read a source, with a Ctrl-C at that one of our lines that are come by; whether there are so many."""
    before, lines = sys.gettrace(), 0

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        nonlocal lines
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            lines += 1
            if lines == at:
                raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        list(read_records(name, Reading()))
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    assert lines < at, f"the Ctrl-C at line {at} of {lines} was swallowed"
    return False


@pytest.mark.parametrize("packing", ["", *PACKERS])
def test_ctrl_c_is_never_swallowed(packing: str) -> None:
    Path("a.jsonl").write_bytes(PACKERS[packing](JSONL) if packing else JSONL)
    interrupted("a.jsonl", 1_000_000)  # so that all is imported
    assert sum(1 for _ in takewhile(lambda at: interrupted("a.jsonl", at), count(1))) > 30


# --- Where it comes from


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("gone", "gone: does not exist.", id="missing"),
        pytest.param(".", ".: is a folder, not a file.", id="folder"),
        pytest.param("/dev/zero", "/dev/zero: is a device, not a file. Pipe its text in with `-`.", id="endless"),
    ],
)
def test_what_cannot_be_opened(path: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        list(read_records(path, Reading()))
    assert str(caught.value) == message


SCRIPT = """
import sys
from newsclean.records import Reading, load, read_records
found = [source.name for record in read_records(sys.argv[1], Reading()) for source in load(record, Reading())]
print(found, sys.stdin.buffer.closed, {"csv", "xopen", "pyarrow", "warcio", "tempfile", "regex"} & set(sys.modules))
"""


@pytest.mark.parametrize(
    ("command", "said"),
    [
        pytest.param('cat a.jsonl | "$PYTHON" s.py -', "['-:1', '-:2'] False set()", id="pipe"),
        pytest.param('"$PYTHON" s.py - < a.jsonl', "['-:1', '-:2'] False set()", id="file"),
        pytest.param(
            '(head -c 3 a.jsonl; sleep 0.2; tail -c +4 a.jsonl) | "$PYTHON" s.py -',
            "['-:1', '-:2'] False set()",
            id="slow-pipe",
        ),
        pytest.param('gzip -c a.jsonl | "$PYTHON" s.py -', "['-:1', '-:2'] False set()", id="packed-pipe"),
        pytest.param('mkfifo p; cat a.jsonl > p & "$PYTHON" s.py p', "['p:1', 'p:2'] False set()", id="named-pipe"),
    ],
)
def test_pipes(command: str, said: str) -> None:
    Path("a.jsonl").write_bytes(JSONL)
    assert run(command).strip() == said


@pytest.mark.parametrize("how", ['cat a | "$PYTHON" s.py -', '"$PYTHON" s.py - < a', 'zstd -c a | "$PYTHON" s.py -'])
def test_parquet_and_wet_on_standard_input(how: str) -> None:
    if how.startswith("zstd"):
        Path("a.zst").write_bytes(zstd(table(LINES)))
        how = how.replace("zstd -c a", "cat a.zst")
    Path("a").write_bytes(table(LINES))
    assert run(how).startswith("['-:1', '-:2'] False")
    if "a.zst" not in how:
        Path("a").write_bytes(wet(FERRY, gz=True))
        assert run(how).startswith("['-:2'] False")


def run(command: str) -> str:
    Path("s.py").write_text(SCRIPT, encoding="utf-8")
    path = str(Path(sources.__file__).parents[1])
    env = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": path}
    done = subprocess.run(["bash", "-c", command], env=env, capture_output=True, timeout=60, check=False)
    assert done.stderr == b""
    return done.stdout.decode()


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.wet"])
def test_memory_stays_flat(name: str) -> None:
    article = "x" * 100_000
    text = {
        "a.jsonl": f'{{"text": "{article}"}}\n' * 300,
        "a.csv": "id,text\n" + f"1,{article}\n" * 300,
        "a.wet": wet(article).decode() * 300,
    }[name]
    Path(name).write_bytes(gzip.compress(text.encode(), 1))
    del text
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_records(name, PLAIN)) == 300
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
    finally:
        tracemalloc.stop()
