"""`newsclean FILE...`: the main job."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsclean.cli.common import (
    FAILED,
    FieldOption,
    GlobOption,
    InputOption,
    JobsOption,
    NoCommonOption,
    NoLabellerOption,
    PublisherOption,
    RulesOption,
    SplitOption,
    UrlOption,
    cleaner,
    cores,
    library,
    tell,
    writing,
)
from newsclean.model import KINDS, Label, UsageError
from newsclean.render import Format

if TYPE_CHECKING:
    from newsclean.batch import Task
    from newsclean.cli.run import Inputs
    from newsclean.library import Library


def clean(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="Texts, JSONL, CSV, TSV, Parquet, WET; compressed too. Folders, or - for standard input.",
            show_default=False,
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="Default: screen on a terminal, else json.", show_default=False),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR/",
            help="Write there. The ending picks format and compression; a folder gets a file an article.",
        ),
    ] = None,
    publisher: PublisherOption = None,
    url: UrlOption = None,
    rules: RulesOption = None,
    no_common: NoCommonOption = False,
    no_labeller: NoLabellerOption = False,
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="KIND,...", help="Kinds of promo to leave in the body, such as related."),
    ] = None,
    only: Annotated[Label | None, typer.Option("--only", help="Give out nothing but this.", show_default=False)] = None,
    spans: Annotated[
        bool, typer.Option("--spans", help="Add every span with its offsets and rule to the JSON.")
    ] = False,
    input_: InputOption = None,
    field: FieldOption = None,
    split: SplitOption = None,
    glob: GlobOption = None,
    jobs: JobsOption = None,
    errors: Annotated[
        Path | None,
        typer.Option("--errors", metavar="FILE", help="Write what could not be cleaned there, as it came, as JSONL."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first record that can't be cleaned.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an interrupted run with the same -o stopped.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No warnings, no progress, no summary.")] = False,
) -> None:
    """Clean articles: headline, byline, date, captions and body apart from the promo cruft."""
    from newsclean.batch import Task
    from newsclean.cli.run import Inputs, Settings, Stopped, run
    from newsclean.records import Reading, separator
    from newsclean.sources import PATTERNS

    if not files and sys.stdin.isatty():
        raise typer.BadParameter("nothing to clean: name a file or a folder, or pipe text in (--help tells more)")
    paths = files or ["-"]
    form = _format(format_, out)
    _refuse_contradictions(paths, out, errors, form, spans=spans, only=only)
    separator(split)
    rule_library = library(rules)
    task = Task(
        cleaner(rule_library, no_common=no_common, no_labeller=no_labeller),
        form,
        Reading(field, input_, split),
        publisher=publisher,
        url=url,
        spans=spans,
        keep=_kinds(keep, rule_library),
        only=only,
    )
    if publisher:
        task.cleaner.clean("", publisher=publisher)  # says so now if there is none
    inputs = Inputs(paths, glob or PATTERNS)
    if form is Format.SCREEN:
        failed = _draw(inputs, task, quiet=quiet)
    else:
        asked = [
            paths,
            inputs.patterns,
            form,
            task.reading,
            publisher,
            url,
            spans,
            sorted(task.keep),
            only,
            no_common,
            no_labeller,
            rule_library.fingerprint,
        ]
        settings = Settings(out, jobs or cores(), errors, strict, resume, quiet, asked)
        began = time.monotonic()
        try:
            tally = run(inputs, task, settings)
        except Stopped:
            raise typer.Exit(FAILED) from None
        failed = tally.failed
        if not quiet and tally.articles + failed > 1:
            from newsclean.cli.progress import summary

            tell(f"done\n{summary(tally, time.monotonic() - began)}")
    if failed:
        raise typer.Exit(FAILED)


def _format(asked: Format | None, out: str | None) -> Format:
    from newsclean.sinks import is_folder

    if out == "-":
        out = None
    if asked is Format.SCREEN and out is not None:
        raise typer.BadParameter("--format screen is for a terminal; a file takes json, text, markdown or labels")
    try:
        into_folder = out is not None and is_folder(out)
    except OSError as error:  # a name that is too long, for one
        raise typer.BadParameter(f"{out}: can't be written: {error.strerror}") from None
    if asked is not None:
        return asked
    if out is None:
        return Format.SCREEN if sys.stdout.isatty() else Format.JSON
    try:
        return Format.JSON if into_folder else Format.of_ending(out)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; or say --format") from None


def _refuse_contradictions(
    paths: list[str], out: str | None, errors: Path | None, form: Format, *, spans: bool, only: Label | None
) -> None:
    for path in map(Path, paths):
        for written in (Path(out) if out else None, errors):
            if written and _is_same_file(path, written):
                raise typer.BadParameter(f"{written} is one of the files to clean; write the result elsewhere")
    if errors and out and errors.absolute() == Path(out).absolute():
        raise typer.BadParameter(f"{out} is the result; write the errors elsewhere")
    if spans and form not in (Format.JSON, Format.CSV, Format.PARQUET):
        raise typer.BadParameter("--spans goes with --format json, csv or parquet")
    if only and form is Format.SCREEN:
        raise typer.BadParameter("--only is not for the screen; say --format text, for instance")


def _is_same_file(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b) and a.is_file()
    except OSError:  # one is not there, or its name is none
        return False


def _kinds(keep: str | None, rules: Library) -> frozenset[str]:
    """Return the kinds of promo in a list with commas.

    Raises:
        UsageError: If neither we nor any rule knows one of them.
    """
    kinds = [kind for kind in (keep or "").replace(",", " ").split() if kind not in KINDS]
    for kind in kinds:
        if not any(f"[promo {kind}]" in text for name in rules.names for _, text in rules.texts(name)):
            raise UsageError(f"--keep {kind}: no rule says so of anything; the kinds are: {', '.join(KINDS)}")
    return frozenset((keep or "").replace(",", " ").split())


def _draw(inputs: Inputs, task: Task, *, quiet: bool) -> int:
    """Draw each article on the terminal, and return how many records failed."""
    # rich takes longer to import than an article takes to clean.
    from newsclean.cli import screen
    from newsclean.cli.progress import Bar
    from newsclean.records import load
    from newsclean.sources import SourceError

    failed = 0
    with writing(None):
        for record in inputs.records(task, Bar((), (), quiet=True)):
            for source in load(record, task.reading):
                if isinstance(source, SourceError):
                    failed += 1
                    tell(source)
                    continue
                shown = task.clean(source).keeping(task.keep)
                screen.draw(shown, source=source.name, encoding=source.encoding, console=screen.console())
    return failed
