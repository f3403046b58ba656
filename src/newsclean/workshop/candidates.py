"""What recurs in a batch, and what is known of it: how often, where it stands, what stands beside it.

articles ── observe ──▶ lines, what rules say of each, and the keys of its forms
         ── Frequent ──▶ which keys recur (the first look)
         ── Census ──▶ for these, exactly: in how many articles, where, before and behind what (the second look)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from newsclean.layout import LONG_WORDS, PROSE_WORDS, words_of
from newsclean.literals import fold
from newsclean.matching import BLOCKS
from newsclean.model import Article, Label, Rule
from newsclean.units import units
from newsclean.workshop.generalising import LONGEST_LINE, SLOT, Form, Reading, can_be_written, forms
from newsclean.workshop.recurring import Articles, Sample, key_of

EXAMPLES, VALUES, NEIGHBOURS = 3, 4, 32
"""How many examples of a candidate, values of a slot and lines beside it are kept."""
LONGEST_LIST = 12
"""Lines: the longest list of teasers that is looked for below its heading."""
LITERAL_LEAST = 8
"""Characters: shorter words stand in some article's sentence by chance."""
SENTENCE = re.compile(r"""[.!?…。！？]["'»)\]」』]*$""")
SENTENCE_LEAST = 12
"""Characters: what is shorter is no sentence, but a number or an initial with a full stop."""
BETWEEN_SENTENCES = re.compile(r"(?<=[.!?。！？]) *(?=[^a-z])")
END = 0
"""In place of a key: the end of the text."""


class Line(NamedTuple):
    """A line of an article: its matching view, what a rule says of it ("" if none does), the keys of its forms.

    A line of which no rule says anything has one key at least; one of which a rule does has some only if the rule's
    block begins with it.
    """

    view: str
    known: str
    keys: tuple[int, ...]


class Seen(NamedTuple):
    """An article as it is learned from. It goes through JSON."""

    group: str
    title: str
    authors: tuple[str, ...]
    lines: tuple[Line, ...]

    @classmethod
    def of_json(cls, row: Sequence[Any]) -> Seen:
        """Make it again of what JSON made of it."""
        group, title, authors, lines = row
        return cls(group, title, tuple(authors), tuple(Line(view, known, tuple(keys)) for view, known, keys in lines))

    def forms(self, line: Line) -> Iterator[Form]:
        """Yield the forms of a line, in the order of its keys."""
        return forms(line.view, self.title, self.authors)


def observe(article: Article, group: str) -> Seen:
    """Return what is learned from of a cleaned article of that group."""
    title = article.headline or ""
    lines = []
    for view, known, keyed in _known(article):
        shapes = [form.shape for form in forms(view, title, article.authors)] if keyed else []
        # What has no form is counted too: the articles that it recurs in are not the same for it.
        shapes = shapes or ([view] if not known else [])
        lines.append(Line(view, known, tuple(key_of(group, shape) for shape in shapes)))
    return Seen(group, title, article.authors, tuple(lines))


def _known(article: Article) -> Iterator[tuple[str, str, bool]]:
    """Yield each line, the kind or label that a rule gives to any of it or "", and whether it has keys."""
    spans = iter(article.spans)
    span = next(spans, None)
    before: Rule | None = None
    for unit in units(article.text):
        known, why = "", None
        while span and span.start < unit.end:
            if isinstance(span.why, Rule) and span.end > unit.start:
                known, why = span.kind or span.label, span.why
            if span.end > unit.end:
                break
            span = next(spans, None)
        yield unit.view, known, why is None or (why.reach in BLOCKS and why is not before)
        before = why


def is_prose(view: str) -> bool:
    """Tell whether a line is a sentence, or as long as some."""
    count = words_of(view)
    return count >= LONG_WORDS or (count >= PROSE_WORDS and SENTENCE.search(view) is not None)


@dataclass(slots=True)
class Candidate:
    """A form that recurs in a group, and what is known of it. Counts are of articles.

    `wider` are the keys of wider forms of the same lines. It stands `above` all prose of an article, `below`, or in its
    `midst`, and there `wedged` between two paragraphs. `kinds` are what rules say of lines beside it. `after` counts
    the candidates that follow at once; `lists`, by the candidate that ends them, the lists of other lines below it, and
    the longest. `inside` counts articles that say it within a longer line. `last` is the article it was last met in.
    """

    key: int
    group: str
    form: Form
    support: int = 0
    values: list[set[str]] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    wider: set[int] = field(default_factory=set)
    above: int = 0
    below: int = 0
    midst: int = 0
    wedged: int = 0
    inside: int = 0
    last: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    after: Counter[int] = field(default_factory=Counter)
    lists: dict[int, tuple[int, int]] = field(default_factory=dict)

    def note(self, form: Form, view: str, article: int) -> None:
        """Take note of a line of this form, in the article of that number."""
        self.support += article != self.last
        self.last = article
        if not self.values:
            self.values = [set() for _ in form.values]
        for known, value in zip(self.values, form.values, strict=True):
            if len(known) < VALUES:
                known.add(value)
        if len(self.examples) < EXAMPLES and view not in self.examples:
            self.examples.append(view)

    @property
    def constant(self) -> list[str | None]:
        """For each slot what stands in it, or None where that varies."""
        return [next(iter(values)) if len(values) == 1 else None for values in self.values]


class Census:
    """The second look: what recurs, exactly.

    Args:
        counts: How often each key recurs, as the first look counted.
        chosen: The keys that may recur often enough.
        body: How many paragraphs are kept of each group.
        articles: How many lines are remembered, to know articles by that were there before.
    """

    def __init__(self, counts: dict[int, int], chosen: Iterable[int], body: int, articles: int):
        self._counts, self._chosen, self._kept = counts, frozenset(chosen), body
        self._articles, self._slots = Articles(articles), articles
        self.candidates: dict[int, Candidate] = {}
        self.groups: Counter[str] = Counter()
        self.body: dict[str, Sample[str]] = {}
        self.begins: set[int] = set()
        """Keys of lines with which blocks of rules that there are begin. To claim these would end such blocks."""
        self.repeated = 0

    def look_again(self) -> None:
        """Forget which articles were there, so that `is_new` tells the same of them when they come once more."""
        self._articles = Articles(self._slots)

    def is_new(self, seen: Seen) -> bool:
        """Tell whether an article is none that was there before, nearly the same."""
        open_ = [line for line in seen.lines if not line.known]
        own = [line for line in open_ if is_prose(line.view)] or open_
        # By sentences: where paragraphs end, two scrapers of one article may not agree.
        return self._articles.is_new(
            (key_of(seen.group, sentence), self._counts.get(line.keys[0], 1))
            for line in own
            for sentence in BETWEEN_SENTENCES.split(line.view)
            if len(sentence) >= SENTENCE_LEAST or sentence == line.view
        )

    def add(self, seen: Seen) -> None:
        """Take an article in, unless it was there before."""
        if not self.is_new(seen):
            self.repeated += 1
            return
        self.groups[seen.group] += 1
        found = [self._candidate(seen, line) for line in seen.lines]
        prose = [
            found[i] is None and line.known in ("", Label.BODY) and is_prose(line.view)
            for i, line in enumerate(seen.lines)
        ]
        self._sample(seen, prose)
        first = prose.index(True) if True in prose else len(prose)
        last = len(prose) - 1 - prose[::-1].index(True) if True in prose else -1
        noted: set[int] = set()
        for i, (line, exact) in enumerate(zip(seen.lines, found, strict=True)):
            if line.known:
                continue
            here = [self.candidates[key] for key in line.keys if key in self.candidates and key not in noted]
            noted.update(candidate.key for candidate in here)
            for candidate in here:
                _place(candidate, i, prose, first, last)
                beside = {seen.lines[j].known for j in range(max(0, i - 2), min(len(prose), i + 3))}
                candidate.kinds.update(beside - {"", *Label})
            if exact in here and exact is not None:
                self._beside(exact, i, seen, found, prose)

    def _candidate(self, seen: Seen, line: Line) -> Candidate | None:
        """Take note of a line's forms that recur, and return the narrowest, if that is one of them."""
        if line.known:
            self.begins.update(self._chosen.intersection(line.keys))
            return None
        if self._chosen.isdisjoint(line.keys):
            return None
        for key, form in zip(line.keys, seen.forms(line), strict=False):  # a line without a form has a key
            if key in self._chosen:
                candidate = self.candidates.setdefault(key, Candidate(key, seen.group, form))
                candidate.note(form, line.view, self.groups.total())
                candidate.wider.update(line.keys[line.keys.index(key) + 1 :][:2])
        return self.candidates.get(line.keys[0])

    def _sample(self, seen: Seen, prose: Sequence[bool]) -> None:
        sample = self.body.setdefault(seen.group, Sample(self._kept))
        for line, is_body in zip(seen.lines, prose, strict=True):
            if is_body and can_be_written(line.view[:LONGEST_LINE]):
                sample.add(line.view[:LONGEST_LINE])

    def _beside(
        self, candidate: Candidate, i: int, seen: Seen, found: Sequence[Candidate | None], prose: Sequence[bool]
    ) -> None:
        """Take note of what follows: the next candidate, at once or behind a list of other lines."""
        j = i + 1
        while j < len(found) and found[j] is None and j - i <= LONGEST_LIST + 1 and not prose[j]:
            j += 1
        following = found[j] if j < len(found) else None
        other = sum(not seen.lines[k].known for k in range(i + 1, j))
        if following is not None and not other:
            if len(candidate.after) < NEIGHBOURS or following.key in candidate.after:
                candidate.after[following.key] += 1
        elif other and j - i <= LONGEST_LIST + 1 and (following is not None or j == len(found)):
            key = following.key if following is not None else END
            if len(candidate.lists) < NEIGHBOURS or key in candidate.lists:
                count, longest = candidate.lists.get(key, (0, 0))
                candidate.lists[key] = (count + 1, max(longest, j - i - 1))


def _place(candidate: Candidate, i: int, prose: Sequence[bool], first: int, last: int) -> None:
    if i < first:
        candidate.above += 1
    elif i > last:
        candidate.below += 1
    else:
        candidate.midst += 1
        candidate.wedged += prose[i - 1] and prose[i + 1]  # there are both: prose is above it and below


class Within:
    """Counts the articles in which what recurs is said within a longer line."""

    def __init__(self, candidates: Mapping[int, Candidate]):
        from ahocorasick_rs import AhoCorasick

        self._candidates = candidates
        self._owners: dict[str, list[Candidate]] = {}
        for candidate in candidates.values():
            literal = fold(max(SLOT.split(candidate.form.shape)[::2], key=len)).strip()
            if candidate.form.reading is Reading.EXACT and len(literal) >= LITERAL_LEAST:
                self._owners.setdefault(literal, []).append(candidate)
        self._literals = list(self._owners)
        self._automaton = AhoCorasick(self._literals) if self._literals else None

    def add(self, seen: Seen) -> None:
        """Look through an article."""
        if self._automaton is None:
            return
        longer = (line for line in seen.lines if not (line.keys and line.keys[0] in self._candidates))
        text = "\n".join(fold(line.view) for line in longer if is_prose(line.view))
        for at in {match[0] for match in self._automaton.find_matches_as_indexes(text, overlapping=True)}:
            for candidate in self._owners[self._literals[at]]:
                if candidate.group == seen.group:
                    candidate.inside += 1
