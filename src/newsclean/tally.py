"""What a batch came to: articles, words kept and removed, which publishers, which rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from newsclean.model import Article, Label
from newsclean.render import why

UNSPACED = "[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
"""Characters of scripts that put no space between words; each counts as a word."""
LEAST_WORDS, LEAST_BODY_SHARE = 100, 0.05
"""An article of so many words, of which less than this share is body, looks suspicious. So does one without body."""


def words(text: str) -> int:
    """Return how many words a text has."""
    spaced = text if text.isascii() else re.sub(UNSPACED, " x ", text)
    return len(spaced.split())


@dataclass(slots=True)
class Tally:
    """Counts over articles. What was counted apart can be added up, and kept as JSON.

    `earlier` is how many of the articles were counted before this was read back from JSON.
    """

    articles: int = 0
    earlier: int = field(default=0, compare=False)
    failed: int = 0
    suspicious: int = 0
    warnings: int = 0
    kept: int = 0
    removed: int = 0
    publishers: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)

    @property
    def unknown(self) -> int:
        """How many articles' publisher was not known."""
        return self.articles - self.publishers.total()

    def count(self, article: Article) -> None:
        """Count an article in."""
        counts = dict.fromkeys(Label, 0)
        start = 0
        for span, following in zip_longest(article.spans, article.spans[1:]):
            if span.label is Label.PROMO:
                self.rules[why(span) or ""] += 1
            if following is None or following.label is not span.label:
                counts[span.label] += words(article.text[start : span.end])
                start = span.end
        removed, body = counts[Label.PROMO], counts[Label.BODY]
        kept = sum(counts.values()) - removed
        self.articles += 1
        self.kept += kept
        self.removed += removed
        self.warnings += len(article.warnings)
        self.suspicious += not body or (kept + removed >= LEAST_WORDS and body < LEAST_BODY_SHARE * (kept + removed))
        if article.publisher:
            self.publishers[article.publisher] += 1

    def add(self, other: Tally) -> None:
        """Add what another has counted."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.publishers += other.publishers
        self.rules += other.rules

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        return {**numbers, "publishers": dict(self.publishers), "rules": dict(self.rules)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tally:
        """Return what `to_dict` was made of."""
        numbers = {name: int(data[name]) for name in _NUMBERS}
        tally = cls(publishers=Counter(data["publishers"]), rules=Counter(data["rules"]), earlier=numbers["articles"])
        for name, number in numbers.items():
            setattr(tally, name, number)
        return tally


_NUMBERS = ("articles", "failed", "suspicious", "warnings", "kept", "removed")
