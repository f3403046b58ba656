"""Why lines got their labels, and what comes near to those that stayed: the core, and the command over it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Run
from newsclean.cleaning import Cleaner
from newsclean.library import Library
from newsclean.model import Article, Rule, UsageError
from newsclean.workshop.explaining import explain
from newsclean.workshop.nearest import NearMiss, Verdict, WhyNot, why_not
from newsclean.workshop.tracing import Watch, looser, read, squashed, trace, weigh

COMMON = r"""[promo newsletter]
Sign up for our (?:free )?weekly newsletter\.
[promo share]
\[(?:Share|Print) this\]
  inline
[promo related]
Read more.{0,80}
"""
HERALD = r"""[publisher]
The Harbour Herald is owned by its readers\.
[caption]
Picture: .{3,60} for the Herald
[promo donate]
The Reader Fund
  to (?:Pay|Give) into the fund
  within 3
[promo nav]
All pages of the Herald
  to end
  within 2
[promo share]
Share this:
  until By the same author
[promo related]
Read more on the pier
[promo meta]
High water \d\d\.\d\d and \d\d\.\d\d
[body]
Read more books
"""
POST = r"""[promo horoscope]
Your stars, by Ada Quill
[byline]
(?P<author>\p{Lu}\p{L}+ \p{Lu}\p{L}+)
"""
OWNED = "The Harbour Herald is owned by its readers."
COUNCIL = "The council voted eleven to two on Monday to keep the ferry running until the end of 2031."
DUMP = f"High water 06.12 and noon\n\n{COUNCIL} [Print this]\n{OWNED}\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rules, a dump and a batch: the same for all tests, so that what is drawn from the rules is drawn once."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "rules" / "common").mkdir(parents=True)
    for name, text in {"common/en": COMMON, "herald.example": HERALD, "post.example": POST}.items():
        (folder / "rules" / f"{name}.txt").write_text(text, encoding="utf-8")
    (folder / "ferry.txt").write_text(DUMP, encoding="utf-8")
    rows = [{"text": COUNCIL}, {"text": "High water 06.12 and noon \u202e\x1b[2J", "publisher": "herald.example"}]
    (folder / "dump.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture
def library(files: Path) -> Library:
    return Library([files / "rules"])


def cleaned(library: Library, *lines: str, publisher: str = "herald.example") -> Article:
    return Cleaner(library).clean("\n".join(lines), publisher=publisher)


def told(article: Article) -> list[tuple[int, list[str]]]:
    """Return, for each line, what each part of it says, its label, what decided by its line in the file, its block."""
    return [
        (
            one.line,
            [
                f"{article.text[part.start : part.end]}|{part.label}|"
                f"{part.why.place.line if isinstance(part.why, Rule) else part.why}|{part.begun}"
                for part in one.parts
            ],
        )
        for one in explain(article)
    ]


@pytest.mark.parametrize(
    ("lines", "want"),
    [
        pytest.param([], [], id="empty"),
        pytest.param(["", " \u00a0"], [], id="nothing-but-blanks"),
        pytest.param(["", COUNCIL], [(2, [f"{COUNCIL}|body|None|0"])], id="nothing-claimed-it"),
        pytest.param(
            ["The ferry left. [Share this] It came back."],
            [(1, ["The ferry left.|body|None|0", "[Share this]|promo|4|0", "It came back.|body|None|0"])],
            id="a-line-of-three-parts",
        ),
        pytest.param(
            [COUNCIL, "The Reader Fund", "Five crowns a month.", "", "Give into the fund"],
            [
                (1, [f"{COUNCIL}|body|None|0"]),
                (2, ["The Reader Fund|promo|6|2"]),
                (3, ["Five crowns a month.|promo|6|2"]),
                (5, ["Give into the fund|promo|6|2"]),
            ],
            id="a-block-tells-where-it-begins",
        ),
        pytest.param(
            [
                *("The Reader Fund", "Pay into the fund"),
                *(COUNCIL, "The Reader Fund", "Pay into the fund"),
            ],
            [
                *((1, ["The Reader Fund|promo|6|1"]), (2, ["Pay into the fund|promo|6|1"])),
                (3, [f"{COUNCIL}|body|None|0"]),
                *((4, ["The Reader Fund|promo|6|4"]), (5, ["Pay into the fund|promo|6|4"])),
            ],
            id="each-of-two-blocks",
        ),
    ],
)
def test_each_line_tells_what_decided(library: Library, lines: list[str], want: object) -> None:
    assert told(cleaned(library, *lines)) == want


def test_sentences_of_one_line_that_nothing_claimed_are_one_part(library: Library) -> None:
    (one,) = explain(cleaned(library, " ".join([COUNCIL] * 9)))
    assert [(part.start, part.end) for part in one.parts] == [(0, 9 * len(COUNCIL) + 8)]


def place(miss: NearMiss) -> str:
    return f"{miss.rule.place.file.rpartition('/')[2]}:{miss.rule.place.line}"


def asked(library: Library, line: int, *lines: str, publisher: str = "herald.example") -> WhyNot:
    return why_not(cleaned(library, *lines, publisher=publisher), line, library)


@pytest.mark.parametrize(
    ("line", "lines", "rule", "reason"),
    [
        pytest.param(1, ["Read more on the pier"], "herald.example.txt:17", "claims it", id="it-went"),
        pytest.param(1, ["It left. [Share this] Now."], "en.txt:4", "claims a part of it", id="inline"),
        pytest.param(
            *(1, ["Read more books"], "en.txt:7"),
            "matches, but a stronger one claimed it: {}/herald.example.txt:21",
            id="a-stronger-one-has-it",
        ),
        pytest.param(
            *(1, ["The Reader Fund", COUNCIL, "Ask for the fund"], "herald.example.txt:6"),
            "its block begins on line 1, but no end is found within 3 units",
            id="a-block-without-an-end",
        ),
        pytest.param(
            *(1, ["The Reader Fund", COUNCIL, "Pay into the funds"], "herald.example.txt:6"),
            "its block begins on line 1, but no end is found within 3 units; line 3 comes nearest",
            id="a-block-with-nearly-an-end",
        ),
        pytest.param(
            *(2, ["The Reader Fund", "Five crowns.", "Pay into the funds"], "herald.example.txt:6"),
            "its block begins on line 1, but no end is found within 3 units; line 3 comes nearest",
            id="a-line-inside-of-such-a-block",
        ),
        pytest.param(
            *(1, ["The Reader Fund", "", *"abcd", "Pay into the fund"], "herald.example.txt:6"),
            "its block begins on line 1, but its end, line 7, is 5 units below: `within 3` is too little",
            id="a-block-that-is-too-long",
        ),
        pytest.param(
            *(1, ["All pages of the Herald", *"abc"], "herald.example.txt:10"),
            "its block begins on line 1, but 3 units follow, and it claims no more than 2",
            id="to-end-and-too-much-follows",
        ),
        pytest.param(
            *(3, ["Share this:", "Mail", "By the same author"], "herald.example.txt:14"),
            "its block begins on line 1 and ends on line 2",
            id="until-does-not-take-its-end",
        ),
        pytest.param(
            *(1, ["HIGH WATER 06.12 AND 18.40"], "herald.example.txt:19"),
            "would match if upper and lower case were different",
            id="case",
        ),
        pytest.param(
            *(1, ["Sign-up for our weekly newsletter"], "en.txt:2"),
            "would match if punctuation and spaces were different",
            id="punctuation",
        ),
        pytest.param(1, ["High water 06.12 and noon"], "herald.example.txt:19", "stops", id="stops"),
        pytest.param(
            *(1, ["Your stars, by Ada Quill"], "post.example.txt:2"),
            "matches, but is a rule of post.example, not tried on this article",
            id="another-publisher",
        ),
    ],
)
def test_the_first_rule_told_says_why(
    library: Library, line: int, lines: list[str], rule: str, reason: str, files: Path
) -> None:
    found = asked(library, line, *lines)
    reasons = {place(miss): miss.reason for miss in found.misses}
    assert reasons.get(rule) == reason.format((files / "rules").as_posix())
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("line", "rule", "matched", "wanted"),
    [
        pytest.param("High water 06.12 and noon", 19, "High water 06.12 and ", r"\d\d\.\d\d", id="amid-the-pattern"),
        pytest.param("High water 06.12", 19, "High water 06.12", r" and \d\d\.\d\d", id="the-line-ends"),
        pytest.param("Read more on the pier now", 17, "Read more on the pier", "", id="the-pattern-ends"),
        pytest.param(
            *("Picture: Tomas Rehn for the Post", 4, "Picture: Tomas Rehn for the ", "Herald"),
            id="a-gap-has-not-swallowed-the-rest",
        ),
        pytest.param("Picture: Tomas Rehn – “X” for the", 4, 'Picture: Tomas Rehn - "X" for the', " Herald", id="view"),
    ],
)
def test_a_rule_stops_where_its_longest_beginning_ends(
    library: Library, line: str, rule: int, matched: str, wanted: str
) -> None:
    (miss,) = (miss for miss in asked(library, 1, line).misses if place(miss) == f"herald.example.txt:{rule}")
    assert miss.stop
    assert (miss.stop.text[: miss.stop.at], miss.stop.wanted) == (matched, wanted)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(COUNCIL, id="a-sentence"),
        pytest.param("Ines Valverde", id="what-a-foreign-rule-that-names-nothing-matches"),
        pytest.param("\ud800", id="half-a-character"),
    ],
)
def test_of_some_lines_there_is_nothing_to_tell(library: Library, line: str) -> None:
    assert asked(library, 1, line).misses == ()


def test_a_rule_that_is_asked_for_is_told_of_however_far_it_is(library: Library) -> None:
    article = cleaned(library, COUNCIL)
    found = why_not(article, 1, library, only=lambda rule: rule.place.file.endswith("post.example.txt"))
    assert [(miss.verdict, miss.owner) for miss in found.misses] == [(Verdict.STOPS, "post.example")] * 2


def test_without_the_common_rules_they_are_told_as_left_out(library: Library) -> None:
    article = Cleaner(library, common=False).clean("Read more")
    (miss,) = why_not(article, 1, library, common=False).misses
    assert miss.reason == "matches, but is a rule of common, not tried on this article"


def test_a_paragraph_of_many_lines_is_one_unit(library: Library) -> None:
    wrapped = ["The council voted eleven to two on Monday evening to keep it", *["running " * 7 + "on"] * 6]
    found = asked(library, 3, *wrapped, "", "High water 06.12 and noon")
    assert found.explained.line == 3
    assert asked(library, 9, *wrapped, "", "High water 06.12 and noon").misses[0].line == 9


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(2, "line 2 is blank; name one with text in it", id="blank"),
        pytest.param(4, "there is no line 4; the text has 3", id="beyond-the-end"),
        pytest.param(0, "there is no line 0; the text has 3", id="nought"),
    ],
)
def test_a_line_that_is_not_there(library: Library, line: int, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        asked(library, line, "a", "", "b")
    assert str(caught.value) == message


def test_patterns_that_take_for_ever_end_and_that_is_told(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsclean.workshop.nearest.Watch", lambda: Watch(left=0.2))
    slow = "".join(f"(?:a|aa)+(?:a|b)+c{i}\n" for i in range(40))
    (tmp_path / "slow.example.txt").write_text(f"[promo ad]\n{slow}", encoding="utf-8")
    slowed = Library([tmp_path])
    article = Cleaner(library).clean("a" * 90)
    found = why_not(article, 1, slowed, only=lambda rule: "slow" in rule.place.file)
    assert found.warnings == ("out of time: not all rules were looked at",)


# --- What a pattern wants


@pytest.mark.parametrize(
    ("pattern", "text", "end", "wanted"),
    [
        pytest.param("Menu", "Menu", 4, "", id="all-of-it"),
        pytest.param("Menu", "News", 0, "Menu", id="nothing-of-it"),
        pytest.param("Send (?:me|us) the letter", "Send me a letter", 8, "the letter", id="behind-a-group"),
        pytest.param("Send (?:me|us) the letter", "Send mo", 6, "e the letter", id="amid-an-alternative"),
        pytest.param("Send (?:me|us) it", "Send them", 5, "(?:me|us) it", id="before-a-group"),
        pytest.param("Menu|News of the day", "News of the week", 12, "day", id="the-better-alternative"),
        pytest.param(r"(?i)menu \d{2}", "MENU 1", 5, r"\d{2}", id="a-flag-in-front"),
        pytest.param("(?=.{1,5}$)Menu.*", "Menu of the day", 0, "(?=.{1,5}$)Menu.*", id="looking-ahead"),
        pytest.param("(?:a(?:b(?:c(?:d))))e", "abcx", 3, "(?:d)e", id="nested"),
        pytest.param("By .{3,20} for us", "By Ada Quill for them", 17, "us", id="a-gap"),
        pytest.param("(?:ab){3}c", "ababx", 2, "c", id="a-group-that-is-repeated"),
    ],
)
def test_how_far_a_pattern_gets(pattern: str, text: str, end: int, wanted: str) -> None:
    watch = Watch()

    def ends(beginning: str) -> int | None:
        found = watch.ask(beginning, "match", text)
        return found.end() if found else None

    found = trace(read(pattern), ends)
    assert (found.end, found.wanted) == (end, wanted)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        pytest.param(r"Read more\.", "Read more", True, id="a-full-stop"),
        pytest.param(r"Sign up (?:for|to) the letter", "sign-up for the  letter!", True, id="hyphen-and-case"),
        pytest.param(r"© 2024 The Post[,.] Pier \d", "(c) 2024 The Post", False, id="words-are-missing"),
        pytest.param(r"Don't miss (?:it|this)?!", "DONT MISS", True, id="an-apostrophe"),
    ],
)
def test_a_looser_pattern_matches_what_is_left_without_punctuation(pattern: str, text: str, matches: bool) -> None:
    assert Watch().matches(looser(read(pattern), punctuation=True), squashed(text)) is matches


@pytest.mark.parametrize(
    ("pattern", "weight"),
    [
        pytest.param("Menu", 4, id="letters"),
        pytest.param(r"[Mm]enu\.", 5, id="a-set-of-a-few-and-a-mark"),
        pytest.param(r"\d\p{Lu}.", 0.5, id="sets-and-a-dot"),
        pytest.param("(?:long|at)x?", 2, id="the-shorter-alternative-and-what-may-lack"),
        pytest.param("(?=Menu)", 0, id="looking-ahead"),
    ],
)
def test_what_a_pattern_names_literally(pattern: str, weight: float) -> None:
    assert weigh(read(pattern)) == weight


def test_what_is_not_understood_has_no_alternatives() -> None:
    assert read(r"(?P<a>x)(?P=a)") == ()


# --- The command


def test_the_command_tells_of_every_line(newsclean: Run, files: Path) -> None:
    done = newsclean("explain", "ferry.txt", "--rules", "rules", "-p", "herald.example", cwd=files)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:7] == [
        "ferry.txt · herald.example",
        "",
        "    1  headline          High water 06.12 and noon",
        "                         structure:headline",
        "    3  body              The council voted eleven to two on Monday to keep the …",
        "                         nothing claimed it",
        "       promo share       [Print this]",
    ]
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_command_shows_where_a_rule_stops(newsclean: Run, files: Path) -> None:
    done = newsclean("explain", "ferry.txt", "--rules", "rules", "-p", "herald.example", "--why-not", "1", cwd=files)
    assert done.stdout.endswith(r"""
rules/herald.example.txt:19  promo meta
  High water \d\d\.\d\d and \d\d\.\d\d
  stops at character 22 and wants \d\d\.\d\d
    High water 06.12 and noon
                         ^
""")


def test_a_record_of_a_batch_with_nothing_in_it_that_a_terminal_would_obey(newsclean: Run, files: Path) -> None:
    done = newsclean("explain", "dump.jsonl:2", "--rules", "rules", "--why-not", "1", cwd=files)
    assert "dump.jsonl:2 · herald.example" in done.stdout
    assert "rules/herald.example.txt:19" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)


def test_json_for_machines(newsclean: Run, files: Path) -> None:
    options = ("--rules", "rules", "--why-not", "1", "-f", "json")
    data = json.loads(newsclean("explain", "-", "-p", "herald.example", *options, stdin=DUMP, cwd=files).stdout)
    assert {key: data[key] for key in data if key not in ("lines", "near")} == {
        "source": "-",
        "publisher": "herald.example",
        "warnings": [],
    }
    text = "High water 06.12 and noon"
    why = {"rule": "structure:headline", "pattern": None, "features": None, "block_from": None}
    part = {"start": 0, "end": 25, "text": text, "label": "headline", "kind": None, **why}
    assert data["lines"] == [{"line": 1, "parts": [part]}]
    assert data["near"][0] == {
        "rule": "rules/herald.example.txt:19",
        "label": "promo",
        "kind": "meta",
        "reach": "line",
        "pattern": r"High water \d\d\.\d\d and \d\d\.\d\d",
        "verdict": "stops",
        "reason": "stops",
        "owner": None,
        "by": [],
        "line": 1,
        "stop": {"line": 1, "text": text, "at": 21, "wanted": r"\d\d\.\d\d", "alike": data["near"][0]["stop"]["alike"]},
    }


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        pytest.param(["--line", "3"], [3], id="a-line"),
        pytest.param(["--line", "1-3"], [1, 3], id="from-one-to-another"),
        pytest.param(["--rule", "rules/common/en.txt:4"], [3], id="a-rule"),
        pytest.param(["--rule", "rules/common/en"], [3], id="a-rule-file"),
        pytest.param(["--rule", "labeller:below"], [], id="a-guess"),
        pytest.param(["--rule", "structure:headline"], [1], id="a-pass-that-claimed"),
        pytest.param(["--rule", "rules/common/en.txt:7"], [], id="a-rule-that-claimed-nothing"),
    ],
)
def test_what_is_asked_for(newsclean: Run, files: Path, options: list[str], lines: list[int]) -> None:
    done = newsclean("explain", "ferry.txt", "--rules", "rules", *options, "-f", "json", cwd=files)
    assert [one["line"] for one in json.loads(done.stdout)["lines"]] == lines


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(["none.txt"], "newsclean: none.txt: does not exist.", id="no-such-file"),
        pytest.param(["."], "newsclean: .: is a folder. Name one article.", id="a-folder"),
        pytest.param(
            *(["dump.jsonl"], "newsclean: dump.jsonl: holds several articles. Name one of them, as in dump.jsonl:1."),
            id="a-batch",
        ),
        pytest.param(["dump.jsonl:9"], "newsclean: dump.jsonl: holds no record 9.", id="no-such-record"),
        pytest.param(["ferry.txt", "--line", "x"], "--line x names no lines; write it like 12 or 12-20", id="no-range"),
        pytest.param(
            *(
                ["ferry.txt", "--line", "70"],
                "newsclean: ferry.txt: no text stands on line 70; the article has 4 lines",
            ),
            id="no-such-line",
        ),
        pytest.param(
            *(["ferry.txt", "--rule", "rules/common/en.txt:5"], "newsclean: rules/common/en.txt:5: no rule begins"),
            id="no-such-rule",
        ),
        pytest.param(
            ["ferry.txt", "--rule", "x"],
            "newsclean: no rule file is called x.txt; `newsclean rules list` names those there are",
            id="no-such-rule-file",
        ),
        pytest.param(
            *(["ferry.txt", "--line", "1", "--why-not", "1"], "--line and --why-not are two questions"),
            id="two-questions",
        ),
        pytest.param(["ferry.txt", "-p", "x"], "newsclean: no rules for the publisher 'x'", id="no-such-publisher"),
    ],
)
def test_wrong_usage_is_told(newsclean: Run, files: Path, args: list[str], message: str) -> None:
    done = newsclean("explain", *args, "--rules", "rules", cwd=files)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in " ".join(done.stderr.split())
