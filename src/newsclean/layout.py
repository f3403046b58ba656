"""How a sheet looks once the rules have claimed their part: words, prose, and the core that holds most of the article.

The core is the stretch of units that holds most prose and least else (Finn, Kushmerick and Smyth, "Fact or Fiction",
2001, find the body of a web page so).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import regex

from newsclean import sentences
from newsclean.matching import Sheet
from newsclean.model import Label

# Python's own re takes ten times as long to compile such a class.
CJK = regex.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff]")
FIRST_CJK = "\u0e00"
"""No character before it is one of them."""
CJK_A_WORD = 2.5
"""Characters of a script without spaces that count as a word."""
PROSE_WORDS, LONG_WORDS, SHORT_WORDS = 10, 22, 6
"""Words: from the first on, a sentence is prose; from the second on, anything is; up to the third, a unit is short."""
FURNITURE_LEAST = 15
"""Units: as many short ones outside the core make a whole page."""
HEAD_REACH = 30
"""Units: how far above the core a headline may stand."""
NEAR_ABOVE, NEAR_BELOW = 40, 15
"""Units: how far above the first prose and below the last an article may begin and end."""
HEAD_BELOW = 3
"""Units: how far into the core, where a headline is taken for its first line."""
GUESSES = 3
"""How many of the units that are most like a headline are worth a guess."""
KEY_WEIGHT = 3.0
"""What a key word of the text weighs for a headline, in words."""
TITLE_LEAST = 15
"""Characters: a longer line that begins the first one, the page's title, is the headline."""
MOST_WORDS = 60.0
"""Words: what a paragraph can weigh for the core; a longer one says no more."""
WEIGHTS = {
    "related": -14.0,
    "comments": -20.0,
    "nav": -8.0,
    "legal": -8.0,
    "ad": -1.0,
    "share": -3.0,
    "media": -1.0,
}
PROMO_WEIGHT, SHORT_WEIGHT, LINE_WEIGHT, OTHER_WEIGHT = -4.0, -4.0, -2.0, -1.0
"""What a unit weighs for the core, in words: promo by its kind or else the first; then what is open and short, what
is open and not prose, and a headline, a byline, a date or a caption."""
LONE = 0.3
"""What a paragraph weighs that stands alone between two short lines, as a share: lists of services are so made."""
BOXES = frozenset(
    ("ad", "media", "share", "meta", "newsletter", "app", "related", "paywall", "donate", "subscribe", "follow")
)
"""Kinds of promo that stand as boxes of many lines between paragraphs."""
PARTICLES = "de|da|di|del|della|van|von|der|den|la|le|el|al|bin|af|zu"
PERSON = rf"[^\W\d_][\w.'-]*(?: (?:{PARTICLES}))*(?: [^\W\d_a-zа-яё][\w.'-]*){{1,3}}"
BETWEEN_PERSONS = r" *, *| (?:&|and|und|et|y|e|i|en|og|och|и|та|ve) "
PERSONS = rf"{PERSON}(?:(?:{BETWEEN_PERSONS}){PERSON}){{0,3}}"


@dataclass(slots=True)
class Layout:
    """How a sheet looks: words a unit, whether it is prose, and the core as units `first` to `last`, both in it.

    Without any prose, `first` is behind the last unit and `last` before the first.
    """

    words: list[float]
    prose: list[bool]
    first: int
    last: int
    whole_page: bool
    near: range
    """The units among which the article is: in a whole page, those not too far from all prose; else all."""

    @classmethod
    def of(cls, sheet: Sheet) -> Layout:
        """Measure a sheet."""
        words = _words(sheet)
        body = [_is_body(sheet, i) if whole else True for i, whole in enumerate(sheet.whole)]
        prose = [
            count >= PROSE_WORDS and body[i] and (count >= LONG_WORDS or sentences.ends(sheet.units[i].view))
            for i, count in enumerate(words)
        ]
        for run in _fragments(sheet):
            for i in run:
                prose[i] = True
        _unheaded(sheet, words, prose)
        promo = [None if is_body else _promo(sheet, i) for i, is_body in enumerate(body)]
        first, last = _core(sheet, words, prose, body, promo)
        top = prose.index(True) if True in prose else 0
        furniture = [
            i
            for i, count in enumerate(words)
            if count <= SHORT_WORDS and not first <= i <= last and (i < top or promo[i] not in (None, "ad"))
        ]
        whole_page = len(furniture) >= FURNITURE_LEAST
        near = range(len(words))
        if whole_page and last >= 0:
            bottom = len(prose) - 1 - prose[::-1].index(True)
            near = range(max(0, top - NEAR_ABOVE), min(len(words), bottom + NEAR_BELOW + 1))
        return cls(words, prose, first, last, whole_page, near)

    def headlines(
        self, sheet: Sheet, said: frozenset[str], key_words: Callable[[int], int] = lambda i: 0
    ) -> tuple[int, ...]:
        """Return the units that are most like the headline, the likeliest first.

        Args:
            sheet: The sheet.
            said: What rules found to be the headline: if anything, the units are the open ones that repeat it.
            key_words: How many of the words that the core says most a unit holds.
        """
        above = min(self.first, len(sheet.units)) if self.last >= 0 else min(len(sheet.units), HEAD_REACH)
        found = [
            i
            for i in range(max(0, above - HEAD_REACH), min(above + HEAD_BELOW, len(sheet.units)))
            if not sheet.whole[i] and 3 <= self.words[i] <= 35 and not sentences.ends(sheet.left(i), ".,;:。")
        ]
        if said:
            return tuple(i for i in found if sheet.units[i].view in said)[:GUESSES]
        return tuple(sorted(found, key=lambda i: -_headness(sheet, self, i) - KEY_WEIGHT * key_words(i))[:GUESSES])


def _words(sheet: Sheet) -> list[float]:
    if not sheet.text.isascii() and CJK.search(sheet.text):
        return [words_of(unit.view) for unit in sheet.units]
    return [_spaced(unit.view) for unit in sheet.units]


def words_of(view: str) -> float:
    """Return how many words a line has, some characters of a script without spaces for one."""
    return _spaced(view) + (0 if view.isascii() else len(CJK.findall(view)) / CJK_A_WORD)


def _spaced(view: str) -> int:
    return len(view.split()) if "  " in view else view.count(" ") + 1


def _is_body(sheet: Sheet, i: int) -> bool:
    """Tell whether a unit is open, or body by some rule's word."""
    return not sheet.whole[i] or any(part.label is Label.BODY for part in sheet.parts[i])


def _promo(sheet: Sheet, i: int) -> str | None:
    """Return the kind of promo that a unit wholly is, or None."""
    part = sheet.parts[i][0] if sheet.whole[i] else None
    return (part.kind or "") if part and part.label is Label.PROMO else None


def _fragments(sheet: Sheet) -> Iterator[range]:
    """Yield the runs of open units that are one sentence, which a scraper broke at its links."""
    open_ = [not parts for parts in sheet.parts]
    return sentences.broken([unit.view for unit in sheet.units], [a and b for a, b in pairwise(open_)])


def _unheaded(sheet: Sheet, words: list[float], prose: list[bool]) -> None:
    """Take a question or a cry among the first lines, a byline or a date below it, for no prose: it is a headline."""
    for i in range(min(3, len(words) - 1)):
        below = [part.label for parts in sheet.parts[i + 1 : i + 4] for part in parts]
        if (Label.BYLINE in below or Label.DATE in below) and words[i] < LONG_WORDS:
            prose[i] = prose[i] and sentences.ends(sheet.units[i].view, ".:;。")


def _core(
    sheet: Sheet, words: list[float], prose: list[bool], body: list[bool], promo: list[str | None]
) -> tuple[int, int]:
    """Return the stretch with the greatest sum of weights (Kadane's scan); (n, -1) if nothing is prose."""
    best, total = 0.0, 0.0
    core, start = (len(words), -1), 0
    short = [open_ and not prose[i] and words[i] <= SHORT_WORDS for i, open_ in enumerate(body)]
    for i, count in enumerate(words):
        if prose[i]:
            weight = min(count, MOST_WORDS)
            if 0 < i < len(words) - 1 and short[i - 1] and short[i + 1]:
                weight *= LONE
        elif body[i]:
            weight = SHORT_WEIGHT if count <= SHORT_WORDS else LINE_WEIGHT
        else:
            kind = promo[i]
            weight = OTHER_WEIGHT if kind is None else WEIGHTS.get(kind, PROMO_WEIGHT)
            if i and kind in BOXES and sheet.parts[i - 1] and sheet.parts[i - 1][-1].why is sheet.parts[i][0].why:
                weight = OTHER_WEIGHT  # the second line of a box says no more than its first
        if total <= 0:
            total, start = 0.0, i
        total += weight
        if total > best:
            best, core = total, (start, i)
    return core


def _headness(sheet: Sheet, layout: Layout, i: int) -> float:
    """Tell how much a line is like the headline: begun by the title, of some length, a byline or a date below it."""
    view = sheet.units[i].view
    titled = i > 0 and len(view) > TITLE_LEAST and sheet.units[0].view.startswith(view)
    below = {part.label for parts in sheet.parts[i + 1 : i + 5] for part in parts}
    if layout.whole_page:
        between = range(i + 1, min(layout.first, len(sheet.units)))
        far = 0.5 * sum(not sheet.whole[j] or _promo(sheet, j) is not None for j in between)
    else:
        far = 1.0 * i  # there the headline is the first line that is like one
    again = any(unit.view == view for j, unit in enumerate(sheet.units) if j != i)
    signed = Label.BYLINE in below or Label.DATE in below
    return 100.0 * titled + min(layout.words[i], 12.0) + 3.0 * again + 3.0 * signed - far
