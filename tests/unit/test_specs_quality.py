"""What each type of quality test needs is checked when the spec is read, at the place of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from dli_core.models.quality_rules import RULES
from tests.support.specs import HEAD, QUALITY, refused

TYPES = "not_null, unique, accepted_values, relationships, range_check, row_count, expression, freshness or singular"

# The test, in braces → what is said; the columns count from its brace.
TESTS = {
    "{type: notnull, column: a}": ["8 'type' is 'notnull', did you mean 'not_null'?"],
    "{type: foreign_key, column: a}": ["8 'type' is 'foreign_key', did you mean 'relationships'?"],
    "{type: 5}": [f"8 'type' is 5: use {TYPES}"],
    "{column: a}": ["1 'type' is missing"],
    "{type: not_null}": ["1 a not_null test needs a 'column'"],
    "{type: not_null, columns: [a]}": ["18 a not_null test is about one column: write 'column'"],
    "{type: not_null, colum: a}": ["18 unknown key 'colum', did you mean 'column'?"],
    "{type: not_null, column: ''}": ["26 'column' is an empty text"],
    "{type: not_null, column: a, params: {x: 1}}": ["38 a not_null test has no params: remove 'x'"],
    "{type: not_null, column: a, params: [x]}": ["37 'params' wants keys and values, not a list"],
    "{type: not_null, column: a, severity: warning}": ["39 'severity' is 'warning', did you mean 'warn'?"],
    "{type: not_null, column: a, severity: 1}": ["39 'severity' is 1: use error or warn"],
    "{type: unique}": ["1 a unique test needs a 'column', or several 'columns'"],
    "{type: unique, column: a, columns: [b]}": ["27 a unique test needs either 'column' or 'columns', not both"],
    "{type: unique, columns: []}": ["25 'columns' is an empty list"],
    "{type: unique, columns: a}": ["25 'columns' wants a list, not the text 'a': write [a]"],
    "{type: accepted_values, column: a}": ["1 an accepted_values test needs 'values' below 'params'"],
    "{type: accepted_values, column: a, values: [x]}": ["36 unknown key 'values': it belongs below 'params'"],
    "{type: accepted_values, column: a, params: {vals: [x]}}": [
        "45 unknown key 'vals' of an accepted_values test, did you mean 'values'?"
    ],
    "{type: accepted_values, column: a, params: {values: x}}": [
        "53 'values' of an accepted_values test does not fit: write a list like [a, b]"
    ],
    "{type: accepted_values, column: a, params: {values: []}}": [
        "53 'values' of an accepted_values test does not fit: write a list like [a, b]"
    ],
    "{type: accepted_values, column: a, params: {values: [x, null]}}": [
        (
            "53 'values' of an accepted_values test does not fit: write texts, numbers, true or false "
            "(a test for null is not_null)"
        )
    ],
    "{type: relationships, column: a}": [
        "1 a relationships test needs 'field' below 'params'",
        "1 a relationships test needs 'to' below 'params'",
    ],
    "{type: relationships, column: a, params: {to: b.c.d, field: 5}}": [
        "61 'field' of a relationships test does not fit: write text"
    ],
    "{type: range_check, column: a}": ["1 a range_check test needs 'min' or 'max' below 'params'"],
    "{type: range_check, column: a, min: 1}": ["32 unknown key 'min': it belongs below 'params'"],
    "{type: range_check, column: a, params: {minimum: 1}}": [
        "41 unknown key 'minimum' of a range_check test, did you mean 'min'?"
    ],
    "{type: range_check, column: a, params: {min: 5, max: 1}}": ["46 'min' is above 'max'"],
    "{type: range_check, column: a, params: {min: true, max: .nan}}": [
        "46 'min' of a range_check test does not fit: write a number or a date",
        "57 'max' of a range_check test does not fit: write a number or a date",
    ],
    "{type: range_check, params: {max: 1}}": ["1 a range_check test needs a 'column'"],
    "{type: row_count}": ["1 a row_count test needs 'min' or 'max' below 'params'"],
    "{type: row_count, column: a, params: {min: 1}}": [
        "19 a row_count test is about the whole table: it has no 'column'"
    ],
    "{type: row_count, params: {min: -1, max: 1.5}}": [
        "33 'min' of a row_count test does not fit: write a whole number from 0 on",
        "42 'max' of a row_count test does not fit: write a whole number from 0 on",
    ],
    "{type: expression, params: {condition: a > b}}": [
        "29 unknown key 'condition' of an expression test, did you mean 'sql'?"
    ],
    "{type: expression, sql: a > b}": ["20 unknown key 'sql': it belongs below 'params'"],
    "{type: expression, columns: [a], params: {sql: x}}": ["20 an expression test is about one column: write 'column'"],
    "{type: freshness, column: a}": ["1 a freshness test needs 'max_age' below 'params'"],
    "{type: freshness, params: {max_age: 1h}}": ["1 a freshness test needs a 'column'"],
    "{type: freshness, column: a, params: {max_age: 24}}": [
        "48 'max_age' of a freshness test does not fit: write minutes, hours or days, like 30m, 24h or 7d"
    ],
    "{type: freshness, column: a, params: {max_age_hours: 24}}": [
        "39 unknown key 'max_age_hours' of a freshness test, did you mean 'max_age'?"
    ],
    "{type: freshness, column: a, params: {max_age: 1h, zzz: 1}}": [
        "52 unknown key 'zzz' of a freshness test: it has max_age"
    ],
    "{type: singular}": ["1 a singular test needs 'sql' below 'params'"],
    "{type: singular, params: {sql: ' '}}": ["32 'sql' of a singular test does not fit: write SQL"],
    "{type: singular, column: a, params: {sql: x}}": [
        "18 a singular test is about the whole table: it has no 'column'"
    ],
}


@pytest.mark.parametrize("text", TESTS)
def test_a_test_without_what_its_type_needs_is_refused(tmp_path: Path, text: str):
    expected = [f"4:{int(column) + 4} {said}" for column, _, said in (line.partition(" ") for line in TESTS[text])]
    assert refused(tmp_path, f"{QUALITY}tests:\n  - {text}\n", "quality") == expected


def test_every_type_has_a_rule_and_is_refused_somewhere_above():
    assert set(RULES) == set(TYPES.replace(" or ", ", ").split(", "))
    assert all(any(f"type: {kind}" in text for text in TESTS) for kind in RULES)


def test_tests_of_a_dataset_are_checked_like_those_of_a_quality_spec(tmp_path: Path):
    text = (
        HEAD + "tests:\n  - type: accepted_values\n    column: a\n    params:\n      valeus: [x]\n  - type: not_null\n"
    )
    assert refused(tmp_path, text) == [
        "7:7 unknown key 'valeus' of an accepted_values test, did you mean 'values'?",
        "8:5 a not_null test needs a 'column'",
    ]


def test_names_of_tests_given_or_made_are_used_once(tmp_path: Path):
    text = QUALITY + (
        "tests:\n"
        "  - {type: not_null, column: a}\n"
        "  - {type: not_null, column: a, severity: warn}\n"
        "  - {name: mine, type: not_null, column: b}\n"
        "  - {name: mine, type: not_null, column: c}\n"
        "  - {name: not_null_a, type: not_null, column: d}\n"
    )
    assert refused(tmp_path, text, "quality") == [
        "5:5 this test is 'not_null_a' too: give it a name of its own",
        "7:12 test 'mine' is declared twice",
        "8:12 test 'not_null_a' is declared twice",
    ]
