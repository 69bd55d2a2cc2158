"""What every test shares: marks by cost, a home of its own, and a report of what was not run and why.

    pytest                    all but the tests with a mark that is off
    pytest --run-slow         those marked `slow` as well; `--run-dist`, `--run-real`, … likewise, `--run-all` for all
    CI=true pytest            everything, and a test that skips is a failure: CI skips nothing

A test that needs something of the machine (a server, strace) skips with the reason when it is absent.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.servers import Server, Servers

# mark → what it costs, and so why it is off by default; None: on, unless what it needs is absent
MARKS: dict[str, tuple[str, str | None]] = {
    "slow": ("takes more than ten seconds", "takes long"),
    "real": ("needs a real server: real(name)", None),
    "crash": ("kills processes, fills disks", None),
    "dist": ("installs the wheels of `make dist` into new environments", "needs the wheels of `make dist`"),
}
# Skips that are no failure in CI either: as what it runs, the test has nothing to show.
EXCUSED = {"root may read everything", "needs a project at Google: DLI_TEST_BIGQUERY_PROJECT"}
CI = bool(os.environ.get("CI"))
# A shell starts what it runs in the background with these ignored, and a process passes that on to its children: the
# tests of signals would wait for ever.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number is signal.SIGINT else signal.SIG_DFL)
MACHINE = dict(os.environ)
SERVERS: pytest.StashKey[Servers] = pytest.StashKey()


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


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Servers boot while the first tests run."""
    wanted = {
        name
        for item in session.items
        if not any(mark.name == "skip" for mark in item.iter_markers())
        for mark in item.iter_markers("real")
        for name in mark.args
    }
    if wanted and not session.config.option.collectonly:
        _servers(session.config).begin(sorted(wanted))


def _servers(config: pytest.Config) -> Servers:
    """Those of this run; the module is read by runs that have any."""
    from tests.support.servers import Servers

    if SERVERS not in config.stash:
        folder = Path(tempfile.mkdtemp(prefix="dli-servers-"))
        config.stash[SERVERS] = Servers(folder, MACHINE)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(config.stash[SERVERS].stop)
    return config.stash[SERVERS]


@pytest.fixture(scope="session")
def trino(request: pytest.FixtureRequest) -> Server:
    """A plain Trino: catalogs tpch, tpchdec (doubles are decimals), tpchsql (and columns are the standard's), memory."""
    return _servers(request.config).get("trino")


@pytest.fixture(scope="session")
def bigquery_lookalike(request: pytest.FixtureRequest) -> Server:
    """A look-alike of BigQuery, stateful: tests/real/bigquery/lookalike."""
    return _servers(request.config).get("bigquery_lookalike")


@pytest.fixture(scope="session")
def bigquery_emulator(request: pytest.FixtureRequest) -> Server:
    """An emulator of BigQuery: tests/support/bigquery_emulator.py."""
    return _servers(request.config).get("bigquery_emulator")


@pytest.fixture(scope="session")
def trino_secure(request: pytest.FixtureRequest) -> Server:
    """A Trino that asks for a login: tests/support/trino_secure.py."""
    return _servers(request.config).get("trino_secure")


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
