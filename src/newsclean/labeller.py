"""The line labeller: a linear-chain model over plain features decides what no rule claimed.

First the headline: each feature weighs for it or against it, and of all units the one with the greatest sum is taken.
Then each unit is in one of the `State`s of an article, from what stands above it to what stands below. A state has a
weight for each feature that holds of the unit, and for the state before it; the sequence with the greatest sum wins
(Viterbi). Weights are learned from articles whose truth is known, by maximizing the conditional likelihood of the right
sequences (Lafferty, McCallum and Pereira, "Conditional random fields", 2001) and of the right headlines;
`benchmarks/training.py` does it, and writes them to `weights.txt`, a line a feature. The model sees what rules claimed,
and its word on those units counts for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from struct import Struct

FIELD = 32
"""Bits: the weights of a feature, a field for each state and one for the headline, are one integer: a sum adds all."""
SCALE = 1000
"""Weights are kept in thousandths."""
TOLD = 3
"""How many features a reason names."""


class State(StrEnum):
    """Where in an article a unit stands."""

    ABOVE = "above"
    """Before the headline, or before all of the article."""
    HEADLINE = "headline"
    BYLINE = "byline"
    UNDER = "under"
    """Between the headline and the body."""
    BODY = "body"
    INSIDE = "inside"
    """Between paragraphs, and none."""
    BELOW = "below"
    CREDIT = "credit"
    """The authors, behind the body."""


STATES = tuple(State)
BODY, HEADLINE = STATES.index(State.BODY), STATES.index(State.HEADLINE)
FOLLOWS: Mapping[State, tuple[State, ...]] = {
    State.ABOVE: (State.ABOVE, State.HEADLINE, State.BYLINE, State.UNDER, State.BODY),
    State.HEADLINE: (State.BYLINE, State.UNDER, State.BODY),
    State.BYLINE: (State.ABOVE, State.HEADLINE, State.BYLINE, State.UNDER, State.BODY),
    State.UNDER: (State.BYLINE, State.UNDER, State.BODY),
    State.BODY: (State.BODY, State.INSIDE, State.BELOW, State.CREDIT),
    State.INSIDE: (State.BODY, State.INSIDE),
    State.BELOW: (State.BELOW, State.CREDIT),
    State.CREDIT: (State.BELOW, State.CREDIT),
}
"""Which states may come after which."""
STARTS = (State.ABOVE, State.HEADLINE, State.BYLINE, State.UNDER, State.BODY)
"""The states that the first unit may be in."""
ENDS = tuple(state for state in State if state is not State.INSIDE)
"""The states that the last unit may be in."""
START, END = "start", "end"
NEVER, SURELY = -(10**12), 10**8
FIELDS = len(STATES) + 1
_PACKED = Struct(f"<{FIELDS}I")
HALF = 1 << (FIELD - 1)
_BIAS = sum(HALF << (FIELD * at) for at in range(FIELDS))


class Labeller:
    """A model: what each feature says for each state, and how one state follows another.

    Args:
        weights: A line a row: its name and a number for each state, in the order of `STATES`, a tab between them. Rows
            called like a state weigh the states that come after it, "start" and "end" being first and last; all
            others are features, and have one number more, which weighs for the headline. A line that begins with #
            says nothing.

    Raises:
        KeyError, ValueError: If rows are missing or damaged.
    """

    def __init__(self, weights: str):
        self._text = weights
        lines = (line.partition("\t") for line in weights.splitlines() if not line.startswith("#"))
        self._weights = _Weights({name: row for name, _, row in lines})
        follows = {state: _numbers(self._weights.rows.pop(state)) for state in STATES}
        start, end = _numbers(self._weights.rows.pop(START)), _numbers(self._weights.rows.pop(END))
        self._against = {state: _Against(self._weights, state) for state in STATES}
        self._start = [weight if state in STARTS else NEVER for state, weight in zip(STATES, start, strict=True)]
        self._end = [weight if state in ENDS else NEVER for state, weight in zip(STATES, end, strict=True)]
        self._before = [
            [(j, follows[before][k]) for j, before in enumerate(STATES) if state in FOLLOWS[before]]
            for k, state in enumerate(STATES)
        ]

    def __reduce__(self) -> tuple[object, ...]:
        return Labeller, (self._text,)

    def states(
        self, units: Sequence[Iterable[str]], among: Collection[int] | None = None, least: float = 0.0
    ) -> list[State]:
        """Return the likeliest states of a text's units.

        Args:
            units: The features of each unit, by name.
            among: The units of which one may be the headline, by their place; without them, rules have found it.
            least: What it must weigh; that there is none weighs 0.
        """
        if not units:
            return []
        scores = [self._sum(features) for features in units]
        heads = [score.pop() for score in scores]
        if among is not None:
            head = max(among, key=heads.__getitem__, default=None)
            for i, score in enumerate(scores):
                is_head = i == head and heads[i] >= least * SCALE
                score[HEADLINE] = SURELY if is_head else NEVER
        best = [start + score for start, score in zip(self._start, scores[0], strict=True)]
        came: list[list[int]] = []
        for score in scores[1:]:
            now, back = [], []
            for own, before in zip(score, self._before, strict=True):
                top, at = 2 * NEVER, 0
                for j, step in before:
                    if best[j] + step > top:
                        top, at = best[j] + step, j
                now.append(top + own)
                back.append(at)
            came.append(back)
            best = now
        last = max(range(len(STATES)), key=lambda k: best[k] + self._end[k])
        path = [last]
        for back in reversed(came):
            path.append(back[path[-1]])
        return [STATES[k] for k in reversed(path)]

    def reasons(self, features: Iterable[str], state: State) -> tuple[str, ...]:
        """Return the features that spoke most for a state, against body or, for the headline, against others.

        The strongest come first.
        """
        against = self._against[state]
        weighed = [(weight, name) for name in features if (weight := against[name]) > 0]
        weighed.sort(reverse=True)
        return tuple(name for _, name in weighed[:TOLD])

    def _sum(self, features: Iterable[str]) -> list[int]:
        weights = self._weights
        return _unpacked(sum([weights[name] for name in features]))


class _Weights(dict[str, int]):
    """The features' weights, each packed when it is first asked for: a start needs a few hundred of them."""

    def __init__(self, rows: dict[str, str]):
        super().__init__()
        self.rows = rows

    def __missing__(self, name: str) -> int:
        row = self.rows.get(name)
        packed = sum(weight << (FIELD * at) for at, weight in enumerate(_numbers(row))) if row else 0
        self[name] = packed
        return packed


class _Against(dict[str, int]):
    """What each feature weighs for a state against body, or for the headline against others."""

    def __init__(self, weights: _Weights, state: State):
        super().__init__()
        self._weights, self._state = weights, state

    def __missing__(self, name: str) -> int:
        *row, headline = _unpacked(self._weights[name])
        weight = headline if self._state is State.HEADLINE else row[STATES.index(self._state)] - row[BODY]
        self[name] = weight
        return weight


def _numbers(row: str) -> list[int]:
    return [round(SCALE * float(number)) for number in row.split("\t")]


def _unpacked(packed: int) -> list[int]:
    # Half a field more makes each field positive, so that none borrows from the next.
    fields = _PACKED.unpack((packed + _BIAS).to_bytes(_PACKED.size, "little"))
    return [field - HALF for field in fields]
