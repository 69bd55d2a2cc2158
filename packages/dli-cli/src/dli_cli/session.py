"""What one command works on: the settings, resolved once, and what is made of them.

options ─▶ overrides ─▶ config.resolve ─▶ Session(settings) ─▶ runner, datasets, metrics
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from dli_cli.console import Console
from dli_cli.options import ProjectOptions, RunOptions
from dli_core.config import Override, Settings, resolve
from dli_core.config.mode import flagged_mode

if TYPE_CHECKING:
    from dli import DatasetAPI, MetricAPI
    from dli_core.run.local import Runner

Kind = Literal["dataset", "metric"]


class Session(NamedTuple):
    """Settings and console of one command."""

    settings: Settings
    console: Console

    def runner(self) -> Runner:
        """Who runs SQL under these settings."""
        from dli.runner import runner_for  # noqa: PLC0415 - `dli config` needs none

        return runner_for(self.settings)

    def api(self, kind: Kind) -> DatasetAPI | MetricAPI:
        """The facade of one kind of spec."""
        import dli  # noqa: PLC0415 - as above

        return dli.DatasetAPI.of(self.settings) if kind == "dataset" else dli.MetricAPI.of(self.settings)


def open_session(console: Console, options: ProjectOptions) -> Session:
    """Resolve the settings under the command's options, which are the top layer."""
    settings = resolve(overrides_of(options), project=options.directory, environment=options.env)
    console.root = settings.root
    return Session(settings, console)


def overrides_of(options: ProjectOptions) -> dict[str, Override]:
    """The options that are keys of the configuration."""
    found: dict[str, Override] = {}
    if options.specs is not None:
        found["specs.source"] = Override(options.specs, "--specs")
    if isinstance(options, RunOptions):
        mode = flagged_mode(local_flag=options.local, server_flag=options.server)
        if mode is not None:
            found["execution.default_mode"] = Override(mode.value, f"--{mode.value}")
        if options.engine is not None:
            found["local.engine"] = Override(options.engine, "--engine")
    return found
