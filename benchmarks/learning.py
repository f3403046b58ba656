"""How much of a publisher's cruft does `newsclean learn` find by itself?

    python benchmarks/learning.py [--articles N] [--show DOMAIN]

For each of some publishers it makes articles: invented ones, with the cruft around them that the publisher's fixture
holds. Cruft lines are missing here and there, numbers in them vary, teasers are others each time; a background
paragraph and a subheading recur in some articles, and one article comes three times. Their rule files are left out,
rules are learned from N articles, and measured on 20 others. Printed are the cruft lines that the common rules claim,
and those that they claim with the learnt ones; then the learnt rules that claim a line of an article.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from newsclean.cleaning import Cleaner
from newsclean.fixtures import ENDING
from newsclean.library import Library
from newsclean.model import Label, Rule
from newsclean.render import parse_labels
from newsclean.sources import Source
from newsclean.workshop.learning import Learned, Learner, Watch

ROOT = Path(__file__).parents[1]
PUBLISHERS = ("themoscowtimes.com", "independent.co.uk", "9news.com.au", "elpais.com", "lesechos.fr")
FURTHER = 20
MISSING, BACKGROUND = 0.1, 0.2
BACKGROUND_LINE = "The ferry was built in 1961, and was sold twice before the town took it over."
SUBHEADING = "The long way home"

WHO = [
    "the council",
    "a fisherman",
    "the mayor",
    "her sister",
    "the harbour board",
    "an old teacher",
    "the minister",
    "two sailors",
]
DID = [
    "voted for",
    "asked about",
    "paid for",
    "forgot",
    "rebuilt",
    "sold",
    "painted",
    "lost",
    "counted",
    "described",
    "opened",
    "refused",
]
WHAT = [
    "the ferry",
    "nine boats",
    "a lighthouse",
    "the school roof",
    "its budget",
    "a stolen goat",
    "the tide tables",
    "the old pier",
]
WHEN = [
    "on Monday",
    "after the storm",
    "in the winter",
    "before noon",
    "last year",
    "for the first time",
    "without a word",
]
NAMES = ["Ines Valverde", "Tomas Rehn", "Ada Quill", "Mara Lind", "Tom Quay", "Ruth Okafor"]


class Told(NamedTuple):
    """A line of a made article, and whether it is cruft."""

    text: str
    is_cruft: bool


def clause(chance: random.Random) -> str:
    return " ".join(chance.choice(words) for words in (WHO, DID, WHAT, WHEN))


def paragraph(chance: random.Random) -> str:
    sentences = (f"{clause(chance)}, and {clause(chance)}." for _ in range(chance.randint(1, 3)))
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)


def title(chance: random.Random) -> str:
    return clause(chance).title()


def layout(domain: str) -> list[tuple[str, str, str]]:
    """Return the lines of the publisher's fixture with most cruft: label, kind, text."""
    answers = sorted(
        (ROOT / "fixtures" / domain).glob(f"*{ENDING}"), key=lambda path: -path.read_text().count("promo ")
    )
    lines = parse_labels(answers[0].read_text(encoding="utf-8"), answers[0].name)
    return [(str(line[0]), str(line[1] or ""), str(line[2])) for line in lines]


def article(lines: list[tuple[str, str, str]], chance: random.Random) -> list[Told]:
    """Return an invented article amid that cruft."""
    headline, name = title(chance), chance.choice(NAMES)
    made: list[Told] = []
    further = [BACKGROUND_LINE] * (chance.random() < BACKGROUND) + [SUBHEADING] * (chance.random() < BACKGROUND)
    for i, (label, kind, text) in enumerate(lines):
        if label == "promo":
            if chance.random() < MISSING:
                continue
            teaser = kind == "related" and text.count(" ") > 4
            numbers = re.sub(r"\b\d+\b", lambda match: str(chance.randrange(10 ** len(match[0]))), text)
            made.append(Told(headline if kind == "repeat" else title(chance) if teaser else numbers, is_cruft=True))
        elif label == "headline":
            made.append(Told(headline, is_cruft=False))
        elif label == "byline":
            made.append(Told(f"By {name}", is_cruft=False))
        elif label == "body" and (not i or lines[i - 1][0] != "body"):
            made += [Told(paragraph(chance), is_cruft=False) for _ in range(chance.randint(2, 6))]
            for line in further:
                made.insert(len(made) - 1, Told(line, is_cruft=False))
            further = []
    return made


def source(domain: str, number: int, lines: list[Told]) -> Source:
    text = "\n".join(line.text for line in lines)
    return Source(f"{domain}:{number}", text, "utf-8", url=f"https://www.{domain}/{number}")


def learn(domain: str, rules: Path, articles: list[list[Told]]) -> Learned | None:
    library = Library([rules])
    watch = Watch(Cleaner(library))
    common = [ruleset for name in library.names if name.startswith("common/") for ruleset in library.rulesets(name)]
    learner = Learner(common)
    for number, lines in enumerate([*articles, articles[0], articles[0]]):
        made = source(domain, number, lines)
        row = watch.render(watch.clean(made), made)
        learner.add(next(iter(row.values())))  # type: ignore[arg-type]
    return next(iter(learner.learn()), None)


def claims(cleaner: Cleaner, domain: str, articles: list[list[Told]]) -> Iterator[tuple[Told, Rule | None]]:
    """Yield each line of the articles, and the rule that claims it."""
    for number, lines in enumerate(articles):
        made = source(domain, number, lines)
        cleaned = cleaner.clean(made.text, url=made.url)
        at = 0
        for line in lines:
            spans = [s for s in cleaned.spans if s.start < at + len(line.text) and s.end > at]
            yield line, next((s.why for s in spans if isinstance(s.why, Rule) and s.label is not Label.BODY), None)
            at += len(line.text) + 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=FURTHER, help="how many articles to learn from")
    parser.add_argument("--show", metavar="DOMAIN", help="print what is learned of it, and what is missed")
    args = parser.parse_args()
    print(f"{'':<22}cruft   common   learnt    rules doubtful    wrong")
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder, "rules")
        shutil.copytree(ROOT / "rules", rules)
        for domain in PUBLISHERS:
            (rules / f"{domain}.txt").unlink(missing_ok=True)
        for domain in PUBLISHERS:
            chance = random.Random(domain)
            lines = layout(domain)
            articles = [article(lines, chance) for _ in range(args.articles)]
            further = [article(lines, chance) for _ in range(FURTHER)]
            learned = learn(domain, rules, articles)
            file = Path(folder, "learnt", f"{domain}.txt")
            file.parent.mkdir(exist_ok=True)
            file.write_text(learned.text if learned else "", encoding="utf-8")
            before = list(claims(Cleaner(Library([rules])), domain, further))
            after = list(claims(Cleaner(Library([rules, file])), domain, further))
            cruft = sum(line.is_cruft for line, _ in before)
            told = [
                sum(line.is_cruft and rule is not None for line, rule in found) / cruft for found in (before, after)
            ]
            wrong = {
                r
                for line, r in after
                if r and not line.is_cruft and r.place.file == file.as_posix() and r.label is Label.PROMO
            }
            count = (learned.rules, learned.doubtful) if learned else (0, 0)
            figures = (f"{told[0]:.0%}", f"{told[1]:.0%}", *count, len(wrong))
            print(f"{domain:<22}{cruft:>5}", *(f"{figure:>8}" for figure in figures))
            if args.show == domain:
                print(learned.text if learned else "")
                print("missed:", *sorted({line.text for line, rule in after if line.is_cruft and not rule}), sep="\n  ")
                print(
                    "wrong:",
                    *(f"{r.place} {line.text}" for line, r in after if r in wrong and not line.is_cruft),
                    sep="\n  ",
                )


if __name__ == "__main__":
    main()
