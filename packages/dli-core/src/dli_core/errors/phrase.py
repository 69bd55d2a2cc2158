"""Sentences that can be said in another language: what is wrong, in the words of whoever reads it.

    Text("spec.missing", key="name") ─┬─ as a str ─▶ "'name' is missing"           logs, JSON, Python
                                      └─ .say("ko") ─▶ "'name' 키가 없습니다"        whoever shows it

    recognised("yaml", "this '[' is never closed") ─▶ the Text that reads like this │ the sentence itself

The words stand in problems.<lang>.toml, a table per room, one sentence a key. A part of a sentence may be a Text too.
Nothing is read before the first Text is made: only when something is wrong, or worth a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self, cast

LANGUAGES = ("en", "ko")
PLACEHOLDER = re.compile(r"\{([a-z_]+)(?:\|([^{}]*))?\}")  # ${VAR} is none: names of details are lower case
_TABLE = re.compile(r"^\[(\w+|DLI-\d{3})\]$", re.MULTILINE)


class Text(str):
    """A sentence by its key, with what fills it. It is the English one wherever it is taken for a str."""

    __slots__ = ("details", "key")
    key: str
    details: Mapping[str, object]

    def __new__(cls, key: str, /, **details: object) -> Self:
        """The sentence at `key` ("spec.missing")."""
        made = super().__new__(cls, _sentence(key, details, "en"))
        made.key = key
        made.details = details
        return made

    def say(self, lang: str) -> str:
        """The sentence in `lang` ("en" or "ko")."""
        return str(self) if lang not in LANGUAGES[1:] else _sentence(self.key, self.details, lang)

    def mapped(self, change: Callable[[Any], Any]) -> Text:
        """The same sentence about other things."""
        return Text(self.key, **{name: change(value) for name, value in self.details.items()})

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.key, dict(self.details))


def _again(key: str, details: dict[str, object]) -> Text:
    return Text(key, **details)


def said(value: object, lang: str) -> str:
    """A Text in `lang`; anything else as it is."""
    return value.say(lang) if isinstance(value, Text) else str(value)


def reason_of(problem: BaseException) -> str:
    """What an exception says: a Text stays one."""
    first: object = problem.args[0] if problem.args else None
    return first if isinstance(first, Text) else str(problem)


def translated(value: Any, lang: str) -> Any:
    """A JSON-like value with every Text in it said in `lang`."""
    if lang not in LANGUAGES[1:]:
        return value
    if isinstance(value, Text):
        return value.say(lang)
    if isinstance(value, dict):
        return {key: translated(item, lang) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [translated(item, lang) for item in cast("list[Any]", value)]
    return value


def counted(number: int, noun: str) -> Text:
    """`1 row`, `1,523 rows`."""
    return Text(f"count.{noun}{'' if number == 1 else 's'}", number=f"{number:,}")


def either(names: Sequence[str], word: str = "or") -> str:
    """`a, b or c`; `word` is "and" or "or"."""
    return Text(f"list.{word}", names=names[:-1], last=names[-1]) if len(names) > 1 else "".join(names)


def recognised(rooms: str, sentence: str) -> str:
    """The Text of these rooms that reads like an English sentence that somebody else made; the sentence if none does.

    What stands for {problem} in it is looked up in the same way.
    """
    for room in rooms.split():
        for key, pattern in _patterns(room):
            if found := pattern.fullmatch(sentence):
                parts: dict[str, object] = dict(found.groupdict())
                if "problem" in parts:
                    parts["problem"] = recognised(rooms, str(parts["problem"]))
                return Text(f"{room}.{key}", **parts)
    return sentence


def of_yaml(sentence: str) -> str:
    """What the reader of YAML says; the words of the parser inside of it stand in quotes where they are not known."""
    found = recognised("yaml", sentence)
    return found if isinstance(found, Text) else Text("spec.yaml", problem=sentence)


@cache
def _patterns(room: str) -> list[tuple[str, re.Pattern[str]]]:
    """The sentences of a room as patterns: frames of others first, then those with more words of their own."""
    found: list[tuple[str, str]] = list(table("problems", "en", room).items())
    found.sort(key=lambda row: ("{problem}" not in row[1], -len(PLACEHOLDER.sub("", row[1]))))
    return [(key, _pattern(text)) for key, text in found]


def _pattern(text: str) -> re.Pattern[str]:
    pieces: list[str] = []
    at, seen = 0, set[str]()
    for mark in PLACEHOLDER.finditer(text):
        piece = f"(?P={mark[1]})" if mark[1] in seen else f"(?P<{mark[1]}>.+?)"
        pieces += [re.escape(text[at : mark.start()]), piece]
        at, seen = mark.end(), {*seen, mark[1]}
    return re.compile("".join([*pieces, re.escape(text[at:])]), re.DOTALL)


def _sentence(key: str, details: Mapping[str, object], lang: str) -> str:
    room, _, name = key.partition(".")
    if room.startswith("DLI-"):  # the message of an error, or its first hint
        from dli_core.errors.codes import ErrorCode  # noqa: PLC0415 - the texts of errors are made of this
        from dli_core.errors.text import hint_of, message_of  # noqa: PLC0415 - as above

        return (hint_of if name else message_of)(ErrorCode(room), details, lang)

    def value(found: re.Match[str]) -> str:
        given = details.get(found[1])
        if given is None:
            return f"<{found[1]}>" if found[2] is None else found[2]
        if isinstance(given, list | tuple):
            return ", ".join(said(item, lang) for item in cast("list[object]", given))
        return said(given, lang)

    return PLACEHOLDER.sub(value, table("problems", lang, room)[name])


@cache
def table(file: str, lang: str, name: str) -> dict[str, Any]:
    """A first-level table of `<file>.<lang>.toml`, the tables below it included."""
    import tomllib  # noqa: PLC0415 - only for what is wrong

    found: dict[str, Any] = tomllib.loads(_sources(file, lang)[name])[name]
    return found


@cache
def _sources(file: str, lang: str) -> dict[str, str]:
    """Name of a first-level table → its TOML. Parsing all of a file would cost 4 ms."""
    path = Path(__file__).with_name(f"{file}.{lang if lang in LANGUAGES else 'en'}.toml")
    text = path.read_text("utf-8")
    starts = [*_TABLE.finditer(text)]
    ends = [found.start() for found in starts[1:]] + [len(text)]
    return {found[1]: text[found.start() : end] for found, end in zip(starts, ends, strict=True)}
