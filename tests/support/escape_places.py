"""Every place of a value in SQL (DESIGN §4), as templates, and the hostile strings that are put into them.

A place is a template with `{{ x }}`, and what the statement gives on a real DuckDB when the value is a string.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# What breaks naive quoting, on one engine or another.
PIECES = [
    "'", "''", "'''", '"', '""', '"""', "`", "``", "\\", "\\\\", "\\'", '\\"', "\\`", "--", "/*", "*/", "#", "$", "$$", "$a$", ";", "\n", "\r",
    "\r\n", "%", "_", "{{", "}}", "{%", "%}", "{#", "#}", " ", "a", "Z9", ".", "..", "é", "한", "\u2028", "\u2029", "\ufeff", "\x85", "\x0b",
    "\x0c", "\u200b", "\u00a0", "\u2019", "\uff07", "\u02bc", "\ue000", "OR 1=1", "E'", "r'", "b'", "x'", "U&'", "N'", "@", "@@x", ":x", "?",
    "(", ")", ",", "-", "+", "=", "::", "[", "]", "\t", "\x01", "\x1b", "\x7f", "\U0001f600", "\0", "NULL", "UNION", "1", "0x", "\\n", "\\u0027",
    "&", "|", "~", "!", "<", ">", "/", "*", "^", "END", "AS", "FROM",
]  # fmt: skip


def hostile(count: int, seed: int) -> Iterator[str]:
    """Random strings of the pieces, the same for a seed."""
    numbers = random.Random(seed)
    for _ in range(count):
        yield "".join(numbers.choices(PIECES, k=numbers.choice((1, 1, 2, 2, 3, 4, 5, 7))))


@dataclass(frozen=True)
class Place:
    """A template, and the row it gives for a string (None: only its tokens are compared)."""

    name: str
    template: str
    row: Callable[[str], tuple[object, ...]] | None = None


PLACES = [
    Place("in quotes", "SELECT '{{ x }}', 'end'", lambda x: (x, "end")),
    Place("in quotes, with text", "SELECT 'a {{ x }}-{{ x }} b', 2", lambda x: (f"a {x}-{x} b", 2)),
    Place("bare", "SELECT {{ x }}, 'end'", lambda x: (x, "end")),
    Place("in a condition", "SELECT 1 WHERE {{ x }} = '{{ x }}' AND 1 = 1", lambda _: (1,)),
    Place("a list", "SELECT 1 WHERE '{{ x }}' IN ({{ [x, x] }}, 'z')", lambda _: (1,)),
    Place("joined", "SELECT 1 WHERE 'b' IN ({{ [x, x] | join(', ') }}, 'b')", lambda _: (1,)),
    Place("concatenated", "SELECT {{ 'p' ~ x }}, '{{ x ~ 'q' }}'", lambda x: (f"p{x}", f"{x}q")),
    Place("a line comment", "SELECT 1 -- for {{ x }}\n, 2", lambda _: (1, 2)),
    Place("a block comment", "SELECT /* {{ x }} */ 1, 2 /*{{ x }}*/", lambda _: (1, 2)),
    Place("an identifier", "SELECT 7 AS {{ x | identifier }}, 8", None),
    Place("behind a dot", "SELECT t.{{ x | identifier }}, 8 FROM t", None),
    Place("in a quoted name", 'SELECT 7 AS "{{ x }}", 8', lambda _: (7, 8)),
    Place("in backticks", "SELECT 7 AS `{{ x }}`, 8", lambda _: (7, 8)),
    Place("behind a word's underscore", "SELECT 7 AS ev_{{ x }}, 8", lambda _: (7, 8)),
    Place(
        "captured",
        "{% set w %}{{ x }} AS a, '{{ x }}!' AS b{% endset %}SELECT {{ w }}, 1",
        lambda x: (x, f"{x}!", 1),
    ),
    Place(
        "through a macro",
        "{% macro m(v) %}coalesce(NULL, {{ v }}){% endmacro %}SELECT {{ m(x) }}, 'q'",
        lambda x: (x, "q"),
    ),
    Place(
        "in a call block",
        "{% macro m() %}({{ caller() }}){% endmacro %}SELECT {% call m() %}{{ x }}{% endcall %}, 'q'",
        lambda x: (x, "q"),
    ),
    Place("in a loop", "SELECT {% for i in [x, x] %}'{{ i }}', {% endfor %}1", lambda x: (x, x, 1)),
    Place("through a filter", "SELECT {{ x | replace('zqz', '') }}, 1", lambda x: (x, 1)),
    Place("through another filter", "SELECT {{ x | trim | upper }}, 1", None),
    Place("in a filter block", "SELECT {% filter indent(2) %}{{ x }}{% endfilter %}, 1", lambda x: (x, 1)),
    Place("a pattern", "SELECT '{{ x }}' LIKE {{ x | like }} ESCAPE '\\', 1", lambda _: (True, 1)),
    Place("a pattern in quotes", "SELECT 'a{{ x }}b' LIKE '%{{ x | like }}%' ESCAPE '\\', 1", lambda _: (True, 1)),
    Place("a secret", "SELECT {{ s }}, '{{ s }}' -- {{ s }}\n, 1", lambda x: (x, x, 1)),
]

DUCKDB = [
    Place("E'…'", "SELECT E'a{{ x }}', 'end'", lambda x: (f"a{x}", "end")),
    Place("E'…' on two lines", "SELECT E'a'\n'{{ x }}', 'end'", lambda x: (f"a{x}", "end")),
    Place("dollar quotes", "SELECT $$<{{ x }}>$$, 'end'", lambda x: (f"<{x}>", "end")),
    Place("dollar quotes with a tag", "SELECT $a$<{{ x }}>$a$, 'end'", lambda x: (f"<{x}>", "end")),
    Place("a cast", "SELECT {{ x }}::VARCHAR, 'end'", lambda x: (x, "end")),
]

BIGQUERY = [
    Place("double quotes", 'SELECT "{{ x }}", 1'),
    Place("triple quotes", "SELECT '''a {{ x }} b''', 1"),
    Place("triple double quotes", 'SELECT """a {{ x }} b""", 1'),
    Place("a raw string", "SELECT r'{{ x }}', 1"),
    Place("bytes", "SELECT b'{{ x }}', 1"),
    Place("a path", "SELECT 1 FROM `p.d.{{ x }}`"),
    Place("a hash comment", "SELECT 1 # {{ x }}\n, 2"),
]

TRINO = [
    Place("U&'…'", "SELECT U&'{{ x }}', 1"),
    Place("N'…'", "SELECT N'{{ x }}', 1"),
]

# The forms without ESCAPE, which BigQuery does not have.
LIKE_BIGQUERY = [Place("a pattern", "SELECT 'a' LIKE '%{{ x | like }}%', 1")]


def places(dialect: str) -> list[Place]:
    """The places of one dialect."""
    if dialect == "bigquery":
        return [p for p in PLACES if "ESCAPE" not in p.template and '"{{' not in p.template] + LIKE_BIGQUERY + BIGQUERY
    if dialect == "trino":
        return [p for p in PLACES if "`" not in p.template] + TRINO
    return PLACES + DUCKDB
