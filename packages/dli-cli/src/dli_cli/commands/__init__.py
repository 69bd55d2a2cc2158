"""One module a noun; each holds a typer application called `app`, named in `dli_cli.main.COMMANDS`."""
