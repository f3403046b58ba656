"""The passes over what no rule claimed, each a small function; `decide` runs them in their order.

A line and the same again with a credit is a caption. Then the line labeller takes its guess, from what a line looks
like and what stands around it; lines of names near the headline are the byline; what a headline or a caption has said
is not said twice, and a few lines about the author are none of the article. What none of them claims is body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import inf

from newsclean import bylines, sentences, slugs
from newsclean.features import NAME_WORDS, features, headlines, topic_of
from newsclean.labeller import TOLD, Labeller, State
from newsclean.layout import HEAD_BELOW, SHORT_WORDS, TITLE_LEAST, Layout
from newsclean.matching import Sheet
from newsclean.model import Guess, Label, Pass

FURNITURE: Mapping[str, str] = {
    State.ABOVE: "nav",
    State.UNDER: "nav",
    State.INSIDE: "related",
    State.BELOW: "related",
}
"""The kind of promo that stands there."""
SENTENCE_WORDS = 5
"""Words: from as many on, what ends with a full stop is a sentence."""
STANDFIRST_WORDS = 8
"""Words: from as many on, what stands right below the headline is text."""
CRUFT = (Label.PROMO, Label.CAPTION)
"""What a clean text has none of."""
SITE = re.compile(r"(.{15,}?) (?:\| [^|]{2,40}|- [\w.-]+\.[a-z]{2,9})")
"""A page's title: the headline, and the site behind a bar, or its domain behind a dash."""
SUFFIX = re.compile(r"(?: (?:[-|·•/«»]|::) .{2,60})?")
"""What a page's title has behind the headline: nothing, or the site."""
TITLE_WORDS, TITLE_SHARE = 4, 0.3
"""Words: the fewest that a page's title has, beside the site. The share of them that the core must know."""
CORE_SHARE = 0.3
"""How much of the core's prose must be body, or else the article was begun at a headline that is none."""
HEADS = (State.HEADLINE, State.BYLINE)
"""What a clean text may have."""
ANY, LIKELY, SURE = -inf, -1.0, 0.0
"""What the labeller's headline weighs at least: in a whole page, where there is one; in a text, which may have none, as
often one of nine that have none seems to have one; in one that is clean, one of forty."""
ALONE_SPACES = 3
"""Spaces that a line has at least which is a headline with something before it elsewhere."""
CAPTION_REACH, CAPTION_SPACES, CREDIT_LONGEST = 2, 4, 80
"""Units: how far what stands for a picture is from its caption. Spaces: the fewest that they have. Characters: the
longest credit behind a caption."""
MENU_RUN = 5
"""Units: as many short ones in a row are a menu."""


def decide(sheet: Sheet, labeller: Labeller | None, slug: frozenset[str] = frozenset()) -> None:
    """Let the line labeller guess, if there is one, and run the passes over what no rule claimed.

    `slug` is what the URL says.
    """
    if sheet.units:
        layout = Layout.of(sheet)
        captions(sheet, layout)
        clean = _looks_clean(sheet, layout)
        guesses = guess(sheet, layout, labeller, clean, slug) if labeller and layout.last >= 0 else {}
        headline(sheet, layout, guesses, clean or not labeller)
        bylines.claim(sheet, layout, guesses)
        said_twice(sheet, layout)
        furniture(sheet, layout, guesses)
        bio(sheet, layout)


def captions(sheet: Sheet, layout: Layout) -> None:
    """A line and the same line again, with a credit behind it: what stands for a picture, and its caption."""
    for i in range(layout.first + 1, layout.last):
        for j in range(i + 1, min(i + 1 + CAPTION_REACH, len(sheet.units))):
            if sheet.parts[i] or sheet.parts[j]:
                continue
            short, long = sorted((sheet.units[i].view, sheet.units[j].view), key=len)
            if short.count(" ") >= CAPTION_SPACES and long.startswith(short):
                rest = long[len(short) :]
                if len(rest) <= CREDIT_LONGEST and (rest or not sentences.ends(short, sentences.STOPS)):
                    sheet.claim_unit(i, Label.CAPTION, None, Pass.TWICE)
                    sheet.claim_unit(j, Label.CAPTION, None, Pass.TWICE)


def guess(
    sheet: Sheet, layout: Layout, labeller: Labeller, clean: bool, slug: frozenset[str] = frozenset()
) -> dict[int, Guess]:
    """Return what the labeller takes for no body among the units of which something is open, as far as it is believed.

    It is not where a line is of the article by its place, as long as no rule says otherwise, nor of a standfirst; a
    byline is short and no sentence; and all that a clean text may have is a headline and a byline. If a line is like
    the URL's slug, it is the headline; if several are, one of them.
    """
    top = range(min(len(sheet.units), layout.first + HEAD_BELOW))
    near = top if clean else layout.near
    seen = features(sheet, layout, near)
    within = range(near.start, layout.last + 1) if layout.whole_page else top
    heads = [i for i in within if not (sheet.whole[i] or _is_captioned(sheet, i))]
    slugged = slugs.likest([(i, sheet.units[i].view) for i in heads], slug) if slug else []
    among = None if headlines(sheet) else [i - near.start for i in slugged or heads]
    states = labeller.states(seen, among, ANY if layout.whole_page or slugged else SURE if clean else LIKELY)
    if among and _kept(layout, near, states) < CORE_SHARE:
        states = labeller.states(seen)
    states = [State.ABOVE] * near.start + states + [State.BELOW] * (len(sheet.units) - near.stop)
    guesses = {}
    for i, state in enumerate(states):
        if state is State.BODY or sheet.whole[i] or (clean and state not in HEADS):
            continue
        if _is_believed(sheet, layout, states, i):
            reasons = labeller.reasons(seen[i - near.start], state) if i in near else ("far from all prose",)
            if state is State.HEADLINE and i in slugged:
                reasons = ("like the URL", *reasons)[:TOLD]
            guesses[i] = Guess(state, reasons)
        else:
            states[i] = State.BODY
    return guesses


def _is_captioned(sheet: Sheet, i: int) -> bool:
    """Tell whether a line stands again right below, as a caption."""
    below = range(i + 1, min(i + 1 + CAPTION_REACH, len(sheet.units)))
    return any(
        sheet.whole[j] and sheet.parts[j][0].label is Label.CAPTION and sheet.units[j].view == sheet.units[i].view
        for j in below
    )


def _kept(layout: Layout, near: range, states: list[State]) -> float:
    """Return how much of the core's prose is body, as a share of its words."""
    core = (i for i in near if layout.prose[i] and layout.first <= i <= layout.last)
    prose = [(layout.words[i], states[i - near.start]) for i in core]
    return sum(words for words, state in prose if state is State.BODY) / max(1.0, sum(words for words, _ in prose))


def _is_believed(sheet: Sheet, layout: Layout, states: list[State], i: int) -> bool:
    if states[i] in (State.BYLINE, State.CREDIT):
        if layout.words[i] >= STANDFIRST_WORDS and not bylines.Names.of(sheet.left(i)):
            return False
        return layout.words[i] <= NAME_WORDS and not _is_sentence(sheet, layout, i)
    if states[i] in (State.INSIDE, State.BELOW):
        return not _belongs(sheet, layout, states, i)
    return not (states[i] is State.UNDER and _is_standfirst(sheet, layout, states, i))


def _belongs(sheet: Sheet, layout: Layout, states: list[State], i: int) -> bool:
    """Tell whether what is taken for cruft is body by its place.

    It is if it stands alone between paragraphs, if it is a sentence behind one, and if it is a paragraph alone between
    what rules claimed: teasers come in rows. In a live ticker it is if it heads the paragraph below a time stamp.
    """
    last = len(states) - 1
    if i == 0:
        return False
    if sheet.whole[i - 1]:
        alone = i == last or bool(sheet.whole[i + 1])
        return (layout.prose[i] and alone) or (not alone and _heads_an_entry(sheet, layout, states, i))
    if states[i - 1] is not State.BODY:
        return False
    alone = i < last and not sheet.whole[i + 1] and states[i + 1] is State.BODY
    return alone or _is_sentence(sheet, layout, i)


def _heads_an_entry(sheet: Sheet, layout: Layout, states: list[State], i: int) -> bool:
    """Tell whether a line, and no names, stands between a time stamp and a paragraph."""
    stamped = layout.first < i and sheet.parts[i - 1][-1].label is Label.DATE
    heads = layout.prose[i + 1] and states[i + 1] is State.BODY
    return stamped and heads and not bylines.Names.of(sheet.left(i))


def _is_standfirst(sheet: Sheet, layout: Layout, states: list[State], i: int) -> bool:
    """Tell whether a line is long and right below the headline."""
    if i == 0 or layout.words[i] < STANDFIRST_WORDS:
        return False
    return states[i - 1] is State.HEADLINE or _is_headline(sheet, i - 1)


def _is_headline(sheet: Sheet, i: int) -> bool:
    return bool(sheet.whole[i]) and sheet.parts[i][0].label is Label.HEADLINE


def _is_sentence(sheet: Sheet, layout: Layout, i: int) -> bool:
    return layout.words[i] >= SENTENCE_WORDS and sentences.ends(sheet.left(i), sentences.STOPS)


def headline(sheet: Sheet, layout: Layout, guesses: Mapping[int, Guess], first: bool) -> None:
    """The headline: what repeats the one that a rule knows, else what the labeller takes for it.

    But what a page's title says with another line comes before that, and stands in the title. Without any of these,
    where `first` says so, it is the likeliest line, in a text if it is the first that no rule claimed.
    """
    said = headlines(sheet)
    open_ = [i for i in range(len(sheet.units)) if not sheet.whole[i]]
    found = [i for i in open_ if sheet.units[i].view in said and i <= layout.last]
    for i in found:
        sheet.claim_unit(i, Label.HEADLINE, None, Pass.TWICE)
    if found:
        return
    guessed = next((i for i, guess in guesses.items() if guess.state is State.HEADLINE), None)
    title = None if said else _title(sheet, layout)
    if guessed is not None:
        sheet.claim_unit(guessed, Label.HEADLINE, None, guesses[guessed], *_alone(sheet, guessed))
        if sheet.units[guessed].view == title:
            return
    if title:
        for i in open_:
            if i == 0 or (sheet.units[i].view == title and i <= layout.last):
                sheet.claim_unit(i, Label.HEADLINE, None, Pass.TWICE, title)
    elif guessed is None and first and not said:
        likeliest = next(iter(layout.headlines(sheet, frozenset())), None)
        if likeliest is not None and likeliest < layout.first and (layout.whole_page or likeliest == open_[0]):
            sheet.claim_unit(likeliest, Label.HEADLINE, None, Pass.HEADLINE, *_alone(sheet, likeliest))


def _alone(sheet: Sheet, i: int) -> tuple[str, ...]:
    """Return the headline alone, if the unit has more.

    In a page's title the name of the site stands behind it; and something may stand before what is a line elsewhere too
    ("Football Rovers draw at home", and "Rovers draw at home").
    """
    view = sheet.units[i].view
    if i == 0 and (found := SITE.fullmatch(view)):
        return (found[1],)
    shorter = [unit.view for unit in sheet.units if TITLE_LEAST < len(unit.view) < len(view)]
    if begun := next((said for said in shorter if view.startswith(f"{said} | ")), None):
        return (begun,)
    ends = {said for said in shorter if view.endswith(said)}
    longest = max(ends, key=len, default="")
    before = view.removesuffix(longest).rstrip()
    return (longest,) if longest.count(" ") >= ALONE_SPACES and before[-1].isalnum() else ()


def _title(sheet: Sheet, layout: Layout) -> str | None:
    """Return what a whole page's title, its first line, says beside the site, if another line says just that.

    The longest such line counts; it must be about what the core is about.
    """
    if not layout.whole_page or sheet.whole[0]:
        return None
    title = sheet.units[0].view
    said = {
        unit.view
        for i, unit in enumerate(sheet.units)
        if i and layout.words[i] >= TITLE_WORDS and len(unit.view) > TITLE_LEAST and title.startswith(unit.view)
    }
    longest = max((view for view in said if SUFFIX.fullmatch(title[len(view) :])), key=len, default="")
    words = topic_of(longest)
    core = (sheet.units[i].view for i in range(layout.first, layout.last + 1) if layout.prose[i])
    known = words & frozenset().union(*map(topic_of, core)) if words else words
    return longest if words and len(known) >= TITLE_SHARE * len(words) else None


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
