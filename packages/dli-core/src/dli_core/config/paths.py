"""Paths in the configuration: `~` is the user's home, and relative ones are relative to the root."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from dli_core.config.keys import Parts, files

# ":memory:", "md:name", "s3://bucket/x": no file of this machine. One letter before the colon would be a drive.
_NO_FILE = re.compile(r":|[A-Za-z][A-Za-z0-9+.-]+:")


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
    words = files().get(parts)
    if words is None or not isinstance(value, str) or value in words or not value or _NO_FILE.match(value):
        return value
    return os.path.normpath(base / expand(value, home))
