"""One version, in every place that says it: `make bump V=0.2.0`.

    PLACES ─▶ found(root) ─▶ [(file, line, version)] ─▶ write(root, new) | the test that compares them

Packages pin each other with `==`, so the places must always agree; tests/house/test_versions.py sees to it.
The section of CHANGELOG.md is written by hand, before.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")  # the form that Python and Cargo both read the same


@dataclass(frozen=True, slots=True)
class Place:
    """Files, and a pattern whose group 2 is the version."""

    glob: str
    pattern: re.Pattern[str]


PLACES = (
    Place("packages/*/pyproject.toml", re.compile(r'(?m)^(version = ")([^"]+)(")')),
    Place("packages/*/pyproject.toml", re.compile(r'("dli-\w+(?:\[[\w,-]+\])?==)([^";, ]+)([";, ])')),
    Place("packages/*/src/*/__init__.py", re.compile(r'(?m)^(__version__(?:: [\w.\[\]]+)? = ")([^"]+)(")')),
    Place("crates/dli_fast/pyproject.toml", re.compile(r'(?m)^(version = ")([^"]+)(")')),
    Place("crates/dli_fast/Cargo.toml", re.compile(r'(?m)^(version = ")([^"]+)(")')),
    Place("crates/dli_fast/Cargo.lock", re.compile(r'(?m)^(name = "dli_fast"\nversion = ")([^"]+)(")')),
    Place("uv.lock", re.compile(r'(?m)^(name = "dli-\w+"\nversion = ")([^"]+)(")')),
)


@dataclass(frozen=True, slots=True)
class Found:
    """One mention of the version."""

    path: Path
    line: int
    version: str


def found(root: Path = ROOT) -> Iterator[Found]:
    """Every mention below `root`."""
    for place in PLACES:
        for path in sorted(root.glob(place.glob)):
            text = path.read_text(encoding="utf-8")
            for match in place.pattern.finditer(text):
                yield Found(path, text.count("\n", 0, match.start(2)) + 1, match[2])


def write(version: str, root: Path = ROOT) -> list[Path]:
    """Put `version` everywhere; the files that changed."""
    if not VERSION.fullmatch(version):
        message = f"{version!r} is not MAJOR.MINOR.PATCH"
        raise ValueError(message)
    changed = []
    for path in sorted({path for place in PLACES for path in root.glob(place.glob)}):
        old = text = path.read_text(encoding="utf-8")
        for place in PLACES:
            if path in root.glob(place.glob):
                text = place.pattern.sub(rf"\g<1>{version}\g<3>", text)
        if text != old:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def main(arguments: list[str]) -> int:
    """`bump.py VERSION`."""
    if len(arguments) != 1:
        print("usage: make bump V=MAJOR.MINOR.PATCH", file=sys.stderr)
        return 2
    try:
        changed = write(arguments[0])
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    for path in changed:
        print(path.relative_to(ROOT))
    if f"## [{arguments[0]}]" not in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"):
        print(f"CHANGELOG.md has no section [{arguments[0]}] yet: write it", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
