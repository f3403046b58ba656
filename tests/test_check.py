"""`newsclean check`: one bad file among good ones, every kind of finding, coverage, baselines, hooks."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml
from typer.testing import CliRunner

from conftest import ROOT, Run
from newsclean.batch import Done
from newsclean.cli import app
from newsclean.fixtures import Change, Fixture
from newsclean.library import MAX_BYTES, Library, bundled
from newsclean.workshop import checking, coverage, lint
from newsclean.workshop.report import CODES
from test_docs import BLOCKS, rows

GOOD = """\
[publisher]
The Harbour Post is printed on Pier 4
  + The Harbour Post is printed on Pier 4
  - The Harbour Post was printed on Pier 4.

[promo nav]
Piers and Tides
  + Piers and Tides
  - Piers and tides change.
"""
BODY = "The ferry left the harbour on Monday with forty passengers and a goat."
PAGE = f"Piers and Tides\n\n{BODY}\n"
ANSWER = f"promo nav | Piers and Tides\nbody | {BODY}\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a file of rules and a fixture that hold."""
    monkeypatch.chdir(tmp_path)
    # To draw what is needed of all bundled rules takes seconds, whenever a file beside them is new.
    few = tmp_path / "bundled"
    few.mkdir()
    shutil.copy(bundled() / "bbc.com.txt", few)
    for module in ("library", "settings", "workshop.checking"):
        monkeypatch.setattr(f"newsclean.{module}.bundled", lambda: few)
    fixture = tmp_path / "fixtures" / "harbourpost.example"
    for folder in (tmp_path / "rules", fixture):
        folder.mkdir(parents=True)
    (tmp_path / "rules" / "harbourpost.example.txt").write_text(GOOD)
    (fixture / "ferry.txt").write_text(PAGE)
    (fixture / "ferry.labels").write_text(ANSWER)
    return tmp_path


def check(*args: str) -> Any:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["check", *args])


def findings(*args: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(check(*args, "--output-format", "json").stdout)["findings"]
    return found


def folder(path: Path) -> None:
    path.mkdir()


def text(*lines: str) -> Callable[[Path], object]:
    return lambda path: path.write_text("\n".join(lines) + "\n", encoding="utf-8")


BAD_FILES = [
    pytest.param(lambda path: path.write_bytes(b"[promo nav]\nCaf\xe9\n"), "unreadable", ":2:4: is not UTF-8; save the file as UTF-8", id="not-utf-8"),
    pytest.param(folder, "unreadable", ": is no file; in a folder of rules, what ends in .txt is one", id="a-directory"),
    pytest.param(lambda path: path.symlink_to("nowhere"), "unreadable", ": is no file; in a folder of rules, what ends in .txt is one", id="a-dangling-link"),
    pytest.param(lambda path: path.write_bytes(b"#" * (MAX_BYTES + 1)), "unreadable", f": is larger than {MAX_BYTES:,} bytes, so it can't be a rule file", id="huge"),
    pytest.param(text("[include]", "bad.example"), "include", ":2:1: bad.example leads back to bad.example: a file can't include itself", id="includes-itself"),
    pytest.param(text("[include]", "groups/none"), "include", ":2:1: groups/none is included, but there is no such file", id="includes-what-is-not-there"),
    pytest.param(text("[domains]", "bbc.com"), "domain", ":2:1: bbc.com belongs to bbc.com.txt already", id="a-domain-of-another"),
    pytest.param(text("[promos nav]", "Menu"), "syntax", ":1:2: unknown section [promos nav]; did you mean 'promo'?", id="an-unknown-label"),
    pytest.param(text("[promo nav]", "Menu", "  + Menu", "(" * 3000), "syntax", ":4:1: brackets stand in one another more than 100 deep; write it flatter", id="nested-too-deep"),
]  # fmt: skip


class TestOneBadFile:
    """The others are still checked."""

    @pytest.mark.parametrize(("make", "code", "message"), BAD_FILES)
    def test_it_is_told_and_the_others_are_checked(
        self, desk: Path, make: Callable[[Path], object], code: str, message: str
    ) -> None:
        make(desk / "rules" / "bad.example.txt")
        done = check("rules", "fixtures")
        assert done.exit_code == 2
        assert "fixtures: 1 hold, 0 do not" in done.stdout
        assert re.match(r"rules: [23] proven, 0 not;", done.stdout)
        assert f"newsclean: rules/bad.example.txt{message}" in done.stderr
        assert [found["code"] for found in findings("rules", "fixtures")] == [code]

    def test_a_domain_that_two_files_claim(self, desk: Path) -> None:
        for name in ("one.example", "two.example"):
            (desk / "rules" / f"{name}.txt").write_text("[domains]\nshared.example\n")
        done = check("rules")
        assert done.exit_code == 2
        assert (
            done.stderr == "newsclean: rules/two.example.txt:2:1: shared.example belongs to one.example.txt already\n"
        )

    def test_who_includes_a_broken_file_is_not_blamed(self, desk: Path) -> None:
        (desk / "rules" / "groups").mkdir()
        (desk / "rules" / "groups" / "press.txt").write_text("[oops]\n")
        (desk / "rules" / "other.example.txt").write_text("[include]\ngroups/press\n")
        assert [found["file"] for found in findings("rules", "fixtures")] == ["rules/groups/press.txt"]

    def test_a_file_of_yours_that_is_not_asked_for_is_told_too(self, desk: Path, tmp_path: Path) -> None:
        (desk / "given").mkdir()
        (desk / "given" / "bad.example.txt").write_text("[oops]\n")
        done = check("rules", "fixtures", "--rules", "given")
        assert done.exit_code == 2
        assert done.stderr.startswith("newsclean: given/bad.example.txt:1:2: unknown section [oops]")
        assert done.stdout == "rules: 2 proven, 0 not; fixtures: 1 hold, 0 do not\n"

    def test_a_rule_that_takes_for_ever(self, desk: Path) -> None:
        endless = f"[promo nav]\n(?:a|aa)+[bc]d\n  + aabd\n  - {'a' * 60}!abd\n"
        (desk / "rules" / "bad.example.txt").write_text(endless)
        done = check("rules", "fixtures")
        assert done.exit_code == 1
        assert done.stdout == (
            f"rules/bad.example.txt:2: runs out of time on {'a' * 60}!abd; "
            "bound its gaps, and let no two ways match the same text\n"
            "rules: 2 proven, 1 not; fixtures: 1 hold, 0 do not\n"
        )

    def test_a_fault_of_ours_costs_one_file(self, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def prove(ruleset: Any, drawn: Any) -> Iterator[Any]:
            raise ZeroDivisionError("by zero") if ruleset.name == "harbourpost.example" else StopIteration

        monkeypatch.setattr(checking, "prove", prove)
        (found,) = findings("rules")
        assert (found["code"], found["message"]) == ("crash", "newsclean failed on it (ZeroDivisionError: by zero)")


PROOFS = [
    pytest.param("Menu\n  - The menu", [("no-example", "error")], id="no-example"),
    pytest.param("Menu\n  + Menu", [("no-counterexample", "error")], id="no-counterexample"),
    pytest.param("Menu\n  + Home\n  - The menu", [("unproven", "error")], id="does-not-claim"),
    pytest.param("Men.*\n  + Menu\n  - Men at work", [("unproven", "error")], id="claims-its-counterexample"),
    pytest.param("Menu\n  + Menu\n  - A menu\nMenu|Me\n  + Me\n  - Mine", [("taken", "advice")], id="taken"),
    pytest.param("Menu\n  + Menu\n  - A menu\n[promo ad]\nMenu|Me\n  + Me\n  - Mine", [("taken", "error")], id="taken-as-something-else"),
]  # fmt: skip


class TestFindings:
    """Codes, and what comments allow."""

    @pytest.mark.parametrize(("rule", "codes"), PROOFS)
    def test_every_message_of_a_proof_has_its_code(self, desk: Path, rule: str, codes: list[tuple[str, str]]) -> None:
        (desk / "x.txt").write_text(f"[promo nav]\n{rule}\n")
        assert [(found["code"], found["severity"]) for found in findings("x.txt", "--no-lint")] == codes

    @pytest.mark.parametrize(("rule", "codes"), PROOFS)
    def test_a_comment_allows_what_is_no_failure(self, desk: Path, rule: str, codes: list[tuple[str, str]]) -> None:
        ((code, severity),) = codes
        (desk / "x.txt").write_text(f"[promo nav]\n# newsclean: allow {code} for a reason\n{rule}\n")
        left = [(found["code"], found["severity"]) for found in findings("x.txt", "--no-lint")]
        assert left == ([] if severity == "advice" else codes)

    def test_lints_can_be_left_out_and_a_comment_allows_them(self, desk: Path) -> None:
        rule = "Seen (today|now)? [Foto]\n  + Seen today F\n  - Seen (today) Foto\n"
        (desk / "x.txt").write_text(f"[promo nav]\n{rule}")
        codes = sorted({found["code"] for found in findings("x.txt")})
        assert codes
        assert set(codes) <= set(lint.CODES)
        assert findings("x.txt", "--no-lint") == []
        allows = "".join(f"# newsclean: allow {code} for a reason\n" for code in codes)
        (desk / "x.txt").write_text(f"[promo nav]\n{allows}{rule}")
        assert findings("x.txt") == []

    def test_a_signature_found_elsewhere_is_told_in_the_file_that_is_checked(self, desk: Path) -> None:
        (desk / "rules" / "rival.example.txt").write_text(
            "[publisher]\nPiers and Tides\n  + Piers and Tides\n  - Piers and tides\n"
        )
        (found,) = [found for found in findings("rules", "fixtures") if found["code"] == "foreign-signature"]
        assert (found["file"], found["line"], found["pattern"]) == ("rules/rival.example.txt", 2, "Piers and Tides")

    def test_processes_find_the_same_in_the_same_order(self, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for i in range(9):
            (desk / "rules" / f"paper{i}.example.txt").write_text(f"[promo nav]\nMenu {i}\n  + Menu\n  - A menu\n")
        alone = check("rules", "--jobs", "1")
        monkeypatch.setattr(checking, "PARALLEL_FROM_BYTES", 0)
        together = check("rules", "--jobs", "2")
        assert (together.exit_code, together.stdout, together.stderr) == (1, alone.stdout, alone.stderr)
        assert alone.stdout.count("does not claim its example") == 9

    def test_every_code_is_documented(self) -> None:
        table = [(row[0].strip("`"), row[1]) for row in rows(ROOT / "docs" / "check.md")]
        mine = {**checking.CODES, **coverage.CODES}
        assert [row for row in table if row[0] in mine] == list(mine.items())

    def test_no_two_parts_share_a_code(self) -> None:
        assert len(CODES) == len(checking.CODES) + len(lint.CODES) + len(coverage.CODES)
        assert {code for _, code in checking.FAILURES} <= set(checking.CODES)


class TestFixtures:
    """How a fixture that does not hold is told."""

    @pytest.mark.parametrize(
        ("answer", "changes"),
        [
            pytest.param(ANSWER, [], id="holds"),
            pytest.param(f"# A comment.\n\n{ANSWER}", [], id="comments-and-blank-lines"),
            pytest.param(
                ANSWER.replace("promo nav", "headline"),
                [Change(1, "headline | Piers and Tides", "promo nav | Piers and Tides", "rules/harbourpost.example.txt:7")],
                id="another-label",
            ),
            pytest.param(
                f"promo nav | Piers and Tides\nbyline | By Ines Valverde\nbody | {BODY}\n",
                [Change(3, "byline | By Ines Valverde", "", "")],
                id="a-line-that-is-not-in-the-dump",
            ),
            pytest.param(f"{ANSWER}body | The end.\n", [Change(3, "body | The end.", "", "")], id="one-behind-the-last"),
            pytest.param(
                f"body | {BODY}\n",
                [Change(1, "", "promo nav | Piers and Tides", "rules/harbourpost.example.txt:7")],
                id="a-line-that-the-answer-lacks",
            ),
            pytest.param(
                ANSWER.replace("goat", "sheep"),
                [Change(3, f"body | {BODY}".replace("goat", "sheep"), f"body | {BODY}", "")],
                id="another-text",
            ),
        ],
    )  # fmt: skip
    def test_changes(self, desk: Path, answer: str, changes: list[Change]) -> None:
        from newsclean import Cleaner

        path = Path("fixtures/harbourpost.example/ferry.txt")
        path.with_suffix(".labels").write_text(answer)
        cleaner = Cleaner(Library([Path("rules")]))
        assert Fixture(path, "harbourpost.example", must_fail=False).changes(cleaner) == changes

    def test_the_difference_is_told_line_by_line(self, desk: Path) -> None:
        answer = ANSWER.replace("promo nav", "headline") + "body | The end.\n"
        (desk / "fixtures" / "harbourpost.example" / "ferry.labels").write_text(answer)
        done = check("rules", "fixtures")
        assert done.exit_code == 1
        assert done.stdout == (
            "fixtures/harbourpost.example/ferry.txt:1: is not cleaned as ferry.labels says:\n"
            "  line 1, rules/harbourpost.example.txt:7:\n"
            "  -headline | Piers and Tides\n"
            "  +promo nav | Piers and Tides\n"
            "  line 3:\n"
            "  -body | The end.\n"
            "rules: 2 proven, 0 not; fixtures: 0 hold, 1 do not\n"
        )

    def test_it_is_coloured_on_a_terminal(self, desk: Path) -> None:
        (desk / "fixtures" / "harbourpost.example" / "ferry.labels").write_text(ANSWER.replace("goat", "\x1b[2J"))
        child = pexpect.spawn(
            sys.executable, ["-m", "newsclean", "check"], dimensions=(40, 80), timeout=60, encoding="utf-8",
            cwd=str(desk), env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm-256color"},
        )  # fmt: skip
        out = child.read()
        assert "\x1b[32m  -body | " in out
        assert "\x1b[31m  +body | " in out
        assert "\x1b[2J" not in out

    @pytest.mark.parametrize(
        ("file", "content", "message"),
        [
            pytest.param("ferry.labels", b"body | x\nno label\n", "harbourpost.example/ferry.labels:2: ", id="an-answer-with-no-label"),
            pytest.param("ferry.labels", b"body | \xff\n", "harbourpost.example/ferry.labels: is not UTF-8; save the file as UTF-8", id="an-answer-in-no-utf-8"),
            pytest.param("ferry.txt", b"", "harbourpost.example/ferry.txt: is empty", id="an-empty-dump"),
            pytest.param("../nobody.example/a.labels", b"body | x\n", "nobody.example/a.txt: does not exist", id="no-dump"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_compared(self, desk: Path, file: str, content: bytes, message: str) -> None:
        path = desk / "fixtures" / "harbourpost.example" / file
        path.parent.mkdir(exist_ok=True)
        (desk / "fixtures" / "nobody.example").mkdir(exist_ok=True)
        path.write_bytes(content)
        done = check("rules", "fixtures", "--update")
        assert done.exit_code == 1
        assert done.stderr.startswith(f"newsclean: fixtures/{message}")
        assert findings("rules", "fixtures")[0]["code"] == "fixture-unread"

    @pytest.mark.parametrize(
        ("rule", "message"),
        [
            pytest.param("(?:Piers and Tides", "2:19: not a regex: missing )", id="the-pattern"),
            pytest.param("The ferry left .*\n  to (?:goat", "2:8: not a regex: missing )", id="the-end-of-a-block"),
        ],
    )
    def test_a_bundled_rule_that_is_no_regex_is_told(self, desk: Path, rule: str, message: str) -> None:
        """The bundled ones are compiled when they are first tried, and who contributes is at work on them."""
        (desk / "bundled" / "common").mkdir()
        (desk / "bundled" / "common" / "zz.txt").write_text(f"[promo nav]\n{rule}\n  + Tides\n  - Tide\n")
        done = check("rules", "fixtures")
        assert done.exit_code == 1
        assert f"ferry.txt: is not cleaned: common/zz.txt:{message}" in done.stderr

    def test_a_bundled_rule_is_no_duplicate_of_itself_where_another_file_is_broken(self, desk: Path) -> None:
        (desk / "bundled" / "common").mkdir()
        (desk / "bundled" / "common" / "zz.txt").write_text("[promo nav]\nTides\n  + Tides\n  - Tide\n")
        (desk / "bundled" / "bad.example.txt").write_text("[oops]\n")
        assert [found["code"] for found in findings("bundled/common/zz.txt")] == ["syntax"]


class TestCoverage:
    """Which rules are used."""

    @pytest.fixture
    def covered(self, desk: Path) -> Path:
        rules = (
            "[promo nav]\nPiers and .{3,9}\n  + Piers and Tides\n  - Piers\n"
            "Piers and Tides\n  + Piers and Tides\n  - Piers and tides\n"
            "All Tides\n  + All Tides\n  - All tides\n"
        )
        (desk / "rules" / "harbourpost.example.txt").write_text(rules)
        return desk

    def test_of_fixtures(self, covered: Path) -> None:
        done = check("rules", "fixtures", "--coverage")
        assert done.exit_code == 0
        assert done.stdout == (
            "coverage over 1 fixtures: 2 of 3 rules are exercised (66%)\n"
            "  rules/harbourpost.example.txt                           2 of      3   66%\n"
            "        2  overruled  promo nav           Piers and .{3,9}\n"
            "        8      never  promo nav           All Tides\n"
            "rules: 3 proven, 0 not; fixtures: 1 hold, 0 do not\n"
        )

    def test_a_comment_allows_a_rule_to_be_unused(self, covered: Path) -> None:
        path = covered / "rules" / "harbourpost.example.txt"
        allow = "# newsclean: allow unexercised nobody has found a page with it\nAll Tides\n"
        path.write_text(path.read_text().replace("All Tides\n", allow, 1))
        shown = check("rules", "fixtures", "--coverage").stdout
        assert "2 of 3 rules" in shown
        assert "All Tides" not in shown

    def test_a_signature_is_exercised_in_its_own_fixture(self, desk: Path) -> None:
        fixture = desk / "fixtures" / "harbourpost.example" / "ferry.txt"
        shares = []
        for page in (PAGE, f"{PAGE}\nThe Harbour Post is printed on Pier 4\n"):
            fixture.write_text(page)
            shares.append(check("rules", "fixtures", "--coverage", "--update").stdout.partition("\n")[0])
        assert shares == [
            "coverage over 1 fixtures: 1 of 2 rules are exercised (50%)",
            "coverage over 1 fixtures: 2 of 2 rules are exercised (100%)",
        ]

    def test_of_a_corpus(self, covered: Path) -> None:
        pages = [{"text": PAGE, "publisher": "harbourpost.example"}, {"text": BODY}, {"text": ""}]
        (covered / "dump.jsonl").write_text("".join(f"{json.dumps(page)}\n" for page in pages))
        done = check("rules", "--corpus", "dump.jsonl")
        assert done.exit_code == 1
        assert done.stderr.startswith("newsclean: dump.jsonl:3: has no text in its field text (blank).")
        assert done.stdout.startswith(
            "coverage over dump.jsonl: 2 articles: 1 of 3 rules fire (33%)\n"
            "  rules/harbourpost.example.txt                           1 of      3   33%\n"
            "        2          0  promo nav           Piers and .{3,9}\n"
            "        5          1  promo nav           Piers and Tides\n"
        )

    def test_a_corpus_is_not_held_in_memory(self) -> None:
        held = []

        def chunks() -> Iterator[Done]:
            for _ in range(5):
                done = Done()
                held.append(sys.getrefcount(done))
                yield done

        coverage.over_corpus("dump", chunks(), {})
        assert len(set(held)) == 1

    def test_in_other_formats_it_is_advice(self, covered: Path) -> None:
        lines = check("rules", "fixtures", "--no-lint", "--coverage", "--output-format", "github").stdout.splitlines()
        assert [line for line in lines if "title=taken" not in line] == [
            "::notice file=rules/harbourpost.example.txt,line=2,title=overruled::matches in fixtures, but stronger rules decide there",
            "::notice file=rules/harbourpost.example.txt,line=8,title=unexercised::no fixture exercises the rule",
        ]

    def test_bundled_rules_are_known_by_whatever_name_they_are_given(self, desk: Path) -> None:
        (desk / "page.txt").write_text("Related\n\n" + PAGE)
        done = check(str(bundled() / "bbc.com.txt"), "--corpus", "page.txt", "--output-format", "json")
        (over,) = json.loads(done.stdout)["coverage"]
        assert {Path(rule["file"]).name for rule in over["rules"]} == {"bbc.com.txt"}

    def test_without_fixtures_there_is_none(self, newsclean: Run, desk: Path) -> None:
        done = newsclean("check", "rules", "--coverage")
        assert (done.returncode, done.stderr) == (
            2,
            "newsclean: --coverage needs fixtures: name a folder of dumps with .labels beside them, or use --corpus\n",
        )


class TestBaseline:
    """What is accepted fails no more; what is new does."""

    @pytest.fixture
    def noted(self, desk: Path) -> Path:
        path = desk / "rules" / "old.example.txt"
        path.write_text("[promo nav]\nMenu\n  + Menu\n")
        done = check("rules", "fixtures", "--write-baseline", "base.json")
        assert (done.exit_code, done.stderr) == (0, "newsclean: base.json: 1 findings noted\n")
        return path

    def test_lines_may_move(self, noted: Path) -> None:
        noted.write_text("# A comment.\n\n" + noted.read_text())
        done = check("rules", "fixtures", "--baseline", "base.json")
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout == ("rules: 2 proven, 1 not; fixtures: 1 hold, 0 do not; 1 known findings accepted\n")

    def test_what_is_new_fails(self, noted: Path) -> None:
        noted.write_text(noted.read_text() + "Home\n  + Home\n")
        done = check("rules", "fixtures", "--baseline", "base.json")
        assert done.exit_code == 1
        assert done.stdout.startswith(
            "rules/old.example.txt:4: has no counter-example: add a line '  - TEXT' that it must not claim\nrules: "
        )

    def test_what_is_mended_is_told(self, noted: Path) -> None:
        noted.write_text(noted.read_text() + "  - A menu\n")
        done = check("rules", "fixtures", "--baseline", "base.json")
        assert done.exit_code == 0
        assert done.stderr == (
            "newsclean: advice: rules/old.example.txt: no-counterexample of Menu is not found any more: "
            "write base.json anew with --write-baseline\n"
        )

    def test_what_is_not_checked_is_not_missed(self, noted: Path) -> None:
        assert check("rules/harbourpost.example.txt", "--baseline", "base.json").stderr == ""

    def test_a_baseline_that_is_not_there(self, newsclean: Run, desk: Path) -> None:
        done = newsclean("check", "--baseline", "none.json")
        assert (done.returncode, done.stderr) == (
            2,
            "newsclean: none.json: can't be read: No such file or directory; --write-baseline makes one\n",
        )


@pytest.mark.parametrize("form", ["json", "github", "junit", "sarif", "text"])
@pytest.mark.parametrize(
    ("rule", "code"),
    [
        pytest.param("[promo nav]\nMenu\n  + Menu\n  - A menu\n", 0, id="fine"),
        pytest.param("[promo nav]\nMenu\n  + Menu\n", 1, id="fails"),
        pytest.param("[oops]\n", 2, id="broken"),
    ],
)
def test_exit_codes_and_the_file_do_not_depend_on_the_format(desk: Path, form: str, rule: str, code: int) -> None:
    (desk / "rules" / "x.example.txt").write_text(rule)
    shown = check("rules", "fixtures", "--output-format", form)
    written = check("rules", "fixtures", "--output-format", form, "-o", "report")
    assert (shown.exit_code, written.exit_code, written.stdout) == (code, code, "")
    assert (desk / "report").read_text(encoding="utf-8") == shown.stdout
    assert f"rules: {2 + (not code)} proven, {int(code == 1)} not; fixtures: 1 hold" in written.stderr


class TestAutomation:
    """The hooks for pre-commit and the workflow for GitHub."""

    HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    @pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
    def test_a_hook_runs(self, desk: Path, hook: dict[str, Any]) -> None:
        assert hook["language"] == "python"
        assert hook["id"].startswith("newsclean-check")
        tracked = [path.relative_to(desk).as_posix() for path in desk.rglob("*") if path.is_file()]
        changed = [path for path in tracked if re.search(hook["files"], path)]
        assert "rules/harbourpost.example.txt" in changed
        _, *words = shlex.split(hook["entry"]) + hook.get("args", [])
        names = changed if hook.get("pass_filenames", True) else []
        assert check(*words[1:], *names).exit_code == 0
        (desk / "rules" / "harbourpost.example.txt").write_text("[promo nav]\nMenu\n")
        assert check(*words[1:], *names).exit_code == 1

    def test_the_workflow_that_is_shown_runs(self, desk: Path) -> None:
        (block,) = [
            block
            for block in BLOCKS
            if block.page.name == "check.md" and block.language == "yaml" and "jobs:" in block.text
        ]
        workflow = yaml.safe_load(block.text)
        assert set(workflow[True]) == {"push", "pull_request"}  # YAML takes `on` for true
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        commands = [shlex.split(step["run"]) for step in steps if step.get("run", "").startswith("newsclean")]
        assert [check(*command[2:]).exit_code for command in commands] == [0] * len(commands)
        (upload,) = [step["with"]["sarif_file"] for step in steps if "upload-sarif" in step.get("uses", "")]
        assert (desk / upload).is_file()

    def test_the_configuration_that_is_shown_names_the_hooks(self) -> None:
        (block,) = [
            block
            for block in BLOCKS
            if block.page.name == "check.md" and block.language == "yaml" and "repos:" in block.text
        ]
        (repo,) = yaml.safe_load(block.text)["repos"]
        assert {hook["id"] for hook in repo["hooks"]} <= {hook["id"] for hook in self.HOOKS}
