"""SQL templates with deferred values (DESIGN §4). Source: src/template/, src/sql/."""

from collections.abc import Callable, Mapping
from typing import Any, final

class TemplateError(ValueError):
    """`kind` is one of syntax, undefined, value (no SQL form), place (misplaced or glued: unsafe), fuel, depth, include.
    `template` is the name given to Templates, `line` and `column` count from 1 (column None where not known)."""
    kind: str
    message: str
    template: str | None
    line: int | None
    column: int | None

@final
class Identifier:
    """A dotted name: rendered quoted, part by part."""
    def __init__(self, *parts: str) -> None: ...
    parts: tuple[str, ...]

@final
class Secret:
    """A value that must not appear in comments; anywhere else it is its value."""
    def __init__(self, value: Any) -> None: ...

@final
class Rendered:
    sql: str
    def locate(self, line: int, column: int | None = None) -> tuple[str, int, int | None] | None:
        """Line and column (from 1, in characters) of `sql` → (template name, line, column or None) in the source."""
    def source_lines(self) -> list[tuple[str, int]]:
        """For each line of `sql`: (template name, line)."""

@final
class Templates:
    """One immutable set of templates for one SQL dialect: "duckdb", "trino" or "bigquery". Threads may share it.

    `templates` maps names to sources; names ending in a macro file's path are reachable by `{% include %}` and
    `{% from … import %}`; `macros` (namespace → template name) are in scope everywhere as `{{ ns.macro() }}`."""
    def __init__(self, dialect: str, templates: Mapping[str, str], *, macros: Mapping[str, str] | None = None, fuel: int = 1_000_000) -> None: ...
    def render(self, name: str, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] | None = None) -> Rendered:
        """Values: str, int, float, bool, None, date, datetime, Decimal, list/tuple of these, Identifier, Secret.
        `functions` are called with plain Python values and return one of the same; an exception they raise passes through as it is.
        Raises TemplateError."""
    def undeclared(self, name: str) -> set[str]:
        """Names the template reads that it does not define (and that are not built in)."""
    def raw_uses(self, name: str) -> list[tuple[str, int, int]]:
        """Every `| raw` in the template and what it includes: (template, line, column)."""
    def calls(self, name: str, function: str) -> list[tuple[str, int, int, str]]:
        """Every `function('constant')` in the template: (template, line, column, constant). For `ref`."""
