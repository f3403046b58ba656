"""Do a rule's examples hold: what it must claim and what it must not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsclean.literals import Drawn, draw
from newsclean.matching import BLOCKS, Matcher, Sheet
from newsclean.model import Place, Proof, Reach, Rule, Ruleset


@dataclass(frozen=True, slots=True)
class Failure:
    """What a proof found. An advice is told, but fails nothing."""

    place: Place
    message: str
    advice: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def prove(ruleset: Ruleset, drawn: Mapping[Rule, Drawn] | None = None) -> Iterator[Failure]:
    """Yield what is wrong with the proofs of a rule file, in the order of its rules.

    `drawn` is what is drawn from its rules, if that is there already.
    """
    drawn = drawn or {proof.rule: draw(proof.rule) for proof in ruleset.proofs}
    together = Matcher([(rule, drawn[rule]) for rule in ruleset.rules])
    for proof in ruleset.proofs:
        alone = Matcher([(proof.rule, drawn[proof.rule])])
        yield from _prove_one(proof, alone)
        if proof.rule.label is not None:
            yield from _taken(proof, alone, together)


DEAR_SHARE, DEAR_LINES, DEAR_MOST = 0.02, 200, 10
"""A rule is dear that takes this share of all rules' time on so many lines or more; so many are named at most."""


def dear(rules: Sequence[tuple[Rule, Drawn]], texts: Iterable[str]) -> Iterator[Failure]:
    """Yield an advice for each rule that takes a share of the matching time far beyond its own.

    Args:
        rules: The rules, with what is drawn from them.
        texts: What to measure on: the rules' examples, fixtures, any lines they will meet.
    """
    sheet = Sheet.of("\n".join(texts))
    matcher = Matcher(rules)
    chosen = {rule for rule, drawn in rules if drawn.literals}
    runs = [matcher.costs(sheet) for _ in range(3)]
    # The least of three: what else the machine did, and the compiling in the first, should not count.
    least = {rule: min((run[rule] for run in runs), key=lambda cost: cost.seconds) for rule in runs[0]}
    costs = sorted(least.items(), key=lambda item: -item[1].seconds)
    total = sum(cost.seconds for _, cost in costs)
    for rule, cost in costs[:DEAR_MOST]:
        if len(sheet.units) < DEAR_LINES or cost.seconds < DEAR_SHARE * total or cost.seconds < 5 * total / len(costs):
            return
        reason = "a literal in it is common" if rule in chosen else "no literal can be looked up for it"
        yield Failure(
            rule.place,
            f"is dear: {cost.seconds / total:.0%} of the time of all {len(costs)} rules. It is tried on {cost.tries} "
            f"of {len(sheet.units)} lines, as {reason}, and takes {1e6 * cost.seconds / cost.tries:.1f} µs each time; "
            "say more of the line literally, and bound its gaps",
            advice=True,
        )


def _prove_one(proof: Proof, alone: Matcher) -> Iterator[Failure]:
    place = proof.rule.place
    if not proof.examples:
        yield Failure(place, "has no example: add a line '  + TEXT' that it must claim")
    if not proof.counterexamples:
        yield Failure(place, "has no counter-example: add a line '  - TEXT' that it must not claim")
    for example in proof.examples:
        claimed, units = _claimed(alone, proof.rule, example)
        wanted = {Reach.UNTIL: units - 1, Reach.INLINE: 1}.get(proof.rule.reach, units)
        if proof.rule.reach is Reach.INLINE:
            claimed = min(claimed, 1)
        if claimed != max(1, wanted):
            yield Failure(place, f"does not claim its example: {shown(example)}{_why(proof.rule, claimed, wanted)}")
    for counterexample in proof.counterexamples:
        if _claimed(alone, proof.rule, counterexample)[0]:
            yield Failure(place, f"claims its counter-example: {shown(counterexample)}")


def _claimed(matcher: Matcher, rule: Rule, text: str) -> tuple[int, int]:
    """Return how many units of a text the rule claims anything of, and how many there are."""
    sheet = Sheet.of(text)
    if rule.label is None:
        return (len(sheet.units) if matcher.signed(sheet) else 0), len(sheet.units)
    matcher.claim(sheet)
    return sum(map(bool, sheet.parts)), len(sheet.units)


def _why(rule: Rule, claimed: int, wanted: int) -> str:
    if rule.reach in (Reach.LINE, Reach.INLINE):
        return "" if wanted == 1 else f" (a line rule's example is one line; {claimed} of {wanted} are claimed)"
    ends = {Reach.TO: "its last line included", Reach.UNTIL: "its last line not"}.get(rule.reach, "to the end")
    return f" ({claimed} of the {wanted} lines that the block has, {ends})"


def _taken(proof: Proof, alone: Matcher, together: Matcher) -> Iterator[Failure]:
    """Yield the examples that other rules of the file take away.

    What another rule takes as the same thing out of the middle of a block is no loss, and not told.
    """
    rule = proof.rule
    for example in proof.examples:
        mine, ours = Sheet.of(example), Sheet.of(example)
        alone.claim(mine)
        together.claim(ours)
        claimed = [i for i, parts in enumerate(mine.parts) if parts]
        takers: dict[Rule, int] = {}
        for i in claimed:
            for part in ours.parts[i]:
                if isinstance(part.why, Rule) and part.why != rule:
                    takers.setdefault(part.why, i)
        for taker, i in takers.items():
            same = (taker.label, taker.kind) == (rule.label, rule.kind)
            begins = i == claimed[0]
            if same and not begins:
                continue
            label = " ".join(filter(None, (taker.label, taker.kind)))
            # Behind another block that begins the same, a block still has its turn where that one finds no end.
            dead = begins and rule.reach in BLOCKS and taker.reach not in BLOCKS
            what = "its block never begins: its first line" if dead else "its example"
            yield Failure(
                rule.place,
                f"{what} is taken by the rule on line {taker.place.line} [{label}]: {shown(example)}",
                advice=same and not dead,
            )


def shown(example: str, most: int = 100) -> str:
    """Return an example on one line, as a rule file has it, cut to so many characters."""
    flat = example.replace("\n", "\\n")
    return flat if len(flat) <= most else flat[: most - 1] + "…"
