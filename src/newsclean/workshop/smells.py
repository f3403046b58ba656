"""What looks wrong in one rule, by what it does with its own examples, and by its parse tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import regex

from newsclean.literals import GUARD_LONG, Drawn, draw, fold
from newsclean.model import Place, Proof, Reach, Rule, Ruleset
from newsclean.proof import shown
from newsclean.units import units, view
from newsclean.workshop import patterns
from newsclean.workshop.findings import Finding, Severity
from newsclean.workshop.patterns import Reading

SHORT = 2
"""Letters: no text that a line rule could know by anything but the place where it stands."""
PROBES = (
    "The council voted on Monday to keep the old harbour open until the spring.",
    "Niemand wusste an diesem Morgen, wohin das kleine Schiff gefahren war!",
    "Вечером жители острова собрались на площади и долго спорили о мосте.",
    "港の人々は月曜日の朝、新しい船を見るために集まった。",
    "nobody had asked her",
    "Saltwater",
)
"""Lines that have nothing in common: who claims two of them claims nearly anything."""
SHOWN = 60
"""Characters of a text that a message shows."""
SECONDS = 1.0
"""The time limit of one match that a lint tries."""


@dataclass(frozen=True, slots=True)
class Page:
    """A rule file under the lens: what it says, how places name it, and its lines as the parser reads them."""

    ruleset: Ruleset
    file: str
    lines: list[str]
    drawn: Mapping[Rule, Drawn]

    @classmethod
    def of(cls, ruleset: Ruleset, text: str, file: str, drawn: Mapping[Rule, Drawn] | None = None) -> Page:
        """Lay a rule file out; `drawn` is what is drawn from its rules, if that is there already."""
        return cls(ruleset, file, lines(text), drawn or {proof.rule: draw(proof.rule) for proof in ruleset.proofs})

    def found(self, code: str, severity: Severity, line: int, message: str, remedy: str, column: int = 1) -> Finding:
        """Return a finding on a line; `column` counts from 1."""
        source = self.lines[line - 1]
        return Finding(code, severity, Place(self.file, line), message, remedy, column, source)

    def line_of(self, rule: Rule, keyword: str, said: str) -> int:
        """Return the indented line of a rule that says this, `+ TEXT` or `to REGEX`; the rule's own if none does."""
        first = rule.place.line
        for line in range(first + 1, first + length(self.lines, first)):
            word, _, rest = self.lines[line - 1].strip().partition(" ")
            if word == keyword and rest.strip().replace("\\n", "\n") == said.replace("\\n", "\n"):
                return line
        return first


def lines(text: str) -> list[str]:
    """Return a rule file's lines, as the parser reads them."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")


def length(lines: list[str], line: int) -> int:
    """Return how many lines a rule has: its own, and those below it before the next one that is not indented."""
    below = lines[line:]
    return 1 + next((i for i, said in enumerate(below) if said.strip() and not said[0].isspace()), len(below))


class Case(NamedTuple):
    """One rule under the lens: its page, its proof and its parse tree."""

    page: Page
    proof: Proof
    tree: Any

    @property
    def rule(self) -> Rule:
        """The rule itself."""
        return self.proof.rule

    def found(self, code: str, severity: Severity, message: str, remedy: str) -> Finding:
        """Return a finding on the rule's pattern as a whole."""
        return self.page.found(code, severity, self.rule.place.line, message, remedy)


def smells(page: Page) -> Iterator[Finding]:
    """Yield what looks wrong in each rule of a file by itself."""
    for proof in page.ruleset.proofs:
        case = Case(page, proof, patterns.tree(proof.rule.pattern))
        for lint in LINTS:
            yield from lint(case)


def _bare_ends(case: Case) -> Iterator[Finding]:
    """Look for `.*` at both ends: the whole line is then accounted for by anything."""
    ways = getattr(case.tree, "branches", [case.tree])
    gaps = ([_is_gap(item) for item in getattr(way, "items", ())] for way in ways)
    if case.rule.reach is not Reach.INLINE and any(len(way) > 1 and way[0] and way[-1] for way in gaps):
        message = "claims every line that mentions what stands between its bare ends, sentences too"
        remedy = "say how such a line begins or ends, or bound the gaps, as in .{0,40}"
        yield case.found("bare-ends", Severity.WARNING, message, remedy)


def _is_gap(node: Any) -> bool:
    if getattr(node, "max_count", 0) is not None:
        return False
    inner = node.subpattern
    is_any = hasattr(inner, "matches") and all(inner.matches(ord(char)) for char in "aZ0 .,!?é的")
    return is_any or type(inner).__name__.startswith("Any")


def _matches_anything(case: Case) -> Iterator[Finding]:
    rule = case.rule
    if case.page.drawn[rule].literals:
        return
    claimed = [probe for probe in PROBES if _matches(rule.pattern, probe)]
    # The first line of a block may be anything where its last one is not.
    ended = [probe for probe in PROBES if _matches(rule.stop, probe)] if rule.stop else claimed
    if min(len(claimed), len(ended)) > 1:
        message = f"claims lines that have nothing in common: '{shown(claimed[0], 30)}' and '{shown(claimed[1], 30)}'"
        yield case.found("matches-anything", Severity.WARNING, message, "say something of the line literally")


def _short_match(case: Case) -> Iterator[Finding]:
    """Look for the shortest texts: those that are the same in two alphabets are literal."""
    try:
        ways = [patterns.short(case.tree, alphabet, SHORT) for alphabet in ("aAzZа가日0 .,:-", "bByYб나月1 .,:-")]
    except ValueError:
        return
    inline = case.rule.reach is Reach.INLINE
    for text, other in zip(*ways, strict=False):
        is_short = 0 < len(text) <= SHORT and text.isalpha() and (inline or text != other)
        if is_short and _matches(case.rule.pattern, text):
            message = f"claims so short a {'piece of a line' if inline else 'line'} as '{text}'"
            yield case.found("short-match", Severity.WARNING, message, "ask for more letters, as in {3,40}")
            return


SIGNS = {
    "?": ("unescaped-question", "? makes what stands before it optional", r"write \? for a question mark"),
    ".": ("unescaped-dot", ". matches any character", r"write \. for a full stop"),
    "[": ("unescaped-brackets", "{said} matches one of its characters", r"write \[…\] for brackets"),
    "(": (
        "unescaped-parentheses",
        "{said} matches no parentheses",
        r"write \(…\) for parentheses, else leave them out",
    ),
    "|": ("spaced-bar", "| parts the whole pattern into alternatives", r"write \| for a bar"),
    "||": ("bare-alternatives", "| parts the whole pattern into alternatives", "put the two words in (?:…|…)"),
}
"""For each sign that may be meant in another way its code, what it says, and the remedy."""


def _meant_otherwise(case: Case) -> Iterator[Finding]:
    """Compare what the rule claims of its examples with what it would if a sign in it were meant in another way."""
    rule, page = case.rule, case.page
    for reading in patterns.readings(rule.pattern):
        ways = [replace(rule, pattern=said) for said in (reading.meant, reading.never)]
        yield from _misread(case, reading, rule.pattern, rule.place.line, 1, *ways)
    if rule.stop is not None:
        line = page.line_of(rule, rule.reach, rule.stop)
        column = max(0, page.lines[line - 1].find(rule.stop)) + 1
        for reading in patterns.readings(rule.stop):
            ways = [replace(rule, stop=said) for said in (reading.meant, reading.never)]
            yield from _misread(case, reading, rule.stop, line, column, *ways)


def _misread(
    case: Case, reading: Reading, pattern: str, line: int, column: int, meant: Rule, never: Rule
) -> Iterator[Finding]:
    examples = case.proof.examples
    odd = _looks_odd(reading, pattern)
    if not odd and reading.sign != "||" and not any(reading.sign in example for example in examples):
        return
    severity, example = _verdict(case.rule, meant, never, examples)
    if not (severity or odd):
        return
    code, what, remedy = SIGNS[reading.sign]
    said = what.replace("{said}", shown(pattern[reading.start : reading.end], 30))
    why = f", so the rule does not claim its example: {shown(example, SHOWN)}" if severity is Severity.ERROR else ""
    why = why or (f", where every example has it literally: {shown(example, SHOWN)}" if example else "")
    yield case.page.found(code, severity or Severity.WARNING, line, said + why, remedy, column + reading.start)


def _looks_odd(reading: Reading, pattern: str) -> bool:
    """Tell whether a sign looks meant literally, whatever the examples say."""
    said, before, after = pattern[reading.start : reading.end], pattern[: reading.start], pattern[reading.end :]
    if reading.sign == "|":
        return before.endswith(" ") and after.startswith(" ")
    if reading.sign == "[":
        inner = said[1:-1]
        words = regex.fullmatch(r"\p{L}\p{Ll}{2,}(?:[ :.]{1,2}\p{L}+)*", inner)
        return bool(words) and (len(set(inner)) < len(inner) or inner[0].isupper())
    return reading.sign == "(" and not regex.search(r"\\\d|\\g<|\(\?[(P\dR&]", pattern)


def _verdict(rule: Rule, meant: Rule, never: Rule, examples: tuple[str, ...]) -> tuple[Severity | None, str]:
    """Tell how sure it is that a rule was meant in another way, and the example that shows it.

    Sure where only so it claims an example; likely where so it claims all of them, and one of them by that sign.
    """
    for example in examples:
        if not _claims(rule, example) and _claims(meant, example):
            return Severity.ERROR, example
    if rule != never and all(_claims(meant, example) for example in examples):
        for example in examples:
            if not _claims(never, example):
                return Severity.WARNING, example
    return None, ""


def _claims(rule: Rule, example: str) -> bool:
    """Tell whether a rule's pattern matches the first line of its example, and the end of its block a later one."""
    first, *rest = [unit.view for unit in units(example)] or [""]
    begins = _matches(rule.pattern, first, anywhere=rule.reach is Reach.INLINE)
    return begins and (rule.stop is None or any(_matches(rule.stop, line) for line in rest))


def _matches(pattern: str, text: str, *, anywhere: bool = False) -> bool:
    """Tell whether a pattern matches a text; one that is no regex or takes too long does not."""
    try:
        compiled = regex.compile(pattern)
        attempt = compiled.search if anywhere else compiled.fullmatch
        return attempt(view(text), timeout=SECONDS) is not None
    except (regex.error, ValueError, TimeoutError):
        return False


def claims_any(proof: Proof) -> bool:
    """Tell whether a rule claims one of its examples."""
    return any(_claims(proof.rule, example) for example in proof.examples)


def _empty(case: Case) -> Iterator[Finding]:
    """Look for nothing: `a||b`, `a|`. Only `(?:a|)` is a way of saying that something may be missing."""
    for node in patterns.nodes(case.tree):
        branches = getattr(node, "branches", ())
        if not all(map(_says, branches if node is case.tree else branches[:-1])):
            remedy = "take out the | too many, or write (?:…)? for what may be missing"
            yield case.found("empty-alternative", Severity.WARNING, "one of the alternatives is empty", remedy)
            break
    if _is_empty(case.tree) and _matches(case.rule.pattern, ""):
        message = "all of the pattern is optional, so it matches the empty text"
        yield case.found("matches-empty", Severity.WARNING, message, "let something of it be required")


def _says(branch: Any) -> bool:
    return bool(getattr(branch, "items", True))


def _is_empty(tree: Any) -> bool:
    try:
        return not patterns.sample(tree)
    except ValueError:
        return True


def _slow(case: Case) -> Iterator[Finding]:
    rule, page = case.rule, case.page
    if page.drawn[rule].guard >= GUARD_LONG:
        return  # its tree bounds it
    sides = [(rule.pattern, rule.reach, rule.place.line)]
    if rule.stop is not None:
        sides.append((rule.stop, Reach.LINE, page.line_of(rule, rule.reach, rule.stop)))
    for pattern, reach, line in sides:
        if slow := patterns.growth(pattern, reach):
            times = ", ".join(f"{1000 * seconds:.3g} ms for {size} characters" for size, seconds in slow.times[-3:])
            message = f"takes ever longer on a line that it nearly matches, with '{slow.pump}' again and again: {times}"
            remedy = "let no two ways match the same text: unnest the repeats, or write {1,30}+ for {1,30}"
            yield page.found("slow", Severity.WARNING, line, message, remedy)


def _far(case: Case) -> Iterator[Finding]:
    rule = case.rule
    said = [*patterns.runs(case.tree), *(patterns.runs(patterns.tree(rule.stop)) if rule.stop else ())]
    if not any(map(_stems, said)):
        return  # it goes by the shape of a line, and so may its counter-examples
    for text in case.proof.counterexamples:
        if not _near(fold(view(text)), [fold(view(other)) for other in (*case.proof.examples, *said)]):
            message = (
                f"the counter-example has nothing in common with the rule, so it proves nothing: {shown(text, SHOWN)}"
            )
            remedy = "take what an article might say, one word away from the example"
            line = case.page.line_of(rule, "-", text)
            yield case.page.found("far-counterexample", Severity.ADVICE, line, message, remedy, 3)


def _near(text: str, others: list[str]) -> bool:
    """Tell whether a text shares with one of others its beginning, a word's, or a sign; all folded."""
    stems = _stems(text)
    for other in others:
        theirs = _stems(other)
        parts = any(len(stem) > 2 and stem in text for stem in theirs) or any(len(s) > 2 and s in other for s in stems)
        if parts or not stems.isdisjoint(theirs) or (text[:2] == other[:2] and len(other) > 1):
            return True
    return False


def _stems(text: str) -> set[str]:
    """Return the beginnings of a folded text's words, its signs, and "0" for any digit.

    What has no blanks between its words is taken in pairs of characters.
    """
    found = {word[:4] for word in re.findall(r"[^\W\d_\u0e00-\U0010ffff]+|[^\w\s.,!?'\"-]", text)}
    wide = re.findall(r"[\u0e00-\u1cff\u2e80-\U0010ffff]+", text)
    found |= {word[i : i + 2] for word in wide for i in range(max(1, len(word) - 1))}
    return found | ({"0"} if re.search(r"\d", text) else set())


LINTS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    *(_bare_ends, _matches_anything, _short_match, _meant_otherwise, _empty, _slow, _far),
)
