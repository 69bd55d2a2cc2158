"""Where SQL runs: five layers, the highest that says it wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from dli_core.config import resolve
from dli_core.config.mode import resolve_execution_mode
from dli_core.models.common import ExecutionMode

LOCAL, SERVER, MOCK = ExecutionMode.LOCAL, ExecutionMode.SERVER, ExecutionMode.MOCK


@pytest.mark.parametrize(
    ("flags", "variable", "project", "user", "mode"),
    [
        ((False, True), "local", "local", "local", SERVER),
        ((True, False), "server", "server", "server", LOCAL),
        ((False, False), "server", "local", "local", SERVER),
        ((False, False), None, "server", "local", SERVER),
        ((False, False), None, None, "mock", MOCK),
        ((False, False), None, None, None, LOCAL),
    ],
)
def test_the_highest_layer_that_says_it_wins(
    tmp_path: Path, flags: tuple[bool, bool], variable: str | None, project: str | None, user: str | None, mode
):
    def written(path: Path, value: str | None) -> Path:
        path.write_text(f"execution: {{default_mode: {value}}}\n" if value else "")
        return path

    for folder in ("project", ".dli"):
        (tmp_path / folder).mkdir()
    written(tmp_path / "project" / "dli.yaml", project)
    written(tmp_path / ".dli" / "config.yaml", user)
    environ = {"HOME": str(tmp_path), **({"DLI_EXECUTION_MODE": variable} if variable else {})}
    settings = resolve(project=tmp_path / "project", environ=environ)
    assert resolve_execution_mode(*flags, settings) is mode


def test_both_flags_at_once_are_a_mistake(tmp_path: Path):
    settings = resolve(project=tmp_path, environ={"DLI_USER_CONFIG": "off"})
    with pytest.raises(ValueError, match="either"):
        resolve_execution_mode(True, True, settings)
