"""The lines above every result: what ran, where, how long it took, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dli_cli import amounts
from dli_core.errors.safe import escaped

if TYPE_CHECKING:
    from dli_core.engines.stream import QueryStream


def title(stream: QueryStream, facts: str) -> list[str]:
    """The lines that say what ran, where, and what came of it."""
    info = stream.info
    kind = {"dataset": "Dataset", "metric": "Metric"}.get(str(info.get("kind")), "Query")
    name = str(info.get("name") or "") or " ".join(str(info.get("sql", "")).split())
    where = f"{info['mode'].value.upper()} ({info['engine_title']})"
    environment = info.get("environment")
    return [
        f"{kind}: {escaped(name[:200])}",
        f"Execution: {where}" + (f" | Environment: {escaped(str(environment))}" if environment else ""),
        f"Duration: {amounts.duration(stream.elapsed_ms)} | {facts}",
    ]
