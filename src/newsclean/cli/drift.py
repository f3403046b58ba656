"""`newsclean drift`: how the rules fare on new articles, and what has changed since an earlier run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

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
    output,
    writing,
)
from newsclean.model import UsageError

if TYPE_CHECKING:
    from newsclean.batch import Done
    from newsclean.workshop.census import Census
    from newsclean.workshop.drifting import Finding

SHOWN = 6
"""Rows of a table, and findings of a sort, that are shown; the others are counted."""
WIDTH = 79
"""Columns that a line takes if the names in it allow."""


class Shown(StrEnum):
    """How the report is given out."""

    TEXT = "text"
    JSON = "json"


def drift(
    files: Annotated[
        list[str], typer.Argument(metavar="BATCH...", help="Articles, in whatever form cleaning takes them.")
    ],
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="An earlier run's -o, to compare with. More than once: all of them together.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the counts there, as JSON, for a later --against."),
    ] = None,
    form: Annotated[Shown, typer.Option("--format", "-f", help="How to show the report.")] = Shown.TEXT,
    fail: Annotated[bool, typer.Option("--fail", help="Exit with 1 if something has drifted.")] = False,
    publisher: PublisherOption = None,
    url: UrlOption = None,
    rules: RulesOption = None,
    no_common: NoCommonOption = False,
    no_labeller: NoLabellerOption = False,
    input_: InputOption = None,
    field: FieldOption = None,
    split: SplitOption = None,
    glob: GlobOption = None,
    jobs: JobsOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Tell how the rules fare on a batch: which fire, which have gone silent, which lines none of them knows."""
    from newsclean.cli.run import Inputs, chunks
    from newsclean.records import Reading, separator
    from newsclean.sources import PATTERNS
    from newsclean.workshop.census import Census, Inventory, Signs, Watch
    from newsclean.workshop.drifting import drifted, findings

    if fail and not against:
        raise typer.BadParameter("--fail needs --against FILE: without an earlier run nothing can have drifted")
    separator(split)
    before = _earlier(against) if against else None
    whole = library(rules)
    reading = Reading(field, input_, split)
    ready = cleaner(whole, no_common=no_common, no_labeller=no_labeller)
    task = Watch(ready, reading=reading, publisher=publisher, url=url, signs=Signs(whole))
    if publisher:
        ready.clean("", publisher=publisher)  # says so now if there is none
    census = Census(Inventory.of(whole))
    _count(census, chunks(Inputs(files, glob or PATTERNS), task, jobs or cores(), quiet=quiet))
    found = findings(census, before)
    if out:
        with output(out) as file:
            file.write(_json(census, found))
    with writing(None):
        if form is Shown.TEXT:
            _draw(census, before, found)
        elif not out:
            sys.stdout.write(_json(census, found))
    if census.failed or (fail and drifted(found)):
        raise typer.Exit(FAILED)


def _earlier(files: Sequence[Path]) -> Census:
    """Return what earlier runs counted, all together.

    Raises:
        UsageError: If one can't be read, or holds something else.
    """
    from newsclean.workshop.census import Census, Inventory

    earlier = Census(Inventory())
    for file in files:
        try:
            earlier.update(Census.from_dict(json.loads(file.read_bytes())))
        except OSError as error:
            raise UsageError(f"{file}: can't be read: {error.strerror or error}") from None
        except (ValueError, RecursionError) as error:
            problem = f"is not what `newsclean drift -o` writes ({error})"
            raise UsageError(f"{file}: {problem}; give a file of its") from None
    return earlier


def _count(census: Census, done: Iterable[Done]) -> None:
    """Count all that came of a batch."""
    from newsclean.batch import Failed
    from newsclean.workshop.census import Sighting

    for outcome in (outcome for chunk in done for outcome in chunk.outcomes):
        if isinstance(outcome, Failed):
            census.failed += 1
        else:
            census.count(cast("dict[str, Sighting]", outcome.article)["sighting"])


def _json(census: Census, found: Sequence[Finding]) -> str:
    from newsclean.workshop.drifting import drifted

    told = [
        {"sign": it.sign, "publisher": it.publisher or None, "subject": it.subject or None, "said": it.said}
        for it in found
    ]
    return json.dumps({**census.to_dict(), "drifted": drifted(found), "findings": told}) + "\n"


# --- The report

Row = Sequence[tuple[str, str]]
"""A line of the report: pieces of text, each with its style."""


def _draw(census: Census, before: Census | None, found: list[Finding]) -> None:
    """Print the report: what was found, the gravest first, then the rates, and a line that sums up."""
    from rich.text import Text

    from newsclean.cli import screen

    console = screen.console()
    for row in (
        *_findings(found),
        *_publishers(census, before),
        *_rules(census),
        _summary(census, before, found),
    ):
        console.print(Text.assemble(*row), soft_wrap=True)


def _safe(text: str, width: int | None = None) -> str:
    """Return a stranger's text as a terminal may have it, cut to a width."""
    from newsclean.cli import screen

    shown = screen._visible(text)
    if width:
        shown.truncate(width, overflow="ellipsis")
    return shown.plain


def _findings(found: list[Finding]) -> Iterator[Row]:
    """Yield each sort of findings below its title, the most weighty of them one by one."""
    from newsclean.workshop.drifting import NO_DRIFT, Sign

    titles = {
        Sign.SILENT: "Rules gone silent",
        Sign.LESS: "Rules that fire less",
        Sign.MORE: "Rules that fire more: do they take body?",
        Sign.GREEDY: "Rules that take more at a time: do they take body?",
        Sign.LINE: "New lines that recur and no rule knows",
        Sign.SHARE: "More or less is removed",
        Sign.SPREAD: "More articles are far from the usual",
        Sign.UNSIGNED: "Texts no longer tell their publisher",
        Sign.UNKNOWN: "Publishers recognised less often",
        Sign.RECURRING: "Lines that recur and no rule knows",
        Sign.ODD: "Articles far from what is usually removed",
        Sign.IDLE: "Rules that never fired",
        Sign.NEW: "Rules that are new, and not compared",
        Sign.GONE: "Rules that are gone, and not compared",
    }
    for sign in Sign:
        these = [finding for finding in found if finding.sign is sign]
        if these:
            yield [(titles[sign], "bold" if sign in NO_DRIFT else "bold yellow"), (f"  {len(these):,}", "dim")]
            for finding in these[:SHOWN]:
                yield from _finding(finding, quoted=sign in (Sign.LINE, Sign.RECURRING))
            yield from _others(len(these))
            yield []


def _finding(finding: Finding, *, quoted: bool) -> Iterator[Row]:
    """Yield a finding on one line if it fits, else on two."""
    from rich.cells import cell_len

    # A rule in the publisher's own file says whose it is.
    publisher = finding.publisher if f"{finding.publisher}.txt" not in finding.subject else ""
    named = _safe(publisher) + "  " * bool(publisher and finding.subject)
    subject = f'"{_safe(finding.subject, WIDTH - len(named) - 4)}"' if quoted else _safe(finding.subject)
    head = [("  ", ""), (named, "cyan"), (subject, "")]
    if sum(cell_len(text) for text, _ in head) + len(finding.said) + 2 <= WIDTH:
        yield [*head, (f"  {finding.said}", "dim")]
    else:
        yield head
        yield [(f"    {finding.said}", "dim")]


def _others(number: int) -> Iterator[Row]:
    if number > SHOWN:
        yield [(f"  and {number - SHOWN:,} more, which --format json names", "dim")]


def _publishers(census: Census, before: Census | None) -> Iterator[Row]:
    """Yield the publishers with most articles: how much is removed, and how many of their own rules fire."""
    from newsclean.workshop.census import UNKNOWN
    from newsclean.workshop.drifting import Usual

    rows = []
    for name, seen in sorted(census.publishers.items(), key=lambda item: (-item[1].articles, item[0])):
        own = census.inventory.of_publisher(name) if name != UNKNOWN else []
        firing = f"{sum(key in seen.rules for key in own):,} of {len(own):,}" if own else ""
        signed = f"{seen.signed / seen.told:.0%}" if seen.told and name != UNKNOWN else ""
        earlier = before.publishers.get(name) if before else None
        was = f"{Usual.of(earlier.shares).percent}%" if earlier else ""
        usual = f"{Usual.of(seen.shares).percent}%"
        rows.append((_safe(name or "unknown"), f"{seen.articles:,}", usual, *([was] if before else []), firing, signed))
    heads = ("publisher", "articles", "removed", *(["before"] if before else []), "own rules firing", "texts tell it")
    yield from _table(heads, rows)


def _rules(census: Census) -> Iterator[Row]:
    """Yield the rules that decided on most words, each for one publisher."""
    fired = [
        (number, articles, name, census.inventory.place(key), seen)
        for name, seen in census.publishers.items()
        for key, (articles, number) in seen.rules.items()
        if number
    ]
    fired.sort(key=lambda row: (-row[0], row[2:4]))
    rows = [
        (_safe(name or "unknown"), _safe(place), f"{number:,}", f"{articles / seen.articles:.0%}")
        for number, articles, name, place, seen in fired
    ]
    yield from _table(("publisher", "rule", "words", "articles"), rows, left=2)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> Iterator[Row]:
    """Yield a table, its first columns set left, and an empty line below it; nothing if it has no rows."""
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(heads, *rows[:SHOWN], strict=True)]
    for n, row in enumerate((heads, *rows[:SHOWN])):
        cells = [
            f"{cell:<{w}}" if i < left else f"{cell:>{w}}" for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        yield [("  ".join(cells).rstrip(), "" if n else "bold")]
    yield from _others(len(rows))
    yield []


def _summary(census: Census, before: Census | None, found: list[Finding]) -> Row:
    from newsclean.workshop.census import UNKNOWN, Seen
    from newsclean.workshop.drifting import ENOUGH, comparable, drifted

    known = {name: seen for name, seen in census.publishers.items() if name != UNKNOWN}
    also = ((census.repeated, "repeated"), (census.failed, "failed"))
    beside = "".join(f", {number:,} {what}" for number, what in also if number)
    said = f"{census.articles:,} articles{beside}, {len(known):,} publisher{'s' * (len(known) != 1)}"
    if before is None:
        small = sum(seen.articles < ENOUGH for seen in known.values())
        too_few = f", {small:,} of them with fewer than {ENOUGH}: too few to judge" if small else ""
        return [(said + too_few, "")]
    alike = sum(comparable(before.publishers.get(name, Seen()), seen) for name, seen in known.items())
    number = drifted(found)
    result = f"{number:,} drifted" if number else "no drift" if alike else "nothing to compare"
    said += f", {alike:,} of them with {ENOUGH} in both runs: "
    return [(said, ""), (result, "yellow" if number or not alike else "green")]
