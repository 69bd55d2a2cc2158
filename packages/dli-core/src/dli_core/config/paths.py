"""Paths in the configuration: `~` is the user's home, and relative ones are relative to the root."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from dli_core.config.keys import Parts

# ":memory:", "md:name", "s3://bucket/x": no file of this machine. One letter before the colon would be a drive.
_NO_FILE = re.compile(r":memory:|[A-Za-z][A-Za-z0-9+.-]+:")
_KEYS = frozenset(
    {
        ("local", "duckdb", "database"),
        ("local", "bigquery", "credentials"),
        ("local", "trino", "certificate"),
        ("local", "trino", "key"),
        ("local", "trino", "verify"),
    }
)
_WORDS = frozenset({"", "adc"})  # values of those keys that are no paths


def expand(text: str, home: Path | None) -> str:
    """`~` and `~/x` below `home`; other users' homes as the system knows them."""
    if home is not None and (text == "~" or text.startswith("~/")):
        return str(home) + text[1:]
    try:
        return str(Path(text).expanduser()) if text.startswith("~") else text
    except RuntimeError:  # no such user
        return text


def absolute(parts: Parts, value: Any, base: Path, home: Path | None) -> Any:
    """The value of a key that names a file, as an absolute path; any other as it is."""
    if parts not in _KEYS or not isinstance(value, str) or value in _WORDS or _NO_FILE.match(value):
        return value
    return os.path.normpath(base / expand(value, home))
