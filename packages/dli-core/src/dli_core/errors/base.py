"""The errors of DLI: a code and its details. The text is made where it is shown.

    DLIError
     ├─ ConfigurationError   DLI-0xx
     ├─ NotFoundError        DLI-1xx
     ├─ DLIValidationError   DLI-2xx
     ├─ TranspileError       DLI-3xx
     ├─ ExecutionError       DLI-4xx
     ├─ ServerError          DLI-5xx
     ├─ QualityError         DLI-6xx
     ├─ CatalogError         DLI-7xx
     ├─ WorkflowError        DLI-8xx
     │   └─ WorkflowNotFoundError  DLI-800
     └─ LineageError         DLI-9xx

`error(code, reason, **details)` makes the right class with its English message. `details` holds JSON-like values
only, so an error crosses processes and the wire unchanged and can be shown in another language there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dli_core.errors.codes import ErrorCode
from dli_core.errors.text import message_of


@dataclass(eq=False)
class DLIError(Exception):
    """Base of every error DLI raises.

    Attributes:
        code: which error it is; decides class, exit code and HTTP status.
        message: one English line. `dli_core.errors.text.describe` gives the whole text in English or Korean.
        details: the facts, JSON-like. `reason` picks among several texts of one code; `path`, `line`, `column`
            (from 1) say where; `problems` lists several such places, each a dict with a `message` of its own.
        hints: remedies beyond those of the code's text.
        cause: the foreign exception behind it, if any (also `__cause__`).
    """

    code: ErrorCode = ErrorCode.EXECUTION_FAILED
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    cause: BaseException | None = None

    def __post_init__(self) -> None:
        self.details = dict(self.details)
        self.hints = tuple(self.hints)
        if not self.message:
            self.message = message_of(self.code, self.details)
        Exception.__init__(self, self.message)
        if self.cause is not None:
            self.__cause__ = self.cause

    def __str__(self) -> str:
        return f"[{self.code}] {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        # A foreign cause may not pickle (driver exceptions seldom do): its text has to do.
        cause = None if self.cause is None else RuntimeError(f"{type(self.cause).__name__}: {self.cause}")
        return (type(self), (self.code, self.message, self.details, self.hints, cause))

    @property
    def exit_code(self) -> int:
        """The exit code of the command line for this error."""
        return int(self.details.get("exit_code", self.code.exit_code))


class ConfigurationError(DLIError):
    """DLI-0xx: a config file, environment variable or option is wrong or missing."""


class NotFoundError(DLIError):
    """DLI-1xx: something that was named does not exist."""


class DLIValidationError(DLIError):
    """DLI-2xx: a spec, a parameter or the SQL is not valid."""


class TranspileError(DLIError):
    """DLI-3xx: a template, a metric or a translation between dialects fails."""


class ExecutionError(DLIError):
    """DLI-4xx: the engine, the result or the output fails."""


class ServerError(DLIError):
    """DLI-5xx: the Basecamp Server does not answer, or answers with an error."""


class QualityError(DLIError):
    """DLI-6xx: a quality spec or test fails to load or run."""


class CatalogError(DLIError):
    """DLI-7xx: the catalog does not answer or does not know."""


class WorkflowError(DLIError):
    """DLI-8xx: the workflow policy forbids it, or the orchestrator fails."""


class WorkflowNotFoundError(WorkflowError):
    """DLI-800."""


class LineageError(DLIError):
    """DLI-9xx: lineage is not known or runs in a circle."""


CLASSES: dict[str, type[DLIError]] = {
    cls.__name__: cls
    for cls in (
        ConfigurationError,
        NotFoundError,
        DLIValidationError,
        TranspileError,
        ExecutionError,
        ServerError,
        QualityError,
        CatalogError,
        WorkflowError,
        WorkflowNotFoundError,
        LineageError,
    )
}


def error(
    code: ErrorCode,
    reason: str | None = None,
    /,
    *,
    hints: tuple[str, ...] = (),
    cause: BaseException | None = None,
    **details: Any,
) -> DLIError:
    """The exception for `code`, of its class, with the text of `reason`. Details that are None are left out."""
    facts = {key: value for key, value in details.items() if value is not None}
    if reason is not None:
        facts["reason"] = reason
    return CLASSES[code.kind](code=code, details=facts, hints=hints, cause=cause)
