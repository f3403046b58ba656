"""Where articles go: what appears under which name, when, and what an interrupted run leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xopen import xopen

from newsclean.model import Article, UsageError
from newsclean.render import Format, render, to_dict
from newsclean.sinks import Sink, State, open_sink
from newsclean.tables import Row

TEXTS = ["The ferry left.\n", "", "It came back.\n", "Nobody saw the goat.\n"]
PACKED = ["", ".gz", ".bz2", ".xz", ".zst"]


def row(number: int, **fields: object) -> Row:
    return {**to_dict(Article(f"Ferry {number} left.\n", ()), source=f"a{number}.txt"), **fields}


def unpacked(path: Path) -> str:
    with xopen(path, "rb", threads=0) as file:
        data: bytes = file.read()
    return data.decode()


def write(sink: Sink, articles: list[Any]) -> Sink:
    for number, article in enumerate(articles, 1):
        sink.write(f"dump.jsonl:{number}", article)
    return sink


def interrupted(out: Path, form: Format, articles: list[Any], at: int, lost: int) -> State:
    """Write articles up to a checkpoint and some more that get lost; return what the checkpoint said."""
    sink = write(open_sink(str(out), form, inputs=[]), articles[:at])
    state = json.loads(json.dumps(sink.checkpoint()))
    write(sink, articles[at : at + lost])
    sink.abandon()
    assert not out.exists()
    assert isinstance(state, dict)
    return state


# Standard output, devices and pipes.


@pytest.mark.parametrize("out", [None, "-"])
@pytest.mark.parametrize(
    ("form", "articles", "written"),
    [
        pytest.param(Format.JSON, ['{"a":1}\n', '{"a":2}\n'], b'{"a":1}\n{"a":2}\n', id="json"),
        pytest.param(Format.TEXT, TEXTS[:3], b"The ferry left.\n\f\n\f\nIt came back.\n", id="an-empty-one-between"),
        pytest.param(Format.TEXT, ["", "a\n"], b"\f\na\n", id="an-empty-one-first"),
        pytest.param(Format.LABELS, ["body | a\n"], b"body | a\n", id="a-single-one"),
        pytest.param(Format.MARKDOWN, ["h\u00e9 \ud800\x00\r\n"], b"h\xc3\xa9 \\ud800\x00\r\n", id="odd-characters"),
        pytest.param(Format.CSV, [{"source": "a"}], b"source,other\na,\n", id="csv"),
        pytest.param(Format.TEXT, [], b"", id="nothing"),
    ],
)
def test_standard_output(
    out: str | None, form: Format, articles: list[Any], written: bytes, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    sink = write(open_sink(out, form, inputs=[]), articles)
    sink.flush()
    sink.finish()
    assert not sys.stdout.buffer.closed
    assert capfdbinary.readouterr().out == written


def test_what_is_flushed_to_a_pipe_is_seen_and_an_abandoned_pipe_stays_open(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    sink = write(open_sink(None, Format.JSON, inputs=[]), ["{}\n"])
    sink.flush()
    assert capfdbinary.readouterr().out == b"{}\n"
    sink.abandon()
    assert not sys.stdout.buffer.closed


@pytest.mark.parametrize(
    ("out", "called"), [(None, "standard output"), ("-", "standard output"), ("/dev/null", "/dev/null")]
)
def test_a_stream_can_not_be_gone_on_with(out: str | None, called: str) -> None:
    message = f"^{called} can't be gone on with; --resume needs -o FILE$"
    sink = open_sink(out, Format.JSON, inputs=[])
    with pytest.raises(UsageError, match=message):
        sink.checkpoint()
    with pytest.raises(UsageError, match=message):
        open_sink(out, Format.JSON, inputs=[], resume={})
    sink.finish()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_written_as_it_stands(tmp_path: Path) -> None:
    pipe = tmp_path / "out.jsonl"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        write(open_sink(str(pipe), Format.JSON, inputs=[]), ["{}\n"]).finish()
        assert reader.communicate()[0] == b"{}\n"
    assert list(tmp_path.iterdir()) == [pipe]
    assert pipe.is_fifo()


def test_a_reader_that_has_gone_is_the_callers_business() -> None:
    code = """if True:
        from newsclean.sinks import open_sink, Format
        sink = open_sink(None, Format.JSON, inputs=[])
        try:
            while True:
                sink.write("-", "x" * 1000)
        except BrokenPipeError:
            sink.abandon()
            import os
            os._exit(7)
    """
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.read(10)
        writer.stdout.close()
    assert writer.returncode == 7


# A file.


def test_a_file_appears_when_it_is_finished(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("from an earlier run")
    sink = write(open_sink(str(out), Format.JSON, inputs=[]), ["{}\n"])
    sink.flush()
    sink.checkpoint()
    assert out.read_text() == "from an earlier run"
    assert (tmp_path / ".out.jsonl.part").read_text() == "{}\n"
    sink.finish()
    assert out.read_text() == "{}\n"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("form", [Format.JSON, Format.CSV, Format.PARQUET])
def test_an_abandoned_file_leaves_nothing_but_what_can_be_resumed(tmp_path: Path, form: Format) -> None:
    out = tmp_path / f"out.{form}"
    out.write_text("from an earlier run")
    articles = ["{}\n"] if form is Format.JSON else [{"source": "a"}]
    write(open_sink(str(out), form, inputs=[]), articles).abandon()
    assert list(tmp_path.iterdir()) == [out]
    assert out.read_text() == "from an earlier run"


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize("form", [Format.JSON, Format.TEXT, Format.CSV])
@pytest.mark.parametrize("at", [0, 1, 2, 3, 4])
def test_a_run_that_goes_on_gives_what_it_would_have_given(tmp_path: Path, ending: str, form: Format, at: int) -> None:
    texts = ["", *TEXTS, "An end.\n"] if form is Format.TEXT else ['{"a":1}\n'] * 6
    articles: list[Any] = texts if form is not Format.CSV else [row(n, tag=f"t{n}\r\n,\x00") for n in range(6)]
    whole = tmp_path / f"whole{ending}"
    write(open_sink(str(whole), form, inputs=[]), articles).finish()
    out = tmp_path / f"out{ending}"
    state = interrupted(out, form, articles, at, lost=2)
    sink = write(open_sink(str(out), form, inputs=[], resume=state), articles[at:5])
    state = json.loads(json.dumps(sink.checkpoint()))
    sink.abandon()
    write(open_sink(str(out), form, inputs=[], resume=state), articles[5:]).finish()
    assert unpacked(out) == unpacked(whole)
    assert unpacked(out).encode("utf-8")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("ending", PACKED[1:])
def test_a_compressed_file_is_read_by_the_systems_own_tool(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out.jsonl{ending.upper()}"
    state = interrupted(out, Format.JSON, ["a\n", "b\n"], at=1, lost=1)
    write(open_sink(str(out), Format.JSON, inputs=[], resume=state), ["b\n"]).finish()
    tool = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}[ending]
    try:
        done = subprocess.run([tool, "-dc"], input=out.read_bytes(), capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip(f"{tool} is not installed")
    assert done.stdout == b"a\nb\n"


@pytest.mark.parametrize("ending", PACKED)
def test_a_file_without_articles_is_whole_too(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out{ending}"
    open_sink(str(out), Format.JSON, inputs=[]).finish()
    assert unpacked(out) == ""
    assert (out.stat().st_size > 0) is bool(ending)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda part: part.unlink(), id="missing"),
        pytest.param(lambda part: os.truncate(part, 1), id="shorter"),
    ],
)
def test_a_part_that_is_gone_can_not_be_gone_on_with(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    out, part = tmp_path / "out.jsonl", tmp_path / ".out.jsonl.part"
    state = interrupted(out, Format.JSON, ["{}\n"], at=1, lost=0)
    damage(part)
    with pytest.raises(UsageError) as caught:
        open_sink(str(out), Format.JSON, inputs=[], resume=state)
    assert str(caught.value) == f"{part}: the part to go on with is gone; start without --resume"


def test_a_part_that_was_left_is_begun_anew_without_resume(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    interrupted(out, Format.JSON, ["a\n" * 99], at=1, lost=0)
    write(open_sink(str(out), Format.JSON, inputs=[]), ["b\n"]).finish()
    assert out.read_text() == "b\n"


def test_what_a_killed_run_wrote_behind_its_checkpoint_is_cut(tmp_path: Path) -> None:
    out, part = tmp_path / "out.jsonl", tmp_path / ".out.jsonl.part"
    state = interrupted(out, Format.JSON, ["a\n"], at=1, lost=0)
    part.write_text("a\nb\nhalf a li")
    write(open_sink(str(out), Format.JSON, inputs=[], resume=state), ["b\n"]).finish()
    assert out.read_text() == "a\nb\n"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "elsewhere.jsonl", tmp_path / "out.jsonl"
    target.write_text("old")
    link.symlink_to(target)
    write(open_sink(str(link), Format.JSON, inputs=[]), ["new\n"]).finish()
    assert link.is_symlink()
    assert target.read_text() == "new\n"


@pytest.mark.parametrize("form", [Format.JSON, Format.CSV, Format.PARQUET])
def test_a_missing_folder_is_told_by_the_name_the_user_gave(tmp_path: Path, form: Format) -> None:
    out = str(tmp_path / "missing" / "out")
    with pytest.raises(FileNotFoundError) as caught:
        open_sink(out, form, inputs=[])
    assert caught.value.filename == out


@pytest.mark.parametrize("name", ["out.jsonl", *(f"out.jsonl{ending}" for ending in PACKED[1:]), "out.csv"])
def test_a_full_disk_leaves_what_can_be_gone_on_with(tmp_path: Path, name: str) -> None:
    code = """if True:
        import json, os, resource, sys
        from newsclean.sinks import open_sink, Format
        out = sys.argv[1]
        form = Format.of_ending(out)
        sink = open_sink(out, form, inputs=[])
        one = "a\\n" if form is Format.JSON else {"source": "a"}
        sink.write("-", one)
        print(json.dumps(sink.checkpoint()), flush=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            for _ in range(1000):
                noise = os.urandom(20_000).hex()
                sink.write("-", noise if form is Format.JSON else {"source": noise})
            sink.finish()
        except OSError:
            sink.abandon()
            sys.exit(7)
    """
    out = tmp_path / name
    run = [sys.executable, "-c", code, str(out)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (7, "")
    assert [path.name for path in tmp_path.iterdir()] == [f".{name}.part"]
    form = Format.of_ending(name)
    sink = open_sink(str(out), form, inputs=[], resume=json.loads(done.stdout))
    write(sink, ["b\n"] if form is Format.JSON else [{"source": "b"}]).finish()
    assert unpacked(out) == ("a\nb\n" if form is Format.JSON else "source,other\na,\nb,\n")


def test_a_full_disk_leaves_nothing_of_a_parquet_file(tmp_path: Path) -> None:
    code = """if True:
        import os, resource, sys
        from newsclean.sinks import open_sink, Format
        sink = open_sink(sys.argv[1], Format.PARQUET, inputs=[])
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            for _ in range(2500):
                sink.write("-", {"source": os.urandom(100).hex()})
            sink.finish()
        except OSError:
            sink.abandon()
            sys.exit(7)
    """
    run = [sys.executable, "-c", code, str(tmp_path / "out.parquet")]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (7, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("out", "form", "complaint"),
    [
        pytest.param(None, Format.PARQUET, "Parquet is written to a file only; give one with -o, such as articles.parquet", id="parquet-to-stdout"),
        pytest.param("/dev/null", Format.PARQUET, "Parquet is written to a file only; give one with -o, such as articles.parquet", id="parquet-to-a-device"),
        pytest.param("a.parquet.GZ", Format.PARQUET, "a.parquet.GZ: Parquet is compressed in itself; give a name that ends in .parquet", id="compressed-twice"),
        pytest.param("a/", Format.CSV, "a/ is a folder, and csv puts all articles into one file; give one, such as a/articles.csv", id="csv-folder"),
        pytest.param("a/", Format.PARQUET, "a/ is a folder, and parquet puts all articles into one file; give one, such as a/articles.parquet", id="parquet-folder"),
    ],
)  # fmt: skip
def test_what_can_not_be_written_says_what_can(out: str | None, form: Format, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_sink(out, form, inputs=[])
    assert str(caught.value) == complaint


def test_a_screen_is_no_sink() -> None:
    with pytest.raises(ValueError, match="drawn on a terminal"):
        open_sink(None, Format.SCREEN, inputs=[])
    for form in (Format.CSV, Format.PARQUET):
        with pytest.raises(ValueError, match=f"^{form} is a table"):
            render(Article("", ()), form)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", Format.CSV), ("a.Parquet", Format.PARQUET), ("a.jsonl.gz", Format.JSON), ("a.txt.zst", Format.TEXT),
        ("a.md.BZ2", Format.MARKDOWN), ("a.csv.xz", Format.CSV),
    ],
)  # fmt: skip
def test_the_ending_of_what_is_compressed_stands_before(name: str, form: Format) -> None:
    assert Format.of_ending(name) is form


@pytest.mark.parametrize("name", ["a.gz", "a.json.gz.gz", "a.json.zip"])
def test_an_ending_that_says_no_format(name: str) -> None:
    with pytest.raises(ValueError, match="names no format"):
        Format.of_ending(name)


def test_a_checkpoint_fixes_the_columns_of_csv(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    articles: list[Row] = [{"a": 1}, {"a": 2, "b": 3}]
    state = interrupted(out, Format.CSV, articles, at=1, lost=1)
    assert state["columns"] == ["a"]
    write(open_sink(str(out), Format.CSV, inputs=[], resume=state), articles[1:]).finish()
    assert out.read_text() == 'a,other\n1,\n2,"{""b"": 3}"\n'


def test_parquet_can_not_be_gone_on_with(tmp_path: Path) -> None:
    message = r"^a Parquet file can't be gone on with; use \.jsonl$"
    sink = open_sink(str(tmp_path / "out.parquet"), Format.PARQUET, inputs=[])
    with pytest.raises(UsageError, match=message):
        sink.checkpoint()
    sink.abandon()
    with pytest.raises(UsageError, match=message):
        open_sink(str(tmp_path / "out.parquet"), Format.PARQUET, inputs=[], resume={"size": 0})


def test_missing_pyarrow_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError) as caught:
        open_sink(str(tmp_path / "out.parquet"), Format.PARQUET, inputs=[])
    assert str(caught.value) == "Parquet needs pyarrow; run `pip install 'newsclean[parquet]'`"
    assert list(tmp_path.iterdir()) == []


# A folder.


@pytest.mark.parametrize(
    ("inputs", "names", "places"),
    [
        pytest.param(["news/"], ["news/a.txt", "news/a/b.txt"], ["a.json", "a/b.json"], id="a-tree"),
        pytest.param(["./news"], ["news/a/b.txt"], ["a/b.json"], id="a-dot-that-is-left-out"),
        pytest.param(["."], ["news/a.txt"], ["news/a.json"], id="here"),
        pytest.param(["../x"], ["../x/y/a.txt"], ["y/a.json"], id="above"),
        pytest.param(["/data/in"], ["/data/in/y/a.txt"], ["y/a.json"], id="absolute"),
        pytest.param(["x/y/b.txt"], ["x/y/b.txt"], ["b.json"], id="a-file-by-itself"),
        pytest.param(["n", "n/m", "n/m/a.txt"], ["n/m/a.txt"], ["m/a.json"], id="the-outermost-input"),
        pytest.param(["x/a.txt", "y/a.txt", "z/a.txt"], ["x/a.txt", "y/a.txt", "z/a.txt"], ["a.json", "a.2.json", "a.3.json"], id="the-same-name"),
        pytest.param(["n"], ["n/a.txt", "n/a.txt.gz", "n/a.2.txt"], ["a.json", "a.2.json", "a.2.2.json"], id="compressed-too"),
        pytest.param(["n"], ["n/a.txt", "n/A.txt", "n/B/c.txt", "n/b/C.txt"], ["a.json", "A.2.json", "B/c.json", "b/C.2.json"], id="case"),
        pytest.param(["n"], ["n/e\u0301.txt", "n/\u00e9.txt"], ["e\u0301.json", "\u00e9.2.json"], id="composed-and-not"),
        pytest.param(["d.jsonl"], ["d.jsonl:1", "d.jsonl:17"], ["d/1.json", "d/17.json"], id="a-batch"),
        pytest.param(["x/d.jsonl", "d.csv.gz"], ["x/d.jsonl:1", "d.csv.gz:1", "x/d.jsonl:2"], ["d/1.json", "d.2/1.json", "d/2.json"], id="two-batches"),
        pytest.param(["n"], ["n/d.jsonl:1", "n/d/1.txt"], ["d/1.json", "d.2/1.json"], id="a-batch-and-a-folder"),
        pytest.param(["n"], ["n/d/1.txt", "n/d.jsonl:1"], ["d/1.json", "d.2/1.json"], id="a-folder-and-a-batch"),
        pytest.param(["n"], ["n/d.txt", "n/d.json/x.txt", "n/d.json/y.txt"], ["d.json", "d.json.2/x.json", "d.json.2/y.json"], id="a-folder-named-like-a-file"),
        pytest.param(["n"], ["n/d.json/x.txt", "n/d.txt"], ["d.json/x.json", "d.2.json"], id="a-file-named-like-a-folder"),
        pytest.param(["a.txt"], ["a.txt:5", "a.txt:5", "a.txt:6"], ["a/5.json", "a/5.2.json", "a/6.json"], id="two-in-a-line"),
        pytest.param(["-"], ["-"], ["stdin.json"], id="stdin"),
        pytest.param(["-", "stdin.txt"], ["-:17", "stdin.txt"], ["stdin/17.json", "stdin.json"], id="a-batch-from-stdin"),
        pytest.param(["a.txt:5"], ["a.txt:5"], ["a.txt:5.json"], id="a-file-with-a-colon"),
        pytest.param(["n"], ["n/b.2024", "n/b.c.d", "n/noend", "n/.txt", "n/CC.warc.wet.gz:3"], ["b.2024.json", "b.c.json", "noend.json", ".txt.json", "CC.warc/3.json"], id="endings"),
        pytest.param(["n"], ["n/x\n.txt:3"], ["x\n/3.json"], id="a-line-break"),
        pytest.param([], ["../../a.txt", "/etc/passwd", "n/../../a.txt:3", "...jsonl:5"], ["a.json", "passwd.json", "a/3.json", "...jsonl/5.json"], id="no-way-out"),
        pytest.param(["."], ["../a.txt", "b/../../c.txt", "/etc/x"], ["a.json", "b/c.json", "x.json"], id="no-way-out-of-here"),
        pytest.param(["n"], ["n/" + "é" * 120 + ".txt"], ["é" * 100 + ".json"], id="a-long-name"),
    ],
)  # fmt: skip
def test_a_folder_mirrors_the_inputs(tmp_path: Path, inputs: list[str], names: list[str], places: list[str]) -> None:
    out = tmp_path / "deep" / "out"
    out.parent.mkdir()
    sink = open_sink(f"{out}/", Format.JSON, inputs=inputs)
    for name in names:
        sink.write(name, name)
        sink = open_sink(str(out), Format.JSON, inputs=inputs, resume=json.loads(json.dumps(sink.checkpoint())))
    sink.finish()
    found = {path.relative_to(out).as_posix(): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == dict(zip(places, names, strict=True))


def test_a_run_that_goes_on_in_a_folder_writes_the_same_files(tmp_path: Path) -> None:
    names = ["x/a.txt", "y/a.txt", "d.jsonl:1", "d.jsonl:1", "z/a.txt", "d.jsonl:2"]
    for lost in (0, 2):
        out = tmp_path / str(lost)
        sink = open_sink(f"{out}/", Format.TEXT, inputs=names[:2])
        for name in names[:3]:
            sink.write(name, name)
        state = json.loads(json.dumps(sink.checkpoint()))
        for name in names[3 : 3 + lost]:
            sink.write(name, "of the run that was interrupted")
        sink.abandon()
        sink = open_sink(f"{out}/", Format.TEXT, inputs=names[:2], resume=state)
        for name in names[3:]:
            sink.write(name, name)
        sink.finish()
        found = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*.*")}
        places = ["a.txt", "a.2.txt", "d/1.txt", "d/1.2.txt", "a.3.txt", "d/2.txt"]
        assert found == dict(zip(places, names, strict=True))


def test_many_of_one_name_take_no_longer_each_and_a_batch_is_one_entry(tmp_path: Path) -> None:
    sink = open_sink(f"{tmp_path}/", Format.TEXT, inputs=[])
    for number in range(1000):
        sink.write(f"dump.jsonl:{number}", "")
    assert sink.checkpoint() == {"files": {}, "folders": {"dump": "dump.jsonl"}, "last": ["dump.jsonl:999", 1]}
    for number in range(1000):
        sink.write(f"{number}/index.txt", "")
    assert (tmp_path / "index.1000.txt").exists()


@pytest.mark.parametrize(
    ("out", "inputs", "name", "at"),
    [
        pytest.param("news/", ["news"], None, "news", id="the-input-itself"),
        pytest.param("news/clean/", ["news/"], None, "news/clean", id="inside-of-the-input"),
        pytest.param("x/../news/", ["news"], None, "news", id="in-other-words"),
        pytest.param("./", ["a.txt"], "a.txt", "a.txt", id="onto-the-input-file"),
        pytest.param("./", ["in/news"], "in/news/in/news/x.txt", "in/news/x.txt", id="into-an-input-by-chance"),
    ],
)
def test_a_folder_never_writes_among_the_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, inputs: list[str], name: str | None, at: str
) -> None:
    def attempt() -> None:
        sink = open_sink(out, Format.TEXT, inputs=inputs)
        assert name is not None
        sink.write(name, "")

    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        attempt()
    message = f"{tmp_path / at} would be among the files to clean; write the result to another folder"
    assert str(caught.value) == message
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_a_folder_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    sink = open_sink(f"{tmp_path}/", Format.LABELS, inputs=[])
    sink.write("a.txt", "body | a\ud800\n")
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        sink.write("b.txt", "")
    sink.abandon()
    assert [path.name for path in tmp_path.iterdir()] == ["a.labels"]
    assert (tmp_path / "a.labels").read_text() == "body | a\\ud800\n"


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, newsclean.sinks; print({'csv', 'pyarrow', 'xopen', 'gzip'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_two_runs_cannot_write_one_file(tmp_path: Path) -> None:
    out = str(tmp_path / "clean.jsonl")
    first = open_sink(out, Format.JSON, inputs=[])
    first.write("a.txt", "{}\n")
    with pytest.raises(UsageError, match=r"clean.jsonl: another run is writing it; wait for that, or write elsewhere"):
        open_sink(out, Format.JSON, inputs=[])
    first.finish()
    assert Path(out).read_text() == "{}\n"
    open_sink(out, Format.JSON, inputs=[]).abandon()
