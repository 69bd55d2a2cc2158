"""What every block of a spec is made of: frozen, strict, and with all that is wrong told at once.

    what was written ─┬─▶ faults    rules between keys
                      └─▶ pydantic  the type of each key     ─▶ a model │ one ValidationError with both

A model says what is wrong in a sentence of its own, or leaves pydantic's type of error to `dli_core.specs.explain`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated, Any, NamedTuple, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from dli_core.errors.phrase import Text

_MOST_FAULTS = 1_000  # of one block: a generated file may have as many as it has values
_LONGEST = 60  # characters of a value in a sentence
FAULT = "dli_fault"  # the type of our own errors in a ValidationError
_NAME = re.compile(r"[^\W\d][\w$-]*(\.[^\W\d][\w$-]*){2}")
_PART = re.compile(r"[^\W\d][\w$-]*")

Path = tuple[str | int, ...]  # keys and indexes, from the block inwards


class SpecModel(BaseModel):
    """Base of all blocks: frozen, an unknown key is an error, and nothing is converted ("5" is no number)."""

    # Built when first used: commands that read no spec do not pay for it.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Fault(NamedTuple):
    """One thing that is wrong between the keys of a block, and where."""

    path: Path
    message: Text
    at_key: bool = False  # the key is wrong (or what stands below it is missing), not its value
    lacks: tuple[Path, ...] = ()  # one of these keys would mend it: not told where a misspelt one means it


class RuledModel(SpecModel):
    """A block with rules between its keys. They are checked on what was written, whatever else is wrong in it."""

    @classmethod
    def faults(cls, given: Mapping[str, Any]) -> Iterator[Fault]:  # noqa: ARG003 - a block without rules
        """What breaks a rule. Values may be of any type: a wrong one is told by its own error."""
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _with_faults(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        found = [*islice(cls.faults(cast("dict[str, Any]", given)), _MOST_FAULTS)] if isinstance(given, dict) else []
        if not found:
            return handler(given)
        errors = [_error(fault, cast("object", given)) for fault in found]
        try:
            handler(given)
        except ValidationError as problem:
            errors += [_again(dict(error)) for error in problem.errors(include_url=False)]
        raise ValidationError.from_exception_data(cls.__name__, errors)


def _error(fault: Fault, given: object) -> InitErrorDetails:
    facts = {**fault._asdict(), "depth": len(fault.path)}
    return InitErrorDetails(type=PydanticCustomError(FAULT, "{message}", facts), loc=fault.path, input=given)


def _again(error: dict[str, Any]) -> InitErrorDetails:
    """An error of the fields, to be raised a second time."""
    kind, facts = error["type"], error.get("ctx", {})
    if kind == FAULT:
        kind = PydanticCustomError(FAULT, "{message}", facts)
    return InitErrorDetails(type=kind, loc=error["loc"], input=error["input"], ctx=facts)


def named_twice(given: Mapping[str, Any], key: str, what: str) -> Iterator[Fault]:
    """Items of the list `key` whose name another one before them has; `what` is the key of the sentence."""
    items: object = given.get(key)
    names = [name_of(item) for item in cast("list[object]", items)] if isinstance(items, list) else []
    if len({*names}) == len(names):
        return
    seen: set[str | None] = {None}
    for index, name in enumerate(names):
        if name in seen and name is not None:
            yield Fault((key, index, "name"), Text(what, name=quoted(name)))
        seen.add(name)


def name_of(item: object) -> str | None:
    """The name of one block in a list, written or made in code; None where it has none."""
    name = cast("dict[str, object]", item).get("name") if isinstance(item, dict) else getattr(item, "name", None)
    return name if isinstance(name, str) else None


def quoted(text: str) -> str:
    """What somebody wrote, in quotes and short enough for a sentence."""
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= _LONGEST else f"'{line[: _LONGEST - 1]}…'"


def is_qualified(name: str) -> bool:
    """Whether it is catalog.schema.name."""
    return _NAME.fullmatch(name) is not None


def _qualified(value: str) -> str:
    if is_qualified(value):
        return value
    parts = value.split(".")
    wrong = next((part for part in parts if not _PART.fullmatch(part)), None)
    if len(parts) != 3:  # noqa: PLR2004 - catalog.schema.name
        one = len(parts) == 1
        message = Text("spec.part" if one else "spec.parts", name=quoted(value), count=f"{len(parts):,}")
    elif not wrong:
        message = Text("spec.empty_part", name=quoted(value))
    else:
        message = Text("spec.no_name", part=quoted(wrong), name=quoted(value))
    raise ValueError(message)


Label = Annotated[str, Field(min_length=1)]
"""Text of at least one character."""
T = TypeVar("T")
Listed = Annotated[list[T], Field(max_length=10_000)]
"""A list. Its length is bounded, so that a generated file is refused before each of its items is looked at."""
QualifiedName = Annotated[
    str,
    AfterValidator(_qualified),
    # Wider than the rule: the word characters of JSON Schema are ASCII.
    Field(json_schema_extra={"pattern": r"^[^\s.\d$-][^\s.]*(\.[^\s.\d$-][^\s.]*){2}$"}),
]
"""catalog.schema.name"""
