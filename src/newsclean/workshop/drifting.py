"""What a census shows that a person should look at, and what has changed since an earlier one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

from newsclean.workshop.census import UNKNOWN, Census, Key, Seen

ENOUGH = 20
"""Articles of a publisher, in each run, below which nothing is said of it."""
SURE = 4.0
"""Standard errors. So many rates are compared that three would raise false alarms."""
LEAST_RATE, LEAST_RECURRING = 0.05, 5
"""What less of the articles does is of no account; a line that recurs does so in as many articles, too."""
LEAST_GAIN, LEAST_FACTOR = 0.10, 2
"""A rule fires much more if it does so often enough beyond before, and so many times as often."""
LEAST_WORDS, WORDS_FACTOR = 30, 3
"""A rule takes much more at a time if it is so many words more, and so many times as many."""
LEAST_SHIFT = 5
"""Points of percent by which the removed share of the middle article moves before it is of account."""
FAR_DEVIATIONS, FAR_LEAST = 3.5, 15
"""An article's removed share is far from the usual by as many deviations (Iglewicz and Hoaglin, 1993) and points."""


class Sign(StrEnum):
    """What was found, the gravest first."""

    SILENT = "silent"
    LESS = "less"
    MORE = "more"
    GREEDY = "greedy"
    LINE = "line"
    SHARE = "share"
    SPREAD = "spread"
    UNSIGNED = "unsigned"
    UNKNOWN = "unknown"
    RECURRING = "recurring"
    ODD = "odd"
    IDLE = "idle"
    NEW = "new"
    GONE = "gone"


NO_DRIFT = frozenset((Sign.RECURRING, Sign.ODD, Sign.IDLE, Sign.NEW, Sign.GONE))
"""What may be so without that anything has drifted."""


class Finding(NamedTuple):
    """Something to look at: `subject` is a rule's place, a line, or an article's name, `said` the numbers.

    `weight` is how many articles it is about, or how far off one is; the most weighty come first.
    """

    sign: Sign
    publisher: str
    subject: str
    said: str
    weight: float


# --- Rates


class Rate(NamedTuple):
    """So many of so many."""

    hits: int
    of: int

    def __str__(self) -> str:
        return f"{self.hits:,} of {self.of:,}" + (f" ({self.share:.0%})" if 0 < self.hits < self.of else "")

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(self.hits / self.of, 1.0) if self.of else 0.0

    def interval(self) -> tuple[float, float]:
        """Return the shares between which the true one lies (Wilson, 1927)."""
        n = self.of + SURE**2
        middle = (self.hits + SURE**2 / 2) / n
        width = SURE / n * sqrt(self.of * self.share * (1 - self.share) + SURE**2 / 4)
        return middle - width, middle + width


def change(before: Rate, now: Rate) -> float:
    """Return the part of the change in share that is no accident, below 0 for a fall; 0 if all of it may be one.

    That is the end nearer to 0 of the interval that Newcombe (1998, method 10) makes of both rates' intervals.
    """
    if not (before.of and now.of):
        return 0.0
    (low, high), (low_now, high_now) = before.interval(), now.interval()
    shift = now.share - before.share
    least = shift - sqrt((now.share - low_now) ** 2 + (high - before.share) ** 2)
    most = shift + sqrt((high_now - now.share) ** 2 + (before.share - low) ** 2)
    return max(least, 0.0) + min(most, 0.0)


class Usual(NamedTuple):
    """The removed share of the middle article, in percent, and how many points from it another is far."""

    percent: int
    reach: float

    @classmethod
    def of(cls, shares: Counter[int]) -> Usual:
        """Return what is usual where so many articles have a removed share of so many percent."""
        middle = _median(shares)
        apart: Counter[int] = Counter()
        for percent, number in shares.items():
            apart[abs(percent - middle)] += number
        # The standard deviation of a normal distribution is 1.4826 times its median absolute one.
        return cls(middle, max(FAR_LEAST, FAR_DEVIATIONS * 1.4826 * _median(apart)))

    def is_far(self, percent: int) -> bool:
        """Tell whether an article with such a removed share is odd."""
        return abs(percent - self.percent) > self.reach


def _median(counts: Counter[int]) -> int:
    left = (counts.total() + 1) // 2
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return 0


# --- Findings


def findings(now: Census, before: Census | None = None) -> list[Finding]:
    """Return what to look at, the gravest first.

    Without an earlier census these are the rules that never fire and all lines that recur; with one, what has changed.
    Articles that are odd are told of both. Publishers with fewer than `ENOUGH` articles in each are left out.
    """
    found: list[Finding] = []
    for name, seen in now.publishers.items():
        if name == UNKNOWN or seen.articles < ENOUGH:
            continue
        if before is None:
            found += [*_odd(name, seen, seen), *_idle(now, name, seen), *_lines(name, seen, Seen())]
        elif comparable(earlier := before.publishers.get(name, Seen()), seen):
            found += _odd(name, seen, earlier)
            found += _fires(name, now, before)
            found += _lines(name, seen, earlier)
            found += _shares(name, seen, earlier)
            found += _signed(name, seen, earlier)
    if before is not None:
        found += [*_unknown(now, before), *_edited(now, before)]
    order = list(Sign)
    return sorted(found, key=lambda it: (order.index(it.sign), -it.weight, it.publisher, it.subject))


def drifted(found: Sequence[Finding]) -> int:
    """Return how many of the findings say that something has drifted."""
    return sum(finding.sign not in NO_DRIFT for finding in found)


def comparable(before: Seen, now: Seen) -> bool:
    """Tell whether there are enough articles in both."""
    return before.articles >= ENOUGH and now.articles >= ENOUGH


def rate(seen: Seen, key: Key) -> Rate:
    """Return in how many of the articles a rule decided something, or a signature matched."""
    return Rate(seen.rules.get(key, (0, 0))[0], seen.articles)


def _fires(name: str, now: Census, before: Census) -> Iterator[Finding]:
    """Yield the rules that fire less or more than before, or take more at a time. Both runs must have had them."""
    here, there = now.publishers[name], before.publishers[name]
    # Structure passes stand in no inventory, and are always there.
    keys = [key for key in here.rules | there.rules if not key[1] or (key in now.inventory and key in before.inventory)]
    edited = {file for file, _ in now.inventory.keys() - before.inventory.keys()}
    for key in keys:
        was, is_now = rate(there, key), rate(here, key)
        shift = change(was, is_now)
        place = now.inventory.place(key)
        said = f"in {is_now}, before in {was}"
        if shift < 0 and was.share >= LEAST_RATE and is_now.share * LEAST_FACTOR <= was.share:
            sign = Sign.LESS if is_now.hits else Sign.SILENT
            said += "; its file has new rules" if key[0] in edited else ""
            yield Finding(sign, name, place, said, -shift * here.articles)
        elif shift > 0 and is_now.share >= max(was.share * LEAST_FACTOR, was.share + LEAST_GAIN):
            yield Finding(Sign.MORE, name, place, said, shift * here.articles)
        if was.hits >= ENOUGH and is_now.hits >= ENOUGH:
            took, takes = there.rules[key][1] / was.hits, here.rules[key][1] / is_now.hits
            if takes >= max(took * WORDS_FACTOR, took + LEAST_WORDS):
                said = f"takes {takes:,.0f} words at a time, before {took:,.0f}; in {is_now}"
                yield Finding(Sign.GREEDY, name, place, said, is_now.hits)


def _lines(name: str, here: Seen, there: Seen) -> Iterator[Finding]:
    """Yield the lines that recur and that no rule knows, the new ones alone if there was something before."""
    for line, least, _ in here.lines.common():
        is_now = Rate(least, here.articles)
        if least < LEAST_RECURRING or is_now.share < LEAST_RATE:
            continue
        known, at_most = there.lines.bounds(line)
        was = Rate(min(at_most, there.articles), there.articles)
        if not was.of:
            yield Finding(Sign.RECURRING, name, line, f"in {is_now}", least)
        elif (shift := change(was, is_now)) > 0 and is_now.share >= was.share * LEAST_FACTOR:
            said = f"in {is_now}, before in {'at most ' * (known < at_most)}{was}"
            yield Finding(Sign.LINE, name, line, said, shift * here.articles)


def _shares(name: str, here: Seen, there: Seen) -> Iterator[Finding]:
    """Yield what there is to say of how much is removed: from the middle article, and how far others are from it."""
    usual, usual_now = Usual.of(there.shares), Usual.of(here.shares)
    points = usual_now.percent - usual.percent
    beyond = [
        Rate(sum(n for percent, n in shares.items() if (percent - usual.percent) * points > 0), shares.total())
        for shares in (there.shares, here.shares)
    ]
    # The median test, one-sided: a half lies beyond the middle unless it has moved.
    shift = change(*beyond)
    if abs(points) >= LEAST_SHIFT and shift > 0:
        said = f"{usual_now.percent}% of the middle article's words are removed, before {usual.percent}%"
        yield Finding(Sign.SHARE, name, "", said, shift * here.articles)
        return  # and with the middle, the others
    far, far_now = (
        Rate(sum(n for percent, n in shares.items() if usual.is_far(percent)), shares.total())
        for shares in (there.shares, here.shares)
    )
    if (shift := change(far, far_now)) > 0 and far_now.share >= max(LEAST_RATE, far.share * LEAST_FACTOR):
        said = f"{far_now} articles are far from the usual {usual.percent}% removed, before {far}"
        yield Finding(Sign.SPREAD, name, "", said, shift * here.articles)


def _odd(name: str, here: Seen, there: Seen) -> Iterator[Finding]:
    """Yield the articles whose removed share is far from the usual."""
    usual = Usual.of(there.shares)
    for far in dict.fromkeys((*here.least, *here.most)):
        if usual.is_far(far.percent):
            said = f"{far.percent}% of {far.words:,} words removed, usually {usual.percent}%"
            yield Finding(Sign.ODD, name, far.source, said, abs(far.percent - usual.percent))


def _signed(name: str, here: Seen, there: Seen) -> Iterator[Finding]:
    """Yield whether texts tell less often whose they are, where that is known from elsewhere."""
    was, is_now = Rate(there.signed, there.told), Rate(here.signed, here.told)
    if (shift := change(was, is_now)) < 0 and is_now.share * LEAST_FACTOR <= was.share:
        said = f"{is_now} texts tell whose they are, before {was}"
        yield Finding(Sign.UNSIGNED, name, "", said, -shift * here.articles)


def _unknown(now: Census, before: Census) -> Iterator[Finding]:
    """Yield the publishers that fewer texts tell.

    Only where more texts tell none: else the batch is but another mixture.
    """

    def recognised(census: Census, name: str) -> Rate:
        untold = {name: seen.articles - seen.told for name, seen in census.publishers.items()}
        return Rate(untold.get(name, 0), sum(untold.values()))

    if change(recognised(before, UNKNOWN), recognised(now, UNKNOWN)) <= 0:
        return
    for name in before.publishers.keys() - {UNKNOWN}:
        was, is_now = recognised(before, name), recognised(now, name)
        if was.hits >= ENOUGH and (shift := change(was, is_now)) < 0 and is_now.share * LEAST_FACTOR <= was.share:
            said = f"{is_now} of the texts without a URL, before {was}; more are unknown now"
            yield Finding(Sign.UNKNOWN, name, "", said, -shift * is_now.of)


def _idle(now: Census, name: str, here: Seen) -> Iterator[Finding]:
    for key in now.inventory.of_publisher(name):
        if key not in here.rules:
            yield Finding(Sign.IDLE, name, now.inventory.place(key), f"in none of {here.articles:,}", here.articles)


def _edited(now: Census, before: Census) -> Iterator[Finding]:
    """Yield the rules that only one of the runs had, and that fired in it: nothing is to be compared."""
    for sign, one, other in ((Sign.NEW, now, before), (Sign.GONE, before, now)):
        for key in one.inventory.keys() - other.inventory.keys():
            fired = sum(rate(seen, key).hits for seen in one.publishers.values())
            tense = "fires" if sign is Sign.NEW else "fired"
            said = f"{tense} in {fired:,} article{'s' * (fired != 1)}"
            yield Finding(sign, "", one.inventory.place(key), said, fired)
