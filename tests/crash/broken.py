"""What the tests on broken networks share: a fault drawn by chance, and what became of the statement.

draw ─▶ Fault ─▶ proxy ─▶ outcome(): every row, or the code of an error ─▶ Tally: nothing wrong, nothing twice
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from uuid import uuid4

from dli_core.engines.base import Engine, Query
from dli_core.errors import DLIError, ErrorCode
from tests.crash.proxy import DELIVERED, HARMLESS, Fault, Proxy

FAULTS = int(os.environ.get("DLI_FAULTS", "60"))


def ask(engine: Engine, sql: str, timeout: float = 20) -> int:
    """Run it; how many rows came, or were changed."""
    with engine.stream(Query(sql, f"dli-{uuid4().hex}", timeout=timeout)) as stream:
        rows = len(stream.collect())
    return rows if stream.returns_rows else (stream.affected or 0)


def outcome(engine: Engine, sql: str, expected: int, told: str, timeout: float = 20) -> ErrorCode | None:
    """None where it gave what it should; the error's code otherwise."""
    try:
        found = ask(engine, sql, timeout)
    except DLIError as problem:
        return problem.code
    assert found == expected, told
    return None


@dataclass
class Trial:
    """Many faults, one after another.

    Attributes:
        behind: the engine behind the proxy; reads and writes go through it.
        select: a query with `rows` rows.
        insert: a number → a statement that writes it.
        written: a number → how many rows have it, asked past the proxy.
        of_reads, of_writes: the codes that each may end with.
        requests: the fault hits one of so many first requests.
        checked: what else must hold of a statement that was sent.
    """

    proxy: Proxy
    behind: Engine
    select: str
    rows: int
    insert: Callable[[int], str]
    written: Callable[[int], int]
    of_reads: Collection[ErrorCode]
    of_writes: Collection[ErrorCode]
    timeout: float = 20
    requests: int = 6
    checked: Callable[[str, str], None] = lambda sql, told: None
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def run(self, number_of: int = FAULTS) -> int:
        """How many rows were written. Every fault is told with its seed when it does harm."""
        seed = random.randrange(1 << 32)
        draw = random.Random(seed)
        total = 0
        for number in range(number_of):
            fault = Fault(
                draw.choice(sorted(DELIVERED)),
                draw.randrange(self.requests),
                draw.choice([0.0, 0.1, 0.5, 0.9, 0.999]),
                draw.choice([1, 1, 1, 100]),
            )
            total += self._one(number, fault, reads=draw.random() < 0.5, seed=seed)
        print(seed, dict(self.seen))
        if number_of > 300:
            assert {kind for kind, _ in self.seen} == set(DELIVERED)
        return total

    def _one(self, number: int, fault: Fault, *, reads: bool, seed: int) -> int:
        told = f"seed {seed}, number {number}: {fault} {'reads' if reads else 'writes'}"
        sql = f"{self.select} -- {uuid4().hex}" if reads else self.insert(number)
        self.proxy.reset(fault)
        code = outcome(self.behind, sql, self.rows if reads else 1, told, self.timeout)
        self.seen[fault.kind, code.value if code else "done"] += 1
        self.checked(sql, told)
        if code is not None:
            assert fault.kind not in HARMLESS, told
            assert code in (self.of_reads if reads else self.of_writes), f"{code}: {told}"
        if reads:
            return 0
        self.proxy.reset(None)
        found = self.written(number)
        assert found <= 1, f"twice: {told}"
        assert found == 1 or code is not None, f"lost, and called a success: {told}"
        assert found == 0 or code in {None, ErrorCode.OUTCOME_UNKNOWN}, f"done, and called a failure ({code}): {told}"
        return found
