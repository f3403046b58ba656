r"""A line in, the forms that it may recur in out; a form in, a rule's pattern out.

A form is a line of the matching view with what varies replaced by slots: a NUL and a letter. `12 comments` has the form
`\0n comments`, and that the pattern `\d(?:[\d.,]{0,14}\d)? comments`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

import regex

from newsclean.model import Label
from newsclean.units import view as seen

MARK = "\0"
LONGEST_LINE = 300
"""Characters: what is longer is a paragraph, and no line that a person would want a rule for."""
TITLE_LEAST, NAME_LEAST, NAMED_WORDS = 12, 5, 14
"""Characters: shorter titles and names are words that mean something else too. Words: longer lines tell more."""
YEAR = re.compile(r"(?:19|20)\d\d")
WORD = r"\p{L}[\p{L}.'-]{0,30}"
NAME = rf"\p{{Lu}}[\p{{L}}.'-]{{0,30}}(?: {WORD}){{1,3}}"
WRITTEN = {
    "d": r"\d{1,2}(?:\.|st|nd|rd|th)? (?:de )?\p{L}{3,12}\.?,? (?:de )?(?:19|20)\d\d",
    "e": r"\p{Lu}\p{L}{2,11}\.? \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d\d",
    "f": r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}",
    "c": r"\d{1,2}[:.h]\d\d(?: ?[AaPp]\.?[Mm])?",
    "n": r"\d(?:[\d.,]{0,14}\d)?",
    "w": r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day",
    "m": r"(?:January|February|March|April|May|June|July|August|September|October|November|December)",
    "t": r".{10,250}",
    "a": NAME,
    "p": NAME,
    "r": r".{3,150}",
}
"""The pattern that stands in a rule for each slot; the first seven are what is looked for in a line, too."""
FOUND = regex.compile(
    "|".join(rf"(?P<{slot}>(?<![\w{'$€£' * (slot != 'n')}]){WRITTEN[slot]}(?!\w))" for slot in "defcnwm")
)
NAMED = regex.compile(r"(?<=[\p{Ll}:|] )\p{Lu}[\p{L}.'-]{0,30}(?: \p{Lu}[\p{L}.'-]{0,30}){1,3}")
LABELLED = re.compile(r"([^\d\0:|]{3,40}?)(: ?| [|-] )(.{3,150})")
SLOT = re.compile(f"{MARK}(.)")
SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")


class Reading(StrEnum):
    """How freely a form reads its line: numbers, dates, its article's title and authors; names; all behind a colon."""

    EXACT = "exact"
    NAMED = "named"
    LABELLED = "labelled"


class Form(NamedTuple):
    """A line with slots, and what stands in them, in order."""

    shape: str
    values: tuple[str, ...] = ()
    reading: Reading = Reading.EXACT

    @property
    def literal(self) -> str:
        """What of the line is no slot, a space for each."""
        return SLOT.sub(" ", self.shape)


def forms(view: str, title: str = "", authors: Sequence[str] = ()) -> Iterator[Form]:
    """Yield the forms that a line may recur in, the narrowest first: a title, as it stands and no other.

    Args:
        view: The line, as its unit's matching view.
        title: The headline of its article, or "".
        authors: The authors of its article.
    """
    if not can_be_written(view) or len(view) > LONGEST_LINE:
        return
    exact = _masked(view, seen(title), [seen(author) for author in authors])
    if sum(map(str.isalpha, exact.literal)) < 2:
        return
    yield exact
    if view == seen(title):
        return
    named = _replaced(NAMED, "p", exact) if view.count(" ") < NAMED_WORDS else exact
    # One name amid words in lower case; where all words have capitals, names can't be told.
    if len(named.values) == len(exact.values) + 1 and re.search(r"(?:^| )[^\W\d_A-Z]", named.literal):
        yield named._replace(reading=Reading.NAMED)
    if match := LABELLED.fullmatch(view):
        label, between, rest = match.groups()
        if label.count(" ") < 5:
            yield Form(f"{label}{between}{MARK}r", (rest,), Reading.LABELLED)


def can_be_written(view: str) -> bool:
    r"""Tell whether a line can stand in a rule file: no control or private character, no `\`, which examples read."""
    return view.replace("\u200c", "").replace("\u200d", "").isprintable() and "\\" not in view


def _masked(view: str, title: str, authors: Sequence[str]) -> Form:
    form = Form(view)
    own = [("t", title, TITLE_LEAST), *(("a", author, NAME_LEAST) for author in authors)]
    for slot, said, least in own:
        if len(said) >= least and said in view and said != view:
            form = _replaced(regex.compile(rf"(?<!\w){regex.escape(said)}(?!\w)"), slot, form)
    return _replaced(FOUND, "", form)


def _replaced(what: regex.Pattern[str], slot: str, form: Form) -> Form:
    """Return the form with further slots: `slot`, or the one that the match's group is called."""
    old, values = iter(form.values), []
    shape = []
    # Slots that are there already part the line: nothing is looked for in them.
    for i, piece in enumerate(SLOT.split(form.shape)):
        if i % 2:
            shape.append(MARK + piece)
            values.append(next(old))
            continue
        at = 0
        for match in what.finditer(piece):
            shape += [piece[at : match.start()], MARK + (slot or match.lastgroup)]
            values.append(match[0])
            at = match.end()
        shape.append(piece[at:])
    return form._replace(shape="".join(shape), values=tuple(values))


def pattern(shape: str, constant: Sequence[str | None], label: Label = Label.PROMO) -> str:
    """Return the pattern of a form.

    Args:
        shape: The form's shape.
        constant: For each slot what stood in it wherever the line was seen, or None where that varied.
        label: What the rule finds: of a headline and a byline, the title and the name are picked out.
    """
    slots = iter(constant)
    group = {Label.HEADLINE: ("t", "headline"), Label.BYLINE: ("ap", "author")}.get(label, ("", ""))
    pieces = []
    for i, piece in enumerate(SLOT.split(shape)):
        if not i % 2:
            pieces.append(escape(piece))
        elif (said := next(slots)) is not None and not (YEAR.fullmatch(said) or piece in "tapr"):
            pieces.append(escape(said))
        elif said is not None and YEAR.fullmatch(said):
            pieces.append(r"(?:19|20)\d\d")
        elif piece in group[0]:
            pieces.append(f"(?P<{group[1]}>{WRITTEN[piece]})")
        else:
            pieces.append(WRITTEN[piece])
    whole = "".join(pieces)
    return rf"\{whole}" if whole.startswith("#") else whole


def escape(text: str) -> str:
    """Return a pattern that matches nothing but the text. Blanks stay as they are: a person is to read it."""
    return SPECIAL.sub(r"\\\g<0>", text)
