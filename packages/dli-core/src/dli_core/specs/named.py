"""One spec by its name, without parsing a thousand others.

    find ─▶ files whose bytes can hold the name ─▶ load ─▶ select ─▶ Spec │ its problems │ ambiguous
                                                             └─ not found ─▶ load all ─▶ the nearest names

The answer is that of `select(load_project(root), kind, name)`, always.
"""

from __future__ import annotations

import re
from pathlib import Path

from dli_core.errors import DLIError
from dli_core.models.spec import Spec
from dli_core.specs.find import SpecFile, find_specs
from dli_core.specs.load import load_files, load_project
from dli_core.specs.read import read_bytes
from dli_core.specs.select import CODES, select

# A name in double quotes can be written with escapes, or go on in the next line.
_ESCAPES = re.compile(rb"\\[xuU\r\n]")


def load_named(root: Path, kind: str, name: str) -> Spec:
    """The spec of `kind` called `name`, whole or its last parts. Raises as `select`."""
    last = name.rpartition(".")[2]
    files = [file for file in find_specs(root) if file.kind == kind and _can_hold(file, last)]
    try:
        return select(load_files(root, files), kind, name)
    except DLIError as problem:
        if problem.code is not CODES[kind] or problem.details.get("reason") == "ambiguous":
            raise
    # To say what is near, all names are needed.
    return select(load_project(root), kind, name)


def _can_hold(file: SpecFile, last: str) -> bool:
    """Whether the file may define a spec whose name ends in `last`, or is one that nobody can read."""
    if file.path.name.split(".")[1] == last:
        return True
    try:
        data = read_bytes(file.path)
    except OSError:
        return True
    return last.encode("utf-8", "surrogateescape") in data or _ESCAPES.search(data) is not None
