"""A block of the configuration, wherever it is declared: in config/settings.py, or by an engine.

    class Config(Section): url, token; secrets = {"token": "url"} ─▶ keys, DLI_* names, docs, hiding, hosts, paths

All that is known of a block stands in its class; config/ reads it off, and no key is named there again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from dli_core.models.secret_text import without_secrets

URL = "^https?://"  # the pattern of a key that names a host

Secrets = Mapping[str, str]
Files = Mapping[str, frozenset[str]]


class Section(BaseModel):
    """Base of every block: frozen, and an unknown key is an error. Every key says what it means in its description.

    A block's own validator is built when it is first asked for: Settings holds one for all of them.

    Attributes:
        secrets: secret key → the key that names the host it is for; it goes to no other.
        files: key that names a file → its values that are none. A path is relative to the root.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    secrets: ClassVar[Secrets] = {}
    files: ClassVar[Files] = {}

    def sends(self, secret: str) -> bool:
        """Whether this secret goes out at all, as the block is set."""
        return secret in self.secrets

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Without the passwords of URLs; those of SecretStr show nothing by themselves."""
        for name, value in super().__repr_args__():
            yield name, without_secrets(value) if isinstance(value, str) else value
