"""What a job answered, as an Arrow stream: its first page alone, more pages over REST, or the Storage Read API.

first page ─┬─ it is all ────────────────────────▶ batches ─┐
            ├─ more, and Storage can be read ─▶ storage.py ──┼─▶ Feed ─▶ dli_fast.read_ipc
            └─ more, and it cannot ─▶ a thread: page, page ──┘
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dli_core.engines.bigquery.api import Answer, Api, StoppedError
from dli_core.engines.bigquery.errors import FOREIGN, from_exception
from dli_core.engines.bigquery.feed import Feed
from dli_core.engines.bigquery.ipc import batch_message, schema_message
from dli_core.engines.bigquery.types import Column, row_of
from dli_core.errors import DLIError, ErrorCode, error

if TYPE_CHECKING:
    from dli_core.engines.bigquery.job import Job

_PAGE = 50_000  # rows; BigQuery ends a page at about 10 MB anyway


def first_page(feed: Feed, columns: Sequence[Column], page: Answer, job: Job) -> None:
    """Put schema and rows of a first page into the feed."""
    feed.put(schema_message(columns))
    feed.put(_batch(columns, page, job))


def other_pages(feed: Feed, columns: Sequence[Column], page: Answer, job: Job, api: Api) -> None:
    """Fetch the pages behind the first one, in a thread of their own."""

    def body() -> None:
        token = page.get("pageToken")
        try:
            while token:
                found = api.results(job.query.job_id, job.patience(), most=_PAGE, page=token)
                if not feed.put(_batch(columns, found, job)):
                    return
                token = found.get("pageToken")
        except StoppedError:
            feed.close()
        except DLIError as problem:
            feed.fail(problem)
        except FOREIGN as problem:
            feed.fail(from_exception(problem, api.place, job.query))
        else:
            feed.finish()

    threading.Thread(target=body, name="dli-bigquery-pages", daemon=True).start()


def _batch(columns: Sequence[Column], page: Answer, job: Job) -> bytes:
    try:
        return batch_message(columns, [row_of(columns, row) for row in page.get("rows", ())])
    except (ValueError, ArithmeticError, KeyError, TypeError) as problem:
        said: Any = problem.args[0] if problem.args else type(problem).__name__
        raise error(
            ErrorCode.EXECUTION_FAILED, "bigquery_value", engine="BigQuery", problem=said, job_id=job.query.job_id
        ) from problem
