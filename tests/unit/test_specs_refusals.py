"""What a spec may not hold: each refusal is a sentence, at the place of what is wrong, and says what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.specs import HEAD, QUALITY, load, refused, told, write

TYPES = "string, integer, float, decimal, boolean, date, timestamp, identifier or list[…] of one of these"
COLUMN_TYPES = "integer, bigint, float, double, decimal(p,s), string, boolean, date, timestamp"

# Where the unknown key stands → the text after HEAD, and what is said.
UNKNOWN = {
    "at the top": ("ownr: x", ["3:1 unknown key 'ownr', did you mean 'owner'?"]),
    "at the top, from another tool": ("columns: []", ["3:1 unknown key 'columns', did you mean 'schema'?"]),
    "at the top, in other letters": ("Owner: x", ["3:1 unknown key 'Owner', did you mean 'owner'?"]),
    "at the top, of another block": (
        "timeout_seconds: 5\ncron: '@daily'",
        [
            "3:1 unknown key 'timeout_seconds': it belongs below 'execution'",
            "4:1 unknown key 'cron': it belongs below 'schedule'",
        ],
    ),
    "at the top, of another block and another tool": (
        "timeout: 5",
        ["3:1 unknown key 'timeout', did you mean 'timeout_seconds' below 'execution'?"],
    ),
    "at the top, of another kind": (
        "dimensions: []\ntarget: x",
        [
            "3:1 unknown key 'dimensions': only a metric spec has it",
            "4:1 unknown key 'target': only a quality spec has it",
        ],
    ),
    "at the top, like nothing": ("zzz: 1", ["3:1 unknown key 'zzz'"]),
    "the name of a field in Python": ("schema_: []", ["3:1 unknown key 'schema_', did you mean 'schema'?"]),
    "a number": ("5: x\ntrue: y", ["3:1 unknown key '5'", "4:1 unknown key 'true'"]),
    "in a block": ("execution:\n  retries: 3", ["4:3 unknown key 'retries', did you mean 'retry_count'?"]),
    "in braces": ("execution: {dialekt: trino}", ["3:13 unknown key 'dialekt', did you mean 'dialect'?"]),
    "in a block of a block": (
        "schedule:\n  cron: '@daily'\n  retry:\n    attempts: 3",
        ["6:5 unknown key 'attempts', did you mean 'count'?"],
    ),
    "in a list": (
        "parameters:\n  - name: a\n    defualt: 1",
        ["5:5 unknown key 'defualt', did you mean 'default'?"],
    ),
    "in a list, from another tool": (
        "parameters:\n  - {name: a, enum: [1]}",
        ["4:15 unknown key 'enum', did you mean 'allowed'?"],
    ),
    "in a column": (
        "schema: [{name: a, type: date, comment: x}]",
        ["3:32 unknown key 'comment', did you mean 'description'?"],
    ),
    "in a statement": (
        "pre_statements:\n  - query: x\n  - {sql: x, when: y}",
        [
            "4:5 unknown key 'query', did you mean 'sql'?",
            "5:14 unknown key 'when': use name, sql and continue_on_error",
        ],
    ),
    "in a test": (
        "tests:\n  - {type: not_null, column: a, level: warn}",
        ["4:33 unknown key 'level', did you mean 'severity'?"],
    ),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_an_unknown_key_is_refused_with_what_is_meant(tmp_path: Path, case: str):
    text, problems = UNKNOWN[case]
    assert refused(tmp_path, HEAD + text) == problems


def test_a_misspelt_key_is_not_missing_too(tmp_path: Path):
    assert refused(tmp_path, "nmae: a.b.c\nqurey_file: x\nparameters: [{nam: x}]") == [
        "1:1 unknown key 'nmae', did you mean 'name'?",
        "2:1 unknown key 'qurey_file', did you mean 'query_file'?",
        "3:15 unknown key 'nam', did you mean 'name'?",
    ]


def test_keys_of_metrics_and_quality_specs_are_checked_at_every_level(tmp_path: Path):
    text = HEAD + "metrics:\n  - {name: m, agg: sum, expr: a, where: [x]}\ndimensions:\n  - {name: d, kind: time}\n"
    assert refused(tmp_path, text, "metric") == [
        "4:15 unknown key 'agg', did you mean 'aggregation'?",
        "4:25 unknown key 'expr', did you mean 'expression'?",
        "4:34 unknown key 'where', did you mean 'filters'?",
        "6:15 unknown key 'kind', did you mean 'type'?",
    ]
    head = "name: a.b.q\ntarget: {name: a.b.c, kind: dataset}\nmeta: {a: b}\nquery_file: x\n"
    text = head + "tests: [{type: row_count, params: {min: 1}}]"
    assert refused(tmp_path / "quality", text, "quality") == [
        "2:23 unknown key 'kind', did you mean 'type'?",
        "3:1 unknown key 'meta', did you mean 'metadata'?",
        "4:1 unknown key 'query_file': only a dataset spec has it",
    ]


# The text after HEAD → what is said of its values.
WRONG = {
    "a number for text": ("owner: 12", ["3:8 'owner' wants text, not 12: put it in quotes"]),
    "a switch for text": ("team: true", ["3:7 'team' wants text, not true: put it in quotes"]),
    "a list for text": ("owner: [a]", ["3:8 'owner' wants text, not a list"]),
    "text for a list": ("tags: daily", ["3:7 'tags' wants a list, not the text 'daily': write [daily]"]),
    "keys for a list": (
        "parameters: {name: a}",
        ["3:13 'parameters' wants a list, not keys and values: begin each item with '- '"],
    ),
    "nothing for a list": ("tags:", ["3:1 'tags' has no value: write a list, or remove the key"]),
    "items of a list": (
        "tags: [a, 1, null, '', {b: c}]",
        [
            "3:11 item 2 of 'tags' wants text, not 1: put it in quotes",
            "3:14 item 3 of 'tags' has no value: write text",
            "3:20 item 4 of 'tags' is an empty text",
            "3:24 item 5 of 'tags' wants text, not keys and values",
        ],
    ),
    "a list for a block": ("execution: [a]", ["3:12 'execution' wants keys and values, not a list"]),
    "nothing for a block": ("execution:", ["3:1 'execution' has no value: write keys and values, or remove the key"]),
    "items that are no blocks": (
        "parameters:\n  - just text\n  -",
        [
            "4:5 item 1 of 'parameters' wants keys and values, not the text 'just text'",
            "5:4 item 2 of 'parameters' has no value: write keys and values",
        ],
    ),
    "text for a number": (
        "execution: {timeout_seconds: soon, retry_count: '3', retry_delay_seconds: '1.5'}",
        [
            "3:30 'timeout_seconds' wants a whole number, not the text 'soon'",
            "3:49 'retry_count' wants a whole number, not the text '3': remove the quotes",
            "3:75 'retry_delay_seconds' wants a number, not the text '1.5': remove the quotes",
        ],
    ),
    "other numbers": (
        "execution: {timeout_seconds: 1.0, retry_count: true, retry_delay_seconds: .inf}",
        [
            "3:30 'timeout_seconds' wants a whole number, not 1.0",
            "3:48 'retry_count' wants a whole number, not true",
            "3:75 'retry_delay_seconds' wants a finite number, not .inf",
        ],
    ),
    "a time of day is no number": (
        "execution: {timeout_seconds: 1:30}",
        ["3:30 'timeout_seconds' wants a whole number, not the text '1:30'"],
    ),
    "numbers out of range": (
        "execution: {timeout_seconds: 0, retry_count: 11, retry_delay_seconds: 601.5}",
        [
            "3:30 'timeout_seconds' is 0: use 1 or more",
            "3:46 'retry_count' is 11: use 10 or less",
            "3:71 'retry_delay_seconds' is 601.5: use 600 or less",
        ],
    ),
    "words for a switch": (
        "schedule: {cron: '@daily', enabled: yes}\nparameters: [{name: a, secret: 'true', pii: maybe}]",
        [
            "3:37 'enabled' wants true or false, not the text 'yes': write true",
            "4:32 'secret' wants true or false, not the text 'true': write true",
            "4:45 'pii' wants true or false, not the text 'maybe'",
        ],
    ),
    "a number for a switch": (
        "pre_statements: [{sql: x, continue_on_error: 0}]",
        ["3:46 'continue_on_error' wants true or false, not 0: write false"],
    ),
    "another word than those": (
        "query_type: select\nexecution: {dialect: presto}",
        ["3:13 'query_type' is 'select', did you mean 'SELECT'?", "4:22 'dialect' is 'presto', did you mean 'trino'?"],
    ),
    "a word like none": ("query_type: X", ["3:13 'query_type' is 'X': use SELECT or DML"]),
    "no word": ("query_type: [a]", ["3:13 'query_type' is a list: use SELECT or DML"]),
    "nothing for a word": ("query_type:", ["3:1 'query_type' has no value: use SELECT or DML"]),
    "a size": (
        "execution: {budget: lots}\n",
        ["3:21 'lots' is no size: write one like 500MB, 10GB or 1TB"],
    ),
    "a size without quotes": ("execution: {budget: 10}", ["3:21 'budget' wants text, not 10: put it in quotes"]),
    "versions": ("versions: x", ["3:11 'versions' wants a list, or keys and values"]),
    "notifications": (
        "schedule: {cron: '@daily', notifications: [me]}",
        ["3:44 item 1 of 'notifications' wants keys and values, not the text 'me'"],
    ),
    "an empty query in a statement": ("post_statements: [{sql: ''}]", ["3:25 'sql' is an empty text"]),
    "no query in a statement": ("post_statements: [{name: a}]", ["3:19 'sql' is missing"]),
    "no cron": ("schedule: {timezone: UTC}", ["3:1 'cron' is missing"]),
    "an empty list of allowed values": ("parameters: [{name: a, allowed: []}]", ["3:33 'allowed' is an empty list"]),
    "types of parameters": (
        (
            "parameters:\n- {name: a, type: int}\n- {name: b, type: varchar}\n"
            "- {name: c, type: xyz}\n- {name: d, type: 'list[str]'}"
        ),
        [
            "4:19 'type' is 'int', did you mean 'integer'?",
            "5:19 'type' is 'varchar', did you mean 'string'?",
            f"6:19 'type' is 'xyz': use {TYPES}",
            "7:19 'type' is 'list[str]', did you mean 'list[string]'?",
        ],
    ),
    "names of parameters": (
        "parameters: [{name: 1x}, {name: a-b}, {name: ref}, {name: If}, {name: ''}, {name: 이름}]",
        [
            "3:21 '1x' is no name of a parameter: use letters, digits and _, and begin with a letter or _",
            "3:33 'a-b' is no name of a parameter: use letters, digits and _, and begin with a letter or _",
            "3:46 'ref' is a function of templates: give the parameter another name",
            "3:59 'If' is a word of the template language: give the parameter another name",
            "3:71 '' is no name of a parameter: use letters, digits and _, and begin with a letter or _",
            "3:83 '이름' is no name of a parameter: use letters, digits and _, and begin with a letter or _",
        ],
    ),
    "parameters declared twice": (
        "parameters:\n  - name: a\n  - name: b\n  - name: a\n  - name: a",
        ["6:11 parameter 'a' is declared twice", "7:11 parameter 'a' is declared twice"],
    ),
    "types of columns": (
        (
            "schema:\n- {name: a, type: varchar(20)}\n- {name: b, type: decimal}\n- {name: c, type: 'numeric(10,2)'}\n"
            "- {name: d, type: array<int>}\n- {name: e, type: 'decimal(39,2)'}\n"
            "- {name: f, type: 'decimal(2,3)'}\n- {name: g}"
        ),
        [
            "4:19 unknown type 'varchar(20)', did you mean 'string'?",
            "5:19 unknown type 'decimal', did you mean 'decimal(p,s)'?",
            "6:19 unknown type 'numeric(10,2)', did you mean 'decimal(p,s)'?",
            f"7:19 unknown type 'array<int>': use {COLUMN_TYPES}",
            "8:19 'decimal(39,2)' does not exist: decimal(p,s) has p from 1 to 38, and s from 0 to p",
            "9:19 'decimal(2,3)' does not exist: decimal(p,s) has p from 1 to 38, and s from 0 to p",
            "10:3 'type' is missing",
        ],
    ),
    "a decimal in braces": (
        "schema: [{name: a, type: decimal(10, 2)}]",
        [
            "3:26 'decimal(10' is cut off at its comma: put the type in quotes, like 'decimal(18,2)'",
            "3:38 unknown key '2)': use name, type, description and pii",
        ],
    ),
    "columns declared twice": (
        "schema: [{name: a, type: date}, {name: b, type: date}, {name: a, type: date}]",
        ["3:63 column 'a' is declared twice"],
    ),
    "type of another kind": (
        "type: Metric",
        ["3:7 'type' is 'Metric', and the file is named dataset.*.yaml: write Dataset, or rename the file"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_refused_at_its_place(tmp_path: Path, case: str):
    text, problems = WRONG[case]
    assert refused(tmp_path, HEAD + text) == problems


# A whole file → what is said of its name and query.
ESSENTIALS = {
    "name: a.b\nquery_file: x": ["1:7 'a.b' has 2 parts: write catalog.schema.name"],
    "name: orders\nquery_file: x": ["1:7 'orders' has 1 part: write catalog.schema.name"],
    "name: a.b.c.d\nquery_file: x": ["1:7 'a.b.c.d' has 4 parts: write catalog.schema.name"],
    "name: a..c\nquery_file: x": ["1:7 'a..c' has an empty part: write catalog.schema.name"],
    "name: a.1b.c\nquery_file: x": [
        "1:7 '1b' in 'a.1b.c' is no name: use letters, digits, _, $ and -, and begin with a letter or _"
    ],
    "name: 'a.b c.d'\nquery_file: x": [
        "1:7 'b c' in 'a.b c.d' is no name: use letters, digits, _, $ and -, and begin with a letter or _"
    ],
    "name: 5\nquery_file: x": ["1:7 'name' wants text, not 5: put it in quotes"],
    "name:\nquery_file: x": ["1:1 'name' has no value: write text"],
    "query_file: x": ["1:1 'name' is missing"],
    "name: a.b.c": ["1:1 the SQL is missing: give a query_file or a query_statement"],
    "name: a.b.c\nquery_file:": ["2:1 the SQL is missing: give a query_file or a query_statement"],
    "name: a.b.c\nquery_file:\nquery_statement:": ["2:1 the SQL is missing: give a query_file or a query_statement"],
    "name: a.b.c\nquery_file: ''": ["2:13 'query_file' is an empty text"],
    "name: a.b.c\nquery_statement: 5": ["2:18 'query_statement' wants text, not 5: put it in quotes"],
    "name: a.b.c\nquery_file: x\nquery_statement: y": ["3:1 give either query_file or query_statement, not both"],
    "name: a.b.c\nsql: x": ["2:1 unknown key 'sql', did you mean 'query_statement'?"],
}


@pytest.mark.parametrize("text", ESSENTIALS)
def test_a_dataset_needs_a_name_and_one_query(tmp_path: Path, text: str):
    assert refused(tmp_path, text) == ESSENTIALS[text]


# The text after HEAD of a metric → what is said.
METRICS = {
    "metrics: [{name: mean delay, aggregation: mean, expression: a}]": [
        "3:18 'mean delay' is no name of a metric: use letters, digits and _, and begin with a letter or _",
        "3:43 'aggregation' is 'mean', did you mean 'avg'?",
    ],
    "metrics: [{name: a, aggregation: sum, expression: '*'}]": [
        "3:51 '*' counts rows, and has no sum: write a column, or 'aggregation: count'"
    ],
    "metrics: [{name: a}]": ["3:11 'aggregation' is missing", "3:11 'expression' is missing"],
    "metrics: [{name: a, aggregation: sum, expression: x}, {name: a, aggregation: avg, expression: x}]": [
        "3:62 metric 'a' is declared twice"
    ],
    "dimensions: [{name: d}, {name: d, type: date}]": [
        "3:32 dimension 'd' is declared twice",
        "3:41 'type' is 'date', did you mean 'time'?",
    ],
    "metrics: [{name: a, aggregation: sum, expression: x}]\ndimensions: [{name: a}]": [
        "4:21 'a' is a metric already: give the dimension another name"
    ],
    "metrics: [{name: a, aggregation: sum, expression: x, filters: x > 1}]": [
        "3:63 'filters' wants a list, not the text 'x > 1': write [x > 1]"
    ],
    "type: Dataset": ["3:7 'type' is 'Dataset', and the file is named metric.*.yaml: write Metric, or rename the file"],
}


@pytest.mark.parametrize("text", METRICS)
def test_a_metric_s_measures_and_dimensions_are_checked(tmp_path: Path, text: str):
    assert refused(tmp_path, HEAD + text, "metric") == METRICS[text]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("name: a.b.q", ["1:1 'target' is missing", "1:1 'tests' is missing"]),
        ("name: a.b.q\ntarget: a.b.c\ntests:", [
            "2:9 'target' wants keys and values, not the text 'a.b.c'", "3:1 'tests' has no value: write a list"]),
        (QUALITY + "tests: []", ["3:8 'tests' is an empty list"]),
        ("name: a.b.q\ntarget: {type: table, name: x}\ntests: [{type: row_count, params: {min: 1}}]", [
            "2:16 'type' is 'table': use dataset or metric", "2:29 'x' has 1 part: write catalog.schema.name"]),
        (QUALITY + "type: Dataset\ntests: [{type: row_count, params: {min: 1}}]", [
            "3:7 'type' is 'Dataset', and the file is named quality.*.yaml: write Quality, or rename the file"]),
        (QUALITY + "metadata: x\ntests: [{type: row_count, params: {min: 1}}]", [
            "3:11 'metadata' wants keys and values, not the text 'x'"]),
    ],
)  # fmt: skip
def test_a_quality_spec_needs_a_target_and_tests(tmp_path: Path, text: str, problems: list[str]):
    assert refused(tmp_path, text, "quality") == problems


def test_all_problems_of_all_files_come_at_once_by_place(tmp_path: Path):
    project = load(
        tmp_path,
        {
            "b/metric.y.yaml": "name: a.b.y\nquery_file: x\nowner: 5\nteam: 6\n",
            "b/dataset.x.yaml": "name: [",
            "a/quality.z.yaml": QUALITY,
            "dataset.good.yaml": "name: a.b.good\nquery_file: x\n",
            "c/dataset.twice.yaml": "name: a.b.good\nquery_file: x\n",
        },
    )
    assert told(project) == [
        "a/quality.z.yaml:1:1 'tests' is missing",
        "b/dataset.x.yaml:1:7 this '[' is never closed",
        "b/metric.y.yaml:3:8 'owner' wants text, not 5: put it in quotes",
        "b/metric.y.yaml:4:7 'team' wants text, not 6: put it in quotes",
        "dataset.good.yaml:1:7 'a.b.good' is the name of another dataset already: c/dataset.twice.yaml:1",
    ]
    assert [spec.name for spec in project.specs] == ["a.b.good"]


def test_rules_between_keys_are_told_beside_wrong_keys(tmp_path: Path):
    text = "name: a.b.c\nownr: x\nparameters: [{name: a}, {name: a, type: 5}]\nteam: 7\n"
    assert refused(tmp_path, text) == [
        "1:1 the SQL is missing: give a query_file or a query_statement",
        "2:1 unknown key 'ownr', did you mean 'owner'?",
        "3:32 parameter 'a' is declared twice",
        f"3:41 'type' is 5: use {TYPES}",
        "4:7 'team' wants text, not 7: put it in quotes",
    ]


def test_a_broken_spec_stops_no_other(tmp_path: Path):
    files: dict[str, str | bytes] = {f"dataset.{n}.yaml": f"name: a.b.d{n}\nquery_file: x\n" for n in range(5)}
    project = load(tmp_path, {**files, "dataset.broken.yaml": "\t", "metric.broken.yaml": "name: 1"})
    assert [spec.name for spec in project.of("dataset")] == [f"a.b.d{n}" for n in range(5)]
    assert [broken.file.path.name for broken in project.broken] == ["dataset.broken.yaml", "metric.broken.yaml"]


def test_a_long_value_is_cut_in_a_sentence(tmp_path: Path):
    (first, second) = refused(tmp_path, f"name: {'v' * 900_000}\nquery_file: x\nquery_type: {'w' * 9_000}\n")
    assert first == f"1:7 '{'v' * 59}…' has 1 part: write catalog.schema.name"
    assert second == f"3:13 'query_type' is '{'w' * 59}…': use SELECT or DML"


def test_a_secret_default_is_in_no_message(tmp_path: Path):
    text = HEAD + "parameters: [{name: p, type: integer, secret: yes, default: canary-1}, {name: p, default: canary-2}]"
    assert "canary" not in "".join(refused(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("tags: [" + "1," * 400_000 + "1]", 1),
        ("parameters: [" + "{}," * 300_000 + "]", 1),
        ("tests: [" + "{type: unique}," * 9_000 + "]", 101),
        ("schema: [" + "{name: a,type: x}," * 9_000 + "]", 101),
        ("".join(f"k{n}: 1\n" for n in range(50_000)), 101),
    ],
    ids=["items", "blocks", "tests", "columns", "keys"],
)
def test_a_file_with_countless_problems_tells_some_of_them(tmp_path: Path, text: str, most: int):
    problems = refused(tmp_path, HEAD + text)
    assert 0 < len(problems) <= most
    assert most == 1 or "there are more problems in this file: correct these first" in problems[-1]
    assert write(tmp_path, {}).exists()


def test_a_key_that_stands_twice_hides_nothing_of_what_is_wrong_behind_it(tmp_path: Path) -> None:
    text = "name: a.b.c\nowner: x\nowner: y\nqurey_type: DML\nquery_statement: SELECT 1\nschedule: {cron: '@daily', cron: x}\n"
    assert refused(tmp_path, text) == [
        "3:1 the key 'owner' stands twice in this mapping: first at line 2, column 1",
        "4:1 unknown key 'qurey_type', did you mean 'query_type'?",
        "6:28 the key 'cron' stands twice in this mapping: first at line 6, column 12",
    ]


def test_a_key_that_stands_twice_is_told_beside_the_end_of_the_yaml(tmp_path: Path) -> None:
    assert [line.partition(" ")[0] for line in refused(tmp_path, "name: a.b.c\nname: a.b.d\ntags: [x\n")] == [
        "2:1",
        "3:7",
    ]


def test_a_spec_is_broken_by_a_key_that_stands_twice_and_nothing_else(tmp_path: Path) -> None:
    assert refused(tmp_path, HEAD + "name: a.b.d\n") == [
        "3:1 the key 'name' stands twice in this mapping: first at line 1, column 1"
    ]
