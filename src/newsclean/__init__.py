"""newsclean strips the boilerplate from scraped news text, and says why each line went.

>>> import newsclean
>>> text = "Storm Closes Harbour\\n\\nThe harbour closed on Monday as a storm came in.\\n\\nRead more"
>>> article = newsclean.clean(text)
>>> article.headline
'Storm Closes Harbour'
>>> article.body
'The harbour closed on Monday as a storm came in.'
>>> [(span.kind, article.said(span)) for span in article.promo]
[('related', 'Read more')]
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsclean.cleaning import Cleaner
    from newsclean.library import Library
    from newsclean.model import Article, Label, Pass, Place, Rule, Ruleset, Span
    from newsclean.publisher import UnknownPublisher
    from newsclean.syntax import RuleError

__version__ = "0.1.0"
__all__ = [
    "Article",
    "Cleaner",
    "Label",
    "Library",
    "Pass",
    "Place",
    "Rule",
    "RuleError",
    "Ruleset",
    "Span",
    "UnknownPublisher",
    "clean",
]


_HOMES = {
    "cleaning": ("Cleaner",),
    "library": ("Library",),
    "model": ("Article", "Label", "Pass", "Place", "Rule", "Ruleset", "Span"),
    "publisher": ("UnknownPublisher",),
    "syntax": ("RuleError",),
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: the command's help should not wait for the matcher."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"newsclean.{home}"), name)
    raise AttributeError(f"module 'newsclean' has no attribute {name!r}")


def clean(text: str, *, url: str | None = None, publisher: str | None = None) -> Article:
    """Return the article, each of its characters in a labelled span, by the bundled rules and the user's own.

    Args:
        text: The scraped text.
        url: Where it was scraped from, to know the publisher by, and the headline if its words are in it.
        publisher: The publisher's domain, or "none" for the common rules alone; without it the publisher is known
            by the URL or else by the text.

    Raises:
        UnknownPublisher: If no rule file is named after `publisher`.
        RuleError: If a rule file in the user's folder can't be used.
    """
    return _standard_cleaner().clean(text, url=url, publisher=publisher)


@functools.cache
def _standard_cleaner() -> Cleaner:
    from newsclean.cleaning import Cleaner
    from newsclean.library import Library

    return Cleaner(Library.standard())
