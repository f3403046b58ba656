"""Rule files: what they say, and every way of getting one wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclean.model import Label, Place, Reach, Rule
from newsclean.syntax import MAX_PATTERN, Problem, RuleError, parse

WHOLE = """\
# The Harbour Herald.
[domains]
www.herald.example

[include]
groups/wire-credits.txt

[publisher]
The Harbour Herald
  + The Harbour Herald
  - in The Harbour Herald

[promo donate]
A message from the editor:
    to Thank you\\.
    within 12
    + A message from the editor:\\nGive\\nThank you.
    - A message from the editor: none
Give now
    inline
[byline]
By (?P<author>\\p{Lu}\\w+)(?: and (?P<author>\\p{Lu}\\w+))?
"""


def test_a_whole_file_is_read() -> None:
    ruleset = parse(WHOLE, "harbourherald.example")
    assert ruleset.name == "harbourherald.example"
    assert ruleset.domains == ("herald.example",)
    assert ruleset.includes == ("groups/wire-credits",)
    file = "harbourherald.example.txt"
    assert ruleset.signatures == (Rule(None, None, "The Harbour Herald", Place(file, 9)),)
    assert ruleset.rules == (
        Rule(
            *(Label.PROMO, "donate", "A message from the editor:", Place(file, 14)),
            *(Reach.TO, "Thank you\\.", 12),
        ),
        Rule(Label.PROMO, "donate", "Give now", Place(file, 19), Reach.INLINE),
        Rule(
            *(Label.BYLINE, None, "By (?P<author>\\p{Lu}\\w+)(?: and (?P<author>\\p{Lu}\\w+))?"),
            Place(file, 22),
        ),
    )
    assert ruleset.proofs[1].examples == ("A message from the editor:\nGive\nThank you.",)
    assert ruleset.proofs[1].counterexamples == ("A message from the editor: none",)


@pytest.mark.parametrize(
    ("text", "reach", "stop"),
    [
        pytest.param("  until Next", Reach.UNTIL, "Next", id="until"),
        pytest.param("  to end", Reach.END, None, id="to-end-is-no-regex"),
        pytest.param("  to (?:end)", Reach.TO, "(?:end)", id="the-word-end-in-a-group-is"),
        pytest.param("\tto  x y ", Reach.TO, "x y", id="tab-and-odd-spaces"),
        pytest.param("  # inline", Reach.LINE, None, id="indented-comment"),
        pytest.param("\n\n  inline", Reach.INLINE, None, id="blank-lines-between"),
    ],
)
def test_reaches(text: str, reach: Reach, stop: str | None) -> None:
    (rule,) = parse(f"[promo nav]\nMenu\n{text}\n", "x").rules
    assert (rule.reach, rule.stop) == (reach, stop)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufeff[promo nav]\nMenu\n", id="byte-order-mark"),
        pytest.param("[promo nav]\r\nMenu\r\n  + Menu\r\n", id="crlf"),
        pytest.param("[promo nav]   \nMenu", id="trailing-spaces-and-no-last-line-break"),
        pytest.param("[promo nav]\n# [unknown]\nMenu\n", id="section-in-a-comment"),
        pytest.param("[promo our-own-kind]\nMenu\n", id="a-kind-of-ones-own"),
    ],
)
def test_accidents_of_form_are_forgiven(text: str) -> None:
    assert [rule.pattern for rule in parse(text, "x").rules] == ["Menu"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "Menu\nMore",
            "x.txt:1:1: stands before any [section]; a rule file begins with one, such as [promo newsletter]\n    Menu\n    ^",
            id="no-section",
        ),
        pytest.param(
            "[promo newsleter]\nx",
            "x.txt:1:8: unknown kind 'newsleter'; did you mean 'newsletter'?\n    [promo newsleter]\n           ^",
            id="kind-misspelt",
        ),
        pytest.param(
            "[promo]\nx",
            "x.txt:1:7: a promo section names its kind: newsletter, subscribe, donate, paywall, related, share, "
            "follow, app, ad, comments, cookies, legal, nav, contact, bio, tags, media, correction, meta, repeat\n"
            "    [promo]\n          ^",
            id="kind-missing",
        ),
        pytest.param(
            "[promo nav]\n[Index]",
            "x.txt:2:2: unknown section [Index]; if it is a regex, write what stands beside the brackets too\n"
            "    [Index]\n     ^",
            id="character-class-meant-literally",
        ),
        pytest.param(
            "[bylines]",
            "x.txt:1:2: unknown section [bylines]; did you mean 'byline'?\n    [bylines]\n     ^",
            id="section-misspelt",
        ),
        pytest.param(
            "[body nav]",
            "x.txt:1:7: [body] takes no kind; only [promo KIND] does\n    [body nav]\n          ^",
            id="kind-where-none-belongs",
        ),
        pytest.param(
            "[promo nav]\nSign up (now",
            "x.txt:2:13: not a regex: missing )\n    Sign up (now\n                ^",
            id="bracket-open",
        ),
        pytest.param(
            "[promo nav]\nMenu\n    to Sign [up",
            "x.txt:3:16: not a regex: unterminated character set\n        to Sign [up\n                   ^",
            id="caret-in-the-end-of-a-block",
        ),
        pytest.param(
            "[byline]\nBy (?P<autor>x)",
            "x.txt:2:8: the group 'autor' means nothing here; the one that means something here is 'author'\n"
            "    By (?P<autor>x)\n           ^",
            id="group-misspelt",
        ),
        pytest.param(
            "[promo nav]\nBy (?P<author>x)",
            "x.txt:2:8: the group 'author' means nothing here; write (?:…)\n    By (?P<author>x)\n           ^",
            id="group-under-another-label",
        ),
        pytest.param(
            "[promo nav]\nMenu\n  too Next",
            "x.txt:3:3: unknown keyword; an indented line is one of: + TEXT, - TEXT, inline, to REGEX, "
            "until REGEX, to end, within N (1 to 1000)\n      too Next\n      ^",
            id="keyword-misspelt",
        ),
        pytest.param(
            "[promo nav]\nMenu\n  within 0",
            "x.txt:3:3: unknown keyword; an indented line is one of: + TEXT, - TEXT, inline, to REGEX, "
            "until REGEX, to end, within N (1 to 1000)\n      within 0\n      ^",
            id="within-nothing",
        ),
        pytest.param(
            "[promo nav]\nMenu\n  within 5\n  + Menu",
            "x.txt:3:3: within goes with to, until and to end: only a block looks ahead\n      within 5\n      ^",
            id="within-a-line",
        ),
        pytest.param(
            "[promo nav]\nDon’t miss",
            "x.txt:2:4: '’' can't match: rules see it as \"'\"; write that\n    Don’t miss\n       ^",
            id="curly-quote-in-a-pattern",
        ),
        pytest.param(
            "[promo nav]\nMenu\n  to end\n  inline",
            "x.txt:4:3: the rule above already has a reach: to end\n      inline\n      ^",
            id="two-reaches",
        ),
        pytest.param(
            "[publisher]\nMenu\n  to end",
            "x.txt:3:3: a signature is a line or inline, not a block\n      to end\n      ^",
            id="signature-as-a-block",
        ),
        pytest.param("[promo nav]\nMenu\n  +", "x.txt:3:3: the example is empty\n      +\n      ^", id="no-example"),
        pytest.param(
            "[promo nav]\n  + Menu",
            "x.txt:2:3: is indented, but there is no rule above it\n      + Menu\n      ^",
            id="indented-under-nothing",
        ),
        pytest.param(
            "[domains]\nhttps://herald.example/news",
            "x.txt:2:1: is no domain; write it as in example.com, without https:// and path\n"
            "    https://herald.example/news\n    ^",
            id="url-for-a-domain",
        ),
        pytest.param(
            "[include]\n../../etc/passwd",
            "x.txt:2:1: is no rule file's name; write it as in groups/wire-credits\n    ../../etc/passwd\n    ^",
            id="include-out-of-the-folder",
        ),
        pytest.param(
            "[promo nav]\n" + "x" * (MAX_PATTERN + 1),
            f"x.txt:2:1: the pattern is longer than 10,000 characters\n    {'x' * 72}\n    ^",
            id="pattern-too-long",
        ),
        pytest.param(
            "[promo nav]\n" + "a" * 100 + "(",
            f"x.txt:2:102: not a regex: missing )\n    {'a' * 48 + '('}\n    {' ' * 49}^",
            id="caret-far-to-the-right",
        ),
    ],
)
def test_an_error_tells_the_place_and_the_remedy(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(text, "x")
    assert str(caught.value) == message


def test_all_errors_come_at_once_in_order() -> None:
    with pytest.raises(RuleError) as caught:
        parse("x\n[promo nav]\na(\n  what\n[nothing]\ny[\n[byline]\n*\n", "x")
    assert [(p.place.line, p.column) for p in caught.value.problems] == [
        (1, 1),
        (3, 3),
        (4, 3),
        (5, 2),
        (8, 1),
    ]


@given(st.text(alphabet="[]()+-*\\ \t\nabpromo navto#end?{}9", max_size=80))
def test_any_text_is_a_ruleset_or_a_rule_error(text: str) -> None:
    rules: tuple[Rule, ...] = ()
    problems: tuple[Problem, ...] = ()
    try:
        rules = parse(text, "x").rules
    except RuleError as error:
        problems = error.problems
        assert problems
    assert all(problem.place.line >= 1 and problem.column >= 1 for problem in problems)
    assert all(text.split("\n")[rule.place.line - 1].startswith(rule.pattern) for rule in rules)
