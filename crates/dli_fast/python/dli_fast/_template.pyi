"""SQL templates with deferred values (DESIGN §4). Source: src/template/, src/sql/, src/py/template.rs."""

from collections.abc import Callable, Mapping
from typing import Any, final

class TemplateError(ValueError):
    """A template that cannot be rendered. `str()` is `template:line:column: message`; no text of it holds a value.

    `kind` is one of
    syntax     not well-formed, or a filter, test or statement that does not exist;
    undefined  a name or attribute without a value;
    value      a value without a SQL form, or used as it cannot be used;
    place      a value that is misplaced or glued to something: unsafe;
    fuel       it does not come to an end, or writes more than 64 MiB;
    depth      calls, includes or expressions nested too deep;
    include    a template that does not exist.
    `template` is the name given to Templates, `line` and `column` count from 1, the column in characters (None where
    not known).
    """

    kind: str
    message: str
    template: str | None
    line: int | None
    column: int | None

@final
class Identifier:
    """A dotted name: rendered quoted, part by part. Parts are taken as they are: a dot inside of one is part of the
    name.

    Raises ValueError without parts or with an empty one, TypeError if one is no string. Equal by parts, hashable.
    """

    def __init__(self, *parts: str) -> None: ...
    @property
    def parts(self) -> tuple[str, ...]: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Secret:
    """A value that must not appear in comments (there it is `redacted`); anywhere else it is its value.

    In templates it can be written, compared and joined with `~`, nothing else; of a list, every item is a secret.
    Its repr shows nothing.
    """

    def __init__(self, value: Any) -> None: ...

@final
class Rendered:
    """A rendered statement and its source map."""

    @property
    def sql(self) -> str: ...
    def locate(self, line: int, column: int | None = None) -> tuple[str, int, int | None] | None:
        """Line and column (from 1, in characters) of `sql` → (template name, line, column or None) in the source.

        Exact for text, through macros, includes and captures; inside of a value, the column of its `{{`. None outside
        of `sql`.
        """
    def source_lines(self) -> list[tuple[str, int]]:
        """For each line of `sql`: (template name, line)."""

@final
class Templates:
    """One immutable set of templates for one SQL dialect: "duckdb", "trino" or "bigquery". Threads may share it.

    `templates` maps names to sources; names ending in a macro file's path are reachable by `{% include %}` and
    `{% from … import %}`; `macros` (namespace → template name) are in scope everywhere as `{{ ns.macro() }}`.
    A template is compiled when it is first used: a broken one disturbs no other. `fuel` bounds the work of one render
    (about one per instruction and per 64 bytes of text).
    Raises ValueError for an unknown dialect.
    """

    def __init__(
        self,
        dialect: str,
        templates: Mapping[str, str],
        *,
        macros: Mapping[str, str] | None = None,
        fuel: int = 1_000_000,
    ) -> None: ...
    def render(
        self,
        name: str,
        values: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> Rendered:
        """Render the template `name`.

        Values: str, int (up to 127 bits), float, bool, None, date, datetime (without a zone a TIMESTAMP, with one the
        dialect's zoned timestamp), Decimal, list/tuple/dict of these, Identifier, Secret. A name must not be a macro
        namespace. `functions` are called with plain Python values and return one of the same; an exception they raise
        passes through as it is. The GIL is released while rendering.
        Raises TemplateError.
        """
    def undeclared(self, name: str) -> set[str]:
        """Names the template reads that it does not define (and that are not built in), with those of what it includes
        and of the macros it calls. Functions are names too. Raises TemplateError.
        """
    def raw_uses(self, name: str) -> list[tuple[str, int, int]]:
        """Every `| raw` in the template, in what it includes and in the macros it calls: (template, line, column)."""
    def calls(self, name: str, function: str) -> list[tuple[str, int, int, str]]:
        """Every `function('constant')` in the template, in what it includes and in the macros it calls:
        (template, line, column, constant). For `ref`.
        """
