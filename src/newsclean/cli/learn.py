"""`newsclean learn`: rule files out of a batch of articles."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsclean.cli.common import (
    FAILED,
    FieldOption,
    GlobOption,
    InputOption,
    JobsOption,
    RulesOption,
    SplitOption,
    UrlOption,
    cleaner,
    cores,
    library,
    output,
    tell,
    writing,
)
from newsclean.model import UsageError

if TYPE_CHECKING:
    from newsclean.batch import Done
    from newsclean.workshop.learning import Learned, Learner

NEWLINE = "\n"


def learn(
    batch: Annotated[
        list[str],
        typer.Argument(
            metavar="BATCH...",
            help="Texts, JSONL, CSV, TSV, Parquet, WET; compressed too. Folders, or - for standard input.",
        ),
    ],
    publisher: Annotated[
        str | None,
        typer.Option("--publisher", "-p", metavar="DOMAIN", help="All articles are its, instead of finding out."),
    ] = None,
    url: UrlOption = None,
    rules: RulesOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", file_okay=False, help="Write there, a file a publisher; none is replaced."
        ),
    ] = None,
    merge: Annotated[
        Path | None,
        typer.Option(
            *("--merge",),
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Add to this rule file, behind what it says.",
        ),
    ] = None,
    min_support: Annotated[
        str | None,
        typer.Option(
            "--min-support",
            metavar="N|P%",
            help="In how many of a publisher's articles a line stands at least. Default: 2%, and in 3.",
        ),
    ] = None,
    input_: InputOption = None,
    field: FieldOption = None,
    split: SplitOption = None,
    glob: GlobOption = None,
    jobs: JobsOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Learn rules from what recurs in articles of a publisher: a rule file, proven and ready for review."""
    from newsclean.cli.run import Inputs, chunks
    from newsclean.records import Reading, separator
    from newsclean.sources import PATTERNS
    from newsclean.workshop.learning import Learner, Support, Watch

    if merge and out:
        raise typer.BadParameter("--merge adds to its file; leave -o out")
    separator(split)
    support = Support.of(min_support) if min_support else Support()
    beside = _text(merge) if merge else ""
    known = library([*(rules or ()), *([merge] if merge else ())])
    common = [name for name in known.names if name.startswith("common/")]
    learner = Learner((ruleset for name in common for ruleset in known.rulesets(name, check=False)), support)
    watch = Watch(cleaner(known), reading=Reading(field, input_, split), publisher=publisher, url=url)
    failed = _read(chunks(Inputs(batch, glob or PATTERNS), watch, jobs or cores(), quiet=quiet), learner)
    groups = sorted(learner.groups)
    if merge and not publisher and merge.stem not in groups:
        raise UsageError(f"{merge}: too few articles are of {merge.stem}; say with --publisher whose they are")
    if not merge and not out and len(groups) > 1:
        shown = ", ".join(groups[:3]) + ", ..." * (len(groups) > 3)
        raise UsageError(f"the articles are of {len(groups)} publishers ({shown}); give -o DIR or --publisher DOMAIN")
    learned = learner.learn(only=merge.stem if merge and not publisher else None, beside=beside)
    failed += _write(learned, out, merge, beside)
    if not quiet:
        _sum_up(learned, learner)
    if failed:
        raise typer.Exit(FAILED)


def _text(file: Path) -> str:
    """Return the text of a rule file, line endings and all. UsageError if it can't be read as one."""
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{file}: is not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{file}: can't be read: {error.strerror or error}") from None


def _read(done: Iterable[Done], learner: Learner) -> int:
    """Let the learner have all articles, and return how many records none could be made of."""
    from newsclean.batch import Failed
    from newsclean.workshop.learning import observed

    failed = 0
    for outcome in (outcome for chunk in done for outcome in chunk.outcomes):
        if isinstance(outcome, Failed):
            failed += 1
        else:
            learner.add(observed(outcome))
    return failed


def _write(learned: Sequence[Learned], out: Path | None, merge: Path | None, beside: str) -> int:
    """Write what was learned, and return how many files could not be."""
    failed = 0
    for found in learned:
        if merge:
            new = f"{'' if not beside or beside.endswith(NEWLINE) else NEWLINE}{NEWLINE}{found.text}"
            with output(merge) as stream:
                stream.write(beside + (new.replace(NEWLINE, "\r\n") if "\r\n" in beside else new))
        elif out:
            path = out / f"{found.publisher}.txt"
            if path.exists():
                tell(f"{path}: is there already; --merge {path} adds to it")
                failed += 1
                continue
            with writing(out):
                out.mkdir(parents=True, exist_ok=True)
            with output(path) as stream:
                stream.write(found.text)
        else:
            with writing(None):
                sys.stdout.write(found.text)
    return failed


def _sum_up(learned: Sequence[Learned], learner: Learner) -> None:
    for found in learned:
        tell(
            f"{found.publisher}: {found.rules:,} rules from {found.articles:,} articles; {found.doubtful:,} doubtful "
            "ones stand in comments"
        )
    if not learned:
        tell("nothing new recurs often enough to make a rule of; more articles, or a smaller --min-support, may help")
    if learner.repeated:
        tell(f"{learner.repeated:,} articles are nearly the same as others, and were not counted")
    if unknown := learner.groups.get("unknown"):
        tell(f"{unknown:,} articles are of no publisher that is known; --publisher DOMAIN says whose they are")
