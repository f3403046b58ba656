"""Who claims what; that the index never changes it; that no rule hangs."""

from __future__ import annotations

import time
import unicodedata

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsclean.index import DIGIT, LONG
from newsclean.literals import OTHER, draw, fold
from newsclean.matching import Matcher, Sheet
from newsclean.model import Label, Place, Reach, Rule
from newsclean.syntax import parse


def matcher(rules: str, *, indexed: bool = True) -> Matcher:
    return Matcher([(rule, draw(rule)) for rule in parse(rules, "x").rules], indexed=indexed)


def claims(rules: str, text: str, *, indexed: bool = True) -> list[tuple[str, str]]:
    sheet = Sheet.of(text)
    matcher(rules, indexed=indexed).claim(sheet)
    return [(text[part.start : part.end], part.kind or part.label.value) for parts in sheet.parts for part in parts]


@pytest.mark.parametrize(
    ("rules", "text", "expected"),
    [
        pytest.param("[promo nav]\nMenu", "Menu\nThe Menu", [("Menu", "nav")], id="the-whole-line-or-nothing"),
        pytest.param("[promo nav]\nMenu", "\t Menu \u00a0\n", [("Menu", "nav")], id="ends-are-stripped"),
        pytest.param('[promo nav]\nDon\'t - "go"', "Don’t — “go”", [("Don’t — “go”", "nav")], id="typography-undone"),
        pytest.param(
            "[promo nav]\nRead more\n[promo related]\nRead.*",
            "Read more",
            [("Read more", "related")],
            id="the-later-rule-wins",
        ),
        pytest.param(
            "[promo related]\nRead.*\n[body]\nRead the riot act",
            "Read the riot act\nRead on",
            [("Read the riot act", "body"), ("Read on", "related")],
            id="a-body-rule-is-an-exception",
        ),
        pytest.param(
            "[promo donate]\nGive\n  to Thanks",
            "Give\nnow\nThanks\nBody",
            [("Give", "donate"), ("now", "donate"), ("Thanks", "donate")],
            id="block-with-its-last-line",
        ),
        pytest.param(
            "[promo donate]\nGive\n  until Body",
            "Give\nnow\n\nBody",
            [("Give", "donate"), ("now", "donate")],
            id="block-without-its-last-line",
        ),
        pytest.param(
            "[promo donate]\nGive\n  to Thanks",
            "Give\nnow\nBody",
            [],
            id="block-without-an-end-claims-nothing",
        ),
        pytest.param("[promo donate]\nGive\n  to Thanks\n  within 2", "Give\n1\n2\nThanks", [], id="end-out-of-reach"),
        pytest.param(
            "[promo donate]\nGive\n  to end\n  within 2",
            "Give\n1\n2\n\nGive\n1",
            [("Give", "donate"), ("1", "donate")],
            id="to-the-end-but-not-from-too-far",
        ),
        pytest.param(
            "[promo donate]\nGive\n  to Thanks\n[body]\nKeep me",
            "Give\nKeep me\nThanks",
            [("Give", "donate"), ("Keep me", "body"), ("Thanks", "donate")],
            id="an-exception-inside-a-block",
        ),
        pytest.param(
            "[promo donate]\nGive\n  to Thanks\n[promo nav]\nGive",
            "Give\nnow\nThanks",
            [("Give", "nav")],
            id="no-block-begins-on-a-line-that-is-taken",
        ),
        pytest.param(
            "[promo related]\n\\[Read more: [^]]+\\]\n  inline",
            "He left. [Read more: Why] She stayed.",
            [("[Read more: Why]", "related")],
            id="inline-claims-its-part",
        ),
        pytest.param(
            "[promo nav]\n.*Menu.*\n[promo related]\nmore\n  inline",
            "one more Menu more",
            [("one", "nav"), ("more", "related"), ("Menu", "nav"), ("more", "related")],
            id="a-weaker-line-rule-gets-the-rest-of-the-line",
        ),
        pytest.param(
            "[promo nav]\nMenu",
            "- Menu\n• Menu\n-Menu\n2 Menu\n- Menus",
            [("- Menu", "nav"), ("• Menu", "nav")],
            id="an-item-of-a-list-goes-with-its-bullet",
        ),
        pytest.param(
            "[promo nav]\nMenu|Go on",
            "Menu Menu\nGo on Go on\nMenu Menu Menu\nMenu menu",
            [("Menu Menu", "nav"), ("Go on Go on", "nav")],
            id="said-twice-in-a-line",
        ),
        pytest.param(
            "[promo nav]\nGo on",
            "Go   on\n-   Go  on\nGo \t on  Go on\nGoon",
            [("Go   on", "nav"), ("-   Go  on", "nav"), ("Go \t on  Go on", "nav")],
            id="a-run-of-blanks-is-one",
        ),
        pytest.param(
            "[promo nav]\nGo  on\n[promo related]\nGo on", "Go  on", [("Go  on", "nav")], id="unless-a-rule-has-the-run"
        ),
        pytest.param(
            "[promo nav]\n- Menu\n[promo related]\nMenu",
            "- Menu",
            [("- Menu", "nav")],
            id="a-rule-with-a-bullet-comes-before-a-later-one-without",
        ),
        pytest.param("[promo donate]\nGive\n  to Thanks", "- Give\nThanks", [], id="no-block-begins-behind-a-bullet"),
        pytest.param(
            "[promo nav]\nMenu\n  inline", "- Menu", [("Menu", "nav")], id="inline-claims-its-part-without-the-bullet"
        ),
        pytest.param("[promo nav]\nx*\n  inline", "abc", [], id="inline-matching-nothing"),
        pytest.param(
            "[promo nav]\nMenu|Home",
            "Home\nMenu\nMenuHome",
            [("Home", "nav"), ("Menu", "nav")],
            id="bare-alternation",
        ),
        pytest.param("[promo nav]\n(?i)straße", "STRAßE\nSTRASSE", [("STRAßE", "nav")], id="sharp-s-is-one-letter"),
        pytest.param("[promo nav]\n(?i)ilgili", "İLGİLİ", [("İLGİLİ", "nav")], id="dotted-capital-i"),
        pytest.param("[promo nav]\n(?i)ΟΔΟΣ", "οδος\nοδοσ", [("οδος", "nav"), ("οδοσ", "nav")], id="final-sigma"),
        pytest.param("[promo nav]\n(?i)ⓒ.*", "Ⓒ 2024", [("Ⓒ 2024", "nav")], id="circled-c-has-two-cases"),
        pytest.param("[promo nav]\n(?i)kelvin", "\u212aelvin", [("\u212aelvin", "nav")], id="kelvin-sign-is-a-k"),
        pytest.param(
            "[promo nav]\n(?i)\U00010d50x", "\U00010d70x", [("\U00010d70x", "nav")], id="a-case-newer-than-pythons"
        ),
        pytest.param("[promo nav]\n\\d ?\\d?", "\U00010d41", [("\U00010d41", "nav")], id="a-digit-newer-than-pythons"),
        pytest.param("[promo nav]\n(?V1i)fi", "ﬁ", [("ﬁ", "nav")], id="ligature-under-full-case-folding"),
    ],
)
def test_who_claims_what(rules: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert claims(rules, text) == expected
    assert claims(rules, text, indexed=False) == expected


def test_groups_pick_values_out_as_they_stand() -> None:
    sheet = Sheet.of("By Zoë D’Arc and  Bob  Lee")
    matcher("[byline]\nBy (?P<author>[\\w' ]+?)(?: and +(?P<author>[\\w ]+))?").claim(sheet)
    assert sheet.parts[0][0].values == ("Zoë D’Arc", "Bob Lee")


@pytest.mark.parametrize(
    "text",
    ["- By Bo Lind", "By Bo Lind By Bo Lind", "-  By   Bo \t  Lind"],
    ids=["bullet", "said-twice", "runs-of-blanks"],
)
def test_groups_pick_values_out_of_a_line_in_disguise(text: str) -> None:
    sheet = Sheet.of(text)
    matcher("[byline]\nBy (?P<author>\\w+ \\w+)").claim(sheet)
    assert [(part.start, part.end, part.values) for part in sheet.parts[0]] == [(0, len(text), ("Bo Lind",))]


PIECES = [
    *(
        "- ",
        "sign",
        "up",
        " ",
        "straße",
        "ſ",
        "ß",
        "ẞ",
        "İ",
        "ı",
        "I",
        "i",
        "ﬁ",
        "fi",
        "ς",
        "σ",
        "Σ",
        "ⓒ",
        "Ⓒ",
        "K",
        "K",
        "ǅ",
    ),
    *("ss", "ΐ", "Å", "Å", "ͅ", "ι", "続き", "9", ".", "é", "É", "x"),
]
literal = st.sampled_from(PIECES).map(regex.escape)
atom = st.one_of(
    *(
        literal,
        literal,
        st.sampled_from([".", "\\d", "\\w", "[^s]", "[sSß]", "[a-zß-ÿ]", "\\p{Lu}", "\\b", "(?=s)", "$"]),
    ),
)
pattern = st.recursive(
    atom,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda ways: f"(?:{'|'.join(ways)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,3}", "+?"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
        inner.map(lambda i: f"(?i:{i})"),
        inner.map(lambda i: f"(?>{i})"),
    ),
    max_leaves=6,
)
# In a group, so that it neither ends in a space nor begins like a section or a comment.
flagged = st.tuples(st.sampled_from(["", "(?i)", "(?V1i)"]), pattern).map(lambda p: f"{p[0]}(?:{p[1]})")
reach = st.sampled_from(["", "", "\n  inline", "\n  to sign", "\n  until x"])
rules = st.lists(st.tuples(flagged, reach).map("".join), min_size=1, max_size=5)
line = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


@settings(max_examples=400, deadline=None)
@given(rules, st.lists(line, min_size=1, max_size=6).map("\n".join))
@example(["(?i)(?:ſ|K)x"], "Kx\nSx")
@example(["(?i)[a-zß-ÿ]."], "ẞ.")
def test_the_index_never_changes_a_result(patterns: list[str], text: str) -> None:
    file = "[promo nav]\n" + "\n".join(patterns)
    assert claims(file, text) == claims(file, text, indexed=False)


def test_folding_joins_all_that_regex_takes_for_equal() -> None:
    every = map(chr, range(0x20000))
    cased = "".join(c for c in every if {c} != {c.lower(), c.upper(), c.casefold()} and not "\ud800" <= c <= "\udfff")
    assert len(cased) > 2_000
    for c in cased:
        for same in regex.findall("(?i)" + regex.escape(c), cased):
            assert fold(same) == fold(c), (hex(ord(c)), unicodedata.name(same, "?"))


@pytest.mark.parametrize(
    ("pattern", "literals", "first"),
    [
        pytest.param("Read more", ("\nread more\n",), "", id="all-literal"),
        pytest.param(
            "(?i)(?:sign|log) (?:up|in) .+",
            ("\nlog in ", "\nlog up ", "\nsign in ", "\nsign up "),
            "",
            id="branches",
        ),
        pytest.param(".{3,80}\\| The Herald", ("| the herald\n",), "", id="at-the-end"),
        pytest.param("\\d+ (?:shares|likes)", (" likes\n", " shares\n"), "", id="behind-a-class"),
        pytest.param("\\d{1,2}:\\d\\d", (":",), "", id="one-rare-character"),
        pytest.param("\\d{1,2} ?\\d\\d", (), "0123456789" + OTHER, id="first-characters"),
        pytest.param("[^x]+", (), "", id="hardly-anything-known"),
        pytest.param(".*", (), "", id="nothing-known"),
        pytest.param("(?:Weiter|)", ("\n\n", "\nweiter\n"), "", id="may-be-empty"),
    ],
)
def test_what_is_drawn_from_a_pattern(pattern: str, literals: tuple[str, ...], first: str) -> None:
    drawn = draw(Rule(Label.PROMO, "nav", pattern, Place("x", 1)))
    assert drawn.literals == literals
    if not literals and first:
        assert drawn.first == first


def test_a_tree_that_cannot_be_read_costs_only_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from regex import _regex_core

    monkeypatch.setattr(_regex_core, "_parse_pattern", None, raising=False)
    monkeypatch.setattr(_regex_core, "parse_pattern", None, raising=False)
    rule = Rule(Label.PROMO, "nav", "Menu", Place("x", 1))
    assert draw(rule).literals == ()
    assert claims("[promo nav]\nMenu", "Menu") == [("Menu", "nav")]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        pytest.param(".*foo.*bar.*ba[a-y]", "foobar" * 170_000 + " ba", id="a-line-of-a-megabyte"),
        pytest.param("(?:a|aa)+$", "a" * 60 + "!aa", id="exponential-on-a-short-line"),
        pytest.param("(?:(?:a|b|ab)+c?)+", "ab" * 500 + "!ab", id="exponential-below-the-long-line"),
        pytest.param("x.*foo.*bar.*ba[a-q]\n  inline", "xfoobar" * 140_000, id="inline-on-a-megabyte"),
        pytest.param("Give\n  to (?:a|aa)+$", "Give\n" + "a" * 60 + "!aa", id="in-the-end-of-a-block"),
    ],
)
def test_no_rule_hangs(rule: str, text: str) -> None:
    began = time.perf_counter()
    sheet = Sheet.of(text)
    matcher(f"[promo nav]\n{rule}\n[promo related]\nRead more").claim(sheet)
    # The promise is a second; the margin is for a busy machine. Unguarded, each of these takes minutes or more.
    assert time.perf_counter() - began < 5
    assert not any(sheet.parts)
    assert sheet.warnings[0].startswith("rule x.txt:2 ran out of time on line ")


def test_many_rules_on_a_hostile_line_share_the_time() -> None:
    sheet = Sheet.of("foobar" * 170_000 + " ba")
    file = "[promo nav]\n" + "\n".join(f".*fo.*b.*ba[s-z]{{{i}}}" for i in range(1, 100))
    began = time.perf_counter()
    matcher(file).claim(sheet)
    assert time.perf_counter() - began < 5
    assert sheet.warnings[-1] == "out of time on line 1: some rules were not tried from there on"


def test_a_rule_that_ran_out_of_time_leaves_the_others_at_work() -> None:
    rules = "[promo nav]\n(?:a|aa)+$\n[promo related]\nRead more"
    assert claims(rules, "a" * 60 + "!aa\nRead more") == [("Read more", "related")]


def test_a_literal_said_a_hundred_thousand_times_is_one_candidate() -> None:
    began = time.perf_counter()
    claims("[promo nav]\nfoo", "foo " * 100_000)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("reach", [pytest.param(reach, id=reach.name.lower()) for reach in Reach])
def test_each_reach_has_a_word_in_the_language(reach: Reach) -> None:
    word = {Reach.LINE: "", Reach.TO: "  to x", Reach.UNTIL: "  until x"}.get(reach, f"  {reach}")
    assert parse(f"[promo nav]\nMenu\n{word}", "x").rules[0].reach is reach


RULES = """\
[promo nav]
Menu
(?i)[a-z ]{3,300} menu
[promo related]
Read more
\\d{1,3} more
[promo donate]
Give
  to Thanks
tap here
  inline
"""
LINES = (
    "Menu",
    "- Menu",
    "Menu Menu",
    "the menu",
    "Read more",
    "12 more",
    "Give",
    "Thanks",
    "Now tap here, or tap here",
    "It rained. " * 20,
    "x" * 170 + " menu",
)


@given(st.lists(st.lists(st.sampled_from(LINES), max_size=12), max_size=8))
def test_what_is_remembered_of_a_line_changes_nothing(texts: list[list[str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("newsclean.matching.KNOWN_LINES", 6)
        lasting = matcher(RULES)
        for lines in texts:
            text = "\n".join(lines)
            sheet = Sheet.of(text)
            lasting.claim(sheet)
            got = [(text[part.start : part.end], part.kind) for parts in sheet.parts for part in parts]
            assert got == claims(RULES, text, indexed=False)


def test_a_line_on_which_time_ran_out_is_not_remembered() -> None:
    rules, slow = matcher("[promo nav]\nMenu\n(?:a|aa)+$\n"), "a" * 60 + "!aa"
    lasting = Sheet.of(f"{slow}\nMenu")
    lasting.seconds_left = 0.0
    rules.claim(lasting)
    assert not any(lasting.parts[:1])
    again = Sheet.of("aaa")
    rules.claim(again)
    assert again.parts[0]


@pytest.mark.parametrize("length", [LONG - 1, LONG, LONG + 1])
@pytest.mark.parametrize("letter", ["x", "ж"], ids=["one-byte", "two-bytes"])
def test_lines_around_the_length_from_which_the_index_is_another(length: int, letter: str) -> None:
    line = letter * (length - 5) + " menu"
    rules = f"[promo nav]\n{letter}{{1,{LONG - 5}}} menu"
    assert bool(claims(rules, line)) is (length <= LONG)


def test_the_index_knows_every_digit_that_regex_knows() -> None:
    digit = regex.compile(r"\d")
    digits = [chr(code) for code in range(0x110000) if digit.match(chr(code))]
    assert [c for c in digits if not DIGIT.search(c.encode())] == []
    assert not any(DIGIT.search(c.encode()) for c in "aéß–—“”…•→©ж字")
