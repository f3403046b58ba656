"""Which rules are ever used: over fixtures, and over any batch of articles, however large.

A rule **decides** where a span of the cleaned article is its; it **matches** where it would decide if the stronger
rules were not there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from newsclean.batch import Cleaned, Done, Task
from newsclean.cleaning import Cleaner
from newsclean.fixtures import Fixture
from newsclean.library import Library
from newsclean.literals import Drawn
from newsclean.matching import Matcher, Sheet
from newsclean.model import Article, Place, Rule
from newsclean.publisher import UnknownPublisher
from newsclean.sources import Source, SourceError
from newsclean.workshop.checking import Watched
from newsclean.workshop.findings import Finding, Severity

CODES: Mapping[str, str] = {
    "unexercised": "No fixture has a line that the rule matches.",
    "overruled": "The rule matches in fixtures, but stronger rules decide there.",
    "never-fired": "The rule decided nothing in the whole corpus.",
}
"""Every code of what coverage finds, and one sentence on it."""


class Use(NamedTuple):
    """A rule, its place as findings call it, and in how many articles it decided.

    `matches` tells whether it matches if it decided in none; `allowed` are the codes that a comment allows.
    """

    rule: Rule
    place: Place
    decided: int
    matches: bool = False
    allowed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much the rules of some files were used over some articles: `over` says which, `failed` could not be cleaned.

    `is_corpus` tells a corpus, over which it is not known which rules match without deciding, from fixtures.
    """

    over: str
    articles: int
    uses: tuple[Use, ...]
    is_corpus: bool = False
    failed: int = 0

    @property
    def used(self) -> int:
        """How many of the rules decided or matched."""
        return sum(use.decided > 0 or use.matches for use in self.uses)

    def by_file(self) -> dict[str, list[Use]]:
        """Return the uses, by the file that the rules are in."""
        files: dict[str, list[Use]] = {}
        for use in self.uses:
            files.setdefault(use.place.file, []).append(use)
        return files

    def code(self, use: Use) -> str:
        """Return the code of what there is to say of a rule, "" if it is used, or that is allowed."""
        code = "never-fired" if self.is_corpus else "overruled" if use.matches else "unexercised"
        return "" if use.decided or code in use.allowed else code

    def findings(self) -> Iterator[tuple[Finding, str]]:
        """Yield a finding and its rule's pattern for each rule that decided nothing."""
        for use in self.uses:
            if code := self.code(use):
                message = {
                    "never-fired": f"never fires over {self.over}",
                    "overruled": "matches in fixtures, but stronger rules decide there",
                    "unexercised": "no fixture exercises the rule",
                }[code]
                yield Finding(code, Severity.ADVICE, use.place, message), use.rule.pattern


class Watch:
    """A cleaner that also tells which rules were used. It pickles; batches call `clean` and `knows`."""

    def __init__(self, library: Library):
        self.library = library
        self.cleaner = Cleaner(library)
        signatures = library.signatures()
        self._owners = {rule: name for name, rule, _ in signatures}
        self._signatures = Matcher([(rule, drawn) for _, rule, drawn in signatures])

    def __reduce__(self) -> tuple[object, ...]:
        return Watch, (self.library,)

    def clean(self, text: str, *, url: str | None = None, publisher: str | None = None) -> Article:
        """Return the article."""
        return self.cleaner.clean(text, url=url, publisher=publisher)

    def knows(self, publisher: str) -> bool:
        """Tell whether there are rules of that publisher."""
        return self.cleaner.knows(publisher)

    def deciding(self, article: Article) -> set[Place]:
        """Return the rules that decided on a span, and the signatures of its publisher that it has."""
        rules = {span.why.place for span in article.spans if isinstance(span.why, Rule)}
        signed = self._signatures.signed(Sheet.of(article.text)) if article.publisher else set()
        return rules | {rule.place for rule in signed if self._owners[rule] == article.publisher}


@dataclass(frozen=True, slots=True)
class _Watching(Task):
    """A task of a batch that gives out nothing but the rules that decided."""

    def render(self, article: Article, source: Source) -> str | dict[str, object]:
        """Return the places of the rules that decided, each as a key."""
        assert isinstance(self.cleaner, Watch)
        return {str(place): True for place in self.cleaner.deciding(article)}


def over_fixtures(library: Library, fixtures: Iterable[Fixture], rules: Mapping[Place, Watched]) -> Coverage:
    """Return how much rules are used over fixtures; those that can't be read are left out.

    Args:
        library: What the fixtures are cleaned with.
        fixtures: The fixtures; those below known-failures exercise rules too.
        rules: The rules to look at, by their place in the library.
    """
    watch = Watch(library)
    decided: Counter[Place] = Counter()
    articles: list[Article] = []
    failed = 0
    for fixture in fixtures:
        try:
            article = fixture.clean(watch.cleaner)
        except (SourceError, UnknownPublisher):
            failed += 1
            continue
        articles.append(article)
        decided.update(watch.deciding(article))
    matching = _matching(library, articles, set(decided))
    uses = tuple(
        Use(rule, shown, decided[place], place in matching and not decided[place], allowed)
        for place, (rule, shown, allowed) in rules.items()
    )
    return Coverage(f"{len(articles)} fixtures", len(articles), uses, failed=failed)


def watching(library: Library) -> Task:
    """Return a task for `batch.run`, of which `over_corpus` makes its counts."""
    return _Watching(Watch(library))


def over_corpus(name: str, chunks: Iterable[Done], rules: Mapping[Place, Watched]) -> Coverage:
    """Return how much rules are used over a corpus, in memory that does not grow with it.

    Args:
        name: What to call the corpus.
        chunks: What became of its records by the task of `watching`.
        rules: As in `over_fixtures`.
    """
    decided: Counter[str] = Counter()
    articles = failed = 0
    for done in chunks:
        articles += done.tally.articles
        failed += done.tally.failed
        for outcome in done.outcomes:
            if isinstance(outcome, Cleaned):
                decided.update(iter(outcome.article))
    uses = tuple(Use(one.rule, one.place, decided[str(at)], allowed=one.allowed) for at, one in rules.items())
    return Coverage(name, articles, uses, is_corpus=True, failed=failed)


def _matching(library: Library, articles: Sequence[Article], known: set[Place]) -> set[Place]:
    """Return which further rules match in the articles.

    Those that are known to are left out, and then those found, until no other rule is uncovered.
    """
    found: set[Place] = set()
    while True:
        new: set[Place] = set()
        common = _matcher(library.common(), known | found)
        own = {
            name: _matcher(library.of_publisher(name), known | found)
            for name in {article.publisher for article in articles if article.publisher}
        }
        for article in articles:
            for matcher in (own[article.publisher], common) if article.publisher else (common,):
                sheet = Sheet.of(article.text)
                matcher.claim(sheet)
                new.update(part.why.place for parts in sheet.parts for part in parts if isinstance(part.why, Rule))
        if not new:
            return found
        found |= new


def _matcher(rules: Iterable[tuple[Rule, Drawn]], without: set[Place]) -> Matcher:
    return Matcher([(rule, drawn) for rule, drawn in rules if rule.place not in without])
