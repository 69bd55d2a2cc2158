"""What somebody means who wrote another word: by a table of habits, else by likeness.

timeout ─▶ meant ─▶ timeout_seconds        dialcet ─▶ alike ─▶ dialect
"""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 64  # characters of a word that is compared: likeness costs the square of it

# What people write when they mean another key, most of it from other tools. A meaning counts only where it may stand.
KEYS: dict[str, tuple[str, ...]] = {
    "query_statement": ("query", "sql", "statement", "query_sql"),
    "query_file": ("sql_file", "file", "query_path", "sql_path", "path"),
    "parameters": ("params", "args", "arguments", "inputs", "variables", "vars"),
    "params": ("parameters", "args", "arguments", "options", "config"),
    "schema": ("columns", "fields", "schema_"),
    "depends_on": ("dependencies", "depends", "deps", "upstream", "upstreams", "sources", "refs"),
    "pre_statements": ("pre", "before", "pre_hook", "pre_hooks", "pre_sql", "setup"),
    "post_statements": ("post", "after", "post_hook", "post_hooks", "post_sql", "teardown"),
    "timeout_seconds": ("timeout", "timeout_s", "max_seconds"),
    "retry_count": ("retries", "retry", "max_retries", "attempts"),
    "retry_delay_seconds": ("retry_delay", "delay", "backoff"),
    "count": ("retries", "attempts", "max_retries"),
    "delay_seconds": ("delay", "retry_delay", "retry_delay_seconds"),
    "budget": ("max_bytes", "maximum_bytes_billed", "max_scan", "limit"),
    "dialect": ("engine",),
    "type": ("kind", "data_type", "datatype", "test", "test_type"),
    "description": ("desc", "doc", "docs", "comment", "summary", "title"),
    "domains": ("domain",),
    "tags": ("tag", "labels", "label"),
    "owner": ("owners", "maintainer", "contact"),
    "team": ("teams", "group"),
    "versions": ("version",),
    "allowed": ("values", "enum", "choices", "allowed_values", "accepted_values", "options"),
    "values": ("allowed", "accepted_values", "enum"),
    "default": ("default_value", "value"),
    "required": ("mandatory",),
    "secret": ("sensitive", "hidden", "is_secret"),
    "pii": ("is_pii", "personal"),
    "name": ("id", "key", "title"),
    "sql": ("query", "statement", "query_statement", "expression", "condition"),
    "continue_on_error": ("ignore_errors", "allow_failure", "continue_on_failure", "ignore_failure"),
    "cron": ("schedule", "schedule_interval", "interval", "crontab", "expression"),
    "timezone": ("tz", "time_zone"),
    "enabled": ("active", "is_active"),
    "notifications": ("notification", "alerts", "notify"),
    "tests": ("checks", "quality", "data_tests", "assertions"),
    "severity": ("level",),
    "column": ("column_name", "field"),
    "columns": ("column_names", "combination_of_columns", "fields"),
    "to": ("table", "ref", "target", "model"),
    "field": ("column", "to_column"),
    "max_age": ("age", "max_age_hours", "error_after", "warn_after", "max_delay"),
    "min": ("min_value", "minimum"),
    "max": ("max_value", "maximum"),
    "metrics": ("measures", "metric"),
    "dimensions": ("dims", "dimension", "group_by"),
    "aggregation": ("agg", "aggregate", "function"),
    "expression": ("expr", "sql"),
    "filters": ("filter", "where", "condition"),
    "target": ("model", "dataset", "table", "resource", "on"),
    "metadata": ("meta",),
}

# The same for values: types of columns and parameters, tests, dialects.
VALUES: dict[str, tuple[str, ...]] = {
    "integer": ("int", "int64", "int32", "number", "smallint", "tinyint"),
    "bigint": ("long",),
    "string": ("str", "text", "varchar", "char"),
    "boolean": ("bool",),
    "double": ("float64", "real"),
    "float": ("double", "real", "float64"),
    "decimal": ("numeric", "number", "money"),
    "decimal(p,s)": ("decimal", "numeric", "number", "money"),
    "timestamp": ("datetime", "timestamptz", "time"),
    "date": ("day",),
    "identifier": ("name", "table", "column"),
    "not_null": ("no_nulls", "nonnull"),
    "unique": ("distinct", "primary_key"),
    "accepted_values": ("allowed_values", "enum", "values", "in"),
    "relationships": ("relationship", "foreign_key", "reference", "references"),
    "range_check": ("range", "between", "min_max"),
    "row_count": ("rows", "count", "volume"),
    "singular": ("sql", "custom", "query"),
    "expression": ("expr", "condition", "custom"),
    "error": ("fail", "failure", "critical", "fatal"),
    "warn": ("warning", "info"),
    "SELECT": ("query", "read"),
    "DML": ("insert", "update", "delete", "merge", "write"),
    "avg": ("mean", "average"),
    "count_distinct": ("distinct", "nunique", "distinct_count"),
    "categorical": ("category", "string", "dimension"),
    "time": ("date", "timestamp", "temporal"),
    "trino": ("presto", "athena"),
    "bigquery": ("bq",),
}


def meant(word: str, known: Iterable[str], habits: dict[str, tuple[str, ...]] = KEYS) -> str | None:
    """The one of `known` that `word` is by habit: other letters of the case, a name from another tool."""
    lower = word.casefold()
    return next((name for name in known if lower == name.casefold() or lower in habits.get(name, ())), None)


def alike(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that looks most like `word`, if one does."""
    if len(word) > _LONGEST:
        return None
    import difflib  # noqa: PLC0415 - only for what is wrong

    folded = {name.casefold(): name for name in reversed(list(known))}
    near = difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[near[0]] if near else None


def nearest(word: str, known: Iterable[str], habits: dict[str, tuple[str, ...]] = KEYS) -> str | None:
    """The one of `known` that `word` most likely stands for."""
    names = list(known)
    return meant(word, names, habits) or alike(word, names)
