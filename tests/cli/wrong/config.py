"""Configurations that contradict themselves, or ask for what is not there."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.wrong.case import USAGE, Wrong
from tests.support.privileges import without_privileges

RUN = ("run", "SELECT 1", "-o", "out.csv")
PROD = "environments: {prod: {protected: true}, dev: {}}\n"

SET = ("config", "set", "--project")


@contextmanager
def locked_project(folder: Path) -> Generator[None]:
    """A project that somebody else owns: it can be read."""
    folder.chmod(0o555)
    try:
        with without_privileges():
            yield
    finally:
        folder.chmod(0o755)


CASES = [
    Wrong("config-is-not-yaml", RUN, "DLI-001", files={"dli.yaml": "local:\n  engine: duckdb\n bad\n"}),
    Wrong("config-is-a-list", RUN, "DLI-001", files={"dli.yaml": "- local\n"}),
    Wrong("config-unknown-key", RUN, "DLI-001", files={"dli.yaml": "local: {engin: duckdb}\n"}),
    Wrong("config-wrong-type", RUN, "DLI-001", files={"dli.yaml": "execution: {timeout: soon}\n"}),
    Wrong(
        "config-several-problems",
        RUN,
        "DLI-001",
        files={"dli.yaml": "execution: {timeout: 0}\nlocl: 1\n", ".dli.local.yaml": "specs: {source: there}\n"},
        env={"DLI_LOCAL__DUKDB": "x"},
    ),
    Wrong("config-secret-in-the-wrong-type", RUN, "DLI-001", files={"dli.yaml": "server: {api_key: [hunter2]}\n"}),
    Wrong("config-variable-not-set", RUN, "DLI-005", files={"dli.yaml": "local: {duckdb: {database: '${WHERE}'}}\n"}),
    Wrong("config-variable-not-closed", RUN, "DLI-001", files={"dli.yaml": "local: {duckdb: {database: '${WHERE'}}\n"}),
    Wrong("config-wants-another-version", RUN, "DLI-001", files={"dli.yaml": "requires: '>=99'\n"}),
    Wrong("config-variables-that-disagree", RUN, "DLI-001", env={"DLI_API_KEY": "hunter2", "DLI_API_TOKEN": "hunter3"}),
    Wrong("dotenv-is-wrong", RUN, "DLI-001", files={".env": "DLI_TIMEOUT\n"}),
    Wrong("timeout-variable-is-no-number", RUN, "DLI-001", env={"DLI_TIMEOUT": "soon"}),
    Wrong("mode-variable-is-unknown", RUN, "DLI-001", env={"DLI_EXECUTION_MODE": "mokc"}),
    Wrong("unknown-environment", (*RUN, "--env", "prd"), "DLI-004", files={"dli.yaml": PROD}),
    Wrong("environment-where-none-is", (*RUN, "--env", "prod"), "DLI-004"),
    Wrong("default-environment-is-unknown", RUN, "DLI-004", files={"dli.yaml": f"default_env: stage\n{PROD}"}),
    Wrong("folder-that-is-not-there", ("-C", "nowhere", "dataset", "list"), "DLI-002"),
    Wrong("folder-of-the-environment-is-not-there", RUN, "DLI-002", env={"DLI_PROJECT_PATH": "nowhere"}),
    # What this version has not
    Wrong("unknown-engine", (*RUN, "--engine", "oracle"), "DLI-001"),
    Wrong("trino-without-an-address", (*RUN, "--engine", "trino"), "DLI-003"),
    Wrong(
        "password-in-the-address-of-trino",
        (*RUN, "--engine", "trino"),
        "DLI-001",
        files={"dli.yaml": "local: {trino: {url: 'https://me:secret@trino.example.com'}}\n"},
    ),
    Wrong(
        "credentials-of-bigquery-that-are-not-there",
        RUN,
        "DLI-001",
        files={"dli.yaml": "local: {engine: bigquery, bigquery: {project: p, credentials: nowhere.json}}\n"},
    ),
    Wrong(
        "bigquery-without-a-project",
        (*RUN, "--engine", "bigquery"),
        "DLI-003",
        files={"dli.yaml": "local: {bigquery: {api_endpoint: 'http://127.0.0.1:1'}}\n"},
    ),
    Wrong(
        "budget-of-bigquery-is-no-size",
        (*RUN, "--engine", "bigquery"),
        "DLI-001",
        files={"dli.yaml": "local: {bigquery: {budget: ten}}\n"},
    ),
    Wrong("server-without-an-address", (*RUN, "--server"), "DLI-001"),
    Wrong(
        "server-is-not-in-this-version",
        (*RUN, "--server"),
        "DLI-001",
        files={"dli.yaml": "server: {url: 'https://basecamp.example.com'}\n"},
    ),
    Wrong("specs-of-a-server-without-an-address", (*RUN, "--specs", "server"), "DLI-001"),
    Wrong("local-and-server", (*RUN, "--local", "--server"), USAGE),
    # Writing and reading it
    Wrong("set-an-unknown-key", (*SET, "local.engin", "duckdb"), "DLI-001"),
    Wrong("set-a-wrong-value", (*SET, "execution.timeout", "0"), "DLI-001"),
    Wrong("set-without-a-project", (*SET, "a", "b"), "DLI-002", files={"dli.yaml": None}),
    Wrong("set-in-a-broken-file", (*SET, "execution.timeout", "5"), "DLI-001", files={"dli.yaml": "local: [\n"}),
    Wrong("set-in-a-locked-project", (*SET, "execution.timeout", "5"), "DLI-006", 7, around=locked_project),
    Wrong(
        "set-what-cannot-be-set-in-place",
        (*SET, "local.engine", "duckdb"),
        "DLI-006",
        7,
        files={"dli.yaml": "local: # see the manual\n  ? duckdb\n  : {database: a.duckdb}\n"},
    ),
    Wrong("get-what-is-not-set", ("config", "get", "server.url"), "DLI-003"),
    Wrong("get-an-unknown-key", ("config", "get", "server.ulr"), "DLI-001"),
    # Protected environments
    Wrong(
        "protected-environment",
        ("run", "CREATE TABLE t AS SELECT 1 AS a", "--env", "prod"),
        "DLI-404",
        3,
        files={"dli.yaml": PROD},
    ),
    Wrong(
        "protected-environment-and-a-dml-dataset",
        ("dataset", "run", "it", "--env", "prod"),
        "DLI-404",
        3,
        files={
            "dli.yaml": PROD,
            "dataset.it.yaml": "name: shop.main.it\nquery_type: DML\nquery_statement: CREATE TABLE t (a INT)\n",
        },
    ),
]
