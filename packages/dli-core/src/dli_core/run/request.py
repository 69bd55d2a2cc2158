"""The one value that says what to run; a LocalRunner plans it, a RemoteRunner posts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

SpecKind = Literal["dataset", "metric", "quality"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Run this spec (or this SQL) with these parameters."""

    kind: Literal["dataset", "metric", "quality", "sql"]
    name: str = ""  # of the spec, whole or its last part; "" for SQL
    sql: str | None = None  # for kind "sql": a template, with parameters typed in place
    parameters: Mapping[str, Any] = field(
        default_factory=dict[str, Any], repr=False
    )  # str values are read by the declared type
    defaults: Mapping[str, Any] = field(  # of the context: names the spec lacks are ignored
        default_factory=dict[str, Any], repr=False
    )
    timeout: float | None = None  # seconds, 1 to 3600; None: the layers decide
    ds: date | None = None
    allow_inexact: bool = False
    wants_rows: bool = False  # an export: a statement without rows must not run
    path: str = "sql"  # what errors call the place of ad-hoc SQL: its file, if it has one
    confirmed: bool = False  # the user typed the protected environment's name, or gave --yes
