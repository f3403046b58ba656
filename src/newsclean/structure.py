"""The passes over what no rule claimed, each a small function; `decide` runs them in their order.

First the line labeller takes its guess, from what a line looks like and what stands around it; then what a headline or
a caption has said is not said twice, and a few lines about the author are none of the article. What none of them claims
is body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from newsclean import sentences
from newsclean.features import features, headlines
from newsclean.labeller import Labeller, State
from newsclean.layout import BETWEEN_PERSONS, PERSONS, SHORT_WORDS, TITLE_LEAST, Layout
from newsclean.matching import Sheet
from newsclean.model import Guess, Label, Pass

FURNITURE: Mapping[str, str] = {
    State.ABOVE: "nav",
    State.UNDER: "nav",
    State.INSIDE: "related",
    State.BELOW: "related",
}
"""The kind of promo that stands there."""
BYLINE_REACH, BYLINE_WORDS = 8, 14
"""Units: how far above the core a byline may stand. Words: the most that it has."""
SENTENCE_WORDS = 5
"""Words: from as many on, what ends with a full stop is a sentence."""
CRUFT = (Label.PROMO, Label.CAPTION)
"""What a clean text has none of."""
SITE = re.compile(r"(.{15,}?) (?:\| [^|]{2,40}|- [\w.-]+\.[a-z]{2,9})")
"""A page's title: the headline, and the site behind a bar, or its domain behind a dash."""
MENU_RUN = 5
"""Units: as many short ones in a row are a menu."""


def decide(sheet: Sheet, labeller: Labeller) -> None:
    """Let the line labeller guess, and run the passes over what no rule claimed."""
    if sheet.units:
        layout = Layout.of(sheet)
        clean = _looks_clean(sheet, layout)
        guesses = {} if clean else guess(sheet, layout, labeller)
        headline(sheet, layout, guesses, clean)
        byline(sheet, layout, guesses)
        said_twice(sheet, layout)
        furniture(sheet, layout, guesses)
        bio(sheet, layout)


def guess(sheet: Sheet, layout: Layout, labeller: Labeller) -> dict[int, Guess]:
    """Return what the labeller takes for no body among the units of which something is open, as far as it is believed.

    What stands alone between two paragraphs, and a sentence right behind one, is of the article as long as no rule says
    otherwise; a byline is short.
    """
    near, seen = layout.near, features(sheet, layout)
    states = [State.ABOVE] * near.start + labeller.states(seen) + [State.BELOW] * (len(sheet.units) - near.stop)
    guesses = {}
    for i, state in enumerate(states):
        if state is State.BODY or sheet.whole[i]:
            continue
        if state in (State.BYLINE, State.CREDIT):
            believed = layout.words[i] <= BYLINE_WORDS
        else:
            believed = state not in (State.INSIDE, State.BELOW) or not _belongs(sheet, layout, states, i)
        if believed:
            reasons = labeller.reasons(seen[i - near.start], state) if i in near else ("far from all prose",)
            guesses[i] = Guess(state, reasons)
        else:
            states[i] = State.BODY
    return guesses


def _belongs(sheet: Sheet, layout: Layout, states: list[State], i: int) -> bool:
    """Tell whether what is taken for cruft is body by its place: alone between paragraphs, or a sentence behind one."""
    if i == 0 or sheet.whole[i - 1] or states[i - 1] is not State.BODY:
        return False
    alone = i + 1 < len(states) and not sheet.whole[i + 1] and states[i + 1] is State.BODY
    return alone or (layout.words[i] >= SENTENCE_WORDS and sentences.ends(sheet.left(i), sentences.STOPS))


def headline(sheet: Sheet, layout: Layout, guesses: Mapping[int, Guess], clean: bool) -> None:
    """The headline: what repeats the one that a rule knows, else what the labeller takes for it, else the likeliest."""
    said = headlines(sheet)
    open_ = [i for i in range(len(sheet.units)) if not sheet.whole[i]]
    found = [i for i in open_ if sheet.units[i].view in said and i <= layout.last]
    for i in found:
        sheet.claim_unit(i, Label.HEADLINE, None, Pass.TWICE)
    if found:
        return
    guessed = next((i for i, guess in guesses.items() if guess.state is State.HEADLINE), None)
    if guessed is not None:
        sheet.claim_unit(guessed, Label.HEADLINE, None, guesses[guessed], *_before_site(sheet, guessed))
    elif not said:
        likeliest = next(iter(layout.headlines(sheet, frozenset())), None)
        if likeliest is not None and (likeliest == 0 < layout.first or not clean):
            sheet.claim_unit(likeliest, Label.HEADLINE, None, Pass.HEADLINE, *_before_site(sheet, likeliest))


def _before_site(sheet: Sheet, i: int) -> tuple[str, ...]:
    """Return the headline alone, if the unit is a page's title with the name of the site behind it."""
    found = SITE.fullmatch(sheet.units[i].view) if i == 0 else None
    return (found[1],) if found else ()


def byline(sheet: Sheet, layout: Layout, guesses: Mapping[int, Guess]) -> None:
    """The byline: what the labeller takes for it, else a line of names above the core, beside a date."""
    guessed = [i for i, guess in guesses.items() if guess.state in (State.BYLINE, State.CREDIT) and not sheet.whole[i]]
    for i in guessed:
        sheet.claim_unit(i, Label.BYLINE, None, guesses[i], *_names(sheet.left(i)))
    if guessed or any(part.label is Label.BYLINE for parts in sheet.parts for part in parts):
        return
    for i in range(max(0, layout.first - BYLINE_REACH), min(layout.first, len(sheet.units))):
        beside = [part.label for j in (i - 1, i + 1) if 0 <= j < len(sheet.parts) for part in sheet.parts[j]]
        if Label.DATE in beside and not sheet.whole[i] and (names := _names(sheet.left(i))):
            sheet.claim_unit(i, Label.BYLINE, None, Pass.BYLINE, *names)
            return


def _names(line: str) -> tuple[str, ...]:
    """Return the names, if a line is nothing but names."""
    return tuple(re.split(BETWEEN_PERSONS, line)) if re.fullmatch(PERSONS, line) else ()


def _looks_clean(sheet: Sheet, layout: Layout) -> bool:
    """Tell whether rules found no cruft in what is no whole page, or there is no prose to tell anything from."""
    cruft = any(part.label in CRUFT for parts in sheet.parts for part in parts)
    return layout.last < 0 or not (layout.whole_page or cruft)


def furniture(sheet: Sheet, layout: Layout, guesses: Mapping[int, Guess]) -> None:
    """What the labeller takes for no part of the article: above it, between its paragraphs and below."""
    menus = frozenset(_menus(sheet, layout))
    for i, guess in guesses.items():
        if not sheet.whole[i] and (kind := FURNITURE.get(guess.state)):
            sheet.claim_unit(i, Label.PROMO, "nav" if i in menus else kind, guess)


def _menus(sheet: Sheet, layout: Layout) -> Iterator[int]:
    """Yield the units that stand in a row of short ones, outside the core of a whole page."""
    run: list[int] = []
    for i in range(len(sheet.units) + 1 if layout.whole_page else 0):
        if i < len(sheet.units) and not layout.first <= i <= layout.last and _is_short(sheet, layout, i):
            run.append(i)
            continue
        if len(run) >= MENU_RUN:
            yield from run
        run = []


def _is_short(sheet: Sheet, layout: Layout, i: int) -> bool:
    if sheet.whole[i]:
        return sheet.parts[i][0].label in (Label.PROMO, Label.DATE)
    return layout.words[i] <= SHORT_WORDS


def said_twice(sheet: Sheet, layout: Layout) -> None:
    """A line that says again what a headline or a caption said."""
    labels = {
        sheet.units[i].view: parts[0].label
        for i, parts in enumerate(sheet.parts)
        if len(parts) == 1 and sheet.whole[i] and parts[0].label in (Label.HEADLINE, Label.CAPTION)
    }
    titles = tuple(view for view, label in labels.items() if label is Label.HEADLINE and len(view) > TITLE_LEAST)
    captions = [view for view, label in labels.items() if label is Label.CAPTION]
    for i, unit in enumerate(sheet.units):
        if sheet.parts[i] or layout.words[i] < 3:
            continue
        label = labels.get(unit.view)
        if label is Label.HEADLINE or (i == 0 and titles and unit.view.startswith(titles)):
            sheet.claim_unit(i, Label.PROMO, "repeat", Pass.TWICE)
        elif label is Label.CAPTION or any(view.startswith(unit.view) for view in captions):
            sheet.claim_unit(i, Label.CAPTION, None, Pass.TWICE)


def bio(sheet: Sheet, layout: Layout) -> None:
    """A paragraph at the end that begins with the name of the author."""
    authors = tuple(name for parts in sheet.parts for p in parts if p.label is Label.BYLINE for name in p.values)
    for i in range(max(layout.first + 2, len(sheet.units) - 3), len(sheet.units)) if authors else ():
        if not sheet.whole[i] and sheet.units[i].view.startswith(authors) and layout.words[i] > SHORT_WORDS:
            sheet.claim_unit(i, Label.PROMO, "bio", Pass.BIO)
