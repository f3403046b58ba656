"""What is seen of the articles of a batch, and counted: which rules fire, how much they remove, which lines recur.

    an article ── Watch ──▶ its Sighting ── Census.count ──▶ Census

A census takes the same memory for any number of articles, two of them add up to one, and it is kept as JSON.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from heapq import heapify, heappush, heapreplace
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from newsclean.batch import Task
from newsclean.library import Library
from newsclean.matching import Matcher, Sheet
from newsclean.model import Article, Label, Rule
from newsclean.publisher import Publishers
from newsclean.sources import Source
from newsclean.tally import words
from newsclean.units import view
from newsclean.workshop.recurring import key_of

VERSION = 1
UNKNOWN = ""
"""The name that articles of no known publisher are counted under."""
ROOM, KEPT = 500, 200
"""The lines of a publisher that are counted at a time, and those of them that are kept as JSON."""
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
LONGEST = 160
"""Characters: a longer line is not counted, since what recurs is short."""
FURTHEST = 10
"""Articles of a publisher, with the least and with the most removed, that are kept by name."""
MET = 1 << 16
"""Articles that are remembered, so that one that comes again is not counted again. The later displace the earlier."""

Key = tuple[str, str]
"""A rule, whichever line it stands on: its file and the digest of its pattern; or a structure pass and ""."""


# --- Lines that recur


class Lines:
    """How often each line was met, in bounded memory: Space-Saving (Metwally, Agrawal and El Abbadi, 2005).

    Two of them add up as in Agarwal et al., "Mergeable Summaries" (2012). `floor` is the most often that a line without
    a count can have been met: of N that were counted, at most one in `room`.
    """

    def __init__(self, room: int = ROOM, floor: int = 0):
        self.room, self.floor = room, floor
        self._most: dict[str, int] = {}
        self._error: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        """The lines, the rarest first. An entry's count is what it was when it was put there."""

    def add(self, line: str) -> None:
        """Count a line; where there is no room for another, the rarest gives way."""
        if line in self._most:
            self._most[line] += 1
            return
        if len(self._most) < self.room:
            heappush(self._heap, (self.floor + 1, line))
        else:
            count, rarest = self._heap[0]
            while count < self._most[rarest]:
                heapreplace(self._heap, (self._most[rarest], rarest))
                count, rarest = self._heap[0]
            del self._most[rarest], self._error[rarest]
            self.floor = max(self.floor, count)
            heapreplace(self._heap, (self.floor + 1, line))
        self._most[line], self._error[line] = self.floor + 1, self.floor

    def bounds(self, line: str) -> tuple[int, int]:
        """Return the least and the most often that a line can have been met."""
        most = self._most.get(line, self.floor)
        return most - self._error.get(line, self.floor), most

    def common(self) -> list[tuple[str, int, int]]:
        """Return the lines with their bounds, the commonest first."""
        return [(line, *self.bounds(line)) for line in sorted(self._most, key=lambda line: (-self._most[line], line))]

    def update(self, other: Lines) -> None:
        """Add what another has counted."""
        sums = {}
        for line in self._most | other._most:
            least, most = map(sum, zip(self.bounds(line), other.bounds(line), strict=True))
            sums[line] = (most, most - least)
        self.floor += other.floor
        self._set(sums)

    def _set(self, counts: dict[str, tuple[int, int]]) -> None:
        ranked = sorted(counts, key=lambda line: (-counts[line][0], line))
        if len(ranked) > self.room:
            self.floor = max(self.floor, counts[ranked[self.room]][0])
        self._most = {line: counts[line][0] for line in ranked[: self.room]}
        self._error = {line: counts[line][1] for line in self._most}
        self._heap = [(count, line) for line, count in self._most.items()]
        heapify(self._heap)

    def to_dict(self) -> dict[str, Any]:
        """Return the commonest lines as plain data; those met once are not kept."""
        common = self.common()
        kept = [line for line in common[:KEPT] if line[2] > 1]
        floor = max([self.floor, *(most for _, _, most in common[len(kept) :])])
        rows = [{"line": line, "articles": least, "at_most": most} for line, least, most in kept]
        return {"recurring": rows, "others_at_most": floor}

    @classmethod
    def from_dict(cls, data: Any) -> Lines:
        """Return what `to_dict` has kept."""
        lines = cls(floor=int(data["others_at_most"]))
        rows = [(str(row["line"]), int(row["articles"]), int(row["at_most"])) for row in data["recurring"]]
        lines._set({line: (most, most - least) for line, least, most in rows})
        return lines


# --- What is seen of an article


class Sighting(NamedTuple):
    """What is counted of an article.

    `told` says that the publisher is known from elsewhere than the text, and `signed` that the text alone would tell.
    `rules` are those that decided something, with the words that they decided on, and the signatures that match;
    `lines` the short ones that no rule knew, numbers in them as `#`. `body` stands for the article's body, 0 if
    it has none.
    """

    source: str
    publisher: str
    told: bool
    signed: bool
    words: int
    removed: int
    rules: dict[Key, int]
    lines: tuple[str, ...]
    body: int


class Signs:
    """What a text says of whose it is. It pickles."""

    def __init__(self, library: Library):
        self._library = library
        signatures = library.signatures()
        self._owners = {rule: name for name, rule, _ in signatures}
        self._publishers = Publishers(library.domains(), self._owners)
        self._matcher = Matcher([(rule, drawn) for _, rule, drawn in signatures])

    def __reduce__(self) -> tuple[object, ...]:
        return Signs, (self._library,)

    def read(self, text: str, publisher: str) -> tuple[bool, list[Rule]]:
        """Return whether the text alone tells that it is that publisher's, and those of its signatures that match."""
        found = self._matcher.signed(Sheet.of(text))
        own = sorted((rule for rule in found if self._owners[rule] == publisher), key=lambda rule: rule.place)
        return self._publishers.of_signatures(found) == publisher, own

    def knows(self, url: str) -> bool:
        """Tell whether a URL is a known publisher's."""
        return self._publishers.of_url(url) is not None


@dataclass(frozen=True, slots=True)
class Watch(Task):
    """A task that has a `Sighting` come out of each article, as `{"sighting": …}`."""

    signs: Signs = field(kw_only=True)

    def render(self, article: Article, source: Source) -> dict[str, object]:
        """Return what is seen of an article."""
        rules: dict[Key, int] = {}
        lines: dict[str, None] = {}
        counts = dict.fromkeys(Label, 0)
        for span in article.spans:
            said = article.said(span)
            number = words(said)
            counts[span.label] += number
            if span.why is not None:
                key = identity(span.why) if isinstance(span.why, Rule) else (str(span.why), "")
                rules[key] = rules.get(key, 0) + number
            elif len(said) <= LONGEST and any(map(str.isalpha, said)):
                lines[NUMBER.sub("#", " ".join(view(said).split()))] = None
        signed, signatures = self.signs.read(article.text, article.publisher or UNKNOWN)
        rules |= dict.fromkeys(map(identity, signatures), 0)
        url = source.url or self.url
        named = source.publisher is not None and self.cleaner.knows(source.publisher)
        told = bool(self.publisher or named or (url and self.signs.knows(url)))
        removed = counts[Label.PROMO]
        total = sum(counts.values())
        return {
            "sighting": Sighting(
                source.name,
                article.publisher or UNKNOWN,
                told,
                signed,
                total,
                removed,
                rules,
                tuple(lines),
                key_of(article.body) if article.body else 0,
            )
        }


@lru_cache(maxsize=50_000)
def identity(rule: Rule) -> Key:
    """Return what stays the same of a rule when lines above it come and go."""
    said = "\n".join((rule.label or "publisher", rule.reach, rule.pattern, rule.stop or ""))
    return rule.place.file, blake2b(said.encode("utf-8", "replace"), digest_size=6).hexdigest()


# --- Counts


class Far(NamedTuple):
    """An article by name, with the percentage of its words that was removed."""

    percent: int
    source: str
    words: int


@dataclass(slots=True)
class Seen:
    """What was seen of one publisher's articles.

    `shares` says in how many articles how many percent of the words were removed; `rules` in how many a rule decided
    something, and on how many words in all.
    """

    articles: int = 0
    told: int = 0
    signed: int = 0
    words: int = 0
    removed: int = 0
    shares: Counter[int] = field(default_factory=Counter)
    rules: dict[Key, tuple[int, int]] = field(default_factory=dict)
    lines: Lines = field(default_factory=Lines)
    least: list[Far] = field(default_factory=list)
    most: list[Far] = field(default_factory=list)

    def count(self, sighting: Sighting) -> None:
        """Count an article in."""
        self.articles += 1
        self.told += sighting.told
        self.signed += sighting.told and sighting.signed
        self.words += sighting.words
        self.removed += sighting.removed
        for key, number in sighting.rules.items():
            self.fired(key, 1, number)
        for line in sighting.lines:
            self.lines.add(line)
        if sighting.words:
            share = Far(round(100 * sighting.removed / sighting.words), sighting.source, sighting.words)
            self.shares[share.percent] += 1
            self.keep([share], [share])

    def update(self, other: Seen) -> None:
        """Add what was seen elsewhere."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.shares += other.shares
        for key, (articles, number) in other.rules.items():
            self.fired(key, articles, number)
        self.lines.update(other.lines)
        self.keep(other.least, other.most)

    def fired(self, key: Key, articles: int, number: int) -> None:
        """Note that a rule decided on so many words, in so many articles."""
        before = self.rules.get(key, (0, 0))
        self.rules[key] = (before[0] + articles, before[1] + number)

    def keep(self, least: list[Far], most: list[Far]) -> None:
        """Keep these by name, if they are among the furthest."""
        self.least = sorted([*self.least, *least])[:FURTHEST]
        self.most = sorted([*self.most, *most], key=lambda far: (-far.percent, *far[1:]))[:FURTHEST]

    def to_dict(self, inventory: Inventory) -> dict[str, Any]:
        """Return the counts as plain data."""
        rows = [
            {"rule": inventory.place(key), "digest": key[1], "articles": articles, "words": number}
            for key, (articles, number) in sorted(self.rules.items())
        ]
        return {
            **{name: getattr(self, name) for name in _NUMBERS},
            "shares": {str(percent): self.shares[percent] for percent in sorted(self.shares)},
            "rules": rows,
            "lines": self.lines.to_dict(),
            "least_removed": [far._asdict() for far in self.least],
            "most_removed": [far._asdict() for far in self.most],
        }

    @classmethod
    def from_dict(cls, data: Any) -> Seen:
        """Return what `to_dict` was made of, but for the rarer lines."""
        seen = cls()
        for name in _NUMBERS:
            setattr(seen, name, int(data[name]))
        seen.shares.update({int(percent): int(number) for percent, number in data["shares"].items()})
        for row in data["rules"]:
            seen.fired(_key(str(row["rule"]), str(row["digest"])), int(row["articles"]), int(row["words"]))
        seen.lines = Lines.from_dict(data["lines"])
        least, most = (
            [Far(int(far["percent"]), str(far["source"]), int(far["words"])) for far in data[name]]
            for name in ("least_removed", "most_removed")
        )
        seen.keep(least, most)
        return seen


_NUMBERS = ("articles", "told", "signed", "words", "removed")


class Inventory(dict[Key, int]):
    """Every rule and signature there is, and the line of its file that it stands on."""

    @classmethod
    def of(cls, library: Library) -> Inventory:
        """Take stock of a library."""
        layers = [layer for name in library.names for layer in library.rulesets(name, check=False)]
        return cls((identity(rule), rule.place.line) for layer in layers for rule in (*layer.signatures, *layer.rules))

    def place(self, key: Key) -> str:
        """Return how a rule is called: `common/en.txt:12`, `labeller:below`."""
        return f"{key[0]}:{self.get(key, 0)}" if key[1] else key[0]

    def of_publisher(self, publisher: str) -> list[Key]:
        """Return the rules in the publisher's own file or files, in the order of their lines."""
        keys = [key for key in self if PurePosixPath(key[0]).name == f"{publisher}.txt"]
        return sorted(keys, key=lambda key: (key[0], self[key]))


def _key(place: str, digest: str) -> Key:
    return (place.rpartition(":")[0], digest) if digest else (place, "")


@dataclass(slots=True)
class Census:
    """What was seen of a batch, by publisher; `UNKNOWN` is none. `failed` is the records that gave no article.

    `repeated` is the articles that came again, with the same body; they count once, or one article could make a trend.
    """

    inventory: Inventory
    failed: int = 0
    repeated: int = 0
    publishers: dict[str, Seen] = field(default_factory=dict)
    _met: array[int] = field(default_factory=lambda: array("Q", bytes(8 * MET)), repr=False)

    @property
    def articles(self) -> int:
        """How many articles were counted."""
        return sum(seen.articles for seen in self.publishers.values())

    def count(self, sighting: Sighting) -> None:
        """Count an article in, unless it came before."""
        if sighting.body and self._met[sighting.body % MET] == sighting.body:
            self.repeated += 1
            return
        self._met[sighting.body % MET] = sighting.body
        self.publishers.setdefault(sighting.publisher, Seen()).count(sighting)

    def update(self, other: Census) -> None:
        """Add what another has counted. Where both know a rule, the other knows its line."""
        self.inventory.update(other.inventory)
        self.failed += other.failed
        self.repeated += other.repeated
        for name, seen in other.publishers.items():
            self.publishers.setdefault(name, Seen()).update(seen)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain data, sorted."""
        rules: dict[str, dict[str, int]] = {}
        for (file, digest), line in sorted(self.inventory.items(), key=lambda item: (item[0][0], item[1], item[0])):
            rules.setdefault(file, {})[digest] = line
        publishers = [
            {"publisher": name or None, **seen.to_dict(self.inventory)}
            for name, seen in sorted(self.publishers.items())
        ]
        return {
            "version": VERSION,
            "articles": self.articles,
            "failed": self.failed,
            "repeated": self.repeated,
            "publishers": publishers,
            "rules": rules,
        }

    @classmethod
    def from_dict(cls, data: Any) -> Census:
        """Return what `to_dict` was made of, but for the rarer lines.

        Raises:
            ValueError: If it was made of nothing of the kind, or by another version.
        """
        try:
            if data["version"] != VERSION:
                raise ValueError(f"version {data['version']}, not {VERSION}")
            inventory = Inventory(
                ((str(file), str(digest)), int(line))
                for file, lines in data["rules"].items()
                for digest, line in lines.items()
            )
            publishers = {str(row["publisher"] or UNKNOWN): Seen.from_dict(row) for row in data["publishers"]}
            return cls(inventory, int(data["failed"]), int(data["repeated"]), publishers)
        except KeyError as error:
            raise ValueError(f"it has no {error}") from error
        except (TypeError, AttributeError, OverflowError) as error:
            raise ValueError("it holds something else") from error
