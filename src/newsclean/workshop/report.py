"""What a check found, written for people, scripts and CI services; and the baseline of what is accepted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import newsclean
from newsclean.model import UsageError
from newsclean.workshop import checking, coverage, lint
from newsclean.workshop.checking import BROKEN, Noted
from newsclean.workshop.coverage import Coverage, Use
from newsclean.workshop.findings import Finding, Severity

CODES: Mapping[str, str] = {**checking.CODES, **lint.CODES, **coverage.CODES}
"""Every code that a report may hold, and one sentence on it."""
UNCHECKED = BROKEN | {"fixture-unread"}
"""What could not be checked, where other errors say what a check found."""
MEASURED = frozenset(("dear", "slow"))
"""What is measured, and may be found in one run and not in the next."""
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# What a terminal would obey, XML can't hold, or nobody sees; line breaks and tabs aside.
_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Report:
    """What a check came to.

    `rules` and `fixtures` are the files that were checked. `proven` and `failed` count rules, `held` and `missed`
    fixtures; `missed` does not know of a baseline. `accepted` findings are left out of `noted`, and `gone` are
    the baseline's entries that no longer occur.
    """

    noted: tuple[Noted, ...]
    rules: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()
    proven: int = 0
    failed: int = 0
    held: int = 0
    missed: int = 0
    coverages: tuple[Coverage, ...] = ()
    accepted: int = 0
    gone: tuple[Entry, ...] = ()

    @property
    def summary(self) -> str:
        """What was checked, in a line."""
        known = f"; {self.accepted} known findings accepted" if self.accepted else ""
        return (
            f"rules: {self.proven} proven, {self.failed} not; fixtures: {self.held} hold, {self.missed} do not{known}"
        )

    def told(self) -> list[Noted]:
        """Return all findings, those of the coverage too."""
        return [*self.noted, *(Noted(*pair) for covered in self.coverages for pair in covered.findings())]


def visible(text: str) -> str:
    """Return the text with nothing in it that a terminal would obey or XML can't hold."""
    return _COMMANDS.sub("\ufffd", text)


# --- Formats


def to_text(report: Report) -> str:
    """Return the report as people read it: the errors that a check found, the coverage, and the summary."""
    return "".join(f"{line}\n" for line in text_lines(report))


def text_lines(report: Report) -> Iterator[str]:
    """Yield what a check found wrong, then the coverage and the summary. What could not be checked is not among it."""
    for finding, _ in report.noted:
        if finding.severity is Severity.ERROR and finding.code not in UNCHECKED:
            yield from visible(str(finding)).split("\n")
    for covered in report.coverages:
        yield from _coverage_lines(covered)
    if report.proven or report.failed or report.fixtures:
        yield report.summary


def _coverage_lines(covered: Coverage) -> Iterator[str]:
    verb = "fire" if covered.is_corpus else "are exercised"
    over = f"{covered.over}: {covered.articles:,} articles" if covered.is_corpus else covered.over
    yield visible(
        f"coverage over {over}: {covered.used:,} of {len(covered.uses):,} rules {verb} "
        f"({_share(covered.used, len(covered.uses))})"
    )
    for file, uses in covered.by_file().items():
        used = sum(use.decided > 0 or use.matches for use in uses)
        yield visible(f"  {file:<50} {used:>6,} of {len(uses):>6,}  {_share(used, len(uses)):>4}")
        for use in uses:
            # A corpus counts; fixtures are only to leave no rule out.
            if covered.is_corpus or covered.code(use):
                yield visible(_use_line(use, covered.is_corpus))


def _use_line(use: Use, is_corpus: bool) -> str:
    said = f"{use.decided:,}" if is_corpus else "overruled" if use.matches else "never"
    line = f"    {use.place.line:>5}  {said:>9}  {_what(use):<18}  "
    room = max(80 - len(line), 20)
    pattern = use.rule.pattern
    return line + (pattern if len(pattern) <= room else pattern[: room - 1] + "…")


def _what(use: Use) -> str:
    return " ".join(filter(None, (use.rule.label or "publisher", use.rule.kind)))


def _share(part: int, whole: int) -> str:
    # 100% is all, and nothing less.
    return f"{int(100 * part / whole) if whole else 100}%"


def to_json(report: Report) -> str:
    """Return the report as JSON."""
    data = {
        "version": 1,
        "rules": {"files": len(report.rules), "proven": report.proven, "failed": report.failed},
        "fixtures": {"files": len(report.fixtures), "hold": report.held, "missed": report.missed},
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity,
                "file": finding.place.file,
                "line": finding.place.line or None,
                "column": finding.column or None,
                "message": finding.message,
                "remedy": finding.remedy or None,
                "source": finding.source or None,
                "pattern": pattern or None,
            }
            for finding, pattern in report.noted
        ],
        "coverage": [_json_coverage(covered) for covered in report.coverages],
        "baseline": {"accepted": report.accepted, "gone": [entry.to_dict() for entry in report.gone]},
    }
    return json.dumps(data, indent=2) + "\n"


def _json_coverage(covered: Coverage) -> dict[str, Any]:
    return {
        "over": covered.over,
        "articles": covered.articles,
        "failed": covered.failed,
        "used": covered.used,
        "rules": [
            {
                "file": use.place.file,
                "line": use.place.line,
                "label": use.rule.label,
                "kind": use.rule.kind,
                "pattern": use.rule.pattern,
                "articles": use.decided,
                "matches": None if covered.is_corpus else use.matches or use.decided > 0,
            }
            for use in covered.uses
        ],
    }


def _said(finding: Finding) -> str:
    """Return what is wrong and what to do about it, without the place."""
    return visible(finding.message + (f"; {finding.remedy}" if finding.remedy else ""))


def to_github(report: Report) -> str:
    """Return the findings as workflow commands of GitHub Actions."""
    return "".join(f"{_annotation(noted.finding)}\n" for noted in report.told())


def _annotation(finding: Finding) -> str:
    command = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}[finding.severity]
    told = {"file": visible(finding.place.file)}
    if finding.place.line:
        told["line"] = str(finding.place.line)
    if finding.column:
        told["col"] = str(finding.column)
    told["title"] = finding.code
    properties = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in told.items())
    return f"::{command} {properties}::{_escaped(_said(finding))}"


def _escaped(text: str, also: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in "%\r\n" + also else char for char in text)


def to_junit(report: Report) -> str:
    """Return the report as JUnit XML: a suite of rule files and one of fixtures, a case for each file."""
    import xml.etree.ElementTree as ET

    by_file: dict[str, list[Finding]] = {}
    for finding, _ in report.told():
        by_file.setdefault(finding.place.file, []).append(finding)
    # An answer is its dump's.
    fixtures = {file: [file, str(Path(file).with_suffix(".labels").as_posix())] for file in report.fixtures}
    of_fixtures = {name for names in fixtures.values() for name in names}
    rules = {file: [file] for file in dict.fromkeys([*report.rules, *by_file]) if file not in of_fixtures}
    root = ET.Element("testsuites", name="newsclean check")
    for name, cases in (("rules", rules), ("fixtures", fixtures)):
        suite = ET.SubElement(root, "testsuite", name=name, tests=str(len(cases)))
        failures = errors = 0
        for file, names in cases.items():
            case = ET.SubElement(suite, "testcase", name=visible(file), classname=name)
            found = [finding for name in names for finding in by_file.get(name, ())]
            failing = [finding for finding in found if finding.severity is Severity.ERROR]
            if failing:
                is_error = any(finding.code in UNCHECKED for finding in failing)
                errors, failures = errors + is_error, failures + (not is_error)
                kind, message = failing[0].code, _said(failing[0]).partition("\n")[0]
                # Services show the first element only: all is in it.
                element = ET.SubElement(case, "error" if is_error else "failure", type=kind, message=message)
                element.text = visible("\n".join(map(str, failing)))
            if told := [finding for finding in found if finding.severity is not Severity.ERROR]:
                lines = (f"{finding.severity}: {finding}" for finding in told)
                ET.SubElement(case, "system-out").text = visible("\n".join(lines))
        suite.set("failures", str(failures))
        suite.set("errors", str(errors))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def to_sarif(report: Report) -> str:
    """Return the findings as SARIF 2.1.0."""
    told = report.told()
    codes = sorted({noted.finding.code for noted in told})
    rules = [{"id": code, "shortDescription": {"text": CODES.get(code, code)}} for code in codes]
    driver = {"name": "newsclean", "version": newsclean.__version__, "rules": rules}
    results = [
        {
            "ruleId": noted.finding.code,
            "ruleIndex": codes.index(noted.finding.code),
            "level": {Severity.ERROR: "error", Severity.WARNING: "warning"}.get(noted.finding.severity, "note"),
            "message": {"text": _said(noted.finding)},
            "locations": [{"physicalLocation": _location(noted.finding)}],
            "partialFingerprints": {"newsclean/v1": "|".join(Entry.of(noted).identity)},
        }
        for noted in told
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _location(finding: Finding) -> dict[str, Any]:
    file = finding.place.file
    uri = Path(file).as_uri() if Path(file).is_absolute() else quote(file, errors="replace")
    location: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if finding.place.line:
        column = {"startColumn": finding.column} if finding.column else {}
        location["region"] = {"startLine": finding.place.line, **column}
    return location


# --- The baseline


@dataclass(frozen=True, slots=True)
class Entry:
    """What a baseline accepts: so many findings with a code in a file, of the rule with a pattern."""

    code: str
    file: str
    pattern: str
    count: int = field(default=1, compare=False)

    @classmethod
    def of(cls, noted: Noted) -> Entry:
        """Return what a finding is known by: not by its line, which moves."""
        return cls(noted.finding.code, noted.finding.place.file, noted.pattern)

    @property
    def identity(self) -> tuple[str, str, str]:
        """Code, file and pattern."""
        return self.code, self.file, self.pattern

    def __str__(self) -> str:
        return f"{self.file}: {self.code}" + (f" of {self.pattern}" if self.pattern else "")

    def to_dict(self) -> dict[str, str | int]:
        """Return it as plain data."""
        return {"code": self.code, "file": self.file, "pattern": self.pattern, "count": self.count}


def baseline_of(noted: Iterable[Noted]) -> str:
    """Return the text of a baseline that accepts these findings: JSON, an entry a line."""
    counts = Counter(map(Entry.of, noted))
    entries = sorted((Entry(*entry.identity, count) for entry, count in counts.items()), key=lambda e: e.identity)
    lines = ",\n".join(f"  {json.dumps(entry.to_dict())}" for entry in entries)
    return '{"version": 1, "findings": [' + (f"\n{lines}\n" if lines else "") + "]}\n"


def read_baseline(text: str, name: str) -> tuple[Entry, ...]:
    """Return the entries of a baseline; UsageError, with its name, if the text is none."""
    try:
        data = json.loads(text)
        if data["version"] != 1:
            raise ValueError("of another version")
        entries = tuple(Entry(*(row[key] for key in ("code", "file", "pattern", "count"))) for row in data["findings"])
        if not all({*map(type, entry.identity)} == {str} and type(entry.count) is int for entry in entries):
            raise ValueError("of another form")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        problem = (
            f"no JSON: {error}" if isinstance(error, json.JSONDecodeError) else "not as --write-baseline writes it"
        )
        raise UsageError(f"{name}: is no baseline ({problem}); write it anew with --write-baseline") from None
    return entries


def accept(
    noted: Sequence[Noted], entries: Sequence[Entry], checked: Iterable[str]
) -> tuple[tuple[Noted, ...], tuple[Entry, ...]]:
    """Return the findings that are new, and the entries that no longer occur.

    Where a baseline has two of a kind and there are three now, the last is new. An entry no longer occurs if its file
    is among those `checked`, or is not there any more, and if what it says is not measured anew each time.
    """
    left: Counter[Entry] = Counter()
    for entry in entries:
        left[entry] += entry.count
    new = []
    for one in noted:
        key = Entry.of(one)
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append(one)
    names = set(checked)
    gone = tuple(
        Entry(*entry.identity, count)
        for entry, count in left.items()
        if count > 0 and entry.code not in MEASURED and (entry.file in names or not Path(entry.file).exists())
    )
    return tuple(new), gone
