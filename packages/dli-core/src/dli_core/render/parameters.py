"""Declared parameters + what was given → the values of a template.

-p texts ─▶ read_options ─┐
context.parameters ───────┼─▶ resolve(declared) ─▶ Values │ DLI-104, DLI-203 with the spec's line
defaults of the spec ─────┘
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import dli_fast

from dli_core.config.hidden import HIDDEN as _MASK
from dli_core.config.hidden import is_secret_name
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import reason_of
from dli_core.render.values import TYPES, example, read

if TYPE_CHECKING:  # ad-hoc SQL needs no models of specs: building them takes 10 ms
    from dli_core.models.spec import Parameter, Source


@dataclass(frozen=True, slots=True)
class Typed:
    """A value whose type stands beside it: `-p n:integer=3` of an ad-hoc query."""

    type: str
    value: object


@dataclass(frozen=True, slots=True)
class Values:
    """Resolved parameters.

    Attributes:
        template: what the template sees; secrets are wrapped, so that no comment shows them.
        shown: JSON-like, for the journal and for people: secret and pii ones as ***.
        receipt: JSON-like, for the receipt: secret ones as a hash.
        hidden: names of the secret parameters that have a value.
        private: those, and the personal ones.
        secrets: their texts, the longest first.
    """

    template: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    shown: dict[str, Any] = field(default_factory=dict[str, Any])
    receipt: dict[str, Any] = field(default_factory=dict[str, Any])
    hidden: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def masked(self, names: frozenset[str]) -> Mapping[str, object]:
        """What the template sees when the values of `names` must not be seen."""
        return {name: _MASK if name in names else value for name, value in self.template.items()}

    def knowing(self, secrets: Collection[str]) -> Values:
        """With further texts that nobody may see."""
        return replace(self, secrets=_by_length({*self.secrets, *secrets})) if secrets else self

    def redact(self, text: str) -> str:
        """`text` without the values of secrets: an engine's message may quote them, as they are or as SQL has them."""
        for form in self.forms:
            text = text.replace(form, _MASK)
        return text

    @property
    def forms(self) -> list[str]:
        """The values of secrets as they are and as SQL has them, the longest first."""
        quoted = ((secret, secret.replace("'", "''"), secret.replace('"', '""')) for secret in self.secrets)
        return list(dict.fromkeys(form for forms in quoted for form in forms))


def read_options(options: Sequence[str]) -> dict[str, object]:
    """`-p` texts → values that `resolve` reads: NAME=VALUE, NAME:null, NAME:TYPE=VALUE; a repeated NAME is a list."""
    found: dict[str, list[object]] = {}
    for number, option in enumerate(options, 1):
        name, value = _read_option(option, number)
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else _merge(name, values) for name, values in found.items()}


def _read_option(option: str, number: int) -> tuple[str, object]:
    left, equals, text = option.partition("=")
    name, colon, kind = left.partition(":")
    if not name.isidentifier() or not (equals or kind == "null"):
        # It is not shown: `-p $TOKEN` comes here, and a build log is read by many.
        raise error(ErrorCode.PARAMETER_INVALID, "option", number=number)
    if kind == "null" and not equals:
        return name, None
    if not colon:
        return name, text
    if kind.removeprefix("list[").removesuffix("]") not in TYPES:
        raise error(ErrorCode.PARAMETER_INVALID, "option_type", name=name, type=kind, allowed=", ".join(TYPES))
    return name, Typed(kind, text)


def _merge(name: str, values: list[object]) -> object:
    kinds = {value.type for value in values if isinstance(value, Typed)}
    if not kinds:
        return values
    if len(kinds) > 1 or not all(isinstance(value, Typed) for value in values):
        raise error(ErrorCode.PARAMETER_INVALID, "option_types", name=name)
    kind = kinds.pop()
    inner = kind if kind.startswith("list[") else f"list[{kind}]"
    return Typed(inner, [value.value for value in values if isinstance(value, Typed)])


def resolve(
    declared: Sequence[Parameter],
    given: Mapping[str, object],
    defaults: Mapping[str, object] | None = None,
    source: Source | None = None,
) -> Values:
    """Values for every declared parameter.

    `defaults` come from the context: names that the spec lacks are ignored there. Raises DLI-104 for a given name
    that is not declared, DLI-203 for a missing, ill-typed or forbidden value; the error names the spec's line.
    """
    names = [parameter.name for parameter in declared]
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            place = _at(source, "parameters")
            raise error(
                ErrorCode.PARAMETER_NOT_FOUND,
                None if names else "none_declared",
                name=name,
                declared=", ".join(names) or None,
                candidate=near[0] if near else None,
                **place,
            )
    template: dict[str, object] = {}
    shown: dict[str, Any] = {}
    receipt: dict[str, Any] = {}
    secrets: list[str] = []
    hidden: set[str] = set()
    for index, parameter in enumerate(declared):
        value = _value(parameter, index, given, defaults or {}, source)
        template[parameter.name] = dli_fast.Secret(value) if parameter.secret and value is not None else value
        plain = _plain(value)
        shown[parameter.name] = _MASK if parameter.secret or parameter.pii else plain
        receipt[parameter.name] = _digest(plain) if parameter.secret else plain
        if parameter.secret and value is not None:
            hidden.add(parameter.name)
            secrets += _texts(value)
    return Values(
        template,
        shown,
        receipt,
        frozenset(hidden),
        frozenset(hidden | {parameter.name for parameter in declared if parameter.pii}),
        _by_length(secrets),
    )


def ad_hoc(given: Mapping[str, object]) -> Values:
    """Values for SQL without a spec: the type stands in place, else it is the value's own.

    Nothing declares a secret here: a text under the name of one is taken for it.
    """
    template = {name: read(v.value, v.type) if isinstance(v, Typed) else v for name, v in _typed(given).items()}
    hidden = frozenset(name for name, value in template.items() if isinstance(value, str) and is_secret_name(name))
    plain = {name: _plain(value) for name, value in template.items()}
    return Values(
        template,
        {name: _MASK if name in hidden else value for name, value in plain.items()},
        {name: _digest(value) if name in hidden else value for name, value in plain.items()},
        hidden,
        hidden,
        _by_length([text for name in hidden for text in _texts(template[name])]),
    )


def _texts(value: object) -> list[str]:
    """What a secret may be quoted as: its text, and of a name each part."""
    parts = [part for item in _items(value) if isinstance(item, dli_fast.Identifier) for part in item.parts]
    return [*(str(_plain(item)) for item in _items(value)), *parts]


def _by_length(secrets: Collection[str]) -> tuple[str, ...]:
    """The longest first, so that none is left half; a single character would tear every text."""
    return tuple(sorted((text for text in secrets if len(text) > 1), key=len, reverse=True))


def _typed(given: Mapping[str, object]) -> Mapping[str, object]:
    for name, value in given.items():
        if isinstance(value, Typed):
            try:
                read(value.value, value.type)
            except ValueError as problem:
                shown = None if is_secret_name(name) else value.value
                raise _ill_typed(name, value.type, shown, problem, {}) from None
    return given


def _value(
    parameter: Parameter,
    index: int,
    given: Mapping[str, object],
    defaults: Mapping[str, object],
    source: Source | None,
) -> object:
    name = parameter.name
    place = _at(source, "parameters", index)
    if name in given:
        raw = given[name]
    elif name in defaults:
        raw = defaults[name]
    elif parameter.must_be_given:
        raise error(ErrorCode.PARAMETER_INVALID, "missing", name=name, type=parameter.type, **place)
    else:
        raw, place = parameter.default, _at(source, "parameters", index, "default")
    if isinstance(raw, Typed):
        raw = raw.value
    try:
        value = read(raw, parameter.type)
        allowed = None if parameter.allowed is None else [read(item, parameter.scalar) for item in parameter.allowed]
    except ValueError as problem:
        raise _ill_typed(name, parameter.type, None if _is_private(parameter) else raw, problem, place) from None
    if value is None and parameter.must_be_given:
        raise error(ErrorCode.PARAMETER_INVALID, "null", name=name, **place)
    if value == []:
        raise error(ErrorCode.PARAMETER_INVALID, "empty_list", name=name, **place)
    if allowed is not None and value is not None:
        _check_allowed(parameter, value, allowed, place)
    return value


def _check_allowed(parameter: Parameter, value: object, allowed: list[object], place: dict[str, Any]) -> None:
    if not all(item in allowed for item in _items(value)):
        raise error(
            ErrorCode.PARAMETER_INVALID,
            "not_allowed",
            name=parameter.name,
            value=None if _is_private(parameter) else _plain(value),
            allowed=", ".join(str(_plain(item)) for item in allowed),
            **place,
        )


def _ill_typed(name: str, kind: str, value: object, problem: ValueError, place: dict[str, Any]) -> DLIError:
    return error(
        ErrorCode.PARAMETER_INVALID,
        "type",
        name=name,
        type=kind,
        value=_plain(value),
        problem=reason_of(problem) or None,
        example=example(kind),
        **place,
    )


def _is_private(parameter: Parameter) -> bool:
    return parameter.secret or parameter.pii


def _at(source: Source | None, *keys: str | int) -> dict[str, Any]:
    return source.at(*keys) if source else {}


def _items(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _plain(value: object) -> Any:
    """A JSON-like form: numbers and booleans as they are, everything else as its text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [_plain(item) for item in _items(value)]  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, dli_fast.Identifier):
        return ".".join(value.parts)
    return str(value)


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
