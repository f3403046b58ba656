"""Many articles at once, in the library: order, workers that die, what a run goes on from, what it came to."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from multiprocessing import active_children
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsclean import batch
from newsclean.batch import Cleaned, Done, Failed, Task, WorkersDie, run, work
from newsclean.journal import Journal, Progress, mark, skip
from newsclean.model import Article, Label, Pass, Place, Rule, Span, UsageError
from newsclean.records import Input, Record
from newsclean.render import Format
from newsclean.sources import Source
from newsclean.tally import Tally, words


@dataclass(frozen=True)
class Plain:
    """Cleans nothing, and tells how it was asked."""

    def clean(self, text: str, *, url: str | None = None, publisher: str | None = None) -> Article:
        asked = tuple(f"{name} {value}" for name, value in (("url", url), ("publisher", publisher)) if value)
        return Article(text, (Span(0, len(text), Label.BODY),), publisher, asked)

    def knows(self, publisher: str) -> bool:
        return publisher == "herald.test"


@dataclass(frozen=True)
class Deadly(Plain):
    """Ends its process on an article with `BAD` in it: always, or only until the file `once` is there."""

    how: str
    once: str = ""

    def clean(self, text: str, *, url: str | None = None, publisher: str | None = None) -> Article:
        if "BAD" in text and not (self.once and Path(self.once).exists()):
            if self.once:
                Path(self.once).touch()
            match self.how:
                case "killed":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "exits":
                    os._exit(7)
                case "raises":
                    raise MemoryError
        return super().clean(text)


@dataclass(frozen=True)
class Waits(Plain):
    """Is done with the article `FIRST` only when it has seen, in another process, the one that says `LAST`."""

    seen: str

    def clean(self, text: str, *, url: str | None = None, publisher: str | None = None) -> Article:
        if text == "LAST":
            Path(self.seen).touch()
        deadline = time.monotonic() + 30
        while text == "FIRST" and not Path(self.seen).exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        return super().clean(text)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (3,)


@dataclass(frozen=True)
class Stillborn(Plain):
    """Ends a process that unpickles it; `ballast` comes behind that."""

    bomb: Bomb
    ballast: bytes


def record(number: int, text: str = "The ferry left.", **fields: object) -> Record:
    return Record("news.jsonl", number, json.dumps({"text": text, **fields}).encode(), Input.JSONL)


def said(done: Iterator[Done]) -> list[str]:
    """Return what came out, in order: the name of an article, the problem of what failed."""
    outcomes = [outcome for part in done for outcome in part.outcomes]
    return [outcome.name if isinstance(outcome, Cleaned) else outcome.problem for outcome in outcomes]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "CHUNK_RECORDS", 3)


# --- Workers that die

KILLED = "SIGKILL, perhaps for want of memory"


@pytest.mark.parametrize(
    ("how", "once", "problem", "told"),
    [
        pytest.param("killed", False, f"each worker process that took it up died ({KILLED}). Leave it out.", KILLED, id="killed-always"),
        pytest.param("exits", False, "each worker process that took it up died (exit code 7). Leave it out.", "exit code 7", id="exits-always"),
        pytest.param("raises", False, "newsclean failed on it (MemoryError). Please report it.", "", id="out-of-memory-always"),
        pytest.param("killed", True, "", KILLED, id="killed-once"),
        pytest.param("exits", True, "", "exit code 7", id="exits-once"),
        pytest.param("raises", True, "newsclean failed on it (MemoryError). Please report it.", "", id="out-of-memory-once"),
    ],
)  # fmt: skip
def test_an_article_that_kills_its_worker_costs_no_other(
    small_chunks: None, tmp_path: Path, how: str, once: bool, problem: str, told: str
) -> None:
    heard: list[str] = []
    records = [record(number, "BAD" if number == 5 else "The ferry left.") for number in range(1, 11)]
    task = Task(Deadly(how, str(tmp_path / "met") if once else ""))
    done = list(run(records, task, jobs=2, tell=heard.append))
    wanted = [f"news.jsonl:{number}" for number in range(1, 11)]
    if problem:
        wanted[4] += f": {problem}"
    assert said(iter(done)) == wanted
    assert [part.records for part in done] == [3, 3, 3, 1]
    assert [part.last for part in done] == [records[2], records[5], records[8], records[9]]
    assert [part.tally.failed for part in done] == [0, bool(problem), 0, 0]
    assert [part.tally.articles for part in done] == [3, 3 - bool(problem), 3, 1]
    assert [outcome.record for outcome in done[1].outcomes if isinstance(outcome, Failed)] == [records[4]] * bool(
        problem
    )
    first = f"a worker process died between news.jsonl:4 and news.jsonl:6 ({told}); its articles are done again"
    again = (
        f"a worker process died again between news.jsonl:4 and news.jsonl:6 ({told}); its articles are done one by one"
    )
    alone = f"a worker process died on news.jsonl:5 ({told}); its articles are done again"
    assert heard == ([] if not told else [first] if once else [first, again, alone])
    assert active_children() == []


def test_one_process_goes_on_behind_an_article_it_fails_on(small_chunks: None) -> None:
    records = [record(number, "BAD" if number == 5 else "The ferry left.") for number in range(1, 8)]
    failed = "news.jsonl:5: newsclean failed on it (MemoryError). Please report it."
    expected = [failed if number == 5 else f"news.jsonl:{number}" for number in range(1, 8)]
    assert said(run(records, Task(Deadly("raises")))) == expected


@pytest.mark.parametrize("killed", [False, True], ids=["and-the-input-ends", "and-are-killed"])
def test_when_all_workers_have_nothing_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, killed: bool) -> None:
    monkeypatch.setattr(batch, "CHUNK_RECORDS", 1)
    ahead = batch.AHEAD * 2

    def records() -> Iterator[Record]:
        # As long as the first is not done, no more than these are taken.
        for number in range(1, ahead + 1):
            yield record(number, {1: "FIRST", ahead: "LAST"}.get(number, "The ferry left."))
        if killed:
            for worker in active_children():
                worker.kill()
                worker.join()
            yield from map(record, range(ahead + 1, ahead + 3))

    heard: list[str] = []
    names: list[str] = []
    task = Task(Waits(str(tmp_path / "seen")))
    thread = Thread(target=lambda: names.extend(said(run(records(), task, jobs=2, tell=heard.append))), daemon=True)
    thread.start()  # This way a run that hangs fails; and in a thread it must work too.
    thread.join(30)
    assert names == [f"news.jsonl:{number}" for number in range(1, ahead + (3 if killed else 1))]
    assert heard == []


@pytest.mark.parametrize("ballast", [0, 10_000_000], ids=["a-small-task", "a-task-that-no-pipe-holds"])
def test_workers_that_die_before_they_are_ready(small_chunks: None, ballast: int) -> None:
    with pytest.raises(WorkersDie) as caught:
        list(run(map(record, range(9)), Task(Stillborn(Bomb(), bytes(ballast))), jobs=2, tell=pytest.fail))
    assert str(caught.value) == "worker processes die before they are ready (exit code 3); use --jobs 1, or fewer jobs"
    assert active_children() == []


# --- Chunks


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_input_without_end_is_taken_as_it_is_needed(small_chunks: None, jobs: int) -> None:
    taken: list[int] = []

    def records() -> Iterator[Record]:
        for number in count(1):
            taken.append(number)
            yield record(number)

    running = run(records(), Task(Plain()), jobs=jobs)
    for turn in range(1, 21):
        assert next(running).last == record(3 * turn)
        assert len(taken) <= 3 * (turn + batch.AHEAD * jobs)
    assert len(active_children()) == (jobs if jobs > 1 else 0)
    running.close()
    assert active_children() == []


@pytest.mark.parametrize(
    ("sizes", "chunks"),
    [
        pytest.param([1] * 7, [3, 3, 1], id="by-number"),
        pytest.param([90, 20, 90, 5, 5], [2, 3], id="by-size"),
        pytest.param([900, 900], [1, 1], id="each-too-large"),
        pytest.param([], [], id="nothing"),
    ],
)
@pytest.mark.parametrize("as_row", [False, True], ids=["bytes", "row"])
def test_how_records_are_put_together(
    small_chunks: None, monkeypatch: pytest.MonkeyPatch, sizes: list[int], chunks: list[int], as_row: bool
) -> None:
    monkeypatch.setattr(batch, "CHUNK_BYTES", 100)
    raws: list[Any] = [{"text": "x" * size, "id": 1} if as_row else b"x" * size for size in sizes]
    records = [Record("a", number, raw, Input.CSV if as_row else Input.TEXT) for number, raw in enumerate(raws, 1)]
    assert [done.records for done in run(records, Task(Plain()))] == chunks


ODD = st.sampled_from(
    [
        (b'{"text": "The ferry left."}', Input.JSONL, ""),
        (b'{"text": null}', Input.JSONL, ""),
        (b'{"text": ', Input.JSONL, ""),
        (b'{"text": "BAD"}', Input.JSONL, ""),
        ({"text": "It left.", "url": 3}, Input.CSV, ""),
        ("", Input.TEXT, "does not exist"),
        (b"One.\n\f\nTwo.\n\fThree.", Input.TEXT, ""),
        (b"\n \n", Input.TEXT, ""),
        (b"\xff\xfe\x00\xd8", Input.TEXT, ""),
    ]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(ODD, max_size=12), most=st.integers(1, 5), size=st.integers(1, 60))
def test_every_record_comes_out_once_and_in_order(
    monkeypatch: pytest.MonkeyPatch, found: list[Any], most: int, size: int
) -> None:
    monkeypatch.setattr(batch, "CHUNK_RECORDS", most)
    monkeypatch.setattr(batch, "CHUNK_BYTES", size)
    records = [
        Record("a", number if kind is not Input.TEXT else 0, raw, kind, fault)
        for number, (raw, kind, fault) in enumerate(found, 1)
    ]
    task = Task(Deadly("raises"))
    together = Done()
    for done in run(records, task):
        assert 1 <= done.records <= most
        together.add(done)
    alone = [work(task, [one]) for one in records]
    assert together.outcomes == [outcome for done in alone for outcome in done.outcomes]
    assert together.records == len(records)
    assert together.last == (records[-1] if records else None)
    assert together.tally.articles == sum(isinstance(outcome, Cleaned) for outcome in together.outcomes)
    assert together.tally.failed == sum(isinstance(outcome, Failed) for outcome in together.outcomes)


# --- What is done with one


@pytest.mark.parametrize(
    ("task", "source", "asked"),
    [
        pytest.param({}, {}, (), id="nothing-said"),
        pytest.param({"url": "u"}, {}, ("url u",), id="a-url-for-all"),
        pytest.param({"url": "u"}, {"url": "v"}, ("url v",), id="the-records-own-url-wins"),
        pytest.param({}, {"publisher": "herald.test"}, ("publisher herald.test",), id="the-records-publisher"),
        pytest.param({}, {"publisher": "The Herald"}, (), id="a-publisher-without-rules"),
        pytest.param({"publisher": "none"}, {"publisher": "herald.test"}, ("publisher none",), id="asked-for-wins"),
    ],
)
def test_whose_rules_are_asked_for(task: dict[str, str], source: dict[str, str], asked: tuple[str, ...]) -> None:
    article = Task(Plain(), **task).clean(Source("a", "It left.", "utf-8", ("was odd",), **source))  # type: ignore[arg-type]
    assert article.warnings == ("was odd", *asked)


@pytest.mark.parametrize(
    ("form", "task", "expected"),
    [
        pytest.param(Format.TEXT, {}, "It left.\n", id="text"),
        pytest.param(Format.TEXT, {"keep": frozenset(["nav"])}, "Menu\n\nIt left.\n", id="a-kind-kept"),
        pytest.param(Format.TEXT, {"only": Label.PROMO}, "Menu\n", id="only-promo"),
        pytest.param(Format.TEXT, {"keep": frozenset(["nav"]), "only": Label.PROMO}, "", id="none-left"),
        pytest.param(Format.LABELS, {"only": Label.BODY}, "body | It left.\n", id="labels"),
    ],
)
def test_what_is_written(form: Format, task: dict[str, Any], expected: str) -> None:
    article = Article("Menu\nIt left.", (Span(0, 5, Label.PROMO, "nav", Pass.BIO), Span(5, 13, Label.BODY)))
    assert Task(Plain(), form, **task).render(article, Source("a", article.text, "utf-8")) == expected


# --- What a run goes on from


def test_a_journal(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path / "out.jsonl"), ["dump.jsonl", Format.JSON, tmp_path, None])
    assert journal.path == tmp_path / ".out.jsonl.resume"
    assert journal.load() is None
    progress = Progress(3, "dump.jsonl:3 00c0ffee", {"size": 17, "columns": ["a"]}, 5, Tally(3).to_dict())
    journal.save(Progress())
    journal.save(progress)
    assert journal.load() == progress
    assert list(tmp_path.iterdir()) == [journal.path]
    other = Journal(str(tmp_path / "out.jsonl"), ["dump.jsonl", Format.TEXT, tmp_path, None])
    with pytest.raises(UsageError) as caught:
        other.load()
    assert str(caught.value) == f"{journal.path}: is of a run with other inputs or options; start without --resume"
    journal.discard()
    journal.discard()
    assert journal.load() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 1, "asked": [], "more": 1}', "\udcff"])
def test_a_journal_that_is_none(tmp_path: Path, text: str) -> None:
    journal = Journal(f"{tmp_path}/", [])
    assert journal.path == tmp_path / ".newsclean.resume"
    journal.path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UsageError) as caught:
        journal.load()
    assert str(caught.value) == f"{journal.path}: can't be read; start without --resume"


@pytest.mark.parametrize(
    ("done", "records", "message"),
    [
        pytest.param(0, [], "", id="nothing-done"),
        pytest.param(2, [1, 2, 3], "", id="more-to-do"),
        pytest.param(2, [1, 2], "", id="all-done"),
        pytest.param(2, [1], "record 2 was news.jsonl:2", id="fewer-now"),
        pytest.param(2, [1, 4, 3], "record 2 was news.jsonl:2", id="another"),
    ],
)
def test_what_is_done_is_passed_over(done: int, records: list[int], message: str) -> None:
    progress = Progress(done, mark(record(done)) if done else "")
    rest = iter([record(number) for number in records])
    if not message:
        skip(rest, progress)
        assert list(rest) == [record(number) for number in records[done:]]
        return
    with pytest.raises(UsageError) as caught:
        skip(rest, progress)
    assert str(caught.value) == f"the input has changed: {message}; start without --resume"


def test_a_record_is_known_by_its_place_and_what_it_holds() -> None:
    row = Record("a b.csv", 2, {"text": "It left.\udcff", "n": float("nan")}, Input.CSV)
    alike = [record(1), record(2), record(1, "It came back."), row, row._replace(raw={"text": "It left."})]
    assert len({mark(one) for one in alike}) == len(alike)
    assert mark(row) == mark(row._replace(raw=dict(row.raw)))  # type: ignore[arg-type]
    assert mark(row).startswith("a b.csv:2 ")


# --- What it came to

RULE = Rule(Label.PROMO, "nav", "Menu", Place("common/en.txt", 12))
TALLIES = st.builds(
    Tally,
    **dict.fromkeys(("articles", "failed", "suspicious", "warnings", "kept", "removed"), st.integers(0)),
    **dict.fromkeys(("publishers", "rules"), st.dictionaries(st.text(), st.integers(1)).map(lambda counts: Tally(rules=counts).rules)),  # type: ignore[arg-type]
)  # fmt: skip


def test_what_is_counted() -> None:
    text = "Menu\nFerry Returns\nIt left.\nIt came back.\nTop of the page"
    ends = (5, 19, 28, 42, len(text))
    labels = (Label.PROMO, Label.HEADLINE, Label.BODY, Label.BODY, Label.PROMO)
    whys = (RULE, Pass.TWICE, None, RULE, Pass.BIO)
    cuts = zip((0, *ends), ends, labels, whys, strict=False)
    spans = [Span(start, end, label, None, why) for start, end, label, why in cuts]
    tally = Tally()
    tally.count(Article(text, tuple(spans), "herald.test", ("odd", "very")))
    tally.count(Article("", ()))
    assert tally.to_dict() == {
        "articles": 2, "failed": 0, "suspicious": 1, "warnings": 2, "kept": 7, "removed": 5,
        "publishers": {"herald.test": 1}, "rules": {"common/en.txt:12": 1, "structure:bio": 1},
    }  # fmt: skip
    assert tally.unknown == 1


@pytest.mark.parametrize(
    ("body", "promo", "suspicious"),
    [
        pytest.param(1, 50, False, id="short"),
        pytest.param(0, 1, True, id="no-body"),
        pytest.param(5, 95, False, id="just-enough"),
        pytest.param(4, 96, True, id="hardly-any"),
    ],
)
def test_what_looks_suspicious(body: int, promo: int, suspicious: bool) -> None:
    text, end = "x " * (body + promo), 2 * promo
    tally = Tally()
    tally.count(Article(text, (Span(0, end, Label.PROMO, "nav", RULE), Span(end, len(text), Label.BODY))))
    assert tally.suspicious == suspicious


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param(" It\nleft,  it’s said. ", 4, id="words"),
        pytest.param("船が着いた", 5, id="without-spaces"),
        pytest.param("NHK の船", 3, id="both"),
        pytest.param("배가 돌아왔다", 2, id="korean-has-spaces"),
    ],
)
def test_words(text: str, number: int) -> None:
    assert words(text) == number


@given(st.lists(TALLIES, max_size=5))
def test_what_is_counted_apart_adds_up(tallies: list[Tally]) -> None:
    whole, kept = Tally(), Tally()
    for tally in tallies:
        whole.add(tally)
        kept = Tally.from_dict(json.loads(json.dumps(kept.to_dict())))
        kept.add(Tally.from_dict(tally.to_dict()))
    assert whole == kept
    numbers = [tally.to_dict() for tally in tallies]
    for name in ("articles", "failed", "suspicious", "warnings", "kept", "removed"):
        assert whole.to_dict()[name] == sum(counts[name] for counts in numbers)
    for name in ("publishers", "rules"):
        keys = {key for counts in numbers for key in counts[name]}
        assert whole.to_dict()[name] == {key: sum(counts[name].get(key, 0) for counts in numbers) for key in keys}
