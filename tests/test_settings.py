"""Which folders the command's rules come from, in which order, and every way of naming them wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from newsclean import Library
from newsclean.library import bundled, user_folder
from newsclean.model import UsageError
from newsclean.settings import VARIABLE, Origin, folders, named

TABLE = "[tool.newsclean]\n"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, below one with folders of rules, with nothing named."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("one", "two", "three", "work/mine"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def said(paths: list[Path], base: Path) -> list[str]:
    return [path.as_posix().replace(f"{base.as_posix()}/", "") for path in paths]


@pytest.mark.parametrize(
    ("environment", "project", "given_", "expected"),
    [
        pytest.param("", None, [], [], id="nothing"),
        pytest.param("one", None, [], ["one"], id="environment"),
        pytest.param("::one::two:", None, [], ["one", "two"], id="environment-with-empty-parts"),
        pytest.param("", '["mine"]', [], ["mine"], id="project"),
        pytest.param("", '["mine", "../two"]', [], ["mine", "../two"], id="project-names-two"),
        pytest.param("", "[]", [], [], id="project-names-none"),
        pytest.param("one", '["mine"]', ["three"], ["one", "mine", "three"], id="all-in-their-order"),
        pytest.param("one:two", None, ["one"], ["two", "one"], id="named-twice-counts-where-it-is-strongest"),
        pytest.param("two", '["../two"]', [], ["../two"], id="named-twice-in-two-spellings"),
        pytest.param("", None, ["nowhere"], ["nowhere"], id="a-given-one-is-for-others-to-look-at"),
    ],
)
def test_which_folders_in_which_order(
    work: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: str,
    project: str | None,
    given_: list[str],
    expected: list[str],
) -> None:
    absolute = [str(work / name) if name else "" for name in environment.split(":")]
    monkeypatch.setenv(VARIABLE, os.pathsep.join(absolute))
    if project is not None:
        Path("pyproject.toml").write_text(f"{TABLE}rules = {project}\n")
    used = [folder.path for folder in folders([work / name for name in given_])]
    assert used[0] == bundled()
    assert said(used[1:], work) == expected


def test_the_users_folder_counts_once_it_is_there(work: Path) -> None:
    assert [folder.origin for folder in folders()] == [Origin.BUNDLED]
    user_folder().mkdir(parents=True)
    assert [(folder.origin, folder.path) for folder in folders()][1:] == [(Origin.YOURS, user_folder())]


def test_the_nearest_project_counts_and_its_paths_start_at_its_file(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / "pyproject.toml").write_text(f'{TABLE}rules = ["one", "work/mine"]\n')
    assert said([folder.path for folder in folders()][1:], work) == ["one", "work/mine"]
    Path("pyproject.toml").write_text("[project]\nname = 'nothing-of-ours'\n")
    assert [folder.origin for folder in folders()] == [Origin.BUNDLED]


def test_the_library_does_not_read_what_it_was_not_asked_to(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(work / "one"))
    Path("pyproject.toml").write_text(f'{TABLE}rules = ["mine"]\n')
    assert Library.standard(work / "two").folders == (bundled(), work / "two")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(TABLE + "rules = [\n", "pyproject.toml: is not TOML: Invalid value (at end of document); mend it there", id="not-toml"),
        pytest.param(TABLE.encode() + b"rules = ['\xe9']", "pyproject.toml: is not UTF-8; save the file as UTF-8", id="latin-1"),
        pytest.param(TABLE + "rule = ['mine']", "pyproject.toml: [tool.newsclean] has an unknown key 'rule'; did you mean 'rules'?", id="misspelt-key"),
        pytest.param(TABLE + "colour = 1", "pyproject.toml: [tool.newsclean] has an unknown key 'colour'; the only key is 'rules'", id="unknown-key"),
        pytest.param("[tool.newsclean.rules]\na = 1", 'pyproject.toml: [tool.newsclean] rules is no list of folders; write rules = ["my-rules"]', id="rules-is-a-table"),
        pytest.param(TABLE + "rules = 'mine'", 'pyproject.toml: [tool.newsclean] rules is no list of folders; write rules = ["my-rules"]', id="a-string"),
        pytest.param(TABLE + "rules = ['mine', 3]", 'pyproject.toml: [tool.newsclean] rules is no list of folders; write rules = ["my-rules"]', id="a-number-in-the-list"),
        pytest.param(TABLE + "rules = ['']", 'pyproject.toml: [tool.newsclean] rules is no list of folders; write rules = ["my-rules"]', id="an-empty-name"),
        pytest.param("[[tool.newsclean]]\nrules = []", "pyproject.toml: tool.newsclean is no table; begin it with [tool.newsclean]", id="a-list-of-tables"),
        pytest.param(TABLE + "rules = ['nowhere']", "pyproject.toml: [tool.newsclean] rules names nowhere, which is no folder; make it, or take it out there", id="a-folder-that-is-not-there"),
        pytest.param(TABLE + "rules = ['pyproject.toml']", "pyproject.toml: [tool.newsclean] rules names pyproject.toml, which is no folder; make it, or take it out there", id="a-file"),
        pytest.param(TABLE + "rules = ['a\\u0000b']".replace("'", '"'), "pyproject.toml: [tool.newsclean] rules names a\0b, which is no folder; make it, or take it out there", id="no-name-at-all"),
    ],
)  # fmt: skip
def test_a_bad_project_file_says_so(text: str | bytes, message: str) -> None:
    Path("pyproject.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(UsageError) as caught:
        folders()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("not toml, but not ours either = [", id="not-toml-without-our-table"),
        pytest.param("tool = 3\n# [tool.newsclean]", id="our-table-in-a-comment"),
        pytest.param("[tool.newsclean-extra]\nrule = 1", id="another-tool-of-nearly-that-name"),
        pytest.param("", id="empty"),
    ],
)
def test_a_project_file_without_our_table_is_not_ours(text: str) -> None:
    Path("pyproject.toml").write_text(text)
    assert [folder.origin for folder in folders()] == [Origin.BUNDLED]


def test_a_project_file_above_is_named_whole(work: Path) -> None:
    (work / "pyproject.toml").write_text(f"{TABLE}rules = ['nowhere']\n")
    with pytest.raises(UsageError) as caught:
        folders()
    assert str(caught.value).startswith(f"{work}/pyproject.toml: [tool.newsclean] rules names {work}/nowhere, which")


def test_the_environment_names_a_folder_that_is_not_there(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"{work}/one{os.pathsep}nowhere")
    with pytest.raises(UsageError) as caught:
        folders()
    assert str(caught.value) == "NEWSCLEAN_RULES names nowhere, which is no folder; make it, or take it out there"
    assert [folder.path.name for folder in named()][2:] == ["one", "nowhere"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=60), st.text(st.characters(codec="utf-8"), max_size=60).map(str.encode)))
def test_whatever_stands_in_our_table_is_used_or_told(data: bytes) -> None:
    Path("pyproject.toml").write_bytes(TABLE.encode() + b"rules = " + data)
    try:
        said = [folder.named_by for folder in folders()][-1]
    except UsageError as error:
        said = str(error)
    assert said.startswith(("pyproject.toml: ", "newsclean"))


def test_only_our_table_costs_the_import_of_a_toml_reader() -> None:
    Path("pyproject.toml").write_text("[project]\nname = 'x'\n")
    code = "import sys; from newsclean.settings import folders; folders(); print('tomllib' in sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert done.stdout == "False\n"


def test_without_a_working_folder_there_is_no_project(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = work / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert [folder.origin for folder in folders()] == [Origin.BUNDLED]
