"""What every suite shares: versions in the header, comparisons collected, RESULTS.md written at the end.

pytest benchmarks                 the whole run
pytest benchmarks --short         small inputs and few rounds, as CI does
pytest benchmarks --report FILE   write the tables (default: none)
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import dli_fast
import pytest
from measure import OURS, Comparison, interleave
from pytest_benchmark.fixture import BenchmarkFixture

PACKAGES = (
    "dli-fast",
    "polars",
    "duckdb",
    "pyarrow",
    "jinja2",
    "minijinja",
    "croniter",
    "pyyaml",
    "typer",
    "pydantic",
    "trino",
)
FOUND = pytest.StashKey[list[Comparison]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--short", action="store_true", help="small inputs, few rounds")
    parser.addoption("--report", type=Path, default=None, help="write the tables to this file")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FOUND] = []


def pytest_report_header() -> list[str]:
    return [_versions(), _build()]


@pytest.fixture
def short(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--short"))


Compare = Callable[..., Comparison]


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Callable[[Comparison], None]:
    """Keep a comparison for the report."""
    return request.config.stash[FOUND].append


@pytest.fixture
def compare(
    request: pytest.FixtureRequest, benchmark: BenchmarkFixture, record: Callable[[Comparison], None], short: bool
) -> Compare:
    """A function (case, unit, {"dli": …, "peer": …}, scale=calls per measurement) → Comparison, kept for the report."""
    suite = Path(str(request.path)).stem.removeprefix("bench_")

    def run(
        case: str,
        unit: str,
        ways: Mapping[str, Callable[[], object]],
        scale: float = 1.0,
        before: Callable[[], object] = lambda: None,
    ) -> Comparison:
        seconds = interleave(ways, 3 if short else 7, before)
        found = Comparison(suite, case, unit, seconds, scale)
        benchmark.extra_info.update({f"cpu_{peer}": value for peer, value in seconds.items()})
        benchmark.pedantic(ways[OURS], rounds=1)
        record(found)
        return found

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash[FOUND]
    if not found:
        return
    text = report(found)
    terminalreporter.write_line("")
    terminalreporter.write_line(text)
    target: Path | None = config.getoption("--report")
    if target:
        head = f"# Benchmarks\n\nMade by `make bench`. {_versions()}.\n{_build()}; {platform.machine()}, {_cores()}.\n"
        target.write_text(f"{head}\n{_HOW}\n{text}\n", encoding="utf-8")


_HOW = """CPU seconds of the whole process, minimum of interleaved rounds; a ratio says how many times DLI's CPU the
peer takes in the same run. Files go to the page cache unless a row says fsync. Absolute figures are this machine's.
"""


def report(found: list[Comparison]) -> str:
    """Markdown tables, one per suite."""
    lines: list[str] = []
    for suite in dict.fromkeys(item.suite for item in found):
        lines += [f"\n## {suite}\n", "| case | unit | DLI CPU | peers (ratio to DLI) |", "|---|---|---|---|"]
        for item in (item for item in found if item.suite == suite):
            peers = ", ".join(
                f"{peer} {_time(item.seconds[peer] / item.scale)} (**{item.ratio(peer):.2f}×**)"
                for peer in item.seconds
                if peer != OURS
            )
            notes = "".join(f"; {key} {value}" for key, value in item.notes.items())
            lines.append(f"| {item.case} | {item.unit} | {_time(item.seconds[OURS] / item.scale)} | {peers}{notes} |")
    return "\n".join(lines)


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _versions() -> str:
    return "Versions: " + ", ".join(f"{name} {_version(name)}" for name in ("python", *PACKAGES))


def _version(name: str) -> str:
    if name == "python":
        return platform.python_version()
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _build() -> str:
    info = dli_fast.build_info()
    return f"dli_fast {info['version']}, {info['profile']} build, {info['rustc']}"


def _cores() -> str:
    import os

    return f"{os.cpu_count()} cores"
