"""Secrets taken out of errors: of the one that is raised, and of all that lie behind it.

redact (text ─▶ text) ─▶ scrub(error): message, details and hints without them; what it came from is let go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from dli_core.errors.base import DLIError
from dli_core.errors.phrase import Text

Redact = Callable[[str], str]


def scrub(problem: DLIError, redact: Redact) -> DLIError:
    """The same error without the secrets. Logs follow causes and contexts: those of the driver quote the SQL."""
    problem.details = redacted(problem.details, redact)
    problem.hints = tuple(redact(hint) for hint in problem.hints)
    if problem.own_message:
        problem.message = redact(problem.own_message)
    problem.__cause__ = problem.__context__ = None
    return problem


def redacted(value: Any, redact: Redact) -> Any:
    """A JSON-like value with every text in it redacted."""
    if isinstance(value, Text):
        return value.mapped(lambda part: redacted(part, redact))
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redacted(item, redact) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [redacted(item, redact) for item in cast("list[Any]", value)]
    return value
