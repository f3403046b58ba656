"""Articles out of files, folders and standard input: bytes go in, text comes out, what is no text is refused.

Nothing here prints or exits: what cannot be read raises a `SourceError`.
"""

from __future__ import annotations

import codecs
import fnmatch
import io
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO


class SourceError(Exception):
    """A source gave no article. `str()` says it all in one line.

    `source` is the name as the user gave it, `problem` what is wrong ("is empty"), `remedy` a sentence on
    what to do about it, or "".
    """

    def __init__(self, source: str, problem: str, remedy: str = "") -> None:
        # All three are args, or the exception could not be pickled back from a worker process.
        super().__init__(source, problem, remedy)
        self.source, self.problem, self.remedy = source, problem, remedy

    def __str__(self) -> str:
        # A file may be called anything, even line breaks and bytes that are no text and cannot be printed.
        shown = self.source if self.source and self.source.isprintable() else repr(self.source)
        return f"{shown}: {self.problem}. {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one article and where it came from.

    `name` is the path as given, or "-", with the line or row behind it (`dump.jsonl:17`) if the text is not all of
    the file. `encoding` is what the bytes were decoded from. `warnings` say what was guessed, what could not be
    decoded, and what the text was taken out of. `fields` is what else the record held that the text is from, as it
    stood there; `url` and `publisher` are those of its fields, or None.
    """

    name: str
    text: str
    encoding: str
    warnings: tuple[str, ...] = ()
    url: str | None = None
    publisher: str | None = None
    fields: dict[str, object] = field(default_factory=dict)


PATTERNS = ("*.txt", "*.txt.gz", "*.txt.bz2", "*.txt.xz", "*.txt.zst")
"""What a folder is searched for when nobody says."""


def find(path: str, patterns: Sequence[str] = PATTERNS) -> Iterator[Path]:
    """Yield the files that a path stands for, in an order that is always the same.

    A path that is no folder gives itself, whatever its name. A folder gives the files in it whose names match
    any of the patterns, sorted, then those of its subfolders, sorted. Hidden files and folders, pipes, and links to
    folders are passed over. Raises SourceError, when iterated, if the path does not exist or the folder gives
    nothing; if a folder in it cannot be read, only after the files of the others.
    """
    if not stat.S_ISDIR(_mode(path)):
        yield Path(path)
        return
    unread: list[OSError] = []
    found = False
    for folder, folders, files in os.walk(path, onerror=unread.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in (Path(folder, name) for name in _matching(files, patterns)):
            if not file.name.startswith(".") and not _is_pipe(file):
                found = True
                yield file
    if unread:
        raise _unreadable(str(unread[0].filename), unread[0])
    if not found:
        raise SourceError(path, f"has no files that match {', '.join(patterns)}", "Give another pattern, or the files.")


def read(path: str | os.PathLike[str], *, html: bool = True) -> Source:
    """Read one file; a named pipe and /dev/stdin are read too. For `html` and what is refused see `decode`.

    Raises SourceError also if the path is missing, a folder, or a device, or if reading fails.
    """
    name = os.fspath(path)
    with open_file(name) as stream:
        return read_stream(stream, name, html=html)


def open_file(name: str) -> io.BufferedReader:
    """Open a file or a named pipe, to read bytes.

    Raises SourceError if it is missing, a folder, or a device, or if it cannot be opened.
    """
    mode = _mode(name)
    if stat.S_ISDIR(mode):
        raise SourceError(name, "is a folder, not a file")
    # Devices such as /dev/zero never end. A terminal is one too, and behind /dev/stdin it is meant.
    if (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)) and name not in {"/dev/stdin", "/dev/fd/0"}:
        raise SourceError(name, "is a device, not a file", "Pipe its text in with `-`.")
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise _unreadable(name, error) from error


def read_stream(stream: BinaryIO, name: str = "-", *, html: bool = True) -> Source:
    """Read an open binary stream to its end, and leave it open. For `html` and what is refused see `decode`.

    Raises SourceError also if reading fails or goes on past LIMIT.
    """
    data = bytearray()
    try:
        while chunk := stream.read(1 << 20):
            data += chunk
            if len(data) > LIMIT:
                raise SourceError(name, f"is over {LIMIT >> 20} MiB, too much for one article")
    except (OSError, ValueError) as error:  # ValueError: the stream is closed
        raise _unreadable(name, error) from error
    return decode(bytes(data), name, html=html)


def decode(data: bytes, name: str, *, html: bool = True) -> Source:
    r"""Turn the bytes of one article into its text.

    The encoding is that of the byte order mark, which is not part of the text, or UTF-8, or a guess. UTF-8
    with a few bytes gone wrong stays UTF-8, and they are shown as \xNN. All else in the text is exactly as in
    the bytes, line endings too. Of an HTML page only headline and article are given; with `html` false it is
    text like any other. `warnings` tell of a guess, of bytes gone wrong, and of HTML.

    Raises SourceError if the bytes are empty or blank, no text, or HTML that no article can be taken out of.
    """
    text, encoding, warnings = _text(data, name)
    return of_text(text, name, encoding, tuple(warnings), html=html)


def of_text(
    text: str, name: str, encoding: str = "utf-8", warnings: tuple[str, ...] = (), *, html: bool = True
) -> Source:
    """Give the article that stands in a text, as `decode` does with the text of its bytes.

    Raises SourceError if the text is blank, or HTML that no article can be taken out of.
    """
    if not text.strip():
        raise SourceError(name, "is empty")
    if html and _is_html(text):
        return Source(name, _article(text, name), encoding, (*warnings, "HTML: extracted with trafilatura"))
    return Source(name, text, encoding, warnings)


LIMIT = 64 << 20
"""So many bytes are read at most: what a pipe or a stream sends may have no end."""

MARKS = (
    # UTF-32 before UTF-16: the little-endian mark of the one begins with that of the other.
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, and the codecs of what follows them."""

# What begins with these bytes (regular expressions) is this, and this helps. Where they alone could begin an
# article, more of what such a file holds is asked for.
_FORMATS = {
    "Give the article's text.": (
        (rb"\x89PNG\r\n", "a PNG image"),
        (rb"\xff\xd8\xff", "a JPEG image"),
        (rb"GIF8[79]a.{0,6}\x00", "a GIF image"),
        (rb"RIFF.{4}WEBP", "a WebP image"),
        (rb"II\*\x00|MM\x00\*", "a TIFF image"),
        (rb"\x00\x00..ftyp", "a video or photo (MP4, HEIC)"),
        (rb"ID3[\x02-\x04]", "an MP3 recording"),
        (rb"\x7fELF|MZ.\x00|[\xce\xcf]\xfa\xed\xfe", "a program"),
        (rb"SQLite format 3\x00", "an SQLite database"),
    ),
    "Extract its text first, e.g. with pdftotext.": ((rb"(?:\xef\xbb\xbf)?\s*%PDF-\d", "a PDF document"),),
    "Save it as plain text first.": (
        (rb"\{\\rtf\d", "an RTF document"),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (DOC, XLS, PPT)"),
    ),
    "Decompress it first.": (
        (rb"\x1f\x8b", "compressed with gzip"),
        (rb"BZh[1-9](?:1AY&SY|\x17rE8P)", "compressed with bzip2"),
        (rb"\xfd7zXZ\x00", "compressed with xz"),
        (rb"\x28\xb5\x2f\xfd", "compressed with zstd"),
    ),
    "Take the text out of it first.": (
        (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "a ZIP archive (as DOCX, ODT and EPUB are)"),
        (rb"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (rb"Rar!\x1a\x07", "a RAR archive"),
        (rb".{257}ustar", "a TAR archive"),
    ),
}

_ANY_FORMAT = b"|".join(signature for formats in _FORMATS.values() for signature, _ in formats)

# Neither tabs, line breaks, nor escape, which colours text in a terminal.
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1b\x1c\x1d\x1e"))

# In windows-1252 these are nothing, or signs that hardly stand in an article.
_UNLIKELY = b"\x81\x83\x88\x8d\x8f\x90\x98\x9d\xa4\xa6\xa8\xac\xaf\xb6\xb8\xfe\xff"

# Left to all that it knows, charset-normalizer takes short texts for encodings that no newsroom ever used.
_LEGACY = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("iso8859_2", "iso8859_5", "iso8859_7", "koi8_r", "cp932", "euc_jp", "gb18030", "big5", "cp949"),
)

# Atomic, or many comments could be split in so many ways that the search never ends.
_PAGE = r"(?is)(?>[\s\ufeff]|<\?xml[^>]*>|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body)\b"
_TAG = (
    r"</?(?:html|head|title|meta|link|script|style|body|header|main|article|section|footer|nav|h[1-6]|p|div|span"
    r"|a|b|i|em|strong|br|img|figure|blockquote|[uo]l|li|table|t[rd])\b[^<>]*>"
)


def _mode(name: str) -> int:
    try:
        return os.stat(name).st_mode  # noqa: PTH116  Path("") would be the current folder.
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise _unreadable(name, error) from error


def _matching(names: list[str], patterns: Sequence[str]) -> list[str]:
    return sorted({name for pattern in patterns for name in fnmatch.filter(names, pattern)})


def _is_pipe(file: Path) -> bool:
    try:
        return file.is_fifo()
    except OSError:
        return False  # `read` will say what is wrong with it.


def _unreadable(name: str, error: OSError | ValueError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError(name, "does not exist")
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return SourceError(name, f"cannot be read: {reason.rstrip('.')}")


def _text(data: bytes, name: str) -> tuple[str, str, list[str]]:
    """Return the text, its encoding and warnings. Raises SourceError if the bytes are no text."""
    if re.match(_ANY_FORMAT, data, re.DOTALL):
        for remedy, formats in _FORMATS.items():
            for signature, what in formats:
                if re.match(signature, data, re.DOTALL):
                    raise SourceError(name, f"is {what}, not text", remedy)
    mark, codec = next((pair for pair in MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    text, bad, first = _lenient(data[len(mark) :], codec)
    # The characters of UTF-16 and UTF-32 are full of null bytes; only their text can tell.
    if _is_binary(data if codec == "utf-8" else text.encode("utf-8")):
        raise SourceError(name, "is binary, not text", "Give the article's text.")
    warnings = []
    # Other encodings hardly ever look like UTF-8 by chance: one good character outweighs one bad byte.
    if bad and not mark and bad > len(text) - len(text.encode("ascii", "ignore")):
        # In a page a few bytes may be all the text there is, and it often declares its encoding.
        few = bad <= max(2, len(data) // 50) and not _is_html(text)
        if detected := _western(data) if few else _detected(data):
            codec = detected
            text, bad, first = _lenient(data, codec)
            warnings.append(f"encoding detected: {_label(codec)}")
        elif bad > max(2, len(data) // 10):
            raise SourceError(name, "is in an encoding that cannot be told", "Convert it to UTF-8 first.")
    encoding = _label(codec)
    if bad:
        count = "1 byte is" if bad == 1 else f"{bad} bytes are"
        place = f"the first at offset {len(mark) + first}"
        warnings.append(f"{count} not valid {encoding} and shown as \\xNN, {place}")
    return text, encoding, warnings


def _label(codec: str) -> str:
    codec = codec.replace("cp125", "windows-125").replace("iso8859", "iso-8859").replace("_", "-")
    return codec.removesuffix("-le").removesuffix("-be")


def _lenient(data: bytes, codec: str) -> tuple[str, int, int]:
    r"""Return the text with undecodable bytes as \xNN, how many there are, and the offset of the first."""
    try:
        return data.decode(codec), 0, 0
    except UnicodeDecodeError as error:
        text = data.decode(codec, "backslashreplace")
        # Each bad byte is the four characters of \xNN here, and nothing there.
        return text, (len(text) - len(data.decode(codec, "ignore"))) // 4, error.start


def _is_binary(data: bytes) -> bool:
    return b"\0" in data or (len(data) - len(data.translate(None, _CONTROLS))) * 20 > len(data)


def _western(data: bytes) -> str | None:
    """Return windows-1252 or None for ASCII with a few odd bytes, in which a detector sees any encoding."""
    return "cp1252" if data == data.translate(None, _UNLIKELY) else None


def _detected(data: bytes) -> str | None:
    """Return the likeliest legacy codec, windows-1252 if it is as likely as any, or None if none fits."""
    from charset_normalizer import from_bytes

    matches = from_bytes(data, cp_isolation=list(_LEGACY))
    if (best := matches.best()) is None:
        return None
    ties = (match for match in matches if (match.chaos, match.coherence) == (best.chaos, best.coherence))
    # Codecs that give the same text come as one match, under the name of the first.
    return "cp1252" if any("cp1252" in match.could_be_from_charset for match in ties) else best.encoding


def _is_html(text: str) -> bool:
    """Tell a page, or a piece of one, from an article that mentions tags."""
    sample = text[:8192]
    if "<" not in sample:
        return False
    tags = re.findall(_TAG, sample, re.I)
    if page := re.match(_PAGE, sample):
        return "!doctype" in page[0].lower() or len(tags) > 1
    if len(tags) < 3 or not any(tag.startswith("</") for tag in tags):
        return False
    # In prose tags are few and within the lines; markup begins or ends most lines, or is much of the text.
    lines = [line for line in sample.splitlines() if line.strip()]
    tagged = sum(1 for line in lines if re.search(rf"(?i)^\s*{_TAG}|{_TAG}\s*$", line))
    return tagged * 2 >= len(lines) or sum(map(len, tags)) * 4 > len(sample)


def _article(html: str, name: str) -> str:
    """Return headline and article of an HTML page. Raises SourceError if that cannot be done."""
    try:
        import trafilatura
    except ImportError as error:
        reason = " ".join(str(error).split())
        remedy = f"Run `pip install 'newsclean[html]'`, or extract the text first ({reason})."
        raise SourceError(name, "is HTML, not text", remedy) from error
    page = trafilatura.bare_extraction(html, include_comments=False, with_metadata=True)
    text, title = getattr(page, "text", None), getattr(page, "title", None)
    if not text:
        raise SourceError(name, "is HTML, and no article was found in it", "Give the article's text.")
    # It leaves out a headline that stands above the article, but knows it.
    return f"{title}\n{text}" if title and title not in text.splitlines() else text
