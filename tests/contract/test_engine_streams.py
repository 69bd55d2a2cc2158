"""A stream under an adversary: slow engines, slow readers, cancels from anywhere, many threads, Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dli_fast
import polars as pl
import pyarrow as pa
import pytest

from dli import DatasetAPI, ExecutionContext, SqlAPI
from dli_core.config import resolve
from dli_core.engines.base import Query
from dli_core.engines.duckdb.engine import DuckDBEngine
from dli_core.engines.stream import QueryStream, StreamHooks
from dli_core.engines.worker import CallTimeoutError, interruptible
from dli_core.errors import DLIError, ErrorCode, error

ENDLESS = "SELECT count(*) FROM range(10000000000) a, range(1000) b"
FLOWING = "SELECT i, i * 2 AS j FROM range(1000000000) t(i)"
TIMEOUT = 0.4  # of the engines below
SCHEMA = pa.schema([("n", pa.int64())])


class Slow:
    """An engine whose batches take their time; cancelled, it ends its stream with an error."""

    def __init__(self, *pauses: float) -> None:
        self.pauses = pauses
        self.cancelled = threading.Event()
        self.closed = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        for number, pause in enumerate(self.pauses):
            if self.cancelled.wait(pause):
                raise InterruptedError
            yield pa.record_batch([[number] * 1000], schema=SCHEMA)

    def stream(self, *, submit_took: float = 0.0, timeout: float = TIMEOUT) -> QueryStream:
        reader = pa.RecordBatchReader.from_batches(SCHEMA, self.batches())
        return QueryStream(
            Query("SELECT n", "dli-1", timeout=timeout),
            (("n", "BIGINT"),),
            dli_fast.Watch(reader),
            StreamHooks(self.translate, self.cancelled.set, self.close),
            submitted=time.monotonic() - submit_took,
        )

    def close(self) -> None:
        self.closed += 1

    @staticmethod
    def translate(text: str) -> DLIError:
        return error(ErrorCode.EXECUTION_QUERY, problem=text)


@pytest.fixture
def duck(tmp_path: Path) -> DuckDBEngine:
    return DuckDBEngine(resolve(project=tmp_path, environ={"DLI_USER_CONFIG": "off"}))


def raised(call: Callable[[], object]) -> DLIError:
    with pytest.raises(DLIError) as caught:
        call()
    return caught.value


# The timeout bounds the engine


def test_a_first_batch_that_takes_too_long_is_cut():
    engine = Slow(30)
    with engine.stream() as stream:
        problem = raised(stream.collect)
    assert (problem.code, problem.exit_code) == (ErrorCode.EXECUTION_TIMEOUT, 4)
    assert engine.cancelled.is_set()


def test_a_pause_between_batches_that_takes_too_long_is_cut():
    with Slow(0, 0, 30).stream() as stream:
        assert raised(stream.collect).code is ErrorCode.EXECUTION_TIMEOUT


def test_a_stream_that_delivers_is_never_cut_however_long_it_takes():
    with Slow(*[TIMEOUT / 2] * 5).stream() as stream:
        assert len(stream.collect()) == 5000


def test_the_submit_counts_towards_the_first_batch():
    with Slow(TIMEOUT / 2).stream(submit_took=TIMEOUT * 0.8) as stream:
        assert raised(stream.collect).code is ErrorCode.EXECUTION_TIMEOUT


def test_a_reader_that_comes_late_is_not_cut():
    with Slow(TIMEOUT / 2, 0).stream() as stream:
        time.sleep(TIMEOUT * 1.5)
        assert len(stream.collect()) == 2000


def test_a_slow_reader_is_never_cut():
    with Slow(0, 0, 0).stream() as stream:
        seen = 0
        for batch in pa.RecordBatchReader.from_stream(stream):
            time.sleep(TIMEOUT * 1.5)
            seen += len(batch)
    assert seen == 3000


@pytest.mark.parametrize("sql", [ENDLESS, "CREATE TABLE t AS " + ENDLESS])
def test_duckdb_is_cut_before_its_first_batch(duck: DuckDBEngine, sql: str):
    start = time.monotonic()
    with pytest.raises(DLIError) as caught, duck.stream(Query(sql, "dli-1", timeout=TIMEOUT)) as stream:
        stream.collect()
    assert caught.value.code is ErrorCode.EXECUTION_TIMEOUT
    assert time.monotonic() - start < TIMEOUT + 2
    duck.check()


# Cancelled


def test_cancelled_from_another_thread_the_reader_gets_a_cancellation():
    engine = Slow(0, 30)
    with engine.stream(timeout=60) as stream:
        threading.Timer(0.2, stream.cancel).start()
        start = time.monotonic()
        problem = raised(stream.collect)
    assert (problem.code, problem.exit_code) == (ErrorCode.EXECUTION_CANCELLED, 130)
    assert time.monotonic() - start < 1.5


@pytest.mark.parametrize("sql", [FLOWING, ENDLESS])
def test_duckdb_is_cancelled_by_its_job_wherever_it_is(duck: DuckDBEngine, sql: str):
    threading.Timer(0.3, duck.cancel, ["dli-1"]).start()
    start = time.monotonic()
    with pytest.raises(DLIError) as caught, duck.stream(Query(sql, "dli-1")) as stream:
        stream.collect()
    assert caught.value.code is ErrorCode.EXECUTION_CANCELLED
    assert time.monotonic() - start < 1.3


def test_cancelled_before_it_is_read_nothing_comes(duck: DuckDBEngine):
    with duck.stream(Query(FLOWING, "dli-1")) as stream:
        stream.cancel()
        assert raised(stream.collect).code is ErrorCode.EXECUTION_CANCELLED


def test_left_early_the_engine_is_told_to_stop_and_freed_once():
    engine = Slow(0, 30)
    with engine.stream() as stream:
        assert len(stream.collect(limit=10)) == 10
    stream.close()
    assert engine.cancelled.is_set()
    assert engine.closed == 1


def test_read_to_the_end_the_engine_is_not_told_to_stop():
    engine = Slow(0, 0)
    with engine.stream() as stream:
        stream.collect()
    assert not engine.cancelled.is_set()
    assert engine.closed == 1


def test_closed_by_many_threads_at_once_it_is_freed_once():
    for _ in range(50):
        engine = Slow(0, 0)
        stream, start = engine.stream(), threading.Barrier(8)

        def close(stream: QueryStream = stream, start: threading.Barrier = start) -> None:
            start.wait()
            stream.close()

        run_all([close] * 8)
        assert engine.closed == 1


def test_closed_while_it_is_read_it_is_incomplete(duck: DuckDBEngine):
    stream = duck.stream(Query(FLOWING, "dli-1"))
    threading.Timer(0.2, stream.close).start()
    problem = raised(stream.collect)
    assert (problem.code, problem.details["reason"]) == (ErrorCode.RESULT_INCOMPLETE, "closed")


def test_closed_before_it_is_read_it_is_incomplete(duck: DuckDBEngine):
    stream = duck.stream(Query(FLOWING, "dli-1"))
    stream.close()
    for read in (stream.collect, stream.__arrow_c_stream__, lambda: pl.DataFrame(stream)):
        problem = raised(read)
        assert (problem.code, problem.details["reason"]) == (ErrorCode.RESULT_INCOMPLETE, "closed")


# Judged


def test_an_error_told_inside_of_the_block_is_not_told_again_at_its_end():
    with Slow(0).stream() as stream:
        stream.expected_rows = 7
        assert raised(stream.collect).code is ErrorCode.RESULT_INCOMPLETE
    assert not stream.complete


@pytest.mark.parametrize("read", [pl.DataFrame, lambda stream: pa.RecordBatchReader.from_stream(stream).read_all()])
def test_a_foreign_readers_count_is_proven_at_the_end_of_the_block(read: Callable[[Any], Any]):
    def drain(expected: int) -> QueryStream:
        with Slow(0, 0).stream() as stream:
            stream.expected_rows = expected
            assert len(read(stream)) == 2000
        return stream

    assert drain(2000).complete
    assert raised(lambda: drain(2001)).code is ErrorCode.RESULT_INCOMPLETE


@pytest.mark.parametrize("read", [pl.DataFrame, lambda stream: pa.RecordBatchReader.from_stream(stream).read_all()])
def test_an_engine_error_in_a_foreign_reader_comes_out_as_ours(duck: DuckDBEngine, read: Callable[[Any], Any]):
    sql = "SELECT CASE WHEN i = 900000 THEN error('boom') ELSE i END AS n FROM range(1000000) t(i)"

    def drain() -> None:
        with duck.stream(Query(sql, "dli-1")) as stream:
            read(stream)

    problem = raised(drain)
    assert problem.code is ErrorCode.EXECUTION_QUERY
    assert "boom" in str(problem)


def test_an_exception_of_the_callers_own_passes_through():
    def drain() -> None:
        with Slow(0).stream() as stream:
            stream.collect()
            raise KeyError

    with pytest.raises(KeyError):
        drain()


def test_post_statements_run_once_and_only_after_a_proven_end():
    for expected, ran in ((1000, 1), (999, 0), (None, 1)):
        calls: list[int] = []
        stream = Slow(0).stream()
        stream.expected_rows = expected
        stream.finish.append(lambda calls=calls: calls.append(1))  # type: ignore[misc]
        with stream:
            if ran:
                stream.collect()
                stream.done(1000)
            else:
                raised(stream.collect)
        assert len(calls) == ran


# A blocking call of a driver


def test_a_call_that_misses_the_first_request_to_stop_is_asked_again():
    started, stopped, asked = threading.Event(), threading.Event(), []

    def call() -> None:
        started.set()
        stopped.wait(10)

    def cancel() -> None:
        asked.append(time.monotonic())
        if len(asked) == 3:  # as an engine that has only now begun
            stopped.set()

    with pytest.raises(CallTimeoutError):
        interruptible(call, cancel, 0.1)
    assert started.is_set()
    assert len(asked) == 3


def test_what_a_call_raises_is_raised_where_it_was_called():
    def call() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        interruptible(call, lambda: None, 10)


# DuckDB's own


def test_a_table_that_is_not_there_is_never_a_variable_of_ours(duck: DuckDBEngine):
    for name in ("query", "cursor", "statement", "duckdb", "relation"):
        problem = raised(lambda name=name: duck.stream(Query(f"SELECT * FROM {name}", "dli-1")))  # type: ignore[misc]
        assert problem.code is ErrorCode.EXECUTION_QUERY
        assert f"Table with name {name} does not exist" in str(problem)


def test_a_declared_type_keeps_the_order_of_the_rows(duck: DuckDBEngine):
    query = Query("SELECT i FROM range(300000) t(i) ORDER BY i % 7, i DESC", "dli-1", columns=(("i", "string"),))
    with duck.stream(query) as stream:
        found = [row[0] for row in stream.collect().to_tuples()]
    assert found == [str(i) for i in sorted(range(300_000), key=lambda i: (i % 7, -i))]


# Many threads


def run_all(calls: list[Callable[[], None]]) -> None:
    failures: list[BaseException] = []

    def guarded(call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as problem:  # noqa: BLE001 - shown by the main thread
            failures.append(problem)

    threads = [threading.Thread(target=guarded, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures, failures
    assert not any(thread.is_alive() for thread in threads)


def test_eight_threads_on_one_api_each_get_their_own_results(tmp_path: Path):
    (tmp_path / "dli.yaml").touch()
    (tmp_path / "dataset.t.yaml").write_text(
        "name: a.b.t\nowner: o@example.com\nteam: t\n"
        "parameters:\n  - {name: who, type: integer}\n  - {name: turn, type: integer}\n"
        "query_statement: SELECT {{ who }} AS who, {{ turn }} AS turn, i FROM range(3000) t(i)\n"
    )
    api = DatasetAPI(ExecutionContext(project_path=tmp_path))

    def work(who: int) -> None:
        for turn in range(50):
            found = api.run("a.b.t", parameters={"who": who, "turn": turn})
            assert found.row_count == 3000
            assert found.data[-1] == {"who": who, "turn": turn, "i": 2999}

    run_all([lambda who=who: work(who) for who in range(8)])  # type: ignore[misc]


def test_threads_that_read_cancel_close_and_fail_leave_each_other_alone():
    api, before = SqlAPI(), threading.active_count()

    def read(who: int) -> None:
        found = api.run(f"SELECT {who} AS who, i FROM range(5000) t(i)")
        assert (found.row_count, found.data[-1]) == (5000, {"who": who, "i": 4999})

    def stop(how: str) -> None:
        with api.stream(FLOWING) as stream:
            timer = threading.Timer(0.02, getattr(stream, how))
            timer.start()
            code = raised(stream.collect).code
            timer.join()
        assert code is (ErrorCode.EXECUTION_CANCELLED if how == "cancel" else ErrorCode.RESULT_INCOMPLETE)

    def fail() -> None:
        assert raised(lambda: api.run("SELECT error('boom')")).code is ErrorCode.EXECUTION_QUERY

    def leave() -> None:
        with api.stream(FLOWING) as stream:
            assert len(stream.collect(limit=3)) == 3

    def work(who: int) -> None:
        for turn in range(20):
            step = (who + turn) % 5
            (lambda: read(who), lambda: stop("cancel"), lambda: stop("close"), fail, leave)[step]()

    run_all([lambda who=who: work(who) for who in range(8)])  # type: ignore[misc]
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() == before


# Ctrl-C


@pytest.mark.parametrize(
    "action",
    [
        f"api.run({ENDLESS!r})",
        f"api.run({FLOWING!r})",
        f"api.export({FLOWING!r}, 'out.csv')",
        f"api.run({'CREATE TABLE t AS ' + ENDLESS!r})",
        "api.stream('SELECT 1').__enter__(); time.sleep(60)",
    ],
    ids=["submit", "collect", "export", "ddl", "idle"],
)
def test_ctrl_c_ends_the_query_within_a_second(tmp_path: Path, action: str):
    start = "import time\nfrom dli import SqlAPI\napi = SqlAPI()\napi.run('SELECT 1')\nprint('go', flush=True)\n"
    command = [sys.executable, "-c", start + action]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        time.sleep(0.5)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=30)
        took = time.monotonic() - sent
    assert process.returncode == -signal.SIGINT, shown
    assert "KeyboardInterrupt" in shown
    assert took < 2, took  # one second for the query, one for Python to end
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith((".dli", "out"))] == []
