"""How fast is cleaning, as ratios within one run.

    python benchmarks/speed.py [DUMPS.jsonl[.gz] ...]

Without arguments it times the fixtures; with them, the `text` of each row, grouped by the row's `dump` if it has one.
The floor is what any cleaner must do: split the text into lines and write it as JSON. `every rule` tries every common
rule on every line with `regex`, which is what the index saves. Start-up is a whole process on one small file.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import regex

from newsclean.cleaning import Cleaner
from newsclean.library import Library, bundled
from newsclean.matching import Matcher, Sheet
from newsclean.model import Reach
from newsclean.render import to_json
from newsclean.sources import read

ROOT = Path(__file__).parents[1]
ROUNDS = 3
SAMPLE = 40
"""Texts of a group on which trying every rule is timed: it takes long."""


def texts(paths: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        with (
            gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else Path(path).open(encoding="utf-8") as f
        ):
            for row in map(json.loads, f):
                groups[row.get("dump", "all")].append(row["text"])
    if not groups:
        groups["fixtures"] = [read(path).text for path in sorted((ROOT / "fixtures").rglob("*.txt"))]
    return groups


def milliseconds(work: Callable[[str], object], sample: list[str]) -> float:
    """Return the median over the sample of each text's best time of some rounds."""
    best = []
    for text in sample:
        rounds = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            work(text)
            rounds.append(time.perf_counter() - began)
        best.append(min(rounds))
    return 1000 * statistics.median(best)


def floor(text: str) -> str:
    return json.dumps({"lines": text.splitlines()}, ensure_ascii=False)


def every_rule(cleaner_rules: list[tuple[Callable[..., object], Callable[..., object], bool]], text: str) -> int:
    units = Sheet.of(text).units
    return sum(
        (search if inline else whole)(unit.view) is not None
        for unit in units
        for whole, search, inline in cleaner_rules
    )


def process_milliseconds(*args: str) -> float:
    # An installed package has its bytecode; without it, compiling our own modules would be timed.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times = []
    for _ in range(15):
        began = time.perf_counter()
        subprocess.run([sys.executable, *args], check=True, capture_output=True, env=env)
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def main() -> None:
    library = Library([bundled()])
    cleaner = Cleaner(library)
    common = library.common()
    matcher = Matcher(common)
    compiled = [
        (pattern.fullmatch, pattern.search, rule.reach is Reach.INLINE)
        for rule, _ in common
        for pattern in [regex.compile(rule.pattern)]
    ]
    print(f"{len(common)} common rules, {len(library.publishers)} publishers; medians for an article\n")
    heads = ("floor ms", "clean ms", "x floor", "rules ms", "every rule ms", "x index")
    print(f"{'texts':<18} {'n':>4} " + "".join(f"{head:>14}" for head in heads))
    for group, sample in sorted(texts(sys.argv[1:]).items()):
        for text in sample:
            cleaner.clean(text)  # compiles what this text needs
        low = milliseconds(floor, sample)
        whole = milliseconds(lambda text: to_json(cleaner.clean(text)), sample)
        few = sample[:: max(1, len(sample) // SAMPLE)]
        indexed = milliseconds(lambda text: matcher.claim(Sheet.of(text)), few)
        tried = milliseconds(lambda text: every_rule(compiled, text), few)
        cells = (
            f"{low:.3f}",
            f"{whole:.2f}",
            f"{whole / low:.1f}",
            f"{indexed:.2f}",
            f"{tried:.1f}",
            f"{tried / indexed:.1f}",
        )
        print(f"{group:<18} {len(sample):>4} " + "".join(f"{cell:>14}" for cell in cells))
    article = str(ROOT / "fixtures/themoscowtimes.com/article-on-a-donation-drive-stays.txt")
    nothing = process_milliseconds("-c", "pass")
    print(f"\n{'a whole process':<24} {'ms':>6} {'x python -c pass':>17}")
    for name, args in {
        "python -c pass": ("-c", "pass"),
        "python -c 'import typer'": ("-c", "import typer"),
        "newsclean --help": ("-m", "newsclean", "--help"),
        "newsclean file.txt": ("-m", "newsclean", article),
    }.items():
        taken = process_milliseconds(*args)
        print(f"{name:<24} {taken:>6.0f} {taken / nothing:>17.1f}")


if __name__ == "__main__":
    main()
