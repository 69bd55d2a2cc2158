"""`dli completion`: the scripts that let a shell ask `dli --complete`, and the table that answers it.

every command of typer ─▶ table() ─▶ words.json (committed; a test compares) ─▶ dli_cli.complete
"""

from __future__ import annotations

from typing import Annotated, Any, get_args

import typer

from dli_cli.app import App, names_of
from dli_cli.console import Console
from dli_cli.options import TABLE
from dli_cli.usage import UsageError, unknown
from dli_core.errors.phrase import Text

app = App()

Shell = Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]

BASH = r"""# dli: completion for bash
_dli() {
    local IFS=$'\n' line current=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    while read -r line; do
        case $line in
            :file) compopt -o default; return ;;
            :dir) compopt -o dirnames; return ;;
        esac
        line=${line%%$'\t'*}
        # The word at the cursor begins after a '=', and so do the candidates.
        [[ ${COMP_WORDS[COMP_CWORD]} == = || ${COMP_WORDS[COMP_CWORD-1]} == = ]] && line=${line#*=}
        COMPREPLY+=("$line")
    done < <(dli --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _dli dli
"""
ZSH = r"""#compdef dli
# dli: completion for zsh
_dli() {
    local -a lines candidates
    local line name
    lines=("${(@f)$(dli --complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    case $lines[1] in
        :file) _files; return ;;
        :dir) _files -/; return ;;
    esac
    for line in $lines; do
        [[ -n $line ]] || continue
        name=${line%%$'\t'*}
        candidates+=("${name//:/\\:}:${${line#"$name"}#$'\t'}")
    done
    _describe 'dli' candidates
}
compdef _dli dli
"""
FISH = r"""# dli: completion for fish
function __dli_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines (dli --complete $words[2..-1] 2>/dev/null)
    switch "$lines[1]"
        case ':file'
            __fish_complete_path (commandline -ct)
        case ':dir'
            __fish_complete_directories (commandline -ct)
        case '*'
            printf '%s\n' $lines
    end
end
complete -c dli -f -a '(__dli_complete)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


@app.verb()
def completion_command(console: Console, shell: Shell) -> None:
    """Print the completion script of a shell.

    dli completion bash > ~/.local/share/bash-completion/completions/dli
    dli completion zsh > "${fpath[1]}/_dli"
    dli completion fish > ~/.config/fish/completions/dli.fish
    """
    if shell not in SCRIPTS:
        raise UsageError(unknown("shell", shell, SCRIPTS), Text("usage.shells", names=[*SCRIPTS]))
    console.data(SCRIPTS[shell].rstrip("\n"))


def table(command: Any, context: Any, path: str = "") -> dict[str, Any]:
    """Every command below `command` → its options, and its commands or the values of its arguments."""
    params = command.get_params(context)
    options = {
        name: {"help": _first(param.help), "takes": not param.is_flag, "values": _values(param.metavar, path)}
        for param in params
        if param.param_type_name == "option"
        for name in names_of(param)
    }
    if not hasattr(command, "list_commands"):
        arguments = [_values(param.metavar, path) for param in params if param.param_type_name == "argument"]
        return {path: {"options": options, "arguments": arguments}}
    inner = {name: command.get_command(context, name) for name in command.list_commands(context)}
    found = {path: {"options": options, "commands": {name: _first(c.help) for name, c in inner.items()}}}
    for name, child in inner.items():
        found |= table(child, context, f"{path} {name}".strip())
    return found


def _values(metavar: str | None, path: str) -> list[str] | str:
    """What may stand for a metavar: words, `:file`, `:dir`, `@kind`, or nothing that is known."""
    if metavar and "|" in metavar:
        return metavar.split("|")
    if metavar in {"FILE", "PATH", "[=PATH]"}:
        return ":file"
    if metavar == "DIR":
        return ":dir"
    if metavar == "NAME" and path.partition(" ")[0] in {"dataset", "metric"}:
        return f"@{path.partition(' ')[0]}"
    return _words(metavar or "", path)


def _words(metavar: str, path: str) -> list[str]:
    from dli_cli import scaffold  # noqa: PLC0415 - the table is made by a test, not for a user
    from dli_core.config import keys  # noqa: PLC0415 - as above
    from dli_core.engines.factory import names  # noqa: PLC0415 - as above
    from dli_core.errors import ErrorCode  # noqa: PLC0415 - as above
    from dli_core.export.formats import FORMATS, Compression  # noqa: PLC0415 - as above
    from dli_core.specs.find import KINDS  # noqa: PLC0415 - as above

    known = {
        "FORMAT": [*FORMATS, TABLE],
        "CODEC": list(get_args(Compression)),
        "ENGINE": names(),
        "CODE": [code.value for code in ErrorCode],
        "KIND": [*KINDS],
        "SHELL": list(SCRIPTS),
        "KEY": [keys.join(parts) for parts, key in keys.table().items() if key.kind != "section"],
        "NAME": scaffold.examples() if path == "init" else [],
    }
    return known.get(metavar, [])


def _first(text: str | None) -> str:
    """The first sentence, without the dot."""
    paragraph = " ".join((text or "").split("\n\n")[0].split())
    return paragraph.partition(". ")[0].removesuffix(".")
