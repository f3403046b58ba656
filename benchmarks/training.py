"""Train the line labeller: `src/newsclean/weights.txt` out of dumps whose truth is known.

    python benchmarks/training.py [DATA.jsonl[.gz] ...] [--out FILE] [--folds N]

The rows are those of `benchmarks/quality.py`; the project's own fixtures, whose answers are kept, are trained on with
them. `truth` tells what is known of each line. The model is fitted to what is known, summed over all that may be
(Tsuboi and others, "Training conditional random fields using incomplete annotations", 2008); what rules claimed weighs
nothing. What it costs to be wrong is added to the wrong sequences' sums while training (Gimpel and Smith,
"Softmax-margin CRFs", 2010): losing body costs more than keeping cruft, and a long line more than a short one. The
headline is fitted by itself, as a choice among the units of each dump and none (conditional logit).

With --folds, nothing is written. The pages are dealt into N parts, a page with all its dumps into one; each part is
cleaned with a model that was trained on the others, and the table of `benchmarks/quality.py` is printed.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from hashlib import md5
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from quality import TEXT, UNSEEN, URL, Row, benches_of, report, rows
from scipy.optimize import minimize
from scipy.sparse import csr_array
from truth import ABSENT, UNKNOWN, Example, examples, of_fixtures, page_of

from newsclean.cleaning import NONE, Cleaner
from newsclean.labeller import BODY, END, ENDS, FOLLOWS, START, STARTS, STATES, Labeller, State
from newsclean.library import Library, bundled

ROOT = Path(__file__).parents[1]
OUT, FIXTURES = ROOT / "src" / "newsclean" / "weights.txt", ROOT / "fixtures"
LOST, KEPT, MISSED = 2.0, 1.0, 4.0
"""What it costs to lose ten words of body, to keep ten that are none, and to miss a headline or a byline."""
LEAST_COST, MOST_WORDS = 0.3, 30
"""What a line without words costs of that, and the words beyond which a line costs no more."""
PAGES = 6
"""On how many pages a feature must be found."""
PULL = 5.0
"""How much the square of a weight costs."""
TIMES = 4
"""How often a fixture counts: a page comes in six dumps, each cleaned in two ways, and a fixture in one."""
STEPS, BATCH = 100, 96
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
CAN_FOLLOW: Flags = np.array([[after in FOLLOWS[before] for after in STATES] for before in STATES])
CAN_START: Flags = np.array([state in STARTS for state in STATES])
CAN_END: Flags = np.array([state in ENDS for state in STATES])


class Batch:
    """Examples of like length side by side: `at[t, b]` is the row of unit t of example b, `on[t, b]` if it has one."""

    def __init__(self, starts: NDArray[np.int_], lengths: NDArray[np.int_]):
        down = np.arange(lengths.max())[:, None]
        self.on: Flags = down < lengths
        self.at = np.where(self.on, starts + down, 0)
        self.last = starts + lengths - 1


class Chain(NamedTuple):
    """The weights of going from state to state, of being first and of being last; what can't be has minus infinity."""

    follow: Floats
    start: Floats
    end: Floats


def expected(scores: Floats, chain: Chain, batch: Batch) -> tuple[float, Floats, Floats]:
    """Return the logarithm of the sum over all sequences, and the expected states and steps (forward-backward).

    Args:
        scores: The score of each row in each state; minus infinity where it can't be.
        chain: The weights between states.
        batch: Which rows.

    Returns:
        The sum of the logarithms over the batch's examples; the probability of each state, units x examples x states;
        the expected number of each step, states x states.
    """
    found = scores[batch.at]
    top = found.max(2, keepdims=True)
    local = np.exp(np.maximum(found - top, -70)) * np.isfinite(found)
    step, start, end = (np.exp(np.clip(weights, -40, 40)) * np.isfinite(weights) for weights in chain)
    length, width, states = local.shape
    forward = np.empty_like(local)
    scale = np.ones((length, width))
    now = start * local[0]
    for t in range(length):
        if t:
            now = (forward[t - 1] @ step) * local[t]
        total = np.maximum(now.sum(1), 1e-300)
        scale[t] = np.where(batch.on[t], total, 1)
        forward[t] = np.where(batch.on[t][:, None], now / total[:, None], forward[t - 1] if t else 0)
    logs = np.log(np.maximum(forward[-1] @ end, 1e-300)) + np.log(scale).sum(0) + (top[:, :, 0] * batch.on).sum(0)
    states_expected = np.zeros_like(local)
    steps_expected = np.zeros((states, states))
    behind = np.broadcast_to(end, (width, states))
    for t in range(length - 1, -1, -1):
        both = forward[t] * behind
        states_expected[t] = both / np.maximum(both.sum(1, keepdims=True), 1e-300)
        if t:
            on = batch.on[t][:, None]
            # What can't be reached from above would drown the rest.
            ahead = np.where(forward[t] > 0, local[t] * behind, 0)
            ahead /= np.maximum(ahead.max(1, keepdims=True), 1e-300)
            through = ahead @ step.T
            share = np.maximum((forward[t - 1] * through).sum(1, keepdims=True), 1e-300)
            steps_expected += (np.where(on, forward[t - 1] / share, 0).T @ ahead) * step
            behind = np.where(on, through, behind)
    return float(logs.sum()), states_expected, steps_expected


def possible(may_be: Sequence[int]) -> Flags:
    """Return which states each unit may be in, less those from which what is known can't be reached."""
    can: Flags = (np.array(may_be)[:, None] >> np.arange(len(STATES))) & 1 == 1
    can[0] &= CAN_START
    can[-1] &= CAN_END
    for t in range(1, len(can)):
        can[t] &= can[t - 1] @ CAN_FOLLOW
    for t in range(len(can) - 2, -1, -1):
        can[t] &= CAN_FOLLOW @ can[t + 1]
    return can


def costs(example: Example, can: Flags) -> Floats:
    """Return what each state costs where it is wrong; nothing where a rule has decided."""
    size = LEAST_COST + np.minimum(np.array(example.words, float), MOST_WORDS) / 10
    found = np.zeros(can.shape)
    sure = can.sum(1) == 1
    body = sure & can[:, BODY]
    found[body] = (LOST * size[body])[:, None]
    found[~can[:, BODY], BODY] = KEPT * size[~can[:, BODY]]
    for state in (State.HEADLINE, State.BYLINE, State.CREDIT):
        found[sure & can[:, STATES.index(state)]] = MISSED
    found[can] = 0
    found[~np.array(example.open)] = 0
    return found


def train(given: Sequence[Example], steps: int = STEPS) -> dict[str, list[float]]:
    """Return the weights, as `Labeller` takes them, that fit the examples best."""
    given = sorted(given, key=lambda example: len(example.may_be))
    pages = defaultdict(set)
    for example in given:
        for name in {name for unit in example.features for name in unit}:
            pages[name].add(example.page)
    names = {name: at for at, name in enumerate(sorted(name for name, on in pages.items() if len(on) >= PAGES))}
    rows_ = [[names[name] for name in unit if name in names] for example in given for unit in example.features]
    ends = np.cumsum([0, *map(len, rows_)])
    holds = csr_array((np.ones(ends[-1]), np.concatenate(rows_), ends), shape=(len(rows_), len(names)))
    turned = holds.T.tocsr()
    can = [possible(example.may_be) for example in given]
    wrong = np.concatenate([costs(example, one) for example, one in zip(given, can, strict=True)])
    barred = np.where(np.concatenate(can), 0.0, -np.inf)
    lengths = np.array([len(example.may_be) for example in given])
    starts = np.cumsum(lengths) - lengths
    batches = [Batch(starts[i : i + BATCH], lengths[i : i + BATCH]) for i in range(0, len(given), BATCH)]
    k = len(STATES)
    sizes = np.cumsum([len(names) * k, k * k, k, k])

    def parts(weights: Floats) -> tuple[Floats, Chain]:
        own, follow, start, end, _ = np.split(weights, sizes)
        return own.reshape(-1, k), Chain(
            np.where(CAN_FOLLOW, follow.reshape(k, k), -np.inf),
            np.where(CAN_START, start, -np.inf),
            np.where(CAN_END, end, -np.inf),
        )

    def loss(weights: Floats) -> tuple[float, Floats]:
        own, chain = parts(weights)
        scores = holds @ own
        slope, steps, first, last = np.zeros_like(scores), np.zeros((k, k)), np.zeros(k), np.zeros(k)
        total = 0.0
        for batch in batches:
            free, free_states, free_steps = expected(scores + wrong, chain, batch)
            right, right_states, right_steps = expected(scores + barred, chain, batch)
            total += free - right
            off = free_states - right_states
            slope[batch.at[batch.on]] = off[batch.on]
            steps += free_steps - right_steps
            first += off[0].sum(0)
            last += slope[batch.last].sum(0)
        found = np.concatenate([(turned @ slope).ravel(), (steps * CAN_FOLLOW).ravel(), first, last])
        return total + PULL / 2 * float(weights @ weights), found + PULL * weights

    fitted = minimize(loss, np.zeros(sizes[-1]), jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxcor": 8})
    print(f"{len(given)} dumps, {len(names)} features, loss {fitted.fun:.0f} in {fitted.nit} steps", file=sys.stderr)
    own, follow, start, end, _ = np.split(fitted.x, sizes)
    own = np.column_stack([own.reshape(-1, k), fit_headlines(given, holds, starts)])
    found = {state.value: row for state, row in zip(STATES, follow.reshape(k, k).tolist(), strict=True)}
    found |= {START: start.tolist(), END: end.tolist()}
    return found | dict(zip(names, own.tolist(), strict=True))


def fit_headlines(given: Sequence[Example], holds: csr_array, starts: NDArray[np.int_]) -> Floats:
    """Return what each feature weighs for the headline, where units are held against each other, and none weighs 0.

    Args:
        given: The examples.
        holds: The features of all their units, a row a unit.
        starts: The row of each example's first unit.
    """
    known = [at for at, example in enumerate(given) if example.headline != UNKNOWN]
    lengths = np.array([len(given[at].open) for at in known])
    rows_ = np.concatenate([np.arange(starts[at], starts[at] + len(given[at].open)) for at in known])
    barred = np.where(np.concatenate([given[at].open for at in known]), 0.0, -np.inf)
    own, heads = holds[rows_], np.array([given[at].headline for at in known])
    turned, first = own.T.tocsr(), np.cumsum(lengths) - lengths
    right = (first + heads)[heads != ABSENT]

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = own @ weights + barred
        top = np.maximum(np.maximum.reduceat(scores, first), 0)
        shares = np.exp(scores - np.repeat(top, lengths))
        totals = np.add.reduceat(shares, first) + np.exp(-top)
        shares /= np.repeat(totals, lengths)
        shares[right] -= 1
        found = (np.log(totals) + top).sum() - scores[right].sum() + PULL / 2 * weights @ weights
        return float(found), turned @ shares + PULL * weights

    options = {"maxiter": STEPS, "maxcor": 8}
    found: Floats = minimize(loss, np.zeros(own.shape[1]), jac=True, method="L-BFGS-B", options=options).x
    return found


LEAST_WEIGHT = 0.02
"""A feature that weighs less in every state is left out."""


def text_of(weights: dict[str, list[float]]) -> str:
    """Return the weights as `Labeller` takes them."""
    lines = [
        "# The line labeller's weights, written by benchmarks/training.py: a feature, and what it says for each state.",
        "# First how one state follows another, and which are first and last.",
        "\t".join(["# feature", *STATES, "the headline"]),
    ]
    for name, row in weights.items():
        if name in (*STATES, START, END) or max(map(abs, row)) >= LEAST_WEIGHT:
            lines.append("\t".join([name, *(f"{weight:.2f}" for weight in row)]))
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", nargs="*", type=Path, metavar="DATA")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE", help=f"where to write (default: {OUT.name})")
    parser.add_argument("--folds", type=int, metavar="N", help="measure on pages not trained on; write nothing")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="with --folds: how many of the worst to show")
    parser.add_argument("--steps", type=int, default=STEPS, metavar="N", help=f"how long to fit (default: {STEPS})")
    chosen = parser.parse_args()
    library = Library([bundled()])
    cleaner = Cleaner(library)
    data = list(rows(chosen.data))
    given = [*examples(data, cleaner), *(TIMES * list(of_fixtures(FIXTURES, cleaner)))]
    if chosen.folds:
        across(data, given, library, chosen)
    else:
        chosen.out.write_text(text_of(train(given, chosen.steps)), encoding="utf-8")


def across(data: list[Row], given: list[Example], library: Library, chosen: argparse.Namespace) -> None:
    """Print the quality of models on the pages that each was not trained on."""
    benches = benches_of((TEXT, URL, NONE, UNSEEN), library, data)
    for fold in range(chosen.folds):
        others = [one for one in given if fold_of(one.page, chosen.folds) != fold]
        labeller = Labeller(text_of(train(others, chosen.steps)))
        for bench in benches:
            bench.make = partial(Cleaner, labeller=labeller)
            for row in data:
                if fold_of(page_of(row), chosen.folds) == fold:
                    bench.count(row)
    for bench in benches:
        report(bench, chosen.worst)


def fold_of(page: str, folds: int) -> int:
    return int(md5(page.encode()).hexdigest(), 16) % folds


if __name__ == "__main__":
    main()
