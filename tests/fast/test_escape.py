"""Hostile strings in every place of a template, on three dialects: none changes the statement around it.

    string ─▶ template ─▶ DuckDB runs it    ─▶ gives the string itself, or the rows that no value can change
                       ─▶ sqlglot reads it  ─▶ the tokens of the harmless value, but for the value's own

A string that has no form in a place is refused with a TemplateError, never written otherwise. `DLI_ESCAPE_STRINGS` is how
many strings each place of each dialect gets (few by default; the whole run has more than a million in all).
"""

from __future__ import annotations

import os

import duckdb
import pytest
from dli_fast import Secret, TemplateError, Templates
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import TokenError
from sqlglot.tokens import Token, TokenType

from tests.support.escape_places import Place, hostile, places

STRINGS = int(os.environ.get("DLI_ESCAPE_STRINGS", "150"))
DIALECTS = ["duckdb", "trino", "bigquery"]


def render(templates: Templates, text: str) -> str | None:
    try:
        return templates.render("t", {"x": text, "s": Secret(text), "t": "t"}).sql
    except TemplateError as error:
        assert error.kind in {"value", "place"}, error
        return None


@pytest.mark.slow
@pytest.mark.parametrize("place", [place for place in places("duckdb") if place.row], ids=lambda place: place.name)
def test_duckdb_gives_back_what_was_put_in(place: Place) -> None:
    assert place.row is not None  # names have none: their tokens are compared
    templates = Templates("duckdb", {"t": place.template})
    connection = duckdb.connect()
    taken = 0
    for text in hostile(STRINGS, seed=len(place.template)):
        sql = render(templates, text)
        if sql is None:
            continue
        taken += 1
        assert connection.execute(sql).fetchall() == [place.row(text)], (text, sql)
    assert taken or "ev_" in place.template, "nothing was rendered"


@pytest.mark.slow
def test_duckdb_takes_every_identifier_as_a_name() -> None:
    templates = Templates("duckdb", {"t": "SELECT 7 AS {{ x | identifier }}, 8 AS b"})
    connection = duckdb.connect()
    for text in hostile(STRINGS, seed=7):
        sql = render(templates, text)
        if sql is None or "." in text:
            continue
        result = connection.execute(sql)
        assert [column[0] for column in result.description or []] == [text, "b"]
        assert result.fetchall() == [(7, 8)]


def tokens(dialect: str, sql: str) -> list[tuple[TokenType, str]] | None:
    """Types of the tokens, with the text of what no value can be; None where sqlglot cannot read it."""
    try:
        found = Dialect.get_or_raise(dialect).tokenize(sql)
    except TokenError:
        return None
    return [shape(token) for token in found]


VALUES = {
    TokenType.STRING,
    TokenType.IDENTIFIER,
    TokenType.RAW_STRING,
    TokenType.BYTE_STRING,
    TokenType.HEX_STRING,
    TokenType.HEREDOC_STRING,
    TokenType.UNICODE_STRING,
    TokenType.NATIONAL_STRING,
}


def shape(token: Token) -> tuple[TokenType, str]:
    if token.token_type in VALUES:
        return token.token_type, ""
    text = str(token.text)
    return token.token_type, "ev" if text.startswith("ev_") else text


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_string_changes_the_tokens_around_it(dialect: str) -> None:
    rendered = refused = 0
    for place in places(dialect):
        if dialect == "duckdb" and "`" in place.template:
            continue  # sqlglot's DuckDB has no backticks; the real one has
        templates = Templates(dialect, {"t": place.template})
        harmless = render(templates, "41")
        assert harmless is not None, place.name
        expected = tokens(dialect, harmless)
        assert expected is not None, harmless
        for text in hostile(STRINGS, seed=len(place.template) + len(dialect)):
            if place.template.count("| identifier") and "." in text:
                continue  # several parts
            sql = render(templates, text)
            if sql is None:
                refused += 1
                continue
            rendered += 1
            assert tokens(dialect, sql) == expected, (place.name, text, sql)
    print(f"\n{dialect}: {rendered:,} rendered with the same tokens, {refused:,} refused")
    assert rendered > refused
