"""What is drawn from rule files, kept in the platform's cache folder from one run to the next.

An entry is named by a digest of all it was made from, holds a digest of itself, and is made anew when it is
missing or damaged. Where the folder can't be written, nothing is kept and nothing fails.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

MOST_ENTRIES, LEAST_ENTRIES = 2_000, 1_800
"""A rule file has one, and a publisher that was asked for another. Once there are more, all but the latest go."""


def digest(*parts: bytes) -> str:
    """Return a name for what the parts hold, the same only if all of them are."""
    state = blake2b(digest_size=16)
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.hexdigest()


def kept(key: str, make: Callable[[], Any]) -> Any:
    """Return what is kept under the key, or make it (JSON values only) and keep it.

    Raises:
        Whatever `make` raises; never anything about the cache folder.
    """
    try:
        import platformdirs

        path = Path(platformdirs.user_cache_dir("newsclean", appauthor=False)) / f"{key}.json"
        own, _, payload = path.read_bytes().partition(b"\n")
        if digest(payload) == own.decode("ascii"):
            return json.loads(payload)
    except (OSError, ValueError, RuntimeError):
        pass
    made = make()
    with contextlib.suppress(OSError, RuntimeError, UnboundLocalError):
        _write(path, json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode())
    return made


def _write(path: Path, payload: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(digest(payload).encode() + b"\n" + payload)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    entries = list(path.parent.glob("*.json"))
    if len(entries) > MOST_ENTRIES:
        for entry in sorted(entries, key=lambda entry: entry.stat().st_mtime)[:-LEAST_ENTRIES]:
            entry.unlink(missing_ok=True)
