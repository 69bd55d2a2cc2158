"""SqlAPI: run, stream and export SQL that no spec holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dli.facade import Facade, Parameters
from dli_core.run.request import RunRequest

if TYPE_CHECKING:
    from datetime import date


class SqlAPI(Facade):
    """Ad-hoc SQL on the engine of `context`: a template too, so that parameters are placed safely.

    Where the other facades take the name of a spec, this one takes the SQL.

    `SqlAPI().run("SELECT {{ day }} AS day", parameters={"day": date(2025, 1, 31)})`
    """

    def _request(self, name: str, parameters: Parameters | None, timeout: float | None, ds: date | None) -> RunRequest:
        values = {**self._defaults, **(parameters or {})}
        return RunRequest(kind="sql", sql=name, parameters=values, timeout=timeout, ds=ds)
