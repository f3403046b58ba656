"""How fast is newsclean, as ratios within one run.

    python benchmarks/speed.py [--articles N] [DUMPS.jsonl[.gz] ...]

Without dumps it times the fixtures; with them, the `text` of each row, grouped by the row's `dump` if it has one. Times
of the library are processor seconds of one core, the best of three; what a matcher remembers of the lines it has met
is forgotten before each, so that every article is a stranger. Times of commands are wall-clock seconds.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from html import escape
from pathlib import Path
from zlib import crc32

import regex

from newsclean.cleaning import Cleaner
from newsclean.library import Library, bundled
from newsclean.matching import Matcher, Memory, Sheet
from newsclean.model import Reach, Rule
from newsclean.render import to_json
from newsclean.sources import read

ROOT = Path(__file__).parents[1]
ROUNDS = 3
SAMPLE = 40
"""Texts of a group on which trying every rule is timed: it takes long."""
GREP_RULES, GREP_BYTES = 25, 3_000_000
"""Rules that grep is given at a time, as one pattern, and how much text."""
ARTICLE = ROOT / "fixtures/themoscowtimes.com/article-on-a-donation-drive-stays.txt"

Groups = dict[str, list[str]]


def texts(paths: Iterable[str]) -> Groups:
    groups: Groups = defaultdict(list)
    for path in paths:
        with (
            gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else Path(path).open(encoding="utf-8") as f
        ):
            for row in map(json.loads, f):
                groups[row.get("dump", "all")].append(row["text"])
    if not groups:
        groups["fixtures"] = [read(path).text for path in sorted((ROOT / "fixtures").rglob("*.txt"))]
    return dict(sorted(groups.items()))


def row(name: str, *cells: object) -> None:
    print(f"{name:<44} " + "".join(f"{cell:>12}" for cell in cells))


def seconds(work: Callable[[str], object], sample: Sequence[str], before: Callable[[], None] = lambda: None) -> float:
    """Return the processor seconds that the work takes for an article of the sample, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        before()
        began = time.process_time()
        for text in sample:
            work(text)
        best = min(best, time.process_time() - began)
    return best / len(sample)


def floor(text: str) -> str:
    return json.dumps({"lines": text.splitlines()}, ensure_ascii=False)


def library_calls(groups: Groups, cleaner: Cleaner) -> None:
    row("library call, an article", "floor ms", "clean ms", "x floor", "goal")
    for group, sample in groups.items():
        for text in sample:
            cleaner.clean(text)  # compiles what this text needs
        low = seconds(floor, sample)
        whole = seconds(lambda text: to_json(cleaner.clean(text)), sample, cleaner.memory.forget)
        row(f"  {group}", f"{1000 * low:.3f}", f"{1000 * whole:.2f}", f"{whole / low:.1f}", "<= 8")


def extractor(groups: Groups, cleaner: Cleaner) -> None:
    """Against trafilatura, on HTML made of the lines of whole pages: far lighter than the pages themselves."""
    try:
        import trafilatura
    except ImportError:
        return
    names = sorted(groups, key=lambda group: sum(map(len, groups[group])) / len(groups[group]))
    pages = [_html(text) for text in groups[names[-1]][:SAMPLE]]
    theirs = seconds(trafilatura.extract, pages)
    print()
    row("articles against trafilatura's pages", "clean ms", "extract ms", "x faster", "goal")
    for name in names[:-1] or names:
        ours = seconds(lambda text: to_json(cleaner.clean(text)), groups[name], cleaner.memory.forget)
        row(f"  {name}", f"{1000 * ours:.2f}", f"{1000 * theirs:.1f}", f"{theirs / ours:.0f}", ">= 40, real")


def _html(text: str) -> str:
    lines = (escape(line) for line in text.splitlines() if line.strip())
    parts = (f"<p>{line}</p>" if len(line) > 80 else f'<li><a href="/">{line}</a></li>' for line in lines)
    return f"<html><body>{''.join(parts)}</body></html>"


def index(groups: Groups, library: Library) -> None:
    rules = library.common()
    patterns = [(regex.compile(rule.pattern), rule.reach is Reach.INLINE) for rule, _ in rules]
    tries = [pattern.search if inline else pattern.fullmatch for pattern, inline in patterns]
    memory = Memory()
    matcher = Matcher(rules, memory=memory)
    print()
    row("rules alone, an article", "indexed ms", "every ms", "x", "")
    for group, sample in groups.items():
        few = sample[:: max(1, len(sample) // SAMPLE)]
        for text in few:
            matcher.claim(Sheet.of(text))
        indexed = seconds(lambda text: matcher.claim(Sheet.of(text)), few, memory.forget)
        every = seconds(lambda text: [attempt(unit.view) for unit in Sheet.of(text).units for attempt in tries], few)
        row(f"  {group}", f"{1000 * indexed:.2f}", f"{1000 * every:.1f}", f"{every / indexed:.0f}")


def grep(groups: Groups, library: Library, folder: Path) -> None:
    """Rules alone against grep -P, both given the same whole-line rules and the same lines."""
    if shutil.which("grep") is None:
        return
    patterns = [_for_grep(rule) for rule, _ in library.common() if rule.reach is not Reach.INLINE]
    lines = folder / "lines.txt"
    sample: list[str] = []
    with lines.open("w", encoding="utf-8") as file:
        for text in (text for group in groups.values() for text in group):
            if file.tell() < GREP_BYTES:
                sample.append(text)
                file.writelines(unit.view + "\n" for unit in Sheet.of(text).units)
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    taken = nothing = 0.0
    refused = used = 0
    for some in (patterns[i : i + GREP_RULES] for i in range(0, len(patterns), GREP_RULES)):
        joined = "|".join(f"(?:{pattern})" for pattern in some)
        began = time.perf_counter()
        done = subprocess.run(["grep", "-cxP", f"(?J){joined}", lines], capture_output=True, env=env, check=False)
        lasted = time.perf_counter() - began
        if done.returncode > 1:  # an alternation that PCRE finds too large, or a construct it does not have
            refused += len(some)
            continue
        used += len(some)
        taken += lasted
        began = time.perf_counter()
        subprocess.run(["grep", "-cxP", "x", "/dev/null"], capture_output=True, env=env, check=False)
        nothing += time.perf_counter() - began
    memory = Memory()
    matcher = Matcher([pair for pair in library.common() if pair[0].reach is not Reach.INLINE], memory=memory)
    for text in sample:
        matcher.claim(Sheet.of(text))
    ours = seconds(lambda text: matcher.claim(Sheet.of(text)), sample, memory.forget) * len(sample)
    print()
    row("rules alone, against grep -P", "ours s", "grep s", "x faster", "goal")
    name = f"  {used} rules to grep, all {len(patterns)} to us"
    row(name, f"{ours:.2f}", f"{taken - nothing:.2f}", f"{(taken - nothing) / ours:.1f}", ">= 2")
    if refused:
        print(f"  grep refused {refused} rules, which are left out of its time and not of ours")


def _for_grep(rule: Rule) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", rule.pattern)


def changed(groups: Groups, count: int) -> Iterator[dict[str, object]]:
    """Yield so many articles: the texts, over and over, each time with other words in their long lines."""
    dice = random.Random(1)
    pool = [text for group in groups.values() for text in group]
    words = [word for text in pool[:20] for word in text.split()]
    for i in range(count):
        lines = pool[i % len(pool)].split("\n")
        for j, line in enumerate(lines):
            if len(line) > 60:
                said = line.split(" ")
                said.insert(dice.randrange(len(said)), f"{dice.choice(words)} {dice.randrange(10**6)}")
                lines[j] = " ".join(said)
        yield {"id": i, "text": "\n".join(lines)}


def command(*args: object) -> float:
    """Return the wall-clock seconds of a command."""
    # An installed package has its bytecode; without it, compiling our own modules would be timed.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    subprocess.run([sys.executable, *map(str, args)], check=True, capture_output=True, env=env)
    return time.perf_counter() - began


COPY = """
import json, sys
with open(sys.argv[1], encoding="utf-8") as source, open(sys.argv[2], "w", encoding="utf-8") as target:
    for line in source:
        target.write(json.dumps(json.loads(line), ensure_ascii=False) + "\\n")
"""


def batches(groups: Groups, articles: int, folder: Path) -> None:
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for article in changed(groups, articles):
            file.write(json.dumps(article, ensure_ascii=False) + "\n")
    copied = command("-c", COPY, source, target)
    one = command("-m", "newsclean", source, "-o", target, "--jobs", 1, "-q")
    two = command("-m", "newsclean", source, "-o", target, "--jobs", 2, "-q")
    print()
    row(f"the command on {articles:,} articles of JSONL", "s", "articles/s", "ratio", "goal")
    row("  reading and writing it with json", f"{copied:.1f}", f"{articles / copied:,.0f}", "1.0")
    row("  --jobs 1", f"{one:.1f}", f"{articles / one:,.0f}", f"{one / copied:.1f}", "<= 6")
    row("  --jobs 2, against --jobs 1", f"{two:.1f}", f"{articles / two:,.0f}", f"{one / two:.2f}", ">= 1.7")


def one_publisher(groups: Groups, cleaner: Cleaner) -> None:
    """Whole pages of one publisher against as many of different ones: recurring lines are decided once."""
    name = max(groups, key=lambda group: sum(map(len, groups[group])) / len(groups[group]))
    pages = groups[name]
    known = [text for text in pages if cleaner.clean(text).publisher]
    alike, page = [], (known or pages)[len(known or pages) // 2]
    for article in changed({name: [page]}, len(pages)):
        alike.append(str(article["text"]))
    unlike = seconds(cleaner.clean, pages, cleaner.memory.forget) / _mean(pages)
    same = seconds(cleaner.clean, alike, cleaner.memory.forget) / _mean(alike)
    print()
    row(f"{len(pages)} whole pages ({name}), a line", "others µs", "one's µs", "x faster", "goal")
    row("  of one publisher", f"{1e6 * unlike:.1f}", f"{1e6 * same:.1f}", f"{unlike / same:.1f}", ">= 1.5")


def _mean(sample: Sequence[str]) -> float:
    return sum(text.count("\n") + 1 for text in sample) / len(sample)


def starting(folder: Path) -> None:
    nothing = _median("-c", "pass")
    print()
    row("a whole process", "ms", "x pass", "", "goal")
    row("  python -c pass", f"{1000 * nothing:.0f}", "1.0")
    for name, goal, args in (
        ("python -c 'import typer, regex'", "", ("-c", "import typer, regex")),
        ("newsclean --help", "<= 8", ("-m", "newsclean", "--help")),
        ("newsclean file.txt", "<= 8", ("-m", "newsclean", ARTICLE)),
        ("trafilatura's --help", ">= 4 x ours", ("-m", "trafilatura.cli", "--help")),
    ):
        taken = _median(*args)
        row(f"  {name}", f"{1000 * taken:.0f}", f"{taken / nothing:.1f}", "", goal)
    few = _publishers(folder / "few", 100 - len(Library([bundled()]).publishers))
    many = _publishers(folder / "many", 1000 - len(Library([bundled()]).publishers))
    hundred = _median("-m", "newsclean", ARTICLE, "--rules", few)
    thousand = _median("-m", "newsclean", ARTICLE, "--rules", many)
    row("  with 100 publishers", f"{1000 * hundred:.0f}", f"{hundred / nothing:.1f}")
    row(
        "  with 1,000, against 100",
        f"{1000 * thousand:.0f}",
        f"{thousand / nothing:.1f}",
        f"{thousand / hundred:.2f}",
        "<= 1.3",
    )


def _median(*args: object) -> float:
    command(*args)
    return sorted(command(*args) for _ in range(11))[5]


def _publishers(folder: Path, count: int) -> Path:
    """Write rule files like the bundled ones, for publishers that there are not."""
    folder.mkdir()
    library = Library([bundled()])
    for i in range(max(count, 0)):
        name = library.publishers[i % len(library.publishers)]
        ((_, text),) = library.texts(name)
        text = re.sub(r"(?ms)^\[(domains|include)\]\n.*?(?=^\[|\Z)", "", text)
        # Other words in every second line: rules of other publishers have other literals.
        changed_words = partial(_changed_word, i)
        text = re.sub(r"(?m)^\w{4,}", changed_words, text)
        (folder / f"publisher{i}.example.txt").write_text(text, encoding="utf-8")
    return folder


def _changed_word(i: int, word: re.Match[str]) -> str:
    return f"{word[0]}{i}" if crc32(word[0].encode()) % 2 else word[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dumps", nargs="*")
    parser.add_argument("--articles", type=int, default=5_000, help="how many the batch has (default: 5,000)")
    asked = parser.parse_args()
    groups = texts(asked.dumps)
    library = Library([bundled()])
    cleaner = Cleaner(library)
    print(f"{len(library.common())} common rules, {len(library.publishers)} publishers, the publisher unknown\n")
    library_calls(groups, cleaner)
    extractor(groups, cleaner)
    index(groups, library)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        grep(groups, library, folder)
        one_publisher(groups, cleaner)
        batches(groups, asked.articles, folder)
        starting(folder)


if __name__ == "__main__":
    main()
