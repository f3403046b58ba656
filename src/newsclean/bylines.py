"""The byline, where no rule knows its form: lines of names near the headline, or right behind the last paragraph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from newsclean import sentences
from newsclean.labeller import State
from newsclean.layout import BETWEEN_PERSONS, PERSONS, Layout
from newsclean.matching import Sheet
from newsclean.model import Guess, Label, Pass

ABOVE, REACH, BEHIND = 2, 20, 2
"""Units: how far above the headline a byline may stand, how far below, and how far behind the last paragraph."""
NEXT = 3
"""Units: what is as near the headline, or as near above a paragraph, stands where bylines stand."""
LEAST, SURE = 1.0, 2.5
"""How much a line of names must be like a byline, and how much if it stands above one that a rule knows; the weights
below are summed."""
CRUFT, BODY, DATED, DATE_NEAR, HEADLINE_NEAR, PROSE_NEAR = 1.0, -2.0, 4.0, 2.0, 1.0, 1.0
"""What it weighs that the labeller takes the line for none of the body, or for body; that a year or a time stands
behind the names; that a date, the headline or a paragraph is near."""
IN_STORY, CAPITALS, TOO_HIGH = -3.0, -1.0, -2.0
"""What it weighs that a paragraph speaks of one so named, that a word, not the whole name, is all in capitals, and that
the line stands above the headline."""
NAMED = re.compile(rf"({PERSONS})( ?[|·,;/–(-][^%]{{0,90}}| \d[^%]{{0,40}})?")
"""Names, and what else stands in their line; a share and its price are none."""
WHEN = re.compile(r"(?<!\d)(?:(?:19|20)\d\d|[0-2]?\d[:.h][0-5]\d)(?!\d)")
DATE_WORDS = 10
"""Words: what has a year or a time, and no more words, is near to a date."""
JOINS = frozenset((",", "|", "&", "and", "und", "et", "y", "e", "en", "og", "och", "i", "и", "та", "ve"))
"""What stands between two names on a line of its own."""


class Names(NamedTuple):
    """A line of names, and whether a year or a time stands behind them."""

    persons: tuple[str, ...]
    dated: bool

    @classmethod
    def of(cls, line: str) -> Names | None:
        """Read a line; None if it is anything else."""
        found = None if line[:1].islower() else NAMED.fullmatch(" ".join(line.split()).strip(" |·"))
        if not found:
            return None
        return cls(tuple(re.split(BETWEEN_PERSONS, found[1])), bool(WHEN.search(found[2] or "")))


def claim(sheet: Sheet, layout: Layout, guesses: Mapping[int, Guess]) -> None:
    """Claim the byline: what the labeller takes for it, else the line of names below the headline most like one.

    If none is, one right behind the last paragraph. Names that stand beside a byline, on lines of their own, are of it.
    """
    for i, guess in guesses.items():
        if guess.state in (State.BYLINE, State.CREDIT) and not sheet.whole[i]:
            sheet.claim_unit(i, Label.BYLINE, None, guess, *_persons(sheet, i))
    head = _head(sheet, layout, guesses)
    under = range(head + 1, min(len(sheet.units), head + 1 + REACH))
    found = [i for i in under if _is(sheet, i, Label.BYLINE)]
    named = [i for i in found if _names_any(sheet, i)]
    near = range(max(0, head - ABOVE), named[0] if named else under.stop)
    like = {i: _likeness(sheet, layout, head, i, i in guesses) for i in near}
    best = max(like, key=like.__getitem__, default=None)
    if best is not None and like[best] <= (SURE if named else LEAST):
        best = None
    if best is None and not named:
        best = _signature(sheet, layout, guesses)
    if best is not None:
        sheet.claim_unit(best, Label.BYLINE, None, Pass.BYLINE, *_persons(sheet, best))
        found.append(best)
    for i in found:
        _name(sheet, i)
        _claim_beside(sheet, guesses, i)


def _name(sheet: Sheet, i: int) -> None:
    """Give the authors of a byline that a rule claimed without naming them, as a line of a block."""
    for k, part in enumerate(sheet.parts[i]):
        if part.label is Label.BYLINE and not part.values:
            names = Names.of(sheet.text[part.start : part.end])
            sheet.parts[i][k] = part._replace(values=names.persons if names else ())


def _head(sheet: Sheet, layout: Layout, guesses: Mapping[int, Guess]) -> int:
    """Return the unit below which the byline may stand: the headline, or else some units above the body, or -1."""
    count = len(sheet.units)
    start = next((i for i, whole in enumerate(sheet.whole) if not whole and i not in guesses), count)
    above = reversed(range(min(max(layout.first, start), count)))
    return next((i for i in above if _is(sheet, i, Label.HEADLINE)), max(-1, start - REACH))


def _names_any(sheet: Sheet, i: int) -> bool:
    return any(part.label is Label.BYLINE and part.values for part in sheet.parts[i])


def _is(sheet: Sheet, i: int, label: Label) -> bool:
    return any(part.label is label for part in sheet.parts[i])


def _persons(sheet: Sheet, i: int) -> tuple[str, ...]:
    names = Names.of(sheet.left(i))
    return names.persons if names else ()


def _likeness(sheet: Sheet, layout: Layout, head: int, i: int, is_cruft: bool) -> float:
    """Tell how much an open line is like a byline, the more the nearer to the headline; 0 if it is no names."""
    names = Names.of(sheet.left(i))
    if not names:
        return 0.0
    like = (CRUFT if is_cruft else BODY) + DATED * names.dated - abs(i - head) / REACH
    like += PROSE_NEAR * any(layout.prose[i + 1 : i + 1 + NEXT])
    like += DATE_NEAR * any(_tells_when(sheet, layout, j) for j in range(max(0, i - 2), min(len(sheet.units), i + 3)))
    if i < head:
        like += TOO_HIGH
    elif head >= 0 and _is(sheet, head, Label.HEADLINE) and i - head <= NEXT:
        like += HEADLINE_NEAR
    return like + CAPITALS * _shouts(names) + IN_STORY * _in_story(sheet, layout, names)


def _tells_when(sheet: Sheet, layout: Layout, i: int) -> bool:
    """Tell whether a line is a date, or a short one with a year or a time."""
    return _is(sheet, i, Label.DATE) or (layout.words[i] <= DATE_WORDS and bool(WHEN.search(sheet.units[i].view)))


def _shouts(names: Names) -> bool:
    return any(
        not name.isupper() and any(len(word) > 1 and word.isupper() for word in name.split()) for name in names.persons
    )


def _in_story(sheet: Sheet, layout: Layout, names: Names) -> bool:
    """Tell whether a paragraph speaks of one of them; one that begins with the name is about the author."""
    prose = [sheet.units[j].view for j in range(layout.first, layout.last + 1) if layout.prose[j]]
    return any(name.split()[-1] in view and not view.startswith(name) for name in names.persons for view in prose)


def _signature(sheet: Sheet, layout: Layout, guesses: Mapping[int, Guess]) -> int | None:
    """Return the line of names right behind the last paragraph, if there is one, and no byline anywhere.

    Several such lines, or one behind a colon, are a list.
    """
    body = [i for i in range(layout.first, layout.last + 1) if layout.prose[i] and i not in guesses]
    if any(_is(sheet, i, Label.BYLINE) for i in range(len(sheet.units))) or not body:
        return None
    if not sentences.ends(sheet.units[body[-1]].view, sentences.STOPS):
        return None
    behind = range(body[-1] + 1, min(body[-1] + 2 + BEHIND, len(sheet.units)))
    names = {i: Names.of(sheet.left(i)) for i in behind}
    first = next((i for i in behind[:BEHIND] if names[i]), None)
    if first is None or names.get(first + 1):
        return None
    found = names[first]
    return first if found and not _shouts(found) and not _in_story(sheet, layout, found) else None


def _claim_beside(sheet: Sheet, guesses: Mapping[int, Guess], i: int) -> None:
    """Claim the lines of names above and below a byline, with what stands between them."""
    for step in (-1, 1):
        at = i + step
        while 0 <= at < len(sheet.units):
            joined = sheet.units[at].view in JOINS and 0 <= at + step < len(sheet.units)
            j = at + step if joined else at
            persons = _persons(sheet, j) if joined or j in guesses else ()
            if not persons:
                break
            if joined and not sheet.whole[at]:
                sheet.claim_unit(at, Label.BYLINE, None, Pass.BYLINE)
            sheet.claim_unit(j, Label.BYLINE, None, Pass.BYLINE, *persons)
            at = j + step
