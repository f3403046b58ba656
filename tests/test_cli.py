"""The command, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pexpect
import pytest

from conftest import ARTICLE, ROOT, Run

BODY = [
    "The first ferry to Kettle Island in nine years left the harbour on Monday with forty passengers and a goat.",
    '"We had stopped believing in it," said the island\'s postmistress, Ada Quill, who had come down to the pier.',
    "The company said it would run three boats a day until October, and two in the winter months.",
]
HERALD = """\
[domains]
herald.test

[publisher]
Support The Harbour Herald!
  + Support The Harbour Herald!
  - They support The Harbour Herald!

[promo contact]
Tomas Rehn / Reuters
  + Tomas Rehn / Reuters
  - Tomas Rehn / AFP
"""


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "ferry.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


@pytest.fixture
def herald(tmp_path: Path) -> Path:
    folder = tmp_path / "my-rules"
    folder.mkdir()
    (folder / "harbourherald.test.txt").write_text(HERALD, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("args", "stdin"),
    [
        pytest.param(["ferry.txt"], None, id="a-file"),
        pytest.param(["-"], ARTICLE, id="a-dash"),
        pytest.param([], ARTICLE, id="a-pipe-and-no-argument"),
        pytest.param(["clean", "ferry.txt"], None, id="the-hidden-sub-command"),
        pytest.param(["--", "ferry.txt"], None, id="behind-two-dashes"),
        pytest.param(["--format", "json", "ferry.txt"], None, id="an-option-first"),
        pytest.param(["."], None, id="a-folder"),
    ],
)
def test_the_main_job(newsclean: Run, article: Path, args: list[str], stdin: str | None) -> None:
    done = newsclean(*args, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    got = json.loads(line)
    assert list(got)[:4] == ["source", "encoding", "publisher", "headline"]
    assert got["headline"] == "Ferry Returns to Kettle Island After Nine Years"
    assert (got["byline"], got["authors"]) == ("By Ines Valverde", ["Ines Valverde"])
    assert got["captions"] == ["Tomas Rehn / Reuters"]
    assert got["body"].split("\n\n") == BODY
    assert [promo["kind"] for promo in got["promo"]] == ["donate", "newsletter", "related"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(["-f", "text"], "\n\n".join([BODY[0], BODY[1]]), id="text"),
        pytest.param(
            ["-f", "markdown"], "# Ferry Returns to Kettle Island After Nine Years\n\n*By Ines", id="markdown"
        ),
        pytest.param(["-f", "labels"], "promo donate | Support The Harbour Herald!\nheadline | Ferry", id="labels"),
        pytest.param(["--spans"], '"spans": [{"start": 0, "end": 29, "label": "promo", "kind": "donate"', id="spans"),
    ],
)
def test_formats(newsclean: Run, article: Path, args: list[str], expected: str) -> None:
    done = newsclean(article, *args)
    assert done.returncode == 0
    assert expected in done.stdout


@pytest.mark.parametrize("ending", ["json", "jsonl", "txt", "md", "labels"])
def test_the_ending_of_the_output_picks_the_format(newsclean: Run, article: Path, tmp_path: Path, ending: str) -> None:
    name = {"json": "json", "jsonl": "json", "txt": "text", "md": "markdown", "labels": "labels"}[ending]
    out = tmp_path / "out" / f"clean.{ending}"
    out.parent.mkdir()
    done = newsclean(article, "-o", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert out.read_text(encoding="utf-8") == newsclean(article, "-f", name).stdout
    assert list(out.parent.iterdir()) == [out]


def test_several_texts_are_parted_by_form_feeds(newsclean: Run, article: Path) -> None:
    one = newsclean(article, "-f", "text").stdout
    assert newsclean(article, article, "-f", "text").stdout == f"{one}\f\n{one}"


def test_whose_rules_are_used(newsclean: Run, article: Path, herald: Path) -> None:
    def publisher(*args: str | Path) -> object:
        done = newsclean(article, *args)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["publisher"]

    assert publisher() is None
    assert publisher("--rules", herald) == "harbourherald.test"
    assert publisher("--rules", herald, "--publisher", "none") is None
    assert publisher("--publisher", "themoscowtimes.com") == "themoscowtimes.com"
    assert publisher("--rules", herald, "--url", "https://www.themoscowtimes.com/a/b") == "themoscowtimes.com"
    assert publisher("--rules", herald, "--url", "https://news.herald.test/x") == "harbourherald.test"
    assert publisher("--rules", herald, "--url", "https://else.test") == "harbourherald.test"


def test_rules_laid_over_the_bundled_ones_win(newsclean: Run, article: Path, herald: Path) -> None:
    kinds = [p["kind"] for p in json.loads(newsclean(article, "--rules", herald).stdout)["promo"]]
    assert kinds == ["donate", "contact", "newsletter", "related"]
    alone = json.loads(newsclean(article, "--rules", herald, "--no-common").stdout)
    assert [p["kind"] for p in alone["promo"] if not p["rule"].startswith("labeller:")] == ["contact"]


def test_no_labeller_no_guesses(newsclean: Run) -> None:
    menu = ["Home", "News", "Sport", "Weather", "Opinion", "Culture", "Travel", "Puzzles"]
    page = "\n".join([*menu, *menu, "Ferry leaves late again", "Monday, 3 March 2025", *BODY, *menu, *menu])

    def rules(*args: str) -> list[str]:
        done = newsclean("--publisher", "none", "--jobs", "2", *args, stdin=page)
        return [promo["rule"].partition(":")[0] for promo in json.loads(done.stdout)["promo"]]

    assert "labeller" in rules()
    assert "labeller" not in rules("--no-labeller")


def test_what_cannot_be_cleaned_is_told_and_the_rest_is_done(newsclean: Run, article: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "folder").mkdir()
    done = newsclean("photo.png", "missing.txt", "empty.txt", "folder", "ferry.txt", "--quiet")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "newsclean: photo.png: is a PNG image, not text. Give the article's text.",
        "newsclean: missing.txt: does not exist.",
        "newsclean: empty.txt: is empty.",
        "newsclean: folder: has no files that match *.txt, *.txt.gz, *.txt.bz2, *.txt.xz, *.txt.zst. Give another "
        "pattern, or the files.",
    ]
    assert [json.loads(line)["source"] for line in done.stdout.splitlines()] == ["ferry.txt"]


def test_where_nothing_can_be_cleaned_no_file_appears(newsclean: Run, tmp_path: Path) -> None:
    assert newsclean("missing.txt", "-o", "out.json").returncode == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(["--publisher", "themoscowtime.com"], "no rules for the publisher 'themoscowtime.com'; did you mean themoscowtimes.com", id="publisher-misspelt"),
        pytest.param(["-o", "out.docx"], "the ending of 'out.docx' names no format", id="unknown-ending"),
        pytest.param(["-o", "ferry.txt"], "ferry.txt is one of the files to clean", id="output-over-input"),
        pytest.param(["--format", "text", "--spans"], "--spans goes with --format json", id="spans-of-text"),
        pytest.param(["--format", "screen", "-o", "x.txt"], "--format screen is for a terminal", id="screen-to-a-file"),
        pytest.param(["--rules", "nowhere"], "nowhere", id="no-such-rule-folder"),
        pytest.param(["--rules", "broken"], "broken/x.test.txt:2:2: not a regex: missing )", id="broken-rule-file"),
        pytest.param(["--nonsense"], "nonsense", id="unknown-option"),
    ],
)  # fmt: skip
def test_wrong_usage_is_exit_code_2(
    newsclean: Run, article: Path, tmp_path: Path, args: list[str], message: str
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.test.txt").write_text("[promo nav]\n(\n")
    done = newsclean(article, *args)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert article.read_text(encoding="utf-8") == ARTICLE


@pytest.mark.parametrize("name", ["check", "label", "rules", "clean", "--help"])
def test_a_file_named_like_a_sub_command_is_reachable(newsclean: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(ARTICLE, encoding="utf-8")
    for args in ([f"./{name}"], ["--", name]):
        assert json.loads(newsclean(*args).stdout)["headline"] == "Ferry Returns to Kettle Island After Nine Years"


def test_undecodable_bytes_stay_visible_and_are_told(newsclean: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes("Łódź, Kraków i Gdańsk świętują.\n".encode() + b"\xff\xfe\xff ok\n")
    done = newsclean("bad.txt")
    assert done.returncode == 0
    assert (
        done.stderr
        == "newsclean: warning: bad.txt: 3 bytes are not valid utf-8 and shown as \\xNN, the first at offset 40\n"
    )
    assert json.loads(done.stdout)["warnings"] == [done.stderr.removeprefix("newsclean: warning: bad.txt: ").strip()]
    assert "\\xff" in json.loads(done.stdout)["body"]
    assert newsclean("bad.txt", "--quiet").stderr == ""


def test_a_hostile_file_name_reaches_no_terminal_raw(newsclean: Run, tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2Jb.txt").write_text("")
    done = newsclean(".")
    assert done.returncode == 1
    assert "\x1b" not in done.stderr + done.stdout


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    for i in range(300):
        (tmp_path / f"{i}.txt").write_text(ARTICLE * 5, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    pipe = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m newsclean . | head -n 1"],
        cwd=tmp_path, env=env, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (pipe.returncode, pipe.stderr) == (0, b"")
    assert json.loads(pipe.stdout)["headline"]


def test_a_full_disk_is_told_and_leaves_no_half_file(newsclean: Run, article: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("the system has no /dev/full")
    done = newsclean(article, "-o", "/dev/full", "-f", "json")
    assert done.returncode == 1
    assert done.stderr == "newsclean: /dev/full: can't be written: No space left on device\n"
    shell = [*("bash", "-c"), f"{sys.executable} -m newsclean ferry.txt > /dev/full"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    piped = subprocess.run(shell, cwd=article.parent, env=env, capture_output=True, text=True, check=False)
    assert piped.returncode == 1
    assert piped.stderr == "newsclean: standard output: can't be written: No space left on device\n"


def test_no_write_permission_is_told(newsclean: Run, article: Path, tmp_path: Path) -> None:
    done = newsclean(article, "-o", tmp_path / "no" / "such" / "folder.json")
    assert done.returncode == 1
    assert done.stderr.endswith("folder.json: can't be written: No such file or directory\n")


def test_version_and_help(newsclean: Run) -> None:
    import newsclean as package

    assert newsclean("--version").stdout == f"newsclean {package.__version__}\n"
    text = newsclean("--help").stdout
    options = (
        "--format",
        "--output",
        "--publisher",
        "--url",
        "--spans",
        "--rules",
        "--no-common",
        "--no-labeller",
        "--quiet",
        "--version",
    )
    for word in (*options, "FILE...", "check", "label", "rules", "Exit codes"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 80
    assert newsclean("-h").stdout == text


def test_help_and_version_do_not_wait_for_the_matcher(newsclean: Run) -> None:
    code = "import sys, newsclean.cli; print([m for m in sys.modules if m in ('regex', 'ahocorasick_rs', 'rich')])"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_rich_is_imported_only_to_draw(newsclean: Run, article: Path) -> None:
    code = (
        "import sys; from newsclean.cli import app\n"
        "try: app([sys.argv[1]])\n"
        "except SystemExit: print([m for m in sys.modules if m.startswith(('rich', 'pydantic', 'trafilatura'))])"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code, article], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


class TestOnATerminal:
    """What stands on a terminal of 80 columns."""

    def run(self, *args: str | Path, **env: str) -> tuple[str, int | None]:
        child = pexpect.spawn(
            sys.executable, ["-m", "newsclean", *map(str, args)], dimensions=(40, 80), timeout=60, encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm-256color", **env},
        )  # fmt: skip
        out = child.read()
        child.close()
        return out, child.exitstatus

    def test_it_draws(self, article: Path) -> None:
        out, code = self.run(article)
        assert code == 0
        assert "\x1b[1m" in out
        assert "Ferry Returns to Kettle Island" in out
        assert "common/en.txt" in out

    @pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
    def test_without_colour_where_that_is_asked(self, article: Path, env: dict[str, str]) -> None:
        out, code = self.run(article, **env)
        assert code == 0
        assert "\x1b[3" not in out
        assert "Ferry Returns to Kettle Island" in out

    def test_hostile_text_does_not_reach_it_raw(self, tmp_path: Path) -> None:
        path = tmp_path / "hostile.txt"
        path.write_text("A headline \x1b]0;owned\x07 of sorts\n\nBody \x1b[2J[bold]x[/bold] " + "word " * 30 + ".\n")
        out, code = self.run(path)
        assert code == 0
        assert "\x1b]" not in out
        assert "\x1b[2J" not in out
        assert "[bold]x[/bold]" in out

    def test_with_nothing_to_clean_it_says_what_to_do(self) -> None:
        out, code = self.run()
        assert code == 2
        assert "nothing to clean: name a file or a folder, or pipe text in" in " ".join(out.split())


class TestCheck:
    """`newsclean check`."""

    def test_a_proven_file_passes(self, newsclean: Run, herald: Path) -> None:
        done = newsclean("check", herald)
        assert (done.returncode, done.stdout, done.stderr) == (
            0,
            "rules: 2 proven, 0 not; fixtures: 0 hold, 0 do not\n",
            "",
        )

    @pytest.mark.parametrize(
        ("rule", "messages"),
        [
            pytest.param("Menu\n  - The menu", ["has no example: add a line '  + TEXT' that it must claim"], id="no-example"),
            pytest.param("Menu\n  + Menu", ["has no counter-example: add a line '  - TEXT' that it must not claim"], id="no-counter-example"),
            pytest.param("would you? mind\n  + would you? mind\n  - would", ["does not claim its example: would you? mind"], id="question-mark-unescaped"),
            pytest.param("Menu.*\n  + Menu\n  - Menu of the day", ["claims its counter-example: Menu of the day"], id="too-greedy"),
            pytest.param("A\n  to Z\n  + A\\nb\n  - Z", ["does not claim its example: A\\nb (0 of the 2 lines that the block has, its last line included)"], id="block-without-its-end"),
            pytest.param("A\n  + A\\nB\n  - C", ["does not claim its example: A\\nB (a line rule's example is one line; 1 of 2 are claimed)"], id="two-lines-for-a-line-rule"),
        ],
    )  # fmt: skip
    def test_what_is_not_proven_is_told(self, newsclean: Run, tmp_path: Path, rule: str, messages: list[str]) -> None:
        path = tmp_path / "mine.txt"
        path.write_text(f"[promo nav]\n{rule}\n", encoding="utf-8")
        done = newsclean("check", "--no-lint", path)
        assert done.returncode == 1
        assert done.stdout.splitlines()[:-1] == [f"{path}:2: {message}" for message in messages]

    def test_an_example_taken_by_a_later_rule_is_told(self, newsclean: Run, tmp_path: Path) -> None:
        path = tmp_path / "mine.txt"
        path.write_text("[promo nav]\nMenu\n  + Menu\n  - x\n[promo ad]\nMenu|Ad\n  + Ad\n  - x\n")
        done = newsclean("check", "--no-lint", path)
        assert done.returncode == 1
        assert done.stdout.startswith(f"{path}:2: its example is taken by the rule on line 6 [promo ad]: Menu\n")
        path.write_text("[promo nav]\nMenu\n  + Menu\n  - x\nMenu|Ad\n  + Ad\n  - x\n")
        done = newsclean("check", "--no-lint", path)
        assert done.returncode == 0
        assert "advice: " in done.stderr

    @pytest.mark.parametrize(
        ("later", "code", "message"),
        [
            pytest.param("Give", 1, "{path}:2: its block never begins: its first line is taken by the rule on line 7 [promo nav]: Give\\nnow\\nThanks", id="its-first-line"),
            pytest.param("now", 0, "", id="a-line-in-the-middle-as-the-same"),
            pytest.param("Give\n  to now", 0, "newsclean: advice: {path}:2: its example is taken by the rule on line 7 [promo nav]: Give\\nnow\\nThanks", id="by-a-block-that-may-not-end"),
        ],
    )  # fmt: skip
    def test_a_block_taken_by_a_later_rule(
        self, newsclean: Run, tmp_path: Path, later: str, code: int, message: str
    ) -> None:
        path = tmp_path / "mine.txt"
        proof = later.replace("  to now", "").replace("\n", "") + ("\\nnow" if "to now" in later else "")
        path.write_text(
            f"[promo nav]\nGive\n  to Thanks\n  + Give\\nnow\\nThanks\n  - Given\n\n{later}\n  + {proof}\n  - x\n"
        )
        done = newsclean("check", "--no-lint", path)
        assert done.returncode == code
        said = [line for line in (done.stderr + done.stdout).splitlines() if not line.startswith("rules:")]
        assert said == ([message.format(path=path)] if message else [])

    def test_a_dear_rule_is_named(self, newsclean: Run, tmp_path: Path) -> None:
        cheap = "".join(f"Menu number {i}\n  + Menu number {i}\n  - A menu, number {i}\n" for i in range(150))
        dear = ".{2,150}[aeiou].{2,150}[x-z]\n  + abcdefgx\n  - x\n"
        path = tmp_path / "mine.txt"
        path.write_text(f"[promo nav]\n{cheap}{dear}", encoding="utf-8")
        done = newsclean("check", "--no-lint", path)
        assert done.returncode == 0
        assert f"newsclean: advice: {path}:452: is dear: " in done.stderr

    def test_a_broken_file_is_exit_code_2_and_all_errors_come(self, newsclean: Run, tmp_path: Path) -> None:
        (tmp_path / "one.txt").write_text("[promo nav]\n(\n[oops]\n")
        (tmp_path / "two.txt").write_bytes(b"[promo nav]\nCaf\xe9\n")
        done = newsclean("check", "one.txt")
        assert done.returncode == 2
        assert [line for line in done.stderr.splitlines() if "one.txt" in line] == [
            "newsclean: one.txt:2:2: not a regex: missing )",
            "newsclean: one.txt:3:2: unknown section [oops]; if it is a regex, write what stands beside the brackets too",
        ]
        done = newsclean("check", "two.txt")
        assert (done.returncode, done.stderr) == (2, "newsclean: two.txt:2:4: is not UTF-8; save the file as UTF-8\n")

    def test_fixtures(self, newsclean: Run, tmp_path: Path, herald: Path) -> None:
        folder = tmp_path / "fixtures" / "unknown"
        folder.mkdir(parents=True)
        (folder / "ferry.txt").write_text(ARTICLE, encoding="utf-8")
        assert newsclean("label", folder / "ferry.txt", "--rules", herald).returncode == 0
        assert newsclean("check", herald, "fixtures").stdout == "rules: 2 proven, 0 not; fixtures: 1 hold, 0 do not\n"
        again = newsclean("label", folder / "ferry.txt", "--rules", herald)
        assert (again.returncode, again.stderr.count("is there already")) == (1, 1)

        answer = folder / "ferry.labels"
        right = answer.read_text(encoding="utf-8")
        answer.write_text(right.replace("promo related | Read more", "body | Read more"), encoding="utf-8")
        done = newsclean("check", herald, "fixtures")
        assert done.returncode == 1
        assert "  -body | Read more\n  +promo related | Read more\n" in done.stdout
        known = tmp_path / "fixtures" / "known-failures" / "unknown"
        known.mkdir(parents=True)
        for path in (answer, folder / "ferry.txt"):
            path.rename(known / path.name)
        assert newsclean("check", herald, "fixtures").returncode == 0
        (known / "ferry.labels").write_text(right, encoding="utf-8")
        done = newsclean("check", herald, "fixtures")
        assert done.returncode == 1
        assert "a known failure that no longer fails: move it out of known-failures" in done.stdout

    def test_update_rewrites_what_differs(self, newsclean: Run, tmp_path: Path) -> None:
        folder = tmp_path / "fixtures" / "common"
        folder.mkdir(parents=True)
        (folder / "ferry.txt").write_text(ARTICLE, encoding="utf-8")
        (folder / "ferry.labels").write_text("body | nothing of the sort\n")
        assert newsclean("check", "fixtures", "--update").returncode == 0
        assert newsclean("check", "fixtures").returncode == 0

    @pytest.mark.parametrize("folder", ["common", "known-failures/common"])
    @pytest.mark.parametrize("option", [[], ["--update"]], ids=["compared", "updated"])
    def test_an_answer_without_its_dump_is_told(
        self, newsclean: Run, tmp_path: Path, folder: str, option: list[str]
    ) -> None:
        answer = tmp_path / "fixtures" / folder / "ferry.labels"
        answer.parent.mkdir(parents=True)
        answer.write_text("body | x\n")
        done = newsclean("check", "fixtures", *option)
        assert done.returncode == 1
        assert done.stderr == f"newsclean: fixtures/{folder}/ferry.txt: does not exist.\n"
        assert done.stdout == "rules: 0 proven, 0 not; fixtures: 0 hold, 1 do not\n"

    def test_nothing_to_check_is_no_success(self, newsclean: Run, tmp_path: Path) -> None:
        (tmp_path / "fixtures").mkdir()
        done = newsclean("check", "fixtures")
        assert done.returncode == 1
        assert "nothing was checked" in done.stderr


class TestRules:
    """`newsclean rules`."""

    def test_list(self, newsclean: Run, herald: Path) -> None:
        lines = newsclean("rules", "list", "--rules", herald).stdout.splitlines()
        assert lines[0].split() == ["file", "rules", "signatures", "from", "domains"]
        assert ["harbourherald.test", "1", "1", "given", "herald.test"] in [line.split() for line in lines]

    @pytest.mark.parametrize("name", ["harbourherald.test", "herald.test", "www.herald.test", "harbourherald.test.txt"])
    def test_show(self, newsclean: Run, herald: Path, name: str) -> None:
        done = newsclean("rules", "show", name, "--rules", herald)
        assert done.stdout == f"# {herald}/harbourherald.test.txt\n{HERALD}"

    def test_show_of_what_is_not_there(self, newsclean: Run) -> None:
        done = newsclean("rules", "show", "nowhere.test")
        assert done.returncode == 2
        assert (
            done.stderr
            == "newsclean: no rule file is named nowhere.test; `newsclean rules list` names those there are\n"
        )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(newsclean: Run, shell: str) -> None:
    script = newsclean("--show-completion", shell)
    assert script.returncode == 0, script.stderr
    assert "_NEWSCLEAN_COMPLETE" in script.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("newsclean ch", ["check"], id="a-command"),
        pytest.param("newsclean --pu", ["--publisher"], id="an-option-of-the-main-job"),
        pytest.param("newsclean --ver", ["--version"], id="an-option-of-the-group"),
        pytest.param("newsclean a.txt --spa", ["--spans"], id="behind-a-file"),
        pytest.param("newsclean --format ma", ["markdown"], id="a-format"),
        pytest.param("newsclean rules s", ["show"], id="a-command-of-a-command"),
    ],
)
def test_what_completes(newsclean: Run, words: str, expected: list[str]) -> None:
    count = str(len(words.split()) - 1)
    env = {"COMP_WORDS": words, "COMP_CWORD": count, "_NEWSCLEAN_COMPLETE": "complete_bash"}
    done = newsclean(env=env)
    assert (done.stdout.split(), done.stderr) == (expected, "")


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["ferry.txt", "-f", "json", "-o", "pipe"], id="clean"),
        pytest.param(["drift", "ferry.txt", "-o", "pipe"], id="drift"),
        pytest.param(["check", "rules", "--output-format", "json", "-o", "pipe"], id="check"),
    ],
)
def test_an_output_that_is_no_file_is_written_and_not_replaced(
    newsclean: Run, article: Path, herald: Path, tmp_path: Path, args: list[str]
) -> None:
    herald.rename(tmp_path / "rules")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as other:
        got = other.submit(pipe.read_bytes)
        assert newsclean(*args).returncode == 0
        assert got.result(30).startswith(b"{")
    assert pipe.is_fifo()
