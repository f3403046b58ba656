"""Out of a record, its articles, or what is wrong with it."""

from __future__ import annotations

import json
import pickle
from datetime import date

import pytest

from dumps import (
    FERRY,
    PAGE,
    PLAIN,
    empty_folder,  # noqa: F401  It is used by being here.
    outcome,
    read,
    sources_of,
)
from newsclean.model import UsageError
from newsclean.records import Input, Reading, Record, load, separator
from newsclean.sources import Source, SourceError

# --- Fields


def test_a_json_line_becomes_a_source() -> None:
    line = {"id": 7, "url": "https://harbour.example/a", "text": FERRY, "publisher": "harbour.example", "x": [None]}
    rest = {name: value for name, value in line.items() if name != "text"}
    (found,) = sources_of("a.jsonl", json.dumps(line).encode())
    assert found == Source("a.jsonl:1", FERRY, "utf-8", (), "https://harbour.example/a", "harbour.example", rest)
    assert list(found.fields) == ["id", "url", "publisher", "x"]


@pytest.mark.parametrize(
    "value", [pytest.param(None, id="null"), pytest.param("", id="empty"), pytest.param(["x"], id="list")]
)
def test_a_url_that_is_no_string_is_but_a_field(value: object) -> None:
    (found,) = sources_of("a.jsonl", json.dumps({"text": FERRY, "url": value, "publisher": value}).encode())
    assert (found.url, found.publisher, found.fields) == (None, None, {"url": value, "publisher": value})


def test_odd_json_passes() -> None:
    (found,) = sources_of(
        "a.jsonl", b'{"n": NaN, "big": 123456789012345678901234567890, "text": "lone \\ud800", "s": "\\udfff"}'
    )
    assert found.text == "lone \ud800"
    assert repr(found.fields) == r"{'n': nan, 'big': 123456789012345678901234567890, 's': '\udfff'}"


def test_html_in_a_field_is_extracted_if_wanted() -> None:
    line = json.dumps({"body": PAGE}).encode()
    assert [found.warnings for found in sources_of("a.jsonl", line)] == [("HTML: extracted with trafilatura",)]
    assert [found.text for found in sources_of("a.jsonl", line, Reading(html=False))] == [PAGE]


LOOKED = "has no field with the text (looked for text, content, body, article)."
NAME_IT = "Name the field that holds it with --field; there are"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"article": "a", "body": "b", "x": "c"}, ":1 b", id="the-first-in-our-order"),
        pytest.param({"text": None, "content": " \n", "body": "b"}, ":1 b", id="the-first-that-holds-text"),
        pytest.param({"title": "a", "": "b"}, f':1: {LOOKED} {NAME_IT} title, "".', id="none-there"),
        pytest.param({}, f":1: {LOOKED}", id="no-fields"),
        pytest.param({"text": None}, f":1: has no text in its field text (null). {NAME_IT} text.", id="null"),
        pytest.param({"text": ["a"]}, f":1: has no text in its field text (a list). {NAME_IT} text.", id="list"),
        pytest.param(
            {"article": True, "text": 7.5, "content": "", "body": {}, "x": 1},
            ":1: has no text in its fields text (a number), content (blank), body (an object), "
            f"article (true or false). {NAME_IT} article, text, content, body, x.",
            id="none-holds-text",
        ),
    ],
)
def test_the_field_that_holds_the_text(fields: dict[str, object], said: str) -> None:
    assert outcome("a.jsonl", json.dumps(fields).encode()) == [f"a.jsonl{said}"]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        pytest.param("story", ":1 b", id="holds-text"),
        pytest.param("", ":1 c", id="without-a-name"),
        pytest.param(
            "body",
            f':1: has no text in its field body (null). {NAME_IT} text, story, "", body.',
            id="null-though-text-holds-some",
        ),
        pytest.param(
            "content",
            f':1: has no field with the text (looked for content). {NAME_IT} text, story, "", body.',
            id="not-there",
        ),
    ],
)
def test_a_field_that_was_named_is_the_only_one(field: str, said: str) -> None:
    line = json.dumps({"text": "a", "story": "b", "": "c", "body": None}).encode()
    assert outcome("a.jsonl", line, Reading(field=field)) == [f"a.jsonl{said}"]


def test_what_parquet_holds_instead_of_text() -> None:
    record = Record("a.parquet", 1, {"text": date(2024, 3, 3)}, Input.PARQUET)
    (error,) = load(record, Reading())
    assert str(error) == f"a.parquet:1: has no text in its field text (of type date). {NAME_IT} text."


def test_fields_that_were_passed_over_stay() -> None:
    (found,) = sources_of("a.jsonl", b'{"text": null, "body": "b", "article": "c"}')
    assert (found.text, found.fields) == ("b", {"text": None, "article": "c"})


def test_the_list_of_fields_is_cut() -> None:
    data = json.dumps({f"field{i}": i for i in range(1000)}).encode()
    (message,) = outcome("a.jsonl", data)
    assert len(message) < 400
    assert message.endswith("….")


# --- Texts


@pytest.mark.parametrize(
    ("data", "split", "said"),
    [
        pytest.param(b"a\nb\n", None, ["a.txt a\nb\n"], id="one-article"),
        pytest.param(b"a\n\f\nb\n", None, ["a.txt:1 a\n", "a.txt:3 b\n"], id="form-feed-on-a-line-as-we-write-it"),
        pytest.param(b"a\f\r\n\r\nb", None, ["a.txt:1 a", "a.txt:3 \r\nb"], id="blank-lines-before-it-begins"),
        pytest.param(b"\fa\n\f\f \n\f", None, ["a.txt a\n"], id="blank-pieces"),
        pytest.param(b"a\f", None, ["a.txt a"], id="one-article-and-a-form-feed"),
        pytest.param(b"a\rb\r\fc", None, ["a.txt:1 a\rb\r", "a.txt:3 c"], id="old-mac"),
        pytest.param(b"a\n---\nb\n--- c\n---", "^---\n?$", ["a.txt:1 a\n", "a.txt:3 \nb\n--- c\n"], id="lines"),
        pytest.param(b"a\n\fb", "===", ["a.txt a\n\x0cb"], id="form-feed-is-text-where-split-is-given"),
        pytest.param("a\f\nb".encode("utf-16"), None, ["a.txt:1 a", "a.txt:2 b"], id="utf-16"),
        pytest.param(b"\f \n", None, ["a.txt: is empty."], id="nothing-between"),
        pytest.param(b"--", "-", ["a.txt: is empty."], id="separators-alone"),
        pytest.param(b"a\0", None, ["a.txt: is binary, not text. Give the article's text."], id="binary"),
        pytest.param(
            b"By A\nBy B",
            "(?=By)",
            [
                "a.txt: would be cut by --split '(?=By)' where nothing stands. Let it match what stands between articles."
            ],
            id="matches-nothing-before-something",
        ),
    ],
)
def test_texts(data: bytes, split: str | None, said: list[str]) -> None:
    assert outcome("a.txt", data, Reading(split=split)) == said


def test_pages_are_extracted_one_by_one() -> None:
    found = sources_of("a.html", f"{PAGE}\n=====\n{PAGE}".encode(), Reading(split="=====\n"))
    assert [(source.name, source.text[:5]) for source in found] == [("a.html:1", "Ferry"), ("a.html:3", "Ferry")]


EMPTY_PAGE = "<!doctype html><html><head></head><body><p></p></body></html>"


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        pytest.param(
            ["a", EMPTY_PAGE, "c"], ["a:1", "a:2 is HTML, and no article was found in it", "a:3"], id="middle"
        ),
        pytest.param([EMPTY_PAGE, "b"], ["a:1 is HTML, and no article was found in it", "a:2"], id="first"),
        pytest.param([EMPTY_PAGE], ["a is HTML, and no article was found in it"], id="all-there-is"),
    ],
)
def test_an_article_that_cannot_be_extracted_has_neighbours(pieces: list[str], said: list[str]) -> None:
    (record,), _ = read("a", "\f\n".join(pieces).encode())
    loaded = load(record, PLAIN)
    shown = [f"{x.source} {x.problem}" if isinstance(x, SourceError) else x.name for x in loaded]
    assert shown == said


@pytest.mark.parametrize(
    ("first", "warned"),
    [pytest.param("Caf\xe9", 0, id="an-article"), pytest.param(EMPTY_PAGE, 1, id="no-article")],
)
def test_how_a_text_was_decoded_is_said_once(first: str, warned: int) -> None:
    data = f"{first}\f\nCaf\xe9 in the harbour\f\nThe goat".encode("cp1252")
    (record,), _ = read("a", data)
    told = {i: x.warnings for i, x in enumerate(load(record, PLAIN)) if isinstance(x, Source) and x.warnings}
    assert told == {warned: ("encoding detected: windows-1252",)}


def test_two_articles_in_a_line_share_its_name() -> None:
    assert outcome("a.txt", b"a\fb\n\f\nc") == ["a.txt:1 a", "a.txt:1 b\n", "a.txt:3 c"]


@pytest.mark.parametrize("kind", Input)
def test_a_fault_is_an_error_of_any_kind(kind: Input) -> None:
    record = pickle.loads(pickle.dumps(Record("a", 3, b"", kind, "is cut short")))
    assert [str(error) for error in load(record, PLAIN)] == ["a:3: is cut short."]


@pytest.mark.parametrize(
    ("split", "message"),
    [
        pytest.param("(", "--split '(' is no regular expression: missing ) at position 1; correct it", id="broken"),
        pytest.param(
            "x*", "--split 'x*' matches even an empty text; let it match what stands between articles", id="x*"
        ),
        pytest.param(
            "", "--split '' matches even an empty text; let it match what stands between articles", id="empty"
        ),
        pytest.param(
            "^", "--split '^' matches even an empty text; let it match what stands between articles", id="anchor"
        ),
    ],
)
def test_no_separator(split: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        separator(split)
    assert str(caught.value) == message
