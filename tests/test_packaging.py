"""A built wheel, installed in an empty environment away from the repository, cleans a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from conftest import ARTICLE, ROOT
from test_readme import copy_of_the_repository


def test_a_wheel_works_away_from_the_repository(tmp_path: Path) -> None:
    clone = copy_of_the_repository(tmp_path / "clone")
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}

    def run(*args: str | Path) -> str:
        done = subprocess.run(
            list(map(str, args)), cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, clone)
    (wheel,) = tmp_path.glob("newsclean-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "newsclean/py.typed" in names
    bundled = {name.removeprefix("newsclean/rules/") for name in names if name.startswith("newsclean/rules/")}
    assert bundled == {path.relative_to(ROOT / "rules").as_posix() for path in (ROOT / "rules").rglob("*.txt")}
    assert not any(name.startswith(("tests", "fixtures", "newsclean/tests")) for name in names)

    run(sys.executable, "-m", "venv", tmp_path / "empty")
    python = tmp_path / "empty" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", wheel)
    (tmp_path / "ferry.txt").write_text(ARTICLE, encoding="utf-8")
    got = json.loads(run(tmp_path / "empty" / "bin" / "newsclean", "ferry.txt"))
    assert got["headline"] == "Ferry Returns to Kettle Island After Nine Years"
    assert [promo["kind"] for promo in got["promo"]] == ["donate", "newsletter", "related"]
    # What the default install brings, and no more: the extras stay out.
    installed = {line.partition("==")[0].lower() for line in run(python, "-m", "pip", "freeze").splitlines()}
    assert not installed & {"trafilatura", "lxml", "pytest", "pydantic", "pyarrow"}
