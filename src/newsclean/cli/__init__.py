"""The command: puts the sub-commands together, a file each, and turns what they raise into messages and exit codes."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import newsclean
from newsclean.cli import check, clean, drift, explain, label, learn, rules
from newsclean.cli.common import INTERRUPTED, USAGE, tell
from newsclean.model import UsageError


class CleanByDefault(TyperGroup):
    """A group that takes what names no sub-command for what is to be cleaned, and tells all in one help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `clean` before arguments that begin with neither a sub-command nor an option of the group."""
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        completing = ctx.resilient_parsing and not args
        if not completing and (not args or (args[0] not in self.commands and args[0] not in own)):
            args = ["clean", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Complete the first word to a command, or to an option of the main job."""
        main_job = self.commands["clean"]
        inner = main_job.make_context("clean", [], parent=ctx, resilient_parsing=True)
        return super().shell_complete(ctx, incomplete) + main_job.shell_complete(inner, incomplete)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the main job's usage first."""
        formatter.write_usage("newsclean", "[OPTIONS] FILE...   clean articles")
        formatter.write_usage("newsclean", "COMMAND ...         see below", " " * 7)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the main job's arguments and options, then the group's own, then the commands."""
        self.commands["clean"].format_options(ctx, formatter)
        own = [record for parameter in self.get_params(ctx) if (record := parameter.get_help_record(ctx))]
        with formatter.section("Other"):
            formatter.write_dl([record for record in own if "--help" not in record[0]])
        self.format_commands(ctx, formatter)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"newsclean {newsclean.__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=CleanByDefault,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("clean", hidden=True)(clean.clean)
app.command("check")(check.check)
app.command("explain")(explain.explain)
app.command("label")(label.label)
app.command("learn")(learn.learn)
app.command("drift")(drift.drift)
app.add_typer(rules.app, name="rules")


@app.callback()
def group(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Strip the boilerplate from scraped news text, and say why each line went.

    A file named like a command is reached as ./NAME. Exit codes: 0 fine; 1 something could not be cleaned or
    failed a check; 2 wrong usage or a broken rule file.
    """


def main() -> None:
    """Run the command and exit."""
    for stream in (sys.stdout, sys.stderr):
        if not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
    try:
        app(prog_name="newsclean")
    except UsageError as error:
        for problem in getattr(error, "problems", (error,)):
            tell(problem)
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
