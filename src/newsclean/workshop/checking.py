"""What there is to say of rule files and fixtures, as findings: one bad file never keeps the others from being checked.

a rule file ── parse ──▶ prove ──▶ lint ──▶ Checked, its findings without those that a comment allows
rule folders ── usable ──▶ a Library of the files that can be used
a fixture ── judge ──▶ a finding, or None
"""

from __future__ import annotations

import os
import signal
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import starmap
from pathlib import Path
from typing import NamedTuple

from newsclean.cleaning import Cleaner
from newsclean.fixtures import Change, Fixture
from newsclean.library import SHARED, Library, bundled
from newsclean.literals import Drawn, draw
from newsclean.matching import Matcher, Sheet
from newsclean.model import Place, Proof, Rule, Ruleset
from newsclean.proof import Failure, dear, prove, shown
from newsclean.publisher import UnknownPublisher
from newsclean.sources import SourceError
from newsclean.syntax import Problem, RuleError, parse
from newsclean.workshop import lint
from newsclean.workshop.findings import Finding, Severity

CODES: Mapping[str, str] = {
    "unreadable": "A rule file can't be read, or is none.",
    "syntax": "A line of a rule file means nothing.",
    "include": "A file is included that is not there, or that leads back to the one that includes it.",
    "domain": "A domain belongs to another file already.",
    "crash": "newsclean itself failed on a rule file.",
    "no-example": "A rule has no example.",
    "no-counterexample": "A rule has no counter-example.",
    "unproven": "A rule does not claim its example, or claims its counter-example.",
    "taken": "Another rule of the file takes a rule's example; an error where it says something else of it.",
    "timeout": "A rule runs out of time on one of its examples or counter-examples.",
    "dear": "A rule takes far more time than others.",
    "fixture": "A dump is not cleaned as its answer says.",
    "fixture-unread": "A fixture can't be compared: its dump, its answer or its publisher's rules are not to be had.",
    "known-failure": "A fixture among the known failures no longer fails.",
}
"""Every code of the findings made here, and one sentence on it. Those of lints stand in `lint.CODES`."""
BROKEN = frozenset(("unreadable", "syntax", "include", "domain", "crash"))
"""What keeps a rule file from being used."""
FAILURES = (
    ("has no example", "no-example"),
    ("has no counter-example", "no-counterexample"),
    ("does not claim its example", "unproven"),
    ("claims its counter-example", "unproven"),
    ("its block never begins", "taken"),
    ("its example is taken", "taken"),
    ("is dear", "dear"),
)
"""How the messages of proofs begin, and the code of each."""
PARALLEL_FROM_BYTES = 100_000
"""Rule files of less than this are sooner checked than processes started."""


class Noted(NamedTuple):
    """A finding, and what it is known by when lines move: the rule's pattern, or else what the line says."""

    finding: Finding
    pattern: str


class RuleFile(NamedTuple):
    """A rule file to be checked: its path, how findings call it, and its name in its folder."""

    path: Path
    shown: str
    name: str


class Checked(NamedTuple):
    """What a check of one rule file came to. Without a ruleset, it could not be parsed; `drawn` is of its rules."""

    file: RuleFile
    noted: tuple[Noted, ...]
    ruleset: Ruleset | None = None
    drawn: tuple[Drawn, ...] = ()
    failed: int = 0
    allowed: Mapping[int, Mapping[str, str]] = {}

    @property
    def proven(self) -> int:
        """How many rules are proven."""
        return len(self.ruleset.proofs) - self.failed if self.ruleset else 0


class Watched(NamedTuple):
    """A rule whose use is looked at: its place as findings call it, and the codes that a comment above it allows."""

    rule: Rule
    place: Place
    allowed: Collection[str] = ()


# --- Rule files


def rule_files(path: Path, shown: str | None = None) -> Iterator[RuleFile]:
    """Yield the rule files of a folder, sorted by name, or the one that is given.

    `shown` is what stands before a file's path in the folder; the folder's own path unless given.
    """
    if not path.is_dir():
        kind = path.resolve().parent.name
        yield RuleFile(path, path.as_posix(), f"{kind}/{path.stem}" if kind in SHARED else path.stem)
        return
    before = f"{path.as_posix()}/" if shown is None else shown
    found: list[Path] = []
    for folder, folders, files in os.walk(path, followlinks=True):
        found += (Path(folder, name) for name in (*folders, *files) if name.endswith(".txt"))
        folders[:] = [name for name in folders if not name.endswith(".txt")]
    names = {file.relative_to(path).as_posix(): file for file in found}
    for name in sorted(names, key=lambda name: name.removesuffix(".txt")):
        yield RuleFile(names[name], before + name, name.removesuffix(".txt"))


def check_files(tasks: Sequence[tuple[RuleFile, Sequence[Rule] | None]], *, jobs: int = 1) -> Iterator[Checked]:
    """Check rule files as `check_file` does, and yield what that came to, in their order.

    With more than one job, processes are started where there is enough to do (with "spawn": a script that calls this
    needs the usual `if __name__ == "__main__":`).
    """
    if jobs == 1 or sum(_size(file.path) for file, _ in tasks) < PARALLEL_FROM_BYTES:
        yield from starmap(check_file, tasks)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Ctrl-C is for this process, which then ends the others.
    deaf = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(jobs, get_context("spawn"), signal.signal, deaf) as executor:
        try:
            yield from executor.map(check_file, *zip(*tasks, strict=True), chunksize=4)
        finally:
            executor.shutdown(cancel_futures=True)


def check_file(file: RuleFile, known: Sequence[Rule] | None) -> Checked:
    """Return what there is to say of one rule file. `known` are the rules that it builds on; None leaves lints out."""
    try:
        text, ruleset = _read(file)
    except RuleError as error:
        return Checked(file, tuple(_noted_problem(problem) for problem in error.problems))
    try:
        return _check(file, text, ruleset, known)
    except Exception as error:  # a fault of ours should not cost what there is to say of the others
        what = f"{type(error).__name__}: {error}".removesuffix(": ")
        finding = Finding("crash", Severity.ERROR, Place(file.shown, 0), f"newsclean failed on it ({what})", REPORT_IT)
        return Checked(file, (Noted(finding, ""),))


REPORT_IT = "please report it"


def _read(file: RuleFile) -> tuple[str, Ruleset]:
    """Return a rule file's text and what it says, or raise RuleError with all that is wrong with it."""
    if not file.path.is_file():
        raise RuleError(
            [Problem(Place(file.shown, 0), 0, "is no file; in a folder of rules, what ends in .txt is one")]
        )
    try:
        library = Library([file.path])
        ((_, text),) = library.texts(library.names[0])
    except RuleError as error:
        moved = (Problem(p.place._replace(file=file.shown), p.column, p.message) for p in error.problems)
        raise RuleError(moved) from None
    return text, parse(text, file.name, file=file.shown)


def _noted_problem(problem: Problem, code: str = "") -> Noted:
    # What is wrong with a line is told with the line; without one, the file could not be read.
    code = code or ("syntax" if problem.source else "unreadable")
    finding = Finding(code, Severity.ERROR, problem.place, problem.message, "", problem.column, problem.source)
    return Noted(finding, problem.source.strip())


def _check(file: RuleFile, text: str, ruleset: Ruleset, known: Sequence[Rule] | None) -> Checked:
    drawn = {proof.rule: draw(proof.rule) for proof in ruleset.proofs}
    proofs = [*map(_of_failure, prove(ruleset, drawn)), *_timeouts(ruleset.proofs, drawn)]
    proofs.sort(key=lambda finding: finding.place.line)
    failed = {finding.place for finding in proofs if finding.severity is Severity.ERROR}
    allows = lint.allowed(text)
    findings = proofs if known is None else [*proofs, *lint.lint(ruleset, text, file.shown, known=known, drawn=drawn)]
    checked = Checked(file, (), ruleset, tuple(drawn[rule] for rule in ruleset.rules), len(failed), allows)
    return checked._replace(noted=tuple(noted(checked, findings)))


def noted(checked: Checked, findings: Iterable[Finding]) -> Iterator[Noted]:
    """Yield the findings in a file with the rule that each is of, without those that a comment allows."""
    rules = [proof.rule for proof in checked.ruleset.proofs] if checked.ruleset else []
    lines = [rule.place.line for rule in rules]
    for finding in findings:
        may_be_allowed = finding.code not in CODES or finding.severity is not Severity.ERROR
        if not (may_be_allowed and finding.code in checked.allowed.get(finding.place.line, ())):
            at = bisect_right(lines, finding.place.line) - 1
            yield Noted(finding, rules[at].pattern if at >= 0 else "")


def _of_failure(failure: Failure) -> Finding:
    code = next((code for begins, code in FAILURES if failure.message.startswith(begins)), "unproven")
    return Finding(code, Severity.ADVICE if failure.advice else Severity.ERROR, failure.place, failure.message)


def _timeouts(proofs: Sequence[Proof], drawn: Mapping[Rule, Drawn]) -> Iterator[Finding]:
    """Yield the rules that run out of time on a text of their proofs, which there is like claiming nothing."""
    for proof in proofs:
        rule = proof.rule
        matcher = Matcher([(rule, drawn[rule])])
        for text in (*proof.examples, *proof.counterexamples):
            if len(text) < drawn[rule].guard:
                continue
            sheet = Sheet.of(text)
            if rule.label is None:
                matcher.signed(sheet)
            else:
                matcher.claim(sheet)
            if sheet.too_slow:
                remedy = "bound its gaps, and let no two ways match the same text"
                yield Finding("timeout", Severity.ERROR, rule.place, f"runs out of time on {shown(text)}", remedy)
                break


def dear_rules(checked: Sequence[Checked]) -> list[Noted]:
    """Return the rules that cost far more than others, measured on the examples of all of them."""
    files = {one.file.shown: one for one in checked if one.ruleset}
    rulesets = [(one.ruleset, one.drawn) for one in checked if one.ruleset]
    rules = [pair for ruleset, drawn in rulesets for pair in zip(ruleset.rules, drawn, strict=True)]
    proofs = [proof for ruleset, _ in rulesets for proof in ruleset.proofs]
    texts = [text for proof in proofs for text in (*proof.examples, *proof.counterexamples)]
    found = map(_of_failure, dear(rules, texts))
    return [one for finding in found for one in noted(files[finding.place.file], [finding])]


# --- The rules that fixtures are cleaned with


def usable(folders: Sequence[Path], checked: Mapping[Path, str]) -> tuple[Library, list[Noted]]:
    """Return a library of all files in rule folders that can be used, and why others can't.

    Args:
        folders: The folders, or single files, the strongest last.
        checked: The files that are checked anyway, resolved, and how findings call them. What is wrong inside one of
            them is not said again.
    """
    try:
        library = Library(folders)
        library.domains()
    except RuleError:
        return _without_broken(folders, checked)
    return library, []


def _without_broken(folders: Sequence[Path], checked: Mapping[Path, str]) -> tuple[Library, list[Noted]]:
    said: list[Noted] = []
    broken: dict[Path, str] = {}
    found = {folder: list(rule_files(folder, "" if folder == bundled() else None)) for folder in folders}
    for file in (file for folder, files in found.items() if not _holds(folder) for file in files):
        try:
            _read(file)
        except RuleError as error:
            broken[file.path] = file.name
            if file.path.resolve() not in checked:
                said += map(_noted_problem, error.problems)
    # A folder with a broken file is given as the files in it that are sound, which are then called by their paths.
    called = {name: file for files in found.values() for file in files for name in (file.shown, file.path.as_posix())}
    while True:
        library = Library([source for folder, files in found.items() for source in _sound(folder, files, broken)])
        try:
            library.domains()
        except RuleError as error:
            said += (
                _moved(problem, called, checked)
                for problem in error.problems
                # To include a broken file is no fault of the one that does.
                if problem.message.split()[0] not in broken.values()
            )
            broken |= {file.path: file.name for p in error.problems if (file := called[p.place.file])}
        else:
            return library, said


def _holds(folder: Path) -> bool:
    """Tell whether all is well with a folder by itself. Of one that has not changed that is known unread."""
    try:
        Library([folder]).domains()
    except RuleError:
        return False
    return True


def _sound(folder: Path, files: Sequence[RuleFile], broken: Mapping[Path, str]) -> list[Path]:
    if not any(file.path in broken for file in files):
        return [folder]
    return [file.path for file in files if file.path not in broken]


def _moved(problem: Problem, called: Mapping[str, RuleFile], checked: Mapping[Path, str]) -> Noted:
    """Return a problem of files that don't go together, as a finding in the file that is checked."""
    file = called[problem.place.file]
    shown = checked.get(file.path.resolve(), file.shown)
    code = "domain" if "belongs to" in problem.message else "include"
    found = _noted_problem(problem, code).finding
    return Noted(replace(found, place=problem.place._replace(file=shown)), problem.message.split()[0])


def shown_in(folders: Sequence[Path], path: Path) -> str:
    """Return how a library of these folders calls a file: "" if it is in none of them; the last one counts."""
    resolved = path.resolve()
    for folder in reversed(folders):
        root = folder.resolve()
        if root == resolved:
            return folder.as_posix()
        if root in resolved.parents:
            inner = resolved.relative_to(root).as_posix()
            return inner if folder == bundled() else f"{folder.as_posix()}/{inner}"
    return ""


def known_to(library: Library, file: RuleFile, shown: str) -> list[Rule]:
    """Return the rules that a file builds on: the common ones and those that it includes, without its own.

    `shown` is how the library calls the file.
    """
    above = library.of_publisher(file.name) if file.name in library.names else []
    own = (shown, file.path.resolve().as_posix())  # by its path it is called where another file is broken
    return [rule for rule, _ in (*library.common(), *above) if rule.place.file not in own]


def watched(checked: Mapping[str, Checked]) -> dict[Place, Watched]:
    """Return the rules of files, which are by what a library calls them, by their place in the library."""
    return {
        proof.rule.place._replace(file=name): Watched(
            proof.rule, proof.rule.place, one.allowed.get(proof.rule.place.line, ())
        )
        for name, one in checked.items()
        if one.ruleset
        for proof in one.ruleset.proofs
    }


def foreign(library: Library, fixtures: Iterable[Fixture], checked: Mapping[str, Checked]) -> Iterator[Noted]:
    """Yield the signatures of the files checked that are found in another publisher's fixtures.

    `checked` is by what the library calls the files.
    """
    for finding in lint.foreign_signatures(library, fixtures):
        if one := checked.get(finding.place.file):
            place = finding.place._replace(file=one.file.shown)
            yield from noted(one, [replace(finding, place=place)])


# --- Fixtures


def judge(fixture: Fixture, cleaner: Cleaner) -> Finding | None:
    """Return what is wrong with a fixture, or None if it holds."""
    path = fixture.path.as_posix()
    try:
        changes = fixture.changes(cleaner)
    except RuleError as error:
        return Finding("fixture-unread", Severity.ERROR, Place(path, 0), f"is not cleaned: {error}")
    except (OSError, ValueError, SourceError, UnknownPublisher) as error:
        # Neither expected of a known failure, nor anything that --update could mend.
        return _unread(fixture, error)
    if fixture.must_fail and not changes:
        message = "a known failure that no longer fails: move it out of known-failures"
        return Finding("known-failure", Severity.ERROR, Place(path, 0), message)
    if not changes or fixture.must_fail:
        return None
    message = "\n".join((f"is not cleaned as {fixture.answer.name} says:", *_difference(changes)))
    return Finding("fixture", Severity.ERROR, Place(path, changes[0].line), message)


def _unread(fixture: Fixture, error: Exception) -> Finding:
    if isinstance(error, UnicodeDecodeError):
        place, message = Place(fixture.answer.as_posix(), 0), "is not UTF-8; save the file as UTF-8"
    elif isinstance(error, OSError):
        place, message = Place(fixture.answer.as_posix(), 0), error.strerror or str(error)
    elif isinstance(error, (SourceError, UnknownPublisher)):
        place, message = Place(fixture.path.as_posix(), 0), str(error).removeprefix(f"{fixture.path}: ")
    else:  # ANSWER:LINE: what is wrong with it
        line, _, message = str(error).removeprefix(f"{fixture.answer}:").partition(": ")
        place = Place(fixture.answer.as_posix(), int(line))
    return Finding("fixture-unread", Severity.ERROR, place, message)


def _difference(changes: Sequence[Change]) -> Iterator[str]:
    """Yield the changes line by line, those that one rule made in adjoining lines below one head."""
    before: Change | None = None
    for change in changes:
        if before is None or change.why != before.why or change.line > before.line + 1:
            decided = f", {change.why}" if change.why else ""
            yield f"  line {change.line}{decided}:"
        if change.expected:
            yield f"  -{change.expected}"
        if change.cleaned:
            yield f"  +{change.cleaned}"
        before = change


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
