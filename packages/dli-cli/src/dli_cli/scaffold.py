"""The files of a new project.

examples/NAME ─┐
dli.yaml      ─┼─▶ {path: bytes} ─▶ nothing in the way? ─▶ written, each only where no file is
.vscode, .dli ─┘
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, SecretStr

from dli_core.engines.factory import blocks, names
from dli_core.export.publish import output_errors
from dli_core.specs.find import KINDS
from dli_core.specs.schema import json_schema

EXAMPLES = Path(__file__).with_name("examples")
HELLO = "hello"
_SCHEMAS = ".dli/schemas"
_SKIPPED = ("build.py", "*.pyc")  # of our repository, not of a project
# What people often have already, and what a project also works without.
OPTIONAL = frozenset({".gitignore", ".vscode/settings.json", ".vscode/extensions.json"})
_PRESETS = {"duckdb": "    database: data.duckdb # made on first use; relative to this folder\n"}


def engines() -> list[str]:
    """The engines that a project can start with."""
    return names()


def examples() -> list[str]:
    """The projects that come with the program, but for the one that is used when none is named."""
    return sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir() and folder.name != HELLO)


def project_files(example: str, engine: str) -> dict[str, bytes]:
    """Path from the project's folder → content."""
    folder = EXAMPLES / example
    ignored = [*_SKIPPED, *(folder / ".gitignore").read_text("utf-8").split()]  # what a run in the repository left
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not any(fnmatch(path.name, pattern) for pattern in ignored)
    }
    files.setdefault("dli.yaml", _configuration(engine).encode())
    files |= _editor_files()
    return {name: files[name] for name in sorted(files, key=lambda name: (name.startswith("."), name))}


def in_the_way(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Which of the files, or of the folders they need, cannot be made because something is there."""
    return [name for name in files if name not in OPTIONAL and not _is_free(folder, name)]


def write(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write what is not there yet; what was written. After an error nothing of it is left. Raises DLI-407."""
    written: list[Path] = []
    try:
        for name, data in files.items():
            path = folder / name
            with output_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                if name in OPTIONAL and path.exists():
                    continue
                with path.open("xb") as file:
                    written.append(path)
                    file.write(data)
    except BaseException:
        for path in written:
            with contextlib.suppress(OSError):
                path.unlink()
        raise
    return [path.relative_to(folder).as_posix() for path in written]


def _is_free(folder: Path, name: str) -> bool:
    above = [folder / parent for parent in PurePosixPath(name).parents]
    return not os.path.lexists(folder / name) and all(path.is_dir() or not os.path.lexists(path) for path in above)


def _configuration(engine: str) -> str:
    head = (
        "# A DLI project. Every key may be left out; 'dli config show --origin' tells what is used, and why.\n"
        f"local:\n  engine: {engine}\n  {engine}:\n"
    )
    return head + (_PRESETS.get(engine) or "".join(_keys(blocks()[engine])))


def _keys(section: type[BaseModel]) -> list[str]:
    """The keys of an engine's block, each with its default, to be filled in."""
    lines: list[str] = []
    for name, field in section.model_fields.items():
        if SecretStr not in getattr(field.annotation, "__args__", (field.annotation,)):  # those belong elsewhere
            default = field.get_default(call_default_factory=True)
            lines.append(f"    {field.alias or name}: {json.dumps(default)}\n")
    return lines


def _editor_files() -> dict[str, bytes]:
    """JSON Schemas, and settings that make VS Code complete and check specs with them."""
    settings = {"yaml.schemas": {f"./{_SCHEMAS}/{kind}.json": [f"{kind}.*.yaml", f"{kind}.*.yml"] for kind in KINDS}}
    files: dict[str, object] = {f"{_SCHEMAS}/{kind}.json": json_schema(kind) for kind in KINDS}
    files[".vscode/settings.json"] = settings
    files[".vscode/extensions.json"] = {"recommendations": ["redhat.vscode-yaml"]}
    return {name: (json.dumps(content, indent=2) + "\n").encode() for name, content in files.items()}
