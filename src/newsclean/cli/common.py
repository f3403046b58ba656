"""What the sub-commands share: options, messages on stderr, output that is whole or not there."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

if TYPE_CHECKING:
    from newsclean.cleaning import Cleaner
    from newsclean.library import Library

FAILED, USAGE, INTERRUPTED = 1, 2, 130
"""Exit codes beside 0: something could not be cleaned or failed a check; wrong usage or rules; Ctrl-C."""

RulesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="A folder of rule files, laid over the bundled ones and your own. More than once: the last wins.",
    ),
]
NoCommonOption = Annotated[bool, typer.Option("--no-common", help="Leave the common rules out.")]
PublisherOption = Annotated[
    str | None,
    typer.Option("--publisher", "-p", metavar="DOMAIN|none", help="Whose rules to use, instead of finding out."),
]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Where the article is from, to know its publisher by."),
]


def tell(message: object, *, kind: str = "") -> None:
    """Print a message on stderr, none of its characters raw that a terminal would obey."""
    said = re.sub(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\ufffd", str(message))
    print(f"newsclean: {kind + ': ' if kind else ''}{said}", file=sys.stderr)


def library(folders: list[Path] | None) -> Library:
    """Return the standard library of rules with the folders given laid over it.

    Raises:
        RuleError: If a folder or a file in it can't be read.
    """
    from newsclean.library import Library

    return Library.standard(*(folders or ()))


def cleaner(rules: Library, *, no_common: bool = False) -> Cleaner:
    """Return a cleaner with these rules.

    Raises:
        RuleError: If a rule file can't be used.
    """
    from newsclean.cleaning import Cleaner

    # Loading makes ten thousands of small objects, none of them garbage: looking for some is a tenth of the start.
    gc.disable()
    try:
        return Cleaner(rules, common=not no_common)
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def output(path: Path) -> Iterator[TextIO]:
    """Open a file that gets its name only when it is whole."""
    with writing(path):
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with part.open("w", encoding="utf-8", newline="\n") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def writing(name: str | Path | None) -> Iterator[None]:
    """Turn trouble with writing a file into a message and an exit code. None and "-" are standard output.

    A reader that has gone away (`| head`) ends the command quietly.
    """
    try:
        yield
        if name in (None, "-"):
            sys.stdout.flush()
    except OSError as error:
        if name in (None, "-"):
            # Python flushes standard output once more at exit; let that go nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                raise typer.Exit(0) from None
        tell(f"{name or 'standard output'}: can't be written: {error.strerror or error}")
        raise typer.Exit(FAILED) from None
