"""`newsclean rules`, and what it says of rule files that are wrong."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from newsclean import Library, RuleError
from newsclean.cli import main
from newsclean.library import user_folder
from newsclean.proof import prove
from newsclean.settings import VARIABLE
from newsclean.syntax import MAX_NESTING, parse

FILES = {
    "common/en.txt": "[promo nav]\nThe pier\n  + The pier\n  - The pier is wet\n",
    "herald.example.txt": (
        "[domains]\nherald.test\n[publisher]\nThe Harbour Herald\n  + The Harbour Herald\n  - A Herald\n"
        "[promo ad]\nBuy a boat\n  + Buy a boat\n  - Buy a boat now\n"
    ),
    "unproven.example.txt": "[promo ad]\nBuy a pier\n  + Buy a boat\n  - Buy\nBuy it\n  + Buy it\n  - Buy\n",
}


class Done(NamedTuple):
    """What a command came to."""

    code: object
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with rules of our own in place of the bundled ones."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    write(tmp_path / "bundled", FILES)
    for module in ("library", "settings"):
        monkeypatch.setattr(f"newsclean.{module}.bundled", lambda: tmp_path / "bundled")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*args: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["newsclean", *map(str, args)])
        with pytest.raises(SystemExit) as done:
            main()
        return Done(done.value.code or 0, *capsys.readouterr())

    return run


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


class TestList:
    """`newsclean rules list`."""

    def test_the_table(self, run: Run) -> None:
        write(user_folder(), {"herald.example.txt": "[promo ad]\nBuy two boats\n"})
        write(Path("mine"), {"common/zz.txt": "[promo ad]\nBuy ten boats\n"})
        assert run("rules", "list", "--rules", "mine") == (
            0,
            "file              rules  signatures  from           domains\n"
            "common/en             1           0  bundled\n"
            "common/zz             1           0  given\n"
            "herald.example        2           1  bundled+yours  herald.test\n"
            "unproven.example      2           0  bundled\n",
            "",
        )

    def test_what_is_proven(self, run: Run) -> None:
        lines = run("rules", "list", "--proven").out.splitlines()
        assert lines[0].split() == ["file", "rules", "signatures", "proven", "from", "domains"]
        assert [line.split()[3:-1] for line in lines[1:3]] == [["yes"], ["yes", "bundled"]]
        assert lines[3].split()[3:5] == ["1", "not"]

    def test_what_is_proven_is_kept_until_the_file_changes(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, work: Path
    ) -> None:
        proven: list[str] = []

        def counted(ruleset: object) -> object:
            proven.append(ruleset.name)  # type: ignore[attr-defined]
            return prove(ruleset)  # type: ignore[arg-type]

        monkeypatch.setenv("XDG_CACHE_HOME", str(work / "cache"))
        monkeypatch.setattr("newsclean.proof.prove", counted)
        first, second = run("rules", "list", "--proven"), run("rules", "list", "--proven")
        assert (first, sorted(proven)) == (second, ["common/en", "herald.example", "unproven.example"])
        write(work.parent / "bundled", {"unproven.example.txt": "[promo ad]\nBuy it\n  + Buy it\n  - Buy\n"})
        assert " not " not in run("rules", "list", "--proven").out
        assert proven[3:] == ["unproven.example"]

    @pytest.mark.parametrize(
        ("domains", "shown"),
        [
            pytest.param(["a.example", "b.example"], "a.example b.example", id="all-fit"),
            pytest.param([f"{c * 8}.example" for c in "ab"], "aaaaaaaa.example +1", id="one-fits"),
            pytest.param(["a" * 60 + ".example", "b.example"], "+2", id="none-fits"),
        ],
    )
    def test_it_fits_a_terminal(self, run: Run, domains: list[str], shown: str) -> None:
        name = "long-name.harbour-town.example"
        write(Path("mine"), {f"{name}.txt": "\n".join(["[domains]", *domains, "[body]", "x"])})
        lines = run("rules", "list", "--rules", "mine").out.splitlines()
        assert max(map(len, lines)) <= 80
        assert next(line for line in lines if name in line).endswith(f"  given    {shown}")

    def test_for_machines(self, run: Run, work: Path) -> None:
        rows = json.loads(run("rules", "list", "--format", "json", "--proven").out)
        assert rows[1] == {
            "name": "herald.example",
            "domains": ["herald.test"],
            "rules": 1,
            "signatures": 1,
            "unproven": 0,
            "from": ["bundled"],
            "files": [str(work.parent / "bundled" / "herald.example.txt")],
        }
        assert json.loads(run("rules", "list", "-f", "json").out)[2]["unproven"] is None

    def test_the_project_names_what_is_not_there(self, run: Run) -> None:
        Path("pyproject.toml").write_text('[tool.newsclean]\nrules = ["nowhere"]\n')
        done = run("rules", "list")
        assert done == (
            2,
            "",
            "newsclean: pyproject.toml: [tool.newsclean] rules names nowhere, which is no folder; make it, or take it "
            "out there\n",
        )


class TestShow:
    """`newsclean rules show`."""

    def test_the_weakest_layer_comes_first(self, run: Run, work: Path) -> None:
        write(user_folder(), {"herald.example.txt": "[body]\nThe pier"})
        write(Path("mine"), {"herald.example.txt": "[body]\nThe boat\n"})
        assert run("rules", "show", "WWW.herald.test", "--rules", "mine").out == (
            f"# herald.example.txt\n{FILES['herald.example.txt']}"
            f"# {user_folder()}/herald.example.txt\n[body]\nThe pier\n"
            "# mine/herald.example.txt\n[body]\nThe boat\n"
        )

    def test_what_is_not_there(self, run: Run) -> None:
        assert run("rules", "show", "nowhere.example") == (
            2,
            "",
            "newsclean: no rule file is named nowhere.example; `newsclean rules list` names those there are\n",
        )


class TestNew:
    """`newsclean rules new`."""

    @pytest.mark.parametrize(
        ("asked", "name"),
        [
            pytest.param("harbourpost.example", "harbourpost.example", id="a-domain"),
            pytest.param("www.HarbourPost.example", "harbourpost.example", id="capitals-and-www"),
            pytest.param("harbour-post.co.example", "harbour-post.co.example", id="hyphen-and-three-parts"),
            pytest.param("4.example", "4.example", id="a-digit"),
            pytest.param("häfen.example", "häfen.example", id="an-umlaut"),
            pytest.param("harbourpost.example.txt", "harbourpost.example", id="a-file-name"),
        ],
    )
    def test_it_is_proven_as_it_stands_and_filled_in(self, run: Run, asked: str, name: str) -> None:
        path = user_folder() / f"{name}.txt"
        done = run("rules", "new", asked)
        assert done.err == ""
        assert done.out == f"{path}: written; fill it in, and prove it with `newsclean check {quoted(path)}`\n"
        text = path.read_text(encoding="utf-8")
        filled = re.sub(r"^#(?! \S|$)", "", text, flags=re.MULTILINE)
        sizes = []
        for version in (text, filled):
            ruleset = parse(version, name)
            assert list(prove(ruleset)) == []
            sizes.append(len(ruleset.proofs))
        assert sizes == [2, 8]
        assert "from" in run("rules", "list").out
        checked = run("check", path)
        assert (checked.code, checked.err) == (0, "")
        assert checked.out.startswith("rules: 2 proven, 0 not;")

    def test_it_is_written_where_it_is_asked_for(self, run: Run) -> None:
        assert run("rules", "new", "post.example", "--rules", "my rules/here").out == (
            "my rules/here/post.example.txt: written; fill it in, and prove it with `newsclean check 'my "
            "rules/here/post.example.txt'`\nIt is used with `--rules 'my rules/here'`.\n"
        )
        assert not user_folder().exists()

    def test_of_a_folder_that_is_used_anyway_nothing_is_said(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("mine").mkdir()
        monkeypatch.setenv(VARIABLE, "mine")
        assert "It is used" not in run("rules", "new", "post.example", "--rules", "./mine").out

    def test_it_tells_that_there_are_rules_already(self, run: Run) -> None:
        out = run("rules", "new", "herald.example").out
        assert out.endswith("\nIt adds to the rules that are there: `newsclean rules show herald.example`.\n")
        assert "bundled+yours" in run("rules", "list").out

    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            pytest.param("https://post.example/", "https://post.example/: is no domain; write it as in example.com, without https:// and path", id="a-url"),
            pytest.param("post", "post: is no domain; write it as in example.com, without https:// and path", id="one-word"),
            pytest.param("../post.example", "../post.example: is no domain; write it as in example.com, without https:// and path", id="a-way-out"),
            pytest.param("common/en", "common/en: is no domain; write it as in example.com, without https:// and path", id="a-common-file"),
            pytest.param("", ": is no domain; write it as in example.com, without https:// and path", id="nothing"),
            pytest.param("post.example\x1b[2J", "post.example\ufffd[2J: is no domain; write it as in example.com, without https:// and path", id="what-a-terminal-obeys"),
            pytest.param("herald.test", "herald.test: is a domain of herald.example already; `newsclean rules new herald.example` begins a file for it", id="a-further-domain-of-another"),
        ],
    )  # fmt: skip
    def test_what_it_refuses(self, run: Run, asked: str, message: str) -> None:
        assert run("rules", "new", asked) == (2, "", f"newsclean: {message}\n")
        assert not user_folder().exists()

    def test_it_writes_over_nothing(self, run: Run) -> None:
        write(Path("mine"), {"post.example.txt": "[body]\nThe pier\n"})
        done = run("rules", "new", "post.example", "--rules", "mine")
        assert done == (2, "", "newsclean: mine/post.example.txt: is there already; write your rules into it\n")
        assert Path("mine/post.example.txt").read_text() == "[body]\nThe pier\n"

    def test_where_it_cannot_write(self, run: Run) -> None:
        Path("file").touch()
        done = run("rules", "new", "post.example", "--rules", "file/mine")
        assert done.code == 1
        assert done.err == "newsclean: file/mine/post.example.txt: can't be written: Not a directory\n"


def quoted(path: Path) -> str:
    return str(path) if path.name.isascii() else f"'{path}'"


def test_path(run: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "nowhere")
    Path("mine").mkdir()
    (work / "pyproject.toml").write_text('[tool.newsclean]\nrules = ["mine"]\n')
    assert run("rules", "path").out == (
        f"bundled      {work.parent}/bundled\n"
        f"yours        {user_folder()}  (not there)\n"
        "environment  nowhere  (not there)\n"
        "project      mine\n"
        "given        (none; --rules DIR names one)\n"
    )
    monkeypatch.delenv(VARIABLE)
    (work / "pyproject.toml").unlink()
    assert run("rules", "path", "--rules", "mine").out.splitlines()[2:] == [
        f"environment  (none; NEWSCLEAN_RULES may name some, with {os.pathsep!r} between them)",
        'project      (none; rules = ["DIR"] below [tool.newsclean] in pyproject.toml may name some)',
        "given        mine",
    ]


@pytest.mark.parametrize("command", [["--help"], ["rules", "--help"]], ids=" ".join)
def test_the_help_tells_where_rules_come_from(run: Run, command: list[str]) -> None:
    out = " ".join(run(*command).out.split())
    places = [out.index(word) for word in ("bundled", "your own", "NEWSCLEAN_RULES", "pyproject.toml")]
    assert places == sorted(places)


def broken(folder: Path) -> Path:
    """Return a folder with a file that can't be read, one that is no text, one that leads to itself, and others."""
    write(
        folder,
        {
            "a.example.txt": "[promoo nav]\nx\n",
            "b.example.txt": "[include]\nb.example\n",
            "c.example.txt": "[body]\n(?:a{99}b){999}\n",
            "e.example.txt": "[include]\na.example\n",
        },
    )
    (folder / "d.example.txt").write_bytes(b"[body]\n\xe9\n")
    return folder


ERRORS = [
    "a.example.txt:1:2: unknown section [promoo nav]; did you mean 'promo'?",
    "c.example.txt:2:1: repeats too much: 99,900 parts when written out, of 10,000 allowed; ask for fewer",
    "d.example.txt:2:1: is not UTF-8; save the file as UTF-8",
]


def test_the_errors_of_all_files_come_together(run: Run) -> None:
    broken(Path("mine"))
    errors = re.findall(r"newsclean: mine/(.*)", run("rules", "list", "--rules", "mine").err)
    assert errors == [*ERRORS, "b.example.txt:2:1: b.example leads back to b.example: a file can't include itself"]


def test_a_file_that_is_none_does_not_hide_the_errors_of_the_others(tmp_path: Path) -> None:
    (broken(tmp_path / "mine") / "z.txt").mkdir()
    with pytest.raises(RuleError) as caught:
        Library([tmp_path / "mine"])
    assert [str(p).split("\n")[0].removeprefix(f"{tmp_path}/mine/") for p in caught.value.problems] == [
        "z.txt: is no file, and what ends in .txt here has to be one; rename it",
        *ERRORS,
    ]


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("newsclean.library.os.scandir", refused)
    with pytest.raises(RuleError) as caught:
        Library([tmp_path])
    assert str(caught.value) == f"{tmp_path}/: the folder can't be read: Permission denied".replace("/:", ":")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        pytest.param("a{9999999}", "repeats too much: 9,999,999 parts when written out, of 10,000 allowed; ask for fewer", id="a-large-count"),
        pytest.param("(?:a{999}){999}", "repeats too much: 998,001 parts when written out, of 10,000 allowed; ask for fewer", id="counts-in-counts"),
        pytest.param("(?:a{999}){0,9}b{9999,}", "repeats too much: 10,999 parts when written out, of 10,000 allowed; ask for fewer", id="counts-side-by-side"),
        pytest.param("(?:" * 20 + "a" + "+)" * 20 + "+", "repeats too much: 2,097,152 parts when written out, of 10,000 allowed; ask for fewer", id="plus-in-plus-doubles-each-time"),
        pytest.param("(" * 4_000 + "a" + ")" * 4_000, f"brackets stand in one another more than {MAX_NESTING} deep; write it flatter", id="deep-brackets"),
        pytest.param("a(?=" * 101 + r"\)" + ")" * 101, f"brackets stand in one another more than {MAX_NESTING} deep; write it flatter", id="deep-look-ahead"),
        pytest.param("(?V1)" + "[" * 4_000 + "a" + "]" * 4_000, f"brackets stand in one another more than {MAX_NESTING} deep; write it flatter", id="deep-sets"),
        pytest.param("(" * 50, "not a regex: missing )", id="brackets-without-end"),
        pytest.param("a{1,2}{3}{", "not a regex: multiple repeat", id="no-regex-at-all"),
        pytest.param("(a{1,9999}){1,9999}", "", id="large-counts-that-need-not-be-met"),
        pytest.param(r"\d{4}-\d{2}" * 500, "", id="many-small-counts"),
        pytest.param("(?:" * 100 + "a" + ")?" * 100, "", id="as-deep-as-may-be"),
        pytest.param(r"\(" * 200 + "a", "", id="brackets-that-are-text"),
        pytest.param("|".join(["a"] * 5_000), "", id="many-alternatives"),
    ],
)  # fmt: skip
def test_a_pattern_that_would_take_for_ever_to_compile(pattern: str, message: str) -> None:
    began = time.process_time()
    try:
        parse(f"[body]\n{pattern}\n", "x")
        said = ""
    except RuleError as error:
        said = error.problems[0].message
    assert said == message
    assert time.process_time() - began < 2
