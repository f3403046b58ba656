"""A rule file's text in, a `Ruleset` out, or all of its errors at once, each with its place and a caret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

from newsclean.model import KINDS, SEEN_AS, Label, Place, Proof, Reach, Rule, Ruleset, UsageError
from newsclean.trees import parse as parse_pattern

SECTION = re.compile(r"\[([^\]]*)\]\s*")
DOMAIN = re.compile(r"(?!-)[\w-]+(?:\.[\w-]+)+", re.UNICODE)
KIND = re.compile(r"[a-z][a-z-]*")
GROUPS = {
    "author": ((Label.BYLINE, None), (Label.PROMO, "bio")),
    "headline": ((Label.HEADLINE, None),),
    "date": ((Label.DATE, None),),
}
"""The named groups that pick a value out of a line, and the labels and kinds under which they mean something."""

MAX_PATTERN = 10_000
"""Characters. The longest pattern in earnest use is a tenth of it; a longer one is a file gone wrong."""
MAX_WRITTEN_OUT, MAX_NESTING = 10_000, 100
"""What `regex` can compile in no time: it writes out what has to be repeated, so that `(?:a{999}){999}` takes 300 MB,
and `a+` in twenty brackets with a `+` each a second. Deep in a stack it takes no more than some 200 brackets."""
TOO_DEEP = f"brackets stand in one another more than {MAX_NESTING} deep; write it flatter"


def pointed(source: str, column: int) -> str:
    """Return a line, and a caret below its column, counted from 1."""
    # A window on the line, so that the caret stands below its place on a narrow terminal too.
    start = max(0, column - 50)
    shown = source[start : start + 72].replace("\t", " ")
    return f"    {shown}\n    {' ' * (column - 1 - start)}^"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line of a rule file, and where: `column` counts characters from 1."""

    place: Place
    column: int
    message: str
    source: str = ""

    def __str__(self) -> str:
        if not self.place.line:  # the file itself is the trouble
            return f"{self.place.file}: {self.message}"
        head = f"{self.place}:{self.column}: {self.message}"
        if not self.source:
            return head
        return f"{head}\n{pointed(self.source, self.column)}"


class RuleError(UsageError, ValueError):
    """A rule file, or several, that can't be used. `problems` holds every one that was found."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass
class _Draft:
    """A rule while its indented lines are still being read."""

    rule: Rule
    within: Problem | None = None
    examples: list[str] = field(default_factory=list)
    counterexamples: list[str] = field(default_factory=list)


class _Parser:
    def __init__(self, name: str, file: str, check: bool):
        self.name, self.file, self.check = name, file, check
        self.problems: list[Problem] = []
        self.domains: list[str] = []
        self.includes: list[str] = []
        self.drafts: list[_Draft] = []
        self.section: str | None = None
        self.label: Label | None = None
        self.kind: str | None = None
        self.line, self.source = 0, ""

    def wrong(self, message: str, column: int = 1) -> None:
        self.problems.append(Problem(Place(self.file, self.line), column, message, self.source))

    def read(self, text: str) -> Ruleset:
        for self.line, source in enumerate(text.split("\n"), 1):
            self.source = source.rstrip()
            said = self.source.strip()
            if not said or said.startswith("#"):
                continue
            if self.source[0].isspace():
                self.belonging(said, len(self.source) - len(self.source.lstrip()) + 1)
            elif section := SECTION.fullmatch(self.source):
                self.begin(section[1])
            else:
                self.entry(self.source)
        for draft in self.drafts:
            if draft.within and draft.rule.reach in (Reach.LINE, Reach.INLINE):
                self.problems.append(draft.within)
        if self.problems:
            raise RuleError(sorted(self.problems, key=lambda problem: (problem.place.line, problem.column)))
        proofs = [Proof(d.rule, tuple(d.examples), tuple(d.counterexamples)) for d in self.drafts]
        rules = [draft.rule for draft in self.drafts]
        return Ruleset(
            self.name,
            tuple(self.domains),
            tuple(self.includes),
            tuple(rule for rule in rules if rule.label is None),
            tuple(rule for rule in rules if rule.label is not None),
            tuple(proofs),
        )

    def begin(self, header: str) -> None:
        """Enter the section that stands between square brackets."""
        word, _, kind = header.partition(" ")
        kind = kind.strip()
        self.section, self.label, self.kind = word, None, None
        if word in ("domains", "include", "publisher"):
            if kind:
                self.wrong(f"[{word}] takes no kind", 3 + len(word))
        elif word in list(Label):
            self.label = Label(word)
            self.kind = self.known_kind(kind) if word == "promo" else None
            if kind and word != "promo":
                self.wrong(f"[{word}] takes no kind; only [promo KIND] does", 3 + len(word))
        else:
            self.section = "unknown"
            known = ["domains", "include", "publisher", *Label]
            hint = nearest(word, known) or "if it is a regex, write what stands beside the brackets too"
            self.wrong(f"unknown section [{header}]; {hint}", 2)

    def known_kind(self, kind: str) -> str | None:
        if not kind:
            self.wrong(f"a promo section names its kind: {', '.join(KINDS)}", 7)
        elif not KIND.fullmatch(kind):
            self.wrong("a kind is a word in lower case", 8)
        elif kind not in KINDS and (hint := nearest(kind, KINDS)):
            self.wrong(f"unknown kind {kind!r}; {hint}", 8)
        return kind or None

    def entry(self, said: str) -> None:
        """Take a line at column 1: a domain, the name of a file to include, or a pattern."""
        if self.section is None:
            self.wrong("stands before any [section]; a rule file begins with one, such as [promo newsletter]")
            self.section = "unknown"  # once said is enough
        elif self.section == "domains":
            if DOMAIN.fullmatch(said):
                self.domains.append(said.lower().removeprefix("www."))
            else:
                self.wrong("is no domain; write it as in example.com, without https:// and path")
        elif self.section == "include":
            if re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*", said) and ".." not in said.split("/"):
                self.includes.append(said.removesuffix(".txt"))
            else:
                self.wrong("is no rule file's name; write it as in groups/wire-credits")
        else:
            rule = Rule(self.label, self.kind, said, Place(self.file, self.line))
            self.drafts.append(_Draft(rule))
            if self.section != "unknown":
                self.pattern(said, 1)

    def belonging(self, said: str, column: int) -> None:
        """Take an indented line, which says something of the rule above it."""
        if self.section in ("domains", "include") or not self.drafts or self.section is None:
            self.wrong("is indented, but there is no rule above it", column)
            return
        draft, (word, _, rest) = self.drafts[-1], said.partition(" ")
        rest = rest.strip()
        where = column + len(said) - len(rest)
        if word in ("+", "-"):
            if not rest:
                self.wrong("the example is empty", column)
            proofs = draft.examples if word == "+" else draft.counterexamples
            proofs.append(rest.replace("\\n", "\n"))
        elif word == "inline" and not rest:
            self.reach(draft, column, reach=Reach.INLINE)
        elif word in ("to", "until") and rest:
            if word == "to" and rest == "end":
                self.reach(draft, column, reach=Reach.END)
            elif self.pattern(rest, where, stop=True):
                self.reach(draft, column, reach=Reach(word), stop=rest)
        elif word == "within" and rest.isdecimal() and 1 <= int(rest) <= 1_000:
            draft.rule = replace(draft.rule, within=int(rest))
            place = Place(self.file, self.line)
            draft.within = Problem(
                place, column, "within goes with to, until and to end: only a block looks ahead", self.source
            )
        else:
            self.wrong(
                "unknown keyword; an indented line is one of: + TEXT, - TEXT, inline, to REGEX, "
                "until REGEX, to end, within N (1 to 1000)",
                column,
            )

    def reach(self, draft: _Draft, column: int, *, reach: Reach, stop: str | None = None) -> None:
        if draft.rule.label is None and reach is not Reach.INLINE:
            self.wrong("a signature is a line or inline, not a block", column)
        elif draft.rule.reach is not Reach.LINE:
            self.wrong(f"the rule above already has a reach: {draft.rule.reach}", column)
        draft.rule = replace(draft.rule, reach=reach, stop=stop)

    def pattern(self, pattern: str, column: int, *, stop: bool = False) -> bool:
        """Check a pattern and tell whether it can be used."""
        if len(pattern) > MAX_PATTERN:
            self.wrong(f"the pattern is longer than {MAX_PATTERN:,} characters", column)
            return False
        if not self.check:
            return True
        odd = next((at for at, c in enumerate(pattern) if c in SEEN_AS and c not in " \t`"), None)
        if odd is not None:
            seen = SEEN_AS[pattern[odd]]
            self.wrong(f"{pattern[odd]!r} can't match: rules see it as {seen!r}; write that", column + odd)
            return False
        if too_big := _too_big(pattern):
            self.wrong(too_big, column)
            return False
        import regex

        try:
            names = regex.compile(pattern).groupindex
        except regex.error as error:
            self.wrong(f"not a regex: {error.msg}", column + min(error.pos or 0, len(pattern)))
            return False
        except RecursionError:
            self.wrong(TOO_DEEP, column)
            return False
        except (ValueError, OverflowError, MemoryError) as error:
            self.wrong(f"not a regex: {error or type(error).__name__}", column)
            return False
        here = (self.label, self.kind)
        for name in names:
            free = self.label is None and name not in GROUPS  # a signature has no values: its groups are its own
            if not free and (here not in GROUPS.get(name, ()) or stop):
                at = max(0, pattern.find(f"<{name}>")) + 1
                known = [group for group, where in GROUPS.items() if here in where and not stop]
                hint = f"the one that means something here is {known[0]!r}" if known else "write (?:…)"
                self.wrong(f"the group {name!r} means nothing here; {hint}", column + at)
        return True


def _too_big(pattern: str) -> str:
    """Return why compiling the pattern could take for ever, or ""."""
    brackets = ((c == "(") - (c == ")") for c in re.sub(r"\\.", "", pattern))
    if max(accumulate(brackets), default=0) > MAX_NESTING:
        return TOO_DEEP
    try:
        parts = _written_out(parse_pattern(pattern)[0])
    except Exception:  # no regex, which compiling it says better; or a tree that we do not understand
        return ""
    if parts > MAX_WRITTEN_OUT:
        return f"repeats too much: {parts:,} parts when written out, of {MAX_WRITTEN_OUT:,} allowed; ask for fewer"
    return ""


def _written_out(node: Any) -> int:
    """Return of how many parts a node of a parse tree is, with what has to be repeated written out."""
    inner = [getattr(node, name, None) for name in ("subpattern", "yes_item", "no_item")]
    inner += [*getattr(node, "items", ()), *getattr(node, "branches", ())]
    parts = sum(_written_out(part) for part in inner if part is not None) or 1
    if not hasattr(node, "min_count"):
        return parts
    return parts * int(node.min_count + (node.max_count != node.min_count))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a question for the known word that is meant, or ""."""
    import difflib  # only a mistake needs it

    near = difflib.get_close_matches(word, [*map(str, known)], 1, 0.75)
    return f"did you mean {near[0]!r}?" if near else ""


def parse(text: str, name: str, *, file: str | None = None, check: bool = True) -> Ruleset:
    """Return what a rule file says.

    Args:
        text: The file's text.
        name: Its path in the rule folder, without the ending: `themoscowtimes.com`, `common/en`.
        file: How places name it; `name` with `.txt` unless given.
        check: Compile each pattern to see that it is a regex. Leave it out only for a text that once passed.

    Raises:
        RuleError: With every problem in the text, in the order of its lines.
    """
    return _Parser(name, file or f"{name}.txt", check).read(text.removeprefix("\ufeff").replace("\r\n", "\n"))
