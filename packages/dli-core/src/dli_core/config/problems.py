"""Problems of the configuration: gathered over all layers, raised together.

    Problem(message, origin, reason …) … ─▶ DLI-001 with problems=[{path, line, column, message}, …]

One problem alone has a text of its own, by its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dli_core.config.origin import Origin, Unset
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        message: one line, without the place.
        origin: the layer, and the place in its file.
        reason: the text of DLI-001 when it is the only one; `details` fill that text.
    """

    message: str
    origin: Origin
    reason: str
    details: Mapping[str, Any] = {}

    def as_dict(self) -> dict[str, Any]:
        """The form that errors carry. Without a file, the message names the variable or option."""
        origin = self.origin
        if origin.path is None:
            named = self.message.startswith(origin.layer)
            return {
                "message": self.message if named else Text("config.from", origin=origin.layer, problem=self.message)
            }
        place = {"path": origin.layer, "line": origin.line or 1, "column": origin.column or 1}
        return {**place, "message": self.message, "file": str(origin.path)}


def invalid(problems: Iterable[Problem]) -> DLIError:
    """DLI-001 for these problems, those of the highest layer first."""
    found = sorted(set_of(problems), key=lambda p: (-p.origin.rank, p.origin.line or 0, p.origin.column or 0))
    listed = [problem.as_dict() for problem in found]
    if len(found) > 1:
        return error(ErrorCode.CONFIG_INVALID, "several", problems=listed, count=len(listed))
    only = found[0]
    facts: dict[str, Any] = {name: listed[0].get(name) for name in ("path", "line", "column", "file")}
    if only.origin.path is None and only.reason != "conflict":  # that one names both
        facts["origin"] = only.origin.layer
    return error(ErrorCode.CONFIG_INVALID, only.reason, problems=listed, count=1, **{**facts, **only.details})


def set_of(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once: an environment that several looks pass over tells the same twice."""
    return list({(p.message, p.origin): p for p in problems}.values())


def bad_file(origin: Origin, what: str) -> Problem:
    """A file that cannot be read at all."""
    return Problem(what, origin, "bad_file", {"problem": what})


def bad_value(origin: Origin, key: str, value: object, what: str) -> Problem:
    """A value that does not fit; `value` is shown, so a secret must come as `***`."""
    details = {"key": key, "value": str(value) or None, "problem": what}
    return Problem(Text("config.at_key", key=key, problem=what), origin, "value", details)


def unknown_key(origin: Origin, key: str, candidate: str | None, where: Text | None = None) -> Problem:
    """A key that nothing reads, or not where it stands."""
    details = {"key": key, "candidate": candidate}
    message = Text("config.unknown_meant" if candidate else "config.unknown", key=key, where=where, near=candidate)
    return Problem(message, origin, "unknown_key", details)


def conflict(origin: Origin, first: str, second: str) -> Problem:
    """Two names of one key that disagree in one layer."""
    return Problem(
        Text("config.conflict", first=first, second=second), origin, "conflict", {"first": first, "second": second}
    )


def unset_error(unset: Mapping[str, Unset]) -> DLIError:
    """DLI-005 for values that are needed and whose variable is not set."""
    problems = [
        Problem(
            Text("config.at_key", key=key, problem=Text("config.not_set", variable=value.variable)),
            value.origin,
            "variable",
        ).as_dict()
        for key, value in unset.items()
    ]
    key, first = next(iter(unset.items()))
    place = {name: problems[0].get(name) for name in ("path", "line", "column", "file")}
    facts: dict[str, Any] = {"key": key, "variable": first.variable, **place}
    return error(ErrorCode.CONFIG_TEMPLATE, "variable", problems=problems, count=len(problems), **facts)
