"""SqlAPI: run, stream and export SQL that no spec holds."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from dli.facade import Facade, Parameters
from dli_core.run.request import RunRequest

if TYPE_CHECKING:
    from datetime import date

    from dli_core.engines.stream import QueryStream
    from dli_core.export.formats import Progress
    from dli_core.export.options import ExportOptions
    from dli_core.models.result import DryRunResult, ExecutionResult, ExportResult


class SqlAPI(Facade):
    """Ad-hoc SQL on the engine of `context`: a template too, so that parameters are placed safely.

    `SqlAPI().run("SELECT {{ day }} AS day", parameters={"day": date(2025, 1, 31)})`
    """

    def run(
        self,
        sql: str,
        *,
        parameters: Parameters | None = None,
        timeout: float | None = None,
        dry_run: bool | None = None,
        ds: date | None = None,
    ) -> ExecutionResult:
        """Run and hold all rows. DML has no rows; `row_count` is what it changed."""
        return self._run(self._request(sql, parameters, timeout, ds), dry_run=dry_run)

    def stream(
        self, sql: str, *, parameters: Parameters | None = None, timeout: float | None = None, ds: date | None = None
    ) -> QueryStream:
        """Run and read batch by batch. Use it in a `with` block: leaving early cancels the query."""
        return self._runner.stream(self._request(sql, parameters, timeout, ds))

    def export(
        self,
        sql: str,
        path: str | PathLike[str],
        *,
        parameters: Parameters | None = None,
        timeout: float | None = None,
        options: ExportOptions | None = None,
        progress: Progress | None = None,
        ds: date | None = None,
    ) -> ExportResult:
        """Write every row to `path`, or leave `path` as it was. Memory does not grow with the result."""
        return self._export(self._request(sql, parameters, timeout, ds), path, options, progress)

    def dry_run(self, sql: str, *, parameters: Parameters | None = None, ds: date | None = None) -> DryRunResult:
        """Render, and let the engine check and estimate. Nothing is executed."""
        return self._runner.dry_run(self._request(sql, parameters, None, ds))

    def _request(self, sql: str, parameters: Parameters | None, timeout: float | None, ds: date | None) -> RunRequest:
        values = {**self._defaults, **(parameters or {})}
        return RunRequest(kind="sql", sql=sql, parameters=values, timeout=timeout, ds=ds)
