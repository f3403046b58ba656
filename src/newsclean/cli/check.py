"""`newsclean check`: are the rules proven, do the fixtures hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsclean.cli.common import FAILED, RulesOption, library, tell

if TYPE_CHECKING:
    from newsclean.cleaning import Cleaner
    from newsclean.model import Ruleset


def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH...",
            exists=True,
            show_default=False,
            help="Rule files, folders of rules or of fixtures. Default: rules/ and fixtures/ here, else those bundled.",
        ),
    ] = None,
    rules: RulesOption = None,
    update: Annotated[bool, typer.Option("--update", help="Rewrite the answers of fixtures that differ.")] = False,
) -> None:
    """Prove every rule by its examples, and compare fixtures with their answers."""
    from newsclean.cleaning import Cleaner
    from newsclean.library import bundled

    asked = paths or [path for path in [Path()] if _parts(path)] or [bundled()]
    found = [part for path in asked for part in _parts(path) or [path]]
    with_fixtures = [path for path in found if path.is_dir() and next(path.rglob("*.labels"), None)]
    with_rules = [path for path in found if path not in with_fixtures]
    ours = bundled().resolve()
    foreign = [path for path in with_rules if ours not in (path.resolve(), *path.resolve().parents)]
    whole = library([*(rules or ()), *foreign])
    cleaner = Cleaner(whole)

    proven, failures = 0, 0
    rulesets = list(_rulesets(with_rules))
    for ruleset in rulesets:
        bad = _prove(ruleset)
        failures += bad
        proven += len(ruleset.proofs) - bad
    _tell_dear(rulesets)
    held, missed = _compare(cleaner, with_fixtures, update)
    typer.echo(f"rules: {proven} proven, {failures} not; fixtures: {held} hold, {missed} do not")
    if failures or missed:
        raise typer.Exit(FAILED)
    if not proven and not held:
        tell("nothing was checked: there are neither rules nor fixtures (dumps with .labels beside them) here")
        raise typer.Exit(FAILED)


def _parts(path: Path) -> list[Path]:
    """Return the folders of rules and of fixtures in a project's folder."""
    return [path / name for name in ("rules", "fixtures") if (path / name).is_dir()]


def _rulesets(paths: list[Path]) -> Iterator[Ruleset]:
    """Yield what is to be proven: single files, and each file of the folders."""
    from newsclean.library import Library

    for path in paths:
        given = Library([path])
        for name in given.names:
            yield from given.rulesets(name)


def _prove(ruleset: Ruleset) -> int:
    """Tell what is wrong with a file's proofs, and return how many of its rules fail."""
    from newsclean.proof import prove

    failed = set()
    for failure in prove(ruleset):
        if failure.advice:
            tell(failure, kind="advice")
        else:
            typer.echo(str(failure))
            failed.add(failure.place)
    return len(failed)


def _tell_dear(rulesets: list[Ruleset]) -> None:
    """Name the rules that cost far more than others, measured on the examples of all of them."""
    from newsclean.literals import draw
    from newsclean.proof import dear

    rules = [(rule, draw(rule)) for ruleset in rulesets for rule in ruleset.rules]
    proofs = [proof for ruleset in rulesets for proof in ruleset.proofs]
    for advice in dear(rules, [text for proof in proofs for text in (*proof.examples, *proof.counterexamples)]):
        tell(advice, kind="advice")


def _compare(cleaner: Cleaner, folders: list[Path], update: bool) -> tuple[int, int]:
    """Compare the fixtures of the folders; return how many hold and how many do not."""
    from newsclean.fixtures import find
    from newsclean.publisher import UnknownPublisher
    from newsclean.render import to_labels
    from newsclean.sources import SourceError

    held, missed = 0, 0
    for folder in folders:
        for fixture in find(folder):
            try:
                difference = fixture.difference(cleaner)
            except (OSError, ValueError, SourceError, UnknownPublisher) as error:
                # Neither expected of a known failure, nor anything that --update could mend.
                tell(error)
                missed += 1
                continue
            if fixture.must_fail and not difference:
                typer.echo(f"{fixture.path}: a known failure that no longer fails: move it out of known-failures")
                missed += 1
            elif not difference or fixture.must_fail:
                held += 1
            elif update:
                fixture.answer.write_text(to_labels(fixture.clean(cleaner)), encoding="utf-8")
                typer.echo(f"{fixture.answer}: rewritten")
                held += 1
            else:
                typer.echo(f"{fixture.path}: is not cleaned as {fixture.answer.name} says:")
                typer.echo("\n".join(f"  {line}" for line in difference))
                missed += 1
    return held, missed
