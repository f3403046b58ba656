"""How far a run is, on a terminal while it goes on, and what it came to."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from newsclean.tally import Tally

if TYPE_CHECKING:
    from rich.progress import Progress

SHOWN = 5
"""Publishers and rules that the summary names."""


class Bar:
    """A progress bar on standard error, if that is a terminal; else nothing."""

    def __init__(self, paths: Sequence[str], patterns: Sequence[str], *, quiet: bool):
        self._paths, self._patterns = paths, patterns
        self._drawn = sys.stderr.isatty() and not quiet
        self._progress: Progress | None = None
        self._task: Any = None
        self._bytes = 0
        self._began = time.monotonic()

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def read(self, count: int) -> None:
        """Take note that so many bytes more of the input have been read."""
        self._bytes += count

    def show(self, tally: Tally) -> None:
        """Show how far it is."""
        if not self._drawn:
            return
        if self._progress is None:
            # Only now, when the first chunk is done: what takes no time needs no bar, nor the import of rich.
            if time.monotonic() - self._began < 0.5:
                return
            self._start()
        seconds = max(time.monotonic() - self._began, 1e-9)
        trouble = "".join(
            f"[{style}]{number:,} {what}  "
            for number, what, style in ((tally.failed, "failed", "red"), (tally.suspicious, "suspicious", "yellow"))
            if number
        )
        assert self._progress is not None
        self._progress.update(
            self._task,
            completed=self._bytes,
            articles=f"{tally.articles:,}",
            rate=f"{(tally.articles - tally.earlier) / seconds:,.0f}/s",
            trouble=trouble,
        )

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.fields[articles]} articles {task.fields[rate]}"),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[trouble]}"),
            console=Console(stderr=True),
            expand=True,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, articles="0", rate="", trouble="")
        self._progress.start()
        self._find_size()

    def _find_size(self) -> None:
        """Find out in the background how much there is to read: a folder may hold 200,000 files."""
        import os
        from threading import Thread

        from newsclean.sources import SourceError, find

        def find_out() -> None:
            total = 0
            try:
                for path in self._paths:
                    if path == "-":
                        total += os.fstat(sys.stdin.fileno()).st_size
                        if not total:
                            return  # a pipe: nobody knows
                    else:
                        total += sum(os.stat(file).st_size for file in find(path, self._patterns))  # noqa: PTH116
            except (OSError, ValueError, SourceError):
                return
            if self._progress is not None and total:
                self._progress.update(self._task, total=total)

        Thread(target=find_out, daemon=True).start()


def summary(tally: Tally, seconds: float) -> str:
    """Return what a run came to: a few lines, of at most 80 columns where the names allow it."""
    words = tally.kept + tally.removed
    share = f" ({tally.removed / words:.0%})" if words else ""
    rate = (
        f" in {_duration(seconds)}, {(tally.articles - tally.earlier) / seconds:,.0f} a second" if seconds > 1 else ""
    )
    rows = [
        ("articles", f"{tally.articles:,}{rate}"),
        ("words", f"{tally.kept:,} kept, {tally.removed:,} removed{share}"),
        *_most("publishers", tally.publishers, [("unknown", tally.unknown)]),
        *_most("rules", tally.rules, []),
    ]
    for number, what in (
        (tally.failed, "failed"),
        (tally.suspicious, "suspicious: hardly any body was found"),
        (tally.warnings, "warnings"),
    ):
        if number:
            rows.append(("trouble" if not any(head == "trouble" for head, _ in rows) else "", f"{number:,} {what}"))
    return "\n".join(f"  {head:<11} {said}" for head, said in rows)


def _most(head: str, counts: Counter[str], also: list[tuple[str, int]]) -> list[tuple[str, str]]:
    """Return a row for each of the names with the highest counts, one for all others, and those that come last."""
    shown = counts.most_common(SHOWN)
    others = len(counts) - len(shown)
    if others:
        shown.append((f"{others:,} others", counts.total() - sum(number for _, number in shown)))
    shown += [(name, number) for name, number in also if number]
    wide = max((len(name) for name, _ in shown), default=0)
    return [("" if i else head, f"{name:<{wide}}  {number:>9,}") for i, (name, number) in enumerate(shown)]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02} min" if minutes else f"{seconds:.1f} s"
