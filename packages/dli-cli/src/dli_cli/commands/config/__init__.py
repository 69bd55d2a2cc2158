"""`dli config …`: what the configuration says, and why."""

from __future__ import annotations

from dli_cli.app import App
from dli_cli.commands.config.change import set_command
from dli_cli.commands.config.doctor import check_command
from dli_cli.commands.config.show import get_command, path_command, show_command

app = App("Show, check and change the configuration.")
app.verb("show")(show_command)
app.verb("get")(get_command)
app.verb("set")(set_command)
app.verb("check")(check_command)
app.verb("path")(path_command)
