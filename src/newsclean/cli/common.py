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

from newsclean.model import Input

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
        help="A folder of rule files. More than once: the last wins. It is laid over the bundled rules, your own, "
        "those of NEWSCLEAN_RULES and of pyproject.toml, in this order (`newsclean rules path` shows them).",
    ),
]
NoCommonOption = Annotated[bool, typer.Option("--no-common", help="Leave the common rules out.")]
NoLabellerOption = Annotated[
    bool, typer.Option("--no-labeller", help="No guesses: what no rule and no pass knows is body.")
]
PublisherOption = Annotated[
    str | None,
    typer.Option("--publisher", "-p", metavar="DOMAIN|none", help="Whose rules to use, instead of finding out."),
]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Where the article is from, to know its publisher and headline by."),
]

InputOption = Annotated[
    Input | None,
    typer.Option("--input", help="What the files hold, where they don't look like it.", show_default=False),
]
FieldOption = Annotated[
    str | None,
    typer.Option("--field", metavar="NAME", help="The field with the text. Default: text, content, body, article."),
]
SplitOption = Annotated[
    str | None,
    typer.Option("--split", metavar="REGEX", help="What parts the articles of a text. Default: form feeds."),
]
GlobOption = Annotated[
    list[str] | None,
    typer.Option("--glob", metavar="PATTERN", help="Which files of a folder to take. Default: *.txt, compressed too."),
]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes to use. Default: all cores.", show_default=False),
]


def harmless(text: str) -> str:
    """Return the text with a sign in place of each character that a terminal would obey."""
    return re.sub(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\ufffd", text)


def tell(message: object, *, kind: str = "") -> None:
    """Print a message on stderr, none of its characters raw that a terminal would obey."""
    print(f"newsclean: {kind + ': ' if kind else ''}{harmless(str(message))}", file=sys.stderr)


def library(folders: list[Path] | None) -> Library:
    """Return the rules of all folders that are named, with those given laid over them.

    Raises:
        RuleError: If a folder or a file in it can't be read.
        UsageError: If the environment or the project names what is not there.
    """
    from newsclean import settings
    from newsclean.library import Library

    return Library([folder.path for folder in settings.folders(folders or ())])


def cleaner(rules: Library, *, no_common: bool = False, no_labeller: bool = False) -> Cleaner:
    """Return a cleaner with these rules.

    Raises:
        RuleError: If a rule file can't be used.
    """
    from newsclean.cleaning import Cleaner

    # Loading makes ten thousands of small objects, none of them garbage: looking for some is a tenth of the start.
    gc.disable()
    try:
        return Cleaner(rules, common=not no_common, guess=not no_labeller)
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def output(path: Path) -> Iterator[TextIO]:
    """Open a file that gets its name only when it is whole."""
    with writing(path):
        if path.exists() and not path.is_file():  # a device or a pipe can't be put in place afterwards
            with path.open("w", encoding="utf-8", newline="\n") as file:
                yield file
            return
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


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
