"""An Article drawn on a terminal. The only module that knows rich: import it when a screen is wanted.

What it draws comes from strangers: everything goes through `_visible`, so that no character of it reaches the
terminal as a command, and nothing of it is read as markup.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.rule import Rule as Line
from rich.text import Text

from newsclean.model import Article, Label
from newsclean.render import why
from newsclean.tally import words

WIDEST = 100
"""Columns of text at most: longer lines are hard to read."""

SHOWN = 5
"""Removals of a kind that are shown; the others are counted."""

_COMMANDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
# What Unicode calls default-ignorable: terminals do not agree on how wide it makes its neighbours.
_UNSEEN = re.compile(
    r"[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_PLAIN_ENCODINGS = {"utf-8", "utf8", "utf-8-sig", "ascii"}


@dataclass(frozen=True, slots=True)
class _Removal:
    """A piece of promo: its text, how many words that is, and the rule that took it."""

    text: str
    words: int
    rule: str


def console(*, width: int | None = None, stderr: bool = False) -> Console:
    """Return the console to draw on: standard output or error, as wide as the terminal if no width is given.

    rich sees to NO_COLOR, TERM=dumb, COLUMNS and to output that is no terminal. A character that the
    terminal's encoding lacks becomes a question mark instead of an error.
    """
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def draw(article: Article, *, source: str, encoding: str | None, console: Console) -> None:
    """Draw the clean article, what was removed from it and why, and a line that sums up.

    `source` is the path the text came from, or "-"; `encoding` is told where it is not UTF-8.
    """
    width = min(console.width, WIDEST)
    for block in _page(article, source, encoding, width):
        lines = block.wrap(console, width, overflow="fold") if isinstance(block, Text) else [block]
        for line in lines:
            if isinstance(line, Text):
                line.rstrip()
            console.print(line, width=width, markup=False, emoji=False, highlight=False)


def _page(article: Article, source: str, encoding: str | None, width: int) -> Iterator[Text | Line]:
    yield _header(article, source, encoding, width)
    yield from (_visible(f"Warning: {warning}", "yellow") for warning in article.warnings)
    kinds = _removals(article)
    paragraphs = article.paragraphs or ("No body text in it.",)
    sections: list[Sequence[Text | Line]] = [
        [*_lines(article.headline, "bold"), *_lines(article.byline), *_lines(article.date)],
        [_visible(caption, "dim") for caption in article.captions if caption],
        *[[_visible(paragraph)] for paragraph in paragraphs],
        [*_removed(kinds, width)],
        [_summary(article, kinds)],
    ]
    for section in sections:
        if section:
            yield from (Text(), *section)


def _header(article: Article, source: str, encoding: str | None, width: int) -> Line:
    """Return a line with the file's name, the publisher and an odd encoding. A long path loses its start."""
    notes = [article.publisher or "unknown publisher"]
    if encoding and encoding.lower().replace("_", "-") not in _PLAIN_ENCODINGS:
        notes.append(encoding)
    rest = Text(" ") + _visible(" ".join(f"· {note}" for note in notes), "cyan")
    name = _visible("standard input" if source == "-" else source[-4 * width :], "bold")
    room = max(width - rest.cell_len - 2, width // 3)
    if name.cell_len > room:
        while name and name.cell_len >= room:
            name = name[1:]
        name = Text("…", "bold") + name
    return Line(Text() + name + rest, align="left", style="dim")


def _removals(article: Article) -> dict[str, list[_Removal]]:
    """Return what was removed, by kind, the kinds in the order of the text."""
    kinds: dict[str, list[_Removal]] = {}
    for span in article.promo:
        if said := article.said(span):
            removal = _Removal(said, words(said), why(span) or "")
            kinds.setdefault(span.kind or "promo", []).append(removal)
    return kinds


def _removed(kinds: dict[str, list[_Removal]], width: int) -> Iterator[Text | Line]:
    """Yield each kind of promo with its counts, and below it the first words of its first pieces."""
    if kinds:
        yield Line(Text("Removed", "bold red"), align="left", style="dim")
    for kind, removals in kinds.items():
        pieces, words = _count(len(removals), "piece"), _count(sum(r.words for r in removals), "word")
        yield Text("  ") + _visible(kind, "red") + Text(f"  {pieces}, {words}", "dim")
        yield from (_first_words(removal, width) for removal in removals[:SHOWN])
        if len(removals) > SHOWN:
            yield Text(f"    and {len(removals) - SHOWN:,} more", "dim")


def _first_words(removal: _Removal, width: int) -> Text:
    """Return the start of what was removed, cut to a line; at its right the rule, if there is room."""
    indent, gap = Text("    "), Text("  ")
    room = max(width - len(indent), 1)
    rule = _visible(removal.rule, "dim")
    beside = rule.cell_len + len(gap) if removal.rule else 0
    fits = 0 < beside <= room // 2
    words = _visible(removal.text[: 8 * room])
    words.truncate(room - beside if fits else room, overflow="ellipsis", pad=fits)
    return indent + words + gap + rule if fits else indent + words


def _summary(article: Article, kinds: dict[str, list[_Removal]]) -> Text:
    removed = sum(removal.words for removals in kinds.values() for removal in removals)
    kept = sum(words(article.said(span)) for span in article.spans if span.label is not Label.PROMO)
    if not kinds:
        return Text(f"Nothing was removed: {_count(kept, 'word')}, all kept.", "green")
    share = removed / (kept + removed)
    percent = f"{share:.0%}" if share >= 0.01 else "under 1%"
    return Text(f"{_count(kept, 'word')} kept", "green") + Text(f", {removed:,} removed ({percent}).")


def _lines(text: str | None, style: str = "") -> Iterator[Text]:
    yield from (_visible(line, style) for line in (text or "").splitlines() if line.strip())


def _visible(text: str, style: str = "") -> Text:
    """Return the text on one line: commands made visible, unseen characters gone, white space a space."""
    flowing = " ".join(_UNSEEN.sub("", text).split())
    shown, end = Text(style=style), 0
    for found in _COMMANDS.finditer(flowing):
        shown.append(flowing[end : found.start()]).append("".join(map(_picture, found[0])), "dim")
        end = found.end()
    return shown.append(flowing[end:])


def _picture(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xD800 <= code <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
