"""The configuration: layers on disk, in the environment and from options, resolved into frozen Settings."""

from dli_core.config.files import find_root
from dli_core.config.origin import Layer, Origin
from dli_core.config.resolve import Override, resolve
from dli_core.config.settings import Settings

__all__ = ["Layer", "Origin", "Override", "Settings", "find_root", "resolve"]
