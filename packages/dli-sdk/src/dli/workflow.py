"""WorkflowAPI: needs the Basecamp Server, for which this version has no client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dli_core.config import resolve
from dli_core.errors import ErrorCode, error
from dli_core.models.common import ExecutionMode

if TYPE_CHECKING:
    from dli.context import ExecutionContext


class WorkflowAPI:
    """Workflows run on the Basecamp Server only.

    Raises:
        ConfigurationError: in LOCAL mode, since workflows need SERVER mode; in the others, since this version of
            dli-sdk has no client for the server yet.
    """

    def __init__(self, context: ExecutionContext | None = None) -> None:
        settings = resolve() if context is None else context.resolve()
        reason = "needs_server" if settings.mode is ExecutionMode.LOCAL else "no_workflow_client"
        raise error(ErrorCode.CONFIG_MISSING, reason, api="WorkflowAPI", mode=settings.mode.value.upper())
