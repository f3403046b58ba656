"""An Article as text, Markdown, JSON or labelled lines: views of its spans, none of which it prints."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from os import PathLike, fspath

from newsclean.model import BLANK, Article, Label, Span, place_of

_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029"  # controls, and what some readers end a line at
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls: they make a line look like another
    r"\ud800-\udfff]"  # lone surrogates, which UTF-8 cannot hold
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(\\))?")

_MARKS = re.compile(
    r"[\\`*\[~]"
    r"|<(?=[A-Za-z/!?])"  # a tag; 'a < b' is none
    r"|&(?=#?\w+;)"  # an entity
    r"|(?<![^\W_])_|_(?![^\W_])"  # not snake_case, where an underscore is no emphasis and addresses have it
)
_LINE_MARK = re.compile(
    r"(?=#{1,6}(?:\s|$)|>|[+-](?:\s|$)"
    r"|[-=:|][-=:|\s]*$)"  # a rule, the underline of a heading, the second row of a table
    r"|[0-9]{1,9}(?=[.)](?:\s|$))"
)


class Format(StrEnum):
    """What an article can be turned into.

    `render` makes a string of all but three: `SCREEN`, and `CSV` and `PARQUET`, tables of which an article is a row.
    """

    SCREEN = "screen"
    JSON = "json"
    TEXT = "text"
    MARKDOWN = "markdown"
    LABELS = "labels"
    CSV = "csv"
    PARQUET = "parquet"

    @classmethod
    def of_ending(cls, path: str | PathLike[str]) -> Format:
        """Return the format that a file name's ending stands for; ValueError if it stands for none.

        An ending that says how the file is compressed may stand behind it.
        """
        name = fspath(path)
        bare = name.lower()
        bare = next((bare.removesuffix(ending) for ending in COMPRESSIONS if bare.endswith(ending)), bare)
        for ending, form in _ENDINGS.items():
            if bare.endswith(ending):
                return form
        known = ", ".join(_ENDINGS)
        raise ValueError(f"the ending of {name!r} names no format; the endings that do: {known}")


_ENDINGS = {
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
    ".ndjson": Format.JSON,
    ".txt": Format.TEXT,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".labels": Format.LABELS,
    ".csv": Format.CSV,
    ".parquet": Format.PARQUET,
}
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")
"""The endings of compressed files."""


def render(
    article: Article,
    form: Format,
    *,
    spans: bool = False,
    source: str | None = None,
    encoding: str | None = None,
    fields: Mapping[str, object] | None = None,
    only: Label | None = None,
) -> str:
    """Return the article in that format, ready to be written: empty, or ending in a line break.

    The options are those of `to_dict`; but for `only`, just JSON has a place for them.
    ValueError for `Format.SCREEN`, which needs a terminal to be drawn on, and for the tables.
    """
    match form:
        case Format.JSON:
            told = {"source": source, "encoding": encoding, "fields": fields}
            return to_json(article, spans=spans, only=only, **told) + "\n"  # type: ignore[arg-type]
        case Format.TEXT:
            return to_text(article, only=only)
        case Format.MARKDOWN:
            return to_markdown(article, only=only)
        case Format.LABELS:
            return to_labels(article, only=only)
        case Format.SCREEN:
            raise ValueError("a screen is drawn on a terminal, not rendered to a string")
        case Format.CSV | Format.PARQUET:
            raise ValueError(f"{form} is a table, in which an article is a row, not rendered to a string")


_KEYS = {
    Label.HEADLINE: ("headline",),
    Label.BYLINE: ("byline", "authors"),
    Label.DATE: ("date",),
    Label.CAPTION: ("captions",),
    Label.BODY: ("body",),
    Label.PROMO: ("promo",),
}
"""What stands for each label in `to_dict`."""
OURS = "newsclean_"
"""Goes before a key of ours where the record that the article came from has a field of that name."""


def to_dict(
    article: Article,
    *,
    spans: bool = False,
    source: str | None = None,
    encoding: str | None = None,
    fields: Mapping[str, object] | None = None,
    only: Label | None = None,
) -> dict[str, object]:
    """Return the article as plain data, its keys in a fixed order. docs/output.md tells what each holds.

    Args:
        article: The article.
        spans: Add the raw text and every span of it.
        source: Where the text was read, and
        encoding: how; the library knows neither.
        fields: What else the record held that the text came from. It follows, each field under its own name; a key of
            ours that has the same name goes by `newsclean_` and that name.
        only: Leave out what has another label.
    """
    data: dict[str, object] = {
        "source": source,
        "encoding": encoding,
        "publisher": article.publisher,
        "headline": article.headline,
        "byline": article.byline,
        "authors": list(article.authors),
        "date": article.date,
        "captions": list(article.captions),
        "body": article.body,
        "promo": [
            {"kind": span.kind, "text": said, "rule": why(span)}
            for span in article.promo
            if (said := article.said(span))
        ],
        "warnings": list(article.warnings),
    }
    if only:
        for key in (key for label, keys in _KEYS.items() if label is not only for key in keys):
            del data[key]
    if spans:
        data["text"] = article.text
        data["spans"] = [
            {"start": s.start, "end": s.end, "label": s.label.value, "kind": s.kind, "rule": why(s)}
            for s in article.spans
        ]
    if not fields:
        return data
    return {(OURS + key if key in fields else key): value for key, value in data.items()} | dict(fields)


def to_json(
    article: Article,
    *,
    spans: bool = False,
    source: str | None = None,
    encoding: str | None = None,
    fields: Mapping[str, object] | None = None,
    only: Label | None = None,
) -> str:
    """Return `to_dict` as JSON on one line, without a line break behind it.

    Letters stay as they are. Escaped is what is a line's end to any reader, what UTF-8 cannot hold, and what
    a terminal would obey.
    """
    data = to_dict(article, spans=spans, source=source, encoding=encoding, fields=fields, only=only)
    plain = json.dumps(data, ensure_ascii=False, default=as_text)
    if plain.isprintable():  # most are, and that is told fifty times as fast
        return plain
    return _UNSAFE.sub(_escaped_json, plain)


def as_text(value: object) -> str:
    """Return as text what JSON has no form for: dates by ISO 8601, bytes as UTF-8, the rest as Python shows it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def to_text(article: Article, *, only: Label | None = None) -> str:
    """Return the clean article: headline, byline and paragraphs, a blank line between them; or what has one label."""
    if only:
        return _blocks(*_said(article, only))
    return _blocks(article.headline, article.byline, *article.paragraphs)


def to_markdown(article: Article, *, only: Label | None = None) -> str:
    """Return the clean article as Markdown that shows the article's own characters and nothing as markup.

    In order: the headline as a heading, each line of the byline in italics, the date, the paragraphs, and
    behind them the captions, each a blockquote: away from its picture, a caption would only interrupt. Or, of
    all that, what has one label; promo as paragraphs.
    """
    said = {label: _said(article, label) if only in (None, label) else () for label in Label}
    promo = said[Label.PROMO] if only else ()
    headline = re.sub(r"(?:^|(?<=\s))(?=#+$)", r"\\", _escaped("".join(said[Label.HEADLINE]).replace("\n", " ")))
    return _blocks(
        headline and f"# {headline}",
        *(f"*{_escaped(line)}*" for line in "".join(said[Label.BYLINE]).splitlines() if line.strip()),
        *map(_escaped, said[Label.DATE]),
        *map(_escaped, said[Label.BODY]),
        *("> " + _escaped(caption).replace("\n", "\n> ") for caption in said[Label.CAPTION]),
        *map(_escaped, promo),
    )


def _said(article: Article, label: Label) -> tuple[str, ...]:
    """Return what an article says that has a label, as one reads it: one headline, one byline, one date."""
    match label:
        case Label.BODY:
            return article.paragraphs
        case Label.CAPTION:
            return article.captions
        case Label.PROMO:
            return tuple(filter(None, map(article.said, article.promo)))
        case Label.HEADLINE:
            one = article.headline
        case Label.BYLINE:
            one = article.byline
        case Label.DATE:
            one = article.date
    return (one,) if one else ()


def to_labels(article: Article, *, only: Label | None = None) -> str:
    r"""Return a line for each line of each span, `promo newsletter | the text`, blank ones left out.

    Control characters and a backslash are escaped (`\x1b`, `\u202e`, `\\`), so that the answer is safe to
    look at and `parse_labels` gives every piece back.
    """
    return "".join(
        f"{span.label} {span.kind} | {piece}\n" if span.kind else f"{span.label} | {piece}\n"
        for span in article.spans
        if only in (None, span.label)
        for line in article.text[span.start : span.end].splitlines()
        if (piece := _UNSAFE.sub(_escape, line.strip(BLANK).replace("\\", "\\\\")))
    )


def parse_labels(text: str, name: str) -> list[tuple[Label, str | None, str]]:
    """Read back what `to_labels` writes: label, kind and text of each piece, in order.

    Blank lines and lines that begin with # say nothing. `name` is what errors call the text: ValueError with
    name, line and what to do about it, for the first line that cannot be read.
    """
    pieces = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            try:
                pieces.append(_parse_line(line.strip()))
            except ValueError as error:
                raise ValueError(f"{name}:{number}: {error}") from None
    return pieces


def why(span: Span) -> str | None:
    """Return what decided the span, `common/en.txt:12` or `labeller:below`; None if nothing claimed it."""
    return None if span.why is None else place_of(span.why)


def _parse_line(line: str) -> tuple[Label, str | None, str]:
    head, bar, said = line.partition(" | ")
    if not bar:
        raise ValueError("no ' | ' between label and text; write the line like: body | She left.")
    label, *kinds = head.split() or [""]
    if label not in list(Label):
        raise ValueError(f"unknown label {label!r}; use one of: {', '.join(Label)}")
    if len(kinds) > 1:
        raise ValueError(f"{head!r} is more than a label and a kind; write it like: promo newsletter")
    return Label(label), kinds[0] if kinds else None, _ESCAPE.sub(_unescape, said.strip())


def _escaped_json(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _unescape(found: re.Match[str]) -> str:
    if found.lastindex is None:
        raise ValueError(r"a backslash that escapes nothing; write a backslash as \\")
    return found[3] or chr(int(found[found.lastindex], 16))


def _escaped(text: str) -> str:
    """Return the text such that Markdown shows it as it is, line by line, blank lines left out."""
    lines = (_MARKS.sub(r"\\\g<0>", line.strip()) for line in text.splitlines() if line.strip())
    return "\n".join(_escaped_start(line) for line in lines)


def _escaped_start(line: str) -> str:
    found = _LINE_MARK.match(line)
    return line if found is None else f"{line[: found.end()]}\\{line[found.end() :]}"


def _blocks(*blocks: str | None) -> str:
    said = [block for block in blocks if block and not block.isspace()]
    return "\n\n".join(said) + "\n" if said else ""
