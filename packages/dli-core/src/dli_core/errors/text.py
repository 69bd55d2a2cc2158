"""An error's text, in the language of whoever shows it.

    code + details ──▶ its table of text.<lang>.toml ──▶ message | Description(title, facts, causes, hints)
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dli_core.errors.base import DLIError
    from dli_core.errors.codes import ErrorCode

_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?:\|([^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class Description:
    """All that is printed of an error, in order; lines carry no colour and no indentation."""

    title: str  # [DLI-403] Failed to connect to BigQuery
    facts: tuple[tuple[str, str], ...]  # (label, value)
    causes: tuple[str, ...]
    hints: tuple[str, ...]


def message_of(code: ErrorCode, details: Mapping[str, Any], lang: str = "en") -> str:
    """One line in `lang` for the code and its details."""
    return _fill(_row(code.value, details, lang)["message"], details)


def describe(error: DLIError, lang: str = "en") -> Description:
    """The whole text of `error` in `lang` ("en" or "ko")."""
    row = _row(error.code.value, error.details, lang)
    labels = _texts(lang)["labels"]
    facts = tuple((labels[key], str(value)) for key, value in error.details.items() if key in labels)
    message = error.message if lang == "en" else _fill(row["message"], error.details)
    return Description(
        title=f"[{error.code}] {message}",
        facts=facts,
        causes=tuple(_fill(line, error.details) for line in row.get("causes", ())),
        hints=tuple(_fill(line, error.details) for line in row.get("hints", ())) + error.hints,
    )


@cache
def _texts(lang: str) -> dict[str, Any]:
    return tomllib.loads(files("dli_core.errors").joinpath(f"text.{lang}.toml").read_text("utf-8"))


def _row(code: str, details: Mapping[str, Any], lang: str) -> dict[str, Any]:
    base: dict[str, Any] = _texts(lang)[code]
    reason = details.get("reason")
    return {**base, "causes": (), **base["reasons"][reason]} if reason in base.get("reasons", {}) else base


def _fill(text: str, details: Mapping[str, Any]) -> str:
    return _PLACEHOLDER.sub(lambda m: str(details.get(m[1], f"<{m[1]}>" if m[2] is None else m[2])), text)
