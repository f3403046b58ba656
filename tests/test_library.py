"""Rule folders: laid over each other, wrong in every way, and what is kept of them between runs."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from newsclean import Cleaner, Library, RuleError
from newsclean.library import MAX_BYTES, bundled
from newsclean.literals import Drawn, draw
from newsclean.model import Rule

FILES = {
    "common/en.txt": "[promo nav]\nMenu\n  + Menu\n  - x\n",
    "groups/sisters.txt": "[promo share]\nShare this\n",
    "herald.test.txt": "[domains]\nherald.example\n[include]\ngroups/sisters\n[publisher]\nThe Herald\n[promo ad]\nMenu\n",
}


def folder(path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    return path


def kinds(library: Library, text: str, **options: str) -> list[str | None]:
    return [span.kind for span in Cleaner(library).clean(text, **options).promo]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return folder(tmp_path / "rules", FILES)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        pytest.param("Menu\nShare this", {}, ["nav"], id="unknown-publisher"),
        pytest.param("The Herald\nMenu\nShare this", {}, ["ad", "share"], id="by-signature-with-its-group"),
        pytest.param("Menu\nShare this", {"publisher": "herald.test"}, ["ad", "share"], id="by-name"),
        pytest.param("Menu\nShare this", {"publisher": "www.HERALD.example"}, ["ad", "share"], id="by-domain"),
        pytest.param("Menu", {"url": "https://m.herald.example:8080/x?y"}, ["ad"], id="by-url-with-port"),
        pytest.param("Menu", {"url": "herald.test/x"}, ["ad"], id="by-url-without-scheme"),
        pytest.param("Menu", {"url": "https://notherald.test/"}, ["nav"], id="a-suffix-of-letters-is-no-domain"),
        pytest.param("Menu", {"url": "http://[bad"}, ["nav"], id="what-is-no-url"),
        pytest.param("The Herald\nMenu", {"publisher": "none"}, ["nav"], id="none"),
    ],
)
def test_whose_rules(rules: Path, text: str, options: dict[str, str], expected: list[str]) -> None:
    assert kinds(Library([rules]), text, **options) == expected


def test_a_tie_of_signatures_means_unknown(rules: Path) -> None:
    folder(rules, {"times.test.txt": "[publisher]\nThe Times\nTimes Square Media\n"})
    cleaner = Cleaner(Library([rules]))
    assert cleaner.clean("The Herald\nThe Times").publisher is None
    assert cleaner.clean("The Herald\nThe Times\nTimes Square Media").publisher == "times.test"
    assert cleaner.clean("The Herald\nThe Times\nThe Herald").publisher is None


def test_a_later_folder_is_laid_over_an_earlier_one(rules: Path, tmp_path: Path) -> None:
    mine = folder(
        tmp_path / "mine",
        {"herald.test.txt": "[promo donate]\nMenu\nGive\n", "common/en.txt": "[promo legal]\nTerms\n"},
    )
    both = Library([rules, mine])
    assert kinds(both, "The Herald\nMenu\nGive\nShare this\nTerms") == ["donate", "donate", "share", "legal"]
    assert kinds(both, "Menu\nTerms") == ["nav", "legal"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({"a.test.txt": "[include]\ngroups/none\n"}, "a.test.txt:2:1: groups/none is included, but there is no such file", id="include-of-nothing"),
        pytest.param({"a.test.txt": "[include]\na.test\n"}, "a.test.txt:2:1: a.test leads back to a.test: a file can't include itself", id="include-of-itself"),
        pytest.param({"groups/a.txt": "[include]\ngroups/b\n", "groups/b.txt": "[include]\ngroups/a\n"}, "groups/a.txt:2:1: groups/b leads back to groups/a: a file can't include itself", id="include-in-a-ring"),
        pytest.param({"a.test.txt": "[domains]\nx.test\n", "b.test.txt": "[domains]\nx.test\n"}, "b.test.txt:2:1: x.test belongs to a.test.txt already", id="domain-twice"),
        pytest.param({"a.test.txt": "[promo nav]\n(\n", "common/x.txt": "[promo nav]\n[\n"}, "common/x.txt:2:", id="two-broken-files-at-once"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_says_so(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(RuleError) as caught:
        Cleaner(Library([folder(tmp_path, files)]))
    assert message in str(caught.value).replace(f"{tmp_path}/", "")
    if len(files) == 2 and "x.txt" in message:
        assert "a.test.txt:2:2" in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda p: p.write_bytes(b"[promo nav]\nM\xe9nu\n"), "x.txt:2:2: is not UTF-8; save the file as UTF-8", id="latin-1"),
        pytest.param(lambda p: p.mkdir(), "x.txt: is no file, and what ends in .txt here has to be one; rename it", id="a-folder-called-txt"),
        pytest.param(lambda p: p.symlink_to("nowhere"), "x.txt: can't be read: No such file or directory", id="a-dangling-link"),
        pytest.param(lambda p: p.write_bytes(b"#" * (MAX_BYTES + 1)), "x.txt: is larger than 4,000,000 bytes, so it can't be a rule file; move it elsewhere", id="huge"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read(tmp_path: Path, make: object, message: str) -> None:
    make(tmp_path / "x.txt")  # type: ignore[operator]
    with pytest.raises(RuleError) as caught:
        Cleaner(Library([tmp_path]))
    assert str(caught.value) == f"{tmp_path}/{message}"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="nowhere: is no folder; give one that holds rule files"):
        Library([tmp_path / "nowhere"])


class TestCache:
    """What is kept between runs is never trusted blindly."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        return tmp_path / "cache" / "newsclean"

    def test_it_is_used(self, rules: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        expected = kinds(Library([rules]), "The Herald\nMenu\nShare this")
        assert list(folder.glob("*.json"))

        def drawn_again(*_: object) -> None:
            raise AssertionError

        monkeypatch.setattr("newsclean.library.draw", drawn_again)
        assert kinds(Library([rules]), "The Herald\nMenu\nShare this") == expected

    def test_a_changed_file_is_read_again(self, rules: Path) -> None:
        assert kinds(Library([rules]), "Menu") == ["nav"]
        path = rules / "common" / "en.txt"
        before = path.stat()
        path.write_text(FILES["common/en.txt"].replace("nav", "app"), encoding="utf-8")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert kinds(Library([rules]), "Menu") == ["app"]

    def test_only_what_has_changed_is_drawn_again(self, rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        kinds(Library([rules]), "Menu")
        (rules / "common" / "zz.txt").write_text("[promo nav]\nPiers\n  + Piers\n  - Pier\n", encoding="utf-8")
        drawn = []

        def noted(rule: Rule) -> Drawn:
            drawn.append(rule.pattern)
            return draw(rule)

        monkeypatch.setattr("newsclean.library.draw", noted)
        assert kinds(Library([rules]), "Menu") == ["nav"]
        assert drawn == ["Piers"]

    @pytest.mark.parametrize(
        "damage",
        [b"", b"{}", b"\x00\xff\n", b"0" * 32 + b'\n{"common": []}'],
        ids=["empty", "json", "binary", "forged"],
    )
    def test_a_damaged_entry_is_made_anew(self, rules: Path, folder: Path, damage: bytes) -> None:
        expected = kinds(Library([rules]), "The Herald\nMenu")
        for entry in folder.glob("*.json"):
            entry.write_bytes(damage)
        assert kinds(Library([rules]), "The Herald\nMenu") == expected
        assert all(entry.read_bytes() != damage for entry in folder.glob("*.json"))

    def test_a_truncated_entry_is_made_anew(self, rules: Path, folder: Path) -> None:
        expected = kinds(Library([rules]), "The Herald\nMenu")
        for entry in folder.glob("*.json"):
            entry.write_bytes(entry.read_bytes()[:-1])
        assert kinds(Library([rules]), "The Herald\nMenu") == expected

    def test_it_does_not_grow_without_end(self, tmp_path: Path, folder: Path) -> None:
        from newsclean.cache import LEAST_ENTRIES, MOST_ENTRIES, kept

        for i in range(MOST_ENTRIES + 5):
            assert kept(f"{i:032x}", partial(int, i)) == i
        assert LEAST_ENTRIES <= len(list(folder.iterdir())) <= MOST_ENTRIES


def test_bundled_rules_are_there() -> None:
    assert bundled().is_dir()
    library = Library([bundled()])
    languages = [name.removeprefix("common/") for name in library.names if name.startswith("common/")]
    assert {"en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "uk", "tr", "ja"} <= set(languages)
    assert "themoscowtimes.com" in library.publishers


def test_the_index_sees_nearly_all_bundled_rules() -> None:
    """A release of `regex` whose parse tree can't be read would cost no result, only speed: it should not go unseen."""
    drawn = [drawn for _, drawn in Library([bundled()]).common()]
    assert sum(bool(d.literals or d.first) for d in drawn) > 0.97 * len(drawn)
