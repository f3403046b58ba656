"""`newsclean check`: are the rules proven and sound, do the fixtures hold, which rules are never used."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsclean.cli.common import FAILED, USAGE, JobsOption, RulesOption, cores, output, tell, writing

if TYPE_CHECKING:
    from newsclean.fixtures import Fixture
    from newsclean.library import Library
    from newsclean.model import Place
    from newsclean.workshop.checking import Noted, Watched
    from newsclean.workshop.coverage import Coverage
    from newsclean.workshop.report import Entry, Report


class ReportFormat(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"


def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH...",
            exists=True,
            show_default=False,
            help="Rule files, folders of rules or of fixtures. Default: rules/ and fixtures/ here, else those bundled.",
        ),
    ] = None,
    rules: RulesOption = None,
    update: Annotated[bool, typer.Option("--update", help="Rewrite the answers of fixtures that differ.")] = False,
    lint: Annotated[
        bool, typer.Option("--lint/--no-lint", help="Say what looks wrong in rules, proven or not.")
    ] = True,
    coverage: Annotated[bool, typer.Option("--coverage", help="Tell which rules no fixture exercises.")] = False,
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            "--corpus",
            metavar="FILE",
            help="Tell how often each rule fires over a file or folder of articles. More than once: over all.",
        ),
    ] = None,
    form: Annotated[
        ReportFormat, typer.Option("--output-format", help="How to write what is found.")
    ] = ReportFormat.TEXT,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Write the report there.")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", dir_okay=False, help="Accept what is noted there."),
    ] = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option("--write-baseline", metavar="FILE", dir_okay=False, help="Note all findings there."),
    ] = None,
    jobs: JobsOption = None,
) -> None:
    """Prove every rule by its examples, and compare fixtures with their answers."""
    from newsclean.workshop.report import accept, baseline_of

    entries = _entries(baseline)
    report = _report(*_asked(paths), rules, update, lint, coverage, corpus or (), jobs or cores())
    if write_baseline:
        with output(write_baseline) as stream:
            stream.write(baseline_of(report.noted))
        tell(f"{write_baseline}: {len(report.noted)} findings noted")
        entries = _entries(write_baseline)
    new, gone = accept(report.noted, entries, (*report.rules, *report.fixtures))
    report = replace(report, noted=new, accepted=len(report.noted) - len(new), gone=gone)
    _tell(report, form, baseline)
    if out:
        with output(out) as stream:
            stream.write(_rendered(report, form))
        tell(report.summary)
    elif form is ReportFormat.TEXT and sys.stdout.isatty():
        _draw(report)
    else:
        with writing(None):
            sys.stdout.write(_rendered(report, form))
    _leave(report)


def _entries(baseline: Path | None) -> tuple[Entry, ...]:
    """Return what a baseline accepts: nothing where there is none."""
    from newsclean.model import UsageError
    from newsclean.workshop.report import read_baseline

    if baseline is None:
        return ()
    try:
        text = baseline.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{baseline}: can't be read: {error.strerror}; --write-baseline makes one") from None
    except UnicodeDecodeError:
        text = ""
    return read_baseline(text, str(baseline))


def _tell(report: Report, form: ReportFormat, baseline: Path | None) -> None:
    """Say on standard error what is not the report itself."""
    from newsclean.workshop.findings import Severity
    from newsclean.workshop.report import UNCHECKED

    for finding, _ in report.noted if form is ReportFormat.TEXT else ():
        if finding.severity is not Severity.ERROR:
            tell(finding, kind=finding.severity)
        elif finding.code in UNCHECKED:
            tell(finding)
    for entry in report.gone:
        tell(f"{entry} is not found any more: write {baseline} anew with --write-baseline", kind="advice")


def _rendered(report: Report, form: ReportFormat) -> str:
    from newsclean.workshop import report as formats

    return {
        ReportFormat.TEXT: formats.to_text,
        ReportFormat.JSON: formats.to_json,
        ReportFormat.GITHUB: formats.to_github,
        ReportFormat.JUNIT: formats.to_junit,
        ReportFormat.SARIF: formats.to_sarif,
    }[form](report)


def _draw(report: Report) -> None:
    """Show the report on a terminal: what a fixture should be in green, what it is in red."""
    from rich.text import Text

    from newsclean.cli.screen import console
    from newsclean.workshop.report import text_lines

    screen = console()
    for line in text_lines(report):
        style = {"  -": "green", "  +": "red"}.get(line[:3], "")
        screen.print(Text(line, style), soft_wrap=True)


def _leave(report: Report) -> None:
    """End with the exit code that the findings ask for."""
    from newsclean.workshop.checking import BROKEN
    from newsclean.workshop.findings import Severity

    errors = [finding for finding, _ in report.noted if finding.severity is Severity.ERROR]
    if errors:
        raise typer.Exit(USAGE if any(finding.code in BROKEN for finding in errors) else FAILED)
    if any(covered.is_corpus and covered.failed for covered in report.coverages):
        raise typer.Exit(FAILED)
    if not (report.proven or report.held or report.accepted):
        tell("nothing was checked: there are neither rules nor fixtures (dumps with .labels beside them) here")
        raise typer.Exit(FAILED)


# --- What is checked


def _asked(paths: Sequence[Path] | None) -> tuple[list[Path], list[Path]]:
    """Return the paths of rules and the folders of fixtures that are asked for."""
    from newsclean.library import bundled

    asked = paths or [path for path in [Path()] if _parts(path)] or [bundled()]
    found = [part for path in asked for part in _parts(path) or [path]]
    with_fixtures = [path for path in found if path.is_dir() and next(path.rglob("*.labels"), None)]
    return [path for path in found if path not in with_fixtures], with_fixtures


def _parts(path: Path) -> list[Path]:
    """Return the folders of rules and of fixtures in a project's folder."""
    return [path / name for name in ("rules", "fixtures") if (path / name).is_dir()]


def _report(
    paths: Sequence[Path],
    folders: Sequence[Path],
    given: list[Path] | None,
    update: bool,
    lint: bool,
    coverage: bool,
    corpus: Sequence[str],
    jobs: int,
) -> Report:
    """Check the rules in the paths and the fixtures in the folders."""
    from newsclean import settings
    from newsclean.fixtures import find
    from newsclean.library import bundled
    from newsclean.model import UsageError
    from newsclean.workshop import checking
    from newsclean.workshop.report import Report

    files = [file for path in paths for file in checking.rule_files(path, "" if path == bundled() else None)]
    fixtures = [fixture for folder in folders for fixture in find(folder)]
    if coverage and not fixtures:
        raise UsageError("--coverage needs fixtures: name a folder of dumps with .labels beside them, or use --corpus")
    standing = [folder.path for folder in settings.folders(given or ())]
    above = [*standing, *(path for path in paths if not checking.shown_in(standing, path))]
    whole, noted = checking.usable(above, {file.path.resolve(): file.shown for file in files})
    called = [checking.shown_in(above, file.path) for file in files]
    tasks = [
        (file, checking.known_to(whole, file, name) if lint else None) for file, name in zip(files, called, strict=True)
    ]
    checked = list(checking.check_files(tasks, jobs=jobs))
    by_name = dict(zip(called, checked, strict=True))
    noted += (one for file in checked for one in file.noted)
    noted += checking.dear_rules(checked)
    noted += checking.foreign(whole, fixtures, by_name) if lint else ()
    missed = list(_compare(whole, fixtures, update))
    return Report(
        (*noted, *missed),
        tuple(file.shown for file in files),
        tuple(fixture.path.as_posix() for fixture in fixtures),
        sum(one.proven for one in checked),
        sum(one.failed for one in checked),
        len(fixtures) - len(missed),
        len(missed),
        tuple(_coverages(whole, fixtures if coverage else [], corpus, checking.watched(by_name), jobs)),
    )


def _compare(library: Library, fixtures: Sequence[Fixture], update: bool) -> Iterator[Noted]:
    """Yield what is wrong with the fixtures, and rewrite the answers that differ, if asked to."""
    from newsclean.cleaning import Cleaner
    from newsclean.render import to_labels
    from newsclean.workshop.checking import Noted, judge

    if not fixtures:
        return
    cleaner = Cleaner(library)
    for fixture in fixtures:
        finding = judge(fixture, cleaner)
        if finding and finding.code == "fixture" and update:
            fixture.answer.write_text(to_labels(fixture.clean(cleaner)), encoding="utf-8")
            tell(f"{fixture.answer}: rewritten")
        elif finding:
            yield Noted(finding, "")


def _coverages(
    library: Library,
    fixtures: Sequence[Fixture],
    corpus: Sequence[str],
    rules: Mapping[Place, Watched],
    jobs: int,
) -> Iterator[Coverage]:
    """Yield how much the rules are used over the fixtures, if there are any, and over the corpus, if there is one."""
    from newsclean.cli.run import Inputs, chunks
    from newsclean.workshop.coverage import over_corpus, over_fixtures, watching

    if fixtures:
        yield over_fixtures(library, fixtures, rules)
    if corpus:
        yield over_corpus(", ".join(corpus), chunks(Inputs(corpus), watching(library), jobs), rules)
