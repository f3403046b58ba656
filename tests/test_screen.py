"""The screen: right at every width, and hostile text can neither leave its frame nor command the terminal."""

import io
import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from newsclean.cli import screen
from newsclean.model import LINE_BREAKS, Article, Label, Pass, Place, Rule, Span

EN = Rule(Label.PROMO, None, "Sign up .*", Place("common/en.txt", 112))
WIDTHS = (40, 80, 120)
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def article(*pieces: tuple[str, str], publisher: str | None = None, warnings: tuple[str, ...] = ()) -> Article:
    """An article of pieces, each a label with an optional kind and a text."""
    spans, text = [], ""
    for head, piece in pieces:
        label, _, kind = head.partition(" ")
        claim = {"body": None, "promo": EN}.get(label, Pass.TWICE)
        spans.append(Span(len(text), len(text) + len(piece), Label(label), kind or None, claim))
        text += piece
    return Article(text, tuple(spans), publisher, warnings)


def drawn(article: Article, width: int, source: str = "ferry.txt", encoding: str | None = "utf-8") -> str:
    """What a colour terminal of that width gets, styles included."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system="truecolor")
    screen.draw(article, source=source, encoding=encoding, console=console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def plain(article: Article, width: int = 80, source: str = "ferry.txt", encoding: str | None = "utf-8") -> str:
    return STYLE.sub("", drawn(article, width, source, encoding))


def assert_harmless(output: str, width: int) -> None:
    """No line is wider than the terminal, and the only commands are rich's own styles."""
    text = STYLE.sub("", output)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", text)
    assert [line for line in text.split("\n") if cell_len(line) > width] == []
    output.encode()


FERRY = article(
    ("headline", "Harbour Town Keeps Its Ferry\n"),
    ("byline", "By Ines Valverde\nHarbour desk\n"),
    ("date", "3 March 2024\n"),
    ("caption", "The ferry at its berth. Photo: Tomas Rehn\n"),
    ("body", "The council voted eleven to two on Monday to keep the ferry running for another year.\n"),
    ("promo newsletter", "Sign up for the Harbour Letter and never miss a story from the islands again\n"),
    ("body", "“It is a bridge that floats,” the mayor said.\n"),
    *(("promo related", f"Read more: story {number}\n") for number in range(8)),
    ("promo newsletter", "Get the briefing\n"),
    publisher="harbourpost.example",
    warnings=("common/en.txt:31 ran out of time",),
)

FERRY_SCREEN = """\
ferry.txt · harbourpost.example · cp1252 ───────────────────────────────────────
Warning: common/en.txt:31 ran out of time

Harbour Town Keeps Its Ferry
By Ines Valverde
Harbour desk
3 March 2024

The ferry at its berth. Photo: Tomas Rehn

The council voted eleven to two on Monday to keep the ferry running for another
year.

“It is a bridge that floats,” the mayor said.

Removed ────────────────────────────────────────────────────────────────────────
  newsletter  2 pieces, 18 words
    Sign up for the Harbour Letter and never miss a story fr…  common/en.txt:112
    Get the briefing                                           common/en.txt:112
  related  8 pieces, 32 words
    Read more: story 0                                         common/en.txt:112
    Read more: story 1                                         common/en.txt:112
    Read more: story 2                                         common/en.txt:112
    Read more: story 3                                         common/en.txt:112
    Read more: story 4                                         common/en.txt:112
    and 3 more

46 words kept, 50 removed (52%).
"""


def test_the_whole_screen() -> None:
    assert plain(FERRY, encoding="cp1252") == FERRY_SCREEN


def test_a_narrow_screen_leaves_the_rules_out() -> None:
    said = plain(FERRY, 40)
    assert "    Sign up for the Harbour Letter and …\n    Get the briefing\n" in said


def test_a_wide_screen_keeps_lines_short() -> None:
    assert max(map(len, plain(FERRY, 200).splitlines())) == screen.WIDEST


@pytest.mark.parametrize(
    ("odd", "line"),
    [
        pytest.param(article(("body", "It rained.\n")), "Nothing was removed: 2 words, all kept.", id="no promo"),
        pytest.param(article(("body", "It rained."), ("promo", " \n")), "Nothing was removed: 2", id="blank promo"),
        pytest.param(article(), "No body text in it.", id="empty"),
        pytest.param(article(("promo ad", "Boats\n")), "0 words kept, 1 removed (100%).", id="promo only"),
        pytest.param(article(("promo", "Boats\n")), "  promo  1 piece, 1 word", id="promo of no kind"),
        pytest.param(article(("body", "a " * 999), ("promo", "b")), "999 words kept, 1 removed (under 1%).", id="1"),
        pytest.param(article(("body", "船は港に残る。")), "Nothing was removed: 7 words", id="no spaces in Japanese"),
    ],
)
def test_says(odd: Article, line: str) -> None:
    assert line in plain(odd)


@pytest.mark.parametrize(
    ("source", "encoding", "header"),
    [
        pytest.param("a.txt", "utf-8", "a.txt · unknown publisher ──", id="utf-8 goes without saying"),
        pytest.param("a.txt", "UTF_8", "a.txt · unknown publisher ──", id="utf-8 by another name"),
        pytest.param("-", "koi8-r", "standard input · unknown publisher · koi8-r ──", id="standard input"),
        pytest.param("d/" * 99 + "a.txt", None, "d/d/a.txt · unknown publisher ─", id="a long path keeps its end"),
        pytest.param("\x1b]0;x\x07[b].txt", None, "␛]0;x␇[b].txt · unknown publisher ──", id="a hostile name"),
    ],
)
def test_header(source: str, encoding: str | None, header: str) -> None:
    first = plain(article(), 80, source, encoding).splitlines()[0]
    assert header in first
    assert first.startswith("…") == (len(source) > 80)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("\x1b[31mred\x1b[0m", "␛[31mred␛[0m", id="colour"),
        pytest.param("\x1b]8;;http://a.example\x07click", "␛]8;;http://a.example␇click", id="hyperlink"),
        pytest.param("\x9b2J\x85\x90", r"\x9b2J \x90", id="C1"),
        pytest.param("a\rb\x08c\x7f", "a b␈c␡", id="return, backspace, delete"),
        pytest.param("a\u202etxt.exe\u2066b", r"a\u202etxt.exe\u2066b", id="bidi"),
        pytest.param("pass\u200bword\ufeff\u2060\u00ad", "password", id="zero width"),
        pytest.param("[bold]a[/bold] [link=x]", "[bold]a[/bold] [link=x]", id="markup of rich"),
        pytest.param(":smile: :warning:", ":smile: :warning:", id="emoji codes"),
        pytest.param("a\tb\u3000c\u2028d", "a b c d", id="odd spaces"),
        pytest.param("a\ud800b", "a\ufffdb", id="lone surrogate"),
        pytest.param("👩‍🚀 e\u0301", "👩🚀 e\u0301", id="joined emoji"),
    ],
)
@pytest.mark.parametrize("label", ["headline", "byline", "date", "caption", "body", "promo ad"])
def test_shows_text_as_text(text: str, seen: str, label: str) -> None:
    assert seen in re.sub(r" *\n *", " ", plain(article((label, text))))


HOSTILE = {
    "long word": "x" * 500,
    "wide": "船は港に残る。" * 40,
    "wide, off by one": "x" + "船" * 300,
    "emoji": "👩‍👩‍👧‍👦🏽☀️🇫🇷" * 40,
    "right to left": "הנמל נשאר פתוח " * 20,
    "stacked": "e" + "\u0301" * 500,
    "commands": "\x1b[2J\x1b[999;999H\x9b6n\x1b]52;c;eA==\x07\x1bP\x90\x9c" * 10,
    "breaks": "".join(sorted(LINE_BREAKS)) * 3 + "\t\t" * 50,
    "markup": "[/] [bold [link=http://a.example]a[/link] \\[x]" * 5,
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_in_the_frame(name: str, width: int) -> None:
    text = HOSTILE[name]
    labels = ["headline", "byline", "date", "caption", "body", "promo", "promo ad"]
    odd = article(*((label, text) for label in labels), publisher=text, warnings=(text,))
    assert_harmless(drawn(odd, width, source=text, encoding=text), width)


pieces = st.tuples(
    st.sampled_from([*Label, "promo ad"]),
    st.text(st.characters() | st.sampled_from("\x1b\x9b\u202e\u200d\ufe0f船👩[]\n\t "), max_size=200),
)


# The first wide character makes rich load its tables, which takes longer than hypothesis allows.
@settings(deadline=None)
@given(st.lists(pieces, max_size=8), st.text(st.characters()), st.sampled_from([20, *WIDTHS]))
def test_random_text_stays_in_the_frame(pieces: list[tuple[str, str]], name: str, width: int) -> None:
    odd = article(*pieces, publisher=name, warnings=(name,))
    assert_harmless(drawn(odd, width, source=name, encoding=name), width)


@pytest.mark.parametrize("width", [1, 2, 3, 7])
def test_an_absurd_width_is_no_error(width: int) -> None:
    assert drawn(FERRY, width)


@pytest.mark.parametrize(
    ("environment", "styled", "coloured"),
    [
        pytest.param({}, True, True, id="a colour terminal"),
        pytest.param({"NO_COLOR": "1"}, True, False, id="NO_COLOR"),
        pytest.param({"TERM": "dumb"}, False, False, id="a dumb terminal"),
    ],
)
def test_console_honours(
    environment: dict[str, str], styled: bool, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"TERM": "xterm-256color"} | environment).items():
        monkeypatch.setenv(name, value)
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
    monkeypatch.setattr(stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", stdout)
    screen.draw(FERRY, source="-", encoding=None, console=screen.console(width=60))
    said = raw.getvalue().decode()
    assert ("\x1b[1m" in said) == styled
    assert ("\x1b[33m" in said) == coloured


def test_console_survives_an_encoding_that_lacks_the_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    odd = article(("body", "船 left."))
    screen.draw(odd, source="-", encoding=None, console=screen.console(width=60, stderr=True))
    assert "? left." in raw.getvalue().decode("ascii").replace("\r", "")
