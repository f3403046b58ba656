"""The laws of the design, over every fixture and over random input."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ARTICLE, ROOT
from newsclean.cleaning import Cleaner
from newsclean.fixtures import Fixture, find
from newsclean.library import Library, bundled
from newsclean.model import Article, Label
from newsclean.render import parse_labels, to_json, to_text

FIXTURES = list(find(ROOT / "fixtures"))


@cache
def cleaner() -> Cleaner:
    return Cleaner(Library([bundled()]))


def name(fixture: Fixture) -> str:
    return str(fixture.path.relative_to(ROOT / "fixtures").with_suffix(""))


def assert_lawful(article: Article) -> None:
    """Laws 1 and 2: every character once and in order; what is not body says why."""
    assert "".join(article.text[span.start : span.end] for span in article.spans) == article.text
    assert [span.start for span in article.spans[1:]] == [span.end for span in article.spans[:-1]]
    assert all(span.start < span.end for span in article.spans)
    for span in article.spans:
        assert span.why is not None or span.label is Label.BODY
        assert (span.kind is not None) == (span.label is Label.PROMO)


@pytest.mark.parametrize("fixture", FIXTURES, ids=name)
def test_every_character_is_in_one_span_and_what_went_says_why(fixture: Fixture) -> None:
    assert_lawful(fixture.clean(cleaner()))


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("fixture", [f for f in FIXTURES if not f.must_fail], ids=name)
def test_cleaning_what_is_clean_removes_nothing_more(fixture: Fixture) -> None:
    once = fixture.clean(cleaner())
    again = cleaner().clean(to_text(once), publisher=fixture.publisher)
    assert [again.said(span) for span in again.promo] == []
    assert all(words(paragraph) in words(again.body) for paragraph in once.paragraphs)


def lines() -> list[str]:
    """Return the lines of all fixtures, each once."""
    texts = [fixture.path.read_bytes().decode("utf-8", "replace") for fixture in FIXTURES]
    return sorted({line for text in texts for line in text.splitlines()})


BREAKS = ["\n", "\n\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", " ", "", "\u00a0\n\u200b"]
ODD = st.text(
    alphabet="aZß.!? \t\n\r\u00a0\u200b\ufeff\u2028\u202e\x00\x1bİı続。「」«»\"“”'’-—|/©0189\ud800é\u0301", max_size=60
)
SHUFFLED = st.lists(st.tuples(st.one_of(st.sampled_from(lines()), ODD), st.sampled_from(BREAKS)), max_size=40).map(
    lambda pieces: "".join(part for piece in pieces for part in piece)
)


@settings(max_examples=150, deadline=None)
@given(SHUFFLED)
def test_any_text_obeys_the_laws(text: str) -> None:
    article = cleaner().clean(text)
    assert_lawful(article)
    assert article == cleaner().clean(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_unicode_obeys_the_laws(text: str) -> None:
    assert_lawful(cleaner().clean(text))


def paragraphs() -> list[str]:
    """Return the paragraphs that the fixtures' answers call body, those of a sentence and more."""
    answers = [fixture.answer for fixture in FIXTURES if not fixture.must_fail]
    pieces = [piece for path in answers for piece in parse_labels(path.read_text(encoding="utf-8"), path.name)]
    return sorted({said for label, _, said in pieces if label is Label.BODY and len(said) > 80})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(paragraphs()), min_size=1, max_size=12, unique=True))
def test_of_an_article_made_of_clean_paragraphs_nothing_is_removed(chosen: list[str]) -> None:
    article = cleaner().clean("\n\n".join(chosen), publisher="none")
    assert [article.said(span) for span in article.promo] == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(" \n\u200b\n", id="nothing-that-is-seen"),
        pytest.param("\n" * 200_000, id="blank-lines"),
        pytest.param("x" * 1_000_000, id="a-megabyte-without-a-space"),
        pytest.param("word " * 200_000, id="a-megabyte-in-one-line"),
        pytest.param("Read more\n" * 50_000, id="nothing-but-promo"),
        pytest.param("a\n" * 100_000, id="a-hundred-thousand-lines"),
        pytest.param("\x00\x1b[2J\x07" * 1000, id="control-characters"),
        pytest.param("Sign up for our newsletter " * 20_000, id="promo-words-in-one-line"),
        pytest.param("((((((((((" * 10_000, id="brackets"),
        pytest.param("By " + "A B, " * 5_000, id="an-endless-byline"),
    ],
)
def test_no_input_makes_it_raise_or_hang(text: str) -> None:
    assert_lawful(cleaner().clean(text))


def test_threads_and_processes_give_the_same() -> None:
    texts = [fixture.path.read_bytes().decode("utf-8", "replace") for fixture in FIXTURES[:20]]
    alone = [to_json(cleaner().clean(text), spans=True) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        assert [to_json(a, spans=True) for a in threads.map(cleaner().clean, texts)] == alone
    with ProcessPoolExecutor(2) as processes:
        assert [to_json(a, spans=True) for a in processes.map(cleaner().clean, texts)] == alone


def test_a_cleaner_and_an_article_pickle() -> None:
    copy = pickle.loads(pickle.dumps(cleaner()))
    assert copy.clean(ARTICLE) == cleaner().clean(ARTICLE)
    article = cleaner().clean(ARTICLE)
    assert pickle.loads(pickle.dumps(article)) == article


def test_memory_is_a_bounded_multiple_of_the_input() -> None:
    import tracemalloc

    def peak(text: str) -> int:
        tracemalloc.start()
        cleaner().clean(text)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    body = "The harbour was closed on Monday as a storm came in from the north of the island.\n"
    cleaner().clean(body)
    assert peak(body * 4_000) < 5 * max(1, peak(body * 1_000))


def test_the_way_is_the_same_without_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert Cleaner(Library([bundled()])).clean(ARTICLE) == cleaner().clean(ARTICLE)
