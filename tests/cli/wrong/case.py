"""One wrong input: what is typed, into which project, and how it has to end.

Wrong ─▶ a shop's project in a folder of its own ─▶ the command, in each language ─▶ tests/cli/test_wrong_inputs.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

USAGE = "usage"  # two plain lines instead of a code

# Every case starts from this; `out.csv` is what an earlier run left, and must survive.
SHOP: Mapping[str, str] = {
    "dli.yaml": "",
    "out.csv": "the old result\n",
    "orders.csv": "id,day,amount\n1,2025-01-31,10.50\n2,2025-01-31,99.00\n3,2025-02-01,5.25\n",
    "dataset.orders.yaml": """\
name: shop.main.orders
parameters:
  - name: day
    type: date
  - name: status
    required: false
    allowed: [open, paid]
  - name: ids
    type: list[integer]
    required: false
  - name: sort
    type: identifier
    default: id
query_statement: |
  SELECT * FROM 'orders.csv'
  WHERE day = {{ day }}
  ORDER BY {{ sort }}
""",
    "metric.revenue.yaml": """\
name: shop.main.revenue
metrics: [{name: revenue, aggregation: sum, expression: amount}]
query_statement: SELECT sum(amount) AS revenue FROM 'orders.csv'
""",
}

Around = Callable[[Path], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Wrong:
    """A wrong input.

    Attributes:
        name: of the case and of its snapshot.
        words: the command line; `dli` is left out.
        code: of the error, or USAGE.
        exit: code of the process.
        files: added to the shop, by their paths; None removes one.
        env: environment variables. A home of its own is set.
        around: what is true while it runs: a full disk, a lock. It is given the project's folder.
        seconds: that it may take.
    """

    name: str
    words: tuple[str, ...]
    code: str
    exit: int = 2
    files: Mapping[str, str | bytes | None] = field(default_factory=dict[str, str | bytes | None])
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    stdin: bytes = b""
    around: Around = nullcontext
    seconds: float = 2.0

    def write(self, folder: Path) -> None:
        """Make the project."""
        for name, content in {**SHOP, **self.files}.items():
            if content is not None:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.encode() if isinstance(content, str) else content)


def dataset(sql: str, more: str = "", name: str = "it") -> dict[str, str | bytes | None]:
    """The file of a dataset with this statement."""
    lines = "".join(f"  {line}\n" for line in sql.splitlines())
    return {f"dataset.{name}.yaml": f"name: shop.main.{name}\n{more}query_statement: |\n{lines}"}
