"""How the rules fare: what is counted, what of it has changed, and what the command says of it."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterable
from functools import cache, reduce
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Run
from newsclean import Cleaner, Library, batch
from newsclean.records import Input, Record
from newsclean.workshop.census import Census, Inventory, Lines, Sighting, Signs, Watch
from newsclean.workshop.drifting import Rate, Sign, Usual, change, drifted, findings

RULES = """\
[publisher]
The Harbour Post is owned by its readers\\.
  + The Harbour Post is owned by its readers.
  - The Harbour Post is owned by its readers, a court found.

[promo newsletter]
Sign up for the Harbour Letter
  + Sign up for the Harbour Letter
  - Sign up for the Harbour Letter, he said.

[promo related]
More from the pier
  to All stories from the pier
  + More from the pier\\nThe boat\\nAll stories from the pier
  - More from the pier

[promo app]
The Harbour app
  + The Harbour app
  - The Harbour app sank.
"""
POST = "harbourpost.example"
FILE = f"{POST}.txt"
NEWSLETTER, BLOCK, APP = f"{FILE}:7", f"{FILE}:12", f"{FILE}:18"
OWNED, LETTER = "The Harbour Post is owned by its readers.", "Sign up for the Harbour Letter"
PIER = "More from the pier\n{}\nAll stories from the pier"
STORY = (
    "The {0} boat left the harbour on Monday with {0} passengers, who had waited for it since the winter before last."
)
NUMBERS = ("red", "old", "slow", "late", "long", "blue", "last", "next", "lost", "dear")


def story(i: int) -> str:
    """Return the paragraphs of an article that is like no other."""
    name = " ".join(NUMBERS[int(digit)] for digit in str(i))
    long = " ".join([STORY.format(name)] * 6)
    return f"{STORY.format(name)}\n\n{long}\n\nNobody had thought that the {name} one would come back, said the keeper of the pier."


def articles(number: int, *lines: str, first: int = 0, some: dict[int, str] | None = None) -> list[str]:
    """Return articles that end in these lines; of `some`, every n-th has one more."""
    return [
        "\n\n".join([story(i), *lines, *(line for every, line in (some or {}).items() if i % every == 0)])
        for i in range(first, first + number)
    ]


def write_rules(text: str = RULES) -> Path:
    folder = Path("my-rules")
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_text(text)
    return folder


def counted(
    texts: Iterable[str], fields: dict[str, str] | None = None, *, rules: str = RULES, library: Library | None = None
) -> Census:
    """Return the census of articles, with these rules alone unless there is a library."""
    library = library or Library([write_rules(rules)])
    rows = (json.dumps({"text": text, **(fields or {})}).encode() for text in texts)
    records = (Record("dump.jsonl", i, row, Input.JSONL) for i, row in enumerate(rows, 1))
    made = Census(Inventory.of(library))
    for done in batch.run(records, Watch(Cleaner(library), signs=Signs(library))):
        for outcome in done.outcomes:
            assert isinstance(outcome, batch.Cleaned)
            made.count(cast("dict[str, Sighting]", outcome.article)["sighting"])
    return made


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# --- What has changed

URL = {"url": f"https://{POST}/a-story"}
BEFORE = articles(60, OWNED, LETTER)
PLEA = "Read on in the app that 4,000 sailors trust"
SHOWN_PLEA = '"Read on in the app that # sailors trust"'
LONG_BLOCK = PIER.format("\n".join(f"The boat that came back on its {i}th day at sea" for i in range(8)))
EDITED = RULES.replace("Sign up for the", "Sign up (?:now )?for the")


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param(BEFORE, articles(50, OWNED, LETTER, first=100), [], id="nothing-changed"),
        pytest.param(
            BEFORE,
            articles(40, OWNED, first=100),
            [("silent", f"my-rules/{NEWSLETTER}", "in 0 of 40, before in 60 of 60")],
            id="a-rule-gone-silent",
        ),
        pytest.param(BEFORE, articles(19, OWNED, first=100), [], id="19-articles-are-too-few"),
        pytest.param(articles(19, OWNED, LETTER), articles(60, OWNED, first=100), [], id="19-before-are-too-few"),
        pytest.param(
            articles(60, OWNED, some={12: LETTER}),
            articles(60, OWNED, first=100),
            [],
            id="silent-but-it-was-rare-and-that-is-no-proof",
        ),
        pytest.param(
            BEFORE,
            articles(60, OWNED, some={6: LETTER}, first=100),
            [("less", f"my-rules/{NEWSLETTER}", "in 10 of 60 (17%), before in 60 of 60")],
            id="a-rule-that-fires-less",
        ),
        pytest.param(
            articles(60, OWNED, some={12: LETTER}),
            articles(60, OWNED, LETTER, first=100),
            [("more", f"my-rules/{NEWSLETTER}", "in 60 of 60, before in 5 of 60 (8%)")],
            id="a-rule-that-fires-more",
        ),
        pytest.param(
            articles(40, OWNED, PIER.format("The boat")),
            articles(40, OWNED, LONG_BLOCK, first=100),
            [
                ("greedy", f"my-rules/{BLOCK}", "takes 97 words at a time, before 11; in 40 of 40"),
                ("share", "", "33% of the middle article's words are removed, before 6%"),
                ("odd", "dump.jsonl:1", "33% of 298 words removed, usually 6%"),
            ],
            id="a-block-that-takes-more",
        ),
        pytest.param(
            BEFORE,
            articles(50, OWNED, LETTER, PLEA, first=100),
            [("line", "Read on in the app that # sailors trust", "in 50 of 50, before in 0 of 60")],
            id="a-new-line-with-a-number",
        ),
        pytest.param(
            articles(60, OWNED, LETTER, PLEA), articles(50, OWNED, LETTER, PLEA, first=100), [], id="a-line-not-new"
        ),
        pytest.param(
            BEFORE,
            articles(60, OWNED, LETTER, *[PIER.format("The boat")] * 3, first=100),
            [
                ("more", f"my-rules/{BLOCK}", "in 60 of 60, before in 0 of 60"),
                ("share", "", "16% of the middle article's words are removed, before 3%"),
            ],
            id="more-is-removed",
        ),
        pytest.param(
            BEFORE,
            articles(60, OWNED, LETTER, some={3: LONG_BLOCK}, first=100),
            [
                ("more", f"my-rules/{BLOCK}", "in 20 of 60 (33%), before in 0 of 60"),
                ("spread", "", "20 of 60 (33%) articles are far from the usual 3% removed, before 0 of 60"),
                ("odd", "dump.jsonl:12", "34% of 304 words removed, usually 3%"),
            ],
            id="more-articles-are-odd",
        ),
        pytest.param(
            BEFORE,
            [*articles(60, OWNED, LETTER, first=100), f"{OWNED}\n{story(999)}\n{LONG_BLOCK}"],
            [("odd", "dump.jsonl:61", "33% of 298 words removed, usually 3%")],
            id="one-odd-article-is-no-drift",
        ),
        pytest.param(
            articles(60, OWNED, LETTER),
            articles(1, OWNED, LETTER, first=100) + articles(1, OWNED, first=200) * 60,
            [],
            id="an-article-that-comes-60-times-counts-once",
        ),
    ],
)
def test_what_has_changed(before: list[str], now: list[str], expected: list[tuple[str, str, str]]) -> None:
    found = findings(counted(now, URL), counted(before, URL))
    odd = [it for it in found if it.sign is Sign.ODD]
    said = [(it.sign.value, it.subject, it.said) for it in found if it not in odd[1:]]
    assert said == expected
    assert {it.publisher for it in found} <= {POST}
    assert bool(drifted(found)) == any(sign != "odd" for sign, *_ in expected)


def test_rules_of_only_one_run_are_new_or_gone_and_not_silent() -> None:
    place = f"my-rules/{NEWSLETTER}"
    found = findings(counted(articles(40, OWNED, first=100), URL, rules=EDITED), counted(BEFORE, URL))
    assert [(it.sign, it.subject, it.said) for it in found] == [
        (Sign.NEW, place, "fires in 0 articles"),
        (Sign.GONE, place, "fired in 60 articles"),
    ]
    assert drifted(found) == 0


def test_a_rule_is_known_again_on_another_line() -> None:
    moved = "# The Harbour Post.\n\n" + RULES
    assert findings(counted(articles(50, OWNED, LETTER, first=100), rules=moved), counted(BEFORE)) == []
    (silent,) = findings(counted(articles(50, OWNED, first=100), rules=moved), counted(BEFORE))
    assert (silent.sign, silent.subject) == (Sign.SILENT, f"my-rules/{FILE}:9")


def test_a_silent_rule_in_a_file_with_new_rules_may_have_been_replaced() -> None:
    more = RULES + "[promo ad]\nFor sailors only\n  + For sailors only\n  - For sailors\n"
    found = findings(counted(articles(40, OWNED, first=100), rules=more), counted(BEFORE))
    assert [(it.sign, it.said) for it in found] == [
        (Sign.SILENT, "in 0 of 40, before in 60 of 60; its file has new rules"),
        (Sign.NEW, "fires in 0 articles"),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(
            URL,
            [
                ("silent", f"my-rules/{FILE}:2", "in 0 of 60, before in 60 of 60"),
                ("unsigned", "", "0 of 60 texts tell whose they are, before 60 of 60"),
            ],
            id="known-by-the-url",
        ),
        pytest.param(
            {},
            [("unknown", "", "0 of 60 of the texts without a URL, before 60 of 60; more are unknown now")],
            id="known-by-the-text-alone",
        ),
    ],
)
def test_texts_that_no_longer_tell_their_publisher(
    fields: dict[str, str], expected: list[tuple[str, str, str]]
) -> None:
    found = findings(counted(articles(60, LETTER, first=100), fields), counted(BEFORE, fields))
    assert [(it.sign.value, it.subject, it.said) for it in found] == expected


def test_a_batch_without_a_publisher_is_another_mixture_and_no_drift() -> None:
    before = counted([*BEFORE, *articles(60, "Nobody's", first=100)])
    now = counted(articles(60, "Nobody's", first=200))
    now.publishers["quaypost.example"] = counted(BEFORE).publishers[POST]
    assert findings(now, before) == []


def test_without_an_earlier_run_all_that_is_odd_is_told() -> None:
    texts = [*articles(40, OWNED, LETTER, PLEA), f"{OWNED}\n{story(999)}\n{LONG_BLOCK}", *articles(30, first=100)]
    found = findings(counted(texts))
    assert [(it.sign.value, it.subject, it.said) for it in found] == [
        ("recurring", OWNED, "in 41 of 41"),
        ("recurring", "Read on in the app that # sailors trust", "in 40 of 41 (98%)"),
        ("odd", "dump.jsonl:41", "33% of 298 words removed, usually 3%"),
        ("idle", f"my-rules/{APP}", "in none of 41"),
    ]


# --- Numbers


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param((80, 118), (0, 120), -0.46, id="gone"),
        pytest.param((0, 120), (80, 118), 0.46, id="come"),
        pytest.param((20, 20), (0, 20), -0.37, id="20-are-enough-for-all-or-nothing"),
        pytest.param((5, 5), (0, 5), 0, id="5-are-not"),
        pytest.param((500, 1000), (520, 1000), 0, id="as-chance-has-it"),
        pytest.param((50_000, 100_000), (52_000, 100_000), 0.01, id="small-but-sure"),
        pytest.param((0, 0), (5, 5), 0, id="nothing-before"),
        pytest.param((5, 5), (0, 0), 0, id="nothing-now"),
    ],
)
def test_the_part_of_a_change_that_is_sure(before: tuple[int, int], now: tuple[int, int], expected: float) -> None:
    assert round(change(Rate(*before), Rate(*now)), 2) == expected


RATES = st.integers(0, 300).flatmap(lambda of: st.builds(Rate, st.integers(0, of), st.just(of)))


@given(RATES, RATES)
def test_a_change_is_no_more_than_what_is_seen_and_the_same_both_ways(before: Rate, now: Rate) -> None:
    sure, seen = change(before, now), now.share - before.share
    assert sure == 0 or (sure * seen > 0 and abs(sure) <= abs(seen))
    assert sure == pytest.approx(-change(now, before))
    low, high = before.interval()
    assert -1e-9 <= low <= before.share + 1e-9 or not before.of
    assert high <= 1 + 1e-9


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        pytest.param({}, (0, 15), id="none"),
        pytest.param({10: 5}, (10, 15), id="all-the-same"),
        pytest.param({0: 2, 10: 6, 90: 1}, (10, 15), id="one-far"),
        pytest.param({0: 10, 20: 10, 40: 10, 60: 10, 80: 10}, (40, 103.782), id="all-over"),
    ],
)
def test_what_is_usual(shares: dict[int, int], expected: tuple[int, float]) -> None:
    assert Usual.of(Counter(shares)) == pytest.approx(expected)


# --- Counts add up

WORDS = st.lists(st.sampled_from("abcdefghij"), max_size=60)


def lines(words: Iterable[str], room: int) -> Lines:
    made = Lines(room)
    for word in words:
        made.add(word)
    return made


def assert_bounds(made: Lines, words: list[str]) -> None:
    counts = Counter(words)
    for word in "abcdefghij":
        least, most = made.bounds(word)
        assert least <= counts[word] <= most
    assert len(made.common()) <= made.room


@given(WORDS, st.integers(1, 12))
def test_lines_are_counted_within_bounds(words: list[str], room: int) -> None:
    made = lines(words, room)
    assert_bounds(made, words)
    assert made.floor * room <= len(words)


@given(st.lists(WORDS, min_size=1, max_size=4), st.integers(1, 12), WORDS)
def test_counts_of_lines_add_up_within_bounds(parts: list[list[str]], room: int, more: list[str]) -> None:
    whole = lines(parts[0], room)
    for part in parts[1:]:
        whole.update(lines(part, room))
    assert_bounds(whole, [word for part in parts for word in part])
    for word in more:
        whole.add(word)
    assert_bounds(whole, [*(word for part in parts for word in part), *more])


@given(WORDS, WORDS, st.integers(1, 12))
def test_lines_add_up_the_same_both_ways(one: list[str], other: list[str], room: int) -> None:
    left, right = lines(one, room), lines(other, room)
    left.update(lines(other, room))
    right.update(lines(one, room))
    assert (left.common(), left.floor) == (right.common(), right.floor)


@given(WORDS)
def test_lines_that_are_kept_keep_their_bounds(words: list[str]) -> None:
    assert_bounds(Lines.from_dict(lines(words, 5).to_dict()), words)


PASS = ("structure:menu", "")
SIGHTINGS = st.lists(
    st.builds(
        Sighting,
        source=st.sampled_from(["a.txt", "b.txt"]),
        publisher=st.sampled_from(["", POST]),
        told=st.booleans(),
        signed=st.booleans(),
        words=st.integers(10, 20),
        removed=st.integers(0, 10),
        rules=st.dictionaries(st.sampled_from([PASS, (FILE, "12ab")]), st.integers(0, 9)),
        lines=st.lists(st.sampled_from("abc"), unique=True).map(tuple),
        body=st.just(0),
    ),
    max_size=30,
)


def taken(sightings: Iterable[Sighting]) -> Census:
    made = Census(Inventory({(FILE, "12ab"): 7}))
    for sighting in sightings:
        made.count(sighting)
    return made


def joined(parts: Iterable[Census]) -> dict[str, Any]:
    def add(one: Census, other: Census) -> Census:
        one.update(other)
        return one

    return reduce(add, parts, Census(Inventory())).to_dict()


@settings(deadline=None)
@given(SIGHTINGS, SIGHTINGS, SIGHTINGS)
def test_a_census_in_parts_is_that_of_the_whole(
    one: list[Sighting], two: list[Sighting], three: list[Sighting]
) -> None:
    whole = taken([*one, *two, *three])
    assert joined([taken(one), taken(two), taken(three)]) == whole.to_dict()
    assert joined([taken(three), taken(one), taken(two)]) == whole.to_dict()
    late = taken(two)
    late.update(taken(three))
    assert joined([taken(one), late]) == whole.to_dict()


@settings(deadline=None)
@given(SIGHTINGS)
def test_a_census_comes_back_from_json(sightings: list[Sighting]) -> None:
    told = taken(sightings).to_dict()
    assert Census.from_dict(json.loads(json.dumps(told))).to_dict() == told


def test_memory_stays_flat() -> None:
    rules = {(FILE, str(i)): i for i in range(50)}

    def peak(number: int) -> int:
        sightings = (
            Sighting(
                f"{i:09}", f"{i % 4}", True, True, 1000, i % 1000, rules, tuple(f"{i:09} {n}" for n in range(9)), i + 1
            )
            for i in range(number)
        )
        tracemalloc.start()
        try:
            assert taken(sightings).articles == number
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small = peak(1000)
    assert peak(8 * 1000) < 1.15 * small


# --- The command

PLAIN = """\
New lines that recur and no rule knows  1
  harbourpost.example  "Read on in the app that # sailors trust"
    in 50 of 50, before in at most 1 of 60 (2%)

publisher            articles  removed  before  own rules firing  texts tell it
harbourpost.example        50       3%      3%            2 of 4           100%

publisher            rule                                words  articles
harbourpost.example  my-rules/harbourpost.example.txt:7    300      100%

50 articles, 1 publisher, 1 of them with 20 in both runs: 1 drifted
"""


def dump(name: str, texts: Iterable[str]) -> None:
    Path(name).write_text("".join(json.dumps({"text": text, **URL}) + "\n" for text in texts))


@cache
def earlier() -> str:
    """Return what a run over the first dump writes."""
    return json.dumps(counted(BEFORE, URL, library=Library.standard(Path("my-rules"))).to_dict())


@pytest.fixture
def drift(newsclean: Run) -> Run:
    """Return a function that runs the command; two dumps are there, and what was counted in the first."""
    dump("before.jsonl", BEFORE)
    dump("now.jsonl", articles(50, OWNED, LETTER, PLEA, first=100))

    def run(*args: str | Path, **more: Any) -> Any:
        return newsclean("drift", "--no-common", "--rules", "my-rules", *args, **more)

    write_rules()
    Path("before.json").write_text(earlier())
    return run


def test_the_report(drift: Run) -> None:
    done = drift("now.jsonl", "--against", "before.json", "--fail")
    assert (done.returncode, done.stdout, done.stderr) == (1, PLAIN, "")
    assert drift("now.jsonl", "--against", "before.json").returncode == 0
    same = drift("before.jsonl", "--against", "before.json", "--fail")
    assert (same.returncode, same.stdout.splitlines()[-1]) == (
        0,
        "60 articles, 1 publisher, 1 of them with 20 in both runs: no drift",
    )


def test_json_is_what_against_reads_and_the_same_for_any_number_of_jobs(drift: Run) -> None:
    dump("many.jsonl", articles(250, OWNED, LETTER))
    one, three = (drift("many.jsonl", "-j", jobs, "--format", "json") for jobs in ("1", "3"))
    assert one.stdout == three.stdout
    drift("many.jsonl", "--format", "json", "-o", "many.json")
    assert Path("many.json").read_text() == one.stdout
    told = json.loads(one.stdout)
    assert list(told) == ["version", "articles", "failed", "repeated", "publishers", "rules", "drifted", "findings"]
    assert (told["version"], told["articles"], told["drifted"]) == (1, 250, 0)
    (post,) = told["publishers"]
    assert post["shares"] == {"3": 250}
    assert {(row["rule"], row["articles"], row["words"]) for row in post["rules"]} == {
        (f"my-rules/{FILE}:2", 250, 0),
        (f"my-rules/{NEWSLETTER}", 250, 1500),
    }
    assert post["lines"]["recurring"][0] == {"line": OWNED, "articles": 250, "at_most": 250}


def test_earlier_runs_are_taken_together(drift: Run) -> None:
    library = Library.standard(Path("my-rules"))
    for name, first in (("few", 300), ("others", 400)):
        few = counted(articles(12, OWNED, LETTER, first=first), URL, library=library)
        Path(f"{name}.json").write_text(json.dumps(few.to_dict()))
    alone = drift("now.jsonl", "--against", "few.json", "--fail")
    assert (alone.returncode, alone.stdout.splitlines()[-1]) == (
        0,
        "50 articles, 1 publisher, 0 of them with 20 in both runs: nothing to compare",
    )
    both = drift("now.jsonl", "--against", "few.json", "--against", "others.json", "--fail")
    assert both.returncode == 1
    assert "in 50 of 50, before in at most 2 of 24 (8%)" in both.stdout


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        pytest.param(
            ["now.jsonl", "--fail"],
            2,
            "Error: Invalid value: --fail needs --against FILE: without an earlier run nothing can have drifted\n",
            id="fail-without-against",
        ),
        pytest.param(
            ["now.jsonl", "--against", "now.jsonl"],
            2,
            "newsclean: now.jsonl: is not what `newsclean drift -o` writes "
            "(Extra data: line 2 column 1 (char 1183)); give a file of its\n",
            id="against-a-batch",
        ),
        pytest.param(
            ["now.jsonl", "--against", "list.json"],
            2,
            "newsclean: list.json: is not what `newsclean drift -o` writes (it holds something else); give a file of its\n",
            id="against-a-list",
        ),
        pytest.param(
            ["now.jsonl", "--against", "old.json"],
            2,
            "newsclean: old.json: is not what `newsclean drift -o` writes (version 0, not 1); give a file of its\n",
            id="against-another-version",
        ),
        pytest.param(
            ["now.jsonl", "--against", "half.json"],
            2,
            "newsclean: half.json: is not what `newsclean drift -o` writes (it has no 'rules'); give a file of its\n",
            id="against-half-a-file",
        ),
        pytest.param(
            ["now.jsonl", "missing.jsonl"], 1, "newsclean: missing.jsonl: does not exist.\n", id="a-missing-batch"
        ),
        pytest.param(
            ["now.jsonl", "-p", "nobody.example"],
            2,
            "newsclean: no rules for the publisher 'nobody.example'; `newsclean rules list` names those there are\n",
            id="a-publisher-without-rules",
        ),
    ],
)
def test_what_is_wrong_is_said(drift: Run, args: list[str], code: int, said: str) -> None:
    Path("list.json").write_text("[]")
    Path("old.json").write_text('{"version": 0}')
    Path("half.json").write_text('{"version": 1}')
    done = drift(*args, "-o", "out.json")
    assert (done.returncode, done.stderr[-len(said) :]) == (code, said)
    assert Path("out.json").exists() == (code == 1)


def test_a_terminal_obeys_nothing_of_it(drift: Run) -> None:
    dump("odd.jsonl", articles(50, OWNED, LETTER, "Read \x1b[31mred\u202e [bold]on[/] \ud800", first=100))
    done = drift("odd.jsonl", "--against", "before.json", "-o", "odd.json")
    assert '"Read ␛[#mred [bold]on[/] \N{REPLACEMENT CHARACTER}"' in done.stdout
    assert Path("odd.json").read_text().isascii()
