"""What the tests share: the command as a user runs it, and a cache and a home of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
Run = Callable[..., subprocess.CompletedProcess[str]]

ARTICLE = """\
Support The Harbour Herald!

Ferry Returns to Kettle Island After Nine Years

By Ines Valverde

Tomas Rehn / Reuters

The first ferry to Kettle Island in nine years left the harbour on Monday with forty passengers and a goat.

"We had stopped believing in it," said the island's postmistress, Ada Quill, who had come down to the pier.

Sign up for our free weekly newsletter

The company said it would run three boats a day until October, and two in the winter months.

Read more
"""
"""An article with no publisher's rules of its own."""


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the user's own cache and rules out of the tests, and the tests out of them."""
    folder = tmp_path_factory.getbasetemp() / "home"
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "NEWSCLEAN_RULES"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def newsclean(tmp_path: Path) -> Run:
    """Return a function that runs the command in an empty folder, as a user would."""

    def run(
        *args: str | Path, stdin: str | bytes | None = None, env: dict[str, str] | None = None, cwd: Path = tmp_path
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "newsclean", *map(str, args)],
            input=stdin.encode() if isinstance(stdin, str) else stdin or b"",
            capture_output=True,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **(env or {})},
            timeout=120,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        )

    return run
