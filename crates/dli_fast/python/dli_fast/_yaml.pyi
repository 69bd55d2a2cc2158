"""YAML with places; hostile input is refused fast. Source: src/yaml/, src/py/yaml.rs."""

from typing import Any, final

class YamlError(ValueError):
    """`message`, and the place it was found: `line`, `column` from 1; `kind` one of syntax, duplicate_key, alias,
    merge_key, tag, depth, size, document. `first` is where a key that stands twice stands first: line and column.
    """

    kind: str
    message: str
    line: int
    column: int
    first: tuple[int, int] | None

@final
class Places:
    """Path of keys and indexes → place in the file."""
    def get(self, path: tuple[str | int, ...]) -> tuple[int, int] | None:
        """Line and column (from 1) of the value at `path`."""
    def key(self, path: tuple[str | int, ...]) -> tuple[int, int] | None:
        """Line and column of the key itself (the value's for a list item)."""
    def text(self, path: tuple[str | int, ...]) -> tuple[int, int] | None:
        """Line and column of line 1 of the text at `path`, when every line of it is a line of the file (plain or quoted
        on one line, or a `|` block): line n of the text is then n - 1 lines below. None for any other value.
        """
    def nearest(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """The key's place, or that of the nearest enclosing one that exists; (1, 1) at the root."""

def read_yaml(
    data: bytes, *, max_bytes: int = 1_048_576, max_depth: int = 64, twice: list[YamlError] | None = None
) -> tuple[Any, Places]:
    """One YAML 1.2 (core schema) document → dict, list, str, int, float, bool, None. Dates stay text. An empty file is
    None.

    No aliases, anchors, merge keys, tags, second documents or duplicate keys; keys must be scalars, and become str.
    `yes`/`no`/`on`/`off` are text; ints are decimal, 0x or 0o. Raises YamlError; never hangs, never crashes.

    With a list as `twice`, up to 100 keys that stand twice are added to it instead of being raised: the first of each
    counts, and reading goes on. They are there too when another error is raised.
    """
