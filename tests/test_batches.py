"""The command over many articles, run as a user runs it: every input and output, what is bad in them, interruptions."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pexpect
import pyarrow.parquet as pq
import pytest

from conftest import ARTICLE, ROOT, Run
from dumps import PACKERS, empty_folder, table, wet
from newsclean import Cleaner, Library, readers
from newsclean.batch import Task
from newsclean.cli.run import Inputs, Settings, run

__all__ = ["empty_folder"]

FERRY = ARTICLE
GOAT = ARTICLE.replace("nine years", "ten months").replace("Nine Years", "Ten Months")
TWO = [FERRY, GOAT]
PATCHED = (
    "import newsclean.batch as b, newsclean.cli.run as r; b.CHUNK_RECORDS = 20; r.CHECKPOINT_SECONDS = 0; "
    "r.CHECKPOINT_SHARE = 1e9; from newsclean.cli import main; main()"
)
"""The command with small chunks, and a checkpoint behind each."""
BODY = "The first ferry to Kettle Island in"


def jsonl(texts: list[str], **fields: object) -> bytes:
    return "".join(f"{json.dumps({'text': text, **fields})}\n" for text in texts).encode()


def articles(number: int, first: int = 1) -> list[str]:
    return [ARTICLE.replace("forty passengers", f"passenger number {i}") for i in range(first, first + number)]


def separated(mark: str) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=mark).writerows([["id", "text"], *([i, text] for i, text in enumerate(TWO))])
    return file.getvalue().encode()


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), **more}


def until(true: Callable[[], object], seconds: float = 30) -> float:
    """Wait until it is true, and return how long that took."""
    began = time.monotonic()
    while not true():
        said = Path("stderr").read_text() if Path("stderr").exists() else ""
        assert time.monotonic() - began < seconds, f"it has not come true; the command said: {said}"
        time.sleep(0.01)
    return time.monotonic() - began


# --- Every input, every output

INPUTS: dict[str, tuple[dict[str, bytes], list[str]]] = {
    "folder": ({"dump/a.txt": FERRY.encode(), "dump/in/b.txt": GOAT.encode(), "dump/c.md": b"no"}, ["dump"]),
    "jsonl": ({"a.jsonl": jsonl(TWO)}, ["a.jsonl"]),
    "jsonl-gz": ({"b.jsonl.gz": gzip.compress(jsonl(TWO))}, ["b.jsonl.gz"]),
    "jsonl-zst": ({"c.jsonl.zst": b"zst"}, ["c.jsonl.zst"]),
    "csv": ({"a.csv": separated(",")}, ["a.csv"]),
    "tsv": ({"a.tsv": separated("\t")}, ["a.tsv"]),
    "parquet": ({"a.parquet": table([{"text": text, "id": i} for i, text in enumerate(TWO)])}, ["a.parquet"]),
    "wet": ({"a.wet": wet(*TWO)}, ["a.wet"]),
    "wet-gz": ({"b.warc.wet.gz": wet(*TWO, gz=True)}, ["b.warc.wet.gz"]),
    "form-feeds": ({"ff.txt": "\f\n".join(TWO).encode()}, ["ff.txt"]),
    "glob": ({"more/a.text": FERRY.encode(), "more/b.text": GOAT.encode()}, ["more", "--glob", "*.text"]),
    "split": ({"split.txt": "\n=====\n".join(TWO).encode()}, ["split.txt", "--split", "^={3,}$"]),
    "field": ({"f.jsonl": jsonl(TWO).replace(b'"text"', b'"said"')}, ["f.jsonl", "--field", "said"]),
}


TOGETHER = ["folder", "jsonl", "jsonl-gz", "jsonl-zst", "csv", "tsv", "parquet", "wet", "wet-gz", "form-feeds"]
"""Those that can stand in one command."""


def lay_out(*names: str) -> None:
    for name in names:
        for path, data in INPUTS[name][0].items():
            Path(path).parent.mkdir(exist_ok=True, parents=True)
            Path(path).write_bytes(PACKERS["zst"](jsonl(TWO)) if data == b"zst" else data)


def headlines(found: list[dict[str, Any]]) -> list[object]:
    return [one["headline"] for one in found]


EXPECTED = ["Ferry Returns to Kettle Island After Nine Years", "Ferry Returns to Kettle Island After Ten Months"]


@pytest.mark.parametrize("kind", [kind for kind in INPUTS if kind not in TOGETHER])
def test_inputs_with_options(newsclean: Run, kind: str) -> None:
    lay_out(kind)
    done = newsclean(*INPUTS[kind][1], "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert headlines(rows(done.stdout)) == EXPECTED
    assert all(BODY in one["body"] and "newsletter" not in one["body"] for one in rows(done.stdout))


@pytest.mark.parametrize("kind", ["jsonl", "jsonl-zst", "csv", "tsv", "parquet", "wet", "form-feeds"])
def test_standard_input_is_sniffed(newsclean: Run, kind: str) -> None:
    lay_out(kind)
    done = newsclean("-q", stdin=Path(INPUTS[kind][1][0]).read_bytes())
    assert (done.returncode, done.stderr) == (0, "")
    assert headlines(rows(done.stdout)) == EXPECTED


def folder_files(out: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(out.rglob("*.json"))]


READ: dict[str, Callable[[Path], list[Any]]] = {
    "out.jsonl": lambda out: headlines(rows(out.read_text())),
    "out.jsonl.gz": lambda out: headlines(rows(gzip.decompress(out.read_bytes()).decode())),
    "out.csv": lambda out: headlines(list(csv.DictReader(io.StringIO(out.read_text())))),
    "out.parquet": lambda out: headlines(pq.read_table(out).to_pylist()),
    "out.txt": lambda out: [text.partition("\n")[0] for text in out.read_text().split("\f\n")],
    "out.md": lambda out: [text.partition("\n")[0].removeprefix("# ") for text in out.read_text().split("\f\n")],
    "out/": lambda out: sorted(headlines([json.loads(text) for text in folder_files(out)])),
}


@pytest.mark.parametrize("out", READ)
def test_every_input_at_once_to_every_output(newsclean: Run, out: str) -> None:
    lay_out(*TOGETHER)
    done = newsclean(*(word for kind in TOGETHER for word in INPUTS[kind][1]), "-o", out)
    assert (done.returncode, done.stdout) == (0, "")
    expected = EXPECTED * len(TOGETHER)
    assert READ[out](Path(out)) == (sorted(expected) if out == "out/" else expected)
    assert [path.name for path in Path().iterdir() if path.name.startswith(".")] == []


def test_the_same_whatever_the_number_of_processes(newsclean: Run) -> None:
    Path("dump.jsonl").write_bytes(b"".join(jsonl([text], id=i) for i, text in enumerate(articles(450))))
    one, two, three = (newsclean("dump.jsonl", "-q", "--spans", "--jobs", jobs) for jobs in "123")
    assert one.stdout == two.stdout == three.stdout
    assert [one["id"] for one in rows(one.stdout)] == list(range(450))
    for found in rows(one.stdout)[:3]:
        assert "".join(found["text"][span["start"] : span["end"]] for span in found["spans"]) == found["text"]


# --- What goes along, and what is asked for


def test_other_fields_pass_through(newsclean: Run) -> None:
    fields = (
        '"id": 100000000000000000000000000001, "share": NaN, "deep": {"a": [1, {"b": null}]}, "Übersicht": "船😀",'
        ' "date": "2024", "publisher": "The Herald", "source": {"x": 1}'
    )
    done = newsclean("--input", "jsonl", stdin=f'{{"text": {json.dumps(ARTICLE)}, {fields}}}')
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f'"warnings": [], {fields}}}\n')
    (found,) = rows(done.stdout)
    ours = {name: value for name, value in found.items() if name.startswith("newsclean_")}
    assert ours == {"newsclean_source": "-:1", "newsclean_publisher": None, "newsclean_date": None}


def test_the_records_url_and_publisher_choose_the_rules(newsclean: Run) -> None:
    moscow, times = "themoscowtimes.com", "https://www.themoscowtimes.com/a"
    told: list[dict[str, object]] = [{"url": times}, {"publisher": moscow}, {"publisher": "Nobody"}, {"url": 7}]
    dump = b"".join(jsonl([ARTICLE], **fields) for fields in told)

    def publishers(*args: str) -> list[object]:
        done = newsclean(*args, "-q", stdin=dump)
        assert (done.returncode, done.stderr) == (0, "")
        return [one.get("newsclean_publisher", one["publisher"]) for one in rows(done.stdout)]

    assert publishers() == [moscow, moscow, None, None]
    assert publishers("--url", "https://apnews.com/a") == [moscow, moscow, "apnews.com", "apnews.com"]
    assert publishers("--publisher", "none") == [None] * 4


@pytest.mark.parametrize(
    ("args", "code", "expected"),
    [
        pytest.param(["--only", "body", "-f", "text"], 0, BODY, id="only-body"),
        pytest.param(["--only", "headline", "-f", "text"], 0, f"{EXPECTED[0]}\n\f\n{EXPECTED[1]}\n", id="only-headlines"),
        pytest.param(["--only", "byline", "-f", "markdown"], 0, "*By Ines Valverde*\n\f\n*By", id="only-bylines"),
        pytest.param(["--only", "caption", "-f", "labels"], 0, "caption | Tomas Rehn / Reuters\n\f\ncap", id="only-captions"),
        pytest.param(["--only", "date", "-f", "text"], 0, "\f\n", id="only-dates-and-there-are-none"),
        pytest.param(["--only", "promo", "-f", "text"], 0, "Support The Harbour Herald!\n\nSign up", id="only-promo"),
        pytest.param(["--only", "headline"], 0, f'null, "headline": "{EXPECTED[0]}", "warnings": []', id="only-as-json"),
        pytest.param(["--only", "headline", "-f", "csv"], 0, "source,encoding,publisher,headline,warnings,id,other\n", id="only-as-csv"),
        pytest.param(["--keep", "newsletter", "-f", "text"], 0, "pier.\n\nSign up for our free weekly newsletter\n\n", id="keep"),
        pytest.param(["--keep", "newsletter,related", "-f", "labels"], 0, "body | Read more\n", id="keep-two"),
        pytest.param(["--keep", "newsleter"], 2, "newsclean: --keep newsleter: no rule says so of anything; the kinds are: newsletter, ", id="keep-what-is-no-kind"),
        pytest.param(["--only", "promos"], 2, "'promos' is not one of", id="only-what-is-no-label"),
        pytest.param(["--only", "body", "-f", "screen"], 2, "--only is not for the screen", id="only-on-a-screen"),
        pytest.param(["--spans", "-f", "csv"], 0, '"[{""start"": 0, ""end"": 29, ""label"": ""promo""', id="spans-as-csv"),
    ],
)  # fmt: skip
def test_what_is_asked_for(newsclean: Run, args: list[str], code: int, expected: str) -> None:
    done = newsclean(*args, "-q", stdin=jsonl(TWO, id=1))
    assert done.returncode == code
    said = done.stdout if code == 0 else " ".join(done.stderr.split())
    assert expected in said if expected != "\f\n" else expected == said


def test_the_summary(newsclean: Run) -> None:
    (Path("dump.jsonl")).write_bytes(jsonl(TWO) + jsonl([ARTICLE], url="https://apnews.com/1") + b"{it}\n")
    done = newsclean("dump.jsonl", "-o", "out.jsonl")
    assert done.returncode == 1
    said = re.sub(r"common/en.txt:\d+", "common/en.txt:N", done.stderr)
    assert said == (
        "newsclean: dump.jsonl:4: is not JSON: Expecting property name enclosed in double quotes at column 2.\n"
        "newsclean: done\n"
        "  articles    3\n"
        "  words       216 kept, 39 removed (15%)\n"
        "  publishers  apnews.com          1\n"
        "              unknown             2\n"
        "  rules       common/en.txt:N          3\n"
        "              common/en.txt:N          3\n"
        "              common/en.txt:N          3\n"
        "  trouble     1 failed\n"
    )


# --- What is bad in them

BAD = {
    b"{it}": "is not JSON: Expecting property name enclosed in double quotes at column 2.",
    b'{"headline": "x"}': "has no field with the text (looked for text, content, body, article). Name the field that holds it with --field; there are headline.",
    b'{"text": null}': "has no text in its field text (null). Name the field that holds it with --field; there are text.",
    b'{"text": "\xff"}': "is not UTF-8 (byte 0xff at offset 10 of the line).",
    b"[" * 100_000: "is JSON that cannot be read: ",
}


@pytest.mark.parametrize("out", ["out.jsonl", "out.parquet", None])
def test_bad_records_are_told_and_noted_and_the_others_done(newsclean: Run, out: str | None) -> None:
    good = jsonl(TWO).splitlines()
    Path("dump.jsonl").write_bytes(b"\n".join([good[0], *BAD, good[1]]))
    done = newsclean("dump.jsonl", "missing.txt", "--errors", "errors.jsonl", "-q", *(["-o", out] if out else []))
    assert done.returncode == 1
    *told, last = done.stderr.splitlines()
    assert last == "newsclean: missing.txt: does not exist."
    for number, (line, problem) in enumerate(zip(told, BAD.values(), strict=True), 2):
        assert line.startswith(f"newsclean: dump.jsonl:{number}: {problem}")
    assert (READ[out](Path(out)) if out else headlines(rows(done.stdout))) == EXPECTED
    noted = rows(Path("errors.jsonl").read_text())
    assert [(row["source"], row["number"]) for row in noted] == [
        *(("dump.jsonl", i) for i in range(2, 7)),
        ("missing.txt", None),
    ]
    assert [f"newsclean: {row['error']}" for row in noted] == done.stderr.splitlines()
    raws = [
        base64.b64decode(row["record_base64"]) if row["record"] is None else row["record"].encode()
        for row in noted[:-1]
    ]
    assert raws == [line + b"\n" for line in BAD]
    assert noted[-1]["record"] is None


def test_a_bad_row_is_noted_as_it_came(newsclean: Run) -> None:
    Path("a.csv").write_text("id,text\n1,\n2,It left.,3\n")
    assert newsclean("a.csv", "--errors", "errors.jsonl", "-o", "out.csv").returncode == 1
    assert [row["record"] for row in rows(Path("errors.jsonl").read_text())] == [
        {"id": "1", "text": ""},
        {"id": "2", "text": "It left."},
    ]
    assert not Path("out.csv").exists()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_strict_stops_at_the_first(newsclean: Run, jobs: str) -> None:
    lines = jsonl(articles(500)).splitlines()
    lines[250] = lines[450] = b"{it}"
    Path("dump.jsonl").write_bytes(b"\n".join(lines))
    done = newsclean("dump.jsonl", "--strict", "--errors", "errors.jsonl", "-o", "out.jsonl", "--jobs", jobs)
    assert done.returncode == 1
    assert (
        done.stderr
        == "newsclean: dump.jsonl:251: is not JSON: Expecting property name enclosed in double quotes at column 2.\n"
        "newsclean: stopped there, as --strict asks\n"
    )
    assert len(rows(Path("errors.jsonl").read_text())) == 1
    assert sorted(path.name for path in Path().iterdir()) == ["dump.jsonl", "errors.jsonl"]


def test_a_line_that_is_too_long(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(readers, "LIMIT", 1000)
    monkeypatch.setattr(readers, "SAMPLE", 100)
    Path("dump.jsonl").write_bytes(jsonl([FERRY, "It left. " * 1000, GOAT]))
    tally = run(
        Inputs(["dump.jsonl"]), Task(Cleaner(Library.standard())), Settings("out.jsonl", errors=Path("errors.jsonl"))
    )
    assert (tally.articles, tally.failed) == (2, 1)
    assert headlines(rows(Path("out.jsonl").read_text())) == EXPECTED
    (noted,) = rows(Path("errors.jsonl").read_text())
    assert (noted["number"], len(noted["record"])) == (2, 100)
    assert capsys.readouterr().err == "newsclean: dump.jsonl:2: is over 64 MiB, too much for one article.\n"


def test_an_archive_cut_short_gives_what_is_whole(newsclean: Run) -> None:
    texts = [os.urandom(3000).hex() + " left the harbour." for _ in range(40)]
    Path("cut.jsonl.gz").write_bytes(gzip.compress(jsonl(texts))[:-40_000])
    done = newsclean("cut.jsonl.gz", "-o", "out.jsonl", "-q")
    assert done.returncode == 1
    found = rows(Path("out.jsonl").read_text())
    assert 20 < len(found) < 40
    assert [one["body"] for one in found] == texts[: len(found)]
    half, whole = done.stderr.splitlines()
    assert half == f"newsclean: cut.jsonl.gz:{len(found) + 1}: is cut short."
    assert whole.startswith(f"newsclean: cut.jsonl.gz: cannot be read on after {len(found)} records (")


def test_a_folder_in_many_encodings(newsclean: Run) -> None:
    said = {
        "utf-8": "Łódź świętuje: prom wrócił.",
        "latin-1": "L'été à la mer, le ferry était là, et la chèvre aussi. Où étiez-vous ? À côté du phare, très tôt.",
        "utf-16": "船が着いた。",
        "cp1251": "Первый паром за девять лет вышел из гавани в понедельник, сообщила компания. На борту было сорок человек.",
    }
    Path("dump").mkdir()
    for encoding, text in said.items():
        Path("dump", f"{encoding}.txt").write_bytes(text.encode(encoding))
    done = newsclean("dump", "-q")
    assert done.returncode == 0
    assert [one["body"] for one in rows(done.stdout)] == [said[name] for name in sorted(said)]


LONG = "The ferry left on Monday. " * 40_000


@pytest.mark.parametrize(
    ("name", "data", "code", "bodies"),
    [
        pytest.param("a.jsonl", jsonl([LONG, FERRY]), 0, 2, id="a-line-of-JSONL-of-1-MB"),
        pytest.param("a.txt", LONG.encode(), 0, 1, id="a-text-of-one-line"),
        pytest.param("a.txt", b"\n" * 1_000_000, 1, 0, id="a-million-blank-lines"),
        pytest.param("a.jsonl", b"\n" * 1_000_000 + jsonl([FERRY]), 0, 1, id="a-million-blank-lines-before-one"),
    ],
)
def test_what_is_large(newsclean: Run, name: str, data: bytes, code: int, bodies: int) -> None:
    Path(name).write_bytes(data)
    done = newsclean(name, "-q")
    assert (done.returncode, done.stderr) == (code, "newsclean: a.txt: is empty.\n" if code else "")
    found = rows(done.stdout)
    assert len(found) == bodies
    assert sum(one["body"].count("The ferry left on Monday.") for one in found) == (
        40_000 if LONG[:99].encode() in data else 0
    )


# --- What ends it


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    Path("dump.jsonl").write_bytes(jsonl(articles(1200)))
    command = f"set -o pipefail; {sys.executable} -m newsclean dump.jsonl --jobs 2 | head -n 1"
    done = subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert headlines(rows(done.stdout.decode())) == EXPECTED[:1]


@pytest.mark.parametrize(
    ("redirected", "message"),
    [
        *(pytest.param(f"-o {out}", f"{out}: can't be written: File too large", id=out) for out in READ if out[-1] != "/" and "gz" not in out),
        pytest.param("> /dev/full", "standard output: can't be written: No space left on device", id="standard-output"),
        pytest.param("-o out.csv --errors /dev/full", "/dev/full: can't be written: No space left on device", id="the-errors"),
    ],
)  # fmt: skip
def test_a_full_disk(redirected: str, message: str) -> None:
    Path("dump.jsonl").write_bytes(b"".join(jsonl([text], id=os.urandom(500).hex()) for text in articles(600)) + b"{\n")
    limit = "" if "/dev" in redirected else "ulimit -f 100;"
    command = f"{limit} exec {sys.executable} -m newsclean dump.jsonl --quiet {redirected}"
    done = subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if "dump.jsonl:601" not in line] == [f"newsclean: {message}"]
    assert [path.name for path in Path().iterdir()] == ["dump.jsonl"]


def test_an_output_where_there_can_be_none(newsclean: Run) -> None:
    Path("a.txt").write_text(ARTICLE)
    done = newsclean("a.txt", "-o", "a.txt/out.json")
    assert (done.returncode, done.stderr) == (1, "newsclean: a.txt/out.json: can't be written: Not a directory\n")


def test_workers_that_cannot_start(newsclean: Run) -> None:
    Path("sitecustomize.py").write_text("import os, sys\nif '--multiprocessing-fork' in sys.orig_argv: os._exit(3)\n")
    Path("dump.jsonl").write_bytes(jsonl(articles(401)))
    path = f"{os.curdir}{os.pathsep}{ROOT / 'src'}"
    done = newsclean("dump.jsonl", "-o", "out.jsonl", "--jobs", "2", env={"PYTHONPATH": path})
    message = "newsclean: worker processes die before they are ready (exit code 3); use --jobs 1, or fewer jobs\n"
    assert (done.returncode, done.stderr) == (2, message)
    assert not Path("out.jsonl").exists()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_memory_does_not_grow_with_the_input(jobs: str) -> None:
    maker = (
        "import json, resource, subprocess, sys\n"
        "number, jobs, text = sys.argv[1:]\n"
        "command = [sys.executable, '-m', 'newsclean', '-o', 'out.jsonl', '-q', '--jobs', jobs]\n"
        "run = subprocess.Popen(command, stdin=subprocess.PIPE)\n"
        "for i in range(int(number)):\n"
        "    run.stdin.write(json.dumps({'text': text.replace('forty', str(i))}).encode() + b'\\n')\n"
        "run.communicate()\n"
        "print(run.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )

    def peak(number: int) -> int:
        command = [sys.executable, "-c", maker, str(number), jobs, ARTICLE * 2]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
        code, peak = done.stdout.split()
        assert code == "0"
        return int(peak)

    small, large = peak(600), peak(8 * 600)
    assert large < 1.15 * small


# --- Interrupted

LINES = [line + b"\n" for line in b"".join(jsonl([text], id=i) for i, text in enumerate(articles(400))).splitlines()]
PLAIN_LINES = b"".join(LINES)
BAD_LINES = b"".join(b"{\n" if i % 50 == 7 else line for i, line in enumerate(LINES))
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")


def processes(group: int) -> dict[int, list[str]]:
    """Return the processes of a group that are alive: the fields of /proc/PID/stat from the state on."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[2] == str(group) and fields[0] not in "ZX":
            found[int(path.parent.name)] = fields
    return found


def workers(group: int) -> list[int]:
    def is_one(pid: int) -> bool:
        try:
            return "--multiprocessing-fork" in Path(f"/proc/{pid}/cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False

    return sorted(pid for pid in processes(group) if is_one(pid))


def has_rest(group: int) -> Callable[[], bool]:
    """Return what tells whether no process of a group has had anything to do for a while."""
    idle = 0

    def look() -> bool:
        nonlocal idle
        idle = idle + 1 if all(fields[0] in "ST" for fields in processes(group).values()) else 0
        return idle > 20

    return look


def opened(path: str, process: subprocess.Popen[bytes] | None = None) -> int:
    """Open a named pipe to write, as soon as somebody reads it."""
    found: list[int] = []

    def is_read() -> bool:
        assert process is None or process.poll() is None
        try:
            found.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    until(is_read)
    os.set_blocking(found[0], True)
    return found[0]


@contextmanager
def stalled(data: bytes, *args: str) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    """Run the command on a pipe that holds this, and no end; give the process and the pipe.

    It is in a group of its own, as in a shell, and what it says goes to the file stderr.
    """
    os.mkfifo("dump.jsonl")
    command = [sys.executable, "-c", PATCHED, "dump.jsonl", *args]
    with Path("stderr").open("wb") as stderr:
        process = subprocess.Popen(command, env=environment(), stderr=stderr, start_new_session=True)
    try:
        with open(opened("dump.jsonl", process), "wb", buffering=0) as pipe:
            pipe.write(data)
            yield process, pipe
    finally:
        process.kill()
        process.wait()
        Path("dump.jsonl").unlink()


def journal(out: str) -> Path:
    return Path(out, ".newsclean.resume") if out.endswith("/") else Path(f".{out}.resume")


def interrupted(out: str, by: signal.Signals, data: bytes, *args: str) -> None:
    """Run the command until some is done, then end it with a signal."""
    with stalled(data[: len(data) * 3 // 4], "-o", out, *args) as (process, _):
        until(journal(out).exists)
        group = process.pid
        if by is signal.SIGINT:
            os.killpg(group, by)
        else:
            process.send_signal(by)
        assert until(lambda: process.poll() is not None and not processes(group)) < 2
        assert process.returncode == (130 if by is signal.SIGINT else -by)
        assert "Traceback" not in Path("stderr").read_text()
    assert out.endswith("/") or not Path(out).exists()


def resumed(newsclean: Run, data: bytes, *args: str) -> subprocess.CompletedProcess[str]:
    Path("dump.jsonl").write_bytes(data)
    return newsclean("dump.jsonl", *args)


def contents(out: str) -> dict[str, bytes]:
    """Return the files of an output, decompressed."""
    files = [path for path in Path(out).rglob("*") if path.is_file()] if out.endswith("/") else [Path(out)]
    return {
        str(path): gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in files
    }


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize(
    ("out", "jobs"), [("out.jsonl", "1"), ("out.jsonl", "2"), ("out.jsonl.gz", "2"), ("out.csv", "2"), ("out/", "2")]
)
def test_an_interrupted_run_goes_on(newsclean: Run, out: str, jobs: str, by: signal.Signals) -> None:
    args = ["-o", out, "--errors", "errors.jsonl", "--jobs", jobs]
    interrupted(out, by, BAD_LINES, *args[2:])
    kept = json.loads(journal(out).read_text())["records"]
    assert 20 <= kept <= 300
    if by is signal.SIGINT:
        said = Path("stderr").read_text().splitlines()
        assert said[-1] == f"newsclean: {kept} records are done and kept: --resume goes on from there"
    done = resumed(newsclean, BAD_LINES, *args, "--resume")
    assert done.returncode == 1
    assert not journal(out).exists()
    assert not list(Path().rglob(".*.part"))
    found, noted = contents(out), Path("errors.jsonl").read_bytes()
    if out.endswith("/"):
        assert len(found) == 392
        for path in found:
            Path(path).unlink()
    undisturbed = newsclean("dump.jsonl", *args)
    assert (contents(out), Path("errors.jsonl").read_bytes()) == (found, noted)
    summaries = [re.sub(r" in .*", "", run.stderr.partition("newsclean: done\n")[2]) for run in (done, undisturbed)]
    assert summaries[0] == summaries[1]
    assert "articles    392\n" in summaries[0]
    assert "trouble     8 failed\n" in summaries[0]


def test_ctrl_c_before_anything_is_done_leaves_nothing() -> None:
    with stalled(LINES[0], "-o", "out.jsonl") as (process, _):
        os.killpg(process.pid, signal.SIGINT)
        assert until(lambda: process.poll() is not None and not processes(process.pid)) < 2
        assert process.returncode == 130
    assert Path("stderr").read_text() == ""
    assert [path.name for path in Path().iterdir()] == ["stderr"]


def test_what_cannot_be_gone_on_with(newsclean: Run) -> None:
    interrupted("out.jsonl", signal.SIGINT, PLAIN_LINES, "--jobs", "1")
    kept = json.loads(journal("out.jsonl").read_text())["records"]
    changed = b"".join([*LINES[: kept - 1], LINES[kept - 1].replace(b"goat", b"boat"), *LINES[kept:]])
    other = "newsclean: .out.jsonl.resume: is of a run with other inputs or options; start without --resume\n"
    was = f"newsclean: the input has changed: record {kept} was dump.jsonl:{kept}; start without --resume\n"
    out = ["-o", "out.jsonl", "--resume"]
    for data, args, message in (
        (PLAIN_LINES, ["--spans"], other),
        (PLAIN_LINES, ["--only", "body"], other),
        (PLAIN_LINES, ["--publisher", "none"], other),
        (PLAIN_LINES, ["dump.jsonl"], other),
        (changed, [], was),
        (b"".join(LINES[: kept - 1]), [], was),
    ):
        done = resumed(newsclean, data, *args, *out)
        assert (done.returncode, done.stderr) == (2, message)
        assert not Path("out.jsonl").exists()
    gone = "newsclean: errors.jsonl: the errors to go on with are gone; start without --resume\n"
    progress = json.loads(journal("out.jsonl").read_text())
    journal("out.jsonl").write_text(json.dumps({**progress, "errors": 1}))
    done = resumed(newsclean, PLAIN_LINES, *out, "--errors", "errors.jsonl")
    assert (done.returncode, done.stderr) == (2, gone)
    journal("out.jsonl").write_text(json.dumps(progress))
    done = resumed(newsclean, PLAIN_LINES, *out, "--quiet", "--jobs", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert [one["id"] for one in rows(Path("out.jsonl").read_text())] == list(range(400))


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        pytest.param(["-o", "out.jsonl"], 0, "nothing to go on from: starting at the beginning\n", id="nothing"),
        pytest.param(["-o", "out.parquet"], 0, "nothing to go on from: starting at the beginning\n", id="parquet"),
        pytest.param([], 2, "--resume needs -o FILE or -o DIR/: what went to standard output is gone\n", id="no-output"),
        pytest.param(["-o", "-"], 2, "--resume needs -o FILE or -o DIR/: what went to standard output is gone\n", id="a-dash"),
    ],
)  # fmt: skip
def test_to_go_on_where_there_is_nothing(newsclean: Run, args: list[str], code: int, message: str) -> None:
    Path("a.txt").write_text(ARTICLE)
    done = newsclean("a.txt", "--resume", *args)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"newsclean: {message}")


def test_a_worker_that_is_killed_costs_nothing(newsclean: Run) -> None:
    with stalled(b"".join(LINES[:300]), "-o", "out.jsonl", "--jobs", "2") as (process, pipe):
        until(lambda: len(workers(process.pid)) == 2 and journal("out.jsonl").exists())
        until(has_rest(process.pid))
        victim = workers(process.pid)[0]
        os.kill(victim, signal.SIGSTOP)  # It will be given a chunk, and not do it.
        Thread(target=lambda: (pipe.write(b"".join(LINES[300:])), pipe.close()), daemon=True).start()
        until(has_rest(process.pid))
        os.kill(victim, signal.SIGKILL)
        assert process.wait(30) == 0
    said = re.fullmatch(
        r"newsclean: a worker process died between dump\.jsonl:\d+ and dump\.jsonl:\d+ "
        r"\(SIGKILL, perhaps for want of memory\); its articles are done again\n(newsclean: done\n.*)",
        Path("stderr").read_text(),
        re.DOTALL,
    )
    assert said
    found = Path("out.jsonl").read_bytes()
    assert resumed(newsclean, PLAIN_LINES, "-o", "out.jsonl").returncode == 0
    assert Path("out.jsonl").read_bytes() == found


# --- How far it is


@pytest.mark.parametrize("quiet", [False, True], ids=["shown", "quiet"])
def test_progress_on_a_terminal(quiet: bool) -> None:
    os.mkfifo("dump.jsonl")
    args = ["-c", PATCHED, "dump.jsonl", "-o", "out.jsonl", "--jobs", "1", *(["--quiet"] if quiet else [])]
    child = pexpect.spawn(sys.executable, args, dimensions=(40, 80), env=environment(TERM="xterm-256color"), timeout=30, encoding="utf-8")  # fmt: skip
    seen = io.StringIO()
    child.logfile_read = seen
    Thread(target=child.expect, args=(pexpect.EOF,), daemon=True).start()
    with open(opened("dump.jsonl"), "wb") as pipe:
        began, at = time.monotonic(), 0

        def shown() -> bool:
            nonlocal at
            pipe.write(b"".join(LINES[at % 400 : at % 400 + 20]))
            pipe.flush()
            at += 20
            enough = time.monotonic() - began > 1
            return enough if quiet else enough and re.search(r"\d+ articles", seen.getvalue()) is not None

        until(shown)
        pipe.write(b"{it}\n")
    until(lambda: not child.isalive())
    out = seen.getvalue()
    if quiet:
        assert re.fullmatch(r"newsclean: dump\.jsonl:\d+: is not JSON: .* at column 2\.\r\n", out)
        return
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out)
    lines = [line for part in plain.split("\n") for line in part.split("\r")]
    assert re.search(r"[\d,]+ articles [\d,]+/s +━+ ", plain)
    assert max(map(len, lines)) <= 80
    *_, last = out.split("\x1b[2K")  # With this the bar is taken away.
    assert "newsclean: done\r\n  articles " in last
    assert "━" not in last
    assert "\x1b[1A" not in last


def test_without_a_terminal_there_is_no_bar(newsclean: Run) -> None:
    Path("dump.jsonl").write_bytes(PLAIN_LINES * 5)
    done = newsclean("dump.jsonl", "-o", "out.jsonl", "--jobs", "1", env={"TERM": "xterm-256color"})
    assert re.fullmatch(r"newsclean: done\n  articles    2,000[^\x00-\x09\x0b-\x1f\x7f━]+", done.stderr)
