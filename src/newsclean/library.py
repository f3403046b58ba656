"""The one reader of rule folders: the bundled one, the user's, and those given.

A folder is the registry: `example.com.txt` holds a publisher's rules, `common/*.txt` what holds everywhere,
`groups/*.txt` what others include. A file of the same name in a later folder is laid over the earlier one: it
adds, and where both claim a line, the later folder's rule wins.
"""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import regex

from newsclean import cache, literals, syntax
from newsclean.literals import Drawn, draw
from newsclean.model import Label, Place, Reach, Rule, Ruleset
from newsclean.syntax import Problem, RuleError

Item = TypeVar("Item")
Parsed = TypeVar("Parsed")

SHARED = ("common", "groups")
"""The sub-folders of a rule folder, whose files are no publisher's."""
MAX_BYTES = 4_000_000
"""A rule file of this size is no rule file."""


def bundled() -> Path:
    """Return the folder of the rules that newsclean comes with: in the package, or beside it in a checkout."""
    inside = Path(__file__).parent / "rules"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "rules"


def user_folder() -> Path:
    """Return the folder of the user's own rules, by the platform's convention. It need not exist."""
    import platformdirs

    return Path(platformdirs.user_config_dir("newsclean", appauthor=False)) / "rules"


def is_folder(path: Path) -> bool:
    """Tell whether the path is a folder. One that may not be looked at is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


class RuleFile(NamedTuple):
    """A rule file as it lies there: its name in the folder, how places call it, and what tells that it has changed.

    `folder` is the one of the library's folders that it was found in.
    """

    name: str
    shown: str
    path: Path
    stamp: tuple[int, ...]
    is_bundled: bool
    folder: Path


class Library:
    """Rule folders, laid over each other.

    What every run needs is drawn from the files once and kept in the cache: a start reads none of them, it only sees
    whether they have changed.

    Args:
        folders: The folders, or single rule files, the strongest last; the bundled one is not among them unless given.

    Raises:
        RuleError: If a folder or a file of rules can't be read; then what is wrong inside the others is told with it.
            Else that comes out when a file is first needed.
    """

    def __init__(self, folders: Sequence[Path]):
        self.folders = tuple(folders)
        self._files: dict[str, list[RuleFile]] = {}
        self._read = functools.cache(_read)
        self._gist: dict[str, Any] | None = None
        problems: list[Problem] = []
        for folder in self.folders:
            for file in _find(folder, problems):
                self._files.setdefault(file.name, []).append(file)
        if problems:
            raise RuleError([*problems, *_tried(self._sound, self.names)[1]])

    def __getstate__(self) -> dict[str, Any]:
        # A process that gets the library draws it from the cache again.
        return {"folders": self.folders, "_files": self._files}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _read=functools.cache(_read), _gist=None)

    @classmethod
    def standard(cls, *extra: Path) -> Library:
        """Return the bundled rules, the user's own over them, and the folders given over those."""
        own = user_folder()
        return cls([bundled(), *([own] if is_folder(own) else []), *extra])

    @property
    def names(self) -> tuple[str, ...]:
        """The rule files' names, sorted: `common/en`, `groups/…`, `themoscowtimes.com`."""
        return tuple(sorted(self._files))

    @property
    def publishers(self) -> tuple[str, ...]:
        """The names of the publishers' files, sorted."""
        return tuple(name for name in self.names if "/" not in name)

    def files(self, name: str) -> tuple[RuleFile, ...]:
        """Return each folder's file of that name, the weakest first."""
        return tuple(self._files.get(name, ()))

    def texts(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return each folder's file of that name, the weakest first: how places call it, and its text.

        Raises:
            RuleError: If one can't be read.
        """
        return tuple((file.shown, self._read(file)) for file in self.files(name))

    def rulesets(self, name: str, *, check: bool = True) -> tuple[Ruleset, ...]:
        """Return what each folder's file of that name says, the weakest first.

        Raises:
            RuleError: With every problem in them.
            KeyError: If there is no such file.
        """
        return _all(lambda file: self._parse(file, check=check), self._files[name])

    def _parse(self, file: RuleFile, *, check: bool) -> Ruleset:
        return syntax.parse(self._read(file), file.name, file=file.shown, check=check)

    def common(self) -> list[tuple[Rule, Drawn]]:
        """Return the common rules with what is drawn from them, the strongest last."""
        return [_from_row(row) for row in self._facts()["common"]]

    def of_publisher(self, name: str) -> list[tuple[Rule, Drawn]]:
        """Return a publisher's rules, the strongest last: what its files include, then its own."""
        if name not in self._files:
            raise KeyError(name)
        chain = self._facts()["chains"].get(name, [name])
        key = cache.digest(self._stamped(chain).encode(), b"publisher")
        return [_from_row(row) for row in cache.kept(key, lambda: self._draw(chain))]

    def domains(self) -> Mapping[str, str]:
        """Return every domain, and the publisher that it belongs to."""
        return dict(self._facts()["domains"])

    def signatures(self) -> list[tuple[str, Rule, Drawn]]:
        """Return every publisher's signatures."""
        return [(name, *_from_row(row)) for name, row in self._facts()["signatures"]]

    def weights(self) -> str:
        """Return what the line labeller has learned, as it comes with newsclean."""
        return Path(__file__).with_name("weights.txt").read_text(encoding="utf-8")

    def _facts(self) -> dict[str, Any]:
        """Return what every run needs: the common rules, all domains and signatures, and what files stand on others."""
        if self._gist is None:
            self._gist = cache.kept(cache.digest(self.fingerprint.encode(), b"facts"), self._draw_facts)
        return self._gist

    @property
    def fingerprint(self) -> str:
        """What stands for all that the rule files hold: another, if one of them has changed."""
        return self._stamped(self.names)

    def _stamped(self, names: Iterable[str]) -> str:
        files = [repr(file[:2] + file.stamp).encode("utf-8", "replace") for name in names for file in self._files[name]]
        return cache.digest(*_versions(), *files)

    def _draw_facts(self) -> dict[str, Any]:
        rulesets, problems = _tried(self._sound, self.names)
        common: list[object] = []
        signatures: list[tuple[str, object]] = []
        domains = {name: name for name in self.publishers}
        chains: dict[str, list[str]] = {}
        for name, layers in rulesets:
            for (shown, text), ruleset in zip(self.texts(name), layers, strict=True):
                if name.startswith("common/"):
                    common += _rows(shown, text, ruleset.rules)
                elif "/" not in name:
                    signatures += [(name, row) for row in _rows(shown, text, ruleset.signatures)]
                with contextlib.suppress(RuleError):  # of a file that is included, and among the problems already
                    problems += [_said(shown, text, *bad) for bad in self._bad_includes(ruleset)]
                    if ruleset.includes and "/" not in name:
                        chains[name] = self._chain(name)
                for domain in ruleset.domains if "/" not in name else ():
                    if domains.setdefault(domain, name) != name:
                        problems.append(_said(shown, text, domain, f"belongs to {domains[domain]}.txt already"))
        if problems:
            raise RuleError(problems)
        return {"common": common, "domains": domains, "signatures": signatures, "chains": chains}

    def _sound(self, name: str) -> tuple[Ruleset, ...]:
        """Return what each folder's file of that name says. The bundled patterns are not compiled: they are proven."""
        return _all(lambda file: self._parse(file, check=not file.is_bundled), self._files[name])

    def _bad_includes(self, ruleset: Ruleset) -> Iterator[tuple[str, str]]:
        for include in ruleset.includes:
            if include not in self._files:
                yield include, "is included, but there is no such file"
            elif ruleset.name in self._chain(include):
                yield include, f"leads back to {ruleset.name}: a file can't include itself"

    def _chain(self, name: str, above: tuple[str, ...] = ()) -> list[str]:
        """Return the files that a file stands on, itself last."""
        if name in above or name not in self._files:
            return []
        includes = [include for ruleset in self.rulesets(name, check=False) for include in ruleset.includes]
        chain = [link for include in includes for link in self._chain(include, (*above, name))]
        return list(dict.fromkeys([*chain, name]))

    def _draw(self, names: Sequence[str]) -> list[list[object]]:
        layers = [ruleset for name in names for ruleset in self.rulesets(name, check=False)]
        return [_to_row(rule) for ruleset in layers for rule in ruleset.rules]


def _said(file: str, text: str, word: str, message: str) -> Problem:
    """Return a problem with a word that stands alone on a line of a rule file."""
    lines = [line.strip().lower().removeprefix("www.").removesuffix(".txt") for line in text.splitlines()]
    line = lines.index(word.lower().removesuffix(".txt")) + 1 if word.lower().removesuffix(".txt") in lines else 1
    return Problem(Place(file, line), 1, f"{word} {message}")


def _tried(parse: Callable[[Item], Parsed], items: Iterable[Item]) -> tuple[list[tuple[Item, Parsed]], list[Problem]]:
    """Return each item with what parsing it returns, and the problems of those that can't be parsed."""
    done: list[tuple[Item, Parsed]] = []
    problems: list[Problem] = []
    for item in items:
        try:
            done.append((item, parse(item)))
        except RuleError as error:
            problems += error.problems
    return done, problems


def _all(parse: Callable[[Item], Parsed], items: Iterable[Item]) -> tuple[Parsed, ...]:
    """Return what parsing each item returns, or raise the problems of all of them at once."""
    done, problems = _tried(parse, items)
    if problems:
        raise RuleError(problems)
    return tuple(parsed for _, parsed in done)


def _find(folder: Path, problems: list[Problem]) -> Iterator[RuleFile]:
    """Yield the rule files of a folder, or the one that is given instead; put what is none with the problems."""
    if folder.is_file():
        kind = folder.resolve().parent.name
        name = f"{kind}/{folder.stem}" if kind in SHARED else folder.stem
        found = [(name, folder.as_posix(), folder)]
    elif folder.is_dir():
        before = "" if folder == bundled() else f"{folder.as_posix()}/"
        try:
            files = sorted(_rule_files(folder))
        except OSError as error:
            where = Place(str(error.filename or folder), 0)
            problems.append(Problem(where, 0, f"the folder can't be read: {error.strerror or error}"))
            return
        found = [(file.removesuffix(".txt"), before + file, folder / file) for file in files]
    else:
        problems.append(Problem(Place(str(folder), 0), 0, "is no folder; give one that holds rule files"))
        return
    is_bundled = folder == bundled()
    for name, shown, path in found:
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise OSError("is no file, and what ends in .txt here has to be one; rename it")
            if status.st_size > MAX_BYTES:
                raise OSError(f"is larger than {MAX_BYTES:,} bytes, so it can't be a rule file; move it elsewhere")
        except OSError as error:
            message = f"can't be read: {error.strerror}" if error.strerror else str(error)
            problems.append(Problem(Place(shown, 0), 0, message))
            continue
        # The time of the last change of status can't be set back.
        stamp = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        yield RuleFile(name, shown, path, stamp, is_bundled, folder)


def _rule_files(folder: Path, within: str = "") -> Iterator[str]:
    """Yield the rule files' paths in a folder and below, with forward slashes, relative to it."""
    with os.scandir(folder / within) as entries:
        for entry in entries:
            if entry.name.endswith(".txt"):
                yield within + entry.name
            elif entry.is_dir():
                yield from _rule_files(folder, f"{within}{entry.name}/")


def _read(file: RuleFile) -> str:
    """Return a rule file's text.

    Raises:
        RuleError: If it can't be read, or is no UTF-8.
    """
    try:
        return file.path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        column = error.start - error.object.rfind(b"\n", 0, error.start)
        problem = Problem(Place(file.shown, line), column, "is not UTF-8; save the file as UTF-8")
    except OSError as error:
        problem = Problem(Place(file.shown, 0), 0, f"can't be read: {error.strerror or error}")
    raise RuleError([problem])


@functools.cache
def _versions() -> tuple[bytes, ...]:
    """Return what, beside the rule files, decides what is drawn from them and how it is kept."""
    try:
        files = (literals.__file__, syntax.__file__, __file__)
        code = [Path(file).read_bytes() for file in files]
    except OSError:
        code = []
    return (sys.version.encode(), str(regex.__version__).encode(), *code)


def _rows(file: str, text: str, rules: Sequence[Rule]) -> list[object]:
    """Return what is drawn from a file's rules, kept too, so that only a file that has changed is drawn from again."""
    key = cache.digest(*_versions(), b"file", file.encode(), text.encode())
    rows: list[object] = cache.kept(key, lambda: list(map(_to_row, rules)))
    return rows


def _to_row(rule: Rule) -> list[object]:
    drawn = draw(rule)
    return [
        *(
            rule.label,
            rule.kind,
            rule.pattern,
            rule.place.file,
            rule.place.line,
            rule.reach,
            rule.stop,
            rule.within,
        ),
        *(drawn.literals, drawn.first, drawn.longest, drawn.guard, drawn.digit, drawn.also),
    ]


def _from_row(row: Sequence[Any]) -> tuple[Rule, Drawn]:
    label, kind, pattern, file, line, reach, stop, within, needed, first, longest, guard, digit, also = row
    rule = Rule(Label(label) if label else None, kind, pattern, Place(file, line), Reach(reach), stop, within)
    return rule, Drawn(tuple(needed), first, longest, guard, digit, tuple(map(tuple, also)))
