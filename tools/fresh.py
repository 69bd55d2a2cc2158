"""Is the built extension the one of these sources? Exit 1, with one line, when it is missing or stale."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

CRATE = Path(__file__).resolve().parent.parent / "crates" / "dli_fast"


def source_hash() -> str:
    """The hash that build.rs compiles in: path, NUL, content, NUL of each file, in sorted order of the paths."""
    files = ["Cargo.lock", "Cargo.toml", *(p.relative_to(CRATE).as_posix() for p in (CRATE / "src").rglob("*.rs"))]
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + (CRATE / name).read_bytes() + b"\0")
    return digest.hexdigest()


def main() -> int:
    """Compare, and say what is wrong."""
    try:
        import dli_fast  # noqa: PLC0415 - that it is missing is one of the answers
    except ImportError as problem:
        print(f"dli_fast cannot be imported: {problem}", file=sys.stderr)
        return 1
    if dli_fast.build_info()["source_hash"] != source_hash():
        print("dli_fast was built from other sources", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
