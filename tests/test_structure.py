"""The structure passes, through what they make of an article: headline, byline, captions and what is about the author."""

from __future__ import annotations

import pytest

from newsclean.cleaning import Cleaner
from newsclean.library import Library, bundled
from newsclean.model import Article, Label
from test_labeller import MENU, PROSE, TEASERS

HEADLINE = "Board has no word on the late ferry"
DATE = "Monday, 3 March 2025"


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return Cleaner(Library([bundled()]))


def clean(cleaner: Cleaner, *lines: str) -> Article:
    return cleaner.clean("\n".join(lines), publisher="none")


def page(*head: str) -> tuple[str, ...]:
    """Return a page with these lines above its paragraphs."""
    return (*MENU, *MENU[:5], *head, *PROSE, "Read more", *TEASERS, *MENU, "© 2025")


@pytest.mark.parametrize(
    ("lines", "headline"),
    [
        pytest.param(page(HEADLINE, DATE), HEADLINE, id="a-page"),
        pytest.param(
            (f"Shipping {HEADLINE}", DATE, *PROSE, HEADLINE, "Advertisement"), HEADLINE, id="a-word-before-it"
        ),
        pytest.param(
            (f"Shipping: {HEADLINE}", *PROSE, "Advertisement"), f"Shipping: {HEADLINE}", id="a-colon-is-of-it"
        ),
        pytest.param((f"{HEADLINE} | Herald Loaded", HEADLINE, DATE, *PROSE, "Advertisement"), HEADLINE, id="a-bar"),
        pytest.param(page("Alternatives to boats", HEADLINE, DATE), HEADLINE, id="a-kicker-the-text-says-nothing-of"),
        pytest.param((HEADLINE, *PROSE), HEADLINE, id="no-cruft-anywhere"),
        pytest.param(PROSE, None, id="none-in-a-clean-text"),
    ],
)
def test_headlines(cleaner: Cleaner, lines: tuple[str, ...], headline: str | None) -> None:
    assert clean(cleaner, *lines).headline == headline


TITLE = f"Broken winch: {HEADLINE}"


@pytest.mark.parametrize(
    ("first", "again", "headline"),
    [
        pytest.param(f"{TITLE} | The Herald", TITLE, TITLE, id="the-site-behind-a-bar"),
        pytest.param(f"{TITLE} - Herald", TITLE, TITLE, id="the-site-behind-a-dash"),
        pytest.param(TITLE, TITLE, TITLE, id="no-site"),
        pytest.param(f"{TITLE} | The Herald", "Read on", HEADLINE, id="said-by-no-other-line"),
        pytest.param(f"{TITLE}, the board says", TITLE, HEADLINE, id="the-line-says-but-its-beginning"),
        pytest.param("Our offers for you this week", "Our offers for you this week", HEADLINE, id="a-menu"),
        pytest.param("Herald shop logo", "Herald shop logo", HEADLINE, id="three-words"),
    ],
)
def test_what_a_page_s_title_says_with_another_line_is_the_headline(
    cleaner: Cleaner, first: str, again: str, headline: str
) -> None:
    """The line may stand anywhere: what stands above the article says less than it, and is no body either."""
    article = clean(cleaner, first, *page(HEADLINE, DATE), again)
    assert article.headline == headline
    assert article.paragraphs == tuple(PROSE)


@pytest.mark.parametrize(
    ("lines", "authors"),
    [
        pytest.param(page(HEADLINE, "Ines Valverde", DATE), ("Ines Valverde",), id="between-headline-and-date"),
        pytest.param(page(HEADLINE, DATE, "Ines Valverde | 09:30"), ("Ines Valverde",), id="a-time-behind-it"),
        pytest.param(
            page(HEADLINE, "Ines Valverde", ",", "Tom Quay", "and", "Bo Lind", DATE),
            ("Ines Valverde", "Tom Quay", "Bo Lind"),
            id="each-on-its-own-line",
        ),
        pytest.param(
            page(HEADLINE, "Von", "Ines Valverde", ",", "Tom Quay", DATE), ("Ines Valverde", "Tom Quay"), id="von"
        ),
        pytest.param(
            page(HEADLINE, DATE, "BREAKING News", "Ines Valverde"), ("Ines Valverde",), id="no-name-in-capitals"
        ),
        pytest.param((HEADLINE, *PROSE, "Ines Valverde", "Advertisement"), ("Ines Valverde",), id="a-signature"),
        pytest.param(
            (*PROSE, "Nobody but Ines Valverde has the helm of a ferry as old as this one.", "Ines Valverde"),
            (),
            id="who-is-in-the-story-did-not-sign",
        ),
        pytest.param((HEADLINE, *PROSE, "Ines Valverde", "Tom Quay", "Bo Lind"), (), id="several-are-a-list"),
        pytest.param((*PROSE, f"{PROSE[0][:-1]}, and these came:", "Ines Valverde"), (), id="behind-a-colon"),
        pytest.param(page(HEADLINE, DATE), (), id="none"),
        pytest.param(
            (*page(HEADLINE, "By Ines Valverde", DATE), "A lighthouse for sale", "By Tom Quay", "By Bo Lind"),
            ("Ines Valverde",),
            id="not-a-teasers",
        ),
        pytest.param(
            ("A lighthouse for sale", "By Tom Quay", *page(HEADLINE, DATE, "By Ines Valverde")),
            ("Ines Valverde",),
            id="not-a-teasers-above",
        ),
        pytest.param(
            (*page(HEADLINE, DATE), "A lighthouse for sale", "By Tom Quay"), ("Tom Quay",), id="whoever-is-named"
        ),
        pytest.param(
            page(HEADLINE, "Ines Valverde", DATE, *PROSE, "Nine boats and a goat", "By Tom Quay"),
            ("Ines Valverde", "Tom Quay"),
            id="a-name-at-the-headline-beside-one-that-a-rule-knows",
        ),
        pytest.param(
            page(HEADLINE, "Ines Valverde · The Herald · Posted: Aug 08, 2024 4:00 AM EDT"),
            ("Ines Valverde",),
            id="a-paper-and-a-time-behind-it",
        ),
        pytest.param(
            (HEADLINE, "Skerra, on the 9th at 3:48: hours", "Ines Valverde", *PROSE, "Advertisement"),
            ("Ines Valverde",),
            id="below-a-time-in-no-form-that-a-rule-knows",
        ),
        pytest.param((HEADLINE, *PROSE, "Skerra Line 11.48 -7.2%", "Advertisement"), (), id="a-share-and-its-price"),
    ],
)
def test_bylines(cleaner: Cleaner, lines: tuple[str, ...], authors: tuple[str, ...]) -> None:
    assert clean(cleaner, *lines).authors == authors


def test_a_standfirst_is_text(cleaner: Cleaner) -> None:
    standfirst = "Passengers on the quay had hot soup, cold wind and no word from anybody"
    article = clean(cleaner, *page(HEADLINE, standfirst, DATE))
    assert (article.headline, article.paragraphs[:4]) == (HEADLINE, (standfirst, *PROSE))


def test_a_list_of_services_is_not_the_article(cleaner: Cleaner) -> None:
    """Each is a short line and a sentence, and there are more of them than paragraphs."""
    services = [
        line
        for name in MENU
        for line in (f"Herald {name}", f"{name}: all that the north has to offer, chosen by our editors for you alone.")
    ]
    article = clean(cleaner, *page(HEADLINE, DATE), *services, "© 2025")
    assert article.headline == HEADLINE
    assert set(PROSE) <= set(article.paragraphs)


def test_a_bio_names_the_author_if_no_byline_does(cleaner: Cleaner) -> None:
    bio = "Ines Valverde is a senior reporter at The Harbour Herald, covering boats and the sea."
    assert clean(cleaner, *PROSE, bio).authors == ("Ines Valverde",)
    assert clean(cleaner, "By Tom Quay", *PROSE, bio).authors == ("Tom Quay",)


ALT = "The ferry Good Shepherd at the quay of Lerwick"


@pytest.mark.parametrize(
    ("lines", "captions"),
    [
        pytest.param((ALT, f"{ALT} Ines Valverde/Herald"), 2, id="with-a-credit-behind-it"),
        pytest.param((f"{ALT} Ines Valverde/Herald", ALT), 2, id="the-other-way-round"),
        pytest.param((ALT, ALT), 2, id="the-same-twice"),
        pytest.param((PROSE[0], PROSE[0]), 0, id="a-sentence-twice-is-not-one"),
        pytest.param((ALT, f"{ALT}, {PROSE[1]}"), 0, id="too-much-behind-it"),
        pytest.param(("The ferry", "The ferry Good Shepherd"), 0, id="too-short-to-tell"),
    ],
)
def test_a_line_that_stands_twice_between_paragraphs_is_a_caption(
    cleaner: Cleaner, lines: tuple[str, ...], captions: int
) -> None:
    article = clean(cleaner, *PROSE[:2], *lines, *PROSE)
    assert len(article.of(Label.CAPTION)) == captions
