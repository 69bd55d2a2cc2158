"""DLI for Python: run SQL specs on DuckDB, Trino, BigQuery or a server, and export full results.

    from dli import DatasetAPI

    api = DatasetAPI()
    result = api.run("flights.main.departures", parameters={"date": "2013-01-01"})
    api.export("flights.main.all_flights", "flights.csv")

Names are imported when they are first used: `import dli` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dli.adhoc import SqlAPI as SqlAPI
    from dli.config import ConfigAPI as ConfigAPI
    from dli.context import ExecutionContext as ExecutionContext
    from dli.dataset import DatasetAPI as DatasetAPI
    from dli.metric import MetricAPI as MetricAPI
    from dli.quality import QualityAPI as QualityAPI
    from dli.runner import ExecutorFactory as ExecutorFactory
    from dli.workflow import WorkflowAPI as WorkflowAPI
    from dli_core.engines.base import QueryExecutor as QueryExecutor
    from dli_core.engines.mock import MockExecutor as MockExecutor
    from dli_core.engines.stream import QueryStream as QueryStream
    from dli_core.errors import CatalogError as CatalogError
    from dli_core.errors import ConfigurationError as ConfigurationError
    from dli_core.errors import DLIError as DLIError
    from dli_core.errors import DLIValidationError as DLIValidationError
    from dli_core.errors import ErrorCode as ErrorCode
    from dli_core.errors import ExecutionError as ExecutionError
    from dli_core.errors import LineageError as LineageError
    from dli_core.errors import NotFoundError as NotFoundError
    from dli_core.errors import QualityError as QualityError
    from dli_core.errors import ServerError as ServerError
    from dli_core.errors import TranspileError as TranspileError
    from dli_core.errors import WorkflowError as WorkflowError
    from dli_core.errors import WorkflowNotFoundError as WorkflowNotFoundError
    from dli_core.export.options import ExportOptions as ExportOptions
    from dli_core.models.common import DataSource as DataSource
    from dli_core.models.common import ExecutionMode as ExecutionMode
    from dli_core.models.common import ResultStatus as ResultStatus
    from dli_core.models.dataset import DatasetSpec as DatasetSpec
    from dli_core.models.metric import MetricSpec as MetricSpec
    from dli_core.models.result import DryRunResult as DryRunResult
    from dli_core.models.result import ExecutionResult as ExecutionResult
    from dli_core.models.result import ExportResult as ExportResult
    from dli_core.models.result import Finding as Finding
    from dli_core.models.result import QueryResult as QueryResult
    from dli_core.models.result import ValidationResult as ValidationResult

__version__ = "0.1.0"

# Name → module. A test compares it with the imports above.
_EXPORTS = {
    "SqlAPI": "dli.adhoc",
    "ConfigAPI": "dli.config",
    "ExecutionContext": "dli.context",
    "DatasetAPI": "dli.dataset",
    "MetricAPI": "dli.metric",
    "QualityAPI": "dli.quality",
    "ExecutorFactory": "dli.runner",
    "WorkflowAPI": "dli.workflow",
    "QueryExecutor": "dli_core.engines.base",
    "MockExecutor": "dli_core.engines.mock",
    "QueryStream": "dli_core.engines.stream",
    "CatalogError": "dli_core.errors",
    "ConfigurationError": "dli_core.errors",
    "DLIError": "dli_core.errors",
    "DLIValidationError": "dli_core.errors",
    "ErrorCode": "dli_core.errors",
    "ExecutionError": "dli_core.errors",
    "LineageError": "dli_core.errors",
    "NotFoundError": "dli_core.errors",
    "QualityError": "dli_core.errors",
    "ServerError": "dli_core.errors",
    "TranspileError": "dli_core.errors",
    "WorkflowError": "dli_core.errors",
    "WorkflowNotFoundError": "dli_core.errors",
    "ExportOptions": "dli_core.export.options",
    "DataSource": "dli_core.models.common",
    "ExecutionMode": "dli_core.models.common",
    "ResultStatus": "dli_core.models.common",
    "DatasetSpec": "dli_core.models.dataset",
    "MetricSpec": "dli_core.models.metric",
    "DryRunResult": "dli_core.models.result",
    "ExecutionResult": "dli_core.models.result",
    "ExportResult": "dli_core.models.result",
    "Finding": "dli_core.models.result",
    "QueryResult": "dli_core.models.result",
    "ValidationResult": "dli_core.models.result",
}

if not TYPE_CHECKING:  # a checker must not see it: `from dli import Typo` has to be an error

    def __getattr__(name: str) -> object:
        if name not in _EXPORTS:
            message = f"module 'dli' has no attribute '{name}'"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 - `import dli` costs nothing

        value = getattr(import_module(_EXPORTS[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted([*globals(), *_EXPORTS])


__all__ = list(_EXPORTS)  # pyright: ignore[reportUnsupportedDunderAll]
