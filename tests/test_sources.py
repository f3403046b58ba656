"""What `newsclean.sources` reads, and what it refuses and how it says so."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsclean import sources
from newsclean.sources import PATTERNS, Source, SourceError, decode, find, of_text, read, read_stream

SENTENCE = "The council voted on Tuesday to rebuild the old bridge, after two years of debate."
PAGE = f"""<!DOCTYPE html>
<html><head><title>Bridge to be rebuilt - The Daily</title></head>
<body><nav><a href="/">Home</a></nav><header><h1>Bridge to be rebuilt</h1></header>
<article><p>{SENTENCE}</p>\n<p>It will cost £5 million.</p></article>
<div class="comments"><p>First!</p></div></body></html>
"""
LETTERS = st.characters(exclude_categories=["Cs", "Cc"])
TEXTS = st.text(LETTERS | st.sampled_from("\t\n\r\v\f\x1b\x1c\x1d\x1e\x85"), min_size=1).filter(
    lambda text: bool(text.strip()) and not text.startswith("\ufeff")
)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return file.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        decode(data, "a.txt")
    return str(caught.value)


def unloadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `import trafilatura` fail as it does where it is not installed."""
    monkeypatch.setitem(sys.modules, "trafilatura", None)


# --- Encodings


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@given(text=TEXTS)
@example(text="one\r\ntwo\rthree\n\n  \u2028four\x85")
@example(text=" \ufeffa byte order mark that is none")
@example(text="GIF89a is an image format, MZ begins a program, BZh and PK are letters")
def test_unicode_comes_back_as_it_was(codec: str, text: str) -> None:
    name = codec.removesuffix("-sig")
    assert decode(text.encode(codec), "a.txt", html=False) == Source("a.txt", text, name)


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        pytest.param(b"\xff\xfea\0\r\0\n\0", "utf-16", "a\r\n", id="utf-16-le"),
        pytest.param(b"\xfe\xff\0a\0\r\0\n", "utf-16", "a\r\n", id="utf-16-be"),
        pytest.param(b"\xff\xfe\0\0a\0\0\0", "utf-32", "a", id="utf-32-le-mark-begins-as-that-of-utf-16"),
        pytest.param(b"\0\0\xfe\xff\0\0\0a", "utf-32", "a", id="utf-32-be"),
        pytest.param(b"\xef\xbb\xbf\xef\xbb\xbfa", "utf-8", "\ufeffa", id="second-mark-is-text"),
        pytest.param(b"\x1b[1mbold\x1b[0m", "utf-8", "\x1b[1mbold\x1b[0m", id="terminal-colours"),
    ],
)
def test_marks(data: bytes, encoding: str, text: str) -> None:
    assert decode(data, "a.txt") == Source("a.txt", text, encoding)


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        pytest.param("The mayor said: “We won’t” – and left.\r\n", "cp1252", "windows-1252", id="quotes"),
        pytest.param("He paid £5.", "cp1252", "windows-1252", id="one-odd-byte"),
        pytest.param(f"{SENTENCE} It’s done.", "cp1252", "windows-1252", id="one-odd-byte-in-many"),
        pytest.param("Un café à Orléans", "cp1252", "windows-1252", id="short-french"),
        pytest.param("Die Straße müsse für alle offen bleiben.", "latin-1", "windows-1252", id="latin-1"),
        pytest.param("Premier powiedział, że rząd przyjął ustawę.", "cp1250", "windows-1250", id="polish"),
        pytest.param("Переговоры продолжатся в Москве.", "cp1251", "windows-1251", id="russian"),
        pytest.param("Переговоры продолжатся в Москве.", "koi8_r", "koi8-r", id="russian-on-unix"),
        pytest.param("首相は記者会見で、来年度の予算案について説明した。", "shift_jis", "cp932", id="japanese"),
        pytest.param("总统昨日在北京表示，两国将继续合作。", "gbk", "gb18030", id="chinese"),
    ],
)
def test_legacy_encodings_are_detected_and_told(text: str, codec: str, encoding: str) -> None:
    found = decode(text.encode(codec), "a.txt")
    assert found == Source("a.txt", text, encoding, (f"encoding detected: {encoding}",))


@pytest.mark.parametrize(
    ("data", "text", "warning"),
    [
        pytest.param(
            "“It’s fine” ".encode() + b"caf\xe9",
            "“It’s fine” caf\\xe9",
            "1 byte is not valid utf-8 and shown as \\xNN, the first at offset 21",
            id="stray-byte",
        ),
        pytest.param(
            b"\xef\xbb\xbf" + "été \xff".encode("latin-1").replace(b"\xe9", "é".encode()) + b"\xfe\r\n",
            "été \\xff\\xfe\r\n",
            "2 bytes are not valid utf-8 and shown as \\xNN, the first at offset 9",
            id="offset-counts-the-mark",
        ),
        pytest.param(
            "日本の首相".encode()[:-1],
            "日本の首\\xe7\\x9b",
            "2 bytes are not valid utf-8 and shown as \\xNN, the first at offset 12",
            id="cut-within-a-character",
        ),
        pytest.param(
            b"Ends.\xff\n",
            "Ends.\\xff\n",
            "1 byte is not valid utf-8 and shown as \\xNN, the first at offset 5",
            id="stray-byte-in-short-ascii",
        ),
        pytest.param(
            f"{SENTENCE}\r\n".encode() + b"\xff",
            f"{SENTENCE}\r\n\\xff",
            "1 byte is not valid utf-8 and shown as \\xNN, the first at offset 84",
            id="stray-byte-in-ascii",
        ),
        pytest.param(
            r"as \xNN: é".encode() + b"\xff",
            r"as \xNN: é\xff",
            "1 byte is not valid utf-8 and shown as \\xNN, the first at offset 11",
            id="text-has-such-escapes-itself",
        ),
        pytest.param(
            b"\xff\xfea\0\x00\xd8b\0c",
            "a\\x00\\xd8b\\x63",
            "3 bytes are not valid utf-16 and shown as \\xNN, the first at offset 4",
            id="utf-16-lone-surrogate-and-half-a-character",
        ),
    ],
)
def test_stray_bytes_stay_visible(data: bytes, text: str, warning: str) -> None:
    found = decode(data, "a.txt")
    assert (found.text, found.warnings) == (text, (warning,))


# --- What is no text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "is empty.", id="nothing"),
        pytest.param(b" \r\n\t\xc2\xa0\n", "is empty.", id="white-space"),
        pytest.param(b"\xef\xbb\xbf", "is empty.", id="byte-order-mark-alone"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a PNG image, not text. Give the article's text.", id="png"),
        pytest.param(b"\xff\xd8\xff\xe0\0\x10JFIF", "is a JPEG image, not text. Give the article's text.", id="jpeg"),
        pytest.param(b"GIF89a\x40\0\x40\0\x80", "is a GIF image, not text. Give the article's text.", id="gif"),
        pytest.param(b"RIFF\x24\0\0\0WEBPVP8 ", "is a WebP image, not text. Give the article's text.", id="webp"),
        pytest.param(
            b"%PDF-1.7\n%abc\n1 0 obj\n",
            "is a PDF document, not text. Extract its text first, e.g. with pdftotext.",
            id="pdf-all-ascii",
        ),
        pytest.param(rb"{\rtf1\ansi Hello}", "is an RTF document, not text. Save it as plain text first.", id="rtf"),
        pytest.param(
            zipped(),
            "is a ZIP archive (as DOCX, ODT and EPUB are), not text. Take the text out of it first.",
            id="docx",
        ),
        pytest.param(gzip.compress(b"text"), "is compressed with gzip, not text. Decompress it first.", id="gzip"),
        pytest.param(bz2.compress(b"text"), "is compressed with bzip2, not text. Decompress it first.", id="bzip2"),
        pytest.param(bz2.compress(b""), "is compressed with bzip2, not text. Decompress it first.", id="bzip2-empty"),
        pytest.param(lzma.compress(b"text"), "is compressed with xz, not text. Decompress it first.", id="xz"),
        pytest.param(b"\x28\xb5\x2f\xfd\4", "is compressed with zstd, not text. Decompress it first.", id="zstd"),
        pytest.param(b"\x7fELF\2\1\1\0", "is a program, not text. Give the article's text.", id="elf"),
        pytest.param(
            b"SQLite format 3\0\x10",
            "is an SQLite database, not text. Give the article's text.",
            id="sqlite",
        ),
        pytest.param(b"text\0text", "is binary, not text. Give the article's text.", id="one-null-byte"),
        pytest.param(b"\xff\xfea\0\0\0", "is binary, not text. Give the article's text.", id="null-within-utf-16"),
        pytest.param(b"ab\1\2\3cd", "is binary, not text. Give the article's text.", id="controls"),
        pytest.param(
            bytes(range(128, 256)) * 3,
            "is in an encoding that cannot be told. Convert it to UTF-8 first.",
            id="bytes-that-mean-nothing",
        ),
    ],
)
def test_no_text(data: bytes, message: str) -> None:
    assert refusal(data) == f"a.txt: {message}"


# --- HTML


def test_html_gives_headline_and_article() -> None:
    found = decode(PAGE.encode("cp1252"), "a.html")
    assert found == Source(
        "a.html",
        f"Bridge to be rebuilt\n{SENTENCE}\nIt will cost £5 million.",
        "windows-1252",
        ("encoding detected: windows-1252", "HTML: extracted with trafilatura"),
    )


def test_html_declares_its_encoding() -> None:
    head = '<html><head><meta charset="iso-8859-2"></head><body><p>'
    page = head + f"{SENTENCE * 9} Zażółć gęślą.</p></body></html>"
    found = decode(page.encode("iso-8859-2"), "a.html")
    assert (found.encoding, found.text) == ("iso-8859-2", f"{SENTENCE * 9} Zażółć gęślą.")


def test_html_headline_is_not_given_twice() -> None:
    inside = PAGE.replace(
        "<header><h1>Bridge to be rebuilt</h1></header>\n<article>", "<article><h1>Bridge to be rebuilt</h1>"
    )
    assert decode(inside.encode(), "a.html").text.count("Bridge to be rebuilt") == 1


def test_html_without_an_article(capfd: pytest.CaptureFixture[str]) -> None:
    message = "a.txt: is HTML, and no article was found in it. Give the article's text."
    assert refusal(b"<!doctype html><html><body></body></html>") == message
    assert capfd.readouterr() == ("", "")


def test_html_without_trafilatura(monkeypatch: pytest.MonkeyPatch) -> None:
    unloadable(monkeypatch)
    assert refusal(PAGE.encode()) == (
        "a.txt: is HTML, not text. Run `pip install 'newsclean[html]'`, or extract the text first "
        "(import of trafilatura halted; None in sys.modules)."
    )


def test_html_can_be_taken_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    unloadable(monkeypatch)
    assert decode(PAGE.encode(), "a.html", html=False) == Source("a.html", PAGE, "utf-8")


def test_text_out_of_a_record_is_treated_as_a_file_is() -> None:
    assert of_text(PAGE, "a.csv:2").text == f"Bridge to be rebuilt\n{SENTENCE}\nIt will cost £5 million."
    assert of_text(PAGE, "a.csv:2", html=False) == Source("a.csv:2", PAGE, "utf-8")
    with pytest.raises(SourceError) as caught:
        of_text(" \n", "a.csv:2")
    assert str(caught.value) == "a.csv:2: is empty."


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n <!DoCtYpE hTmL>Hello", id="doctype-in-any-case"),
        pytest.param("<html lang='en'><body>Hello</body></html>", id="no-doctype"),
        pytest.param("<head><title>Hello</title><link><p>Hi", id="head-only"),
        pytest.param("<?xml version='1.0'?>\n<!-- saved -->\n<!DOCTYPE html>", id="xhtml-with-a-comment"),
        pytest.param(f"<p>{SENTENCE}</p>\n<p>{SENTENCE}</p>", id="paragraphs-alone"),
        pytest.param(f"<div>\n<h1>Bridge</h1>\n<p>{SENTENCE}\n{SENTENCE}</p>\n</div>", id="fragment"),
        pytest.param(f"<p>{SENTENCE}</p><p>{SENTENCE}</p>", id="all-in-one-line"),
        pytest.param("Menu\n" + "Read <a href='https://example.org/a'>this</a>.\n" * 9, id="mostly-links"),
    ],
)
def test_html_is_recognised(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unloadable(monkeypatch)
    assert refusal(text.encode()).startswith("a.txt: is HTML, not text.")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{SENTENCE}\nA paragraph is <p>…</p>, a box <div>…</div>.", id="mentions-tags"),
        pytest.param("<p> is the tag for paragraphs.\n<div> is a box.\n<b> is bold.", id="list-of-tags"),
        pytest.param("<html> is how a page begins.", id="begins-with-a-tag"),
        pytest.param(f"{SENTENCE}<br>\n{SENTENCE}<br>\n{SENTENCE}<br>", id="left-over-line-breaks"),
        pytest.param(f"{SENTENCE}\n{SENTENCE}\nBy <b>Ann</b> and <b>Bo</b>", id="left-over-bold"),
        pytest.param("a < b and b > c, <3 </3, <pre-war>", id="angle-brackets"),
        pytest.param("<!-- a -->" * 500 + "text", id="comments-in-a-row-do-not-hang"),
    ],
)
def test_tags_in_an_article_are_no_html(text: str) -> None:
    assert decode(text.encode(), "a.txt") == Source("a.txt", text, "utf-8")


# --- Files, folders and streams


NONE_FOUND = (
    ".: has no files that match *.txt, *.txt.gz, *.txt.bz2, *.txt.xz, *.txt.zst. Give another pattern, or the files."
)


def folder_of(root: Path, *names: str) -> Path:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"text\n")
    return root


def found(path: Path, *patterns: str) -> list[str]:
    return [file.relative_to(path).as_posix() for file in find(str(path), patterns or PATTERNS)]


def test_find_walks_in_order_and_skips_what_is_hidden(tmp_path: Path) -> None:
    folder_of(tmp_path, "b.txt", "a.txt", "z/1.txt", "c/d/2.txt", "c/e.md", ".hidden.txt", ".git/x.txt")
    assert found(tmp_path) == ["a.txt", "b.txt", "c/d/2.txt", "z/1.txt"]
    assert found(tmp_path, "*.md") == ["c/e.md"]


def test_find_takes_compressed_texts_and_several_patterns(tmp_path: Path) -> None:
    folder_of(tmp_path, "b.txt.gz", "a.txt.zst", "c.txt.xz", "d.txt.bz2", "e.txt", "f.csv.gz", "g.jsonl", "h.txt.zip")
    assert found(tmp_path) == ["a.txt.zst", "b.txt.gz", "c.txt.xz", "d.txt.bz2", "e.txt"]
    assert found(tmp_path, "*.jsonl", "*.csv.gz", "f.*") == ["f.csv.gz", "g.jsonl"]


def test_find_in_a_folder_that_is_named_like_a_file(tmp_path: Path) -> None:
    assert found(folder_of(tmp_path, "a.txt/b.txt")) == ["a.txt/b.txt"]


def test_find_does_not_go_round_in_links_nor_wait_for_pipes(tmp_path: Path) -> None:
    folder_of(tmp_path, "a/b.txt")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "linked.txt").symlink_to(tmp_path / "a" / "b.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    # The dangling link is given: that an article is gone is for `read` to say.
    assert found(tmp_path) == ["gone.txt", "linked.txt", "a/b.txt"]


def test_find_gives_a_file_itself_whatever_its_name(tmp_path: Path) -> None:
    file = folder_of(tmp_path, ".x.html") / ".x.html"
    assert list(find(str(file))) == [file]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("gone", "gone: does not exist.", id="missing"),
        pytest.param("", "'': does not exist.", id="no-name-is-not-the-current-folder"),
        pytest.param(".", NONE_FOUND, id="none"),
        pytest.param("x" * 300, "x" * 300 + ": cannot be read: File name too long.", id="long-name"),
        pytest.param("a\0b", r"'a\x00b': cannot be read: embedded null byte.", id="null-in-name"),
        pytest.param("a\nb", r"'a\nb': does not exist.", id="name-that-cannot-be-printed"),
    ],
)
def test_find_refuses(path: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        list(find(path))
    assert str(caught.value) == message


def test_find_tells_of_a_closed_folder_after_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path, "a/1.txt", "b/2.txt")
    scandir, closed = os.scandir, str(tmp_path / "a")

    def guarded(path: str) -> object:
        if path == closed:
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    files = find(str(tmp_path))
    assert next(files) == tmp_path / "b" / "2.txt"
    with pytest.raises(SourceError) as caught:
        next(files)
    assert str(caught.value) == f"{closed}: cannot be read: Permission denied."


def test_read_names_the_file_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder_of(tmp_path, "a.txt"))
    assert read("./a.txt") == Source("./a.txt", "text\n", "utf-8")
    assert read(Path("a.txt")) == Source("a.txt", "text\n", "utf-8")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("gone", "gone: does not exist.", id="missing"),
        pytest.param(".", ".: is a folder, not a file.", id="folder"),
        pytest.param("/dev/zero", "/dev/zero: is a device, not a file. Pipe its text in with `-`.", id="endless"),
        pytest.param("a.txt/b", "a.txt/b: cannot be read: Not a directory.", id="file-as-folder"),
    ],
)
def test_read_refuses(path: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder_of(tmp_path, "a.txt"))
    with pytest.raises(SourceError) as caught:
        read(path)
    assert str(caught.value) == message


def test_read_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder_of(tmp_path, "a.txt"))

    def refuse(path: Path, mode: str) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError) as caught:
        read("a.txt")
    assert str(caught.value) == "a.txt: cannot be read: Permission denied."
    assert isinstance(caught.value.__cause__, PermissionError)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("{read} /dev/stdin < a.txt", id="stdin-is-a-file"),
        pytest.param("cat a.txt | {read} /dev/stdin", id="stdin-is-a-pipe"),
        pytest.param("{read} <(cat a.txt)", id="process-substitution"),
        pytest.param("mkfifo p; cat a.txt > p & {read} p", id="named-pipe"),
    ],
)
def test_read_pipes(command: str, tmp_path: Path) -> None:
    script = "import sys; from newsclean.sources import read; print(read(sys.argv[1]).text, end='')"
    done = subprocess.run(
        ["bash", "-c", command.format(read=f'"$PYTHON" -c "{script}"')],
        cwd=folder_of(tmp_path, "a.txt"),
        env={
            **os.environ,
            "PYTHON": sys.executable,
            "PYTHONPATH": str(Path(sources.__file__).parents[1]),
        },
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == (b"text\n", b"")


def test_read_stream_leaves_the_stream_open() -> None:
    stream = io.BytesIO(b"one\r\n")
    assert read_stream(stream) == Source("-", "one\r\n", "utf-8")
    assert not stream.closed


def test_read_stream_that_is_closed() -> None:
    stream = io.BytesIO()
    stream.close()
    with pytest.raises(SourceError) as caught:
        read_stream(stream)
    assert str(caught.value) == "-: cannot be read: I/O operation on closed file."


def test_read_stream_that_never_ends() -> None:
    with Path("/dev/zero").open("rb") as stream, pytest.raises(SourceError) as caught:
        read_stream(stream)
    assert str(caught.value) == "-: is over 64 MiB, too much for one article."


def test_error_about_a_name_that_is_no_text_can_be_printed() -> None:
    assert str(SourceError("b\udcff", "is empty")).encode() == rb"'b\udcff': is empty."


def test_error_survives_the_way_from_a_worker() -> None:
    error = SourceError("a.txt", "is empty", "Fill it.")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.source, copy.problem, copy.remedy) == ("a.txt", "is empty", "Fill it.")
    assert str(copy) == "a.txt: is empty. Fill it."


def test_import_loads_nothing_heavy() -> None:
    script = (
        "import sys; from newsclean import sources; "
        "print({'charset_normalizer', 'trafilatura', 'lxml'} & set(sys.modules))"
    )
    path = str(Path(sources.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"
