"""A hook of MkDocs: the parts of pages that the code itself knows, so that they cannot be out of date.

    <!-- generated: errors -->  ─▶  GENERATED["errors"]()  ─▶  Markdown in its place

Also used by tests/house: what is printed here is what the program holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from dli_core.config import Override, resolve
from dli_core.config.env import NAMES
from dli_core.config.settings import NO_KEYS, OVERLAY_ONLY, Settings
from dli_core.engines.base import Capabilities
from dli_core.engines.factory import make_engine, names
from dli_core.engines.mock import ExecutorEngine
from dli_core.errors import ErrorCode
from dli_core.errors.text import explain
from dli_core.export.formats import FORMATS, Format
from dli_core.models.quality_rules import RULES, Rule
from dli_core.models.spec import PARAMETER_TYPES
from dli_core.specs.find import KINDS
from dli_core.specs.schema import json_schema

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs for every page."""
    return MARK.sub(lambda mark: GENERATED[mark[1]](), markdown)


def errors() -> str:
    """One section per code, as `dli explain` tells it."""
    lines: list[str] = []
    for code in ErrorCode:
        told = explain(code)
        title = plain(told.title.removeprefix(f"[{code}] "))
        lines += [f"### {title} {{ #{code.value.lower()} }}", ""]
        lines += [f"**{code.value}** · `{told.name}` · `{code.kind}` · {told.codes.lower()}", "", plain(told.text), ""]
        for heading, items in (
            ("Its other forms", told.forms),
            ("Possible causes", told.causes),
            ("Hints", told.hints),
        ):
            if items:
                lines += [f"{heading}:", "", *(f"- {plain(item)}" for item in items), ""]
    return "\n".join(lines)


def codes() -> str:
    """All codes in one table."""
    rows = [f"| [{c.value}](#{c.value.lower()}) | `{c.name}` | {c.exit_code} | {c.http_status} |" for c in ErrorCode]
    return "\n".join(["| code | name | exit | HTTP |", "|---|---|---|---|", *rows])


def exits() -> str:
    """Exit codes and the codes that lead to them."""
    found: dict[int, list[str]] = {}
    for code in ErrorCode:
        found.setdefault(code.exit_code, []).append(code.value.removeprefix("DLI-"))
    rows = [f"| {number} | {', '.join(found[number])} |" for number in sorted(found)]
    return "\n".join(["| exit code | DLI- |", "|---|---|", "| 0 | done |", *rows])


def formats() -> str:
    """The output formats, the suffixes that mean them, and what they can be packed with."""
    rows = [
        f"| `{name}` | {_code(row.suffixes)} | {_code(row.compressions)} | {_packing(row)} |"
        for name, row in FORMATS.items()
    ]
    head = "| format | suffixes | `--compression`, the first by default | where |"
    return "\n".join([head, "|---|---|---|---|", *rows])


def _packing(row: Format) -> str:
    return "inside of the file" if row.packs_itself else "the whole file; also by its suffix: `.gz`, `.zst`"


def keys_of(kind: str) -> str:
    """Every key of one kind of spec, as its JSON Schema tells it: those of the file, then those of each block."""
    schema = json_schema(kind)
    parts = ["## Keys", "", *_key_table(schema)]
    for name, block in schema["$defs"].items():
        if "properties" in block and name != "QualityTest":
            parts += _block(name, block)
    parts += _block("QualityTest", schema["$defs"]["QualityTest"])
    parts += ["", "What each type of test needs:", "", "| type | column | params |", "|---|---|---|"]
    return "\n".join([*parts, *(_test_row(name, rule) for name, rule in RULES.items())])


def _block(name: str, block: Mapping[str, Any]) -> list[str]:
    return ["", f"## {_heading(name)} {{ #{name.lower()} }}", "", block["description"], "", *_key_table(block)]


def _key_table(block: Mapping[str, Any]) -> list[str]:
    needed = {*block.get("required", ()), *(key for one in block.get("oneOf", ()) for key in one["required"])}
    rows = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key, field in block["properties"].items():
        default = field.get("default")
        text = str(default).lower() if isinstance(default, bool) else default
        shown = "" if default in (None, [], {}) else f"`{text}`"
        told = "**required**" if key in block.get("required", ()) else "**one of the two**" if key in needed else shown
        rows.append(f"| `{key}` | {_value(field)} | {told} | {plain(field['description'])} |")
    return rows


def _value(field: Mapping[str, Any]) -> str:
    """What may stand at a key, in a few words."""
    if "$ref" in field:
        name = str(field["$ref"]).rpartition("/")[2]
        return _ENUMS.get(name) or f"[{_heading(name).lower()}](#{name.lower()})"
    if "anyOf" in field:
        some = [one for one in field["anyOf"] if one.get("type") != "null"]
        # Beside names that editors complete, a pattern only allows them in other letters.
        some = [one for one in some if "enum" in one] or some
        return " or ".join(dict.fromkeys(map(_value, some)))
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") == "array":
        return f"list of {_value(field['items'])}" if field.get("items") else "list"
    return _VALUES.get(str(field.get("type")), "any value")


_VALUES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "keys and values",
}
_ENUMS = {"Severity": "`error`, `warn`"}


def _heading(name: str) -> str:
    """`SideStatement` as people say it: Side statement."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _test_row(name: str, rule: Rule) -> str:
    column = {"one": "`column`", "some": "`column` or `columns`", "none": "", "maybe": "`column`, if it has one"}
    params = [f"`{key}`" for key in rule.needs] + (["`min`, `max`: at least one"] if rule.bounds else [])
    return f"| `{name}` | {column[rule.columns]} | {', '.join(params)} |"


def types() -> str:
    """The types of parameters."""
    return ", ".join(f"`{name}`" for name in PARAMETER_TYPES)


def settings() -> str:
    """Every key of the configuration, with its default."""
    rows = [f"| `{key}` | {default} | {text} |" for key, default, text in _keys(Settings, "")]
    return "\n".join(["| key | default | |", "|---|---|---|", *rows])


def variables() -> str:
    """The short names of the environment."""
    rows = [f"| `{name.name}` | {f'`{name.key}`' if name.key else ''} | {name.meaning} |" for name in NAMES]
    return "\n".join(["| name | key | meaning |", "|---|---|---|", *rows])


def engines() -> str:
    """What each engine can do, as the contract tests ask it."""
    made = {name: _capabilities(name) for name in names()} | {"mock": ExecutorEngine.capabilities}
    fields = list(Capabilities.__dataclass_fields__)
    head = f"| engine | {' | '.join(name.replace('_', ' ') for name in fields)} |"
    rows = [
        f"| `{engine}` | {' | '.join('yes' if getattr(can, name) else 'no' for name in fields)} |"
        for engine, can in made.items()
    ]
    return "\n".join([head, "|---" * (len(fields) + 1) + "|", *rows])


def _capabilities(engine: str) -> Capabilities:
    settings = resolve({"local.engine": Override(engine, "the documentation")}, environ={"DLI_USER_CONFIG": "off"})
    return make_engine(settings).capabilities


def contributing() -> str:
    """CONTRIBUTING.md, whose links are relative to the root."""
    return _root_page("CONTRIBUTING.md")


def changelog() -> str:
    """CHANGELOG.md."""
    return _root_page("CHANGELOG.md")


def _root_page(name: str) -> str:
    text = (ROOT / name).read_text(encoding="utf-8")
    return text.partition("\n")[2].strip().replace("](docs/", "](")


def _keys(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        if not prefix and name in NO_KEYS:
            continue
        place = "environments.NAME." if not prefix and name in OVERLAY_ONLY else prefix
        key = f"{place}{field.alias or name}"
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _keys(annotation, f"{key}.")
        else:
            yield key, _default(field), _meaning(field)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    shown = str(value).lower() if isinstance(value, bool) else getattr(value, "value", value)
    return "" if value in (None, {}, []) else f"`{shown}`"


def _meaning(field: FieldInfo) -> str:
    secret = " A secret: never shown." if SecretStr in getattr(field.annotation, "__args__", ()) else ""
    return f"{field.description}{secret}"


def _code(items: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{item}`" for item in items)


def plain(text: str) -> str:
    """Text for people as Markdown: what looks like HTML or a template is shown, not read."""
    return re.sub(r"(<[^>]+>|\{\{.*?\}\}|\$\{.*?\})", r"`\1`", text).replace("*", r"\*")


GENERATED: dict[str, Callable[[], str]] = {
    "changelog": changelog,
    "codes": codes,
    "contributing": contributing,
    **{f"keys_{kind}": partial(keys_of, kind) for kind in KINDS},
    "engines": engines,
    "errors": errors,
    "exits": exits,
    "formats": formats,
    "settings": settings,
    "types": types,
    "variables": variables,
}
