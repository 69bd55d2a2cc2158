"""An export is the whole result, readable by everybody, or nothing at all."""

from __future__ import annotations

import csv
import gzip
import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import dli_fast
import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet
import pytest

from dli import DatasetAPI, ExecutionContext, ExportOptions, SqlAPI
from dli_core.config import resolve
from dli_core.engines.base import Query
from dli_core.engines.duckdb.engine import DuckDBEngine
from dli_core.engines.mock import ExecutorEngine, MockExecutor
from dli_core.engines.stream import QueryStream, StreamHooks
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.export.formats import FORMATS, Format
from dli_core.export.options import export_options
from dli_core.export.sink import export
from dli_core.models.common import ExecutionMode
from dli_core.models.result import QueryResult

FLIGHTS = Path(__file__).parents[2] / "examples" / "flights"
PARQUET = FLIGHTS / "data" / "flights.parquet"
ROWS = 336_776
BOOM = "SELECT CASE WHEN i = 900000 THEN error('boom') ELSE i END AS n FROM range(1000000) t(i)"


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The flights, exported to a file of that suffix; each once."""
    api, folder = DatasetAPI(ExecutionContext(project_path=FLIGHTS)), tmp_path_factory.mktemp("flights")

    def exported(suffix: str) -> Path:
        path = folder / f"flights{suffix}"
        if not path.exists():
            done = api.export("flights.main.all_flights", path)
            assert (done.rows, done.bytes) == (ROWS, path.stat().st_size)
        return path

    return exported


@pytest.fixture(scope="module")
def truth() -> pa.Table:
    return pyarrow.parquet.read_table(PARQUET)


@pytest.fixture(scope="module")
def values(truth: pa.Table) -> dict[str, list[Any]]:
    """Every column as Python values, a day or an hour as its ISO text."""
    found = {}
    for field in truth.schema:
        texts: dict[Any, str] = {}
        column = truth[field.name].to_pylist() if not pa.types.is_temporal(field.type) else None
        if column is None:
            codes = truth[field.name].combine_chunks().dictionary_encode()
            texts = {at: value.isoformat() for at, value in enumerate(codes.dictionary.to_pylist())}
            column = [texts[at] for at in codes.indices.to_pylist()]
        found[field.name] = column
    return found


def unpacked(path: Path) -> bytes:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    with pa.input_stream(str(path), compression="zstd") as file:
        return file.read()


# The flights, read by others


@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
@pytest.mark.parametrize("suffix", [".csv", ".json", ".ndjson"])
def test_the_flights_read_back_equal_in_duckdb(flights: Callable[[str], Path], suffix: str, packed: str):
    path = flights(suffix + packed)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    names = [row[:2] for row in connection.sql(f"DESCRIBE FROM '{PARQUET}'").fetchall()]
    types = ", ".join(f"{name}: '{kind}'" for name, kind in names)
    reader = "read_csv" if suffix == ".csv" else "read_json"
    how = {".csv": "header = true", ".json": "format = 'array'", ".ndjson": "format = 'newline_delimited'"}[suffix]
    found, source = f"SELECT * FROM {reader}('{path}', columns = {{{types}}}, {how})", f"FROM '{PARQUET}'"
    counted = [connection.sql(f"SELECT count(*), sum(hash(t)) FROM ({sql}) t").fetchall() for sql in (found, source)]
    assert counted[0] == counted[1]
    assert counted[0][0][0] == ROWS
    if not packed:
        assert connection.sql(f"({found}) EXCEPT ALL ({source})").fetchall() == []


def test_the_flights_read_back_equal_in_pyarrow_from_csv(flights: Callable[[str], Path], truth: pa.Table):
    types = dict(zip(truth.schema.names, truth.schema.types, strict=True)) | {"time_hour": pa.timestamp("us", "UTC")}
    options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False)
    for packed in ("", ".gz"):
        assert pyarrow.csv.read_csv(flights(f".csv{packed}"), convert_options=options).cast(truth.schema).equals(truth)


def test_the_flights_read_back_equal_in_pyarrow_from_ndjson(flights: Callable[[str], Path], truth: pa.Table):
    plain = {field.name: pa.string() if pa.types.is_temporal(field.type) else field.type for field in truth.schema}
    options = pyarrow.json.ParseOptions(explicit_schema=pa.schema(plain))
    found = pyarrow.json.read_json(flights(".ndjson"), parse_options=options)
    day, hour = found.schema.names.index("flight_date"), found.schema.names.index("time_hour")
    found = found.set_column(day, "flight_date", found["flight_date"].cast(pa.date32()))
    found = found.set_column(hour, "time_hour", found["time_hour"].cast(pa.timestamp("us", "UTC")))
    assert found.cast(truth.schema).equals(truth)


def iso(texts: Sequence[str]) -> list[str]:
    """Days and hours as Python writes them."""
    known = {text: (datetime if "T" in text else date).fromisoformat(text).isoformat() for text in set(texts)}
    return [known[text] for text in texts]


def test_the_flights_read_back_equal_in_the_standard_librarys_csv(
    flights: Callable[[str], Path], truth: pa.Table, values: dict[str, list[Any]]
):
    with flights(".csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == truth.schema.names
    assert len(rows) == ROWS
    for field, texts in zip(truth.schema, zip(*rows, strict=True), strict=True):
        if pa.types.is_temporal(field.type):
            found: list[Any] = iso(texts)
        else:
            read = int if pa.types.is_integer(field.type) else float if pa.types.is_floating(field.type) else str
            found = [read(text) if text else None for text in texts]
        assert found == values[field.name], field.name


def test_the_flights_read_back_equal_in_the_standard_librarys_json(
    flights: Callable[[str], Path], values: dict[str, list[Any]]
):
    rows = json.loads(flights(".json").read_bytes())
    assert len(rows) == ROWS
    assert list(rows[0]) == list(values)
    for name, expected in values.items():
        found = [row[name] for row in rows]
        assert (iso(found) if name in {"flight_date", "time_hour"} else found) == expected, name


def test_ndjson_has_the_rows_of_json_one_a_line(flights: Callable[[str], Path]):
    lines = flights(".ndjson").read_text().removesuffix("\n").split("\n")
    assert len(lines) == ROWS
    assert "[\n" + ",\n".join(lines) + "\n]\n" == flights(".json").read_text()
    assert all(isinstance(json.loads(line), dict) for line in lines[:: ROWS // 1000])


def test_the_flights_read_back_equal_from_parquet_and_arrow(flights: Callable[[str], Path], truth: pa.Table):
    with pa.ipc.open_file(flights(".arrow")) as file:
        arrow = file.read_all()
    for found in (pyarrow.parquet.read_table(flights(".parquet")), arrow):
        assert found.cast(truth.schema).equals(truth)
    left = duckdb.connect().sql(f"(FROM '{flights('.parquet')}') EXCEPT ALL (FROM '{PARQUET}')")
    assert left.fetchall() == []


@pytest.mark.parametrize("packed", [".gz", ".zst"])
@pytest.mark.parametrize("suffix", [".csv", ".json", ".ndjson"])
def test_packed_is_the_same_text(flights: Callable[[str], Path], suffix: str, packed: str):
    assert unpacked(flights(suffix + packed)) == flights(suffix).read_bytes()
    assert flights(suffix + packed).stat().st_size < flights(suffix).stat().st_size / 3


def test_the_same_query_gives_the_same_bytes(flights: Callable[[str], Path], tmp_path: Path):
    done = SqlAPI(ExecutionContext(project_path=FLIGHTS)).export(f"FROM '{PARQUET}'", tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == flights(".csv").read_bytes()
    assert done.rows == ROWS


# Types that Arrow would carry wrongly


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("340282366920938463463374607431768211455::UHUGEINT", "340282366920938463463374607431768211455"),
        ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"),
        ("'12:34:56+02'::TIMETZ", "12:34:56+02"),
        ("'10101'::BIT", "10101"),
        ("'-123456789012345678901234567890123456789012345'::BIGNUM", "-123456789012345678901234567890123456789012345"),
        ("{'a': [1, 2]}::VARIANT", '{"a":[1,2]}'),
        ("['101'::BIT, NULL]", '["101",null]'),
        ("['1'::BIT, '0'::BIT]::BIT[2]", '["1","0"]'),
        ("{'a b': '7'::BIGNUM, 'n': 1}", '{"a b":"7","n":1}'),
        ("MAP {'k': '12:00:00-01'::TIMETZ}", '{"k":"12:00:00-01"}'),
        ("row(1, '101'::BIT)", '{"element1":1,"element2":"101"}'),
        ("union_value(k := '101'::BIT)", "101"),
    ],
)
def test_what_arrow_cannot_carry_goes_out_as_its_text(tmp_path: Path, sql: str, text: str):
    path = tmp_path / "out.csv"
    SqlAPI().export(f"SELECT {sql} AS x, 1 AS n", path)
    assert list(csv.reader(path.read_text().splitlines()))[1] == [text, "1"]


def test_columns_of_one_name_keep_their_own_values_when_the_spec_declares_a_type(tmp_path: Path):
    (tmp_path / "dli.yaml").touch()
    (tmp_path / "dataset.t.yaml").write_text(
        "name: a.b.t\nowner: o@example.com\nteam: t\nquery_statement: SELECT 1 AS n, 2 AS n, 3 AS m\n"
        "schema:\n  - {name: n, type: string}\n"
    )
    path = tmp_path / "out.csv"
    DatasetAPI(ExecutionContext(project_path=tmp_path)).export("a.b.t", path)
    assert path.read_text() == "n,n,m\n1,2,3\n"


# The old file survives whatever happens


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    return path


def fails(code: ErrorCode, call: Callable[[], object], folder: Path) -> DLIError:
    """The call raises that error, and the old file is there, alone."""
    with pytest.raises(DLIError) as caught:
        call()
    assert caught.value.code is code, caught.value
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("out.csv", b"old")]
    return caught.value


@pytest.mark.parametrize("options", [ExportOptions(), ExportOptions(format="json", compression="gzip", receipt=True)])
def test_an_engine_error_in_mid_stream_leaves_the_old_file(old: Path, options: ExportOptions):
    problem = fails(ErrorCode.EXECUTION_QUERY, lambda: SqlAPI().export(BOOM, old, options=options), old.parent)
    assert problem.exit_code == 1
    assert "boom" in str(problem)


def test_a_value_without_a_form_leaves_the_old_file_and_names_its_place(old: Path):
    sql = "SELECT CASE WHEN i = 700000 THEN DATE 'infinity' ELSE DATE '2025-01-01' END AS day FROM range(1000000) t(i)"
    problem = fails(ErrorCode.OUTPUT_FAILED, lambda: SqlAPI().export(sql, old), old.parent)
    assert problem.exit_code == 7
    assert problem.details["reason"] == "value"
    assert (problem.details["column_name"], problem.details["row"]) == ("day", 700_001)


def test_two_columns_of_one_name_are_no_json(old: Path):
    sql, options = "SELECT 1 AS n, 2 AS n", ExportOptions(format="json")
    problem = fails(ErrorCode.OUTPUT_FAILED, lambda: SqlAPI().export(sql, old, options=options), old.parent)
    assert problem.details["column_name"] == "n"


def test_progress_that_raises_ends_the_export(old: Path):
    def progress(rows: int, size: int) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        SqlAPI().export("SELECT i FROM range(10000000) t(i)", old, progress=progress)
    assert old.read_bytes() == b"old"


def test_progress_counts_up_to_the_whole(old: Path):
    seen: list[tuple[int, int]] = []
    done = SqlAPI().export("SELECT i FROM range(3000000) t(i)", old, progress=lambda *counts: seen.append(counts))
    assert seen[-1] == (3_000_000, done.bytes)
    assert seen == sorted(seen)


def test_a_statement_without_rows_is_refused_unexecuted(old: Path, tmp_path: Path):
    api = SqlAPI(ExecutionContext(project_path=tmp_path))
    fails(ErrorCode.VALIDATION_FAILED, lambda: api.export("CREATE TABLE t AS SELECT 1 AS n", old), tmp_path)


def test_a_failing_post_statement_leaves_the_old_file(old: Path, tmp_path: Path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "dli.yaml").touch()
    (project / "dataset.t.yaml").write_text(
        "name: a.b.t\nowner: o@example.com\nteam: t\nquery_statement: SELECT 1 AS n\n"
        "post_statements:\n  - {name: fails, sql: SELECT error('post')}\n"
    )
    target = project / "out.csv"
    target.write_bytes(b"old")
    with pytest.raises(DLIError) as caught:
        DatasetAPI(ExecutionContext(project_path=project)).export("a.b.t", target)
    assert caught.value.details["statement"] == "fails"
    assert target.read_bytes() == b"old"


def test_a_wrong_target_costs_no_query(tmp_path: Path):
    executor = MockExecutor(QueryResult(rows=[{"n": 1}]))
    for target in (tmp_path, tmp_path / "none" / "out.csv"):
        with pytest.raises(DLIError) as caught:
            SqlAPI(executor=executor).export("SELECT 1 AS n", target)
        assert caught.value.code is ErrorCode.OUTPUT_FAILED
    assert executor.call_count == 0


def test_an_empty_result_is_a_header_or_an_empty_list(tmp_path: Path):
    for name, text in (("a.csv", "n,s\n"), ("a.json", "[]\n"), ("a.ndjson", "")):
        done = SqlAPI().export("SELECT 1 AS n, 'x' AS s WHERE FALSE", tmp_path / name)
        assert (done.rows, (tmp_path / name).read_text()) == (0, text)


def test_a_full_device_is_an_output_error():
    with pytest.raises(DLIError) as caught:
        SqlAPI().export("SELECT i FROM range(100000) t(i)", Path("/dev/full"))
    assert (caught.value.code, caught.value.details["reason"]) == (ErrorCode.OUTPUT_FAILED, "no_space")


def test_a_pipe_whose_reader_leaves_is_an_output_error(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def read_a_little() -> None:
        with pipe.open("rb") as file:
            file.read(1000)

    reader = threading.Thread(target=read_a_little)
    reader.start()
    with pytest.raises(DLIError) as caught:
        SqlAPI().export("SELECT i FROM range(1000000) t(i)", pipe)
    reader.join()
    assert (caught.value.code, caught.value.details["reason"]) == (ErrorCode.OUTPUT_FAILED, "pipe")


def test_many_threads_export_into_one_folder(tmp_path: Path):
    api = SqlAPI()

    def one(number: int) -> None:
        api.export(f"SELECT i, {number} AS n FROM range(20000) t(i)", tmp_path / f"{number}.csv")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        assert (tmp_path / f"{number}.csv").read_text() == "i,n\n" + "".join(f"{i},{number}\n" for i in range(20_000))
    assert len(list(tmp_path.iterdir())) == 8


# Counted: an engine that lies, a stream that breaks


def lying(source: Any, expected: int | None = None) -> QueryStream:
    """A stream as an engine would give it, of an engine that need not be honest."""

    def translate(text: str) -> DLIError:
        return error(ErrorCode.EXECUTION_FAILED, problem=text)

    def nothing() -> None:
        """This engine neither stops nor frees anything."""

    hooks = StreamHooks(translate, nothing, nothing)
    columns = (("n", "BIGINT"),)
    stream = QueryStream(Query("SELECT 1", "dli-1"), columns, dli_fast.Watch(source), hooks, expected_rows=expected)
    stream.info.update(mode=ExecutionMode.LOCAL, engine="liar")
    return stream


def held(rows: int) -> dli_fast.Batches:
    return dli_fast.from_rows([{"n": n} for n in range(rows)], [("n", "bigint")])


@pytest.mark.parametrize("announced", [0, 2, 4, 1_000_000])
def test_another_number_than_the_engine_announced_is_incomplete(old: Path, announced: int):
    with lying(held(3), announced) as stream:
        problem = fails(ErrorCode.RESULT_INCOMPLETE, lambda: export(stream, old, ExportOptions()), old.parent)
    assert problem.details["reason"] == "announced"
    assert (problem.details["rows"], problem.details["expected"]) == (3, announced)
    assert problem.exit_code == 1


def test_the_number_that_the_engine_announced_is_complete(old: Path):
    with lying(held(3), 3) as stream:
        assert export(stream, old, ExportOptions()).rows == 3
    assert old.read_bytes() == b"n\n0\n1\n2\n"


def test_an_executor_whose_count_differs_from_its_rows_is_incomplete(old: Path):
    api = SqlAPI(executor=MockExecutor(QueryResult(rows=[{"n": 1}, {"n": 2}], row_count=3)))
    fails(ErrorCode.RESULT_INCOMPLETE, lambda: api.export("SELECT 1", old), old.parent)


def broken(after: int, raised: BaseException) -> pa.RecordBatchReader:
    """A stream that ends with an exception after some batches."""
    schema = pa.schema([("n", pa.int64())])

    def batches() -> Any:
        for number in range(after):
            yield pa.record_batch([[number] * 1000], schema=schema)
        raise raised

    return pa.RecordBatchReader.from_batches(schema, batches())


@pytest.mark.parametrize("after", [0, 1, 200])
@pytest.mark.parametrize(
    "raised", [ValueError("torn"), OSError(28, "No space left"), ConnectionResetError(104, "reset")]
)
def test_a_stream_that_breaks_is_the_engines_error_never_the_disks(old: Path, after: int, raised: Exception):
    with lying(broken(after, raised)) as stream:
        problem = fails(ErrorCode.EXECUTION_FAILED, lambda: export(stream, old, ExportOptions()), old.parent)
    assert str(raised) in problem.details["problem"]


def test_a_stream_that_somebody_cancels_is_cancelled(old: Path):
    stream = lying(held(3))
    stream.cancel()
    with stream:
        fails(ErrorCode.EXECUTION_CANCELLED, lambda: export(stream, old, ExportOptions()), old.parent)


def test_a_stream_that_somebody_else_closed_is_incomplete(old: Path):
    stream = lying(held(3))
    stream.close()
    fails(ErrorCode.RESULT_INCOMPLETE, lambda: export(stream, old, ExportOptions()), old.parent)


def test_a_stream_that_somebody_else_read_is_no_short_file(old: Path):
    with lying(held(3)) as stream:
        stream.collect()
        with pytest.raises(RuntimeError, match="once"):
            export(stream, old, ExportOptions())
    assert old.read_bytes() == b"old"


def test_a_stream_that_is_closed_while_it_is_written_is_incomplete(old: Path, tmp_path: Path):
    engine = DuckDBEngine(resolve(project=tmp_path, environ={"DLI_USER_CONFIG": "off"}))
    stream = engine.stream(Query("SELECT i AS n FROM range(1000000000) t(i)", "dli-1"))
    stream.info.update(mode=ExecutionMode.LOCAL, engine="duckdb")
    threading.Timer(0.2, stream.close).start()
    fails(ErrorCode.RESULT_INCOMPLETE, lambda: export(stream, old, ExportOptions()), old.parent)


@dataclass(frozen=True)
class Claim:
    """What a writer says that it wrote."""

    rows: int
    drained: int
    bytes: int = 0
    sha256: str | None = None


@pytest.mark.parametrize(
    ("claim", "reason"), [(Claim(2, 3), "drained"), (Claim(3, 3), "broken")], ids=["loses rows", "stops before the end"]
)
def test_a_writer_that_is_wrong_is_noticed(old: Path, monkeypatch: pytest.MonkeyPatch, claim: Claim, reason: str):
    def write(*_: object) -> Any:
        return claim

    monkeypatch.setitem(FORMATS, "csv", Format((".csv",), write))
    with lying(held(3)) as stream:
        problem = fails(ErrorCode.RESULT_INCOMPLETE, lambda: export(stream, old, export_options(old)), old.parent)
    assert problem.details["reason"] == reason


def test_a_mock_without_rows_exports_the_declared_columns(tmp_path: Path):
    engine = ExecutorEngine(MockExecutor())
    with engine.stream(Query("SELECT 1", "dli-1", columns=(("n", "integer"), ("s", "string")))) as stream:
        stream.info.update(mode=ExecutionMode.MOCK, engine="mock")
        assert export(stream, tmp_path / "out.csv", ExportOptions()).rows == 0
    assert (tmp_path / "out.csv").read_text() == "n,s\n"
