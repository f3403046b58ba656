"""`newsclean label`: write the answers of fixtures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsclean.cli.common import (
    FAILED,
    NoLabellerOption,
    PublisherOption,
    RulesOption,
    UrlOption,
    cleaner,
    library,
    output,
    tell,
)


def label(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Raw dumps: text files.")],
    publisher: PublisherOption = None,
    url: UrlOption = None,
    rules: RulesOption = None,
    no_labeller: NoLabellerOption = False,
    force: Annotated[bool, typer.Option("--force", help="Write over an answer that is there.")] = False,
) -> None:
    """Label each line of a dump and write that beside it, as FILE.labels: a fixture, once you have read it."""
    from newsclean.fixtures import ENDING
    from newsclean.render import to_labels
    from newsclean.sources import SourceError, read

    ready = cleaner(library(rules), no_labeller=no_labeller)
    failed = False
    for file in files:
        answer = file.with_suffix(ENDING)
        try:
            if answer.exists() and not force:
                raise SourceError(str(answer), "is there already", "--force writes over it")
            source = read(file)
        except SourceError as error:
            tell(error)
            failed = True
            continue
        with output(answer) as stream:
            stream.write(to_labels(ready.clean(source.text, url=url, publisher=publisher)))
        typer.echo(f"{answer}: written; read each line before you trust it")
    if failed:
        raise typer.Exit(FAILED)
