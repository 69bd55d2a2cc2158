"""Specs that nobody would write: the loader never crashes, tells every fault in plain words at a place in the file."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import dli_fast
from hypothesis import given, settings
from hypothesis import strategies as st

from dli_core.errors import DLIError
from dli_core.errors.show import format_error
from dli_core.specs.load import load_project
from dli_core.specs.named import load_named
from dli_core.specs.schema import json_schemas
from dli_core.specs.select import broken_error, select
from tests.support.json_schema import broken
from tests.unit.test_specs_fields import DATASET

# Words of pydantic, Python and the house that no user should have to read.
JARGON = re.compile(
    r"input|valid (string|integer|list|dict|bool|number)|dictionary|instance|NoneType|Traceback|extra|permitted"
    r"|\bstr\b|\bdict\b|\bint\b|\bNone\b|True|False|Value error|does not fit: (List|String|Input)"
)
SCHEMAS = json_schemas()
PLAIN: dict[str, Any] = {
    "dataset": dli_fast.read_yaml(DATASET.encode())[0],
    "metric": {
        "name": "a.b.c",
        "type": "Metric",
        "query_statement": "SELECT 1",
        "metrics": [{"name": "m", "aggregation": "sum", "expression": "x", "filters": ["y > 1"]}],
        "dimensions": [{"name": "d", "type": "time", "expression": "t"}, {"name": "e"}],
    },
    "quality": {
        "name": "a.b.c",
        "target": {"type": "dataset", "name": "a.b.c"},
        "metadata": {"a": [1]},
        "schedule": {"cron": "@daily", "timezone": "UTC", "retry": {"count": 1}},
        "tests": [
            {"type": "unique", "columns": ["a", "b"], "severity": "warn"},
            {"type": "accepted_values", "column": "a", "params": {"values": ["x", 1]}},
            {"type": "range_check", "column": "a", "params": {"min": 1, "max": 2}},
            {"type": "row_count", "params": {"min": 1}},
            {"type": "freshness", "column": "a", "params": {"max_age": "1h"}},
            {"type": "singular", "params": {"sql": "SELECT 1"}},
        ],
    },
}
KINDS = st.sampled_from(sorted(PLAIN))
WORDS = st.sampled_from(
    ["", "x", "a.b.c", "yes", "Dataset", "5", "2025-01-01", "owner", "values", "min", "{{ x }}", "a: b", "한글", "- a"]
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), NUMBERS, WORDS, st.text(max_size=20))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | WORDS, inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside of a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, item in items for inner in places(item, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Any]:
    """A good spec with up to three things replaced, removed, added or written under another key."""
    kind = draw(KINDS)
    spec = copy.deepcopy(PLAIN[kind])
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(spec)))
        if not path:
            spec[draw(WORDS)] = draw(VALUES)
            continue
        holder = spec
        for key in path[:-1]:
            holder = holder[key]
        change = draw(st.sampled_from(["replace", "remove", "rename", "again"]))
        if change == "replace":
            holder[path[-1]] = draw(VALUES)
        elif change == "remove":
            del holder[path[-1]]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[path[-1]]) if change == "again" else draw(VALUES))
        else:
            holder[draw(WORDS | st.text(max_size=12))] = holder.pop(path[-1])
    return kind, spec


def yaml(value: Any) -> str:
    """JSON over lines is YAML, and has a place for everything."""
    return json.dumps(value, indent=1, ensure_ascii=False)


@settings(deadline=None)
@given(mutated())
def test_every_fault_is_told_in_plain_words_at_a_place(case: tuple[str, Any]):
    kind, spec = case
    text = yaml(spec)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / f"{kind}.x.yaml").write_text(text, encoding="utf-8")
        project = load_project(root)
        assert len(project.specs) + len(project.broken) == 1
        rows = text.split("\n")
        for problem in project.problems:
            assert problem["path"] == f"{kind}.x.yaml"
            assert 1 <= problem["line"] <= len(rows)
            assert 1 <= problem["column"] <= len(rows[problem["line"] - 1]) + 1
            # What the user wrote may hold any word: what we say around it may not.
            said = re.sub(r"'[^']*'|\[.*\]", "", problem["message"])
            assert not JARGON.search(said), problem["message"]
            assert len(problem["message"]) < 500
        for item in project.broken:
            assert format_error(broken_error(item), root=root)


@settings(deadline=None)
@given(mutated())
def test_a_schema_accepts_what_the_loader_accepts(case: tuple[str, Any]):
    kind, spec = case
    text = yaml(spec)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{kind}.x.yaml").write_text(text, encoding="utf-8")
        if not load_project(Path(folder)).specs:
            return
    assert broken(SCHEMAS[kind], dli_fast.read_yaml(text.encode())[0]) == []


@settings(deadline=None)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.binary(max_size=60), max_size=3))
def test_no_bytes_are_a_crash(files: dict[str, bytes]):
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / f"dataset.{name}.yaml").write_bytes(data)
        project = load_project(Path(folder))
        assert len(project.broken) == len(files)
        assert all(problem["message"] for problem in project.problems)


def escaped(text: str) -> str:
    return "".join(f"\\x{ord(c):02x}" for c in text)


PARTS = st.sampled_from(["a", "b", "ab", "a-b", "x"])
NAMES = st.tuples(PARTS, PARTS, PARTS).map(".".join)
FILES = st.one_of(
    NAMES.map(lambda name: f"name: {name}\nquery_file: x\n"),
    NAMES.map(lambda name: f'name: "{escaped(name)}"\nquery_file: x\n'),
    NAMES.map(lambda name: f"query_file: x\nname: '{name}'\nowner: 5\n"),
    NAMES.map(lambda name: f"name: {name}\nquery_file: [\n"),
    NAMES.map(lambda name: f"description: {name}\nname: a.b.other\nquery_file: x\n"),
    st.just(""),
)


@settings(deadline=None)
@given(
    st.dictionaries(st.tuples(st.sampled_from(["dataset", "metric"]), PARTS | NAMES), FILES, max_size=5),
    NAMES | PARTS | st.tuples(PARTS, PARTS).map(".".join) | st.sampled_from(["", ".", "a.", ".a", "a.b.c.d", "other"]),
)
def test_one_spec_is_found_as_if_all_were_read(files: dict[tuple[str, str], str], name: str):
    def answer(ask: Any) -> object:
        try:
            spec = ask()
        except DLIError as problem:
            return problem.code, problem.details
        return spec.name, spec.source.relative

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "dli.yaml").touch()
        for (kind, stem), text in files.items():
            (root / f"{kind}.{stem}.yaml").write_text(text)
        found = answer(lambda: load_named(root, "dataset", name))
        assert found == answer(lambda: select(load_project(root), "dataset", name))
