"""`newsclean rules`: which rules there are."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from newsclean.cli.common import USAGE, RulesOption, library, tell, writing

app = typer.Typer(help="List the rule files, or show one.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(rules: RulesOption = None) -> None:
    """List the rule files: name, rules, signatures, and the further domains of a publisher."""
    whole = library(rules)
    rows = []
    for name in whole.names:
        layers = whole.rulesets(name, check=False)
        count = sum(len(layer.rules) for layer in layers)
        signatures = sum(len(layer.signatures) for layer in layers)
        domains = " ".join(domain for layer in layers for domain in layer.domains)
        rows.append((name, count, signatures, domains))
    width = max((len(name) for name, *_ in rows), default=0)
    with writing(None):
        sys.stdout.write(f"{'file':<{width}}  rules  signatures  domains\n")
        for name, count, signatures, domains in rows:
            sys.stdout.write(f"{name:<{width}}  {count:>5}  {signatures:>10}  {domains}".rstrip() + "\n")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A domain, or a file such as common/en.")],
    rules: RulesOption = None,
) -> None:
    """Show a rule file as it stands, its proofs with it."""
    whole = library(rules)
    texts = whole.texts(name.removesuffix(".txt"))
    if not texts:
        found = whole.domains().get(name.removeprefix("www."))
        texts = whole.texts(found) if found else ()
    if not texts:
        tell(f"no rule file is named {name}; `newsclean rules list` names those there are")
        raise typer.Exit(USAGE)
    with writing(None):
        for file, text in texts:
            sys.stdout.write(f"# {file}\n{text}")
