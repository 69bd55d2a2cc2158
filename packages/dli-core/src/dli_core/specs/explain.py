"""What pydantic found → sentences with the places of what is wrong.

ValidationError ─▶ each error ─▶ what to write instead ─┬─▶ told once, by place
values, places ─────────────────────────────────────────┘   (a misspelt key is not "missing" too)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from dli_core.errors.phrase import Text, either, reason_of
from dli_core.models.base import FAULT, Path, quoted
from dli_core.models.quality_rules import RULES
from dli_core.models.quality_test import QualityTest
from dli_core.models.spec import Spec
from dli_core.models.spelling import VALUES, alike, meant, nearest
from dli_core.specs.problem import Place, Problem, problem
from dli_core.specs.wording import WANTED, as_written, limit, of_type, subject

if TYPE_CHECKING:
    import dli_fast
    from pydantic_core import ErrorDetails

MOST = 100  # problems of one file that are told; a generated file may have as many as it has values
_FEW = 9  # keys that are told when none of them is near
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True)
class _Told:
    """One error in words. `means` is the key that a misspelt one stands for; `lacks` those that would mend it."""

    place: Place
    message: str
    means: Path | None = None
    lacks: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What was read from one file, and as what."""

    models: Mapping[str, type[Spec]]  # by kind
    kind: str
    path: str  # relative to the project's root
    values: object
    places: dli_fast.Places

    @property
    def model(self) -> type[Spec]:
        """What the file should hold."""
        return self.models[self.kind]

    def at(self, where: Path) -> object:
        """The value at `where`."""
        found: Any = self.values
        for key in where:
            found = found[key]
        return found

    def place(self, where: Path) -> Place:
        """The place of the value at `where`, or of what should hold it."""
        return self.places.get(where) or self.places.nearest(where)


def explain(found: ValidationError, written: Written) -> list[Problem]:
    """Every error of one file as a problem, by place."""
    teller = _Teller(written)
    errors = found.errors(include_url=False)
    told = [teller.tell(error) for error in errors[:MOST]]
    meant = {item.means for item in told}
    kept = {(item.place, item.message) for item in told if not meant.intersection(item.lacks)}
    problems = [problem(written.path, place, message) for place, message in sorted(kept)]
    if len(errors) > MOST and problems:
        last = problems[-1]
        problems.append(problem(written.path, (last["line"], last["column"]), Text("spec.more")))
    return problems


@dataclass(frozen=True, slots=True)
class _Teller:
    written: Written

    def tell(self, error: ErrorDetails) -> _Told:
        where, kind, facts = error["loc"], error["type"], error.get("ctx", {})
        if kind == FAULT:
            block = where[: len(where) - facts["depth"]]
            place = self.written.places.nearest(where) if facts["at_key"] else self.written.place(where)
            return _Told(place, facts["message"], lacks=tuple((*block, *lack) for lack in facts["lacks"]))
        if kind == "extra_forbidden":
            return self._unknown(where)
        if kind == "missing":
            return _Told(self.written.places.nearest(where[:-1]), Text("spec.missing", key=where[-1]), lacks=(where,))
        return _Told(self.written.place(where), self._wrong(where, error))

    def _unknown(self, where: Path) -> _Told:
        """A key that has no meaning where it stands."""
        block, key = where[:-1], str(where[-1])
        model, place = _model_at(self.written.model, block), self.written.places.nearest(where)
        shown = quoted(key)
        names = [*_fields(model)] if model else []
        inner = _below(model, self.written.at(block))
        if outer := next((outer for outer, keys in inner.items() if key in keys), None):
            return _Told(place, Text("spec.unknown_below", key=shown, outer=outer), (*block, outer, key))
        if near := meant(key, names):
            return _Told(place, Text("spec.unknown_meant", key=shown, near=near), (*block, near))
        for outer, keys in inner.items():
            if near := meant(key, keys):
                message = Text("spec.unknown_meant_below", key=shown, near=near, outer=outer)
                return _Told(place, message, (*block, outer, near))
        if others := [kind for kind, other in self.written.models.items() if not block and key in _fields(other)]:
            return _Told(place, Text("spec.unknown_kind", key=shown, kind=others[0]))
        if near := alike(key, names):
            return _Told(place, Text("spec.unknown_meant", key=shown, near=near), (*block, near))
        few = 0 < len(names) <= _FEW
        return _Told(
            place, Text("spec.unknown_use" if few else "spec.unknown", key=shown, names=few and either(names, "and"))
        )

    def _wrong(self, where: Path, error: ErrorDetails) -> Text | str:
        """What to write instead of one value."""
        kind, given, facts = error["type"], error["input"], error.get("ctx", {})
        what = subject(where)
        if kind in {"literal_error", "enum"}:
            return self._not_one_of(where, given, _QUOTED.findall(facts["expected"]))
        if kind in WANTED:
            return of_type(what, WANTED[kind], given, needed=self._is_needed(where))
        if kind == "value_error":
            return reason_of(facts["error"])
        return limit(kind, what, given, facts) or Text("spec.does_not_fit", what=what, problem=error["msg"])

    def _not_one_of(self, where: Path, given: object, allowed: list[str]) -> Text:
        lists = [name for name in allowed if name.startswith("list[")]
        plain = [name for name in allowed if name not in lists] + [Text("spec.list_of_these")] * bool(lists)
        what, use, shown = subject(where), either(plain, "or"), as_written(given)
        if given is None:
            return Text("spec.no_value_use", what=what, names=use)
        if where == ("type",):
            return Text("spec.other_kind", what=what, given=shown, kind=self.written.kind, names=use)
        near = nearest(given, allowed, VALUES) if isinstance(given, str) else None
        return Text("spec.is_meant" if near else "spec.is_use", what=what, given=shown, near=near, names=use)

    def _is_needed(self, where: Path) -> bool:
        model = _model_at(self.written.model, where[:-1])
        field = _fields(model).get(str(where[-1])) if model and where else None
        return field is None or field.is_required()


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """The fields of a block by the keys that users write."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _model_at(model: type[BaseModel], where: Path) -> type[BaseModel] | None:
    """The model of the block at `where`."""
    current: type[BaseModel] | None = model
    for key in where:
        if isinstance(key, str) and current is not None:
            info = _fields(current).get(key)
            current = next(_models_in(info.annotation), None) if info else None
    return current


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The models that a field's type names, lists and alternatives included."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _below(model: type[BaseModel] | None, block: object) -> dict[str, list[str]]:
    """The keys that may stand one level further in, by the keys that they stand below."""
    found: dict[str, list[str]] = {}
    if model is QualityTest:
        rule = RULES.get(str(cast("dict[str, object]", block).get("type")))
        found["params"] = [*rule.params] if rule else []
    for name, info in _fields(model).items() if model else ():
        nested = next(_models_in(info.annotation), None)
        if nested is not None and get_origin(info.annotation) is not list:
            found[name] = [*_fields(nested)]
    return found
