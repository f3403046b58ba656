"""Which publisher an article is from: by its name, by its URL, or by what it says of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from newsclean.model import Rule, UsageError


class UnknownPublisher(UsageError, LookupError):
    """A publisher that no rule file is named after. `near` are names that look like it."""

    def __init__(self, name: str, near: tuple[str, ...]):
        self.name, self.near = name, near
        hint = f"did you mean {' or '.join(near)}?" if near else "`newsclean rules list` names those there are"
        super().__init__(f"no rules for the publisher {name!r}; {hint}")


class Publishers:
    """The publishers of a rule library.

    Args:
        domains: Each domain, and the publisher (the name of a rule file) that it belongs to.
        owners: Each signature, and the publisher whose it is.
    """

    def __init__(self, domains: Mapping[str, str], owners: Mapping[Rule, str]):
        self._domains, self._owners = domains, owners

    def named(self, name: str) -> str:
        """Return the publisher of that name, or that owns that domain.

        Raises:
            UnknownPublisher: If there is none.
        """
        found = self._of_host(name.lower())
        if found is None:
            import difflib

            near = difflib.get_close_matches(name.lower(), self._domains, 3, 0.7)
            raise UnknownPublisher(name, tuple(near))
        return found

    def has(self, name: str) -> bool:
        """Tell whether there is a publisher of that name, or one that owns that domain."""
        return self._of_host(name.lower()) is not None

    def of_url(self, url: str) -> str | None:
        """Return the publisher whose domain is the longest suffix of the URL's host, or None."""
        from urllib.parse import urlsplit

        try:
            host = urlsplit(url if "//" in url else f"//{url}").hostname
        except ValueError:  # what a scraper noted as the URL is no URL
            return None
        return self._of_host(host) if host else None

    def of_signatures(self, found: Iterable[Rule]) -> str | None:
        """Return the publisher that most of the signatures found are of; None if there is none, or a tie."""
        ranks = Counter(map(self._owners.__getitem__, found)).most_common(2)
        if not ranks or (len(ranks) == 2 and ranks[0][1] == ranks[1][1]):
            return None
        return ranks[0][0]

    def _of_host(self, host: str) -> str | None:
        labels = host.rstrip(".").split(".")
        suffixes = (".".join(labels[i:]) for i in range(len(labels)))
        return next((self._domains[suffix] for suffix in suffixes if suffix in self._domains), None)
