"""The templates of one spec, rendered for one dialect.

spec ─▶ sources ─▶ dli_fast.Templates ─▶ render(values, functions) ─▶ statements with their source maps
                                          └─ TemplateError ─▶ DLI-304, DLI-205 at the user's file:line:col
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dli_fast

from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import recognised
from dli_core.render.sources import FileMap, Text, included_texts, macro_texts, main_text, side_texts

if TYPE_CHECKING:
    from dli_core.models.spec import SqlSpec

_DS = {"ds", "ds_nodash"}
_TOLD = {"fuel", "depth"}  # kinds of errors that say all there is to say
FUNCTIONS = frozenset({"ref", "this", "var", "env_var"})
# Reason of an error → the function that raised it.
_CALLED = {"ref": "ref", "ambiguous": "ref", "var": "var", "env_var": "env_var", "env_var_unset": "env_var"}


@dataclass(frozen=True, slots=True)
class SpecTemplates:
    """All templates that one spec can reach. Threads may share it."""

    main: Text
    pre: tuple[Text, ...]
    post: tuple[Text, ...]
    texts: Mapping[str, Text]  # by the engine's names, macros and includes among them
    engine: dli_fast.Templates
    dialect: str

    @classmethod
    def of(cls, spec: SqlSpec, root: Path, dialect: str) -> SpecTemplates:
        """Read what the spec names. Raises DLI-105, DLI-201 for a query file that is missing or outside."""
        pre, post = side_texts(spec)
        return cls.make(main_text(spec, root), pre, post, root, dialect)

    @classmethod
    def make(
        cls, main: Text, pre: Iterable[Text], post: Iterable[Text], root: Path | None, dialect: str
    ) -> SpecTemplates:
        """From texts in hand; without a root there are no macros and no includes."""
        own = [main, *pre, *post]
        macros = macro_texts(root) if root else {}
        found = included_texts([*own, *macros.values()], root) if root else []
        texts = {text.name: text for text in (*found, *macros.values(), *own)}
        engine = dli_fast.Templates(
            dialect,
            {name: text.text for name, text in texts.items()},
            macros={space: text.name for space, text in macros.items()},
        )
        return cls(main, tuple(pre), tuple(post), texts, engine, dialect)

    @property
    def own(self) -> tuple[Text, ...]:
        """The statements of the spec itself, in the order they run."""
        return (*self.pre, self.main, *self.post)

    def undeclared(self, text: Text) -> set[str]:
        """Names that the statement reads and does not define; functions left out."""
        with self.translated():
            return self.engine.undeclared(text.name) - FUNCTIONS

    def render(
        self, text: Text, values: Mapping[str, object], functions: Mapping[str, Callable[..., Any]]
    ) -> tuple[str, FileMap]:
        """The SQL of one statement, and its source map."""
        try:
            with self.translated(values):
                rendered = self.engine.render(text.name, values, functions)
        except DLIError as problem:
            self._place_call(problem, text)
            raise
        return rendered.sql, FileMap(rendered, self.texts)

    def _place_call(self, problem: DLIError, text: Text) -> None:
        """Where the call stands whose function refused its argument: it knows only the argument."""
        function = _CALLED.get(str(problem.details.get("reason")))
        if function is None or "line" in problem.details:
            return
        for template, line, column, constant in self.engine.calls(text.name, function):
            if constant == problem.details.get("name") and template in self.texts:
                path, line_, column_ = self.texts[template].locate(line, column)
                excerpt = self.texts[template].excerpt(line)
                problem.details.update(path=path, line=line_, column=column_, excerpt=excerpt)
                return

    @contextmanager
    def translated(self, values: Mapping[str, object] | None = None) -> Generator[None]:
        """Around every call of the template engine: its errors come out as DLIErrors with the user's place."""
        try:
            yield
        except dli_fast.TemplateError as problem:
            raise self._error(problem, values or {}) from None

    def _error(self, problem: dli_fast.TemplateError, values: Mapping[str, object]) -> DLIError:
        code = ErrorCode.UNSAFE_INPUT if problem.kind == "place" else ErrorCode.TEMPLATE
        place: dict[str, Any] = {}
        text = self.texts.get(problem.template or "")
        if text is not None and problem.line is not None:
            path, line, column = text.locate(problem.line, problem.column)
            place = {"path": path, "line": line, "column": column, "excerpt": text.excerpt(problem.line)}
        candidate, name = None, ""
        if problem.kind == "undefined" and problem.message.count("`") > 1:
            name = problem.message.split("`")[1]
            near = difflib.get_close_matches(name, [*values, *FUNCTIONS, *_DS], n=1)
            candidate = near[0] if near else None
        what = None if problem.kind in _TOLD else name or recognised("template", problem.message)
        return error(code, problem.kind, problem=what, candidate=candidate, **place)


def date_values(ds: date | None) -> dict[str, object]:
    """`ds` and `ds_nodash`, when there is a date."""
    return {} if ds is None else {"ds": ds, "ds_nodash": ds.strftime("%Y%m%d")}


def needs_ds(templates: SpecTemplates, values: Mapping[str, object]) -> Text | None:
    """The first statement that uses `ds` though nothing gives it a value."""
    missing = _DS - set(values)
    return next((text for text in templates.own if templates.undeclared(text) & missing), None) if missing else None
