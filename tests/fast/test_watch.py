"""A watched stream's schema: marks reach what they name and nothing else; names hide secrets at any depth."""

from __future__ import annotations

import dli_fast
import pyarrow as pa
import pytest

INNER = pa.struct([("a", pa.string()), ("n", pa.int64())])
SCHEMA = pa.schema(
    [
        pa.field("text", pa.string(), metadata={"kept": "yes"}),
        pa.field("large", pa.large_string()),
        pa.field("view", pa.string_view()),
        pa.field("number", pa.int64()),
        pa.field("items", pa.list_(pa.string())),
        pa.field("fixed", pa.list_(pa.string(), 2)),
        pa.field("inside", INNER),
        pa.field("map", pa.map_(pa.string(), pa.list_(INNER))),
        pa.field("union", pa.sparse_union([pa.field("x", pa.int64()), pa.field("y", pa.string())]), nullable=False),
    ],
    metadata={"of": "the schema"},
)


def passed(paths: list[list[int]], hidden: list[str] | None = None, schema: pa.Schema = SCHEMA) -> pa.Schema:
    watch = dli_fast.Watch(pa.RecordBatchReader.from_batches(schema, []))
    watch.mark_json(paths)
    watch.hide(hidden or [])
    return pa.RecordBatchReader.from_stream(watch).schema


def test_without_marks_the_schema_passes_as_it_is():
    assert passed([]).equals(SCHEMA, check_metadata=True)
    assert passed([], [""]).equals(SCHEMA, check_metadata=True)


@pytest.mark.parametrize("path", [[9], [0, 0], [3], [3, 1], [4, 0, 0], [6], [6, 7], [7, 1, 0, 1], [8, 5], []])
def test_a_path_to_no_text_changes_nothing(path: list[int]):
    found = passed([path])
    assert "arrow.json" not in str(found)
    assert found.equals(SCHEMA)


def test_a_path_marks_one_text_wherever_it_is():
    found = passed([[0], [1], [2], [4, 0], [5, 0], [6, 0], [7, 0], [7, 1, 0, 0], [8, 1]])
    assert str(found.field("large").type).startswith("extension<arrow.json")
    assert found.field("number").type == pa.int64()
    assert str(found.field("items").type).count("arrow.json") == 1
    assert str(found.field("inside").type) == "struct<a: extension<arrow.json>, n: int64>"
    assert str(found.field("map").type).count("arrow.json") == 2
    assert str(found.field("union").type).count("arrow.json") == 1
    assert found.metadata == {b"of": b"the schema"}
    assert found.field("text").metadata == {b"kept": b"yes"}


def test_names_hide_texts_at_any_depth():
    schema = pa.schema([("a'secret'", pa.list_(pa.struct([("secret.x", pa.int64()), ("y", pa.int64())])))])
    found = passed([], ["secret"], schema)
    assert found.names == ["a'***'"]
    assert "secret" not in str(found)
    assert "***.x" in str(found)


def test_a_stream_that_is_marked_has_the_same_rows():
    table = pa.table({"secret": ["[1]", None], "n": [1, 2]})
    watch = dli_fast.Watch(table)
    watch.mark_json([[0]])
    watch.hide(["secret"])
    found = pa.table(watch)
    assert (found.column_names, found["n"].to_pylist(), watch.rows, watch.ended) == (["***", "n"], [1, 2], 2, True)
    assert found["***"].combine_chunks().storage.to_pylist() == ["[1]", None]
