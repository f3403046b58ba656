"""The nouns. One of them, `Article`, passes through everything; the others are what it is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from newsclean import sentences

LINE_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
"""The characters at which `str.splitlines` ends a line, and so do we."""
SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
UNSEEN = "\u200b\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters without width, and marks of direction."""
SEEN_AS = (
    dict.fromkeys(SPACES + UNSEEN, " ")
    | dict.fromkeys("‘’‚‛′´`", "'")
    | dict.fromkeys("“”„‟″", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
)
"""What the matching view shows in place of each odd character."""
BLANK = "".join(sorted(LINE_BREAKS)) + "\x1f " + SPACES + UNSEEN
"""What nobody sees at the ends of a text."""
PARAGRAPH, BEHIND = 50, 2
"""Characters: a body span as long is a paragraph. Spans: how far behind the last one the authors may be named."""


class UsageError(Exception):
    """What the user asked for can't be done as it was asked; the message says what to do."""


class Label(StrEnum):
    """What a span of an article is."""

    HEADLINE = "headline"
    BYLINE = "byline"
    DATE = "date"
    CAPTION = "caption"
    BODY = "body"
    PROMO = "promo"


KINDS = {
    "newsletter": "an invitation to subscribe to e-mails",
    "subscribe": "an invitation to subscribe to the publication, prices and trial offers",
    "donate": "a plea for money: donations, memberships, support us",
    "paywall": "a notice that the rest is for subscribers, and log-in prompts",
    "related": "links to other articles: read more, related stories, teasers, most read",
    "share": "share, print, save, copy-link and gift-this-article buttons",
    "follow": "invitations to follow on social media or to choose the site as a source",
    "app": "an invitation to install an app or to allow notifications",
    "ad": "advertisements and their labels, sponsored content, affiliate disclosures",
    "comments": "comment counts, comment forms, house rules for commenters",
    "cookies": "cookie and privacy consent",
    "legal": "copyright, terms, imprint, licensing",
    "nav": "navigation: menus, skip links, sections, breadcrumbs, edition choosers, footers",
    "contact": "ways to reach the newsroom: tips, letters, 'got a story?'",
    "bio": "a few lines about the author that are not the byline",
    "tags": "topics and keywords",
    "media": "what a player or a gallery leaves behind: play, duration, image counters, view in fullscreen",
    "correction": "a notice that the article was changed or corrected",
    "meta": "facts about the page that are not its date: reading time, word count, listen to this article",
    "repeat": "what the page says a second time",
}
"""The kinds of promo and what each holds. A rule file may name others."""


class Input(StrEnum):
    """What a stream holds."""

    TEXT = "text"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    WARC = "warc"


class Reach(StrEnum):
    """How far a rule claims from the place that its pattern matches."""

    LINE = "line"
    INLINE = "inline"
    TO = "to"
    UNTIL = "until"
    END = "to end"


class Pass(StrEnum):
    """The structure passes that decide by a single fact. Told in `Span.why`."""

    HEADLINE = "structure:headline"
    BYLINE = "structure:byline"
    TWICE = "structure:said-twice"
    BIO = "structure:bio"


class Guess(NamedTuple):
    """What the line labeller took a line for, and the features that weighed most, the strongest first.

    Before them stands "like the URL" where the headline was chosen among the lines that are like its slug.

    `state` is where it stands: above, headline, byline, under, inside, below or credit (`labeller.State`).
    """

    state: str
    features: tuple[str, ...]

    def __str__(self) -> str:
        return f"labeller:{self.state}"


class Place(NamedTuple):
    """A line of a rule file. `file` is relative to its rule folder and has forward slashes."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what its pattern matches, it labels. A signature labels nothing: its `label` is None.

    `within` is how many units a block looks ahead for its last line (`stop`).
    """

    label: Label | None
    kind: str | None
    pattern: str
    place: Place
    reach: Reach = Reach.LINE
    stop: str | None = None
    within: int = 40

    def __hash__(self) -> int:
        return hash(self.place)


Why: TypeAlias = Rule | Pass | Guess
"""What decided on a span."""


def place_of(why: Why) -> str:
    """Return what decided, in a word: `common/en.txt:12`, `structure:bio`, `labeller:below`."""
    return str(why.place if isinstance(why, Rule) else why)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a rule must claim and what it must not, as it stands beside the rule in its file."""

    rule: Rule
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ruleset:
    """What one rule file says. `name` is its path in the rule folder, without the ending."""

    name: str
    domains: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    signatures: tuple[Rule, ...] = ()
    rules: tuple[Rule, ...] = ()
    proofs: tuple[Proof, ...] = ()


class Span(NamedTuple):
    """A stretch of the article's text, and why it has its label.

    `start` and `end` are offsets into `Article.text`, in characters, as slices count them. `why` is the rule, the
    structure pass or the line labeller's guess that decided; None only for body that nothing claimed. `values` is what
    the rule's named groups picked out: the authors of a byline, whom a bio is about, the headline in a title line, the
    date in a date line.
    """

    start: int
    end: int
    label: Label
    kind: str | None = None
    why: Why | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """A text, cut into spans that cover each of its characters once and in order.

    The white space behind a span, its line break too, belongs to it; what stands before the first, to the first.

    `publisher` is the name of the rule file that the article was recognised by, a domain, or None.
    `warnings` say what could not be done: a rule that ran out of time, bytes that could not be decoded.
    """

    text: str
    spans: tuple[Span, ...]
    publisher: str | None = None
    warnings: tuple[str, ...] = ()

    def keeping(self, kinds: Collection[str]) -> Article:
        """Return the article with promo of these kinds as body; why it was claimed stays told."""
        if not any(span.kind in kinds for span in self.spans):
            return self
        kept = (span._replace(label=Label.BODY, kind=None) if span.kind in kinds else span for span in self.spans)
        return replace(self, spans=tuple(kept))

    def of(self, label: Label) -> tuple[Span, ...]:
        """Return the spans with that label, in order."""
        return tuple(span for span in self.spans if span.label is label)

    def said(self, span: Span) -> str:
        """Return the text of a span without what is blank around it."""
        return self.text[span.start : span.end].strip(BLANK)

    @property
    def headline(self) -> str | None:
        """The first headline, or None."""
        return next(self._values(Label.HEADLINE), None)

    @property
    def byline(self) -> str | None:
        """The byline as it stands, its lines joined by line breaks, or None; a teaser's only if there is no other."""
        return "\n".join(filter(None, map(self.said, self._bylines()))) or None

    @property
    def authors(self) -> tuple[str, ...]:
        """The authors that the byline names, each once, in order; if it names none, whom a few lines are about."""
        bios = (span for span in self.promo if span.kind == "bio")
        signed = dict.fromkeys(name for span in self._bylines() for name in span.values)
        return tuple(signed or dict.fromkeys(name for span in bios for name in span.values))

    @property
    def date(self) -> str | None:
        """The first date, as written, or None."""
        return next(self._values(Label.DATE), None)

    @property
    def captions(self) -> tuple[str, ...]:
        """Photo captions and credits, in order."""
        return tuple(filter(None, map(self.said, self.of(Label.CAPTION))))

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The body, a string a paragraph, as it stands in the text; a sentence broken at its links is one again."""
        pieces: list[str] = []
        beside: list[bool] = []  # whether nothing stands between a piece and the one before it
        fresh, spaced, alone = True, False, True
        for span in self.spans:
            if span.label is not Label.BODY and fresh:
                alone = True
                continue
            piece = self.text[span.start : span.end]
            if span.label is Label.BODY and (said := piece.strip(BLANK)):
                if fresh:
                    pieces.append(said)
                    beside.append(not alone)
                else:
                    # A rule cut something out of the middle of a line: two pieces of one paragraph.
                    pieces[-1] += " " * (spaced or piece[0].isspace()) + said
                fresh = alone = False
            blank = piece[len(piece.rstrip(BLANK)) :]
            spaced = bool(blank) or (spaced and span.label is not Label.BODY)
            fresh = fresh or not LINE_BREAKS.isdisjoint(blank)
        return tuple(_unbroken(pieces, beside))

    @property
    def body(self) -> str:
        """The body, its paragraphs separated by a blank line."""
        return "\n\n".join(self.paragraphs)

    @property
    def promo(self) -> tuple[Span, ...]:
        """The spans of promo cruft, in order."""
        return self.of(Label.PROMO)

    def _bylines(self) -> Sequence[Span]:
        """Return the bylines between the headline and right behind the body, if one names an author; else all."""
        labels = [span.label for span in self.spans]
        start = labels.index(Label.HEADLINE) if Label.HEADLINE in labels else 0
        body = [
            i for i, span in enumerate(self.spans) if span.label is Label.BODY and span.end - span.start >= PARAGRAPH
        ]
        end = body[-1] + BEHIND if body else len(labels)
        own = [span for span in self.spans[start : end + 1] if span.label is Label.BYLINE]
        return own if any(span.values for span in own) else self.of(Label.BYLINE)

    def _values(self, label: Label) -> Iterator[str]:
        return (value for span in self.of(label) for value in (span.values or (self.said(span),)) if value)


def _unbroken(pieces: list[str], beside: list[bool]) -> Iterator[str]:
    """Yield paragraphs, the pieces of a broken sentence as one; lines that end without a full stop may be a list."""
    start = 0
    for run in sentences.broken(pieces, beside[1:]):
        if sentences.ends(pieces[run.stop - 1], sentences.STOPS):
            yield from pieces[start : run.start]
            yield sentences.joined(pieces[run.start : run.stop])
            start = run.stop
    yield from pieces[start:]
