"""Rules that are proposed: out of what recurs, with what kind and which doubts, and how they stand in a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import regex

from newsclean.model import KINDS, Label, Reach
from newsclean.units import view as seen
from newsclean.workshop.candidates import END, SENTENCE, Candidate, is_prose
from newsclean.workshop.generalising import Reading, pattern
from newsclean.workshop.guessing import Guess, Guesser, tokens

FILLINGS, WIDER = 3, 1.2
"""In how many ways a slot for names, or for all behind a colon, is filled at least, and by how much a form with one has
to recur more often than the narrower ones."""
TOGETHER = 0.8
"""In this share of the articles with either line, both come together: they are one block."""
BLOCK_LEAST, BLOCK_MOST = 2, 12
SLACK = 2
"""Lines: a block may have so many more than it was seen with."""
EDGE, MIDST = 0.8, 0.5
"""A line of the edge stands above or below all prose in the first share of its articles; one between paragraphs, in
more than the second."""
HOUSE_SHARE, HOUSE_LEAST, WEDGED_SHARE = 0.3, 10, 0.5
"""What stands in the first share of so many articles or more is the house's, whatever it says; what stands between
paragraphs, in the last."""
SENTENCE_SHARE, SENTENCE_ODDS = 0.1, 5.0
"""A sentence in the midst is promo if it stands in such a share of the articles, and its words have such odds."""
DATELINE = regex.compile(r"\(?\p{Lu}{3}[\p{Lu} .'-]*(?:,| \().{0,40}|.{2,40} \([A-Z]{2,10}\) -")
TITLED = re.compile(r"\0t ?[|·•-] ?[^\0]{3,60}")
NEAREST_WORDS = 16
"""Words of a paragraph that a counter-example has at most."""
ALONE_SHARE = 0.05
"""A line that stands without its block in no more than this share of its articles needs no rule of its own."""


@dataclass(slots=True)
class Proposal:
    """A rule that is proposed, with what a person should know to judge it.

    `doubt` says why it may claim what is an article's, "" if nothing speaks for that. `lines` are the keys of what it
    is to claim; `candidate` is the one that it begins with. `covers` are keys of lines that need no rules beside it if
    they hardly ever stand without it; `alone` counts the articles in which a line does.
    """

    label: Label
    kind: str | None
    pattern: str
    candidate: Candidate
    lines: frozenset[int]
    support: int
    reach: Reach = Reach.LINE
    stop: str | None = None
    within: int = 0
    covers: frozenset[int] = frozenset()
    doubt: str = ""
    alone: int = 0
    examples: list[str] = field(default_factory=list)
    counterexamples: list[str] = field(default_factory=list)

    @property
    def needs_block(self) -> bool:
        """Whether it is a line that hardly ever stands without a block that covers it."""
        return self.reach is Reach.LINE and self.alone <= ALONE_SHARE * self.support

    @property
    def section(self) -> str:
        """The section that it stands in."""
        return f"[{' '.join(filter(None, (self.label, self.kind)))}]"

    def says(self, articles: int) -> str:
        """Return the comment above it: its support, among so many articles, and its risks."""
        candidate = self.candidate
        said = [f"In {self.support:,} of {articles:,} articles"]
        if candidate.wedged:
            said.append(f"between two paragraphs in {candidate.wedged:,}")
        if candidate.inside:
            said.append(f"its words within longer sentences in {candidate.inside:,}")
        return "; ".join(said) + f".{f' {self.doubt}' if self.doubt else ''}"

    def text(self) -> list[str]:
        """Return its lines in a rule file, the pattern first."""
        reach = {Reach.LINE: [], Reach.END: ["  to end"]}.get(self.reach, [f"  {self.reach} {self.stop}"])
        within = [f"  within {self.within}"] if self.reach is not Reach.LINE else []
        proofs = [(sign, example) for sign, of in (("+", self.examples), ("-", self.counterexamples)) for example in of]
        return [self.pattern, *reach, *within, *(f"  {sign} {said}".replace("\n", "\\n") for sign, said in proofs)]


def propose(candidates: Sequence[Candidate], articles: int, least: int, guesser: Guesser) -> Iterator[Proposal]:
    """Yield what is proposed for a group: rules for lines, then for blocks.

    Args:
        candidates: What recurs in the group.
        articles: How many articles the group has.
        least: In how many of them a line has to stand.
        guesser: Knows kinds by their words.
    """
    often = sorted((c for c in candidates if c.support >= least), key=lambda c: (-c.support, c.form.shape))
    by_key = {candidate.key: candidate for candidate in often if candidate.form.reading is Reading.EXACT}
    lines: dict[int, Proposal] = {}
    wide: set[int] = set()
    narrower: Counter[int] = Counter()
    for candidate in often:
        for key in candidate.wider:
            narrower[key] = max(narrower[key], candidate.support)
    for reading in (Reading.LABELLED, Reading.NAMED, Reading.EXACT):
        for candidate in often:
            if candidate.form.reading is not reading or not wide.isdisjoint(candidate.wider):
                continue
            if candidate.support < WIDER * narrower[candidate.key]:
                continue
            proposal = _line(candidate, articles, guesser)
            if reading is Reading.EXACT:
                lines[candidate.key] = proposal
            elif not proposal.doubt:
                wide.add(candidate.key)
                lines[candidate.key] = proposal
    blocks = [*_chains(by_key, articles, guesser), *_lists(by_key, lines)]
    yield from lines.values()
    yield from blocks


def _line(candidate: Candidate, articles: int, guesser: Guesser) -> Proposal:
    form = candidate.form
    guess = _guess(candidate, guesser)
    doubt = _doubt(candidate, guess, articles)
    written = pattern(form.shape, candidate.constant, guess.label)
    examples = [example for example in candidate.examples if regex.fullmatch(written, example)]
    lines = frozenset((candidate.key,))
    return Proposal(
        guess.label, guess.kind, written, candidate, lines, candidate.support, doubt=doubt, examples=examples
    )


def _guess(candidate: Candidate, guesser: Guesser) -> Guess:
    """Return what a line is: by its slots, its words, what stands beside it, or else where it stands."""
    shape, literal = candidate.form.shape, candidate.form.literal
    if TITLED.fullmatch(shape):
        return Guess(Label.HEADLINE, None, 9.0)
    labels = {Label.PROMO, Label.CAPTION}
    labels |= {Label.DATE} if re.search("\0[def]", shape) and len(literal.split()) <= 4 else set()
    labels |= {Label.BYLINE} if re.search("\0[ap]", shape) else set()
    guess = guesser.guess(literal, labels)
    if guess.is_sure:
        return guess
    if sum(count for count, _ in candidate.lists.values()) >= MIDST * candidate.support:
        return guess._replace(label=Label.PROMO, kind="related")
    beside = candidate.kinds.most_common(1)
    if beside and beside[0][1] >= EDGE * candidate.support:
        return guess._replace(label=Label.PROMO, kind=beside[0][0])
    kind = "related" if len(literal.split()) > 4 else "nav"
    return Guess(Label.PROMO, kind, guess.odds)


def _doubt(candidate: Candidate, guess: Guess, articles: int) -> str:
    """Return why a line may be the article's own, though it recurs; "" if nothing speaks for that."""
    share = candidate.support / articles
    is_house = share >= HOUSE_SHARE and articles >= HOUSE_LEAST
    edge = candidate.above + candidate.below >= EDGE * candidate.support
    wedged = candidate.wedged > MIDST * candidate.support
    example = candidate.examples[0]
    if candidate.form.reading is not Reading.EXACT:
        filled = max(map(len, candidate.values)) >= FILLINGS
        return "" if guess.is_sure and filled and not wedged else "What varies in it may be an article's."
    if DATELINE.fullmatch(example) and not (guess.label is Label.DATE or guess.is_sure or is_house):
        return "It looks like a dateline."
    if articles < HOUSE_LEAST and not guess.is_sure:
        return "So few articles don't tell what it is."
    if is_prose(example) or not (edge or SENTENCE.search(example) is None):
        told = guess.odds >= SENTENCE_ODDS and (edge or share >= SENTENCE_SHARE) and not example.startswith(('"', "'"))
        return "" if (told or is_house) and not wedged else "It is a sentence that merely recurs."
    if guess.is_sure and not wedged:
        return ""
    if wedged and not (is_house and share >= WEDGED_SHARE):
        return "It stands between paragraphs, as a subheading does."
    if not (edge or is_house):
        return "It stands among paragraphs, and no word of it tells of promo."
    return ""


def _chains(candidates: Mapping[int, Candidate], articles: int, guesser: Guesser) -> Iterator[Proposal]:
    """Yield blocks of lines that come together in one order, the last of them their end."""
    following = {
        key: after
        for key, candidate in candidates.items()
        for after, count in candidate.after.most_common(1)
        if after in candidates and after != key
        if count >= TOGETHER * max(candidate.support, candidates[after].support)
    }
    followed = set(following.values())
    starts = sorted(following.keys() - followed, key=lambda key: candidates[key].form.shape)
    for start in starts:
        chain = [start]
        while chain[-1] in following and following[chain[-1]] not in chain:
            chain.append(following[chain[-1]])
        for at in range(0, len(chain), BLOCK_MOST):
            part = [candidates[key] for key in chain[at : at + BLOCK_MOST]]
            if len(part) >= BLOCK_LEAST:
                yield _block(part, articles, guesser)


def _block(part: Sequence[Candidate], articles: int, guesser: Guesser) -> Proposal:
    first, last = part[0], part[-1]
    joined = " ".join(candidate.form.literal for candidate in part)
    guesses = [_guess(candidate, guesser) for candidate in part]
    whole = guesser.guess(joined)
    if not whole.is_sure:
        whole = max((guess for guess in guesses if guess.label is Label.PROMO), key=lambda g: g.odds, default=whole)
    doubts = [_doubt(candidate, guess, articles) for candidate, guess in zip(part, guesses, strict=True)]
    # What one line leaves in doubt, its neighbours may tell; what all of them leave in doubt is a fact box.
    doubt = doubts[0] if all(doubts) or (not whole.is_sure and any(doubts)) else ""
    keys = frozenset(candidate.key for candidate in part)
    return Proposal(
        *(Label.PROMO, whole.kind, pattern(first.form.shape, first.constant), first, keys),
        support=min(candidate.support for candidate in part),
        reach=Reach.TO,
        stop=_stop(last),
        within=len(part) - 1 + SLACK,
        covers=keys,
        doubt=doubt,
    )


def _lists(candidates: Mapping[int, Candidate], lines: Mapping[int, Proposal]) -> Iterator[Proposal]:
    """Yield blocks of a heading, a list of lines that vary, and what ends it: a line that recurs, or the text's end."""
    for key, candidate in candidates.items():
        if not candidate.lists or key not in lines or lines[key].doubt:
            continue
        end, (count, longest) = max(candidate.lists.items(), key=lambda item: item[1])
        if count < TOGETHER * candidate.support or (end != END and end not in candidates):
            continue
        proposal = replace(lines[key], examples=[], label=Label.PROMO, kind=lines[key].kind or "related")
        if end == END:
            yield replace(proposal, reach=Reach.END, within=longest)
        else:
            yield replace(proposal, reach=Reach.UNTIL, stop=_stop(candidates[end]), within=longest + 1)


def _stop(candidate: Candidate) -> str:
    stop = pattern(candidate.form.shape, candidate.constant)
    return f"(?:{stop})" if stop == "end" else stop


def sentences(body: Iterable[str]) -> list[tuple[str, set[str]]]:
    """Return the sentences of paragraphs, each with its words."""
    return [(said, tokens(said)) for line in body for said in re.split(r"(?<=[.!?]) +", line) if said]


def nearest(proposal: Proposal, body: Sequence[tuple[str, set[str]]]) -> Iterator[str]:
    """Yield what may be the counter-example of a rule, the best first, from sentences of the batch.

    First the sentence that has most words with it in common; then, if none has any, its example run into a paragraph,
    as when a line break is lost. Of a block, its beginning without its end.
    """
    example = proposal.examples[0].split("\n")[0]
    words = {word for word in tokens(proposal.candidate.form.literal) if " " not in word}
    ranked = sorted(((len(words & said), -len(text), text) for text, said in body if text != example), reverse=True)
    short = [" ".join(said.split()[:NEAREST_WORDS]) for overlap, _, said in ranked[:3] if overlap]
    other = " ".join((body[0][0] if body else example).split()[:NEAREST_WORDS])
    if proposal.reach is Reach.LINE:
        yield from short
        yield f"{example} {other}"
        yield f"{other} {example}"
    elif proposal.reach is Reach.END:
        yield f"{other} {example}"
        yield from short
    else:
        yield f"{example}\n{other}"


def ordered(proposals: Iterable[Proposal]) -> list[Proposal]:
    """Return rules as they stand in a file: lines, then blocks, which win; by section, the best supported first."""
    kinds = list(KINDS)
    labels = list(Label)
    return sorted(
        proposals,
        key=lambda p: (
            p.reach is not Reach.LINE,
            labels.index(p.label),
            kinds.index(p.kind) if p.kind in KINDS else len(kinds),
            -p.support,
            seen(p.pattern),
        ),
    )
