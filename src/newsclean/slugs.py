"""What a URL says of the headline: its slug is often the headline's words, in small letters and without accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LEAST = 4
"""Words: a shorter slug says a topic, and no headline."""
READ = 300
"""Characters: how much of a line is read."""
LINE_WORDS = range(3, 41)
"""How many words a headline has."""
LIKE, AS_LIKE = 0.7, 0.05
"""How like the slug a line must be, and how much less than the likeliest it may be, 0 to 1; chosen on the data of
docs/quality.md."""
WORD = re.compile(r"[^\W_]+")
ENDING = re.compile(r"\.\w{2,5}$")
APOSTROPHES = str.maketrans("", "", "'’`")
PLAIN = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "ı": "i", "ł": "l", "đ": "d"})
TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "þ": "th", "ð": "d"})
"""How letters are written in a URL; where there are two ways, either is right."""


def words_of(url: str) -> frozenset[str]:
    """Return the words of a URL's slug, the part of its path that has most of them; none if they are too few."""
    from urllib.parse import unquote, urlsplit

    try:
        path = unquote(urlsplit(url).path)
    except ValueError:  # what a scraper noted as the URL is no URL
        return frozenset()
    parts = [_of_slug(ENDING.sub("", part)) for part in path.split("/")]
    longest = max(parts, key=len)
    return longest if len(longest) >= LEAST else frozenset()


def likest(views: Iterable[tuple[int, str]], slug: frozenset[str]) -> list[int]:
    """Return the places of the lines that are most like a slug, if any is like it."""
    found = [(_likeness(view, slug), at) for at, view in views]
    least = max(LIKE, max(found, default=(0.0, 0))[0] - AS_LIKE)
    return [at for like, at in found if like >= least]


def _of_slug(part: str) -> frozenset[str]:
    return frozenset(word.lower() for word in WORD.findall(part) if word.isalpha() and len(word) > 1)


def _likeness(view: str, slug: frozenset[str]) -> float:
    """Return how like a line is to a slug: F1 of the share of its words and the share of the slug's, 0 to 1."""
    words = [word for word in WORD.findall(view[:READ].translate(APOSTROPHES).lower()) if len(word) > 1]
    if len(words) not in LINE_WORDS:
        return 0.0
    both = [shared for word in words if (shared := _spellings(word) & slug)]
    if not both:
        return 0.0
    precision, recall = len(both) / len(words), len(frozenset().union(*both)) / len(slug)
    return 2 * precision * recall / (precision + recall)


def _spellings(word: str) -> frozenset[str]:
    if word.isascii():
        return frozenset((word,))
    return frozenset((word, _bare(word.translate(PLAIN)), _bare(word.translate(TWO_LETTERS).translate(PLAIN))))


def _bare(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
