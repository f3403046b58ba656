"""What looks wrong in a rule file beyond what its proofs tell: each lint a small function, with a code of its own.

A lint looks at what a rule does with its own examples, and at its parse tree; it does not guess at the syntax.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import regex

from newsclean.fixtures import Fixture
from newsclean.library import Library
from newsclean.literals import Drawn
from newsclean.matching import BLOCKS, Matcher, Sheet
from newsclean.model import Rule, Ruleset
from newsclean.sources import SourceError, read
from newsclean.units import view
from newsclean.workshop import patterns
from newsclean.workshop.findings import Finding, Severity
from newsclean.workshop.smells import Page, claims_any, length, lines, smells

CODES: Mapping[str, str] = {
    "bare-ends": "Unbounded gaps at both ends let the rule claim any line that mentions the rest.",
    "matches-anything": "The rule claims lines that have nothing in common.",
    "short-match": "The rule claims lines of one or two letters.",
    "unescaped-question": "A `?` looks meant literally, and makes what stands before it optional.",
    "unescaped-dot": "A `.` looks meant literally, and matches any character.",
    "unescaped-brackets": "Square brackets look meant literally, and match one of the characters between them.",
    "unescaped-parentheses": "Parentheses look meant literally, and match nothing.",
    "spaced-bar": "A `|` between blanks looks meant literally, and parts the whole pattern into alternatives.",
    "bare-alternatives": "A `|` without brackets parts the whole pattern, where two words look meant.",
    "duplicate": "Another rule says the same.",
    "shadowed": "Stronger rules of the same label claim all examples of the rule.",
    "empty-alternative": "One of the alternatives is empty.",
    "matches-empty": "The pattern matches the empty text.",
    "slow": "The pattern's time grows out of bounds on a line that it nearly matches.",
    "far-counterexample": "A counter-example has nothing in common with its rule, so it proves nothing.",
    "contradiction": "An example is a counter-example of another rule of the same label.",
    "blank-ends": "Blanks at an end of a line are stripped, and may have been meant.",
    "comment-rule": "A comment looks meant as a rule.",
    "unindented": "A rule looks meant as an indented line of the rule above it.",
    "foreign-signature": "A signature is found in another publisher's fixture.",
    "bad-allow": "A comment that allows a finding has no reason, an unknown code, or silences nothing.",
}
"""Every code, and one sentence on it."""
OTHER_CODES = frozenset(("dear", "taken", "unexercised", "overruled", "never-fired"))
"""What others find in a rule and a comment may allow."""
UNSURE = OTHER_CODES | {"foreign-signature", "slow"}
"""What is found with more than one file, or measured: whether allowing it silences something can't be known here."""

ALLOW = re.compile(r"#\s*newsclean:\s*(\w+)\s*(\S*)\s*(.*)")
KEYWORD = re.compile(r"inline|to .+|until .+|within \d+|[+-] .+")
SECTION = re.compile(r"\[[^\]]*\]\s*")


def lint(
    ruleset: Ruleset,
    text: str,
    file: str,
    *,
    known: Iterable[Rule] = (),
    drawn: Mapping[Rule, Drawn] | None = None,
) -> Iterator[Finding]:
    """Yield what looks wrong in one rule file, whether a comment allows it or not, sorted by line.

    Args:
        ruleset: What the file says.
        text: Its text.
        file: How places name it.
        known: The rules that it builds on: those of the common files, and of the files that it includes.
        drawn: What is drawn from its rules, if that is there already.
    """
    page = Page.of(ruleset, text, file, drawn)
    found = [*smells(page), *_duplicates(page, known)]
    found += (finding for check in ON_PAGES for finding in check(page))
    found += _bad_allows(page, found)
    yield from sorted(found, key=lambda finding: (finding.place.line, finding.column))


def foreign_signatures(library: Library, fixtures: Iterable[Fixture]) -> Iterator[Finding]:
    """Yield each signature that is found in another publisher's fixture, once, with the first such fixture.

    Fixtures of no publisher tell nothing. Those that can't be read are left out: comparing them tells of it.

    Raises:
        RuleError: If a rule file can't be used.
    """
    signatures = library.signatures()
    owners = {rule: name for name, rule, _ in signatures}
    matcher = Matcher([(rule, drawn) for _, rule, drawn in signatures])
    domains = library.domains()
    told: set[Rule] = set()
    for fixture in fixtures:
        publisher = domains.get(fixture.publisher or "")
        if publisher is None:
            continue
        try:
            sheet = Sheet.of(read(fixture.path).text)
        except SourceError:
            continue
        for rule in sorted(matcher.signed(sheet) - told, key=lambda rule: rule.place):
            if owners[rule] != publisher:
                told.add(rule)
                message = f"the signature is found in a fixture of {publisher}: {fixture.path.as_posix()}"
                remedy = "choose what only this publisher prints"
                yield Finding("foreign-signature", Severity.WARNING, rule.place, message, remedy)


def allowed(text: str) -> dict[int, dict[str, str]]:
    """Return the codes that are allowed, each with its reason, for every line of the rules that have such a comment.

    The comment, `# newsclean: allow CODE reason`, stands on a line directly above the rule; other comments may stand
    between. A rule's lines are its own and those indented below it. A comment without a reason or with an unknown code
    allows nothing.
    """
    found: dict[int, dict[str, str]] = {}
    said = lines(text)
    for allow in _allows(said):
        if allow.line and not allow.wrong():
            for line in range(allow.line, allow.line + length(said, allow.line)):
                found.setdefault(line, {})[allow.code] = allow.reason
    return found


class _Allow(NamedTuple):
    """A comment that allows a finding: the line of its rule (0 if there is none), its own, and what it says."""

    line: int
    own_line: int
    verb: str
    code: str
    reason: str

    def wrong(self) -> tuple[str, str] | None:
        """Return what is wrong with it, and what to do."""
        if self.verb != "allow":
            return f"'{self.verb}' is no word to newsclean", "write # newsclean: allow CODE reason"
        if self.code not in CODES and self.code not in OTHER_CODES:
            return f"there is no finding '{self.code}' to allow", "take a code of docs/lints.md"
        if not self.reason:
            return f"does not say why '{self.code}' is allowed", "write the reason behind the code"
        return None


def _allows(said: list[str]) -> Iterator[_Allow]:
    """Yield the comments of a file's lines that allow something."""
    waiting: list[_Allow] = []
    for number, line in enumerate([*said, ""], 1):
        if line.lstrip().startswith("#"):
            if match := ALLOW.fullmatch(line.strip()):
                waiting.append(_Allow(0, number, *match.groups()))
        elif waiting:
            is_rule = line.strip() and not line[0].isspace() and not SECTION.fullmatch(line)
            yield from (allow._replace(line=number) if is_rule else allow for allow in waiting)
            waiting = []


def _duplicates(page: Page, known: Iterable[Rule]) -> Iterator[Finding]:
    # To parse every common pattern takes seconds, so only those that have their letters in common are compared.
    own = {_letters(proof.rule) for proof in page.ruleset.proofs}
    known = (rule for rule in known if rule.place.file != page.file and _letters(rule) in own)
    seen = {_identity(rule): rule for rule in known}
    for proof in page.ruleset.proofs:
        rule = proof.rule
        first = seen.setdefault(_identity(rule), rule)
        if first is not rule:
            where = f"on line {first.place.line}" if first.place.file == page.file else f"at {first.place}"
            remedy = "take one of the two out, and give the other its examples"
            yield page.found(
                "duplicate", Severity.WARNING, rule.place.line, f"says the same as the rule {where}", remedy
            )


def _letters(rule: Rule) -> tuple[str, ...]:
    """Return the letters of a rule's pattern, sorted: the same for two that say the same in other signs."""
    return tuple(sorted(filter(str.isalpha, rule.pattern)))


def _identity(rule: Rule) -> object:
    stop = patterns.normal(rule.stop) if rule.stop is not None else None
    return rule.label, rule.kind, patterns.normal(rule.pattern), rule.reach, stop, rule.within


def _shadowed(page: Page) -> Iterator[Finding]:
    by_label: dict[object, list[Rule]] = {}
    for rule in page.ruleset.rules:
        by_label.setdefault((rule.label, rule.kind), []).append(rule)
    matchers = {
        label: Matcher([(rule, page.drawn[rule]) for rule in rules])
        for label, rules in by_label.items()
        if len(rules) > 1
    }
    for proof in page.ruleset.proofs:
        rule = proof.rule
        matcher = matchers.get((rule.label, rule.kind))
        if matcher is None:
            continue
        takers = [_taker(matcher, rule, example) for example in proof.examples]
        if takers and all(takers):
            places = sorted({f"line {taker.place.line}" for taker in takers if taker})
            message = f"all its examples are claimed by stronger rules of the same label, on {', '.join(places)}"
            remedy = "take it out, or show in an example what only it claims"
            yield page.found("shadowed", Severity.ADVICE, rule.place.line, message, remedy)


def _taker(matcher: Matcher, rule: Rule, example: str) -> Rule | None:
    """Return the other rule that claims all of an example's first line, or None.

    A block still has its turn where another that begins the same finds no end.
    """
    sheet = Sheet.of(example)
    matcher.claim(sheet)
    parts = sheet.parts[0] if sheet.units and sheet.whole[0] else ()
    why = parts[0].why if len(parts) == 1 else None
    if not isinstance(why, Rule) or why == rule or (why.reach in BLOCKS and rule.reach in BLOCKS):
        return None
    return why


def _contradictions(page: Page) -> Iterator[Finding]:
    """Look for texts that are claimed and not claimed. What one block does not end, another may."""
    against: dict[tuple[object, ...], Rule] = {}
    for proof in page.ruleset.proofs:
        for text in proof.counterexamples:
            against.setdefault(_wanted(proof.rule, text), proof.rule)
    for proof in page.ruleset.proofs:
        for text in proof.examples:
            other = against.get(_wanted(proof.rule, text))
            if other and other != proof.rule:
                line = page.line_of(proof.rule, "+", text)
                message = f"the example is a counter-example of the rule on line {other.place.line}, of the same label"
                yield page.found("contradiction", Severity.WARNING, line, message, "decide which of them is right", 3)


def _wanted(rule: Rule, text: str) -> tuple[object, ...]:
    return rule.label, rule.kind, rule.stop, view(text)


def _blank_ends(page: Page) -> Iterator[Finding]:
    for number, line in enumerate(page.lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line != line.rstrip():
            column, where = len(line.rstrip()) + 1, "end"
        elif match := re.fullmatch(r"(\s+[+-]) (\s+).+", line):
            column, where = match.start(2) + 1, "beginning"
        else:
            continue
        remedy = "take them out, or write [ ] for one that a pattern needs"
        yield page.found("blank-ends", Severity.ADVICE, number, f"blanks at the {where} are stripped", remedy, column)


def _comment_rules(page: Page) -> Iterator[Finding]:
    for number, (line, below) in enumerate(pairwise(page.lines), 1):
        example = re.fullmatch(r"\s+\+\s+(.+)", below.rstrip())
        if example and line.startswith("#") and _reads(line.rstrip(), example[1]):
            message = "is a comment, but reads like the rule of the example below it"
            yield page.found("comment-rule", Severity.ERROR, number, message, r"write \# for the first character")


def _reads(pattern: str, example: str) -> bool:
    try:
        return regex.fullmatch(pattern, view(example), timeout=1) is not None
    except (regex.error, ValueError, TimeoutError):
        return False


def _unindented(page: Page) -> Iterator[Finding]:
    for proof in page.ruleset.proofs:
        if KEYWORD.fullmatch(proof.rule.pattern) and not claims_any(proof):
            message = "is a rule of its own at the first column, but reads like a line that belongs to the rule above"
            yield page.found("unindented", Severity.ERROR, proof.rule.place.line, message, "indent it by two blanks")


def _bad_allows(page: Page, found: list[Finding]) -> Iterator[Finding]:
    known = {(finding.place.line, finding.code) for finding in found}
    for allow in _allows(page.lines):
        wrong = allow.wrong()
        if not wrong and not allow.line:
            wrong = f"allows '{allow.code}', but there is no rule below it", "put it directly above the rule"
        elif not wrong and allow.code not in UNSURE:
            below = range(allow.line, allow.line + length(page.lines, allow.line))
            if not any((line, allow.code) in known for line in below):
                wrong = f"allows '{allow.code}', which is not found there", "take the comment out"
        if wrong:
            yield page.found("bad-allow", Severity.WARNING, allow.own_line, *wrong)


ON_PAGES: tuple[Callable[[Page], Iterator[Finding]], ...] = (
    *(_shadowed, _contradictions, _blank_ends, _comment_rules, _unindented),
)
