"""What is known of the truth of each line, on which the line labeller is trained."""

from __future__ import annotations

import pytest
from truth import LEAST_WORDS, Witnesses, known_states, only

from newsclean.cleaning import Cleaner
from newsclean.labeller import State
from newsclean.library import Library, bundled

BODY = [f"sentence number {i} of the long story about the ferry that left late" for i in range(LEAST_WORDS // 8)]
SAID = ["the board", "met", "on thursday"]
WHOLE = [*BODY, " ".join(SAID)]
EXTRACTS = {
    "trafilatura": [*WHOLE, "only here is this line of a story"],
    "readability": [*WHOLE, "a caption that two of them kept"],
    "newspaper": [*WHOLE, "a caption that two of them kept"],
    "resiliparse-main": WHOLE,
}


def witnesses(extracts: dict[str, list[str]], title: str = "") -> Witnesses:
    page = [title, "home", "ferry leaves late", *BODY]
    dumps = [{"dump": dump, "text": "\n".join(lines)} for dump, lines in {**extracts, "bs4": page}.items()]
    return Witnesses.of(dumps)


@pytest.mark.parametrize(
    ("line", "dump", "kept"),
    [
        pytest.param(BODY[0], "bs4", True, id="all-kept-it"),
        pytest.param("home", "bs4", False, id="none-kept-it"),
        pytest.param("a caption that two of them kept", "bs4", None, id="some-kept-it"),
        pytest.param("only here is this line of a story", "trafilatura", False, id="none-but-the-one-that-is-asked"),
        pytest.param("only here is this line of a story", "bs4", None, id="one-kept-it"),
    ],
)
def test_what_all_extractors_kept_is_body(line: str, dump: str, kept: bool | None) -> None:
    assert witnesses(EXTRACTS).kept([*BODY, line], dump)[-1] is kept


def test_a_piece_of_a_broken_sentence_is_found_by_its_neighbours() -> None:
    assert witnesses(EXTRACTS).kept([*BODY, *SAID], "bs4")[-3:] == [True, True, True]
    assert witnesses(EXTRACTS).kept([*BODY, "met"], "bs4")[-1] is False


@pytest.mark.parametrize(
    "extracts",
    [
        pytest.param({"trafilatura": WHOLE, "readability": WHOLE}, id="too-few"),
        pytest.param(dict.fromkeys(EXTRACTS, BODY[:1]), id="who-kept-next-to-nothing"),
    ],
)
def test_such_witnesses_are_not_believed(extracts: dict[str, list[str]]) -> None:
    assert set(witnesses(extracts).kept([*BODY, "home"], "bs4")) == {None}


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        pytest.param("Ferry leaves late | The Ellery Courier", "ferry leaves late", id="the-line-in-the-title"),
        pytest.param("Home - The Ellery Courier", "", id="one-word-is-none"),
        pytest.param("", "", id="no-title"),
    ],
)
def test_the_headline_is_the_longest_line_of_the_title(title: str, headline: str) -> None:
    assert witnesses(EXTRACTS, title).headline == headline


def test_the_states_of_a_page_whose_truth_is_known() -> None:
    body = "The ferry to Lerwick left two hours late on Monday, and nobody was surprised.\nIts winch had been broken since spring."
    text = f"Home\nFerry leaves late\nInes Valverde\nFerries\n{body}\nMore about ferries"
    sheet, _ = Cleaner(Library([bundled()])).claimed(text, publisher="none")
    row = {"id": "1", "text": text, "title": "Ferry leaves late", "authors": ["Ines Valverde"], "body": body}
    states = [State.ABOVE, State.HEADLINE, State.BYLINE, State.UNDER, State.BODY, State.BODY, State.BELOW]
    assert known_states(row, sheet) == [only(state) for state in states]
