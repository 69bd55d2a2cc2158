"""Editing any configuration file: the value reads back, and all other bytes are the same.

A file is drawn as its tree and a style for every block of it (lines or braces, comments, blank lines, quotes).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dli_fast
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dli_core.config import Layer
from dli_core.config.edit import changed
from dli_core.config.files import Place
from dli_core.config.yaml_text import emit

PLACE = Place(Layer.PROJECT, "dli.yaml", Path("dli.yaml"))
TARGET = "\0"  # stands for the value that will change

names = st.sampled_from(["a", "b", "c d", "e.f", "x#y", "g: h", "'q'", "한글", "1", "null", "- i"])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31), 2**31),
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", "#", "a # b", "a: b", "'", '"', "{", "]", "null", "1", "~", "|", "- x", "\n", "a\nb\n", "${X}"]
    ),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=2), max_leaves=4
)
trees = st.recursive(
    st.dictionaries(names, values, min_size=1, max_size=3),
    lambda inner: st.dictionaries(names, st.one_of(values, inner), min_size=1, max_size=4),
    max_leaves=12,
)
comments = st.sampled_from(["", "", "", " # note", "  # a: b", " #'"])
between = st.sampled_from(["", "", "", "\n", "# a line\n", "    # deep: {\n", "\n\n"])


@dataclass(frozen=True)
class Drawn:
    text: str  # with TARGET where the value of `path` stands, if it has one
    path: tuple[str, ...]
    before: str  # what stands there at first


def token(draw: st.DrawFn, value: Any) -> str:
    """A value on one line, as some people write it."""
    if isinstance(value, str) and value.isprintable():
        forms = [emit(value), json.dumps(value, ensure_ascii=False), "'" + value.replace("'", "''") + "'"]
        return draw(st.sampled_from(forms))
    return emit(value)


def flow(draw: st.DrawFn, tree: dict[str, Any], path: tuple[str, ...] | None) -> str:
    """`{a: 1, b: {c: 2}}`, perhaps over lines and with a comma at the end."""
    gap = draw(st.sampled_from([" ", " ", "  ", "\n      "]))
    parts = []
    for name, value in tree.items():
        below = path[1:] if path and path[0] == name else None
        parts.append(f"{emit(name)}: {inline(draw, value, below)}")
    end = draw(st.sampled_from(["", "", " ", ","]))
    return "{" + draw(st.sampled_from(["", " "])) + f",{gap}".join(parts) + end + "}"


def inline(draw: st.DrawFn, value: Any, below: tuple[str, ...] | None) -> str:
    if below == ():
        return TARGET
    return flow(draw, value, below) if isinstance(value, dict) and value else token(draw, value)


def block(draw: st.DrawFn, tree: dict[str, Any], path: tuple[str, ...] | None, indent: int) -> str:
    lines = []
    for name, value in tree.items():
        below = path[1:] if path and path[0] == name else None
        head = " " * indent + emit(name) + draw(st.sampled_from([":", ":", " :"]))
        lines.append(draw(between))
        if isinstance(value, dict) and value and below != () and draw(st.integers(0, 3)):
            inner = indent + draw(st.sampled_from([1, 2, 2, 4]))
            lines.append(f"{head}{draw(comments)}\n{block(draw, value, below, inner)}")
        elif isinstance(value, list) and value and below != () and draw(st.booleans()):
            dash = " " * (indent + draw(st.sampled_from([0, 2])))
            items = "".join(f"{dash}- {emit(item)}{draw(comments)}\n" for item in value)
            lines.append(f"{head}{draw(comments)}\n{items}")
        elif isinstance(value, str) and value.isalpha() and below != () and draw(st.booleans()):
            lines.append(f"{head} |\n{' ' * (indent + 2)}{value}\n")
        else:
            lines.append(f"{head} {inline(draw, value, below)}{draw(comments)}\n")
    return "".join(lines)


@st.composite
def files(draw: st.DrawFn, *, existing: bool) -> Drawn:
    """A file, and the path of a value in it, or of one that it lacks."""
    tree = {"vars": draw(trees)}
    path: tuple[str, ...] = ("vars",)
    inner: Any = tree["vars"]
    while isinstance(inner, dict) and inner and (len(path) == 1 or draw(st.booleans())):
        name = draw(st.sampled_from(list(inner)))
        if not existing and draw(st.booleans()):
            break
        path, inner = (*path, name), inner[name]
    if not existing:
        assume(isinstance(inner, dict) and inner)
        new = [name for name in ("new", "n: w", "neu") if name not in inner]
        path = (*path, *draw(st.lists(st.sampled_from(new), min_size=1, max_size=2, unique=True)))
    whole = draw(st.booleans()) and draw(st.booleans())
    others = {"env_vars": ["A"], "execution": {"timeout": 3}}
    tree = draw(st.sampled_from([tree, {**tree, **others}, {**others, **tree}]))
    target = path if existing else None
    text = flow(draw, tree, target) + "\n" if whole else block(draw, tree, target, 0)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    if draw(st.integers(0, 4)) == 0:
        text = text.replace("\n", "\r\n")
    return Drawn(text, path, token(draw, draw(scalars)))


def read(text: str) -> Any:
    return dli_fast.read_yaml(text.encode())[0]


def with_value(tree: Any, path: tuple[str, ...], value: Any) -> Any:
    name, *rest = path
    return {**tree, name: with_value(tree.get(name) or {}, tuple(rest), value) if rest else value}


@given(files(existing=True), values)
@settings(max_examples=150)
def test_a_value_that_exists_is_replaced_and_nothing_else(drawn: Drawn, new: Any):
    old = drawn.text.replace(TARGET, drawn.before)
    edited = changed(old, drawn.path, new, PLACE)
    assert edited == drawn.text.replace(TARGET, emit(new))
    assert repr(read(edited)) == repr(with_value(read(old), drawn.path, new))


@given(files(existing=False), values)
@settings(max_examples=150)
def test_a_value_that_is_missing_is_put_in_at_one_place(drawn: Drawn, new: Any):
    old = drawn.text
    edited = changed(old, drawn.path, new, PLACE)
    assert any(edited.startswith(old[:at]) and edited.endswith(old[at:]) for at in range(len(old) + 1))
    assert repr(read(edited)) == repr(with_value(read(old), drawn.path, new))


@given(values)
@settings(max_examples=150)
def test_any_value_reads_back_from_one_line(value: Any):
    text = emit(value)
    assert "\n" not in text
    assert repr(read(f"a: {text}\n")["a"]) == repr(value)
    assert repr(read(f"a: {{b: [{text}, {text}]}}\n")["a"]["b"]) == repr([value, value])
