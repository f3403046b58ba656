"""The headline by the URL: where the slug says one of the lines, that line is it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import newsclean
from newsclean.model import Guess

LINES = ["Ferry line to close for the winter", "Harbour board picks its first chairwoman since 1950"]
BODY = [
    "The harbour board met on Monday evening and voted by seven to two, with one member away, after a long debate.",
    "It had been asked by the council to decide before the end of the month, and it did so with a day to spare.",
    "Nobody at the meeting spoke against the choice, though some members said that they would rather have waited.",
]


def headline(lines: list[str], url: str | None) -> str | None:
    text = "\n\n".join([*lines, "By Mara Lind", *BODY])
    return newsclean.clean(text, url=url, publisher="none").headline


@pytest.mark.parametrize(
    ("url", "lines", "wanted"),
    [
        pytest.param("https://post.example/ferry-line-to-close-for-winter", LINES, 0, id="the-first-of-two"),
        pytest.param("https://post.example/harbour-board-picks-first-chairwoman", LINES, 1, id="the-second-of-two"),
        pytest.param(
            "https://post.example/2024/05/Harbour_board_picks_its_first_chairwoman-a-4711.html?utm=x#top",
            LINES,
            1,
            id="underscores-numbers-an-ending-and-a-query",
        ),
        pytest.param(
            "https://post.example/harbour-board-picks-its-first-chairwoman/4711/",
            LINES,
            1,
            id="the-slug-is-not-the-last-part",
        ),
        pytest.param("post.example/harbour-board-picks-its-first-chairwoman", LINES, 1, id="no-scheme"),
        pytest.param(
            "https://post.example/fuer-die-muehle-spaeter-groesser",
            [LINES[0], "Für die Mühle: Später größer"],
            1,
            id="umlauts-as-two-letters",
        ),
        pytest.param(
            "https://post.example/el-ano-proximo-sera-mas-dificil",
            [LINES[0], "El año próximo será más difícil"],
            1,
            id="accents-left-out",
        ),
        pytest.param(
            "https://post.example/%D0%BF%D0%B0%D1%80%D0%BE%D0%BC-%D0%BD%D0%B0-%D1%81%D0%B5%D0%B2%D0%B5%D1%80-"
            "%D0%B7%D0%B0%D0%BA%D1%80%D0%BE%D1%8E%D1%82",
            [LINES[0], "Паром на север закроют"],
            1,
            id="cyrillic-in-percents",
        ),
        pytest.param(
            "https://post.example/boards-choice-isnt-liked-by-all",
            [LINES[0], "Board’s choice isn't liked by all"],
            1,
            id="apostrophes-left-out",
        ),
    ],
)
def test_the_line_that_is_like_the_slug_is_the_headline(url: str, lines: list[str], wanted: int) -> None:
    assert headline(lines, url) == lines[wanted]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://post.example/news/world", id="sections-only"),
        pytest.param("https://post.example/article/4711-0815-1234-5678-9999", id="numbers-only"),
        pytest.param("https://post.example/harbour-board", id="a-topic-of-two-words"),
        pytest.param("https://post.example/a-story-of-quite-another-kind-than-this", id="another-headline"),
        pytest.param("https://[broken/harbour-board-picks-its-first-chairwoman", id="no-url-at-all"),
        pytest.param("", id="empty"),
    ],
)
def test_what_says_no_headline_changes_nothing(url: str) -> None:
    assert headline(LINES, url) == headline(LINES, None)


@given(
    st.text()
    | st.lists(st.sampled_from(["http", ":", "//", "[", "]", "%e0", "-", "ferry", "of", "the", "north", "/"])).map(
        "".join
    )
)
@settings(max_examples=200, deadline=None)
def test_no_url_makes_it_raise_or_lose_text(url: str) -> None:
    article = newsclean.clean("\n\n".join([*LINES, *BODY]), url=url, publisher="none")
    assert "".join(article.text[span.start : span.end] for span in article.spans) == article.text


def test_a_rule_outweighs_the_slug() -> None:
    text = "\n\n".join([*LINES, "By Mara Lind", *BODY])
    titled = f"{LINES[0]} - The Moscow Times\n\n{text}"
    article = newsclean.clean(
        titled, url="https://post.example/harbour-board-picks-its-first-chairwoman", publisher="themoscowtimes.com"
    )
    assert article.headline == LINES[0]


def test_why_names_the_url() -> None:
    text = "\n\n".join([*LINES, "By Mara Lind", *BODY])
    url = "https://post.example/harbour-board-picks-its-first-chairwoman"
    [span] = newsclean.clean(text, url=url, publisher="none").of(newsclean.Label.HEADLINE)
    assert isinstance(span.why, Guess)
    assert span.why.features[0] == "like the URL"
