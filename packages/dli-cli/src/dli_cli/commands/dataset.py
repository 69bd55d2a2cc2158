"""`dli dataset …`: the verbs of `dli_cli.specs`, for datasets."""

from __future__ import annotations

from dli_cli import specs
from dli_cli.app import App
from dli_cli.console import Console
from dli_cli.options import ListOptions, Name, Names, RunOptions
from dli_cli.running import run
from dli_cli.session import open_session

app = App("Run, export, list and check datasets.")


@app.verb("list")
def list_command(console: Console, options: ListOptions) -> None:
    """List the datasets of the project.

    dli dataset list
    dli dataset list --format json | jq -r '.[].name'
    """
    specs.show_list(open_session(console, options), "dataset", options)


@app.verb("get")
def get_command(console: Console, name: Name, options: ListOptions) -> None:
    """Show one dataset: what it is, its parameters and its columns.

    dli dataset get flights.main.departures
    dli dataset get departures --format json
    """
    specs.show(open_session(console, options), "dataset", name, options)


@app.verb("run")
def run_command(console: Console, name: Name, options: RunOptions) -> None:
    """Run a dataset: show its first rows, or write all of them.

    On a terminal the first and the last rows are shown. With -o, or when stdout is not a terminal, the full result
    is written, whole or not at all.

    dli dataset run departures -p date=2013-07-04
    dli dataset run departures -p origins=JFK -p origins=LGA --dry-run
    dli dataset run all_flights -o flights.csv.gz --receipt
    dli dataset run departures --format ndjson | jq .carrier
    """
    run(open_session(console, options), "dataset", name, options)


@app.verb("validate")
def validate_command(console: Console, names: Names = None, *, options: ListOptions) -> None:
    """Check datasets: their files, parameters and templates. Runs nothing.

    dli dataset validate
    dli dataset validate departures --format json
    """
    specs.validate(open_session(console, options), "dataset", names or [], options)
