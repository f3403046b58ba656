"""What a line is likely to be, by its words: a naive Bayes over the examples of rules, and their counter-examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from math import log
from typing import NamedTuple

import regex

from newsclean.literals import fold
from newsclean.model import KINDS, Label, Ruleset

TOKEN = regex.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff]|[©▸→]|[^\\W\\d_]+")
PULL = 5.0
"""By how many examples a class is pulled to what all of them say: the less it has, the less it is believed."""
PRIOR = 0.5
"""How much the size of a class says for it: by the logarithm of its examples."""
LEAST_SAID = 2
"""A word that one example alone has tells nothing."""
SURE = 2.5
"""From these odds on (natural logarithms) the words are evidence."""

Class = tuple[Label, str | None]


class Guess(NamedTuple):
    """What a line may be, and the odds of it against the text of an article, as a natural logarithm."""

    label: Label
    kind: str | None
    odds: float

    @property
    def is_sure(self) -> bool:
        """Whether the words are evidence."""
        return self.odds >= SURE


class Guesser:
    """Guesses from the words of rules.

    Args:
        rulesets: Rule files, with their proofs: what is an example of a kind has its words, a counter-example those of
            articles.
    """

    def __init__(self, rulesets: Iterable[Ruleset]):
        said: dict[Class, Counter[str]] = {}
        sizes: Counter[Class] = Counter()
        for label, kind, text in _texts(rulesets):
            said.setdefault((label, kind), Counter()).update(tokens(text))
            sizes[label, kind] += 1
        self._all: Counter[str] = Counter()
        for counts in said.values():
            self._all.update(counts)
        self._said, self._sizes = said, sizes

    def guess(self, text: str, labels: Collection[Label] = (Label.PROMO,)) -> Guess:
        """Return which of these labels a text is likeliest to have; "nav" with odds of 0 where no word is known."""
        known = [token for token in tokens(text) if self._all[token] >= LEAST_SAID]
        article = self._likelihood(known, (Label.BODY, None))
        best, best_score = Guess(Label.PROMO, "nav", 0.0), 0.0
        for (label, kind), size in self._sizes.items():
            odds = self._likelihood(known, (label, kind)) - article
            score = odds + PRIOR * log(size)
            if known and label in labels and odds > 0 and score > best_score:
                best, best_score = Guess(label, kind, odds), score
        return best

    def _likelihood(self, known: Iterable[str], which: Class) -> float:
        counts, size, everything = self._said.get(which, Counter()), self._sizes[which], self._sizes.total()
        return sum(log((counts[t] + PULL * self._all[t] / everything) / (size + PULL)) for t in known)


def tokens(text: str) -> set[str]:
    """Return the words of a text, and its pairs of words; each character of a script without spaces is one."""
    words = TOKEN.findall(fold(text))
    return {*words, *(f"{a} {b}" for a, b in pairwise(words))}


def _texts(rulesets: Iterable[Ruleset]) -> Iterator[tuple[Label, str | None, str]]:
    for ruleset in rulesets:
        for proof in ruleset.proofs:
            rule = proof.rule
            if rule.label in (Label.BYLINE, Label.CAPTION, Label.DATE) or rule.kind in KINDS:
                for example in proof.examples:
                    yield rule.label or Label.BODY, rule.kind, example
            for counterexample in proof.counterexamples:
                yield Label.BODY, None, counterexample
