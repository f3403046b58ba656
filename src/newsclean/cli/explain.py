"""`newsclean explain`: why each line of an article got its label, and what comes near to one that stayed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsclean.cli.common import (
    USAGE,
    FieldOption,
    NoCommonOption,
    NoLabellerOption,
    PublisherOption,
    RulesOption,
    UrlOption,
    cleaner,
    library,
    tell,
    writing,
)
from newsclean.labeller import State
from newsclean.model import Article, Guess, Pass, Place, Reach, Rule, UsageError, Why, place_of

if TYPE_CHECKING:
    from rich.text import Text

    from newsclean.library import Library
    from newsclean.records import Reading
    from newsclean.sources import Source
    from newsclean.workshop.explaining import Explained, Part
    from newsclean.workshop.nearest import NearMiss, Stop, WhyNot

COLOURS = {"promo": "red", "body": "green", "headline": "bold"}
PASSES = (*Pass, *(f"labeller:{state}" for state in State if state is not State.BODY))
"""What may have decided where no rule did."""
SHOWN_BEFORE = 40
"""Characters that are shown of a line before the place where a rule stops."""


class Form(StrEnum):
    """What the explanation can be given out as."""

    TEXT = "text"
    JSON = "json"


def explain(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="An article, - for standard input, or a record of a batch: dump.jsonl:17."),
    ],
    lines: Annotated[
        str | None, typer.Option("--line", "-l", metavar="N|N-M", help="Only this line, or from one to another.")
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option("--rule", metavar="PLACE", help="Only this rule, common/en.txt:203, or all of a rule file."),
    ] = None,
    why_not: Annotated[
        int | None, typer.Option("--why-not", metavar="N", help="Which rules come near to line N, and what stops them.")
    ] = None,
    publisher: PublisherOption = None,
    url: UrlOption = None,
    rules: RulesOption = None,
    no_common: NoCommonOption = False,
    no_labeller: NoLabellerOption = False,
    field: FieldOption = None,
    form: Annotated[Form, typer.Option("--format", "-f", help="How to say it.")] = Form.TEXT,
) -> None:
    """Say of each line of an article which rule gave it its label, and why a line stayed."""
    from newsclean.batch import Task
    from newsclean.records import Reading
    from newsclean.sources import SourceError
    from newsclean.workshop import explaining, nearest

    if lines and why_not:
        raise typer.BadParameter("--line and --why-not are two questions: ask one of them")
    wanted = _range(lines) if lines else None
    ready = library(rules)
    chosen = _chosen(rule, ready) if rule else None
    try:
        source = _source(file, Reading(field))
    except SourceError as error:
        tell(error)
        raise typer.Exit(USAGE) from None
    chosen_cleaner = cleaner(ready, no_common=no_common, no_labeller=no_labeller)
    article = Task(chosen_cleaner, publisher=publisher, url=url).clean(source)
    explained = explaining.explain(article)
    near = None
    if why_not is not None:
        near = nearest.why_not(article, why_not, ready, common=not no_common, only=chosen)
        explained = (near.explained,)
    elif wanted:
        explained = tuple(one for one in explained if one.line in wanted)
        if not explained:
            count = len(article.text.splitlines())
            raise UsageError(f"{source.name}: no text stands on line {lines}; the article has {count} lines")
    if chosen and near is None:
        explained = tuple(one for one in explained if any(part.why and chosen(part.why) for part in one.parts))
    with writing(None):
        if form is Form.JSON:
            sys.stdout.write(_json(source.name, article, explained, near))
        else:
            _draw(source.name, article, explained, near, rule)


def _range(said: str) -> range:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", said)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last:
        raise typer.BadParameter(f"--line {said} names no lines; write it like 12 or 12-20")
    return range(first, last + 1)


def _chosen(place: str, rules: Library) -> Callable[[Why], bool]:
    """Return what tells whether a rule or a pass is meant by what stands at a place.

    Raises:
        UsageError: If nothing stands there.
    """
    if place in PASSES:
        return lambda why: str(why) == place
    all_rules = [one for name in rules.names for layer in rules.rulesets(name, check=False) for one in layer.rules]
    name, _, number = place.rpartition(":") if re.search(r":\d+$", place) else (place, "", "")
    name = name if name.endswith(".txt") else f"{name}.txt"
    lines = sorted(one.place.line for one in all_rules if one.place.file == name)
    if not lines:
        raise UsageError(f"no rule file is called {name}; `newsclean rules list` names those there are")
    if not number:
        return lambda why: isinstance(why, Rule) and why.place.file == name
    if int(number) not in lines:
        near = Place(name, max((line for line in lines if line < int(number)), default=lines[0]))
        raise UsageError(f"{name}:{number}: no rule begins there; the nearest is {near}")
    return lambda why: isinstance(why, Rule) and why.place == Place(name, int(number))


def _source(name: str, reading: Reading) -> Source:
    """Return the article of a file, or the one that is called so in a batch.

    Raises:
        SourceError: If there is none, or there are several.
    """
    from newsclean.records import Input, load, read_records
    from newsclean.sources import SourceError

    named = re.fullmatch(r"(.+):(\d+)", name, re.DOTALL)
    path, number = (named[1], int(named[2])) if named and not Path(name).exists() else (name, None)
    if path != "-" and Path(path).is_dir():
        raise SourceError(path, "is a folder", "Name one article.")
    found: Source | None = None
    for record in read_records(path, reading):
        if number is not None and record.kind is not Input.TEXT and record.number != number:
            continue
        for one in load(record, reading):
            if number is not None and (one.source if isinstance(one, SourceError) else one.name) != name:
                continue
            if isinstance(one, SourceError):
                raise one
            if number is not None:
                return one
            if found:
                raise SourceError(path, "holds several articles", f"Name one of them, as in {found.name}.")
            found = one
    if found is None:
        raise SourceError(name, "is empty") if number is None else SourceError(path, f"holds no record {number}")
    return found


# --- As JSON


def _json(name: str, article: Article, explained: tuple[Explained, ...], near: WhyNot | None) -> str:
    import json

    data: dict[str, object] = {
        "source": name,
        "publisher": article.publisher,
        "lines": [{"line": one.line, "parts": [_part(article, part) for part in one.parts]} for one in explained],
        "warnings": [*article.warnings, *(near.warnings if near else ())],
    }
    if near:
        data["near"] = [_miss(miss) for miss in near.misses]
    # All but ASCII is escaped, and so is the one control character that json leaves.
    return json.dumps(data).replace("\x7f", "\\u007f") + "\n"


def _part(article: Article, part: Part) -> dict[str, object]:
    return {
        "start": part.start,
        "end": part.end,
        "text": article.text[part.start : part.end],
        "label": part.label,
        "kind": part.kind,
        "rule": None if part.why is None else place_of(part.why),
        "pattern": part.why.pattern if isinstance(part.why, Rule) else None,
        "features": list(part.why.features) if isinstance(part.why, Guess) else None,
        "block_from": part.begun or None,
    }


def _miss(miss: NearMiss) -> dict[str, object]:
    return {
        "rule": str(miss.rule.place),
        "label": miss.rule.label,
        "kind": miss.rule.kind,
        "reach": miss.rule.reach,
        "pattern": miss.rule.pattern,
        "verdict": miss.verdict,
        "reason": miss.reason,
        "owner": miss.owner or None,
        "by": [place_of(why) for why in miss.by],
        "line": miss.line,
        "stop": miss.stop
        and {
            "line": miss.stop.line,
            "text": miss.stop.text,
            "at": miss.stop.at,
            "wanted": miss.stop.wanted,
            "alike": round(miss.stop.alike, 3),
        },
    }


# --- As text


def _draw(name: str, article: Article, explained: tuple[Explained, ...], near: WhyNot | None, rule: str | None) -> None:
    from rich.text import Text

    from newsclean.cli.screen import WIDEST, console

    screen = console()
    width = min(screen.width, WIDEST)
    rows = [Text.assemble((_safe(name), "bold"), (f" · {article.publisher or 'unknown publisher'}", "cyan"))]
    warnings = (*article.warnings, *(near.warnings if near else ()))
    rows += [Text(f"Warning: {_safe(warning)}", "yellow") for warning in warnings]
    rows.append(Text())
    for one in explained:
        rows += _line(article, one)
    if not explained:
        rows += [Text(f"{_safe(rule or '')} claimed nothing here."), Text("--why-not N tells what stops it on line N.")]
    if near:
        rows += _near(near)
    for row in rows:
        row.truncate(width, overflow="ellipsis")
        row.rstrip()
        screen.print(row, width=max(width, row.cell_len), no_wrap=True)


def _line(article: Article, one: Explained) -> Iterator[Text]:
    """Yield two rows for each part of a line: its label and text, and what decided."""
    from rich.text import Text

    for i, part in enumerate(one.parts):
        number = "" if i else str(one.line)
        label = " ".join(filter(None, (part.label, part.kind)))
        said = _safe(article.text[part.start : part.end])
        yield Text.assemble(f"{number:>5}  ", (f"{label:<16}", COLOURS.get(part.label, "")), f"  {said}")
        yield Text(f"{'':>25}{_why(part)}", "dim")


def _why(part: Part) -> str:
    if part.why is None:
        return "nothing claimed it"
    if isinstance(part.why, Guess):
        return f"{part.why}  {', '.join(part.why.features)}"
    if isinstance(part.why, Pass):
        return str(part.why)
    block = f" (the block from line {part.begun})" if part.begun else ""
    return _safe(f"{part.why.place}{block}  {part.why.pattern}")


def _near(near: WhyNot) -> Iterator[Text]:
    import textwrap

    from rich.text import Text

    if not near.misses:
        yield from (Text(), Text("No rule comes near to it."))
    for miss in near.misses:
        rule = miss.rule
        reach = "" if rule.reach is Reach.LINE else f", {rule.reach}"
        label = " ".join(filter(None, (rule.label, rule.kind)))
        yield Text()
        yield Text.assemble((_safe(str(rule.place)), "bold"), f"  {label}{reach}")
        yield Text(_safe(f"  {rule.pattern}"), "dim")
        if miss.verdict != "stops":
            yield from (Text(f"  {row}") for row in textwrap.wrap(_safe(miss.reason), 76))
        if miss.stop and not miss.units:
            yield from _caret(miss.stop)


def _caret(stop: Stop) -> Iterator[Text]:
    """Yield what a rule wants where it stops, the line from a little before that place, and a caret below it."""
    from rich.cells import cell_len
    from rich.text import Text

    where = "the end of the line" if stop.at == len(stop.text) else f"character {stop.at + 1}"
    # A space at the beginning is written as in rule files, or nobody would see it.
    rest = (stop.wanted or "").replace(" ", "[ ]", 1) if (stop.wanted or "").startswith(" ") else stop.wanted
    wanted = "" if rest is None else f" and wants {rest or 'the line to end there'}"
    yield Text(_safe(f"  stops at {where}{wanted}"))
    cut = max(0, stop.at - SHOWN_BEFORE)
    before = "    " + "…" * bool(cut) + _safe(stop.text[cut : stop.at])
    yield Text(before + _safe(stop.text[stop.at :]))
    yield Text(" " * cell_len(before) + "^", "bold red")


def _safe(text: str) -> str:
    """Return the text on one line, without what a terminal would obey: a character for each."""
    return "".join(char if char.isprintable() else _stand_in(char) for char in text)


def _stand_in(char: str) -> str:
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"
