"""YAML against PyYAML: whatever PyYAML writes is read back, and whatever both read is the same.

The safe loader is made one of YAML 1.2's core schema first. What 1.1 has besides and DLI does not: yes/no/on/off,
sexagesimal (1:30) and binary (0b1) numbers, octal 017 and digits with `_`, dates, `=`, merge keys; and 1.2 has 0o17 and
1e3 besides. Keys are texts in DLI.
"""

from __future__ import annotations

import math
import os
import re
from typing import Any

import yaml
from dli_fast import YamlError, read_yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("DLI_YAML_EXAMPLES", "400"))
MANY = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


class Core(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of the core schema, and texts as keys."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in found or key.value == "<<":
                raise yaml.YAMLError
            found[key.value] = self.construct_object(item, deep=deep)
        return found


def core(loader: Any, node: Any) -> Any:
    text = loader.construct_scalar(node)
    if node.style is not None:
        return text
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text.lower() in {"true", "false"} and text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return text.lower() == "true"
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return int(text)
    if match := re.fullmatch(r"0(o[0-7]+|x[0-9a-fA-F]+)", text):
        return int(match[1][1:], 8 if match[1][0] == "o" else 16)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
        return float(text)
    if re.fullmatch(r"[-+]?\.(inf|Inf|INF)", text):
        return -math.inf if text[0] == "-" else math.inf
    if text in {".nan", ".NaN", ".NAN"}:
        return math.nan
    return text


Core.add_constructor("tag:yaml.org,2002:str", core)
Core.add_constructor("tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node, deep=True))


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


texts = st.one_of(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\x85\u2028\u2029"),
        max_size=12,
    ),
    st.text(st.sampled_from(" \n:-#'\"[]{}?,&*!|>%@`\\~=\tab1é"), max_size=10),
    st.sampled_from(
        [
            "true",
            "null",
            "~",
            "yes",
            "no",
            "1",
            "1.5",
            "0o7",
            "0x1f",
            "1:30",
            "2025-01-01",
            "<<",
            "=",
            "-",
            "?",
            "",
            " ",
            "---",
            "...",
        ]
    ),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts)
keys = texts.filter(lambda key: key != "<<" and "\n" not in key and "\t" not in key and len(key) < 100)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)


class Writer(yaml.SafeDumper):
    """Without aliases: DLI has none."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


@MANY
@given(
    values,
    st.sampled_from([None, True, False]),
    st.sampled_from([2, 4]),
    st.sampled_from([20, 80]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_pyyaml_writes_is_read_back(
    data: Any, flow: bool | None, indent: int, width: int, unicode: bool, newline: str
) -> None:
    text = yaml.dump(
        data,
        Dumper=Writer,
        default_flow_style=flow,
        indent=indent,
        width=width,
        allow_unicode=unicode,
        sort_keys=False,
        line_break=newline,
    )
    if newline == "\r\n":
        assume("\n" not in text.replace("\r\n", ""))
    found, places = read_yaml(text.encode())
    # `0o7` and `1e3` are texts to YAML 1.1, which writes them without quotes.
    assert same(found, yaml.load(text, Loader=Core)), text
    check_places(text.replace("\r\n", "\n"), found, places, ())


def check_places(text: str, found: Any, places: Any, path: tuple[str | int, ...]) -> None:
    """The key stands where the place says, in one of its spellings."""
    lines = text.split("\n")
    if path and isinstance(path[-1], str):
        line, column = places.key(path)
        rest = lines[line - 1][column - 1 :]
        key = path[-1]
        assert rest.startswith((key or "''", "'", '"', "? ", "!")), (rest, path)
    if not isinstance(found, (dict, list)) and found is not None:
        line, column = places.get(path)
        rest = lines[line - 1][column - 1 :]
        if isinstance(found, bool):
            assert rest.startswith(str(found).lower()), (rest, path)
        elif isinstance(found, int):
            assert rest.startswith((str(found), "0")), (rest, path)
        elif isinstance(found, str) and found:
            assert rest[:1] in {"'", '"', "|", ">"} or rest[:1] == found[:1], (rest, path)
    if isinstance(found, dict):
        for key, item in found.items():
            check_places(text, item, places, (*path, key))
    if isinstance(found, list):
        for index, item in enumerate(found):
            check_places(text, item, places, (*path, index))


pieces = st.sampled_from(
    ["a", "b: ", "c:", "- ", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", " ", ": ", "#", " # x", "'", '"', "[", "]", "{", "}", ", ", ",", "|\n  ",
     ">\n  ", "|-\n  ", ">+\n  ", "x y", "1", "-1.5", "true", "null", "~", "é", "''", "\\n", "\\", "?", "? ", "!", "&x", "*x", "---\n", "...\n", "%",
     "@", "\r\n", "0x1F", "yes", "1e3", "\n\n", "a: 1\n", "b: [1, 2]\n", "c:\n  - d\n", "k: 'v'\n", 'q: "w"\n', "<<", "=", "1:30"]
)  # fmt: skip


@MANY
@given(st.lists(pieces, max_size=14).map("".join))
def test_what_both_read_is_the_same(text: str) -> None:
    try:
        found = read_yaml(text.encode())[0]
    except YamlError as error:
        assert 1 <= error.line <= text.count("\n") + 1
        return
    try:
        expected = yaml.load(text, Loader=Core)
    except yaml.YAMLError:
        return  # YAML 1.2 allows more
    assert same(found, expected), (text, found, expected)
