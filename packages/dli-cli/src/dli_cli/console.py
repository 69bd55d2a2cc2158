"""The two streams of a command: data on stdout and nothing else there, everything said about it on stderr.

rows, listings, SQL ─▶ data() ─▶ stdout          facts, warnings, errors, progress ─▶ note() ─▶ stderr
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from dli_core.errors.phrase import Text
from dli_core.errors.safe import escaped
from dli_core.errors.text import language
from dli_core.export.publish import output_errors

if TYPE_CHECKING:
    from dli_cli.progress import Progress
    from dli_core.errors import DLIError

_NARROWEST = 40
_STDOUT = Path("-")


@dataclass(slots=True)
class Console:
    """Where a command reads and writes. Tests make their own.

    Attributes:
        root: the project's folder, once it is known: errors quote the lines of its files.
        querying: a query is running: an interrupt is worth a word.
    """

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    root: Path | None = None
    querying: bool = False

    @classmethod
    def of_process(cls) -> Console:
        """The process's own streams. What is piped is UTF-8, as every file we write; a terminal gets what it shows."""
        stdin, stdout, stderr = _open(sys.stdin, "r"), _open(sys.stdout, "w"), _open(sys.stderr, "w")
        for stream in (stdout, stderr):
            _recode(stream, "utf-8", "backslashreplace")
        _recode(stdin, "utf-8-sig", "strict")
        return cls(stdin, stdout, stderr)

    @property
    def on_terminal(self) -> bool:
        """Does a person read stdout?"""
        return self.stdout.isatty()

    @property
    def interactive(self) -> bool:
        """Can a person be asked something?"""
        return self.stdin.isatty() and self.stderr.isatty()

    @property
    def width(self) -> int:
        """Columns of the terminal; COLUMNS wins, and 80 where there is no terminal."""
        return max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST)

    @property
    def height(self) -> int:
        """Lines of the terminal."""
        return shutil.get_terminal_size((80, 24)).lines

    @property
    def language(self) -> str:
        """Of messages: en or ko."""
        return language(self.environ)

    def data(self, text: str) -> None:
        """A line, or several, of what was asked for."""
        with output_errors(_STDOUT):
            self.stdout.write(text + "\n")

    def text(self, text: str) -> None:
        """A text of the user's own (SQL, a value): a pipe gets it as it is, a terminal obeys nothing of it."""
        self.data(_harmless(text) if self.on_terminal else text)

    def json(self, value: Any) -> None:
        """The same as JSON. What is not seen is escaped, for programs that is the same: people look at it too."""
        text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
        if not text.replace("\n", "").isprintable():
            text = "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
        self.data(text)

    def note(self, text: str) -> None:
        """A line about it, or several. Names and paths in it may hold anything."""
        self.stderr.write(_harmless(text) + "\n")

    def say(self, key: str, /, **details: object) -> str:
        """A sentence of ours (`dli_core.errors.phrase`) in the user's language."""
        return Text(key, **details).say(self.language)

    def tell(self, key: str, /, **details: object) -> None:
        """The same as a line about what was asked for."""
        self.note(self.say(key, **details))

    def warn(self, text: str) -> None:
        """Something that went on, but not as it should."""
        self.tell("screen.warning", problem=text)

    def error(self, problem: DLIError) -> None:
        """The whole text of an error, in the user's language."""
        from dli_core.errors.show import format_error  # noqa: PLC0415 - most commands fail at nothing

        width = min(self.width, 100) if self.stderr.isatty() else 80
        self.note(format_error(problem, self.language, width=width, root=self.root))

    def ask(self, question: str) -> str:
        """A line from the user."""
        self.stderr.write(question)
        self.stderr.flush()
        return self.stdin.readline().strip()

    def flush(self) -> None:
        """What the system refuses to take is an error now, not when Python ends."""
        with output_errors(_STDOUT):
            self.stdout.flush()
        self.stderr.flush()

    @contextmanager
    def progress(self, target: Path | None = None) -> Generator[Progress | None]:
        """A line on the terminal that tells how a query, and the writing of `target`, get on; None elsewhere."""
        in_the_way = target == _STDOUT and self.on_terminal  # of the data
        if not self.stderr.isatty() or self.environ.get("TERM") == "dumb" or in_the_way:
            yield None
            return
        from dli_cli.progress import Progress  # noqa: PLC0415 - only a terminal shows it

        line = Progress(self.stderr, self.width, self.language)
        try:
            yield line
        finally:
            line.clear()


def _harmless(text: str) -> str:
    return "\n".join(escaped(line.expandtabs(4)) for line in text.split("\n"))


def _open(stream: TextIO | None, mode: str) -> TextIO:
    """The stream; in place of one that the caller closed (`>&-`), nothing at all."""
    return stream or cast("TextIO", Path(os.devnull).open(mode, encoding="utf-8"))


def _recode(stream: TextIO, encoding: str, errors: str) -> None:
    if isinstance(stream, TextIOWrapper):
        # A terminal's encoding is its own; on input nobody types what it cannot read.
        stream.reconfigure(encoding=None if stream.isatty() else encoding, errors=errors)
