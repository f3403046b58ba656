"""Why each line of an article got its label: the rule, the block that begins further up, or the structure pass."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from newsclean.matching import BLOCKS
from newsclean.model import BLANK, Article, Label, Rule, Why
from newsclean.units import units
from newsclean.workshop.tracing import Watch


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a line, `Article.text[start:end]`, and what decided: a rule, a pass, or None if nothing claimed it.

    `begun` is the line on which the block begins that the stretch was claimed with; 0 if `why` is no block.
    """

    start: int
    end: int
    label: Label
    kind: str | None
    why: Why | None
    begun: int = 0


@dataclass(frozen=True, slots=True)
class Explained:
    """A line of the text, from 1, and its parts in order: several where they have different labels or reasons."""

    line: int
    parts: tuple[Part, ...]


def explain(article: Article) -> tuple[Explained, ...]:
    """Return every line of the article that is not blank, with what decided on it."""
    starts = line_starts(article.text)
    begun = _begun(article, starts)
    found: dict[int, list[Part]] = {}
    for i, span in enumerate(article.spans):
        at = span.start
        for piece in article.text[span.start : span.end].splitlines(keepends=True):
            if said := piece.strip(BLANK):
                start = at + piece.index(said)
                part = Part(start, start + len(said), span.label, span.kind, span.why, begun.get(i, 0))
                found.setdefault(bisect(starts, start), []).append(part)
            at += len(piece)
    return tuple(Explained(line, _merged(parts)) for line, parts in sorted(found.items()))


def _merged(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Join neighbours that the same decided, as the sentences of an article in one line are."""
    runs = (list(run) for _, run in groupby(parts, lambda part: (part.label, part.kind, part.why, part.begun)))
    return tuple(replace(run[0], end=run[-1].end) for run in runs)


def line_starts(text: str) -> list[int]:
    """Return where each line begins."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts[:-1] or starts


def _begun(article: Article, starts: Sequence[int]) -> dict[int, int]:
    """Return, for each span that a block claimed, the line on which the block begins."""
    watch = Watch()
    found = units(article.text)
    offsets = [unit.start for unit in found]
    first: dict[Rule, int] = {}
    begun = {}
    for i, span in enumerate(article.spans):
        rule = span.why
        if isinstance(rule, Rule) and rule.reach in BLOCKS and found:
            unit = found[max(0, bisect(offsets, span.end - 1) - 1)]
            if rule not in first or watch.matches(rule.pattern, unit.view):
                first[rule] = bisect(starts, unit.start)
            begun[i] = first[rule]
    return begun
