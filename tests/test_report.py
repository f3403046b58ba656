"""The formats of a report, each held to its published schema, and the baseline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

from newsclean.model import Label, Place, Rule, UsageError
from newsclean.workshop.checking import Noted
from newsclean.workshop.coverage import Coverage, Use
from newsclean.workshop.findings import Finding, Severity
from newsclean.workshop.report import (
    Entry,
    Report,
    accept,
    baseline_of,
    read_baseline,
    to_github,
    to_json,
    to_junit,
    to_sarif,
    to_text,
)

DATA = Path(__file__).parent / "data"
SARIF = jsonschema.Draft4Validator(json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")))
JUNIT = etree.XMLSchema(etree.parse(DATA / "junit-10.xsd"))
RULES = "rules/harbourpost.example.txt"
DUMP = "fixtures/harbourpost.example/ferry.txt"
HOSTILE = "\x1b[2J\x00\x85\u202e\ud800\uffff & <b> ]]> 100%,:\r\n\tend"


def found(
    code: str = "unproven", severity: Severity = Severity.ERROR, line: int = 3, column: int = 0, **more: str
) -> Noted:
    pattern = more.pop("pattern", "Menu")
    place = Place(more.pop("file", RULES), line)
    return Noted(Finding(code, severity, place, more.pop("message", "is wrong"), column=column, **more), pattern)


def report(*noted: Noted, **more: Any) -> Report:
    return Report(noted, **{"rules": (RULES,), "fixtures": (DUMP,), "proven": 4, "failed": 1, "held": 1, **more})


def uses() -> tuple[Use, ...]:
    rules = [Rule(Label.PROMO, "nav", "Menu" * 30, Place(RULES, line)) for line in (3, 6, 9)]
    seen = [(2, False), (0, True), (0, False)]
    return tuple(Use(rule, rule.place, *how) for rule, how in zip(rules, seen, strict=True))


REPORTS = [
    pytest.param(report(), id="nothing-found"),
    pytest.param(report(rules=(), fixtures=()), id="nothing-checked"),
    pytest.param(report(found(), found("taken", Severity.ADVICE), found("slow", Severity.WARNING)), id="each-severity"),
    pytest.param(report(found("syntax", column=7, source="[promo nva]", remedy="write nav")), id="with-a-column"),
    pytest.param(report(found("unreadable", line=0, pattern="")), id="of-a-whole-file"),
    pytest.param(report(found(message=HOSTILE, pattern=HOSTILE, source=HOSTILE, column=1)), id="hostile-text"),
    pytest.param(report(found(file=f"rules/é {HOSTILE}.txt")), id="hostile-file-name"),
    pytest.param(report(found(file="/tmp/rules/x.txt")), id="an-absolute-path"),
    pytest.param(report(found("fixture-unread", file=DUMP.replace(".txt", ".labels"))), id="of-an-answer"),
    pytest.param(report(found("of-a-later-version")), id="an-unknown-code"),
    pytest.param(report(coverages=(Coverage("3 fixtures", 3, uses()),)), id="with-coverage"),
]


@pytest.mark.parametrize("checked", REPORTS)
def test_sarif_is_as_its_schema_says(checked: Report) -> None:
    SARIF.validate(json.loads(to_sarif(checked)))


@pytest.mark.parametrize("checked", REPORTS)
def test_junit_is_as_its_schema_says(checked: Report) -> None:
    tree = etree.fromstring(to_junit(checked).encode())
    JUNIT.assertValid(tree)
    for suite in tree:
        for count, cases in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
            assert int(suite.get(count)) == len(suite.findall(cases))


@pytest.mark.parametrize("checked", REPORTS)
@pytest.mark.parametrize("form", [to_text, to_json, to_github, to_junit, to_sarif])
def test_nothing_reaches_a_terminal_that_it_would_obey(checked: Report, form: Any) -> None:
    text = form(checked)
    text.encode("utf-8")
    assert {char for char in text if not char.isprintable()} <= {"\n", "\t"}


@pytest.mark.parametrize(
    ("noted", "line"),
    [
        pytest.param(found(), f"::error file={RULES},line=3,title=unproven::is wrong", id="an-error"),
        pytest.param(
            found("slow", Severity.WARNING, 3, 5, remedy="bound it"),
            f"::warning file={RULES},line=3,col=5,title=slow::is wrong; bound it",
            id="a-warning-with-a-column",
        ),
        pytest.param(
            found("unreadable", Severity.ADVICE, 0),
            f"::notice file={RULES},title=unreadable::is wrong",
            id="advice-on-a-whole-file",
        ),
        pytest.param(
            found(file="a,b:c%.txt", message="50%: a, b\nc"),
            "::error file=a%2Cb%3Ac%25.txt,line=3,title=unproven::50%25: a, b%0Ac",
            id="what-the-runner-would-take-for-its-own",
        ),
    ],
)
def test_github_shows_it_beside_the_line(noted: Noted, line: str) -> None:
    assert to_github(report(noted)) == f"{line}\n"


def test_junit_has_a_case_for_each_file_and_all_that_is_wrong_in_its_first_element() -> None:
    answer = found("fixture-unread", line=2, file=DUMP.replace(".txt", ".labels"), message="is no label")
    advice = found("dear", Severity.ADVICE, message="is dear")
    tree = etree.fromstring(to_junit(report(found(), found(line=5), advice, answer)).encode())
    cases = {case.get("name"): case for case in tree.iter("testcase")}
    assert list(cases) == [RULES, DUMP]
    assert cases[RULES].findtext("failure") == f"{RULES}:3: is wrong\n{RULES}:5: is wrong"
    assert cases[RULES].findtext("system-out") == f"advice: {RULES}:3: is dear"
    assert cases[DUMP].find("error").get("message") == "is no label"


def test_sarif_tells_findings_apart_when_lines_move() -> None:
    prints = [
        json.loads(to_sarif(report(found(line=line, pattern=pattern))))["runs"][0]["results"][0]["partialFingerprints"]
        for line, pattern in ((3, "Menu"), (9, "Menu"), (3, "Home"))
    ]
    assert prints[0] == prints[1] != prints[2]


def test_json_has_it_all() -> None:
    noted = found("syntax", column=7, source="[promo nva]", remedy="write nav", pattern="[promo nva]")
    data = json.loads(to_json(report(noted, coverages=(Coverage("3 fixtures", 3, uses()),))))
    assert data["rules"] == {"files": 1, "proven": 4, "failed": 1}
    assert data["fixtures"] == {"files": 1, "hold": 1, "missed": 0}
    assert data["findings"] == [
        {
            "code": "syntax", "severity": "error", "file": RULES, "line": 3, "column": 7, "message": "is wrong",
            "remedy": "write nav", "source": "[promo nva]", "pattern": "[promo nva]",
        }
    ]  # fmt: skip
    assert [(rule["articles"], rule["matches"]) for rule in data["coverage"][0]["rules"]] == [
        (2, True),
        (0, True),
        (0, False),
    ]


@pytest.mark.parametrize(
    ("coverage", "lines"),
    [
        pytest.param(
            Coverage("3 fixtures", 3, uses()),
            [
                "coverage over 3 fixtures: 2 of 3 rules are exercised (66%)",
                f"  {RULES:<50}      2 of      3   66%",
                "        6  overruled  promo nav           MenuMenuMenuMenuMenuMenuMenuMenuMenuM…",
                "        9      never  promo nav           MenuMenuMenuMenuMenuMenuMenuMenuMenuM…",
            ],
            id="fixtures-tell-what-is-missing",
        ),
        pytest.param(
            Coverage("dump.jsonl", 1200, tuple(use._replace(matches=False) for use in uses()), is_corpus=True),
            [
                "coverage over dump.jsonl: 1,200 articles: 1 of 3 rules fire (33%)",
                f"  {RULES:<50}      1 of      3   33%",
                "        3          2  promo nav           MenuMenuMenuMenuMenuMenuMenuMenuMenuM…",
                "        6          0  promo nav           MenuMenuMenuMenuMenuMenuMenuMenuMenuM…",
                "        9          0  promo nav           MenuMenuMenuMenuMenuMenuMenuMenuMenuM…",
            ],
            id="a-corpus-counts",
        ),
        pytest.param(Coverage("3 fixtures", 3, ()), ["coverage over 3 fixtures: 0 of 0 rules are exercised (100%)"], id="no-rules"),
    ],
)  # fmt: skip
def test_coverage_fits_the_terminal(coverage: Coverage, lines: list[str]) -> None:
    shown = to_text(report(coverages=(coverage,))).splitlines()
    assert shown[:-1] == lines
    assert max(map(len, shown)) <= 80


def test_text_leaves_to_standard_error_what_is_no_failure_of_a_check() -> None:
    noted = [found(), found("syntax"), found("fixture-unread"), found("dear", Severity.ADVICE)]
    assert to_text(report(*noted)) == f"{RULES}:3: is wrong\nrules: 4 proven, 1 not; fixtures: 1 hold, 0 do not\n"


class TestBaseline:
    """What is accepted."""

    def test_it_is_read_as_it_was_written(self) -> None:
        noted = [found(), found(line=9), found("dear", Severity.ADVICE, pattern=HOSTILE), found(pattern="")]
        entries = read_baseline(baseline_of(noted), "b.json")
        assert sorted(entry.count for entry in entries) == [1, 1, 2]
        assert accept(noted, entries, [RULES]) == ((), ())
        assert read_baseline(baseline_of([]), "b.json") == ()

    @pytest.mark.parametrize(
        ("now", "new"),
        [
            pytest.param([found(line=70)], 0, id="the-line-has-moved"),
            pytest.param([found(message="says it otherwise")], 0, id="the-message-is-another"),
            pytest.param([found(), found()], 1, id="one-more-of-the-kind"),
            pytest.param([found("taken")], 1, id="another-code"),
            pytest.param([found(pattern="Home")], 1, id="another-rule"),
            pytest.param([found(file="rules/other.example.txt")], 1, id="another-file"),
        ],
    )
    def test_what_is_new(self, now: list[Noted], new: int) -> None:
        assert len(accept(now, read_baseline(baseline_of([found()]), "b.json"), ())[0]) == new

    @pytest.mark.parametrize(
        ("entry", "gone"),
        [
            pytest.param(Entry("unproven", RULES, "Menu", 2), ["rules/harbourpost.example.txt: unproven of Menu"], id="mended"),
            pytest.param(Entry("unproven", "rules/gone.txt", "Menu"), ["rules/gone.txt: unproven of Menu"], id="its-file-is-gone"),
            pytest.param(Entry("unproven", __file__, "Menu"), [], id="in-a-file-that-was-not-checked"),
            pytest.param(Entry("dear", RULES, "Menu"), [], id="measured-anew-each-time"),
            pytest.param(Entry("unreadable", RULES, ""), ["rules/harbourpost.example.txt: unreadable"], id="of-a-whole-file"),
        ],
    )  # fmt: skip
    def test_what_no_longer_occurs(self, entry: Entry, gone: list[str]) -> None:
        assert list(map(str, accept([], [entry], [RULES])[1])) == gone

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            pytest.param("", "no JSON: Expecting value: line 1 column 1 (char 0)", id="empty"),
            pytest.param("[" * 100_000, "not as --write-baseline writes it", id="nested-too-deep"),
            pytest.param("[]", "not as --write-baseline writes it", id="a-list"),
            pytest.param('{"version": 2, "findings": []}', "not as --write-baseline writes it", id="another-version"),
            pytest.param('{"version": 1, "findings": [{"code": "x"}]}', "not as --write-baseline writes it", id="a-key-missing"),
            pytest.param(
                '{"version": 1, "findings": [{"code": "x", "file": "x", "pattern": null, "count": 1}]}',
                "not as --write-baseline writes it",
                id="a-pattern-that-is-none",
            ),
        ],
    )  # fmt: skip
    def test_what_is_no_baseline(self, text: str, problem: str) -> None:
        with pytest.raises(UsageError) as caught:
            read_baseline(text, "b.json")
        assert str(caught.value) == f"b.json: is no baseline ({problem}); write it anew with --write-baseline"
