"""Learning rules from a batch: what is proposed, what is not, and that all of it is proven."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Run
from newsclean.cleaning import Cleaner
from newsclean.library import Library, bundled
from newsclean.literals import draw
from newsclean.matching import Matcher, Sheet
from newsclean.model import UsageError
from newsclean.proof import prove
from newsclean.sources import Source
from newsclean.syntax import parse
from newsclean.workshop.candidates import Seen, is_prose, observe
from newsclean.workshop.generalising import forms, pattern
from newsclean.workshop.learning import Bounds, Learned, Learner, Support, Watch
from newsclean.workshop.recurring import Articles, Frequent, Sample, key_of

WORDS = [
    "council",
    "ferry",
    "goat",
    "storm",
    "budget",
    "bridge",
    "mayor",
    "school",
    "river",
    "market",
    "island",
    "doctor",
    "engine",
    "tower",
    "letter",
]
LIBRARY = Library([bundled()])
CLEANER = Cleaner(LIBRARY)
COMMON = [ruleset for name in LIBRARY.names if name.startswith("common/") for ruleset in LIBRARY.rulesets(name)]
TITLE = "Ferry Returns to Kettle Island"


def sentence(chance: random.Random) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(24)).capitalize() + "."


def article(number: int, *cruft: str, seed: int = 0) -> str:
    """Return an article of its own; `cruft` is formatted with its number and stands below, "^" before it above."""
    chance = random.Random(f"{seed} {number}")
    title = " ".join(chance.choice(WORDS) for _ in range(6)).title()
    made = [line.format(number + 10, name=f"Ada {chance.choice(WORDS).title()}") for line in cruft]
    above = [line[1:] for line in made if line.startswith("^")]
    below = [line for line in made if not line.startswith("^")]
    return "\n".join([*above, title, *(sentence(chance) for _ in range(4)), *below])


def learned_from(
    texts: Sequence[str], *, url: str = "https://www.harbourpost.example/a", **how: object
) -> list[Learned]:
    learner = Learner(COMMON, **how)  # type: ignore[arg-type]
    watch = Watch(CLEANER)
    for number, text in enumerate(texts):
        source = Source(str(number), text, "utf-8", url=url)
        learner.add(observe(watch.clean(source), watch.named(source) or "unknown"))
    return learner.learn()


def active(learned: Sequence[Learned]) -> list[str]:
    """Return the patterns, with their ends, that are proposed without doubt."""
    rules = [rule for found in learned for rule in parse(found.text, found.publisher).rules]
    return [f"{rule.pattern} {rule.reach} {rule.stop}" if rule.stop else rule.pattern for rule in rules]


NUMBER = r"\d(?:[\d.,]{0,14}\d)?"


@pytest.mark.parametrize(
    ("line", "shapes"),
    [
        pytest.param("12 comments", [NUMBER + " comments"], id="a-count"),
        pytest.param("Menu (all)", [r"Menu \(all\)"], id="brackets-are-escaped"),
        pytest.param("#pier on the map", [r"\#pier on the map"], id="begins-like-a-comment"),
        pytest.param("[Index]?", [r"\[Index\]\?"], id="looks-like-a-section"),
        pytest.param("From $12.99 a month", [rf"From \${NUMBER} a month"], id="a-price-is-no-time-of-day"),
        pytest.param("Posted at 4:45 pm", [r"Posted at \d{1,2}[:.h]\d\d(?: ?[AaPp]\.?[Mm])?"], id="a-time"),
        pytest.param("Tides of 2024-03-03", [r"Tides of \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"], id="a-date"),
        pytest.param(f"Share {TITLE}", [r"Share .{10,250}"], id="the-own-headline"),
        pytest.param(TITLE, [TITLE], id="nothing-but-the-headline"),
        pytest.param("Read on: a goat", ["Read on: a goat", "Read on: .{3,150}"], id="a-label-and-a-colon"),
        pytest.param("12 | 13", [], id="no-letters"),
        pytest.param("C:\\new", [], id="a-backslash-which-examples-read"),
        pytest.param("\ue001 Share", [], id="an-icon-of-a-font"),
        pytest.param("word " * 80, [], id="a-paragraph"),
    ],
)
def test_a_line_has_these_forms(line: str, shapes: list[str]) -> None:
    found = forms(line, TITLE, ["Ines Valverde"])
    assert [pattern(form.shape, [None] * len(form.values)) for form in found] == shapes


@pytest.mark.parametrize(
    ("cruft", "expected"),
    [
        pytest.param(["The tides of the pier"], ["The tides of the pier"], id="a-line"),
        pytest.param(["{} boats are out"], [rf"{NUMBER} boats are out"], id="a-number-that-varies"),
        pytest.param(["Pier 4, Harbour Town"], [r"Pier 4, Harbour Town"], id="a-number-that-does-not"),
        pytest.param(
            ["Sign up to get {name} by letter each week"],
            [r"Sign up to get \p{Lu}[\p{L}.'-]{0,30}(?: \p{L}[\p{L}.'-]{0,30}){1,3} by letter each week"],
            id="a-name-that-varies",
        ),
        pytest.param(["The pier fund", "Pay into the fund"], ["The pier fund to Pay into the fund"], id="a-block"),
        pytest.param(["Share on Facebook"], [], id="what-a-common-rule-claims"),
    ],
)
def test_what_recurs_is_proposed(cruft: list[str], expected: list[str]) -> None:
    assert active(learned_from([article(n, *cruft) for n in range(20)])) == expected


def test_a_list_of_teasers_is_a_block_to_what_ends_it() -> None:
    teasers = [[" ".join(random.Random(f"{n} {i}").sample(WORDS, 6)).capitalize() for i in range(3)] for n in range(20)]
    texts = [article(n, "More from the pier", *teasers[n], "All the tides at a glance") for n in range(20)]
    assert "More from the pier until All the tides at a glance" in active(learned_from(texts))


SPEECH = '"We shall never give up the ferry, for it is all that this island ever had," said the mayor of the island.'


def amid(number: int, line: str) -> str:
    lines = article(number).split("\n")
    return "\n".join([*lines[:3], line, *lines[3:]])


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        pytest.param([amid(n, SPEECH) if n < 4 else article(n) for n in range(20)], True, id="a-quote-of-one-speech"),
        pytest.param([amid(n, "The long way") if n < 4 else article(n) for n in range(20)], True, id="a-subheading"),
        pytest.param(
            [amid(n, "KYIV, Wednesday (HP)") if n < 4 else article(n) for n in range(20)], True, id="a-dateline"
        ),
        pytest.param([amid(n, SPEECH) if n < 1 else article(n) for n in range(20)], False, id="what-occurs-once"),
        pytest.param([article(n) for n in range(20)] + [article(3)] * 8, False, id="a-story-sent-nine-times"),
        pytest.param(
            [article(n) for n in range(20)] + [amid(3, f"Ends {word} now.") for word in WORDS],
            False,
            id="a-story-sent-with-changes",
        ),
    ],
)
def test_what_may_be_the_articles_own_is_not_proposed(texts: list[str], shown: bool) -> None:
    learned = learned_from(texts)
    assert active(learned) == []
    assert bool(learned) is shown
    for found in learned:
        assert "# What follows merely recurs, and may be the articles' own." in found.text


def test_a_plea_longer_than_its_article_makes_no_two_the_same() -> None:
    plea = [f"{sentence(random.Random(i))[:-1]}, and more of the same." for i in range(12)]
    (found,) = learned_from([article(n, *plea) for n in range(20)])
    assert found.articles == 20


def test_a_comment_tells_support_and_risk() -> None:
    texts = [article(n, "The tides of the pier") for n in range(12)]
    texts += [
        article(n, "He read the tides of the pier aloud to all who had come down to see the ferry.") for n in (20, 21)
    ]
    (found,) = learned_from(texts)
    assert "# In 12 of 14 articles; its words within longer sentences in 2.\nThe tides of the pier\n" in found.text


ODD = st.text(st.sampled_from("aZé🐐–“’\u00a0\u200d字あ .?*+[]()|\\#$-:\t0189/{}^~&"), min_size=1, max_size=30)
CRUFT = st.lists(
    st.one_of(
        ODD, st.sampled_from(["The pier fund", "Pay now", "to end", "end", "12 boats", "[promo nav]", "+ a", "# b"])
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cruft=CRUFT, drops=st.integers(0, 3), seed=st.integers(0, 5))
def test_whatever_goes_in_what_comes_out_is_proven(cruft: list[str], drops: int, seed: int) -> None:
    chance = random.Random(seed)
    safe = [line.replace("{", "{{").replace("}", "}}") for line in cruft]
    texts = [article(n, *[c for c in safe if chance.random() * 10 > drops], seed=seed) for n in range(12)]
    for found in learned_from(texts):
        ruleset = parse(found.text, found.publisher)
        assert [str(failure) for failure in prove(ruleset)] == []
        parse("\n".join(line.removeprefix("# ") for line in found.text.split("\n")[2:]), found.publisher)
        matcher = Matcher([(rule, draw(rule)) for rule in ruleset.rules])
        for text in texts:
            sheet = Sheet.of(text)
            matcher.claim(sheet)
            claimed = [unit.view for unit, parts in zip(sheet.units, sheet.parts, strict=True) if parts]
            assert [view for view in claimed if is_prose(view) and view[0].isupper() and view.split()[1] in WORDS] == []


def test_memory_does_not_grow_with_the_batch() -> None:
    def peak(articles: int) -> int:
        chance = random.Random(0)
        learner = Learner([], bounds=Bounds(lines=200, candidates=100, body=50, known=1 << 12, groups=10))
        tracemalloc.start()
        for _ in range(articles):
            lines = [("The tides of the pier" if n == 2 else sentence(chance)) for n in range(5)]
            learner.add(Seen.of_json(("a.example", "", [], _lines(lines))))
        (found,) = learner.learn()
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found.rules == 1
        return top

    peak(100)
    assert peak(8 * 250) < 1.15 * peak(250)


def _lines(lines: Sequence[str]) -> list[tuple[str, str, list[int]]]:
    return [(line, "", [key_of("a.example", form.shape) for form in forms(line)]) for line in lines]


def test_the_frequent_are_counted_within_the_bound() -> None:
    frequent: Frequent[str] = Frequent(10)
    for n in range(3_000):
        frequent.add([f"once {n}", *(["often"] if n % 10 == 0 else [])])
    assert frequent.lost <= 3_300 / 10
    assert 300 - frequent.lost <= frequent.counts.get("often", 0) <= 300
    assert len(frequent.counts) <= 21


@pytest.mark.parametrize(
    ("second", "is_new"),
    [
        pytest.param([(1, 1), (2, 1)], False, id="the-same"),
        pytest.param([(1, 2), (2, 2), (9, 1)], False, id="with-a-line-more"),
        pytest.param([(3, 1), (4, 1)], True, id="another"),
        pytest.param([(1, 1000), (2, 1000), (3, 1)], True, id="another-with-the-same-plea"),
        pytest.param([], True, id="nothing-to-know-it-by"),
    ],
)
def test_an_article_is_known_again(second: list[tuple[int, int]], is_new: bool) -> None:
    articles = Articles(1 << 10)
    assert articles.is_new([(1, 1), (2, 1)])
    assert articles.is_new(second) is is_new


def test_a_sample_is_fair() -> None:
    sample: Sample[int] = Sample(100)
    for n in range(10_000):
        sample.add(n)
    assert len(sample.items) == 100
    assert 3_500 < sum(sample.items) / 100 < 6_500


@pytest.mark.parametrize(
    ("text", "among_100"),
    [pytest.param("5", 5, id="number"), pytest.param("7%", 7, id="share"), pytest.param("1", 2, id="once-is-never")],
)
def test_support_is_a_number_or_a_share(text: str, among_100: int) -> None:
    assert Support.of(text).among(100) == among_100


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "101%", "1.5%"])
def test_other_support_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Support.of(text)
    assert str(caught.value) == f"--min-support {text!r}: write a number of articles such as 5, or a share such as 2%"


# --- The command


def batch(folder: Path, *cruft: str, hosts: Sequence[str] = ("www.harbourpost.example",), articles: int = 12) -> Path:
    path = folder / "batch.jsonl"
    rows = [
        {"text": article(n, *cruft), **({"url": f"https://{host}/{n}"} if host else {})}
        for host in hosts
        for n in range(articles)
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


RULES = """\
# The Harbour Post.\r
[promo nav]\r
# Mine, and none of your business.\r
All the boats\r
  + All the boats\r
  - All the boats left."""


def test_a_file_is_written_to_standard_output(newsclean: Run, tmp_path: Path) -> None:
    done = newsclean("learn", batch(tmp_path, "The tides of the pier"))
    assert done.returncode == 0
    assert done.stdout.startswith(
        "# Learned from 12 articles of harbourpost.example. Read each rule before you trust it.\n"
    )
    assert done.stderr == (
        "newsclean: harbourpost.example: 1 rules from 12 articles; 0 doubtful ones stand in comments\n"
    )


def test_standard_input_is_read_once(newsclean: Run, tmp_path: Path) -> None:
    path = batch(tmp_path, "The tides of the pier")
    assert newsclean("learn", "-", stdin=path.read_bytes()).stdout == newsclean("learn", path).stdout


@pytest.mark.parametrize(
    ("told", "publisher", "group"),
    [
        pytest.param({"url": "https://www.harbourpost.example/a"}, None, "harbourpost.example", id="by-the-host"),
        pytest.param({}, "pier.example", "pier.example", id="by-name"),
        pytest.param({"url": "https://www.harbourpost.example/a"}, "pier.example", "pier.example", id="name-over-host"),
        pytest.param({"url": "https://news.bbc.co.uk/1"}, None, "bbc.com", id="a-domain-of-one-that-is-known"),
        pytest.param({"publisher": "pier.example"}, None, "pier.example", id="by-the-record"),
        pytest.param({"publisher": "The Pier"}, None, "unknown", id="the-record-names-no-domain"),
        pytest.param({"url": "https://../../etc"}, None, "unknown", id="a-path-for-a-host"),
        pytest.param({"url": "http://[::1/"}, None, "unknown", id="no-url"),
        pytest.param({}, None, "unknown", id="nothing-tells"),
    ],
)
def test_articles_are_grouped_by_publisher(told: dict[str, str], publisher: str | None, group: str) -> None:
    watch = Watch(CLEANER, publisher=publisher)
    source = Source("a", article(1), "utf-8", **told)  # type: ignore[arg-type]
    assert next(iter(watch.render(watch.clean(source), source).values()))[0] == group  # type: ignore[index]


def test_a_folder_gets_a_file_a_publisher(newsclean: Run, tmp_path: Path) -> None:
    texts = batch(tmp_path, "The tides of the pier", hosts=["a.example", "b.example", ""])
    done = newsclean("learn", texts, "-o", "out", "-j", "2")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a.example.txt",
        "b.example.txt",
        "unknown.txt",
    ]
    assert "12 articles are of no publisher that is known; --publisher DOMAIN says whose they are" in done.stderr


def test_several_publishers_need_a_folder(newsclean: Run, tmp_path: Path) -> None:
    done = newsclean("learn", batch(tmp_path, "The tides of the pier", hosts=["a.example", "b.example"]))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "newsclean: the articles are of 2 publishers (a.example, b.example); give -o DIR or --publisher DOMAIN\n"
    )


def test_a_file_that_is_there_is_not_replaced(newsclean: Run, tmp_path: Path) -> None:
    there = tmp_path / "out" / "harbourpost.example.txt"
    there.parent.mkdir()
    there.write_text("# mine\n")
    done = newsclean("learn", batch(tmp_path, "The tides of the pier"), "-o", "out", "-q")
    assert (done.returncode, there.read_text()) == (1, "# mine\n")
    assert done.stderr == (
        "newsclean: out/harbourpost.example.txt: is there already; --merge out/harbourpost.example.txt adds to it\n"
    )


def test_merging_keeps_every_byte_and_adds_nothing_twice(newsclean: Run, tmp_path: Path) -> None:
    file = tmp_path / "harbourpost.example.txt"
    file.write_bytes(RULES.encode())
    texts = batch(tmp_path, "All the boats", "The tides of the pier", "{} boats", "The pier fund", "Pay in")
    first = newsclean("learn", texts, "--merge", file)
    merged = file.read_bytes()
    assert (first.returncode, first.stdout) == (0, "")
    assert merged.startswith(RULES.encode())
    assert b"The tides of the pier" in merged
    assert merged.count(b"All the boats\r\n") == 2  # the rule and its example
    assert merged.count(b"\n") == merged.count(b"\r\n")
    assert list(prove(parse(merged.decode(), "harbourpost.example"))) == []
    second = newsclean("learn", texts, "--merge", file)
    assert (second.returncode, file.read_bytes()) == (0, merged)
    assert second.stderr == (
        "newsclean: nothing new recurs often enough to make a rule of; more articles, or a smaller --min-support, may "
        "help\n"
    )


def test_what_a_person_commented_out_is_not_proposed_again(newsclean: Run, tmp_path: Path) -> None:
    file = tmp_path / "harbourpost.example.txt"
    file.write_text("# The tides of the pier\n")
    newsclean("learn", batch(tmp_path, "The tides of the pier"), "--merge", file)
    assert file.read_text() == "# The tides of the pier\n"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        pytest.param("Menu\n", (), "harbourpost.example.txt:1:1: stands before any [section]", id="broken"),
        pytest.param("", ("-o", "out"), "--merge adds to its file; leave -o out", id="with-a-folder"),
        pytest.param("", ("--min-support", "few"), "--min-support 'few': write a number", id="support"),
    ],
)
def test_wrong_usage_is_told(newsclean: Run, tmp_path: Path, text: str, options: tuple[str, ...], message: str) -> None:
    (tmp_path / "harbourpost.example.txt").write_text(text)
    done = newsclean("learn", batch(tmp_path), "--merge", "harbourpost.example.txt", *options)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_file_of_another_publisher_is_left_alone(newsclean: Run, tmp_path: Path) -> None:
    (tmp_path / "pier.example.txt").write_text("")
    done = newsclean("learn", batch(tmp_path, "The tides of the pier"), "--merge", "pier.example.txt")
    assert (done.returncode, (tmp_path / "pier.example.txt").read_text()) == (2, "")
    assert done.stderr == (
        "newsclean: pier.example.txt: too few articles are of pier.example; say with --publisher whose they are\n"
    )
