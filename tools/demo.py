"""The flights example from the command line, in a scratch folder: what `make demo` shows.

    dli init --example flights ─▶ list ─▶ dry run ─▶ table ─▶ an injection that finds nothing ─▶ CSV, JSON ─▶ verify

Every command is echoed as a person would type it. The first one that does not do what it should ends the demo with 1.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

DLI = Path(sys.executable).parent / "dli"
FLIGHTS = 336_776


def dli(
    *arguments: str, cwd: Path, check: Callable[[subprocess.CompletedProcess[str]], str | None] | None = None
) -> None:
    """Echo and run one command; `check` says what is wrong with what it did, or None."""
    print(f"\n$ dli {' '.join(map(quoted, arguments))}", flush=True)
    done = subprocess.run([DLI, *arguments], cwd=cwd, text=True, stdout=subprocess.PIPE, check=False)
    print(done.stdout, end="", flush=True)
    problem = f"exit {done.returncode}" if done.returncode else check(done) if check else None
    if problem:
        print(f"\ndemo: dli {' '.join(map(quoted, arguments))}: {problem}", file=sys.stderr)
        sys.exit(1)


def quoted(argument: str) -> str:
    """As a person would type it."""
    if "'" in argument and not set('"$`\\!') & set(argument):
        return f'"{argument}"'
    return shlex.quote(argument)


def has(*texts: str) -> Callable[[subprocess.CompletedProcess[str]], str | None]:
    """A check: stdout has each of the texts."""

    def check(done: subprocess.CompletedProcess[str]) -> str | None:
        missing = [text for text in texts if text not in done.stdout]
        return f"its output lacks {missing}" if missing else None

    return check


def no_rows(done: subprocess.CompletedProcess[str]) -> str | None:
    """A check: a JSON array without rows."""
    rows = json.loads(done.stdout)
    return None if rows == [] else f"{len(rows)} rows were found"


def main() -> int:
    """The whole tour."""
    with tempfile.TemporaryDirectory(prefix="dli-demo-") as scratch:
        os.environ["DLI_USER_CONFIG"] = "off"  # the same for everybody, whatever is in ~/.dli
        folder = Path(scratch)
        dli("init", "--example", "flights", "flights", cwd=folder)
        project = folder / "flights"
        dli("dataset", "list", cwd=project, check=has("flights.main.all_flights", "flights.main.departures"))
        rendered = ("dataset", "run", "departures", "-p", "date=2013-06-01", "--dry-run")
        dli(*rendered, cwd=project, check=has("DATE '2013-06-01'"))
        table = ("metric", "run", "punctuality", "--format", "table")
        dli(*table, cwd=project, check=has("mean_arrival_delay", "AA"))
        injected = ("dataset", "run", "departures", "-p", "carrier=x' OR '1'='1", "--format", "json")
        dli(*injected, cwd=project, check=no_rows)
        for name in ("flights.csv", "flights.json"):
            dli("dataset", "run", "all_flights", "-o", name, "--receipt", cwd=project)
            dli("verify", name, cwd=project)
        receipt = json.loads((project / "flights.csv.receipt.json").read_text(encoding="utf-8"))
        if receipt["rows"] != FLIGHTS:
            print(f"demo: {receipt['rows']:,} rows were written, not {FLIGHTS:,}", file=sys.stderr)
            return 1
    print(f"\ndemo: done; {FLIGHTS:,} flights exported twice, both complete.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
