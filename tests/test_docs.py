"""The documentation, held to the code: what it shows is run, what it names exists, what exists it names.

Conventions, in README.md, CONTRIBUTING.md and docs/*.md:

- ```rules: rule-file text, which is parsed and proven.
- A second word after the fence's language is a file: ```rules my-rules/x.example.txt or ```text ferry.txt writes the
  block there, in a folder that each document has for itself. The text above has to name the file, since a reader
  does not see it otherwise.
- ```console: lines that begin with `$ newsclean` or another of `RUN` are run by a shell in that folder, in order, on
  a terminal of 80 columns without colours. What stands below each is what it has to say; `...` stands for anything, as
  in doctest. Other `$` lines (`$ pip install …`) are not run, and nothing is expected of them.
- ```sh and ```text without a file are shown, and not run here.
"""

from __future__ import annotations

import ast
import doctest
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pexpect
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from conftest import ROOT
from newsclean.matching import LEAST_SECONDS
from newsclean.model import KINDS, SEEN_AS, Label, Reach, Rule
from newsclean.proof import prove
from newsclean.syntax import GROUPS, MAX_PATTERN, RuleError, parse

PAGES = [
    path
    for path in (
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *sorted((ROOT / "docs").glob("*.md")),
    )
    if path.is_file()
]
RUN = ("newsclean", "cat", "printf", "mkdir")
CODE = ROOT / "src" / "newsclean"


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language, the file it is (or ""), its text, and the text above it."""

    page: Path
    line: int
    language: str
    file: str
    text: str
    above: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def tokens(page: Path) -> list[Token]:
    return MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8"))


def blocks(page: Path) -> Iterator[Block]:
    above = ""
    for token in tokens(page):
        if token.type == "inline":
            above = token.content
        elif token.type == "fence" and token.map is not None:
            language, _, file = token.info.strip().partition(" ")
            yield Block(page, token.map[0] + 1, language, file.strip(), token.content, above)


def rows(page: Path) -> list[list[str]]:
    """Return the cells of a page's tables, as they are written, without the table's head."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [
        row for row, below in zip(cells, [*cells[1:], [""]], strict=True) if not {*"".join([*row, *below])} <= {*"|- "}
    ]


BLOCKS = [block for page in PAGES for block in blocks(page)]
RULES_PAGE = ROOT / "docs" / "rules.md"
DESIGN_PAGE = ROOT / "docs" / "design.md"


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "rules"], ids=str)
def test_rules_that_are_shown_parse_and_are_proven(block: Block) -> None:
    ruleset = parse(block.text, Path(block.file).stem or "shown", file=str(block))
    assert [str(failure) for failure in prove(ruleset)] == []


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.file], ids=str)
def test_a_file_that_is_shown_is_named_above(block: Block) -> None:
    assert f"`{block.file}`" in block.above


def said(command: str, folder: Path, path: Path) -> str:
    """Return what a command says on a terminal."""
    env = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}
    terminal = pexpect.spawn(
        *("/bin/sh", ["-c", command]),
        **{"cwd": str(folder), "env": {**env, "TERM": "dumb"}, "dimensions": (50, 80), "timeout": 120},
        encoding="utf-8",
    )
    shown = terminal.read()
    terminal.close()
    return str(shown)


def tidy(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines()).rstrip("\n") + "\n"


def alike(want: str, got: str) -> bool:
    return doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS)


def sessions(block: Block) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block, and what is shown below it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_say_what_is_shown(
    page: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path_factory.mktemp("bin")
    (path / "newsclean").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m newsclean "$@"\n')
    (path / "newsclean").chmod(0o755)
    for block in blocks(page):
        if block.file:
            (tmp_path / block.file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for command, shown in sessions(block):
                if command.split()[0] in RUN:
                    got, want = tidy(said(command, tmp_path, path)), tidy(shown)
                    # Compared once more where they differ, since pytest shows that well.
                    assert alike(want, got) or got == want, f"{block}: $ {command}"


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    found = tokens(page)
    return {slug(after.content) for token, after in pairwise(found) if token.type == "heading_open"}


def links(page: Path) -> list[str]:
    inner = [child for token in tokens(page) for child in token.children or ()]
    targets = [child.attrGet("href") or child.attrGet("src") for child in inner if child.type in ("link_open", "image")]
    return [str(target) for target in targets if target and not urlsplit(str(target)).scheme]


@pytest.mark.parametrize(
    ("page", "link"),
    [pytest.param(page, link, id=f"{page.name}-{link}") for page in PAGES for link in links(page)],
)
def test_a_link_leads_somewhere(page: Path, link: str) -> None:
    parts = urlsplit(link)
    target = page.parent / unquote(parts.path) if parts.path else page
    assert target.exists()
    if parts.fragment and target.suffix == ".md":
        assert parts.fragment in anchors(target)


def keywords() -> list[str]:
    """Return what the parser says that an indented line may be."""
    with pytest.raises(RuleError) as caught:
        parse("[promo nav]\nx\n  no-keyword", "x")
    (problem,) = caught.value.problems
    return re.sub(r".* one of: | \(.*", "", problem.message).split(", ")


def sections() -> list[str]:
    return ["[domains]", "[include]", "[publisher]", *(f"[{label}]" for label in Label if label is not Label.PROMO)]


def test_the_parser_still_tells_its_keywords() -> None:
    told = keywords()
    assert {"+ TEXT", "- TEXT", "within N"} < {*told}
    assert {keyword.split(" REGEX")[0] for keyword in told} > {reach for reach in Reach if reach is not Reach.LINE}


@pytest.mark.parametrize("word", [*sections(), "[promo KIND]", *keywords(), *GROUPS])
def test_every_word_of_a_rule_file_has_a_row(word: str) -> None:
    assert f"`{word}`" in [row[0] for row in rows(RULES_PAGE)]


def test_every_kind_has_a_row_with_its_meaning() -> None:
    shown = [(row[0].strip("`"), row[1]) for row in rows(RULES_PAGE) if row[0].strip("`") in KINDS]
    assert shown == list(KINDS.items())


@pytest.mark.parametrize("seen", ["'", '"', "-"], ids=["quote", "double-quote", "dash"])
def test_the_page_shows_what_is_seen_as_a_character(seen: str) -> None:
    (row,) = [row for row in rows(RULES_PAGE) if row[0] == f"`{seen}`"]
    assert set(row[1].split()) == {odd for odd in SEEN_AS if SEEN_AS[odd] == seen}


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(f"{MAX_PATTERN:,} characters", id="longest-pattern"),
        pytest.param(f"{Rule.__dataclass_fields__['within'].default} units", id="how-far-a-block-looks"),
        pytest.param({0.5: "half a second"}[LEAST_SECONDS], id="time-of-a-text"),
    ],
)
def test_numbers_are_those_of_the_code(number: str) -> None:
    assert number in RULES_PAGE.read_text(encoding="utf-8")


def rooms() -> list[str]:
    """Return the modules that the design page names, in its order."""
    (head,) = [i for i, row in enumerate(rows(DESIGN_PAGE)) if row[0] == "`sentences`"]
    return [name for row in rows(DESIGN_PAGE)[head:] for name in re.findall(r"`([\w/]+)`", row[0])]


def module_of(path: Path) -> str:
    return path.relative_to(CODE).with_suffix("").as_posix()


MODULES = sorted(path for path in CODE.rglob("*.py"))


def test_the_design_names_every_module_and_no_other() -> None:
    assert sorted(rooms()) == sorted(map(module_of, MODULES))


def imported(path: Path) -> set[str]:
    """Return the modules of the package that a module names in its imports."""
    known = {module_of(path).removesuffix("/__init__").replace("/", ".") for path in MODULES} - {"__init__"}
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("newsclean"):
            inner = {f"{node.module}.{alias.name}".removeprefix("newsclean.") for alias in node.names} & known
            names |= inner or {node.module.removeprefix("newsclean.")} & known
    return names


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_a_module_imports_only_from_those_above_it(path: Path) -> None:
    order = [room.removesuffix("/__init__").replace("/", ".") for room in rooms()]
    own = order.index(module_of(path).removesuffix("/__init__").replace("/", "."))
    assert {name for name in imported(path) if order.index(name) >= own} == set()
