"""A finished job → the open stream of its rows.

first page ─┬─ no columns ─▶ how many rows it changed
            └─ columns ─▶ its own rows │ all over the Storage Read API │ more pages over REST ─▶ Feed ─▶ read_ipc
                                                            declared types: cast by DuckDB ◀─┘
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import dli_fast

from dli_core.engines.bigquery.api import Answer, Api, StoppedError
from dli_core.engines.bigquery.errors import FOREIGN, from_exception
from dli_core.engines.bigquery.feed import Feed, Taken
from dli_core.engines.bigquery.job import Job
from dli_core.engines.bigquery.rows import first_page, other_pages
from dli_core.engines.bigquery.statement import is_ordered
from dli_core.engines.bigquery.storage import Reading
from dli_core.engines.bigquery.types import Column, columns_of, is_wide, json_paths, narrow
from dli_core.engines.stream import QueryStream, StreamHooks
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text

if TYPE_CHECKING:
    from dli_core.engines.bigquery.login import Login

_ROWS = frozenset({"SELECT", "SCRIPT", "CALL"})  # what may answer with rows


@dataclass(slots=True)
class Result:
    """A job that is over, with its rows on their way.

    Attributes:
        answer: the job as BigQuery describes it.
        page: the first page of its rows.
        fields: what the rows are made of; none where the statement gives no rows.
        source: the stream of the rows; None without any.
        columns: (name, type) as they go out.
        json: where texts of them are JSON.
        failed: the error for what the cast to declared types says.
    """

    job: Job
    answer: Answer
    page: Answer
    fields: tuple[Column, ...]
    feed: Feed = field(default_factory=Feed)
    warnings: list[str] = field(default_factory=list[str])
    source: Any = None
    columns: tuple[tuple[str, str], ...] = ()
    json: list[list[int]] = field(default_factory=list[list[int]])
    failed: Callable[[str], DLIError] | None = None


def flowing(job: Job, page: Answer, answer: Answer, api: Api, login: Login) -> Result:
    """Let the rows flow. May wait for the first of them: for a thread that can be given up."""
    fields = columns_of(page.get("schema", {}).get("fields", ()) if _kind(answer) in _ROWS else ())
    result = Result(job, answer, page, fields)
    job.on_stop.append(result.feed.close)
    if fields:
        _pour(result, api, login)
        with _as_told(result):
            _give(result)
    return result


def opened(result: Result, close: Callable[[], None], submitted: float) -> QueryStream:
    """The stream that is handed out; `close` is called at its end."""
    query, feed = result.job.query, result.feed

    def failed(text: str) -> DLIError:
        if feed.failure is not None:
            return feed.failure
        if result.failed is not None:
            return result.failed(text)
        return error(ErrorCode.EXECUTION_FAILED, engine="BigQuery", problem=text, job_id=query.job_id)

    hooks = StreamHooks(failed, result.job.stop, close)
    if result.source is None:
        return _changed(result, hooks, submitted)
    total = result.page.get("totalRows")
    stream = QueryStream(
        query,
        result.columns,
        dli_fast.Watch(result.source),
        hooks,
        expected_rows=None if total is None else int(total),
        json=result.json,
        submitted=submitted,
        statistics=_statistics(result.answer),
    )
    stream.warnings.extend(result.warnings)
    return stream


def _pour(result: Result, api: Api, login: Login) -> None:
    """Let the rows flow into the feed."""
    more, fields = bool(result.page.get("pageToken")), result.fields
    if result.job.query.columns and is_wide(fields):
        fields = narrow(fields)
    elif more and _read_by_storage(result, api, login):
        return
    first_page(result.feed, fields, result.page, result.job)
    if more:
        other_pages(result.feed, fields, result.page, result.job, api)
    else:
        result.feed.finish()


def _read_by_storage(result: Result, api: Api, login: Login) -> bool:
    """Whether the result flows over the Storage Read API. Where that is not allowed, REST does it, slower."""
    job = result.job
    table = result.answer.get("configuration", {}).get("query", {}).get("destinationTable")
    if not table or not login.has_storage or _kind(result.answer) != "SELECT":
        return False
    try:
        reading = Reading(login.storage(), api.place, job.query, result.feed)
        reading.begin(table, api.project, ordered=is_ordered(job.sql))
    except FOREIGN as problem:
        said = from_exception(problem, api.place).details.get("problem")
        result.warnings.append(Text("bigquery.by_rest", problem=str(said).partition("\n")[0]))
        return False
    job.on_stop.append(reading.stop)
    return True


@contextlib.contextmanager
def _as_told(result: Result) -> Generator[None]:
    """Around what reads the feed: a reader's exception hides why the feed failed."""
    try:
        yield
    except Exception as problem:
        if result.feed.failure is not None:
            raise result.feed.failure from problem
        if result.job.stopping.is_set():
            raise StoppedError from problem
        raise


def _give(result: Result) -> None:
    """Make the stream that is read, with the types that a spec declares."""
    query = result.job.query
    result.source = dli_fast.read_ipc(result.feed)
    result.columns = tuple((column.name, column.type) for column in result.fields)
    result.json = json_paths(result.fields)
    if query.columns:
        from dli_core.engines.duckdb import cast  # noqa: PLC0415 - most results go out as they are

        with cast.translated(query):
            relation, result.columns, missing = cast.declared(result.source, result.columns, query.columns)
            result.source = Taken(relation)  # it runs until there is a first row
        named = {name for name, _ in query.columns}
        result.json = [path for path in result.json if result.fields[path[0]].name not in named]
        result.warnings += missing
        result.failed = partial(cast.unfit, query=query)


def _kind(job: Mapping[str, Any]) -> str:
    return str(job.get("statistics", {}).get("query", {}).get("statementType", ""))


def _statistics(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the job cost."""
    found = answer.get("statistics", {})
    facts = found.get("query", {})
    numbers = {
        "bytes": found.get("totalBytesProcessed"),
        "bytes_billed": facts.get("totalBytesBilled"),
        "slot_ms": found.get("totalSlotMs"),
    }
    known = {name: int(value) for name, value in numbers.items() if value is not None}
    return {"statement": _kind(answer), "cached": bool(facts.get("cacheHit", False)), **known}


def _changed(result: Result, hooks: StreamHooks, submitted: float) -> QueryStream:
    """The stream of a statement without rows: how many it changed, where BigQuery says so."""
    facts = result.answer.get("statistics", {}).get("query", {})
    count = result.page.get("numDmlAffectedRows", facts.get("numDmlAffectedRows"))
    rows = [] if count is None else [{"Count": int(count)}]
    return QueryStream(
        result.job.query,
        (("Count", "INT64"),) if rows else (),
        dli_fast.Watch(dli_fast.from_rows(rows)),
        hooks,
        returns_rows=False,
        submitted=submitted,
        statistics=_statistics(result.answer),
    )
