"""What the line labeller sees of a unit: plain facts about the line, its neighbours and its place, each with a name.

A feature holds or does not. Its name says what it is, with what it was found to be behind a colon ("ends:letter",
"above:promo related"); "&" joins two facts that weigh together. No feature looks at what words mean, what a language
says, the rules know.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Set
from functools import lru_cache
from heapq import nsmallest
from itertools import accumulate
from sys import intern
from typing import NamedTuple

from newsclean import sentences
from newsclean.layout import CJK, FIRST_CJK, MOST_WORDS, PERSONS, SHORT_WORDS, TITLE_LEAST, Layout
from newsclean.matching import Claim, Sheet
from newsclean.model import Label

KNOWN_LINES, KNOWN_LONGEST = 4_000, 60
"""How many lines' own features are remembered, and the longest of them, in characters: what recurs is short."""
READ = 300
"""Characters: how much of a line is read to tell what it is like."""
WINDOW = 6
"""Units: how far up and down the surroundings of a unit are counted."""
TOPIC_LETTERS, STEM = 5, 7
"""Letters: words as long as the first tell what a text is about, by their beginning, as long as the second."""
KEY_WORDS, KEY_TIMES = 8, 2
"""How many of the words that the core says most are its key words, and how often it says them at least."""
NAME_WORDS = 14
"""Words: a line of names has no more."""
NAMED_WITHIN = 15
"""Units: how far below the headline the text is searched for what else it says of the names."""
STEPS = {
    "words": (1, 2, 3, 4, 6, 9, 14, 21, 34, 59),
    "size": (2, 6, 14, 34),
    "sentences": (0, 1, 3),
    "commas": (0, 1),
    "share": (0.0, 0.1, 0.25, 0.5, 0.75, 0.99),
    "short words": (0.1, 0.2, 0.3, 0.4, 0.55),
    "digits": (0.0, 0.1, 0.3),
    "far": (1, 2, 3, 5, 8, 15, 30),
    "index": (0, 1, 2, 3, 5, 10, 30),
    "prose": (0, 20, 60, 150),
    "read": (0.0, 0.05, 0.3, 0.7, 0.95, 0.999),
    "count": (0, 1, 3),
    "known": (0.0, 0.15, 0.3, 0.5, 0.75),
    "keys": (0, 1, 2, 3, 4),
}
"""The greatest value of each class, but for the last one, which is "more"."""
CLASSES = {name: [*(f"{step:g}" for step in steps), "more"] for name, steps in STEPS.items()}
HEAD_LEAST, HEAD_MOST, HEAD_SHARE = 4, 25, 0.5
"""Words: the least and the most of what may be a headline; and the share of its long words that the core has too, if
it has none of the key words."""
IN_TITLE, RIVALS_WITHIN = 2, 4
"""What it weighs that a line stands in the page's title, against a key word each, for being like a headline. Units: how
far above and below such lines are held against each other."""
SIGNED, SIGNED_WITHIN = frozenset((Label.BYLINE, Label.DATE)), 3
"""What is signed has a byline or a date so many units below it, at most."""
COMMENTS = "promo comments"
"""Behind the first unit of that kind in the core or below it, comments begin, if there are any."""
MARKS = '|·•©@/>›#(:"-'
COMMAS, COLONS = ",;、，،؛-", ":："
WORD, STEMS = re.compile(r"\w+"), re.compile(rf"\b\w{{{TOPIC_LETTERS},{STEM}}}")
INNER_STOP = re.compile(r"[.!?…。！？][\"')»\]]* ?(?=\S)(?!\d)")
HIRAGANA = re.compile("[\u3040-\u309f]")
DIGIT = re.compile(r"\d")
TIME, YEAR = re.compile(r"(?<!\d)\d{1,2}[:.h]\d\d(?!\d)"), re.compile(r"(?:19|20)\d\d")
NAMES = re.compile(PERSONS)
NAMES_AND = re.compile(rf"(?:[^\W\d_]\w{{0,4}}:? )?(?:{PERSONS})(?: ?[|,;/(-].{{0,60}})?")


def features(sheet: Sheet, layout: Layout, near: range) -> list[list[str]]:
    """Return the names of the features that hold of each of these units, once rules have claimed what they could."""
    seen = _Seen.of(sheet, layout, near)
    return [
        [
            f"a:{seen.form}",
            f"is:{seen.kinds[i]}",
            *seen.lines[i].features,
            *_of_neighbours(seen, i),
            *_of_place(seen, i),
            *_of_surroundings(seen, i),
            *_of_topic(seen, i),
            *_of_headline(seen, i),
            *(_of_names(seen, i) if seen.open_[i] and seen.lines[i].names else ()),
        ]
        for i in near
    ]


class Line(NamedTuple):
    """What a line is, whatever stands around it."""

    features: tuple[str, ...]
    begins: str
    ends: str
    names: str
    topic: frozenset[str]


FAR = Line((), "other", "other", "", frozenset())
"""A line that is not looked at but, if it is prose, for its topic."""


class _Seen(NamedTuple):
    """What the features of all units are read from: lists with an item a unit, or with the sums of all above it."""

    form: str
    layout: Layout
    views: list[str]
    lines: list[Line]
    kinds: list[str]
    shapes: list[str]
    open_: list[bool]
    parts: list[list[str]]
    again: Counter[str]
    prose_above: list[float]
    promo_above: list[int]
    short_above: list[int]
    topic: frozenset[str]
    twice: frozenset[str]
    keys: frozenset[str]
    said: frozenset[str]
    title: frozenset[str]
    guesses: tuple[int, ...]
    rivals: dict[int, int]
    best: int
    comments: int

    @classmethod
    def of(cls, sheet: Sheet, layout: Layout, near: range) -> _Seen:
        views = [" ".join(unit.view.split()) if "  " in unit.view else unit.view for unit in sheet.units]
        lines = [
            line_of(view, layout.words[i])
            if i in near
            else FAR._replace(topic=topic_of(view))
            if layout.prose[i]
            else FAR
            for i, view in enumerate(views)
        ]
        shapes = [
            "prose" if prose else "short" if words <= SHORT_WORDS else "line"
            for words, prose in zip(layout.words, layout.prose, strict=True)
        ]
        kinds = [_kind(sheet, i) or shape for i, shape in enumerate(shapes)]
        open_ = [not whole for whole in sheet.whole]
        again = Counter(views)
        topic: Counter[str] = Counter()
        for i in range(layout.first, layout.last + 1):
            if layout.prose[i]:
                topic.update(lines[i].topic)
        keys = _keys(topic)
        said = headlines(sheet)
        rivals = {
            i: len(line.topic & keys) + (again[views[i]] > 1) + IN_TITLE * (i > 0 and views[i] in views[0])
            for i, line in enumerate(lines)
            if open_[i] and _may_head(line, layout.words[i], topic.keys(), keys)
        }
        weighed = zip(layout.words, layout.prose, strict=True)
        return cls(
            "page" if layout.whole_page else "text",
            layout,
            views,
            lines,
            kinds,
            shapes,
            open_,
            [
                [f"part:{_said(part)}" for part in parts] if parts and not sheet.whole[i] else []
                for i, parts in enumerate(sheet.parts)
            ],
            again,
            [0.0, *accumulate(min(words, MOST_WORDS) * prose for words, prose in weighed)],
            [0, *accumulate(kind.startswith("promo") for kind in kinds)],
            [0, *accumulate(kind == "short" for kind in kinds)],
            frozenset(topic),
            frozenset([word for word, count in topic.items() if count > 1]),
            keys,
            said,
            topic_of(" ".join(said)) if said else line_of(views[0], layout.words[0]).topic,
            layout.headlines(sheet, said, lambda i: len(keys & lines[i].topic)),
            rivals,
            max(rivals.values(), default=0),
            next((i for i in range(layout.first, len(kinds)) if kinds[i] == COMMENTS), len(kinds)),
        )


def _may_head(line: Line, words: float, topic: Set[str], keys: frozenset[str]) -> bool:
    """Tell whether a line is as long as headlines are, ends like one, and speaks of what the core is about."""
    if line.ends == "stop" or not HEAD_LEAST <= words <= HEAD_MOST:
        return False
    about = len(line.topic & topic) if len(line.topic) > 1 else 0
    return bool(line.topic & keys) or about >= HEAD_SHARE * max(1, len(line.topic))


def headlines(sheet: Sheet) -> frozenset[str]:
    """Return what rules found to be the headline."""
    return frozenset(
        value
        for parts in sheet.parts
        for part in parts
        if part.label is Label.HEADLINE
        for value in part.values or (" ".join(sheet.text[part.start : part.end].split()),)
    )


def _kind(sheet: Sheet, i: int) -> str | None:
    if not sheet.whole[i]:
        return None
    return _said(sheet.parts[i][0])


def _said(claim: Claim) -> str:
    # An enumeration's member is slow to format.
    return f"{claim.label.value} {claim.kind}" if claim.kind else claim.label.value


def _step(name: str, value: float) -> str:
    return CLASSES[name][bisect_left(STEPS[name], value)]


PROMO_ABOVE, PROMO_BELOW, SHORT_ABOVE, SHORT_BELOW = (
    [f"{what}:{_step('count', count)}" for count in range(WINDOW + 1)]
    for what in ("promo above", "promo below", "short above", "short below")
)
"""The features of how many units of a kind stand near, by their number."""


def line_of(view: str, words: float) -> Line:
    """Return what a line is; lines that are short, which recur, are remembered."""
    return _remembered(view, words) if len(view) <= KNOWN_LONGEST else _line_of(view, words)


def _line_of(view: str, words: float) -> Line:
    start = view[:READ]
    found = WORD.findall(start)
    begins, ends = _begins(view), _ends(view)
    digits = len(DIGIT.findall(start))
    size = _step("size", words)
    inner, commas = len(INNER_STOP.findall(start[:-1])), sum([start.count(mark) for mark in ",，、،"])
    said = [
        f"words:{_step('words', words)}",
        f"ends:{_last(view)}",
        f"begins:{begins}",
        f"words:{size}&ends:{ends}",
        f"words:{size}&begins:{begins}",
        f"sentences:{_step('sentences', inner)}",
        f"commas:{_step('commas', commas)}",
    ]
    if found:
        few = "" if len(found) > 2 else "&few words"
        said.append(f"capitals:{_step('share', len([word for word in found if word[0].isupper()]) / len(found))}{few}")
        said.append(f"digits:{_step('digits', digits / len(start))}")
        if len(found) > 2:
            said.append(
                f"short words:{_step('short words', len([word for word in found if len(word) <= 3]) / len(found))}"
            )
        if len(found) > 1 and view.isupper():
            said.append("all in capitals")
    else:
        said.append("no words")
    rest = start[1:]
    said += [f"has:{mark}" for mark in MARKS if mark in rest]
    if "http" in start or "www." in start:
        said.append("has:address")
    if digits and TIME.search(start):
        said.append("has:time")
    if digits and YEAR.search(start):
        said.append("has:year")
    topic = topic_of(view) if words >= 3 else frozenset()
    return Line(tuple(map(intern, said)), begins, ends, _names(view) if words <= NAME_WORDS else "", topic)


def topic_of(view: str) -> frozenset[str]:
    """Return what tells what a text is about: the beginnings of long words.

    Of a script without spaces, each two characters that stand together, but for those that only bend words.
    """
    start = view[:READ]
    if max(start, default="") < FIRST_CJK or not CJK.search(start):
        return frozenset(STEMS.findall(start.lower()))
    found = []
    for word in WORD.findall(start.lower()):
        if CJK.match(word):
            found += [two for at in range(len(word) - 1) if not HIRAGANA.search(two := word[at : at + 2])]
        elif len(word) >= TOPIC_LETTERS:
            found.append(word[:STEM])
    return frozenset(found)


def _keys(topic: Counter[str]) -> frozenset[str]:
    """Return the words that are said most; of as many, the longest."""
    found = [(-count, -len(word), word) for word, count in topic.items() if count >= KEY_TIMES]
    return frozenset([word for _, _, word in nsmallest(KEY_WORDS, found)])


_remembered = lru_cache(KNOWN_LINES)(_line_of)


def _begins(view: str) -> str:
    first = view[0]
    if first.isalpha():
        return "upper" if first.isupper() else "lower" if first.islower() else "letter"
    if first.isdigit():
        return "digit"
    return (
        "quote"
        if first in "\"'«„»「"
        else "dash"
        if first in "-*•·+"
        else "closing"
        if first in ",.;:)!?%"
        else "other"
    )


def _ends(view: str) -> str:
    last = view[-1]
    if last in sentences.CLOSING:
        return "stop" if sentences.ends(view, sentences.STOPS) else "quote"
    if last in sentences.STOPS:
        return "stop"
    if last in COLONS:
        return "colon"
    if last in COMMAS:
        return "comma"
    return "digit" if last.isdigit() else "letter" if last.isalpha() else "other"


def _last(view: str) -> str:
    """Return how a line ends, more finely: by its mark."""
    last = view[-1]
    if last in sentences.CLOSING:
        last = view.rstrip(sentences.CLOSING)[-1:]
        return last if last and last in sentences.STOPS else "quote"
    return last if last in sentences.STOPS + COMMAS + COLONS + "|" else _ends(view)


def _names(view: str) -> str:
    """Tell whether a line is nothing but persons' names, or names and something behind a mark."""
    if NAMES.fullmatch(view):
        return "names" if view.count(" ") < 4 else "many names"
    return "names and more" if NAMES_AND.fullmatch(view) else ""


def _of_neighbours(seen: _Seen, i: int) -> list[str]:
    kinds, last = seen.kinds, len(seen.kinds) - 1
    shape, line = seen.shapes[i], seen.lines[i]
    above = kinds[i - 1] if i else "edge"
    below = kinds[i + 1] if i < last else "edge"
    said = [
        *seen.parts[i],
        f"above:{above}",
        f"below:{below}",
        f"above:{above}&{shape}",
        f"below:{below}&{shape}",
        f"2 above:{kinds[i - 2] if i > 1 else 'edge'}",
        f"2 below:{kinds[i + 2] if i < last - 1 else 'edge'}",
    ]
    if i:
        said.append(
            f"above ends:{seen.lines[i - 1].ends}&begins:{line.begins}&{'open' if seen.open_[i - 1] else 'claimed'}"
        )
    if i < last:
        said.append(
            f"ends:{line.ends}&below begins:{seen.lines[i + 1].begins}&{'open' if seen.open_[i + 1] else 'claimed'}"
        )
    if 0 < i < last:
        said.append(f"between:{above}|{shape}|{below}")
    return said


def _of_place(seen: _Seen, i: int) -> list[str]:
    first, last, shape = seen.layout.first, seen.layout.last, seen.shapes[i]
    if last < 0:
        place = "none"
    elif i < first:
        place = f"{_step('far', first - i)} above"
    elif i > last:
        place = f"{_step('far', i - last)} below"
    else:
        place = "first" if i == first else "last" if i == last else "in"
    total = seen.prose_above[-1] or 1.0
    said = [
        f"core:{place}",
        f"from top:{_step('index', i)}&{seen.form}",
        f"from end:{_step('index', len(seen.kinds) - 1 - i)}&{seen.form}",
        f"prose before:{_step('read', seen.prose_above[i] / total)}&{shape}",
    ]
    if i > seen.comments:
        said.append(f"behind comments:{_step('read', seen.prose_above[seen.comments] / total)}&{shape}")
    return said


def _of_surroundings(seen: _Seen, i: int) -> list[str]:
    start, end = max(0, i - WINDOW), min(len(seen.kinds), i + 1 + WINDOW)
    prose, promo, short = seen.prose_above, seen.promo_above, seen.short_above
    return [
        f"prose above:{_step('prose', prose[i] - prose[start])}",
        f"prose below:{_step('prose', prose[end] - prose[i + 1])}",
        PROMO_ABOVE[promo[i] - promo[start]],
        PROMO_BELOW[promo[end] - promo[i + 1]],
        SHORT_ABOVE[short[i] - short[start]],
        SHORT_BELOW[short[end] - short[i + 1]],
    ]


def _of_topic(seen: _Seen, i: int) -> list[str]:
    """Tell how many of a unit's long words the rest of the core has too, and the headline."""
    said, words = [], seen.lines[i].topic
    if seen.again[seen.views[i]] > 1:
        said.append(f"said again&{seen.shapes[i]}")
    if len(words) < 2:
        return said
    own = seen.layout.prose[i] and seen.layout.first <= i <= seen.layout.last
    if seen.keys:
        said.append(f"key words:{_step('keys', len(words & seen.keys))}")
    known = len(words & (seen.twice if own else seen.topic))
    said.append(f"topic:{_step('known', known / len(words))}&{seen.shapes[i]}")
    if seen.title and i:
        shared = len(words & seen.title) / min(len(words), len(seen.title))
        said.append(f"title's words:{_step('known', shared)}&{seen.shapes[i]}")
    return said


def _of_headline(seen: _Seen, i: int) -> list[str]:
    said, view, title = [], seen.views[i], seen.views[0]
    if view in seen.said:
        said.append("a rule's headline")
    elif i and len(view) > TITLE_LEAST and view in title:
        said.append("begins the title" if title.startswith(view) else "in the title")
    if i in seen.rivals:
        said += _of_rivals(seen, i)
    if i in seen.guesses:
        said.append(f"headline guess:{seen.guesses.index(i)}")
    elif seen.guesses:
        best = seen.guesses[0]
        said.append(f"headline guess:{'below' if i < best else _step('far', i - best) + ' above'}&{seen.shapes[i]}")
    return said


def _of_rivals(seen: _Seen, i: int) -> list[str]:
    """Hold a line that may be the headline against others that may, near it and anywhere."""
    near = range(i - RIVALS_WITHIN, i + 1 + RIVALS_WITHIN)
    above = _against(seen, i, near[:RIVALS_WITHIN])
    below = _against(seen, i, near[RIVALS_WITHIN + 1 :])
    others = [len(seen.views[j]) for j in near if j != i and j in seen.rivals]
    size = "alone" if not others else "shorter" if max(others) > len(seen.views[i]) else "longer"
    signed = "unsigned" if SIGNED.isdisjoint(seen.kinds[i + 1 : i + 1 + SIGNED_WITHIN]) else "signed"
    rivals = f"rivals:{above}|{below}"
    said = [f"rivals above:{above}", f"rivals below:{below}", rivals, f"{rivals}&{size}", f"{rivals}&{signed}"]
    return [*said, "best of rivals"] if seen.rivals[i] == seen.best else said


def _against(seen: _Seen, i: int, near: range) -> str:
    """Tell whether the one among these units that is most like a headline is so more than unit i."""
    most, own = max([seen.rivals.get(j, 0) for j in near]), seen.rivals[i]
    return "none" if not most else "more" if most > own else "as much" if most == own else "less"


def _of_names(seen: _Seen, i: int) -> list[str]:
    names, last = seen.lines[i].names, len(seen.kinds) - 1
    said = [
        f"{names}",
        f"{names}&above:{seen.kinds[i - 1] if i else 'edge'}",
        f"{names}&below:{seen.kinds[i + 1] if i < last else 'edge'}",
    ]
    if i and len(seen.views[i - 1]) <= 6:
        said.append("names&a word above")
    if (i and seen.lines[i - 1].names) or (i < last and seen.lines[i + 1].names):
        said.append("names&names beside")
    if seen.guesses and (far := i - seen.guesses[0]) > 0:
        said.append(f"names&headline guess:{_step('far', far)} above")
        if far <= NAMED_WITHIN and any(seen.views[i] in view for view in seen.views[i + 1 :]):
            said.append("names&said below")
    return said
