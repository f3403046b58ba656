"""The way of the text, start to end.

text ── units ──▶ lines (or paragraphs, or sentences), each with its matching view
     ── publisher ──▶ which rules: the publisher's own, what it includes, the common ones
     ── matching ──▶ rules claim units and parts of units
     ── structure ──▶ the line labeller and a few passes decide what no rule claimed
     ── Article
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from newsclean import slugs, structure
from newsclean.labeller import Labeller
from newsclean.literals import Drawn
from newsclean.matching import Claim, Matcher, Memory, Sheet
from newsclean.model import BLANK, Article, Label, Rule, Span
from newsclean.publisher import Publishers

Rules = Sequence[tuple[Rule, Drawn]]
NONE = "none"
"""As a publisher's name: only the common rules and the structure passes."""


class RuleLibrary(Protocol):
    """What a cleaner asks of a library of rules; `newsclean.library.Library` is one. It must pickle."""

    def common(self) -> Rules:
        """Return the rules that hold everywhere, the strongest last."""

    def of_publisher(self, name: str) -> Rules:
        """Return a publisher's rules, with what it includes before its own."""

    def domains(self) -> Mapping[str, str]:
        """Return every domain, and the publisher that it belongs to."""

    def signatures(self) -> Sequence[tuple[str, Rule, Drawn]]:
        """Return every publisher's signatures."""

    def weights(self) -> str:
        """Return what the line labeller has learned."""


class Cleaner:
    """Cleans articles with one library of rules. Load it once; threads may share it, and it pickles.

    Args:
        library: Where the rules come from.
        common: Whether the common rules are used beside the publishers'.
        guess: Whether the line labeller decides what no rule claimed; without it, that is body.
        labeller: The line labeller, if it is not the one that comes with newsclean.

    Raises:
        newsclean.RuleError: If a rule file can't be used.
    """

    def __init__(
        self, library: RuleLibrary, *, common: bool = True, guess: bool = True, labeller: Labeller | None = None
    ):
        self._library, self._use_common = library, common
        self._labeller = (labeller or Labeller(library.weights())) if guess else None
        signatures = library.signatures()
        self._publishers = Publishers(library.domains(), {rule: name for name, rule, _ in signatures})
        # One index for both: a text is looked through once.
        rules = library.common() if common else ()
        self.memory = Memory()
        self._common = Matcher([*rules, *((rule, drawn) for _, rule, drawn in signatures)], memory=self.memory)
        self._matchers: dict[str, Matcher] = {}

    def __reduce__(self) -> tuple[object, ...]:
        return _cleaner, (self._library, self._use_common, self._labeller)

    def clean(self, text: str, *, url: str | None = None, publisher: str | None = None) -> Article:
        """Return the article, each of its characters in a labelled span.

        Args:
            text: The scraped text.
            url: Where it was scraped from, to know the publisher by, and the headline if its words are in it.
            publisher: The publisher's domain, or "none" for the common rules alone; without it the publisher is
                known by the URL or else by the text.

        Raises:
            UnknownPublisher: If no rule file is named after `publisher`.
        """
        sheet, name = self.claimed(text, url=url, publisher=publisher)
        structure.decide(sheet, self._labeller, slugs.words_of(url) if url else frozenset())
        return Article(text, spans(sheet), name, tuple(dict.fromkeys(sheet.warnings)))

    def claimed(self, text: str, *, url: str | None = None, publisher: str | None = None) -> tuple[Sheet, str | None]:
        """Return what the rules alone claim of a text, and the publisher; arguments and errors are those of `clean`."""
        sheet = Sheet.of(text)
        lines = self._common.look_up(sheet)
        name = self._publisher(url, publisher, lambda: self._common.signed(sheet, lines))
        if name:
            self._matcher(name).claim(sheet)
        self._common.claim(sheet, lines)
        return sheet, name

    def knows(self, publisher: str) -> bool:
        """Tell whether there are rules of that publisher, by its domain; "none" is none's."""
        return publisher == NONE or self._publishers.has(publisher)

    def _publisher(self, url: str | None, publisher: str | None, signed: Callable[[], Iterable[Rule]]) -> str | None:
        if publisher == NONE:
            return None
        if publisher:
            return self._publishers.named(publisher)
        known = self._publishers.of_url(url) if url else None
        return known or self._publishers.of_signatures(signed())

    def _matcher(self, name: str) -> Matcher:
        matcher = self._matchers.get(name)
        if matcher is None:
            matcher = self._matchers[name] = Matcher(self._library.of_publisher(name), memory=self.memory)
        return matcher


def _cleaner(library: RuleLibrary, common: bool, labeller: Labeller | None) -> Cleaner:
    return Cleaner(library, common=common, guess=labeller is not None, labeller=labeller)


def spans(sheet: Sheet) -> tuple[Span, ...]:
    """Return the spans of a sheet: its claims, and body between them, the white space behind each with it."""
    pieces: list[Claim] = []
    for i, (unit, parts) in enumerate(zip(sheet.units, sheet.parts, strict=True)):
        if len(parts) == 1 and sheet.whole[i]:
            pieces.append(parts[0])
            continue
        at = unit.start
        for part in [*parts, Claim(unit.end, unit.end, Label.BODY, None, None)]:
            if sheet.text[at : part.start].strip(BLANK):
                pieces.append(Claim(at, part.start, Label.BODY, None, None))
            if part.end > part.start:
                pieces.append(part)
            at = part.end
    if not pieces:
        return (Span(0, len(sheet.text), Label.BODY),) if sheet.text else ()
    starts = [0, *(piece.start for piece in pieces[1:]), len(sheet.text)]
    return tuple(Span(start, end, *piece[2:]) for start, end, piece in zip(starts, starts[1:], pieces, strict=False))
