"""Where SQL runs.

--local │ --server ─▶ DLI_EXECUTION_MODE ─▶ the project's dli.yaml ─▶ the user's configuration ─▶ local
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dli_core.models.common import ExecutionMode

if TYPE_CHECKING:
    from dli_core.config.settings import Settings


def flagged_mode(*, local_flag: bool, server_flag: bool) -> ExecutionMode | None:
    """What the command line says; None when it says nothing. Raises ValueError for both at once."""
    if local_flag and server_flag:
        message = "a run is either local or the server's"
        raise ValueError(message)
    if server_flag:
        return ExecutionMode.SERVER
    return ExecutionMode.LOCAL if local_flag else None


def resolve_execution_mode(local_flag: bool, server_flag: bool, config: Settings) -> ExecutionMode:  # noqa: FBT001 - the seed's signature
    """Where SQL runs: the command line's word, else the highest layer of `config` that says it, else local."""
    return flagged_mode(local_flag=local_flag, server_flag=server_flag) or config.mode
