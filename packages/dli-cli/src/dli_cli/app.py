"""What typer does not do by itself: an options value instead of twenty arguments, near names, help in our words.

@app.verb("run")                              typer sees: NAME --param --output … ; one option per field
def run_command(console: Console, name: Name, options: RunOptions) -> None: ...
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from dli_cli.console import Console
from dli_cli.usage import EXIT_CODE, UsageError, unknown
from dli_core.errors.phrase import Text

# What people write for a command that is called otherwise.
_MEANT = {"list": "dataset list", "get": "dataset get", "datasets": "dataset list", "metrics": "metric list"}


class Group(TyperGroup):
    """A group that says what it has when nothing is asked, and names the nearest command for an unknown one."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        skip_unset(self.params)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        if not args and not ctx.resilient_parsing:
            ctx.find_object(Console).note(ctx.get_help())
            raise typer.Exit(EXIT_CODE)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            if ctx.parent is None and name in _MEANT:
                message = Text("usage.no_command_meant", name=name, near=f"{ctx.command_path} {_MEANT[name]}")
            else:
                message = unknown("command", name, self.list_commands(ctx), f"{ctx.command_path} ")
            raise UsageError(message, command=ctx.command_path)
        return super().resolve_command(ctx, args)


class Command(TyperCommand):
    """A verb: its help shows the metavars as they are written, and its usage errors know the command."""

    def __init__(self, name: str | None, **settings: Any) -> None:
        super().__init__(name, **settings)
        skip_unset(self.params)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        ctx.allow_extra_args = True  # refused below, in our words
        try:
            rest = super().parse_args(ctx, args)
        except typer.TyperException as problem:
            if getattr(problem, "ctx", None) is None:
                problem.ctx = ctx  # type: ignore[attr-defined]
            raise
        if ctx.args:
            remedy = Text("usage.quote_sql") if ctx.command_path == "dli run" else None
            raise UsageError(Text("usage.too_many", argument=ctx.args[0]), remedy, ctx.command_path)
        return rest

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        arguments = [p for p in self.params if p.param_type_name == "argument"]
        return ["[OPTIONS]", *(_usage_of(argument) for argument in arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        shown = [p for p in self.get_params(ctx) if not getattr(p, "hidden", False)]
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            rows = [(_named(p), str(getattr(p, "help", None) or "")) for p in shown if p.param_type_name == kind]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


class App(typer.Typer):
    """A typer application with our settings: plain help, plain errors, no completion of its own."""

    def __init__(self, text: str | None = None, cls: type[TyperGroup] = Group) -> None:
        super().__init__(
            cls=cls,
            help=keep_examples(text or ""),
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            add_completion=False,
            context_settings={"help_option_names": ["-h", "--help"]},
        )

    def verb(self, name: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Add a function of (console, arguments …, options) as a command; the only one needs no name."""

        def add(function: Callable[..., None]) -> Callable[..., None]:
            self.command(name, cls=Command)(expanded(function))
            return function

        return add


def expanded(function: Callable[..., None]) -> Callable[..., None]:
    """A function of (console, arguments …, options) → one that typer can read.

    `console` comes from the context; `options`, if there is one, is built of one option per field of its dataclass.
    """
    hints = get_type_hints(function, include_extras=True)
    named = inspect.signature(function).parameters
    options = hints.get("options")
    taken = [p.replace(annotation=hints[p.name]) for p in named.values() if p.name not in {"console", "options"}]
    fields = list(_fields(options)) if options else []
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    shown = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in taken] + fields

    @functools.wraps(function)
    def command(context: typer.Context, **values: Any) -> None:
        # -C may stand before the noun too; the one after the verb is nearer.
        if "directory" in values and values["directory"] is None:
            values["directory"] = context.find_root().params.get("directory")
        try:
            if options:
                values["options"] = options(**{field.name: values.pop(field.name) for field in fields})
            function(console=context.find_object(Console), **values)
        except UsageError as problem:
            problem.command = context.command_path
            raise

    command.__signature__ = inspect.Signature([context, *shown])  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in [context, *shown]}
    command.__doc__ = keep_examples(inspect.getdoc(function) or "")
    return command


def skip_unset(params: list[Any]) -> None:
    """Leave what was not given as it is: typer would build a validator of Pydantic for each option, 15 ms a run."""
    for param in params:
        if not param.required and param.callback is None:
            param.process_value = partial(_process, param.process_value)


def _process(process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    return value if value is None or value == [] else process(context, value)


def keep_examples(text: str) -> str:
    r"""With a mark (`\b`) before each paragraph of examples: typer joins and wraps the lines of the others."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(f"\b\n{p}" if p.lstrip().startswith(("dli ", "echo ", "$ ")) else p for p in paragraphs)


def _fields(options: type) -> Iterator[inspect.Parameter]:
    """The fields of an options dataclass as parameters: its own first, then those of its base."""
    hints = get_type_hints(options, include_extras=True)
    known = {field.name: field for field in dataclasses.fields(options)}
    for cls in options.__mro__:
        for name in inspect.get_annotations(cls):
            field = known[name]
            default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
            yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[name])


def names_of(option: Any) -> list[str]:
    """`-o`, `--output`: the short one first."""
    return sorted(option.opts, key=len)


def _usage_of(argument: Any) -> str:
    name = f"{argument.metavar}" if argument.required else f"[{argument.metavar}]"
    return name if argument.nargs == 1 else f"{name}..."


def _named(param: Any) -> str:
    """`-o, --output FILE`; a metavar such as `[=PATH]` follows without a space."""
    if param.param_type_name == "argument":
        return str(param.metavar)
    names = ", ".join(names_of(param))
    metavar = "" if getattr(param, "is_flag", False) else str(param.metavar or "")
    return names + (metavar if metavar.startswith("[=") else f" {metavar}".rstrip())
