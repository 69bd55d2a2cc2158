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

import copy
from dataclasses import dataclass, field
from typing import Any, Self

from dli_core.errors.codes import ErrorCode
from dli_core.errors.text import message_of


class _Message:
    """The field `message`: what the maker wrote, else the English text, made when somebody reads it.

    So raising costs no text, and an error that gains details on its way up says them.
    """

    def __get__(self, error: DLIError | None, owner: type[DLIError] | None = None) -> str:
        if error is None:
            return ""  # asked by `dataclass` for the default
        return error.own_message or message_of(error.code, error.details)

    def __set__(self, error: DLIError, value: str) -> None:
        vars(error)["message"] = value


class _Cause:
    """The field `cause`: another name of `__cause__`, so `raise error(...) from problem` sets it too."""

    def __get__(self, error: DLIError | None, owner: type[DLIError] | None = None) -> BaseException | None:
        return None if error is None else error.__cause__

    def __set__(self, error: DLIError, value: BaseException | None) -> None:
        if value is not None:  # setting None would hide the implicit context from tracebacks
            error.__cause__ = value


@dataclass(eq=False)
class DLIError(Exception):
    """Base of every error DLI raises.

    Attributes:
        code: which error it is; decides class, exit code and HTTP status.
        message: one English line. `dli_core.errors.describe` gives the whole text in English or Korean.
        details: the facts, JSON-like. `reason` picks among several texts of one code; `path`, `line`, `column`
            (from 1) say where; `problems` lists several such places, each a dict with a `message` of its own.
        hints: remedies beyond those of the code's text.
        cause: the foreign exception behind it, if any (the same as `__cause__`).
    """

    code: ErrorCode = ErrorCode.EXECUTION_FAILED
    message: _Message = _Message()
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    hints: tuple[str, ...] = ()
    cause: _Cause = _Cause()

    def __post_init__(self) -> None:
        self.details = dict(self.details)
        self.hints = tuple(self.hints)

    def __str__(self) -> str:
        return f"[{self.code}] {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        # A foreign cause may not pickle (driver exceptions seldom do): its text has to do.
        cause = None if self.cause is None else RuntimeError(f"{type(self.cause).__name__}: {self.cause}")
        notes = getattr(self, "__notes__", None)
        state = {"__notes__": list(notes)} if notes else None
        return (type(self), (self.code, self.own_message, self.details, self.hints, cause), state)

    def __copy__(self) -> Self:
        return self._copied(dict(self.details))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._copied(copy.deepcopy(self.details, memo))

    def _copied(self, details: dict[str, Any]) -> Self:
        twin = type(self)(self.code, self.own_message, details, self.hints, self.cause)
        for note in getattr(self, "__notes__", ()):
            twin.add_note(note)
        return twin

    @property
    def own_message(self) -> str:
        """The message its maker wrote; empty where it is made of code and details."""
        return str(vars(self).get("message", ""))

    @property
    def exit_code(self) -> int:
        """The exit code of the command line for this error; a detail of that name (143 for SIGTERM) comes first."""
        given = self.details.get("exit_code")
        return given if type(given) is int and given in range(1, 256) else self.code.exit_code


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
