"""The views of an article: what each says, and that none of them loses or invents anything."""

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from markdown_it.token import Token

from newsclean.model import BLANK, KINDS, LINE_BREAKS, Article, Label, Pass, Place, Rule, Span
from newsclean.render import Format, parse_labels, render, to_dict, to_json, to_labels, to_markdown, to_text

DOCS = Path(__file__).parent.parent / "docs"
DOCUMENT = (DOCS / "output.md").read_text(encoding="utf-8")
SCHEMA: dict[str, Any] = json.loads((DOCS / "output.schema.json").read_text(encoding="utf-8"))

EN = Rule(Label.PROMO, "newsletter", "Sign up .*", Place("common/en.txt", 12))


def article(*pieces: tuple[str, str], publisher: str | None = None) -> Article:
    """An article of pieces, each a label with an optional kind and a text; rules claim all but the body."""
    spans, text = [], ""
    for head, piece in pieces:
        label, _, kind = head.partition(" ")
        claim = None if label == "body" else EN
        values = tuple(re.findall(r"By (.*)\n", piece)) if label == "byline" else ()
        spans.append(Span(len(text), len(text) + len(piece), Label(label), kind or None, claim, values))
        text += piece
    return Article(text, tuple(spans), publisher)


FERRY = article(
    ("headline", "Harbour Town Keeps Its Ferry\n"),
    ("byline", "By Ines Valverde\n"),
    ("date", "3 March 2024\n"),
    ("caption", "The ferry at its berth. Photo: Tomas Rehn\n"),
    ("body", "The council voted *eleven to two* for the ferry.\n"),
    ("promo newsletter", "Sign up for the Harbour Letter\n"),
    ("body", "“It is a bridge that floats,” the mayor said."),
    publisher="harbourpost.example",
)

ODD = [*LINE_BREAKS, "\x1b[2J", "\u202e", "\\", "\\x1b", "\t", "\ud800", "\r\n", "    ", "word", " | "]
MARKUP = ["*", "_", "__", "`", "```", "~~~", "[a](b)", "<b>", "&amp;", "-", "1.", ">", "---", "=", "|", ":-"]
MARKUP += ["![", "]:/u", "#", "+", "http://a.example/b_c_"]
odd_text = st.lists(
    st.text(st.characters(), max_size=8) | st.sampled_from([*ODD, *MARKUP, *(mark + " " for mark in MARKUP)])
).map("".join)


@st.composite
def odd_articles(draw: st.DrawFn) -> Article:
    text = draw(odd_text)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)))) | {0, len(text)})
    claims = st.sampled_from([EN, *Pass, None])
    kinds = st.sampled_from([None, *KINDS])
    spans = (Span(start, end, draw(st.sampled_from(Label)), draw(kinds), draw(claims)) for start, end in pairwise(cuts))
    return Article(text, tuple(spans), draw(st.none() | odd_text), (draw(odd_text),))


def example(language: str) -> str:
    """The first code block in that language in the documentation."""
    found = re.search(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.M | re.S)
    assert found, f"docs/output.md shows no {language}"
    return found[1]


def properties(schema: dict[str, Any], prefix: str = "") -> list[str]:
    names = []
    for name, what in schema["properties"].items():
        names.append(prefix + name)
        if "properties" in what.get("items", {}):
            names += properties(what["items"], f"{prefix}{name}[].")
    return names


@pytest.mark.parametrize(
    ("language", "said"),
    [
        pytest.param("text", to_text(FERRY), id="text"),
        pytest.param("markdown", to_markdown(FERRY), id="markdown"),
        pytest.param("labels", to_labels(FERRY), id="labels"),
    ],
)
def test_the_documented_example_is_what_comes_out(language: str, said: str) -> None:
    assert example(language) == said


def test_the_documented_json_is_what_comes_out() -> None:
    assert json.loads(example("json")) == to_dict(FERRY, source="ferry.txt", encoding="utf-8")
    Draft202012Validator.check_schema(SCHEMA)


def test_documents_every_key_of_the_schema_in_its_order() -> None:
    assert re.findall(r"^\| `([^`]+)` \|", DOCUMENT, re.M) == properties(SCHEMA)


@pytest.mark.parametrize("spans", [True, False])
def test_keys_come_in_the_order_of_the_schema(spans: bool) -> None:
    data = json.loads(to_json(FERRY, spans=spans))
    assert list(data) == [key for key in SCHEMA["properties"] if spans or key not in ("text", "spans")]
    for name in {"promo", "spans"} & set(data):
        assert list(data[name][0]) == list(SCHEMA["properties"][name]["items"]["properties"])


@settings(deadline=None)
@given(odd_articles(), st.booleans())
def test_json_fits_the_schema_on_one_line_of_utf8(odd: Article, spans: bool) -> None:
    line = to_json(odd, spans=spans, source="-", encoding="cp1252")
    assert len(line.splitlines()) == 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", line.encode().decode())
    Draft202012Validator(SCHEMA).validate(json.loads(line))
    data = to_dict(odd, spans=spans, source="-", encoding="cp1252")
    if not re.search("[\ud800-\udbff][\udc00-\udfff]", json.dumps(data, ensure_ascii=False)):
        assert json.loads(line) == data  # JSON itself would join the two halves into one character


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"surplus": 1}, id="a key nobody knows"),
        pytest.param({"text": "alone"}, id="text without spans"),
        pytest.param({"promo": [{"kind": None, "text": "", "rule": None}]}, id="an empty removal"),
        pytest.param({"headline": 3}, id="a number for a headline"),
    ],
)
def test_the_schema_refuses(wrong: dict[str, object]) -> None:
    assert not Draft202012Validator(SCHEMA).is_valid(to_dict(FERRY) | wrong)


@pytest.mark.parametrize(
    ("span", "rule"),
    [
        pytest.param(Span(0, 4, Label.PROMO, "nav", EN), "common/en.txt:12", id="a rule"),
        pytest.param(Span(0, 4, Label.PROMO, "nav", Pass.TWICE), "structure:said-twice", id="a pass"),
        pytest.param(Span(0, 4, Label.BODY), None, id="body that nobody claimed"),
    ],
)
def test_spans_say_why(span: Span, rule: str | None) -> None:
    data = json.loads(to_json(Article("Home", (span,)), spans=True))
    assert data["text"] == "Home"
    assert data["spans"] == [{"start": 0, "end": 4, "label": span.label, "kind": span.kind, "rule": rule}]


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([("promo ad", "Buy a boat\n")], "", id="promo only"),
        pytest.param([("headline", " \n"), ("body", "It rained.\n")], "It rained.\n", id="a blank headline"),
        pytest.param([("byline", "By A. Orr\n"), ("byline", "Clerk\n")], "By A. Orr\nClerk\n", id="bylines"),
        pytest.param([("body", "It "), ("promo", "(ad) "), ("body", "rained.")], "It rained.\n", id="a cut"),
    ],
)
def test_text(pieces: list[tuple[str, str]], text: str) -> None:
    assert to_text(article(*pieces)) == text


@pytest.mark.parametrize(
    ("body", "markdown"),
    [
        pytest.param("# not a heading", r"\# not a heading", id="hash"),
        pytest.param("#harbour is busy", "#harbour is busy", id="hashtag"),
        pytest.param("- She left.", r"\- She left.", id="dash"),
        pytest.param("-5 degrees at noon", "-5 degrees at noon", id="minus"),
        pytest.param("1. Wash the nets", r"1\. Wash the nets", id="numbered"),
        pytest.param("1.5 metres of snow", "1.5 metres of snow", id="decimal"),
        pytest.param("> he wrote", r"\> he wrote", id="quote"),
        pytest.param("a * b _c_ [d] `e` <f>", r"a \* b \_c\_ \[d] \`e\` \<f>", id="inline"),
        pytest.param("at a.example/old_pier, 3 < 4 & 5", "at a.example/old_pier, 3 < 4 & 5", id="no markup"),
        pytest.param("Calm\n===\nsea", "Calm\n\\===\nsea", id="underlined line"),
        pytest.param(r"C:\nets &copy;", r"C:\\nets \&copy;", id="backslash and entity"),
    ],
)
def test_markdown_escapes_what_would_be_markup(body: str, markdown: str) -> None:
    assert to_markdown(article(("body", body))) == markdown + "\n"


def shown(tokens: list[Token]) -> str:
    return "".join("\n" if token.type == "softbreak" else token.content for token in tokens)


@settings(deadline=None)
@given(odd_articles(), st.sampled_from(["commonmark", "gfm-like"]))
def test_markdown_shows_the_article_and_nothing_as_markup(odd: Article, dialect: str) -> None:
    tokens = MarkdownIt(dialect, {"linkify": False}).parse(to_markdown(odd))
    assert {token.tag for token in tokens} <= {"", "h1", "p", "blockquote"}
    inline = [token.children or [] for token in tokens if token.type == "inline"]
    assert {child.type for line in inline for child in line} <= {
        "text", "softbreak", "em_open", "em_close", "text_special",
    }  # fmt: skip
    expected = [odd.headline, odd.byline, odd.date, *odd.paragraphs, *odd.captions]
    # U+0000 is no character to Markdown, and the space at a line's end is nothing in all of its readers.
    words = " ".join(said for said in expected if said).replace("\0", "\ufffd").split()
    assert " ".join(map(shown, inline)).split() == words


@pytest.mark.parametrize(
    ("pieces", "labels"),
    [
        pytest.param([("date", "Friday\n\n3 May\n")], "date | Friday\ndate | 3 May\n", id="two lines"),
        pytest.param([("body", "A "), ("promo ad", "(B)")], "body | A\npromo ad | (B)\n", id="a cut line"),
        pytest.param([("body", "a\x1b[2J\\n\u202eb")], "body | a\\x1b[2J\\\\n\\u202eb\n", id="escapes"),
        pytest.param([("body", " \n\t")], "", id="blank"),
    ],
)
def test_labels(pieces: list[tuple[str, str]], labels: str) -> None:
    assert to_labels(article(*pieces)) == labels


@given(odd_articles())
def test_labels_read_back_are_the_pieces(odd: Article) -> None:
    pieces = [
        (span.label, span.kind, line.strip(BLANK))
        for span in odd.spans
        for line in odd.text[span.start : span.end].splitlines()
        if line.strip(BLANK)
    ]
    labels = to_labels(odd)
    assert parse_labels(labels, "odd.labels") == pieces
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", labels.encode().decode())


def test_labels_by_hand_may_have_comments_blank_lines_and_odd_spaces() -> None:
    text = "\ufeff# An answer.\n\n  promo  share | Print \r\nbody | # 1 | of 2\n"
    assert parse_labels(text, "x") == [(Label.PROMO, "share", "Print"), (Label.BODY, None, "# 1 | of 2")]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        pytest.param(
            "The ferry left.",
            "no ' | ' between label and text; write the line like: body | She left.",
            id="no bar",
        ),
        pytest.param(
            "bodi | The ferry left.",
            "unknown label 'bodi'; use one of: headline, byline, date, caption, body, promo",
            id="unknown label",
        ),
        pytest.param(
            "promo news letter | Sign up",
            "'promo news letter' is more than a label and a kind; write it like: promo newsletter",
            id="two kinds",
        ),
        pytest.param(r"body | C:\n", r"a backslash that escapes nothing; write a backslash as \\", id="backslash"),
    ],
)
def test_a_bad_label_line_says_where_and_what_to_do(line: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"ferry.labels:2: {complaint}") + "$"):
        parse_labels(f"body | It rained.\n{line}\n", "ferry.labels")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("a.json", Format.JSON), ("a.jsonl", Format.JSON), ("a.ndjson", Format.JSON), ("a.txt", Format.TEXT),
        ("a.md", Format.MARKDOWN), ("a.markdown", Format.MARKDOWN), ("a.b.LABELS", Format.LABELS),
        (Path("a.txt"), Format.TEXT),
    ],
)  # fmt: skip
def test_format_of_ending(path: str | Path, form: Format) -> None:
    assert Format.of_ending(path) is form
    assert f"`{Path(path).suffix.lower()}`" in DOCUMENT


def test_an_unknown_ending_lists_the_known() -> None:
    known = ".json, .jsonl, .ndjson, .txt, .md, .markdown, .labels, .csv, .parquet"
    message = f"the ending of 'out.pdf' names no format; the endings that do: {known}"
    with pytest.raises(ValueError, match=re.escape(message) + "$"):
        Format.of_ending("out.pdf")


def test_render_gives_every_format_but_the_screen() -> None:
    assert render(FERRY, Format.JSON, source="-") == to_json(FERRY, source="-") + "\n"
    assert render(FERRY, Format.TEXT) == to_text(FERRY)
    assert render(FERRY, Format.MARKDOWN) == to_markdown(FERRY)
    assert render(FERRY, Format.LABELS) == to_labels(FERRY)
    with pytest.raises(ValueError, match="drawn on a terminal"):
        render(FERRY, Format.SCREEN)


def test_importing_it_does_not_import_rich() -> None:
    code = "import sys, newsclean.render; sys.exit('rich' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
