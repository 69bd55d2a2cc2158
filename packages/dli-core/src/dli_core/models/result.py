"""What runs give back. All frozen.

QueryResult       rows in memory: what an injected executor returns
ExecutionResult   a run whose rows are held
ExportResult      a run whose rows are in a file
DryRunResult      what would run
ValidationResult  what is wrong with a spec, with places
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SkipValidation

from dli_core.models.common import ExecutionMode, ResultStatus

if TYPE_CHECKING:
    import dli_fast
    import polars as pl
    import pyarrow as pa


Said = Annotated[str, SkipValidation]
"""English text; a `Text` stays one, and can be said in another language."""


class Model(BaseModel):
    """Base of the result models: frozen, and strict about unknown names."""

    # A model is built when it is first used: every start of the command line pays for this import.
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)


class QueryResult(Model):
    """Rows in memory: the plain form that a QueryExecutor returns."""

    rows: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    row_count: int = -1
    columns: list[str] | None = None  # order of columns; needed only when there are no rows

    def model_post_init(self, _context: Any) -> None:
        if self.row_count < 0:
            object.__setattr__(self, "row_count", len(self.rows))


class ExecutionResult(Model):
    """A run that worked, with its rows in memory (none for DML: `row_count` is what it affected)."""

    name: str
    status: ResultStatus
    row_count: int
    duration_ms: int
    sql: str = Field(repr=False)  # as it was sent: it holds the values of secret parameters too
    mode: ExecutionMode
    engine: str
    job_id: str
    warnings: tuple[Said, ...] = ()
    _batches: Any = PrivateAttr(default=None)

    @classmethod
    def of(cls, batches: dli_fast.Batches | None, **fields: Any) -> ExecutionResult:
        """A result that holds `batches`."""
        result = cls(**fields)
        object.__setattr__(result, "_batches", batches)
        return result

    @cached_property
    def data(self) -> list[dict[str, Any]]:
        """Rows as dicts of Python values, made on first use."""
        return [] if self._batches is None else self._batches.to_dicts()

    @property
    def columns(self) -> list[str]:
        """Names of the result's columns, in order."""
        return [] if self._batches is None else list(self._batches.names)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._held().__arrow_c_stream__(requested_schema)

    def to_polars(self) -> pl.DataFrame:
        """The rows as a Polars frame, without a copy."""
        import polars as pl  # noqa: PLC0415 - 0.2 s that most runs do not need

        return pl.DataFrame(self._held())

    def to_arrow(self) -> pa.Table:  # pyright: ignore[reportUnknownParameterType, reportUnknownMemberType] - it has no stubs
        """The rows as a pyarrow table, without a copy (extra `pyarrow`)."""
        import pyarrow as pa  # noqa: PLC0415 - optional

        return pa.table(self._held())  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    def _held(self) -> dli_fast.Batches:
        import dli_fast  # noqa: PLC0415 - results cross processes that need no extension

        return dli_fast.from_rows([]) if self._batches is None else self._batches


class ExportResult(Model):
    """A complete file: the bytes at `path` have this size and hash. The rows are not held."""

    _sha256: str | None = PrivateAttr(default=None)

    path: Path
    format: str
    rows: int
    bytes: int
    duration_ms: int
    sql: str = Field(repr=False)  # as it was sent: it holds the values of secret parameters too
    mode: ExecutionMode
    engine: str
    job_id: str
    receipt: Path | None = None
    warnings: tuple[Said, ...] = ()

    @classmethod
    def sealed(cls, sha256: str | None, **fields: Any) -> ExportResult:
        """The result of an export that was sealed; `sha256` where it was taken."""
        result = cls(**fields)
        object.__setattr__(result, "_sha256", sha256)
        return result

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes on disk, in hex.

        With a receipt it was taken while they were written; else the file is read at the first use. Raises DLI-105 when
        that is not possible any more: the file is gone, was changed or replaced since, or was a stream.
        """
        if self._sha256 is not None:
            return self._sha256
        from dli_core import marks  # noqa: PLC0415 - most results are never asked for it
        from dli_core.errors import ErrorCode, error  # noqa: PLC0415 - as above

        found = marks.look(self.path)
        if not found.is_still(self.job_id, self.bytes):
            raise error(ErrorCode.FILE_NOT_FOUND, "changed", path=str(self.path), job_id=self.job_id)
        return found.sha256


class DryRunResult(Model):
    """What would run, and what the engine says of it. Nothing was executed."""

    sql: str
    statements: tuple[str, ...] = ()  # pre, main and post, in order; `sql` is the main one
    engine: str
    engine_title: str = ""  # its name for people: DuckDB
    checked: bool  # did the engine answer?
    valid: bool = True  # meaningful when checked
    error: dict[str, Any] | None = None  # code, message and details of the engine's complaint
    estimate: dict[str, Any] = Field(default_factory=dict)  # bytes, rows, cost: what the engine can tell
    columns: tuple[tuple[str, str], ...] = ()  # (name, type)
    parameters: dict[str, Any] = Field(default_factory=dict)
    warnings: tuple[Said, ...] = ()


class Finding(Model):
    """One thing that is wrong, and where."""

    severity: str  # "error" or "warning"
    code: str  # DLI-202
    message: Said
    path: str | None = None  # relative to the project's root
    line: int | None = None
    column: int | None = None


class ValidationResult(Model):
    """All findings on one spec or project."""

    name: str
    findings: tuple[Finding, ...] = ()

    @property
    def valid(self) -> bool:
        """True when no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)
