"""The benchmark of quality and the training of the line labeller, run as their users run them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from newsclean.labeller import Labeller

PROSE = [
    "The ferry to Lerwick left two hours late on Monday, and nobody on the quay was surprised by it.",
    "Its captain said that the harbour board had been told of the broken winch in the spring of last year.",
]
BODY = "\n".join(PROSE)
ROWS: list[dict[str, object]] = [
    {
        "id": "ferry/text",
        "dump": "text",
        "lang": "en",
        "url": "https://www.themoscowtimes.com/ferry",
        "title": "Ferry leaves late again",
        "authors": ["Ines Valverde"],
        "body": BODY,
        "text": f"Ferry leaves late again\nBy Ines Valverde\n{BODY}\nSign up for our free weekly newsletter",
    },
    {"id": "bay/text", "dump": "text", "text": f"{BODY}\nAdvertisement", "body": BODY, "title": None, "authors": None},
    {
        "id": "snippets/1",
        "dump": "text",
        "text": f"{BODY}\nShare on Facebook",
        "kept": ["left two hours late", "not in the text"],
        "removed": ["Share on Facebook", "the broken winch"],
    },
]


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rows.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in ROWS)
    return path


def figures(path: Path) -> dict[str, float]:
    lines = (line.rpartition(" = ") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: float(value) for name, _, value in lines}


@pytest.fixture(scope="module")
def kept(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("floor") / "floor.txt"
    done = run("quality.py", data, "--keep", path)
    assert done.returncode == 0, done.stderr
    assert "publisher: none" in done.stdout
    return path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("none/all/oracle", 1.0, id="every-line-can-be-labelled-right"),
        pytest.param("none/all/F1", 1.0, id="and-is"),
        pytest.param("none/all/closed", 1.0, id="so-the-way-is-gone"),
        pytest.param("none/all/lost", 0.0, id="nothing-is-lost"),
        pytest.param("none/all/headline", 1.0, id="a-row-without-a-title-does-not-count"),
        pytest.param("none/all/byline", 1.0, id="byline"),
        pytest.param("none/snippets all/kept", 1.0, id="a-snippet-that-is-not-there-does-not-count"),
        pytest.param("none/snippets all/removed", 0.5, id="one-amid-a-paragraph-stays"),
        pytest.param("text/all/known", 0.0, id="no-publisher-is-known-by-that-text"),
        pytest.param("text/all/mistaken", 0.0, id="and-none-mistaken"),
    ],
)
def test_figures(kept: Path, name: str, value: float) -> None:
    assert figures(kept)[name] == pytest.approx(value)


def test_a_url_tells_the_publisher(data: Path, tmp_path: Path) -> None:
    done = run("quality.py", data, "--publisher", "url", "--keep", tmp_path / "floor.txt")
    assert done.returncode == 0, done.stderr
    found = figures(tmp_path / "floor.txt")
    assert (found["url/all/known"], found["url/all/mistaken"], found["url/all/headline"]) == (1.0, 0.0, 1.0)
    assert not any(name.startswith(("text/", "none/")) for name in found)


@pytest.mark.parametrize(
    ("others", "byline"),
    [
        pytest.param(["By Tomas Rehn"], 1.0, id="a-rule-that-another-site-shows-too"),
        pytest.param([], 0.0, id="one-that-nobody-else-shows-is-left-out"),
    ],
)
def test_an_unseen_site_comes_without_the_rules_that_only_it_shows(
    others: list[str], byline: float, tmp_path: Path
) -> None:
    found = [ROWS[0] | {"text": f"Ferry leaves late again\nBy Ines Valverde\n{BODY}"}]
    found += [{"id": "bay/text", "text": f"{text}\n{BODY}", "body": BODY} for text in others]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in found))
    asked = ("--publisher", "unseen", "--no-labeller", "--keep", tmp_path / "floor.txt")
    done = run("quality.py", tmp_path / "rows.jsonl", *asked)
    assert done.returncode == 0, done.stderr
    assert figures(tmp_path / "floor.txt")["unseen/all/byline"] == byline


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({}, "", id="as-kept"),
        pytest.param({"none/all/F1": 0.9, "none/all/lost": 0.1}, "", id="better-is-fine"),
        pytest.param({"none/snippets all/removed": 0.75}, "none/snippets all/removed is 0.5000, the floor is 0.7500", id="worse"),
        pytest.param({"none/all/lost": -0.1}, "none/all/lost is 0.0000, the floor is -0.1000", id="less-lost-is-better"),
        pytest.param({"none/dump html/F1": 0.5}, "none/dump html/F1 is in the floor, but the data has no such figure", id="gone"),
    ],
)  # fmt: skip
def test_the_floor(data: Path, kept: Path, tmp_path: Path, change: dict[str, float], message: str) -> None:
    floor = tmp_path / "floor.txt"
    floor.write_text("".join(f"{name} = {value}\n" for name, value in (figures(kept) | change).items()))
    done = run("quality.py", data, "--floor", floor, "--worst", 0)
    assert (done.returncode, message in done.stderr) == (int(bool(message)), True), done.stderr


def test_a_floor_that_is_none_is_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "floor.txt").write_text("F1 0.9\n")
    done = run("quality.py", data, "--floor", tmp_path / "floor.txt")
    assert (done.returncode, done.stderr) == (
        1,
        f"quality: {tmp_path / 'floor.txt'}:1: this is not 'NAME = NUMBER': 'F1 0.9'\n",
    )


def test_without_the_labeller(data: Path, tmp_path: Path) -> None:
    done = run("quality.py", data, "--no-labeller", "--publisher", "none", "--keep", tmp_path / "floor.txt")
    assert done.returncode == 0, done.stderr
    assert figures(tmp_path / "floor.txt")["none/all/lost"] == 0.0


def test_the_worst_are_named(data: Path) -> None:
    done = run("quality.py", data, "--publisher", "none", "--worst", 1)
    assert "ferry/text: " in done.stdout or "bay/text: " in done.stdout


def test_training_writes_a_model(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "weights.txt"
    done = run("training.py", data, "--steps", 2, "--out", out)
    assert done.returncode == 0, done.stderr
    states = Labeller(out.read_text(encoding="utf-8")).states([["words:more"], ["is:promo legal"]])
    assert len(states) == 2
