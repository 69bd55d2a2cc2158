"""`dli metric …`: the verbs of `dli_cli.specs`, for metrics."""

from __future__ import annotations

from dli_cli import specs
from dli_cli.app import App
from dli_cli.console import Console
from dli_cli.options import ListOptions, Name, Names, RunOptions
from dli_cli.running import run
from dli_cli.session import open_session

app = App("Run, export, list and check metrics.")


@app.verb("list")
def list_command(console: Console, options: ListOptions) -> None:
    """List the metrics of the project.

    dli metric list
    dli metric list --format json | jq -r '.[].name'
    """
    specs.show_list(open_session(console, options), "metric", options)


@app.verb("get")
def get_command(console: Console, name: Name, options: ListOptions) -> None:
    """Show one metric: its measures, dimensions and parameters.

    dli metric get flights.main.punctuality
    dli metric get punctuality --format json
    """
    specs.show(open_session(console, options), "metric", name, options)


@app.verb("run")
def run_command(console: Console, name: Name, options: RunOptions) -> None:
    """Run a metric: show its first rows, or write all of them.

    On a terminal the first and the last rows are shown. With -o, or when stdout is not a terminal, the full result
    is written, whole or not at all.

    dli metric run punctuality
    dli metric run punctuality --dry-run
    dli metric run cancellations -o cancellations.csv --receipt
    dli metric run cancellations --format ndjson | jq .share
    """
    run(open_session(console, options), "metric", name, options)


@app.verb("validate")
def validate_command(console: Console, names: Names = None, *, options: ListOptions) -> None:
    """Check metrics: their files, parameters and templates. Runs nothing.

    dli metric validate
    dli metric validate punctuality --format json
    """
    specs.validate(open_session(console, options), "metric", names or [], options)
