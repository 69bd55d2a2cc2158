"""Problems of the configuration: gathered over all layers, raised together.

    Problem(message, origin, reason …) … ─▶ DLI-001 with problems=[{path, line, column, message}, …]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dli_core.config.origin import Origin
from dli_core.errors import DLIError, ErrorCode, error


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        message: one line, without the place.
        origin: the layer, and the place in its file.
        reason: the text of DLI-001 when it is the only one; `details` fill that text.
    """

    message: str
    origin: Origin
    reason: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def as_dict(self) -> dict[str, Any]:
        """The form that errors carry. Without a file, the message names the variable or option."""
        origin = self.origin
        if origin.path is None:
            text = self.message if self.message.startswith(origin.layer) else f"{origin.layer}: {self.message}"
            return {"message": text}
        place = {"path": origin.layer, "line": origin.line or 1, "column": origin.column or 1}
        return {**place, "message": self.message, "file": str(origin.path)}


def invalid(problems: Iterable[Problem]) -> DLIError:
    """DLI-001 for these problems, those of the highest layer first."""
    found = sorted(set_of(problems), key=lambda p: (-p.origin.rank, p.origin.line or 0, p.origin.column or 0))
    listed = [problem.as_dict() for problem in found]
    if len(found) > 1:
        return error(ErrorCode.CONFIG_INVALID, "several", problems=listed, count=len(listed))
    only = found[0]
    place = {key: listed[0].get(key) for key in ("path", "line", "column", "file")}
    facts = {"origin": only.origin.layer if only.origin.path is None else None, **place, **only.details}
    return error(ErrorCode.CONFIG_INVALID, only.reason, problems=listed, count=1, **facts)


def set_of(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once: an environment that several looks pass over tells the same twice."""
    return list({(p.message, p.origin): p for p in problems}.values())


def bad_file(origin: Origin, what: str) -> Problem:
    """A file that cannot be read at all."""
    return Problem(what, origin, "bad_file", {"problem": what})


def bad_value(origin: Origin, key: str, value: object, what: str) -> Problem:
    """A value that does not fit; `value` is shown, so a secret must come as `***`."""
    details = {"key": key, "value": str(value), "problem": what}
    return Problem(f"{key}: {what}", origin, "value", details)


def unknown_key(origin: Origin, key: str, candidate: str | None, where: str = "") -> Problem:
    """A key that nothing reads."""
    hint = f", did you mean '{candidate}'?" if candidate else ""
    return Problem(f"unknown key '{key}'{where}{hint}", origin, "unknown_key", {"key": key, "candidate": candidate})


def conflict(origin: Origin, first: str, second: str) -> Problem:
    """Two names of one key that disagree in one layer."""
    message = f"{first} and {second} say different things"
    return Problem(message, origin, "conflict", {"first": first, "second": second})
