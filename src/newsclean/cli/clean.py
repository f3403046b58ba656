"""`newsclean FILE...`: the main job."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsclean.cli.common import (
    FAILED,
    NoCommonOption,
    PublisherOption,
    RulesOption,
    UrlOption,
    cleaner,
    output,
    tell,
)
from newsclean.render import Format, render

if TYPE_CHECKING:
    from newsclean.model import Article
    from newsclean.sources import Source

FORM_FEED = "\f\n"
"""Stands between articles in formats that have no mark of their own for where one ends."""


def clean(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...",
            help="Text files, folders of .txt files, or - for standard input.",
            show_default=False,
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="Default: screen on a terminal, else json.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there; the ending picks the format."),
    ] = None,
    publisher: PublisherOption = None,
    url: UrlOption = None,
    spans: Annotated[
        bool, typer.Option("--spans", help="Add every span with its offsets and rule to the JSON.")
    ] = False,
    rules: RulesOption = None,
    no_common: NoCommonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No warnings.")] = False,
) -> None:
    """Clean articles: headline, byline, date, captions and body apart from the promo cruft."""
    if not files and sys.stdin.isatty():
        raise typer.BadParameter("nothing to clean: name a file or a folder, or pipe text in (--help tells more)")
    paths = files or [Path("-")]
    form = _format(format_, out)
    if out is not None and any(path.exists() and out.exists() and path.samefile(out) for path in paths):
        raise typer.BadParameter(f"{out} is one of the files to clean; write the result elsewhere")
    if spans and form is not Format.JSON:
        raise typer.BadParameter("--spans goes with --format json")
    ready = cleaner(rules, no_common)
    failed = False
    with ExitStack() as stack:
        stream = None
        for source in _sources(paths):
            if source is None:
                failed = True
                continue
            article = ready.clean(source.text, url=url, publisher=publisher)
            article = replace(article, warnings=(*source.warnings, *article.warnings))
            for warning in article.warnings if not quiet and form is not Format.SCREEN else ():
                tell(f"{source.name}: {warning}", kind="warning")
            if stream is None:
                # Only now: where nothing can be cleaned, no file appears.
                stream = stack.enter_context(output(out))
            elif form in (Format.TEXT, Format.MARKDOWN, Format.LABELS):
                stream.write(FORM_FEED)
            if form is Format.SCREEN:
                _draw(article, source)
            else:
                stream.write(render(article, form, spans=spans, source=source.name, encoding=source.encoding))
    if failed:
        raise typer.Exit(FAILED)


def _draw(article: Article, source: Source) -> None:
    # rich takes longer to import than an article takes to clean.
    from newsclean.cli import screen

    screen.draw(article, source=source.name, encoding=source.encoding, console=screen.console())


def _format(asked: Format | None, out: Path | None) -> Format:
    if asked is Format.SCREEN and out is not None:
        raise typer.BadParameter("--format screen is for a terminal; a file takes json, text, markdown or labels")
    if asked is not None:
        return asked
    if out is None:
        return Format.SCREEN if sys.stdout.isatty() else Format.JSON
    try:
        return Format.of_ending(out)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; or say --format") from None


def _sources(paths: list[Path]) -> Iterator[Source | None]:
    """Yield each source; None for one that could not be read, which is told."""
    from newsclean.sources import SourceError, find, read, read_stream

    for path in paths:
        try:
            if str(path) == "-":
                yield read_stream(sys.stdin.buffer)
                continue
            found = find(str(path))
            while (file := next(found, None)) is not None:
                try:
                    yield read(file)
                except SourceError as error:
                    tell(error)
                    yield None
        except SourceError as error:
            tell(error)
            yield None
