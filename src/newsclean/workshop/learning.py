"""Rules learned from a batch: what recurs across the articles of a publisher, as rule files ready for review.

    records ── Watch (cleaned, observed) ──▶ a spool
    first look: which lines recur ── second: where, how often ── third: what the rules proposed for them claim
    what is proven, and claims no prose that it was not meant to ──▶ a rule file for each publisher

Memory does not grow with the batch: see `Bounds`. The spool, a temporary file, does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlsplit

import regex

from newsclean.batch import Cleaned, Task
from newsclean.cleaning import NONE
from newsclean.literals import draw
from newsclean.matching import BLOCKS, Matcher, Memory, Sheet
from newsclean.model import Article, Label, Place, Reach, Rule, Ruleset, UsageError
from newsclean.proof import prove
from newsclean.sources import Source
from newsclean.syntax import DOMAIN, parse
from newsclean.workshop.candidates import Candidate, Census, Line, Seen, Within, is_prose, observe
from newsclean.workshop.generalising import Reading, can_be_written
from newsclean.workshop.guessing import Guesser
from newsclean.workshop.proposing import Proposal, nearest, ordered, propose, sentences
from newsclean.workshop.recurring import Frequent, Spool

UNKNOWN = "unknown"
"""The group of the articles whose publisher nothing tells."""
OBSERVED = "observed"
BLOCK_EXAMPLES = 2
MOST_BODY = 3_000
"""Paragraphs of a publisher among which a counter-example is looked for: more of them hold no nearer one."""
FORGET_AFTER = 100
"""Articles: what rules find in a line is remembered so long, for most cruft recurs sooner."""


class Bounds(NamedTuple):
    """What is kept at most, whatever the batch.

    Forms of lines that are counted; forms that are looked at closely; paragraphs for counter-examples; lines by which
    an article is known again; publishers.
    """

    lines: int = 1 << 18
    candidates: int = 20_000
    body: int = 20_000
    known: int = 1 << 21
    groups: int = 500


@dataclass(frozen=True, slots=True)
class Support:
    """In how many articles of its publisher a line has to stand: a number, or a percentage, and `least` at least."""

    count: int = 0
    percent: int = 2
    least: int = 3

    @classmethod
    def of(cls, text: str) -> Support:
        """Return what a person wrote: `5` or `2%`.

        Raises:
            UsageError: If it is neither.
        """
        number = text.removesuffix("%").strip()
        if not number.isdecimal() or not 0 < int(number) <= (100 if text.endswith("%") else 10**9):
            raise UsageError(f"--min-support {text!r}: write a number of articles such as 5, or a share such as 2%")
        return cls(0, int(number), 2) if text.endswith("%") else cls(int(number), 0, 2)

    def among(self, articles: int) -> int:
        """Return the least number among so many articles. What occurs once never recurs: it is 2 or more."""
        return max(self.count, -(-self.percent * articles // 100), self.least)


BOUNDS, USUAL = Bounds(), Support()


@dataclass(frozen=True, slots=True)
class Watch(Task):
    """What is done with each record of a batch to learn from: it is cleaned, and observed."""

    def clean(self, source: Source) -> Article:
        """Return the article, cleaned with its group's rules, or the common ones if it has none."""
        group = self.named(source)
        known = (group if self.cleaner.knows(group) else NONE) if group else None
        return self.cleaner.clean(source.text, publisher=known)

    def render(self, article: Article, source: Source) -> dict[str, object]:
        """Return what is learned from of it."""
        return {OBSERVED: observe(article, article.publisher or self.named(source) or UNKNOWN)}

    def named(self, source: Source) -> str | None:
        """Return the domain that the user names, or else the URL's, or else the record's publisher; None if none is."""
        url = source.url or self.url or ""
        for name in (self.publisher, _host(url), source.publisher):
            if name and DOMAIN.fullmatch(name) and len(name) < 200:
                return name.lower().removeprefix("www.")
        return None


def observed(cleaned: Cleaned) -> Seen:
    """Return what `Watch` made of an article."""
    assert isinstance(cleaned.article, dict)
    seen = cleaned.article[OBSERVED]
    assert isinstance(seen, Seen)
    return seen


def _host(url: str) -> str | None:
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname
    except ValueError:
        return None


class Learned(NamedTuple):
    """What was learned of a publisher: a rule file's text, how many rules it has, how many more are commented out."""

    publisher: str
    text: str
    rules: int
    doubtful: int
    articles: int


class Learner:
    """Learns rules from articles.

    Args:
        common: The rule files whose words tell kinds; with their proofs.
        support: In how many articles a line has to stand.
        bounds: What is kept at most.
    """

    def __init__(self, common: Iterable[Ruleset], support: Support = USUAL, bounds: Bounds = BOUNDS):
        self._guesser = Guesser(common)
        self._support, self._bounds = support, bounds
        self._spool = Spool()
        self._frequent: Frequent[int] = Frequent(bounds.lines)
        self._groups: Frequent[str] = Frequent(bounds.groups)
        self.repeated = 0
        """How many articles were there before, nearly the same, and were not counted. Known when all is learned."""

    @property
    def groups(self) -> dict[str, int]:
        """The publishers that rules may be learned of, and how many articles each has, the same ones counted too."""
        return {group: count for group, count in self._groups.counts.items() if count >= self._support.among(count)}

    def add(self, seen: Seen) -> None:
        """Take an article in: the first look."""
        self._spool.write(seen)
        self._groups.add((seen.group,))
        self._frequent.add({key for line in seen.lines if not line.known for key in line.keys})

    def learn(self, *, only: str | None = None, beside: str = "") -> list[Learned]:
        """Return what all the articles tell, by publisher. It can be asked once.

        Args:
            only: The publisher to learn of; without it, all.
            beside: The text of a rule file that it is to be added to: nothing that stands there is proposed.

        Raises:
            RuleError: If `beside` is no rule file.
        """
        with closing(self._spool):
            groups = sorted(self.groups) if only is None else [only]
            least = min((self._support.among(self.groups.get(group, 0)) for group in groups), default=2)
            census = Census(
                self._frequent.counts,
                self._frequent.at_least(min(least, self._support.least))[: self._bounds.candidates],
                min(MOST_BODY, max(20, self._bounds.body // max(1, len(groups)))),
                self._bounds.known,
            )
            for row in self._spool:
                if row[0] in groups:
                    census.add(Seen.of_json(row))
            self.repeated = census.repeated
            by_group: dict[str, list[Candidate]] = defaultdict(list)
            for candidate in census.candidates.values():
                if candidate.key in census.begins:
                    continue
                by_group[candidate.group].append(candidate)
            proposed = {
                group: _fresh(
                    propose(by_group[group], articles, self._support.among(articles), self._guesser), group, beside
                )
                for group, articles in census.groups.items()
            }
            memory = Memory()
            trials = {group: Trial(group, proposals, memory) for group, proposals in proposed.items() if proposals}
            self._try(trials, census, memory)
            return [
                learned
                for group, trial in sorted(trials.items())
                if (learned := _learned(trial, census.groups[group], census.body[group].items, beside))
            ]

    def _try(self, trials: Mapping[str, Trial], census: Census, memory: Memory) -> None:
        """The third look: what do the proposals claim, and what is said within longer lines."""
        within = Within(census.candidates)
        census.look_again()
        for number, row in enumerate(self._spool if trials else ()):
            if number % FORGET_AFTER == 0:
                memory.forget()
            if row[0] in trials:
                seen = Seen.of_json(row)
                trials[seen.group].run(seen)
                if census.is_new(seen):
                    within.add(seen)


class Trial:
    """Proposals for one publisher, tried on its articles. `guilty` are those that claim prose that they should not."""

    def __init__(self, group: str, proposals: Sequence[Proposal], memory: Memory):
        self.group, self.proposals = group, proposals
        self.guilty: set[int] = set()
        rules = [
            Rule(p.label, p.kind, p.pattern, Place(group, n), p.reach, p.stop, p.within)
            for n, p in enumerate(proposals)
        ]
        drawn = [(rule, draw(rule)) for rule in rules]
        pairs = [*zip(drawn, proposals, strict=True)]

        def matcher(doubtful: bool, *reaches: Reach) -> Matcher:
            rules = [rule for rule, p in pairs if bool(p.doubt) is doubtful and p.reach in reaches]
            return Matcher(rules, memory=memory)

        # Lines by themselves, to see all that each would claim, and with blocks: what is alone there is in no block.
        # Apart from both what is doubtful, or it would take from them what they claim.
        self._together = matcher(False, *Reach)
        self._apart = (matcher(False, Reach.LINE), matcher(True, Reach.LINE), matcher(True, *BLOCKS))

    def run(self, seen: Seen) -> None:
        """Try them on an article."""
        text = "\n\n".join(line.view for line in seen.lines)
        lines = {line.view: line for line in seen.lines}
        for matcher in (self._together, *self._apart):
            sheet = Sheet.of(text)
            matcher.claim(sheet)
            views = [unit.view for unit in sheet.units]
            whys = [parts[0].why if parts else None for parts in sheet.parts]
            for why, run in groupby(range(len(views)), key=whys.__getitem__):
                if isinstance(why, Rule):
                    self._judge(why.place.line, views, [*run], lines)
                    self.proposals[why.place.line].alone += matcher is self._together

    def _judge(self, number: int, views: Sequence[str], claimed: Sequence[int], lines: Mapping[str, Line]) -> None:
        """Look at what a proposal claimed in an article: is all of it meant, is it an example."""
        proposal = self.proposals[number]
        is_wide = proposal.candidate.form.reading is not Reading.EXACT
        for line in (lines.get(views[i], Line(views[i], "", ())) for i in claimed):
            meant = line.known not in ("", Label.BODY) or not (is_wide or proposal.lines.isdisjoint(line.keys))
            if is_prose(line.view) and not meant:
                self.guilty.add(number)
        shown = [views[i] for i in claimed]
        if proposal.reach is Reach.UNTIL and claimed[-1] + 1 < len(views):
            shown.append(views[claimed[-1] + 1])
        if proposal.reach is not Reach.LINE and len(proposal.examples) < BLOCK_EXAMPLES:
            example = "\n".join(shown)
            if all(map(can_be_written, shown)) and example not in proposal.examples:
                proposal.examples.append(example)

    def passed(self) -> list[Proposal]:
        """Return those that claimed nothing wrong."""
        return [proposal for n, proposal in enumerate(self.proposals) if n not in self.guilty]


def _fresh(proposals: Iterable[Proposal], group: str, beside: str) -> list[Proposal]:
    """Return the proposals of which a file says nothing, be it in a comment, and that take nothing from its rules."""
    there = {line.strip().lstrip("# ") for line in beside.splitlines()}
    shown = [said for line in there if line.startswith("+ ") for said in line[2:].split("\\n")]
    fresh = [
        proposal
        for proposal in proposals
        if proposal.pattern not in there and not any(regex.fullmatch(proposal.pattern, said) for said in shown)
    ]
    proofs = [proof for proof in parse(beside, group).proofs if proof.rule.label]
    if not proofs:
        return fresh
    rules = [Rule(p.label, p.kind, p.pattern, Place(group, n), p.reach, p.stop, p.within) for n, p in enumerate(fresh)]
    matcher = Matcher([(rule, draw(rule)) for rule in rules])
    taking: set[int] = set()
    for text in (text for proof in proofs for text in (*proof.examples, *proof.counterexamples)):
        sheet = Sheet.of(text)
        matcher.claim(sheet)
        taking |= {part.why.place.line for parts in sheet.parts for part in parts if isinstance(part.why, Rule)}
    return [proposal for n, proposal in enumerate(fresh) if n not in taking]


def _learned(trial: Trial, articles: int, body: Sequence[str], beside: str) -> Learned | None:
    """Return the file of what is proven, or None if nothing is."""
    said = sentences(body)
    proven = [proposal for proposal in trial.passed() if _is_proven(proposal, said)]
    while bad := _bad(trial.group, sound := _sound(proven), articles, beside):
        # What a block that goes had covered is looked at again.
        dropped = {id(sound[n]) for n in bad}
        proven = [proposal for proposal in proven if id(proposal) not in dropped]
    taken = _keys(proposal.lines for proposal in sound)
    doubtful = [p for p in proven if p.doubt and p.lines.isdisjoint(taken)]
    covered = _keys(proposal.covers for proposal in doubtful)
    doubtful = ordered(p for p in doubtful if p.reach is not Reach.LINE or p.lines.isdisjoint(covered))
    if not (sound or doubtful):
        return None
    lines = [f"# Learned from {articles:,} articles of {trial.group}. Read each rule before you trust it.", ""]
    lines += _sections(sound, articles)
    if doubtful:
        lines += ["# What follows merely recurs, and may be the articles' own. Take the # away where it is not.", ""]
        lines += [f"# {line}".rstrip() if line else "" for line in _sections(doubtful, articles)]
    return Learned(trial.group, "\n".join(lines).rstrip() + "\n", len(sound), len(doubtful), articles)


def _sound(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Return those without doubt, as they stand in the file, less the lines that blocks among them make needless."""
    sound = [proposal for proposal in proposals if not proposal.doubt]
    covered = _keys(proposal.covers for proposal in sound)
    return ordered(p for p in sound if not p.needs_block or p.lines.isdisjoint(covered))


def _keys(sets: Iterable[frozenset[int]]) -> frozenset[int]:
    return frozenset[int]().union(*sets)


def _sections(proposals: Sequence[Proposal], articles: int) -> list[str]:
    lines: list[str] = []
    for section, of_section in groupby(proposals, key=lambda proposal: proposal.section):
        lines.append(section)
        for proposal in of_section:
            lines += [f"# {proposal.says(articles)}", *proposal.text(), ""]
    return lines


def _is_proven(proposal: Proposal, body: Sequence[tuple[str, set[str]]]) -> bool:
    """Tell whether a proposal proves itself, and give it its counter-example."""
    if not proposal.examples:
        return False
    for counterexample in nearest(proposal, body):
        proposal.counterexamples = [counterexample]
        if not any(prove(parse("\n".join([proposal.section, *proposal.text()]), UNKNOWN))):
            return True
    return False


def _bad(group: str, proposals: Sequence[Proposal], articles: int, beside: str) -> set[int]:
    """Return the proposals whose proofs do not hold beside the others and what stands in the file before them."""
    before = beside.split("\n") if beside else []
    lines = _sections(proposals, articles)
    patterns = [proposal.pattern for proposal in proposals]
    places: dict[int, int] = {}
    for number, line in enumerate(lines, len(before) + 1):
        if len(places) < len(patterns) and line == patterns[len(places)]:
            places[number] = len(places)
    failures = prove(parse("\n".join([*before, *lines]), group))
    return {places[failure.place.line] for failure in failures if failure.place.line in places}
