"""YAML: values as PyYAML gives them (but for YAML 1.1's surprises), a place for everything, hostile input refused at once."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from dli_fast import YamlError, read_yaml

SPEC = b"""\
# a dataset
name: a.b.c
parameters:
  - name: start
    type: date   # inline
  - {name: end, "type": date}
tags: [one, 'two', "three"]
query_statement: |
  SELECT 1

  FROM t
"""


def value(text: str | bytes) -> Any:
    return read_yaml(text.encode() if isinstance(text, str) else text)[0]


def refused(data: str | bytes, kind: str, *, line: int | None = None, column: int | None = None) -> YamlError:
    begin = time.process_time()
    with pytest.raises(YamlError) as caught:
        read_yaml(data.encode() if isinstance(data, str) else data)
    spent = time.process_time() - begin
    error = caught.value
    assert spent < 1.0, f"{spent * 1e3:.0f} ms"  # a bound against hanging
    assert error.kind == kind, str(error)
    assert str(error) == f"{error.message} (line {error.line}, column {error.column})"
    assert len(str(error)) < 500
    if line is not None:
        assert (error.line, error.column) == (line, column), str(error)
    return error


def test_every_key_and_value_has_its_line_and_column() -> None:
    values, places = read_yaml(SPEC)
    assert values["parameters"][1] == {"name": "end", "type": "date"}
    assert values["query_statement"] == "SELECT 1\n\nFROM t\n"
    for path, at, key in [
        (("name",), (2, 7), (2, 1)),
        (("parameters",), (4, 3), (3, 1)),
        (("parameters", 0), (4, 5), (4, 5)),
        (("parameters", 0, "name"), (4, 11), (4, 5)),
        (("parameters", 0, "type"), (5, 11), (5, 5)),
        (("parameters", 1), (6, 5), (6, 5)),
        (("parameters", 1, "name"), (6, 12), (6, 6)),
        (("parameters", 1, "type"), (6, 25), (6, 17)),
        (("tags",), (7, 7), (7, 1)),
        (("tags", 1), (7, 13), (7, 13)),
        (("query_statement",), (9, 3), (8, 1)),
    ]:
        assert (places.get(path), places.key(path)) == (at, key), path
    assert places.text(("query_statement",)) == (9, 3)
    assert places.text(("name",)) == (2, 7)
    assert places.get(("nothing",)) is None
    assert places.get(("parameters", 9)) is None
    assert places.get(("parameters", -1)) is None
    assert places.nearest(("parameters", 1, "nothing")) == (6, 5)
    assert places.nearest(("parameters", 7, "x")) == (3, 1)
    assert places.nearest(()) == (1, 1)
    with pytest.raises(TypeError):
        places.get((1.5,))  # type: ignore[arg-type]


def test_columns_count_characters() -> None:
    _, places = read_yaml("한글: {é: 값}".encode())
    assert places.get(("한글", "é")) == (1, 9)
    assert places.key(("한글", "é")) == (1, 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"),
        ("true", True), ("False", False), ("TRUE", True), ("tRUE", "tRUE"),
        ("null", None), ("~", None), ("", None), ("Null", None), ("None", "None"),
        ("0o17", 15), ("010", 10), ("0x1F", 31), ("0b1", "0b1"), ("1_000", "1_000"), ("+7", 7), ("-0", 0),
        ("1:30", "1:30"), ("190:20:30", "190:20:30"), ("20:30", "20:30"),
        ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0), ("-.inf", -math.inf), ("1.5", 1.5), ("1e", "1e"),
        ("2025-01-31", "2025-01-31"), ("2025-01-31 10:00:00", "2025-01-31 10:00:00"),
        ("=", "="), ("9223372036854775808", 2**63), ("0xFFFFFFFFFFFFFFFFFF", 2**72 - 1), ("1" * 640, int("1" * 640)),
        ("'1'", "1"), ('"true"', "true"), ('"\\u00e9\\n\\x41"', "é\nA"), ("'it''s'", "it's"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_the_core_schema(text: str, expected: object) -> None:
    found = value(f"k: {text}")["k"]
    assert found == expected
    assert type(found) is type(expected)


def test_nan_is_a_float() -> None:
    assert math.isnan(value("k: .nan")["k"])


def test_keys_are_texts_whatever_they_look_like() -> None:
    assert value("1: a\ntrue: b\nnull: c\n2025-01-01: d\n1.5: e\nno: f") == {
        "1": "a", "true": "b", "null": "c", "2025-01-01": "d", "1.5": "e", "no": "f",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "kind", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate_key", 3, 1),
        ("a: {b: 1, b: 2}", "duplicate_key", 1, 11),
        ("'a': 1\na: 2", "duplicate_key", 2, 1),
        ("a: &x 1\n", "alias", 1, 4),
        ("a: *x\n", "alias", 1, 4),
        ("a: {<<: {b: 1}}", "merge_key", 1, 5),
        ("<<: 1", "merge_key", 1, 1),
        ("a: !!python/object:os.system x", "tag", 1, 4),
        ("a: !env HOME", "tag", 1, 4),
        ("!!map {a: 1}", "tag", 1, 1),
        ("a: !!str 1", "tag", 1, 4),
        ("a: 1\n---\nb: 2\n", "document", 2, 1),
        ("a: [1\nb: 2", "syntax", None, None),
        ("a: 'x", "syntax", None, None),
        ("a:\n\tb: 1", "syntax", None, None),
        ("\ta: 1", "syntax", None, None),
        ("a: 1\n b: 2", "syntax", None, None),
        ("a: b: c", "syntax", None, None),
        ("%YAML 3.0\n---\na: 1", "syntax", None, None),
        ("a: @x", "syntax", None, None),
        ("a: `x`", "syntax", None, None),
        ("[a, b]: 1", "syntax", None, None),
        ("? {a: 1}\n: 1", "syntax", None, None),
        ('a: "\\q"', "syntax", None, None),
    ],
)  # fmt: skip
def test_what_a_spec_does_not_need_is_refused_with_its_place(data: str, kind: str, line: int, column: int) -> None:
    refused(data, kind, line=line, column=column)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("lists", b"[" * 200_000, "depth"),
        ("mappings in one line", b"{a: " * 200_000, "depth"),
        ("nested mappings", b"\n".join(b" " * n + b"a:" for n in range(1_400)), "depth"),
        ("lists in lines", b"- " * 200_000, "depth"),
        ("question marks", b"? " * 200_000, "syntax"),
        ("3,000 mappings", b"{a: " * 3_000 + b"1" + b"}" * 3_000, "depth"),
        ("alias bomb", b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n".encode() for n in range(12)
        ), "alias"),
        ("merge bomb", b"a: &a {x: 1}\nb: {<<: [*a, *a]}", "alias"),
        ("too large", b"a: " + b"x" * (1 << 20), "size"),
        ("a million digits", b"a: " + b"9" * 1_000_000, "size"),
        ("a million hex digits", b"a: 0x" + b"f" * 1_000_000, "size"),
        ("641 digits", b"a: " + b"1" * 641, "size"),
        ("NUL", b"a: \x00", "syntax"),
        ("a control character", b"a: \x07", "syntax"),
        ("a lone surrogate", b"a: \xed\xa0\x80", "syntax"),
        ("not UTF-8", b"a: \xff\xfe\xfd", "syntax"),
        ("Latin-1", "name: café".encode("latin-1"), "syntax"),
        ("UTF-16", "a: 1".encode("utf-16"), "syntax"),
        ("UTF-16 without its mark", "a: 1".encode("utf-16-le"), "syntax"),
        ("UTF-32", "a: 1".encode("utf-32"), "syntax"),
        ("a byte-order mark inside", "a: 1\n\ufeffb: 2".encode(), "syntax"),
        ("open quotes", b'"' + b"a" * 900_000, "syntax"),
        ("open quotes of many lines", b"'" + b"\n" * 900_000, "syntax"),
        ("colons", b":" * 500_000 + b" " + b":" * 500_000, "syntax"),
        ("keys on one line", b"a: " * 200_000, "syntax"),
        ("commas", b"[" + b"," * 900_000, "syntax"),
        ("anchors", b"&a " * 300_000, "alias"),
        ("tags", b"!a " * 300_000, "tag"),
        ("exclamation marks", b"!" * 900_000, "syntax"),
        ("percent signs", b"%" * 900_000, "syntax"),
        ("documents", b"---\n" * 200_000, "document"),
        ("a million keys alike", b"a: 1\n" * 200_000, "duplicate_key"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)  # fmt: skip
def test_hostile_input_is_refused_at_once(name: str, data: bytes, kind: str) -> None:
    assert name
    refused(data, kind)


def answered(data: bytes) -> Any:
    begin = time.process_time()
    try:
        return read_yaml(data)[0]
    except YamlError as error:
        assert error.line >= 1
        assert error.column >= 1
    finally:
        spent = time.process_time() - begin
        assert spent < 5.0, f"{spent * 1e3:.0f} ms"  # a bound against hanging: what it takes is in benchmarks/


@pytest.mark.parametrize(
    "data",
    [
        b"#" * 1_000_000,
        b"\n" * 1_000_000,
        b" " * 1_000_000,
        b"\r" * 1_000_000,
        b"-\n" * 500_000,
        b"".join(b"k%d: 1\n" % n for n in range(90_000)),
        b"".join(b"k%d:\n" % n for n in range(90_000)),
        b"[" + b"a," * 500_000 + b"]",
        b"[" + b"a: 1," * 200_000 + b"]",
        b"a: |\n" + b"  x\n" * 250_000,
        b"a: >\n" + b"  x\n\n" * 200_000,
        b"a: x\n" + b"  x\n" * 250_000,
        b"'" + b"''" * 500_000 + b"'",
        b'"' + b"\\u0041" * 170_000 + b'"',
        b"a: " + b"b " * 500_000,
        b"{" + b"a,b: " * 200_000,
        b"a:\n" + b"  - b\n" * 170_000,
        b"? a\n" * 200_000,
        b"a" * 1_000_000 + b": 1",
        b"a: " + b"1" * 300 + b"." + b"1" * 1_000_000,
        b"a: 1e" + b"9" * 1_000_000,
        b"... " * 250_000,
        b"a: \xf0\x9f\x98\x80" * 100_000,
        b"- - - - - - - -\n" * 60_000,
        b"# a\n" * 250_000,
    ],
    ids=range(25),
)
def test_large_input_is_answered_in_time(data: bytes) -> None:
    answered(data[: 1 << 20])


def test_a_byte_order_mark_crlf_and_comments_change_nothing() -> None:
    plain = b"a: 1\nb:\n  - x\n  - |\n    one\n    two\n"
    expected = value(plain)
    assert value(b"\xef\xbb\xbf" + plain) == expected
    assert value(plain.replace(b"\n", b"\r\n")) == expected
    assert value(plain.replace(b"- x", b"- x # y")) == expected
    assert value(b"---\n" + plain + b"...\n") == expected
    _, places = read_yaml(plain.replace(b"\n", b"\r\n"))
    assert places.get(("b", 0)) == (3, 5)


def test_a_block_ends_as_the_file_does() -> None:
    assert value("a: |\n  x") == {"a": "x"}
    assert value("a: |\n  x\n") == {"a": "x\n"}
    assert value("a: >\n  x\n  y") == {"a": "x y"}
    assert value("a: |+\n  x\n\n") == {"a": "x\n\n"}
    assert value("a: |-\n  x\n") == {"a": "x"}
    assert value("a: |\n  # x\n# x") == {"a": "# x\n"}
    assert value("a: |\n  x\nb: x") == {"a": "x\n", "b": "x"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: |+\n ", ""),
        ("a: >+\n   ", ""),
        ("a: |+\n\n ", "\n"),
        ("a: |+\n \n ", "\n"),
        ("a: |+\n  x\n ", "x\n"),
        ("a: |+\n  x\n\n  ", "x\n\n"),
        ("a: |\n  x\n    ", "x\n  "),
        ("a: |\n  ", ""),
    ],
)
def test_blanks_without_a_line_break_are_no_line_of_a_block(text: str, expected: str) -> None:
    # YAML 1.2: an empty line (l-empty) ends in a break; blanks beyond the indentation are text (l-nb-literal-text).
    assert value(text) == {"a": expected}
    assert value(f"b: |+\n\n{text}") == {"b": "\n", "a": expected}
    assert value(text.replace("a: ", "? ")) == {expected: None}


def test_keys_that_stand_twice_are_collected_and_reading_goes_on() -> None:
    twice: list[YamlError] = []
    data = b"a: 1\nb: {x: 1, x: {y: 2, y: 3}}\nc: [1]\na: [7, {z: 1}]\nd: 2\na:\n"
    values, places = read_yaml(data, twice=twice)
    assert values == {"a": 1, "b": {"x": 1}, "c": [1], "d": 2}  # the first of each counts
    assert [(error.kind, error.line, error.column, error.first) for error in twice] == [
        ("duplicate_key", 2, 11, (2, 5)),
        ("duplicate_key", 2, 21, (2, 15)),
        ("duplicate_key", 4, 1, (1, 1)),
        ("duplicate_key", 6, 1, (1, 1)),
    ]
    assert places.get(("a",)) == (1, 4)
    assert places.get(("b", "x")) == (2, 8)
    assert places.get(("d",)) == (5, 4)
    assert places.get(("a", 0)) is None


def test_keys_that_stand_twice_are_told_beside_the_error_that_ends_the_reading() -> None:
    twice: list[YamlError] = []
    with pytest.raises(YamlError) as caught:
        read_yaml(b"a: 1\na: 2\nb: [1\n", twice=twice)
    assert caught.value.kind == "syntax"
    assert caught.value.first is None
    assert [error.line for error in twice] == [2]


def test_a_hundred_keys_that_stand_twice_are_enough() -> None:
    twice: list[YamlError] = []
    many = b"".join(b"k%d: 1\n" % (n % 20) for n in range(1_000))
    with pytest.raises(YamlError) as caught:
        read_yaml(many, twice=twice)
    assert (len(twice), caught.value.kind, caught.value.line) == (100, "duplicate_key", 121)


def test_the_limits_are_the_callers() -> None:
    assert value("[" * 64 + "]" * 64) is not None
    refused("[" * 65 + "]" * 65, "depth")
    assert read_yaml(b"[[[1]]]", max_depth=3)[0] == [[[1]]]
    with pytest.raises(YamlError):
        read_yaml(b"[[[1]]]", max_depth=2)
    with pytest.raises(YamlError):
        read_yaml(b"a: 12", max_bytes=4)
    assert value(b"") is None
    assert value(b"# nothing\n") is None
    with pytest.raises(TypeError):
        read_yaml("a: 1")  # type: ignore[arg-type]
