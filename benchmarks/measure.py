"""CPU seconds of several ways to do one thing, in interleaved rounds.

    {"dli": f, "polars": g} ─▶ A B A B A B … ─▶ Comparison ─▶ a row of RESULTS.md

Wall time means little on a shared machine, and its clock drifts between states: so every figure is CPU time of the
whole process (all threads), every comparison runs in turns, and what is quoted are ratios of the minima of one run.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

OURS = "dli"
PYTHON = sys.executable
LAUNCH = str(Path(__file__).with_name("launch.py"))


@dataclass(frozen=True)
class Comparison:
    """Minimum CPU seconds per peer, for one case of one suite."""

    suite: str
    case: str
    unit: str  # what one call did: "2 M rows", "1 render"
    seconds: Mapping[str, float]
    scale: float = 1.0  # seconds are divided by this: calls per measurement
    notes: Mapping[str, str] = field(default_factory=dict)

    def ratio(self, peer: str) -> float:
        """How many times the CPU of ours the peer takes."""
        return self.seconds[peer] / self.seconds[OURS]


def cpu() -> float:
    """CPU seconds of this process, all threads, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def interleave(
    ways: Mapping[str, Callable[[], object]], rounds: int, before: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """Minimum CPU seconds of each way, run in turns `rounds` times after one warm-up each; `before` is not counted."""
    best: dict[str, float] = {}
    for name, run in ways.items():
        run()
        best[name] = float("inf")
    for _ in range(rounds):
        for name, run in ways.items():
            before()
            start = time.process_time()
            run()
            best[name] = min(best[name], time.process_time() - start)
    return best


@dataclass(frozen=True)
class Child:
    """One finished child process: CPU seconds and peak memory in MiB, from the operating system."""

    seconds: float
    peak: float


def child(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: str | None = None) -> Child:
    """Run a command to its end; raise when it fails. Its output goes nowhere."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | dict(env or {})
    done = subprocess.run(
        [PYTHON, "-I", "-S", LAUNCH, *command], capture_output=True, env=environment, cwd=cwd, text=True, check=True
    )
    found = json.loads(done.stdout)
    if found["code"]:
        message = f"{command} exited {found['code']}: {done.stderr[-500:]}"
        raise RuntimeError(message)
    return Child(found["seconds"], found["peak"])


def children(commands: Mapping[str, Sequence[str]], rounds: int, **options: object) -> dict[str, Child]:
    """The least CPU and the least peak of each command, run in turns."""
    best: dict[str, Child] = {}
    for command in commands.values():
        child(command, **options)  # type: ignore[arg-type]
    for _ in range(rounds):
        for name, command in commands.items():
            done = child(command, **options)  # type: ignore[arg-type]
            old = best.get(name, done)
            best[name] = Child(min(old.seconds, done.seconds), min(old.peak, done.peak))
    return best
