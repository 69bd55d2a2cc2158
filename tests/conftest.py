"""What every test shares: marks by cost, a home of its own, and a report of what was not run and why.

    pytest                    all but the tests with a mark that is off
    pytest --run-slow         those marked `slow` as well; `--run-dist`, `--run-real`, … likewise, `--run-all` for all
    CI=true pytest            everything, and a test that skips is a failure: CI skips nothing

A test that needs something of the machine (a server, strace) skips with the reason when it is absent.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

# mark → what it costs, and so why it is off by default; None: on, unless what it needs is absent
MARKS: dict[str, tuple[str, str | None]] = {
    "slow": ("takes more than ten seconds", "takes long"),
    "real": ("starts a real server", None),
    "crash": ("kills processes, fills disks", None),
    "dist": ("installs the wheels of `make dist` into new environments", "needs the wheels of `make dist`"),
}
# Skips that are no failure in CI either: as what it runs, the test has nothing to show.
EXCUSED = {"root may read everything"}
CI = bool(os.environ.get("CI"))
MACHINE = dict(os.environ)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("dli")
    group.addoption("--run-all", action="store_true", default=CI, help="run the tests of every mark")
    for mark, (cost, off) in MARKS.items():
        if off:
            group.addoption(f"--run-{mark}", action="store_true", default=CI, help=f"run what {cost}")


def pytest_configure(config: pytest.Config) -> None:
    for mark, (cost, _) in MARKS.items():
        config.addinivalue_line("markers", f"{mark}: {cost}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for mark, (_, off) in MARKS.items():
        if off and not config.getoption("--run-all") and not config.getoption(f"--run-{mark}"):
            for item in items:
                if item.get_closest_marker(mark):
                    item.add_marker(pytest.mark.skip(reason=f"{off}: --run-{mark}"))


@pytest.fixture(scope="session")
def machine() -> dict[str, str]:
    """The environment as pytest found it, for tests that run the tools of this repository."""
    return dict(MACHINE)


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the user's configuration or writes into the user's journal."""
    for name in list(os.environ):
        if name.startswith(("DLI_", "BASECAMP_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def _reasons(reporter: pytest.TerminalReporter) -> Counter[str]:
    reports = reporter.stats.get("skipped", [])
    return Counter(
        str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr).removeprefix("Skipped: ")
        for report in reports
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = _reasons(terminalreporter)
    if reasons:
        terminalreporter.section("not run, and why")
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count:5}  {reason}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if CI and reporter is not None and set(_reasons(reporter)) - EXCUSED and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_report_header() -> str:
    return "CI: every mark is on, and a skip is a failure" if CI else ""
