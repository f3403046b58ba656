"""What the lints find, what they let pass, and which of it a comment allows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT
from newsclean.fixtures import Fixture, find
from newsclean.library import Library, bundled
from newsclean.model import Reach, Rule
from newsclean.syntax import parse
from newsclean.workshop.findings import Finding, Severity
from newsclean.workshop.lint import CODES, allowed, foreign_signatures, lint
from newsclean.workshop.patterns import growth, normal, readings, tokens

PAGE = (ROOT / "docs" / "lints.md").read_text(encoding="utf-8")


def findings(text: str, *, known: str = "") -> list[Finding]:
    common = parse(known, "common/x").rules
    return list(lint(parse(text, "x"), text, "x.txt", known=common))


def codes(text: str, *, known: str = "") -> list[str]:
    return [finding.code for finding in findings(text, known=known)]


def shown() -> dict[str, list[str]]:
    """Return the page's blocks below each code: a bad rule and a good one."""
    parts = re.split(r"^### (.+)\n", PAGE, flags=re.MULTILINE)[1:]
    return {
        code: re.findall(r"^```\w+\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
        for code, text in zip(parts[::2], parts[1::2], strict=True)
    }


def test_the_page_has_every_code_with_its_sentence() -> None:
    rows = re.findall(r"^\| \[`([\w-]+)`\]\(#\1\) \| [\w, ]+ \| (.+) \|$", PAGE, flags=re.MULTILINE)
    assert [(code, said.replace("\\|", "|")) for code, said in rows] == list(CODES.items())
    assert list(shown()) == list(CODES)


@pytest.mark.parametrize("code", [code for code in CODES if code != "foreign-signature"])
def test_what_the_page_shows_is_found_in_the_bad_rule_alone(code: str) -> None:
    bad, good = shown()[code]
    row = re.search(rf"^\| \[`{code}`\].*? \| ([\w, ]+) \|", PAGE, flags=re.MULTILINE)
    found = [finding for finding in findings(bad) if finding.code == code]
    assert row
    assert found
    assert {finding.severity for finding in found} <= set(row[1].split(", "))
    # A finding that is allowed is still found: whoever tells it looks whether it is.
    silent = allowed(good)
    assert [f for f in findings(good) if f.code not in silent.get(f.place.line, {})] == []


def rule(pattern: str, *proofs: str, section: str = "[promo nav]") -> str:
    return "\n".join([section, pattern, *(f"  {proof}" for proof in proofs)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            rule("Do you?", "+ Do you?", "- Do you mind"),
            r"x.txt:2:7: ? makes what stands before it optional, so the rule does not claim its example: Do you?; "
            "write \\? for a question mark\n    Do you?\n          ^",
            id="question-mark",
        ),
        pytest.param(
            rule("[Index] A-Z", "+ [Index] A-Z", "- Index A to Z"),
            r"x.txt:2:1: [Index] matches one of its characters, so the rule does not claim its example: [Index] A-Z; "
            "write \\[…\\] for brackets\n    [Index] A-Z\n    ^",
            id="a-class-that-is-a-word",
        ),
        pytest.param(
            rule("Fares", "to Sail with us.", "+ Fares\\nSail with us.", "- Fares"),
            "x.txt:3:18: . matches any character, where every example has it literally: Fares\\nSail with us.; "
            "write \\. for a full stop\n      to Sail with us.\n                     ^",
            id="in-the-last-line-of-a-block",
        ),
        pytest.param(
            rule("(?:a|)b|", "+ b", "- bc"),
            "x.txt:2:1: one of the alternatives is empty; take out the | too many, or write (?:…)? for what may be "
            "missing\n    (?:a|)b|\n    ^",
            id="empty-alternative",
        ),
        pytest.param(
            rule("#tide", "+ #tide", "- tide", section="[promo tags]\nTide\n  + Tide\n  - Tides"),
            "x.txt:5:1: is a comment, but reads like the rule of the example below it; "
            "write \\# for the first character\n    #tide\n    ^",
            id="comment",
        ),
    ],
)
def test_a_finding_says_what_where_and_what_to_do(text: str, expected: str) -> None:
    assert str(findings(text)[0]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(rule("Do you?", "inline", "+ Go. Do you? Yes.", "- Do yo"), ["unescaped-question"], id="inline"),
        pytest.param(rule("See [Foto: dpa]", "+ See F", "- See dpa"), ["unescaped-brackets"], id="letters-twice"),
        pytest.param(rule("Tide (today)", "+ Tide today", "- Tide"), ["unescaped-parentheses"], id="needless-group"),
        pytest.param(rule("Tides | Fares", "+ Tides ", "- Tide"), ["blank-ends", "spaced-bar"], id="bar-and-blank"),
        pytest.param(
            rule("harbour.example", "+ harbour.example", "- harbour"), ["unescaped-dot"], id="dot-in-a-domain"
        ),
        pytest.param(rule("[^\\n]*tide.+", "+ the tide ", "- tidy"), ["bare-ends", "blank-ends"], id="set-for-a-dot"),
        pytest.param(rule(".{0,}tide.*|Pier", "+ Pier", "- Piers"), ["bare-ends"], id="one-way-of-two"),
        pytest.param(rule("\\w+", "+ TIDE", "- a tide"), ["short-match"], id="a-lone-class"),
        pytest.param(rule("Fares|\\p{Lu}{1,9}", "+ Fares", "- Fare"), ["short-match"], id="one-short-way"),
        pytest.param(rule("AP", "inline", "+ Tide. AP", "- Ap"), ["short-match"], id="short-and-inline"),
        pytest.param(rule("- Tide", "+ Tide", "- Tides"), ["unindented"], id="a-proof-at-the-first-column"),
        pytest.param(rule("to end", "+ Tide", "- Tides"), ["unindented"], id="a-keyword-at-the-first-column"),
        pytest.param(rule("潮汐表", "+ 潮汐表", "- 港"), ["far-counterexample"], id="far-in-chinese"),
    ],
)
def test_a_bad_rule_is_told(text: str, expected: list[str]) -> None:
    assert sorted(codes(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(rule("Colou?rs?", "+ Colors", "- Colour"), id="a-letter-that-may-be-missing"),
        pytest.param(rule("Any tides ?\\?", "+ Any tides ?", "- Any tides"), id="blank-before-a-question-mark"),
        pytest.param(rule("Who.s on board", "+ Who's on board", "- Who is on board"), id="a-dot-for-a-quote"),
        pytest.param(rule("Tides .{3,30}", "+ Tides today...", "- Tides"), id="a-dot-repeated"),
        pytest.param(rule("[Tt]ides[.?]", "+ Tides.", "- Tides"), id="signs-in-a-class"),
        pytest.param(rule("Fare [aáà]", "+ Fare a", "- Fare"), id="a-class-of-letters"),
        pytest.param(rule("(Tide|Pier) news", "+ Tide news", "- Tide"), id="group-of-alternatives"),
        pytest.param(rule("(?:Tide)", "+ Tide", "- Tides"), id="group-that-is-meant"),
        pytest.param(rule("(\\w{4,9}) and \\1", "+ tide and tide", "- tide and pier"), id="group-that-is-named-again"),
        pytest.param(rule("Tides|All fares", "+ Tides", "+ All fares", "- Tide"), id="whole-alternatives"),
        pytest.param(rule("AP|X|Tide", "+ AP", "- APs"), id="short-but-literal"),
        pytest.param(rule("\\#\\w{1,30}", "+ #tide", "- # tide"), id="short-with-a-sign"),
        pytest.param(rule("Tide(?: table|)", "+ Tide table", "- Tide tables"), id="nothing-as-the-last-alternative"),
        pytest.param(rule(".{10,99}", "to (?:AFP|dpa)", "+ The old pier\\ndpa", "- The old pier\\nAP"), id="block"),
        pytest.param(rule("(?:\\w+ ){3,9}tide", "+ at the old tide", "- the tide"), id="parted-repeats"),
        pytest.param(rule("潮汐表", "+ 潮汐表", "- 潮汐表在哪里"), id="near-in-chinese"),
        pytest.param(rule("\\d{1,3} fares", "+ 12 fares", "- 12"), id="near-by-a-digit"),
        pytest.param(rule("- Tide", "+ - Tide", "- Tide"), id="a-dash-that-is-meant"),
        pytest.param(
            rule("Tide", "+ Tide", "- Tides") + "\n" + rule("Tide", "to Fare", "+ Tide\\nFare", "- Tide"),
            id="a-block-that-lost-its-end",
        ),
        pytest.param("\ufeff" + rule("Tide", "+ Tide", "- Tides").replace("\n", "\r\n"), id="windows-line-ends"),
        pytest.param("[domains]\nharbour.example\n", id="no-rules"),
    ],
)
def test_a_good_rule_is_let_pass(text: str) -> None:
    assert codes(text) == []


def test_a_rule_of_the_common_files_is_a_duplicate() -> None:
    text = rule("Tide(?:s) [t]able", "+ Tides table", "- Tides")
    (finding,) = findings(text, known=rule("Tides table"))
    assert finding.message == "says the same as the rule at common/x.txt:2"
    assert codes(text, known=rule("Tides table", section="[promo tags]")) == []
    assert codes(text, known=rule("Tides table", "inline")) == []


ALLOWED = """\
[promo nav]
# newsclean: allow short-match The menu of the site has a letter of the alphabet in each line.
# What one jumps to.
\\p{Lu}+

  + AB
  - a
Tide
  + Tide
  - Tides
"""


def test_a_comment_above_a_rule_allows_a_finding_on_all_its_lines() -> None:
    reason = "The menu of the site has a letter of the alphabet in each line."
    assert allowed(ALLOWED) == {line: {"short-match": reason} for line in (4, 5, 6, 7)}
    assert codes(ALLOWED) == ["short-match"]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        pytest.param(
            "allow slow", "does not say why 'slow' is allowed; write the reason behind the code", id="no-reason"
        ),
        pytest.param(
            "allow slwo It is.", "there is no finding 'slwo' to allow; take a code of docs/lints.md", id="code"
        ),
        pytest.param("allow", "there is no finding '' to allow; take a code of docs/lints.md", id="no-code"),
        pytest.param(
            "alow slow It is.", "'alow' is no word to newsclean; write # newsclean: allow CODE reason", id="verb"
        ),
        pytest.param(
            "allow bare-ends It is.", "allows 'bare-ends', which is not found there; take the comment out", id="idle"
        ),
    ],
)
def test_an_allowance_that_does_nothing_is_told(comment: str, message: str) -> None:
    text = f"[promo nav]\n# newsclean: {comment}\nTide\n  + Tide\n  - Tides\n"
    (finding,) = findings(text)
    assert str(finding).splitlines()[0] == f"x.txt:2:1: {message}"


def test_an_allowance_above_no_rule_is_told() -> None:
    text = "[promo nav]\nTide\n  + Tide\n  - Tides\n# newsclean: allow slow It is.\n\nFare\n  + Fare\n  - Fares\n"
    (finding,) = findings(text)
    assert finding.message == "allows 'slow', but there is no rule below it"
    assert allowed(text) == {}


@pytest.mark.parametrize("code", ["dear", "taken", "never-fired", "foreign-signature", "slow"])
def test_what_is_not_known_here_may_be_allowed(code: str) -> None:
    text = f"[promo nav]\n# newsclean: allow {code} It is.\nTide\n  + Tide\n  - Tides"
    assert codes(text) == []
    assert allowed(text)[3] == {code: "It is."}


def test_a_signature_of_another_publisher_is_told_once(tmp_path: Path) -> None:
    rules, fixtures = tmp_path / "rules", tmp_path / "fixtures"
    rules.mkdir()
    bad, good = shown()["foreign-signature"]
    (rules / "post.example.txt").write_text(f"{bad}{good}", encoding="utf-8")
    (rules / "herald.example.txt").write_text("[domains]\nold-herald.example\n", encoding="utf-8")
    said = "Ferry Returns\n\nRead the Post\n\nThe Harbour Post is owned by its readers, she said.\n"
    for folder in ("herald.example", "old-herald.example", "post.example", "common", "unknown"):
        (fixtures / folder).mkdir(parents=True)
        (fixtures / folder / "ferry.txt").write_text(said, encoding="utf-8")
        (fixtures / folder / "ferry.labels").touch()
    gone = Fixture(tmp_path / "gone.txt", "herald.example", must_fail=False)
    (finding,) = foreign_signatures(Library([rules]), [gone, *find(fixtures)])
    assert finding.severity is Severity.WARNING
    assert finding.place.line == 2
    assert finding.message.startswith("the signature is found in a fixture of herald.example: ")


@pytest.mark.parametrize(
    ("pattern", "slow"),
    [
        pytest.param("(?:a|aa)+b", True, id="two-ways-for-the-same"),
        pytest.param("(?: ?\\w{1,30}){1,20}", True, id="a-blank-that-may-be-missing"),
        pytest.param("By (?:,|[,;]{1,9} ?){1,20}", True, id="of-signs"),
        pytest.param("(?:a|b)+c", False, id="one-way-for-each"),
        pytest.param("(?: \\w{1,30}){1,20}", False, id="parted-by-a-blank"),
        pytest.param("(?: ?\\w{1,30}+){1,20}", False, id="possessive"),
        pytest.param("(a)(?1)x", False, id="what-is-not-understood"),
    ],
)
def test_slow_is_measured(pattern: str, slow: bool) -> None:
    found = growth(pattern, Reach.LINE)
    assert (found is not None) == slow
    assert found is None or sorted(found.times) == list(found.times)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("a(?:b)c", "abc", True, id="groups"),
        pytest.param("[.]", "\\.", True, id="escapes"),
        pytest.param("[ab]x{1}", "[ba]x", True, id="order-in-a-class"),
        pytest.param("(?i)a", "a", False, id="case"),
        pytest.param("a+", "a+?", False, id="lazy"),
        pytest.param("(?!a)b", "(?=a)b", False, id="looking-around"),
    ],
)
def test_patterns_that_say_the_same(one: str, other: str, same: bool) -> None:
    assert (normal(one) == normal(other)) == same


def test_tokens_are_the_pattern_in_pieces() -> None:
    pattern = r"(?i)^(?P<author>\p{Lu}[]\]a-z]{1,3}+|b.)(x)??$"
    assert "".join(pattern[token.start : token.end] for token in tokens(pattern)) == pattern
    kinds = "edge edge open escape set repeat bar text any close open text close repeat edge"
    assert [token.kind for token in tokens(pattern)] == kinds.split()


@pytest.mark.parametrize("pattern", ["(?P=a", "(?#a)b?", "(?(1)a?)", "[a"], ids=["broken", "comment", "if", "open"])
def test_what_is_not_understood_is_not_read_otherwise(pattern: str) -> None:
    assert list(readings(pattern)) == []


def bundled_findings() -> list[str]:
    library = Library([bundled()])
    known: dict[str, tuple[Rule, ...]] = {
        name: tuple(rule for ruleset in library.rulesets(name, check=False) for rule in ruleset.rules)
        for name in library.names
    }
    found = []
    for name in ("common/fr", "common/ko", "groups/euronews", "themoscowtimes.com", "theguardian.com"):
        for (file, text), ruleset in zip(library.texts(name), library.rulesets(name, check=False), strict=True):
            built_on = (rule for include in ("common/en", *ruleset.includes) for rule in known[include])
            found += [str(finding) for finding in lint(ruleset, text, file, known=built_on)]
    return found


def test_bundled_rules_are_clean() -> None:
    assert bundled_findings() == []
