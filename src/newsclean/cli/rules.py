"""`newsclean rules`: which rules there are, from where, and a file to begin with."""

from __future__ import annotations

import re
import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsclean.cli.common import USAGE, RulesOption, harmless, library, tell, writing
from newsclean.model import UsageError

if TYPE_CHECKING:
    from newsclean.library import RuleFile

WIDTH = 80
SKELETON = r"""# DOMAIN: what newsclean should know of its pages.
#
# A line that begins with # is a comment. Where no blank follows the #, it is a rule to be filled in: write what the
# pages print, and take the # away, also from its + and its -: what it must claim, and the nearest that it must not.

# What only this publisher prints and every page has. By two or three such lines it is known where no --url is given.
[publisher]
(?:©|Copyright) \d{4} PATTERN
  + © 2024 DOMAIN
  - © 2024 was all that it said of DOMAIN.

# Further domains of the publisher, a line each.
#[domains]
#another.example

# The group `author` picks out the name.
#[byline]
#Words by (?P<author>\p{Lu}[\w.'-]{1,30}(?: \p{Lu}[\w.'-]{1,30}){1,3})
#  + Words by Ines Valverde
#  - Words by which she lives

#[caption]
#Picture: .{3,60} for us
#  + Picture: Tomas Rehn for us
#  - Picture this: Tomas Rehn came for us.

# Cruft of one kind: newsletter, related, share, nav, and so on. The pattern has to match the whole line.
#[promo newsletter]
#The day in your inbox, every (?:morning|evening)
#  + The day in your inbox, every morning
#  - The day in your inbox, every morning, was what they wanted.

# A part of a line.
#[promo subscribe]
#\[Read us on paper\]
#  inline
#  + It left. [Read us on paper]
#  - He said he would read us on paper.

# A block: from its first line to its last, which is at most 6 lines below.
#[promo donate]
#Our reader fund
#  to Give to the fund
#  within 6
#  + Our reader fund\nWe belong to our readers.\nGive to the fund
#  - Our reader fund\nWe belong to our readers.

[promo legal]
(?:©|Copyright) \d{4} PATTERN
  + © 2024 DOMAIN
  - © 2024 was all that it said of DOMAIN.

# Lines that stay, though a rule above or a common one would take them. The later rule wins, so they come last.
#[body]
#Most Read
#  + Most Read
#  - Most Read: the five stories of the week
"""


class ListFormat(StrEnum):
    """How a list is written."""

    TABLE = "table"
    JSON = "json"


app = typer.Typer(
    help="List the rule files, show one, or begin one. Rules come from these folders, the later ones the stronger: "
    "bundled; your own; those in the environment variable NEWSCLEAN_RULES; those that [tool.newsclean] names in the "
    "nearest pyproject.toml; --rules DIR.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(
    rules: RulesOption = None,
    proven: Annotated[bool, typer.Option("--proven", help="Tell too whether their proofs hold.")] = False,
    form: Annotated[ListFormat, typer.Option("--format", "-f", help="How to write it.")] = ListFormat.TABLE,
) -> None:
    """List the rule files.

    Of each: how many rules and signatures it has, the folders it comes from, and a publisher's further domains.
    """
    whole = library(rules)
    whole.domains()  # looks into all files, so that their errors come together
    origins = _origins(rules)
    rows = []
    for name in whole.names:
        files, texts = whole.files(name), whole.texts(name)
        layers = whole.rulesets(name, check=False)
        rows.append(
            {
                "name": name,
                "domains": [*dict.fromkeys(domain for layer in layers for domain in layer.domains)],
                "rules": sum(len(layer.rules) for layer in layers),
                "signatures": sum(len(layer.signatures) for layer in layers),
                "unproven": sum(_unproven(*both) for both in zip(files, texts, strict=True)) if proven else None,
                "from": [*dict.fromkeys(origins[file.folder] for file in files)],
                "files": [str(file.path) for file in files],
            }
        )
    with writing(None):
        if form is ListFormat.JSON:
            import json

            sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
        else:
            sys.stdout.write(_table(rows, proven=proven))


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A domain, or a file such as common/en.")],
    rules: RulesOption = None,
) -> None:
    """Show a rule file as it stands. Of several folders' files of that name the weakest comes first."""
    whole = library(rules)
    texts = whole.texts(name.removesuffix(".txt"))
    if not texts:
        found = whole.domains().get(name.lower().removeprefix("www."))
        texts = whole.texts(found) if found else ()
    if not texts:
        tell(f"no rule file is named {name}; `newsclean rules list` names those there are")
        raise typer.Exit(USAGE)
    with writing(None):
        for file, text in texts:
            shown = f"# {file}\n{text}" + "\n" * (not text.endswith("\n"))
            sys.stdout.write(harmless(shown.expandtabs()) if sys.stdout.isatty() else shown)


@app.command("new")
def new(
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="The publisher's domain, such as example.com.")],
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="DIR", file_okay=False, help="Write it there, not into your own folder."),
    ] = None,
) -> None:
    """Begin a rule file for a publisher. It gets a rule of each sort, as comments to be filled in."""
    from newsclean import settings
    from newsclean.library import is_folder, user_folder
    from newsclean.syntax import DOMAIN

    name = domain.lower().removeprefix("www.").removesuffix(".txt")
    if not DOMAIN.fullmatch(name):
        raise UsageError(f"{domain}: is no domain; write it as in example.com, without https:// and path")
    folder = rules or user_folder()
    whole = library([folder] if rules and is_folder(folder) else None)
    path = folder / f"{name}.txt"
    if path.exists():
        raise UsageError(f"{path}: is there already; write your rules into it")
    owner = whole.domains().get(name, name)
    if owner != name:
        raise UsageError(f"{name}: is a domain of {owner} already; `newsclean rules new {owner}` begins a file for it")
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(SKELETON.replace("DOMAIN", name).replace("PATTERN", re.escape(name)))
    quoted = shlex.quote(str(path))
    typer.echo(harmless(f"{path}: written; fill it in, and prove it with `newsclean check {quoted}`"))
    if name in whole.names:
        typer.echo(f"It adds to the rules that are there: `newsclean rules show {name}`.")
    if rules and rules.resolve() not in [used.path.resolve() for used in settings.folders()]:
        typer.echo(harmless(f"It is used with `--rules {shlex.quote(str(folder))}`."))


@app.command("path")
def path_(rules: RulesOption = None) -> None:
    """Show the folders that rules come from. The strongest is the last; those that are not there are marked."""
    from newsclean import settings
    from newsclean.library import is_folder

    folders = settings.named(rules or ())
    said = []
    for origin in settings.Origin:
        ours = [folder for folder in folders if folder.origin is origin]
        for folder in ours:
            missing = "" if is_folder(folder.path) else "  (not there)"
            said.append(f"{origin:<11}  {folder.path}{missing}")
        if not ours:
            said.append(f"{origin:<11}  (none; {settings.HOW[origin]})")
    with writing(None):
        sys.stdout.write(harmless("\n".join(said)) + "\n")


def _origins(rules: list[Path] | None) -> dict[Path, str]:
    """Return where each folder of the library comes from."""
    from newsclean import settings

    return {folder.path: str(folder.origin) for folder in settings.folders(rules or ())}


def _unproven(file: RuleFile, text: tuple[str, str]) -> int:
    """Return how many rules of a file are not proven. It is kept, and found out again only when something changed.

    Raises:
        RuleError: If the file can't be used.
    """
    import newsclean
    from newsclean import cache, syntax
    from newsclean.proof import prove

    def count() -> int:
        ruleset = syntax.parse(text[1], file.name, file=file.shown)
        return len({failure.place for failure in prove(ruleset) if not failure.advice})

    code = [module.read_bytes() for module in sorted(Path(newsclean.__file__).parent.glob("*.py"))]
    return int(cache.kept(cache.digest(b"unproven", file.name.encode(), text[1].encode(), *code), count))


def _table(rows: list[dict[str, Any]], *, proven: bool) -> str:
    """Return a table of rule files, which is cut on the right: the JSON has all domains."""
    cells = [["file", "rules", "signatures", *(["proven"] if proven else []), "from"]]
    for row in rows:
        holds = ["yes" if not row["unproven"] else f"{row['unproven']} not"] if proven else []
        cells.append([row["name"], str(row["rules"]), str(row["signatures"]), *holds, "+".join(row["from"])])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    room = WIDTH - sum(widths) - 2 * len(widths)
    lines = []
    for line, domains in zip(cells, ["domains", *(_fitting(row["domains"], room) for row in rows)], strict=True):
        file, *counts, origin = line
        aligned = [cell.rjust(width) for cell, width in zip(counts, widths[1:-1], strict=True)]
        lines.append("  ".join([file.ljust(widths[0]), *aligned, origin.ljust(widths[-1]), domains]).rstrip())
    return harmless("\n".join(lines)) + "\n"


def _fitting(domains: list[str], room: int) -> str:
    """Return as many of the domains as fit, and how many do not."""
    for shown in range(len(domains), 0, -1):
        rest = [f"+{len(domains) - shown}"] if shown < len(domains) else []
        if len(said := " ".join([*domains[:shown], *rest])) <= room:
            return said
    return f"+{len(domains)}" if domains else ""
