"""What of a text may be seen: names that say "secret", and URLs without their passwords."""

from __future__ import annotations

import re

HIDDEN = "***"
# Names inside of maps (an engine's settings, a session, vars) whose values people keep to themselves.
_SECRET_NAME = re.compile(r"(?i)secret|pass(w|phrase)|token|credential|(api|access|private)_?key|authorization")
_USER_OF_URL = re.compile(r"(?<=://)[^/@\s]*@")
_ARGUMENT_OF_URL = re.compile(
    r"(?i)(?<=[?&;])([\w.-]*(?:secret|pass(?:w|phrase)|token|credential|_?key|signature)[\w.-]*)=[^&;\s\"']+"
)


def is_secret_name(name: str) -> bool:
    """Does the name say that its value is a secret?"""
    return _SECRET_NAME.search(name) is not None


def without_secrets(text: str) -> str:
    """A text without the passwords and tokens of URLs in it."""
    return _ARGUMENT_OF_URL.sub(rf"\1={HIDDEN}", _USER_OF_URL.sub(f"{HIDDEN}@", text))
