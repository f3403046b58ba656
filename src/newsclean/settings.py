"""Which folders of rules the command uses: where each is named, in which order, and what is wrong with the naming.

`Library.standard` looks at neither the environment nor the working folder: a program has not asked for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from newsclean.library import bundled, is_folder, user_folder
from newsclean.model import UsageError
from newsclean.syntax import nearest

VARIABLE, PROJECT_FILE, TABLE = "NEWSCLEAN_RULES", "pyproject.toml", "[tool.newsclean]"


class Origin(StrEnum):
    """Where a folder of rules comes from, the strongest last."""

    BUNDLED = "bundled"
    YOURS = "yours"
    ENVIRONMENT = "environment"
    PROJECT = "project"
    GIVEN = "given"


HOW = {
    Origin.ENVIRONMENT: f"{VARIABLE} may name some, with {os.pathsep!r} between them",
    Origin.PROJECT: f'rules = ["DIR"] below {TABLE} in {PROJECT_FILE} may name some',
    Origin.GIVEN: "--rules DIR names one",
}
"""How folders are named, where none has to be."""


class Folder(NamedTuple):
    """A folder of rules, or a single rule file, and what names it. It need not exist."""

    origin: Origin
    path: Path
    named_by: str


def named(given: Sequence[Path] = ()) -> list[Folder]:
    """Return all folders that are named, the strongest last, those too that are not there.

    Args:
        given: What the command's options name.

    Raises:
        UsageError: If the project's pyproject.toml can't be used.
    """
    in_environment = filter(None, os.environ.get(VARIABLE, "").split(os.pathsep))
    return [
        Folder(Origin.BUNDLED, bundled(), "newsclean"),
        Folder(Origin.YOURS, user_folder(), "the platform's convention"),
        *(Folder(Origin.ENVIRONMENT, Path(path), VARIABLE) for path in in_environment),
        *_of_project(),
        *(Folder(Origin.GIVEN, path, "--rules") for path in given),
    ]


def folders(given: Sequence[Path] = ()) -> list[Folder]:
    """Return the folders to lay over each other, the strongest last. One that is named twice stands where it wins.

    Args:
        given: What the command's options name; whether it is there is not looked at.

    Raises:
        UsageError: If a folder is not there that the environment or the project names, or if the project's
            pyproject.toml can't be used.
    """
    used: dict[str, Folder] = {}
    for folder in named(given):
        if folder.origin is not Origin.GIVEN and not is_folder(folder.path):
            if folder.origin is Origin.YOURS:
                continue
            raise UsageError(
                f"{folder.named_by} names {folder.path}, which is no folder; make it, or take it out there"
            )
        real = os.path.realpath(folder.path)
        used.pop(real, None)
        used[real] = folder
    return list(used.values())


def _of_project() -> Iterator[Folder]:
    """Yield the folders that the nearest pyproject.toml at or above the working folder names."""
    try:
        here = Path.cwd()
        found = next((file for folder in (here, *here.parents) if (file := folder / PROJECT_FILE).is_file()), None)
        data = found.read_bytes() if found else b""
    except OSError:  # the working folder is gone, or the file is not for us to read: then it is not our project
        return
    if found is None or b"[tool.newsclean" not in data:
        return
    shown = PROJECT_FILE if found.parent == here else str(found)
    for path in _rules(_table(data, shown), shown):
        # Below the working folder, paths stay as they were written: places of rules begin with them.
        whole = Path(path) if found.parent == here else found.parent / path
        yield Folder(Origin.PROJECT, whole, f"{shown}: {TABLE} rules")


def _table(data: bytes, shown: str) -> dict[str, Any]:
    """Return our table of a pyproject.toml."""
    import tomllib  # few projects have the table, and every run would wait for this

    try:
        whole = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise UsageError(f"{shown}: is not UTF-8; save the file as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{shown}: is not TOML: {error}; mend it there") from None
    tools = whole.get("tool")
    table = tools.get("newsclean", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{shown}: tool.newsclean is no table; begin it with {TABLE}")
    return table


def _rules(table: dict[str, Any], shown: str) -> list[str]:
    """Return the folders that our table names under `rules`, its only key."""
    for key in table:
        if key != "rules":
            hint = nearest(key, ["rules"]) or "the only key is 'rules'"
            raise UsageError(f"{shown}: {TABLE} has an unknown key {key!r}; {hint}")
    rules = table.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(path, str) and path for path in rules):
        raise UsageError(f'{shown}: {TABLE} rules is no list of folders; write rules = ["my-rules"]')
    return rules
