"""README's commands are run, and its picture and figures are what they say."""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from newsclean.library import Library, bundled

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.S) for line in block.splitlines()]
SETUP = [line for line in COMMANDS if line.startswith("python3 -m venv")]
SUMMARY = r"newsclean: done\n(?:  .*\n)+"
USES = [line.partition("  #")[0].strip() for line in COMMANDS if line not in SETUP]


def copy_of_the_repository(to: Path) -> Path:
    """Copy what git would check out, which is what a user has."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = listed.stdout.splitlines() if listed.returncode == 0 else []
    for name in names or [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]:
        if not name.startswith(".venv/") and (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return to


def test_the_set_up_commands_are_there() -> None:
    assert len(SETUP) == 2
    assert SETUP[0].endswith(".txt")
    assert SETUP[1].endswith("pytest -q")


def test_the_first_command_sets_up_and_cleans_a_fixture(tmp_path: Path) -> None:
    clone = copy_of_the_repository(tmp_path / "clone")
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        ["bash", "-c", SETUP[0]], cwd=clone, env=env, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert '"publisher": "themoscowtimes.com"' in done.stdout


def test_the_second_command_is_the_one_that_ci_calls() -> None:
    assert SETUP[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder such as README speaks of: an article, a dump of several, rules and fixtures of one's own."""
    story = ROOT / "fixtures" / "themoscowtimes.com" / "article-on-a-donation-drive-stays.txt"
    for name in ("article.txt", "dump/a.txt", "dump/b.txt", "fixtures/themoscowtimes.com/story.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(story, tmp_path / name)
    rules = re.search(r"```rules\n(.*?)```", README, re.S)
    assert rules
    (tmp_path / "my-rules").mkdir()
    (tmp_path / "my-rules" / "harbourherald.example.txt").write_text(rules[1], encoding="utf-8")
    return tmp_path


def test_the_commands_in_their_order_do_what_they_say(desk: Path) -> None:
    bin_ = desk / "bin"
    bin_.mkdir()
    command = bin_ / "newsclean"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m newsclean "$@"\n')
    command.chmod(0o755)
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PATH": f"{bin_}:{os.environ['PATH']}"}
    ran = []
    for use in USES:
        line = use.partition("|")[0] if "| jq" in use and shutil.which("jq") is None else use
        if not line.startswith(("newsclean", "cat")):
            continue
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=desk,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, re.sub(SUMMARY, "", done.stderr)) == (0, ""), line
        ran.append(line)
    assert len(ran) >= 9
    assert (desk / "clean.md").read_text(encoding="utf-8").startswith("# ")
    assert len((desk / "articles.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_the_python_example_runs() -> None:
    example = "".join(re.findall(r"```python\n(.*?)```", README, re.S))
    test = doctest.DocTestParser().get_doctest(example, {}, "README.md", "README.md", 0)
    assert len(test.examples) >= 6
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


def test_the_counts_it_gives_are_right() -> None:
    library = Library([bundled()])
    every = {"common/credits", "common/widgets"}
    languages = [name for name in library.names if name.startswith("common/") and name not in every]
    assert f"in {len(languages)} languages, with files for {len(library.publishers)} publishers" in " ".join(
        README.split()
    )


def test_the_picture_is_of_a_real_run() -> None:
    spec = importlib.util.spec_from_file_location("picture", ROOT / "docs" / "picture.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    drawn = (ROOT / "docs" / "screen.svg").read_text(encoding="utf-8")

    def words(svg: str) -> list[str]:
        return re.findall(r"<text[^>]*>(.*?)</text>", svg)

    assert words(drawn) == words(module.picture()), "run python docs/picture.py"
