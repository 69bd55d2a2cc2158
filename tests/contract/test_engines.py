"""What every engine must do, whichever it is."""

from __future__ import annotations

import threading
import time
from uuid import uuid4

import pytest

from dli_core.engines.base import Engine, Query
from dli_core.errors import DLIError, ErrorCode
from tests.contract.sql import WORDS, Words


def words(engine: Engine) -> Words:
    return WORDS[engine.dialect]


def ask(engine: Engine, sql: str, **fields: object):
    return engine.stream(Query(sql=sql, job_id=f"dli-{uuid4().hex}", **fields))  # type: ignore[arg-type]


def rows(engine: Engine, sql: str) -> list[dict[str, object]]:
    with ask(engine, sql) as stream:
        return stream.collect().to_dicts()


def code(engine: Engine, sql: str, **fields: object) -> DLIError:
    with pytest.raises(DLIError) as caught, ask(engine, sql, **fields) as stream:
        stream.collect()
    return caught.value


def test_rows_come_back_with_names_and_nulls(engine: Engine):
    assert rows(engine, "SELECT 1 AS n, 'x' AS s, NULL AS nothing") == [{"n": 1, "s": "x", "nothing": None}]


def test_a_stream_knows_its_columns_before_it_is_read(engine: Engine):
    with ask(engine, "SELECT 1 AS n, 'x' AS s, NULL AS nothing") as stream:
        assert stream.names == ["n", "s", "nothing"]
        assert stream.returns_rows
        stream.collect()


def test_a_stream_is_read_once(engine: Engine):
    with ask(engine, "SELECT 1 AS n, 'x' AS s, NULL AS nothing") as stream:
        stream.collect()
        with pytest.raises(RuntimeError):
            stream.__arrow_c_stream__()


def test_the_engine_answers(engine: Engine):
    engine.check()


def test_cancelling_an_unknown_job_is_no_error(engine: Engine):
    engine.cancel("dli-0")


@pytest.mark.needs("runs_sql")
def test_an_empty_result_keeps_its_columns(engine: Engine):
    with ask(engine, "SELECT 1 AS n, 'x' AS s WHERE FALSE") as stream:
        batches = stream.collect()
    assert (len(batches), batches.names) == (0, ["n", "s"])


@pytest.mark.needs("runs_sql")
def test_a_million_rows_arrive_whole_and_in_order(engine: Engine):
    with ask(engine, f"SELECT n FROM {words(engine).count(1_000_000)} ORDER BY n") as stream:
        batches = stream.collect()
    assert len(batches) == 1_000_000
    assert batches.texts(999_999, 1_000_000) == [["999999"]]


@pytest.mark.needs("runs_sql")
@pytest.mark.parametrize("at", range(4))
def test_wrong_sql_is_a_query_error(engine: Engine, at: int):
    assert code(engine, words(engine).wrong[at]).code is ErrorCode.EXECUTION_QUERY


@pytest.mark.needs("runs_sql", "places")
@pytest.mark.parametrize(("at", "place"), [(0, (3, 3)), (1, (3, 7))])
def test_a_query_error_says_where(engine: Engine, at: int, place: tuple[int, int]):
    details = code(engine, words(engine).misplaced[at]).details
    assert (details["line"], details["column"]) == place


@pytest.mark.needs("runs_sql")
@pytest.mark.parametrize("at", range(2))
def test_a_value_that_fails_in_the_middle_is_a_query_error(engine: Engine, at: int):
    assert code(engine, words(engine).failing[at]).code is ErrorCode.EXECUTION_QUERY


def test_what_is_not_permitted_is_told_as_that(denied: tuple[Engine, str]):
    engine, sql = denied
    with pytest.raises(DLIError) as caught:
        rows(engine, sql)
    assert caught.value.code is ErrorCode.EXECUTION_PERMISSION


@pytest.mark.needs("runs_sql")
def test_a_division_by_zero_is_what_the_engine_makes_of_it(engine: Engine):
    divided = words(engine).divided
    if divided is not None:
        assert rows(engine, "SELECT 1 / 0 AS n") == [{"n": divided}]
        return
    with pytest.raises(DLIError) as caught:
        rows(engine, "SELECT 1 / 0 AS n")
    assert caught.value.code is ErrorCode.EXECUTION_QUERY


@pytest.mark.needs("runs_sql")
def test_exactly_one_statement_runs(engine: Engine):
    assert code(engine, "SELECT 1; SELECT 2").code is ErrorCode.SQL_SYNTAX
    assert code(engine, "  -- nothing\n").code is ErrorCode.SQL_SYNTAX


@pytest.mark.needs("runs_sql", "temporary_tables")
def test_statements_of_one_session_share_temporary_tables_and_others_do_not(engine: Engine):
    session = engine.session()
    try:
        for sql in ("CREATE TEMP TABLE t AS SELECT 1 AS n", "INSERT INTO t VALUES (2), (3)"):
            with engine.stream(Query(sql, f"dli-{uuid4().hex}"), session) as stream:
                stream.collect()
                changed = stream.affected
        assert changed == 2
        with engine.stream(Query("SELECT count(*) AS n FROM t", f"dli-{uuid4().hex}"), session) as stream:
            assert stream.collect().to_dicts() == [{"n": 3}]
    finally:
        session.close()
    assert code(engine, "SELECT * FROM t").code is ErrorCode.EXECUTION_QUERY


@pytest.mark.needs("runs_sql")
def test_statements_that_change_data_return_no_rows(engine: Engine):
    for sql, changed in words(engine).change:
        with ask(engine, sql) as stream:
            stream.collect()
            assert (stream.returns_rows, stream.affected) in {(False, changed), (False, changed or 0)}, sql


@pytest.mark.needs("runs_sql")
def test_a_write_is_refused_unexecuted_where_it_must_not_be(engine: Engine):
    create, missing = words(engine).create, "SELECT * FROM t"
    assert code(engine, create, refuse_writes="query_type").code is ErrorCode.VALIDATION_FAILED
    assert code(engine, create, refuse_writes="protected").code is ErrorCode.EXECUTION_PERMISSION
    assert code(engine, missing).code is ErrorCode.EXECUTION_QUERY
    for sql in words(engine).analyzed:
        assert code(engine, sql, refuse_writes="protected").code is ErrorCode.EXECUTION_PERMISSION
    assert code(engine, missing).code is ErrorCode.EXECUTION_QUERY
    with ask(engine, "SELECT 1 AS n", refuse_writes="query_type") as stream:
        stream.collect()


@pytest.mark.needs("runs_sql", "cancels")
def test_a_query_that_takes_too_long_is_stopped(engine: Engine):
    start = time.monotonic()
    assert code(engine, words(engine).endless, timeout=1).code is ErrorCode.EXECUTION_TIMEOUT
    assert time.monotonic() - start < 5


@pytest.mark.needs("runs_sql", "cancels", "flows")
def test_a_query_cancelled_from_another_thread_says_so(engine: Engine):
    with ask(engine, words(engine).flowing) as stream:
        threading.Timer(0.3, stream.cancel).start()
        start = time.monotonic()
        with pytest.raises(DLIError) as caught:
            stream.collect()
        assert caught.value.code is ErrorCode.EXECUTION_CANCELLED
        assert time.monotonic() - start < 2


@pytest.mark.needs("runs_sql", "cancels", "flows")
def test_a_stream_left_early_stops_its_query(engine: Engine):
    with ask(engine, words(engine).flowing) as stream:
        assert len(stream.collect(limit=5)) == 5
    assert rows(engine, "SELECT 1 AS n") == [{"n": 1}]


@pytest.mark.needs("runs_sql", "dry_run")
def test_a_dry_run_changes_nothing(engine: Engine, tmp_path, subtests):
    say = words(engine)
    for sql in say.setup:
        with ask(engine, sql) as stream:
            stream.collect()
    before = sorted(path.name for path in tmp_path.iterdir())
    for kind, sql in say.statements.items():
        with subtests.test(kind):
            found = engine.dry_run(Query(sql, f"dli-{uuid4().hex}"))
            assert found.checked
            assert found.valid is (kind not in say.refused), found.error
            assert rows(engine, "SELECT n FROM t ORDER BY n") == [{"n": 0}, {"n": 1}, {"n": 2}]
            assert rows(engine, say.tables) == [{"name": "t"}]
            assert sorted(path.name for path in tmp_path.iterdir()) == before
    if say.after:
        assert rows(engine, say.after) == [{"n": 1}]


@pytest.mark.needs("dry_run")
def test_a_dry_run_tells_the_columns(engine: Engine):
    found = engine.dry_run(Query("SELECT 1 AS n, 'x' AS s", "dli-dry"))
    assert [name for name, _ in found.columns] == ["n", "s"]


def test_a_dry_run_without_an_engine_says_so(engine: Engine):
    assert engine.dry_run(Query("SELECT 1 AS n", "dli-dry")).checked is engine.capabilities.dry_run
