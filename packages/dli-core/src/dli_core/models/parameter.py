"""A typed input of a template.

parameters:
  - {name: start, type: date, default: 2025-01-01}
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from dli_core.errors.phrase import Text
from dli_core.models.base import SpecModel, quoted

PARAMETER_TYPES = ("string", "integer", "float", "decimal", "boolean", "date", "timestamp", "identifier")
ParameterType = Literal[
    "string",
    "integer",
    "float",
    "decimal",
    "boolean",
    "date",
    "timestamp",
    "identifier",
    "list[string]",
    "list[integer]",
    "list[float]",
    "list[decimal]",
    "list[boolean]",
    "list[date]",
    "list[timestamp]",
    "list[identifier]",
]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FUNCTIONS = frozenset({"ref", "this", "var", "env_var", "date_add"})
_WORDS = frozenset({"and", "else", "false", "for", "if", "in", "is", "none", "not", "or", "true"})


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        message = Text("spec.parameter_name", name=quoted(value))
    elif value in _FUNCTIONS:
        message = Text("spec.function_name", name=value)
    elif value.lower() in _WORDS:
        message = Text("spec.word_name", name=value)
    else:
        return value
    raise ValueError(message)


class Parameter(SpecModel):
    """A typed input of the template."""

    name: Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": f"^{_NAME.pattern}$"})]
    """Name in the template and after -p."""
    type: ParameterType = "string"
    """string, integer, float, decimal, boolean, date, timestamp, identifier, or list[…] of one of these."""
    required: bool | None = None
    """Must a run give a value? Unset: yes, unless there is a default."""
    default: Any = None
    """The value when none is given."""
    description: str | None = None
    """For people."""
    allowed: Annotated[list[Any], Field(min_length=1)] | None = None
    """The only values it may have."""
    secret: bool = False
    """Never shown, logged or written; only its hash goes into receipts."""
    pii: bool = False
    """Shown as *** in the journal."""

    @property
    def is_list(self) -> bool:
        """Is it a list?"""
        return self.type.startswith("list[")

    @property
    def scalar(self) -> str:
        """The type of the value, or of a list's items."""
        return self.type.removeprefix("list[").removesuffix("]") if self.is_list else self.type

    @property
    def must_be_given(self) -> bool:
        """Does a run without it fail?"""
        if self.required is None:
            return "default" not in self.model_fields_set
        return self.required and self.default is None
