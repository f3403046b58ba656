"""The line labeller: the model by itself, and what its guesses become in an article."""

from __future__ import annotations

import pickle
from math import inf

import pytest

from newsclean.cleaning import Cleaner
from newsclean.labeller import STATES, Labeller, State
from newsclean.library import Library, bundled
from newsclean.model import Guess, Label
from newsclean.render import to_labels


def weights(**features: dict[str, float]) -> str:
    """Return a model whose features weigh so much for some states, and for the headline ("first")."""
    rows = [*STATES, "start", "end"]
    lines = ["# a remark", *("\t".join([row, *["0.00"] * len(STATES)]) for row in rows)]
    columns = [*STATES, "first"]
    lines += ["\t".join([name, *(f"{row.get(column, 0):.2f}" for column in columns)]) for name, row in features.items()]
    return "\n".join(lines)


MODEL = Labeller(
    weights(
        menu={"above": 2, "under": 1, "below": 1.5},
        title={"headline": 3, "first": 1},
        name={"byline": 2, "credit": 2},
        prose={"body": 4, "inside": -1, "first": -5},
        plea={"inside": 2, "below": 2, "body": -1, "first": -1},
    )
)


@pytest.mark.parametrize(
    ("units", "states"),
    [
        pytest.param([], [], id="no-units"),
        pytest.param(["menu", "title", "prose"], ["above", "headline", "body"], id="a-page"),
        pytest.param(["prose", "menu"], ["body", "below"], id="a-menu-below-is-not-above"),
        pytest.param(["prose", "plea", "prose"], ["body", "inside", "body"], id="between-paragraphs"),
        pytest.param(["prose", "plea"], ["body", "below"], id="nothing-is-inside-at-the-end"),
        pytest.param(["title", "menu", "prose"], ["headline", "under", "body"], id="a-menu-under-the-headline"),
        pytest.param(["name", "prose", "name"], ["byline", "body", "credit"], id="authors-before-and-behind"),
        pytest.param(["prose", "title"], ["body", "body"], id="no-headline-behind-the-body"),
    ],
)
def test_states(units: list[str], states: list[str]) -> None:
    found = MODEL.states([[unit, "a feature that the model does not know"] for unit in units])
    assert [str(state) for state in found] == states


@pytest.mark.parametrize(
    ("units", "among", "least", "states"),
    [
        pytest.param(["menu", "title", "prose"], [0, 1, 2], 0, ["above", "headline", "body"], id="the-weightiest"),
        pytest.param(["menu", "menu", "prose"], [0, 2], 0, ["headline", "under", "body"], id="only-of-those-given"),
        pytest.param(["menu", "title", "prose"], [0, 1, 2], 1.5, ["above", "above", "body"], id="too-light"),
        pytest.param(["plea", "prose"], [0, 1], -inf, ["headline", "body"], id="one-there-must-be"),
        pytest.param(["title", "title", "prose"], [], 0, ["above", "above", "body"], id="none-may-be"),
        pytest.param(
            ["prose", "title", "prose"], [1], 0, ["above", "headline", "body"], id="the-body-begins-behind-it"
        ),
    ],
)
def test_the_headline_is_chosen_first(units: list[str], among: list[int], least: float, states: list[str]) -> None:
    found = MODEL.states([[unit] for unit in units], among, least)
    assert [str(state) for state in found] == states


def test_reasons_are_what_spoke_most_against_body() -> None:
    assert MODEL.reasons(["prose", "plea", "menu", "unknown"], State.BELOW) == ("plea", "menu")
    assert MODEL.reasons(["prose"], State.INSIDE) == ()


def test_a_model_survives_pickling() -> None:
    again = pickle.loads(pickle.dumps(MODEL))
    assert again.states([["menu"], ["prose"]]) == MODEL.states([["menu"], ["prose"]])


@pytest.mark.parametrize(
    ("damaged", "error"),
    [
        pytest.param("", KeyError, id="empty"),
        pytest.param(weights().replace("0.00", "zero", 1), ValueError, id="no-number"),
        pytest.param("\n".join(weights().splitlines()[:5]), KeyError, id="cut-short"),
    ],
)
def test_a_damaged_model_is_refused(damaged: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        Labeller(damaged)


PROSE = [
    "The ferry to Lerwick left two hours late on Monday, and nobody on the quay was surprised by it.",
    "Its captain said that the harbour board had been told of the broken winch in the spring of last year.",
    "The board will meet on Thursday; until then the crew is to work by hand, as it did before the war.",
]
MENU = ["Home", "News", "Sport", "Weather", "Opinion", "Culture", "Travel", "Podcasts", "Puzzles", "Shop", "Archive"]
TEASERS = [
    "Whale counted twice in the same bay",
    "A lighthouse for sale",
    "What the tide tables don't tell",
    "Nine boats and a goat",
]


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return Cleaner(Library([bundled()]))


def page(*, headline: str = "Ferry leaves late again") -> str:
    lines = [*MENU, *MENU[:5], headline, "Monday, 3 March 2025", *PROSE, "Read more", *TEASERS, *MENU, "© 2025"]
    return "\n".join(lines)


def test_a_page_that_no_rule_file_knows(cleaner: Cleaner) -> None:
    article = cleaner.clean(page(), publisher="none")
    assert article.headline == "Ferry leaves late again"
    assert list(article.paragraphs) == PROSE


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        pytest.param("Ferry leaves late again | The Ellery Courier", "Ferry leaves late again", id="behind-a-bar"),
        pytest.param("Ferry leaves late again - courier.example", "Ferry leaves late again", id="a-domain"),
        pytest.param("Ferry leaves late – again", "Ferry leaves late – again", id="a-dash-is-part-of-it"),
    ],
)
def test_the_site_in_a_title_is_no_part_of_the_headline(cleaner: Cleaner, title: str, headline: str) -> None:
    assert cleaner.clean("\n".join([title, *PROSE]), publisher="none").headline == headline


def test_a_guess_says_why(cleaner: Cleaner) -> None:
    article = cleaner.clean(page(), publisher="none")
    guesses = [span.why for span in article.spans if isinstance(span.why, Guess)]
    assert guesses
    assert {str(guess) for guess in guesses} <= {f"labeller:{state}" for state in State if state is not State.BODY}
    assert all(0 < len(guess.features) <= 3 for guess in guesses)


def test_without_it_nothing_is_guessed(cleaner: Cleaner) -> None:
    rules_alone = pickle.loads(pickle.dumps(Cleaner(Library([bundled()]), guess=False)))
    article = rules_alone.clean(page(), publisher="none")
    assert not any(isinstance(span.why, Guess) for span in article.spans)
    assert {*PROSE, *TEASERS} <= set(article.paragraphs)
    promo = rules_alone.clean("\n".join(["Advertisement", "Ferry leaves late again", *PROSE]), publisher="none")
    assert promo.headline == "Ferry leaves late again"
    assert any(isinstance(span.why, Guess) for span in cleaner.clean(page(), publisher="none").spans)


def test_a_rule_is_never_overruled(cleaner: Cleaner) -> None:
    rules_alone, _ = cleaner.claimed(page(), publisher="none")
    claimed = {(part.start, part.label, part.kind) for parts in rules_alone.parts for part in parts}
    article = cleaner.clean(page(), publisher="none")
    assert claimed <= {(span.start, span.label, span.kind) for span in article.spans}


def test_where_rules_find_nothing_it_is_silent(cleaner: Cleaner) -> None:
    text = "\n".join([*PROSE, "A lighthouse for sale", *PROSE[:2], "Nine boats and a goat"])
    article = cleaner.clean(text, publisher="none")
    assert {span.label for span in article.spans} == {Label.BODY}


BROKEN = [
    "The new ferry was built by the yard of",
    "Ines Valverde",
    ", who owns two others, and it has never",
    "sunk",
    "in its life.",
]

MENDED = "The new ferry was built by the yard of Ines Valverde, who owns two others, and it has never sunk in its life."


@pytest.mark.parametrize(
    ("lines", "paragraphs"),
    [
        pytest.param(
            BROKEN,
            [MENDED],
            id="a-link-on-its-own-line",
        ),
        pytest.param(["milk", "sugar", "flour"], ["milk", "sugar", "flour"], id="a-list-in-lower-case-stays-one"),
        pytest.param(
            ["We bought what a cook on a ferry needs for a long day:", "milk", "sugar"],
            ["We bought what a cook on a ferry needs for a long day:", "milk", "sugar"],
            id="a-colon-ends-a-line",
        ),
        pytest.param([PROSE[0], *BROKEN], [PROSE[0], MENDED], id="behind-a-paragraph"),
    ],
)
def test_a_sentence_broken_at_its_links_is_one_paragraph(
    cleaner: Cleaner, lines: list[str], paragraphs: list[str]
) -> None:
    article = cleaner.clean("\n".join(lines), publisher="none")
    assert list(article.paragraphs) == paragraphs
    assert "".join(article.text[span.start : span.end] for span in article.spans) == "\n".join(lines)


def test_pieces_with_something_between_them_are_not_joined(cleaner: Cleaner) -> None:
    cut = ["The ferry was built in Lerwick by the yard that owns", "two others, and has never sunk in its life."]
    article = cleaner.clean("\n".join([*PROSE, cut[0], "Advertisement", cut[1], *PROSE]), publisher="none")
    assert "promo ad | Advertisement" in to_labels(article)
    assert list(article.paragraphs) == [*PROSE, *cut, *PROSE]
