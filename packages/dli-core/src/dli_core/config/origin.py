"""Where a value came from: the layers, and what resolution remembers of them.

    default < ~/.dli/config.yaml < dli.yaml < .dli.local.yaml < .env < environment < options and arguments

Small records here and around are NamedTuples: a dataclass takes half a millisecond to make, and every start pays it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple


class Layer(IntEnum):
    """The layers; a higher one wins."""

    DEFAULT = 0
    USER = 1  # ~/.dli/config.yaml
    PROJECT = 2  # dli.yaml
    PRIVATE = 3  # .dli.local.yaml
    ENV_FILE = 4  # .env of the root
    ENVIRONMENT = 5
    OVERRIDE = 6  # options and arguments

    @property
    def of_user(self) -> bool:
        """Whether the user alone writes it. What lies in the project's folder may have come with a clone."""
        return self in {Layer.USER, Layer.ENVIRONMENT, Layer.OVERRIDE}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from."""

    layer: str  # "--timeout", "DLI_TIMEOUT", ".env", ".dli.local.yaml", "dli.yaml", "~/.dli/config.yaml", "default"
    path: Path | None = None
    line: int | None = None
    rank: Layer = Layer.DEFAULT
    column: int | None = None
    variables: tuple[str, ...] = ()  # the ${VAR} that the value holds
    source: Layer | None = None  # the highest layer that a variable of it came from

    def __str__(self) -> str:
        text = f"{self.layer}:{self.line}" if self.line else self.layer
        return f"{text} ({', '.join(f'${{{name}}}' for name in self.variables)})" if self.variables else text

    @property
    def explicit(self) -> bool:
        """Said for this run or session: an option, an argument or an environment variable (or `.env`)."""
        return self.rank >= Layer.ENV_FILE


class Unset(NamedTuple):
    """A value that needs a variable which is not set; nobody needed the value yet."""

    variable: str
    origin: Origin


DEFAULT = Origin("default")


Named = tuple[str, Origin]  # a text, and the layer that gave it


class Found(NamedTuple):
    """What resolution learned beside the values.

    Attributes:
        origins: the dotted path of every value that a layer gave → where it came from.
        named: for the keys that name a host, every layer's text and its origin, highest first.
        unset: values that could not be filled in, and that nobody needed yet.
        environments: the names of all environments of all layers.
        cwd, home: the working directory at that time, and the user's home, if there is one.
    """

    origins: Mapping[str, Origin] = {}
    named: Mapping[str, tuple[Named, ...]] = {}
    unset: Mapping[str, Unset] = {}
    environments: tuple[str, ...] = ()
    cwd: Path | None = None
    home: Path | None = None
