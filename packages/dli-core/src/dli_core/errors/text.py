"""An error's text, in the language of whoever shows it.

    code + details ──▶ its table in text.<lang>.toml ──▶ message_of: one line
                                                     └─▶ describe:   Description(title, facts, problems, causes, hints)
    code           ──▶ ───────────── " ────────────  ──▶ explain:    Explanation

Nothing is read before a text is needed, and then only the tables of that code. What is wrong in a place (`problem`,
`problems`) is a `phrase.Text`, and said in the same language. Whatever the details hold, this never
raises: they may come over the wire, or from an error inside an error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from dli_core.errors.phrase import PLACEHOLDER, Text, table, translated
from dli_core.errors.safe import block, fact, items, line, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dli_core.errors.base import DLIError
    from dli_core.errors.codes import ErrorCode


class Description(NamedTuple):
    """All that is printed of an error, in order. No colour, no indentation, and nothing a terminal would obey."""

    title: str  # [DLI-403] Failed to connect to BigQuery
    facts: tuple[tuple[str, str], ...]  # (label, value); a value may have several lines
    problems: tuple[str, ...]  # models/dataset.a.yaml:3:1: unknown key 'nmae', did you mean 'name'?
    causes: tuple[str, ...]
    hints: tuple[str, ...]


class Explanation(NamedTuple):
    """What `dli explain` tells about a code."""

    title: str  # [DLI-403] Failed to connect to the engine
    name: str  # EXECUTION_CONNECTION
    text: str  # a few sentences
    forms: tuple[str, ...]  # how else its message may read
    causes: tuple[str, ...]
    hints: tuple[str, ...]
    codes: str  # Exit code 3, HTTP status 502


def language(environ: Mapping[str, str]) -> str:
    """The language of messages, "en" or "ko": by DLI_LANG, else by the locale."""
    names = ("DLI_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((environ[name] for name in names if environ.get(name)), "")
    return "ko" if chosen.lower().startswith("ko") else "en"


def message_of(code: ErrorCode, details: Mapping[str, object], lang: str = "en") -> str:
    """One line in `lang` for the code and its details."""
    said = translated(details, lang)
    return _fill(_row(code, said, lang)["message"], said, _foreign(details, lang))


def text_of(error: DLIError) -> str:
    """The message of `error`, to be said in any language as a part of something else."""
    return error.own_message or Text(error.code.value, **error.details)


def hint_of(code: ErrorCode, details: Mapping[str, object], lang: str = "en") -> str:
    """The first remedy for the code and its details; empty when there is none."""
    said = translated(details, lang)
    return next(iter(_lines(_row(code, said, lang).get("hints", ()), said)), "")


def first_hint(error: DLIError) -> str:
    """The first remedy of `error`, to be said in any language."""
    return Text(f"{error.code.value}.hint", **error.details) or next(iter(error.hints), "")


def describe(error: DLIError, lang: str = "en") -> Description:
    """The whole text of `error` in `lang` ("en" or "ko")."""
    details = translated(error.details, lang)
    row = _row(error.code, details, lang)
    message = (
        line(error.own_message, 1000)
        if error.own_message
        else _fill(row["message"], details, _foreign(error.details, lang))
    )
    told = set[str]() if error.own_message else _told(row["message"], details)
    own = tuple(line(translated(hint, lang), 1000) for hint in error.hints)
    return Description(
        title=f"[{error.code}] {message}",
        facts=tuple(_facts(details, words("labels", lang), told)),
        problems=tuple(_problems(details)),
        causes=_lines(row.get("causes", ()), details),
        hints=tuple(dict.fromkeys(_lines(row.get("hints", ()), details) + own)),
    )


def explain(code: ErrorCode, lang: str = "en") -> Explanation:
    """What there is to say about a code when no error of it is at hand."""
    row = _tables(lang, code.value)
    reasons = row.get("reasons", {}).values()
    forms = dict.fromkeys(_fill(reason["message"], {}) for reason in reasons if "message" in reason)
    exits = {"exit_code": code.exit_code, "http_status": code.http_status}
    return Explanation(
        title=f"[{code}] {_fill(row['message'], {})}",
        name=code.name,
        text=row["explain"].strip(),
        forms=tuple(forms),
        causes=_all(row, "causes"),
        hints=_all(row, "hints"),
        codes=_fill(words("words", lang)["codes"], exits),
    )


def words(table: str, lang: str = "en") -> dict[str, str]:
    """The table [labels] or [words]: texts that belong to no code."""
    found: dict[str, str] = _tables(lang, table)
    return found


def _tables(lang: str, name: str) -> dict[str, Any]:
    return table("text", lang, name)


def _row(code: ErrorCode, details: Mapping[str, object], lang: str) -> dict[str, Any]:
    """The texts of a code; those of its reason in front. A reason is a cause of its own: it inherits none."""
    base, reason = _tables(lang, code.value), details.get("reason")
    special = base.get("reasons", {}).get(reason) if isinstance(reason, str) else None
    return base if special is None else {**base, "causes": (), **special}


def _foreign(details: Mapping[str, object], lang: str) -> frozenset[str]:
    """Sentences that others made (an engine, the system): in a text of another language they stand in quotes."""
    problem = details.get("problem")
    if lang == "en" or not isinstance(problem, str) or isinstance(problem, Text):
        return frozenset()
    return frozenset({"problem"} if len(problem.split()) > 1 else ())


def _fill(text: str, details: Mapping[str, object], quoted: frozenset[str] = frozenset()) -> str:
    """`text` with its placeholders filled; where a detail is missing, its default or `<name>`."""

    def value(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        shown = _value(name, details)
        if shown and name in quoted:
            return f"“{shown}”"
        if default is not None:
            return shown or default
        return f"<{name}>" if shown is None else shown

    return PLACEHOLDER.sub(value, text)


def _value(name: str, details: Mapping[str, object]) -> str | None:
    value = details.get(name)
    if name == "candidates" and value is None and "candidate" in details:
        value = [details["candidate"]]
    if name == "job" and isinstance(job_id := details.get("job_id"), str):
        value = job_id.removeprefix("dli-")[:8]  # as `dli jobs` shows it
    if name == "problem" and isinstance(value, str):
        return _in_a_sentence(value)
    return None if value is None else fact(name, value, quote=True)


def _in_a_sentence(problem: str) -> str:
    """A problem of several lines is told by its first one where all of them would be too much; the rest is a fact."""
    whole = line(problem)
    first = line(problem.strip().partition("\n")[0])
    return first if first and whole.endswith("…") and not first.endswith("…") else whole


def _lines(lines: Sequence[str], details: Mapping[str, object]) -> tuple[str, ...]:
    """Causes or hints, without those that speak of a detail that is missing."""

    def fits(text: str) -> bool:
        return all(m[2] is not None or _value(m[1], details) for m in PLACEHOLDER.finditer(text))

    return tuple(_fill(text, details) for text in lines if fits(text))


def _all(row: dict[str, Any], key: str) -> tuple[str, ...]:
    """Causes or hints of a code and of all its reasons, each once."""
    lists = [row.get(key, ()), *(reason.get(key, ()) for reason in row.get("reasons", {}).values())]
    return tuple(dict.fromkeys(_fill(text, {}) for lines in lists for text in lines))


def _told(message: str, details: Mapping[str, object]) -> set[str]:
    """Details that the message shows in full: they are no facts of their own."""
    names = {m[1] for m in PLACEHOLDER.finditer(message)}
    return {name for name in names if _shown(name, details).split() == (_value(name, details) or "").split()}


def _shown(key: str, details: Mapping[str, object]) -> str:
    """A detail as a fact of its own: prose keeps its lines."""
    value = details.get(key)
    return block(value) if key == "problem" and isinstance(value, str) else fact(key, value)


def _facts(details: Mapping[str, object], labels: Mapping[str, str], told: set[str]) -> list[tuple[str, str]]:
    place = _place(details)
    hidden = {"path", "line", "column"} if details.get("problems") and not _is_told(details) else set[str]()
    if place or details.get("excerpt"):  # they are shown there
        hidden |= {"line", "column"}
    facts: list[tuple[str, str]] = []
    for key in details:
        if key not in labels or key in hidden:
            continue
        if key == "path" and place and place != _shown(key, details):
            facts.append((labels[key], place))
        elif key not in told:
            facts.append((labels[key], _shown(key, details)))
    return facts


def _place(details: Mapping[str, object]) -> str:
    """`path:line:column`, as far as known; empty without a path."""
    if not isinstance(path := details.get("path"), str):
        return ""
    numbers: list[str] = []
    for key in ("line", "column"):
        if type(number := details.get(key)) is not int:
            break
        numbers.append(f":{number}")
    return fact("path", path) + "".join(numbers)


def _problems(details: Mapping[str, object]) -> list[str]:
    found = items(details.get("problems")) or []
    # One problem under a reason of its own is what the message says.
    return [] if _is_told(details) else [_problem(problem) for problem in found]


def _is_told(details: Mapping[str, object]) -> bool:
    return isinstance(details.get("reason"), str) and len(items(details.get("problems")) or ()) == 1


def _problem(problem: object) -> str:
    found = mapping(problem)
    if found is None:
        return line(problem, 1000)
    place, message = _place(found), line(found.get("message", ""), 1000)
    return f"{place}: {message}" if place else message
