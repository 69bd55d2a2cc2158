"""Errors are data: every code has its class, exit code and two texts, and survives what people do to it."""

from __future__ import annotations

import ast
import contextlib
import copy
import itertools
import json
import pickle
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dli_core import errors
from dli_core.errors import DLIError, ErrorCode, describe, error, explain, language
from dli_core.errors.show import columns, excerpt, format_error, format_explanation
from dli_core.errors.text import message_of

PACKAGES = Path(__file__).parents[2] / "packages"
LANGUAGES = ("en", "ko")
TEXTS = {lang: tomllib.loads((Path(errors.__file__).parent / f"text.{lang}.toml").read_text()) for lang in LANGUAGES}

# The promise to scripts: name, code, class, exit code, HTTP status. DESIGN 12.
PROMISED = """
CONFIG_INVALID               DLI-001 ConfigurationError     2 400
CONFIG_NOT_FOUND             DLI-002 ConfigurationError     2 404
CONFIG_MISSING               DLI-003 ConfigurationError     2 400
CONFIG_ENV_NOT_FOUND         DLI-004 ConfigurationError     2 404
CONFIG_TEMPLATE              DLI-005 ConfigurationError     2 400
CONFIG_WRITE_FAILED          DLI-006 ConfigurationError     7 500
DATASET_NOT_FOUND            DLI-101 NotFoundError          2 404
METRIC_NOT_FOUND             DLI-102 NotFoundError          2 404
TABLE_NOT_FOUND              DLI-103 NotFoundError          2 404
PARAMETER_NOT_FOUND          DLI-104 NotFoundError          2 404
FILE_NOT_FOUND               DLI-105 NotFoundError          2 404
VALIDATION_FAILED            DLI-201 DLIValidationError     2 422
SPEC_PARSE                   DLI-202 DLIValidationError     2 422
PARAMETER_INVALID            DLI-203 DLIValidationError     2 422
SQL_SYNTAX                   DLI-204 DLIValidationError     2 422
UNSAFE_INPUT                 DLI-205 DLIValidationError     2 422
TRANSPILE_FAILED             DLI-301 TranspileError         2 422
METRIC_EXPANSION             DLI-302 TranspileError         2 422
UNSUPPORTED_CONSTRUCT        DLI-303 TranspileError         2 422
TEMPLATE                     DLI-304 TranspileError         2 422
EXECUTION_FAILED             DLI-401 ExecutionError         1 500
EXECUTION_TIMEOUT            DLI-402 ExecutionError         4 504
EXECUTION_CONNECTION         DLI-403 ExecutionError         3 502
EXECUTION_PERMISSION         DLI-404 ExecutionError         3 403
EXECUTION_QUERY              DLI-405 ExecutionError         1 422
EXECUTION_CANCELLED          DLI-406 ExecutionError       130 409
OUTPUT_FAILED                DLI-407 ExecutionError         7 500
RESULT_INCOMPLETE            DLI-408 ExecutionError         1 502
OUTCOME_UNKNOWN              DLI-409 ExecutionError         6 502
BUDGET_EXCEEDED              DLI-410 ExecutionError         1 422
SERVER_UNREACHABLE           DLI-501 ServerError            3 502
SERVER_AUTH_FAILED           DLI-502 ServerError            3 401
SERVER_ERROR                 DLI-503 ServerError            5 500
SERVER_EXECUTION             DLI-504 ServerError            5 500
QUALITY_SPEC_NOT_FOUND       DLI-601 QualityError           2 404
QUALITY_SPEC_PARSE           DLI-602 QualityError           2 422
QUALITY_TARGET_NOT_FOUND     DLI-603 QualityError           2 404
QUALITY_TEST_EXECUTION       DLI-604 QualityError           1 500
QUALITY_TEST_TIMEOUT         DLI-605 QualityError           4 504
QUALITY_NOT_FOUND            DLI-606 QualityError           2 404
CATALOG_CONNECTION_ERROR     DLI-701 CatalogError           3 502
CATALOG_TABLE_NOT_FOUND      DLI-702 CatalogError           2 404
CATALOG_INVALID_IDENTIFIER   DLI-703 CatalogError           2 422
WORKFLOW_NOT_FOUND           DLI-800 WorkflowNotFoundError  2 404
WORKFLOW_REGISTRATION_FAILED DLI-801 WorkflowError          1 500
WORKFLOW_EXECUTION_FAILED    DLI-802 WorkflowError          1 500
WORKFLOW_PERMISSION_DENIED   DLI-803 WorkflowError          2 403
WORKFLOW_ALREADY_EXISTS      DLI-804 WorkflowError          2 409
WORKFLOW_INVALID_CRON        DLI-805 WorkflowError          2 422
WORKFLOW_OVERRIDDEN          DLI-806 WorkflowError          2 409
WORKFLOW_INVALID_STATE       DLI-807 WorkflowError          2 409
WORKFLOW_UNREGISTER_FAILED   DLI-808 WorkflowError          1 500
LINEAGE_NOT_FOUND            DLI-900 LineageError           2 404
LINEAGE_CYCLE                DLI-901 LineageError           2 422
"""

# Commands that hints may name: DESIGN 13.
COMMANDS = {
    "init": set(),
    "dataset": {"list", "get", "run", "validate", "register"},
    "metric": {"list", "get", "run", "validate", "register", "query"},
    "quality": {"list", "get", "run", "validate"},
    "run": set(),
    "workflow": {"register", "unregister", "get", "run", "backfill", "stop", "status", "list", "history", "unpause"},
    "catalog": {"show", "list", "search"},
    "config": {"show", "get", "set", "check", "path"},
    "jobs": {"list", "show", "cancel"},
    "verify": set(),
    "explain": set(),
}

Table = dict[str, Any]  # the texts of a code or a reason
Scope = dict[str, list[ast.expr]]  # name → what it is assigned

PLACEHOLDER = re.compile(r"\{([a-z_]+)(\|[^{}]*)?\}")

a_code = pytest.mark.parametrize("code", ErrorCode)
a_language = pytest.mark.parametrize("lang", LANGUAGES)


# ------------------------------------------------------------------------------------------------- codes and classes


def test_every_code_keeps_its_name_number_class_exit_code_and_status():
    rows = [[c.name, c.value, c.kind, str(c.exit_code), str(c.http_status)] for c in ErrorCode]
    assert rows == [line.split() for line in PROMISED.strip().splitlines()]


@a_code
def test_an_error_is_of_the_class_of_its_code(code):
    found = error(code)
    assert type(found) is getattr(errors, code.kind)
    assert isinstance(found, DLIError)
    assert found.exit_code == code.exit_code
    assert str(found).startswith(f"[{code.value}] ")
    assert len(str(found)) > len("[DLI-000] ")


def test_an_unknown_workflow_is_caught_as_a_workflow_error_too():
    with pytest.raises(errors.WorkflowError):
        raise error(ErrorCode.WORKFLOW_NOT_FOUND, name="x")


def test_a_code_is_its_text_in_json_f_strings_and_lookups():
    assert json.dumps({"code": ErrorCode.EXECUTION_CONNECTION}) == '{"code": "DLI-403"}'
    assert f"{ErrorCode.EXECUTION_CONNECTION} {ErrorCode.EXECUTION_CONNECTION:>8}" == "DLI-403  DLI-403"
    assert ErrorCode("DLI-403") is ErrorCode.EXECUTION_CONNECTION
    assert pickle.loads(pickle.dumps(ErrorCode.EXECUTION_CONNECTION)) is ErrorCode.EXECUTION_CONNECTION
    assert copy.deepcopy(ErrorCode.EXECUTION_CONNECTION) is ErrorCode.EXECUTION_CONNECTION


@pytest.mark.parametrize("text", ["DLI-001", "dli-001", "001", "1", " DLI_001 ", "config_invalid", "CONFIG-INVALID"])
def test_a_code_is_found_however_people_write_it(text):
    assert ErrorCode.parse(text) is ErrorCode.CONFIG_INVALID


@pytest.mark.parametrize("text", ["", "DLI-", "DLI-999", "40\uff13", "CONFIG", "--help", "DLI-403\n403"])
def test_what_is_no_code_is_none(text):
    assert ErrorCode.parse(text) is None


def test_a_signal_may_set_the_exit_code_and_nonsense_may_not():
    assert error(ErrorCode.EXECUTION_CANCELLED).exit_code == 130
    assert error(ErrorCode.EXECUTION_CANCELLED, exit_code=143).exit_code == 143
    for nonsense in (0, 256, -1, "143", True, 1.5, [1]):
        assert error(ErrorCode.EXECUTION_CANCELLED, exit_code=nonsense).exit_code == 130


# ------------------------------------------------------------------------------------------ an exception like others


def make_error() -> DLIError:
    made = error(
        ErrorCode.EXECUTION_CONNECTION,
        "database",
        engine="DuckDB",
        database="a.duckdb",
        cause=OSError("no such file"),
        hints=("Look closer.",),
        tags=["x", {"y": 1}],
    )
    made.add_note("while opening")
    return made


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickled_error_says_the_same(protocol):
    made = make_error()
    back = pickle.loads(pickle.dumps(made, protocol))
    assert type(back) is type(made)
    assert (str(back), back.details, back.hints, back.code) == (str(made), made.details, made.hints, made.code)
    assert str(back.cause) == "OSError: no such file"
    assert back.__notes__ == ["while opening"]


def test_an_error_built_with_keywords_pickles():
    made = errors.NotFoundError(code=ErrorCode.FILE_NOT_FOUND, details={"path": "a"}, message="my own words")
    back = pickle.loads(pickle.dumps(made))
    assert (type(back), str(back), back.details) == (errors.NotFoundError, "[DLI-105] my own words", {"path": "a"})


class UnpicklableError(Exception):
    def __reduce__(self):
        message = "no"
        raise TypeError(message)


def test_a_cause_that_does_not_pickle_does_not_stop_its_error():
    made = error(ErrorCode.EXECUTION_FAILED, problem="x", cause=UnpicklableError("boom"))
    assert "boom" in str(pickle.loads(pickle.dumps(made)).cause)


def test_a_copy_keeps_the_cause_and_shares_no_details():
    made = make_error()
    shallow, deep = copy.copy(made), copy.deepcopy(made)
    for twin in (shallow, deep):
        assert (type(twin), str(twin), twin.hints) == (type(made), str(made), made.hints)
        assert twin.cause is twin.__cause__ is made.cause
        assert twin.__notes__ == ["while opening"]
    shallow.details["engine"] = "other"
    deep.details["tags"].append("z")
    assert made.details["engine"] == "DuckDB"
    assert made.details["tags"] == ["x", {"y": 1}]


def test_errors_are_hashable_and_equal_only_to_themselves():
    one, other = error(ErrorCode.LINEAGE_CYCLE, cycle="a"), error(ErrorCode.LINEAGE_CYCLE, cycle="a")
    assert len({one, other, one}) == 2
    assert one != other


def test_an_error_passes_through_a_context_manager_unharmed():
    @contextlib.contextmanager
    def managed() -> Iterator[None]:
        yield

    made = make_error()
    with pytest.raises(DLIError) as caught, managed():
        raise made
    assert caught.value is made


def test_raise_from_is_the_cause():
    cause = ValueError("why")
    with pytest.raises(DLIError) as caught:
        raise error(ErrorCode.EXECUTION_FAILED) from cause
    assert caught.value.cause is cause


def test_an_error_without_a_cause_keeps_its_context_in_tracebacks():
    def fail() -> None:
        try:
            json.loads("")
        except ValueError:
            raise error(ErrorCode.EXECUTION_FAILED)  # noqa: B904 - the implicit context is what is tested

    with pytest.raises(DLIError) as caught:
        fail()
    assert caught.value.cause is None
    assert isinstance(caught.value.__context__, ValueError)
    assert not caught.value.__suppress_context__


def test_details_that_are_none_are_left_out():
    assert error(ErrorCode.EXECUTION_FAILED, problem=None, engine="x").details == {"engine": "x"}


def test_a_detail_that_is_added_on_the_way_up_is_told():
    made = error(ErrorCode.EXECUTION_FAILED)
    made.details["problem"] = "out of memory"
    assert str(made) == "[DLI-401] Query failed in the engine: out of memory"


def test_repr_shows_code_message_and_details():
    assert repr(error(ErrorCode.DATASET_NOT_FOUND, name="a.b.c")) == (
        "NotFoundError(code=<ErrorCode.DATASET_NOT_FOUND: 'DLI-101'>, message='Dataset not found: a.b.c', "
        "details={'name': 'a.b.c'}, hints=(), cause=None)"
    )


def test_importing_and_raising_reads_no_texts():
    script = (
        "import sys; from dli_core.errors import error, ErrorCode\n"
        "try: raise error(ErrorCode.EXECUTION_FAILED, problem='x')\n"
        "except Exception: pass\n"
        "print([name for name in ('tomllib', 'importlib.resources', 'pydantic', 'dli_fast') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


# ------------------------------------------------------------------------------------------------------------- texts


def tables(lang: str) -> Iterator[tuple[str, Table]]:
    """(where, table) of every code and of every reason."""
    for code in ErrorCode:
        table = TEXTS[lang][code.value]
        yield code.value, table
        for name, reason in table.get("reasons", {}).items():
            yield f"{code.value}.{name}", reason


def lines(table: Table) -> Iterator[str]:
    yield from [table["message"]] if "message" in table else []
    yield from [*table.get("causes", ()), *table.get("hints", ())]


def placeholders(text: str) -> list[tuple[str, bool]]:
    """Names, and whether each has a text of its own where the detail is missing."""
    return sorted((name, bool(default)) for name, default in PLACEHOLDER.findall(text))


def test_both_languages_have_the_same_tables_keys_and_placeholders():
    assert list(TEXTS["en"]) == list(TEXTS["ko"])
    assert list(TEXTS["en"]["labels"]) == list(TEXTS["ko"]["labels"])
    assert list(TEXTS["en"]["words"]) == list(TEXTS["ko"]["words"])
    english, korean = dict(tables("en")), dict(tables("ko"))
    assert list(english) == list(korean)
    for where, table in english.items():
        other = korean[where]
        assert set(table) == set(other), where
        for key in ("causes", "hints"):
            assert len(table.get(key, ())) == len(other.get(key, ())), (where, key)
        pairs = list(zip(lines(table), lines(other), strict=True))
        assert [placeholders(a) for a, _ in pairs] == [placeholders(b) for _, b in pairs], where


@a_language
def test_the_texts_hold_the_codes_and_nothing_else(lang):
    assert list(TEXTS[lang]) == ["words", "labels", *(code.value for code in ErrorCode)]


@a_language
def test_every_table_has_known_keys_and_lines_of_one_line(lang):
    for where, table in tables(lang):
        known = {"message", "causes", "hints"} | (set() if "." in where else {"explain", "reasons"})
        assert set(table) <= known, where
        assert table, where
        for text in lines(table):
            assert text.strip() == text, (where, text)
            assert text, where
            assert text.isprintable(), (where, text)
            # Braces are placeholders, ${VAR} and ${VAR:-default} as users write them: no other brace is left over.
            assert not re.search(r"(?<!\$)\{", PLACEHOLDER.sub("", text).replace("${:-", "")), (where, text)


@a_language
@a_code
def test_every_code_explains_itself(lang, code):
    told = explain(code, lang)
    assert told.title.startswith(f"[{code}] ")
    assert told.name == code.name
    assert len(told.text) > 20
    assert str(code.exit_code) in told.codes
    shown = format_explanation(code, lang)
    assert all(columns(row) <= 80 for row in shown.splitlines()[1:]), shown


def test_reading_one_table_at_a_time_reads_what_is_there():
    for lang in LANGUAGES:
        for name, table in TEXTS[lang].items():
            assert errors.text._tables(lang, name) == table


def test_korean_is_korean_and_its_particles_do_not_depend_on_data():
    particle = re.compile(r"\}['\"]?(은|는|이|가|을|를|와|과|로|으로|이라|라|이라는|라는)(?=[\s.,:)]|$)")
    for where, table in tables("ko"):
        for text in lines(table):
            assert re.search("[가-힣]", text) or text.startswith("DLI"), (where, text)
            assert not particle.search(text), (where, text)
        assert "니다" in table.get("message", "니다"), (where, "not polite")


def test_hints_name_only_commands_that_exist():
    named = 0
    for where, table in tables("en"):
        for text in [*lines(table), table.get("explain", "")]:
            for noun, verb in re.findall(r"'dli ([a-z{}]+)(?: ([a-z]+))?", text):
                named += 1
                if noun not in {"{kind}", "{other}"}:
                    assert noun in COMMANDS, (where, text)
                    assert not verb or verb in COMMANDS[noun], (where, text)
    assert named > 30


def test_no_text_tells_to_install_the_other_project_called_dli():
    for lang in LANGUAGES:
        source = (Path(errors.__file__).parent / f"text.{lang}.toml").read_text()
        assert not re.search(r"pip install[^\n]*?[\s\"']dli(?![-\w])", source)


# --------------------------------------------------------------------------------------- reasons in use have a text


def strings(node: ast.expr, scope: Scope, depth: int = 3) -> set[str]:
    """The texts that an expression can be: constants, the ends of conditions, names that are assigned these."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp():
            ends = [node.body, node.orelse]
        case ast.BoolOp() | ast.Dict():
            ends = node.values
        case ast.Tuple() | ast.List():
            ends = node.elts
        case ast.Call(func=ast.Attribute(attr="get", value=table)) | ast.Subscript(value=table):
            ends = [table]
        case ast.Name() if depth:
            return set().union(*(strings(value, scope, depth - 1) for value in scope.get(node.id, ())))
        case _:
            return set()
    return set().union(*(strings(end, scope, depth) for end in ends))


def codes(node: ast.expr, scope: Scope, depth: int = 3) -> set[str]:
    """The members of ErrorCode that an expression can be."""
    inside = list(ast.walk(node))
    found = {n.attr for n in inside if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == "ErrorCode"}
    names = {n.id for n in inside if isinstance(n, ast.Name) and n.id != "ErrorCode"} if depth else set()
    return found.union(*(codes(value, scope, depth - 1) for name in names for value in scope.get(name, ())))


def assignments(nodes: Iterable[ast.AST]) -> Scope:
    """Name → what is assigned to it in `nodes`, loops over tuples included."""
    found: Scope = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value):
                found.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found.setdefault(name, []).append(value)
            case ast.For(target=ast.Tuple(elts=[ast.Name(id=name), *_]), iter=ast.Tuple(elts=rows)):
                found.setdefault(name, []).extend(row.elts[0] for row in rows if isinstance(row, ast.Tuple))
            case _:
                pass
    return found


def reasons_in_use() -> Iterator[tuple[ErrorCode, str, str]]:
    """(code, reason, file:line) of every `error(ErrorCode.X, "reason", …)` in the packages."""
    for path in sorted(PACKAGES.glob("*/src/**/*.py")):
        tree = ast.parse(path.read_text())
        module = assignments(tree.body)
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            scope = module | assignments(ast.walk(function))
            for node in ast.walk(function):
                place = f"{path.name}:{getattr(node, 'lineno', 0)}"
                match node:
                    case ast.Call(func=ast.Name(id="error"), args=[code, reason]):
                        for name, text in itertools.product(codes(code, scope), strings(reason, scope)):
                            yield ErrorCode[name], text, place
                    case ast.Call(func=ast.Name(id="Problem"), args=[_, _, reason, *_]) if path.parent.name == "config":
                        # config/problems.py raises them under the reason of the only one
                        unset = function.name == "unset_error"
                        for text in strings(reason, scope):
                            yield ErrorCode.CONFIG_TEMPLATE if unset else ErrorCode.CONFIG_INVALID, text, place
                    case _:
                        pass


def test_every_reason_in_use_has_a_text_in_both_languages():
    used = list(reasons_in_use())
    assert (ErrorCode.EXECUTION_CONNECTION, "locked") in {(code, reason) for code, reason, _ in used}
    assert (ErrorCode.OUTPUT_FAILED, "no_space") in {(code, reason) for code, reason, _ in used}
    assert (ErrorCode.RESULT_INCOMPLETE, "announced") in {(code, reason) for code, reason, _ in used}
    assert (ErrorCode.CONFIG_INVALID, "unknown_key") in {(code, reason) for code, reason, _ in used}
    for lang in LANGUAGES:
        missing = [row for row in used if row[1] not in TEXTS[lang][row[0].value].get("reasons", {})]
        assert not missing, lang


def test_every_kind_of_template_error_has_a_text():
    kinds = {"syntax", "undefined", "value", "fuel", "depth", "include"}
    for lang in LANGUAGES:
        assert kinds <= set(TEXTS[lang]["DLI-304"]["reasons"])
        assert "place" in TEXTS[lang]["DLI-205"]["reasons"]


# ---------------------------------------------------------------------------------------------------- what is shown


def test_the_block_reads_as_people_know_it():
    made = error(ErrorCode.EXECUTION_CONNECTION, "bigquery", engine="BigQuery", project="my-gcp-project", location="US")
    assert format_error(made) == (
        "[DLI-403] Failed to connect to BigQuery\n"
        "  Project: my-gcp-project\n"
        "  Location: US\n"
        "\n"
        "  Possible causes:\n"
        "  - Missing GOOGLE_APPLICATION_CREDENTIALS\n"
        "  - Invalid project ID\n"
        "  - Network connectivity issues\n"
        "\n"
        "  Run 'dli config check' to verify your configuration."
    )


def test_the_same_error_reads_korean():
    made = error(ErrorCode.EXECUTION_CONNECTION, "bigquery", engine="BigQuery", project="my-gcp-project")
    back = pickle.loads(pickle.dumps(made))  # as one that crossed a process
    shown = format_error(back, "ko")
    assert shown.startswith("[DLI-403] BigQuery에 연결하지 못했습니다\n  프로젝트: my-gcp-project\n\n  가능한 원인:\n")
    assert shown.endswith("\n\n  'dli config check' 명령으로 설정을 점검하세요.")


def test_a_message_of_its_maker_is_shown_in_every_language():
    made = ErrorCode.SERVER_ERROR
    assert describe(errors.ServerError(made, "my own words"), "ko").title == "[DLI-503] my own words"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ko_KR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": ""}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "DLI_LANG": "en"}, "en"),
        ({"LANG": "en_US.UTF-8", "DLI_LANG": "KO"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "DLI_LANG": "fr"}, "en"),
    ],
)
def test_the_language_is_dli_lang_else_that_of_the_locale(environ, expected):
    assert language(environ) == expected


def test_an_unknown_language_reads_english():
    assert message_of(ErrorCode.EXECUTION_CANCELLED, {}, "fr") == "Query cancelled"


def test_what_the_message_says_is_no_fact_again():
    told = describe(error(ErrorCode.EXECUTION_QUERY, engine="DuckDB", problem="no such column", job_id="7f3a"))
    assert told.title == "[DLI-405] DuckDB could not run the SQL: no such column"
    assert told.facts == (("Job", "7f3a"),)


def test_a_long_problem_is_cut_in_the_message_and_whole_among_the_facts():
    problem = "word " * 100 + "end"
    told = describe(error(ErrorCode.EXECUTION_QUERY, problem=problem))
    assert len(told.title) < 400
    assert dict(told.facts)["Reason"] == problem


def test_the_first_line_of_a_long_problem_stands_in_the_message():
    problem = "Out of Memory Error: it is full\n\n" + "what could be done about it\n" * 20
    told = describe(error(ErrorCode.EXECUTION_FAILED, engine="DuckDB", problem=problem))
    assert told.title == "[DLI-401] Query failed in DuckDB: Out of Memory Error: it is full"
    assert dict(told.facts)["Reason"] == problem.strip()


def test_a_place_is_one_fact():
    told = describe(error(ErrorCode.EXECUTION_QUERY, problem="x", path="a/b.sql", line=9, column=3))
    assert told.facts == (("File", "a/b.sql:9:3"),)
    told = describe(error(ErrorCode.EXECUTION_QUERY, problem="x", path="a/b.sql", line=9))
    assert told.facts == (("File", "a/b.sql:9"),)
    told = describe(error(ErrorCode.EXECUTION_QUERY, problem="x", line=9, column=3))
    assert told.facts == (("Line", "9"), ("Column", "3"))
    told = describe(error(ErrorCode.OUTPUT_FAILED, path="out.csv"))
    assert told.facts == ()


def test_numbers_of_rows_are_grouped_and_others_are_not():
    told = describe(error(ErrorCode.RESULT_INCOMPLETE, "drained", rows=336776, expected=336777, job_id=123456))
    assert told.title == "[DLI-408] Incomplete result: 336,777 rows came, and 336,776 were written"
    assert told.facts == (("Job", "123456"),)


def test_a_hint_that_needs_a_missing_detail_is_left_out():
    bare = describe(error(ErrorCode.DATASET_NOT_FOUND, name="a"))
    assert bare.hints == ("Run 'dli dataset list' to list the datasets.",)
    near = describe(error(ErrorCode.DATASET_NOT_FOUND, name="a", candidates=["x.y.ab", "x.y.ac"]))
    assert near.hints[0] == "Did you mean 'x.y.ab', 'x.y.ac'?"
    one = describe(error(ErrorCode.CONFIG_INVALID, "unknown_key", key="exection", candidate="execution"))
    assert one.hints[0] == "Did you mean 'execution'?"


def test_hints_of_the_error_follow_those_of_its_text():
    told = describe(error(ErrorCode.EXECUTION_CANCELLED, hints=("Go on with --resume.", "Go on with --resume.")))
    assert told.hints == ("Go on with --resume.",)


def test_a_reason_has_no_causes_but_its_own():
    assert describe(error(ErrorCode.EXECUTION_CONNECTION)).causes
    assert not describe(error(ErrorCode.EXECUTION_CONNECTION, "locked", database="a")).causes
    assert describe(error(ErrorCode.EXECUTION_CONNECTION, "no such reason")).causes


def test_the_upgrade_command_stands_whole_on_its_line():
    made = error(
        ErrorCode.CONFIG_INVALID,
        "requires",
        requires=">=0.9,<1",
        version="0.4.0",
        command="pip install --upgrade 'dli-cli>=0.9,<1'",
    )
    assert "pip install --upgrade 'dli-cli>=0.9,<1'" in format_error(made, width=40)


def problem(number: int) -> dict[str, Any]:
    return {"path": "datasets/dataset.a.yaml", "line": number, "column": 1, "message": f"unknown key 'k{number}'"}


def test_problems_follow_their_title_with_their_places():
    made = error(
        ErrorCode.SPEC_PARSE, path="datasets/dataset.a.yaml", kind="dataset", problems=[problem(1), problem(2)]
    )
    assert format_error(made) == (
        "[DLI-202] Invalid spec: datasets/dataset.a.yaml\n"
        "  datasets/dataset.a.yaml:1:1: unknown key 'k1'\n"
        "  datasets/dataset.a.yaml:2:1: unknown key 'k2'\n"
        "\n"
        "  Correct the file, then check it with 'dli dataset validate'."
    )


@pytest.mark.parametrize(("lang", "more"), [("en", "  and 70 more"), ("ko", "  외 70건")])
def test_fifty_problems_are_shown_and_the_rest_counted(lang, more):
    shown = format_error(error(ErrorCode.SPEC_PARSE, path="a", problems=[problem(n) for n in range(120)]), lang)
    assert shown.count("unknown key") == 50
    assert more in shown.splitlines()


def test_one_problem_with_a_reason_of_its_own_is_not_said_twice():
    only: dict[str, Any] = {"path": "dli.yaml", "line": 3, "column": 1, "message": "unknown key 'exection'"}
    made = error(ErrorCode.CONFIG_INVALID, "unknown_key", key="exection", problems=[only], count=1, **only)
    told = describe(made)
    assert told.problems == ()
    assert told.facts == (("File", "dli.yaml:3:1"),)


# ------------------------------------------------------------------------------------------------- excerpt and caret


def drawn(made: DLIError, root: Path | None = None, width: int = 80) -> list[str]:
    """The two lines of the excerpt."""
    rows = format_error(made, root=root, width=width).splitlines()
    at = next(index for index, row in enumerate(rows) if row.endswith("^"))
    return rows[at - 1 : at + 1]


def test_the_caret_stands_under_its_column():
    made = error(ErrorCode.EXECUTION_QUERY, problem="x", excerpt="SELECT foo FROM bar", line=9, column=8)
    assert drawn(made) == ["  9 | SELECT foo FROM bar", "    |        ^"]


def test_hangul_counts_two_columns():
    made = error(ErrorCode.EXECUTION_QUERY, problem="x", excerpt="SELECT '가나다', foo", line=10, column=15)
    row, caret = drawn(made)
    assert columns(caret) - 1 == columns(row[: row.index("foo")])
    assert columns("가나다") == 6
    assert columns("가e\u0301") == 3
    assert columns(unicodedata.normalize("NFD", "한글")) == 4
    assert columns("\u0e17\u0e35\u0e48") == 1  # a consonant of Thai with a vowel and a tone above it


def test_a_tab_before_the_caret_does_not_move_it():
    row, caret = drawn(error(ErrorCode.EXECUTION_QUERY, problem="x", excerpt="\t\tfoo bar", line=1, column=7))
    assert row.index("bar") == caret.index("^")


def test_the_excerpt_is_read_from_a_file_below_the_root(tmp_path):
    (tmp_path / "a.sql").write_text("SELECT 1\r\n  , foo\r\n", newline="")
    made = error(ErrorCode.EXECUTION_QUERY, problem="x", path="a.sql", line=2, column=5)
    assert drawn(made, tmp_path) == ["  2 |   , foo", "    |     ^"]
    assert excerpt(made) is None


def test_the_only_problem_shows_its_line(tmp_path):
    (tmp_path / "dataset.a.yaml").write_text("name: a\nquerry: b\n")
    only = {"path": "dataset.a.yaml", "line": 2, "column": 1, "message": "unknown key 'querry'"}
    made = error(ErrorCode.SPEC_PARSE, path="dataset.a.yaml", problems=[only])
    assert drawn(made, tmp_path) == ["  2 | querry: b", "    | ^"]
    assert excerpt(error(ErrorCode.SPEC_PARSE, path="dataset.a.yaml", problems=[only, only]), tmp_path) is None


@pytest.mark.parametrize(
    "path", ["../outside.sql", "/etc/hostname", "link.sql", ".env", ".dli.local.yaml", "dli.yaml", ".dli/config.yaml"]
)
def test_no_line_is_shown_of_files_outside_or_with_secrets(tmp_path, path):
    root = tmp_path / "project"
    (root / ".dli").mkdir(parents=True)
    (tmp_path / "outside.sql").write_text("hidden\n")
    (root / "link.sql").symlink_to(tmp_path / "outside.sql")
    for name in (".env", ".dli.local.yaml", "dli.yaml", ".dli/config.yaml"):
        (root / name).write_text("hidden\n")
    for code in (ErrorCode.CONFIG_INVALID, ErrorCode.EXECUTION_QUERY):
        assert excerpt(error(code, problem="x", path=path, line=1, column=1), root) is None


@pytest.mark.parametrize(
    "path", ["absent.sql", "folder", "latin1.sql", "huge.sql", "nul\0.sql", "short.sql", 7, "x" * 5000]
)
def test_a_file_that_cannot_be_read_shows_no_excerpt(tmp_path, path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin1.sql").write_bytes(b"\xe9\n" * 5)
    (tmp_path / "huge.sql").write_bytes(b"SELECT 1\n" * 200_000)
    (tmp_path / "short.sql").write_text("SELECT 1")
    made = error(ErrorCode.EXECUTION_QUERY, problem="x", path=path, line=3, column=1)
    assert excerpt(made, tmp_path) is None
    assert format_error(made, root=tmp_path)


@pytest.mark.parametrize("column", [1, 2, 40, 300, 599, 600, 601])
@pytest.mark.parametrize("letter", ["x", "가"])
def test_a_long_line_is_cut_around_its_caret(column, letter):
    text = letter * 300 + "F" + letter * 299
    made = error(ErrorCode.EXECUTION_QUERY, problem="x", excerpt=text, line=1, column=column)
    row, caret = drawn(made, width=60)
    assert columns(row) <= 60
    assert columns(caret) <= 61  # behind the last character
    if column <= 600:
        before = row[: len(row)]
        at = next(n for n in range(len(before) + 1) if columns(before[:n]) == len(caret) - 1)
        assert row[at] == text[column - 1]


def test_a_column_behind_the_line_has_no_caret():
    found = excerpt(error(ErrorCode.EXECUTION_QUERY, problem="x", excerpt="SELECT", line=1, column=99))
    assert found is not None
    assert (found.text, found.caret) == ("SELECT", None)


def test_sentences_are_wrapped_by_columns_and_commands_are_not():
    for lang in LANGUAGES:
        shown = format_error(error(ErrorCode.CONFIG_MISSING, "needs_server", api="WorkflowAPI"), lang, width=50)
        rows = shown.splitlines()
        assert all(columns(row) <= 50 or " " not in row.strip() for row in rows[1:]), shown
    shown = format_error(error(ErrorCode.CONFIG_INVALID, "engine_setting", key="a.b", problem="x"), width=30)
    assert "'dli config show a.b --origin'" in shown
    assert "'| identifier'를" in format_error(error(ErrorCode.UNSAFE_INPUT), "ko", width=76)


def test_the_only_problem_stands_above_its_line(tmp_path):
    (tmp_path / "a.yaml").write_text("querry: b\n")
    only = {"path": "a.yaml", "line": 1, "column": 1, "message": "unknown key 'querry'"}
    made = error(ErrorCode.SPEC_PARSE, path="a.yaml", problems=[only], hints=("Go.",))
    assert format_error(made, root=tmp_path) == (
        "[DLI-202] Invalid spec: a.yaml\n  a.yaml:1:1: unknown key 'querry'\n\n  1 | querry: b\n    | ^\n\n  Go."
    )


# ------------------------------------------------------------------------------------------------------ hostile data


class Rude:
    def __str__(self):
        message = "no text for you"
        raise RuntimeError(message)


HOSTILE = {
    "escape": "\x1b[2J\x1b]0;owned\x07",
    "lines": "a\nb\r\nc\u2028d\x85e",
    "bidi": "abc\u202egnp.exe",
    "surrogate": "\udc80\udfff",
    "nul": "a\0b",
    "long": "x" * 1_000_000,
    "many": ["y"] * 5_000,
    "deep": {"a": [{"b": {"c": "\x1b[31m"}}]},
    "rude": Rude(),
    "rudes": [Rude(), None, True, 1.5, b"\x1b"],
    "braces": "{name} {0} {x.__class__} {problem|y} %s ${HOME}",
    "markup": "[bold red]x[/] <b>",
    "empty": "",
    "bytes": b"\x1b[31m",
    "number": 10**400,
    "nan": float("nan"),
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_hostile_details_are_shown_and_never_obeyed(value):
    always = {"project", "path", "line", "column", "excerpt", "problems"}
    for where, table in tables("en"):
        code, _, reason = where.partition(".")
        details = dict.fromkeys(always.union(name for text in lines(table) for name, _ in placeholders(text)), value)
        made = error(ErrorCode(code), reason or None, hints=("\x1b[2J\n",), **details)
        assert str(made).isprintable()
        for lang in LANGUAGES:
            shown = format_error(made, lang, root=Path(__file__).parent)
            assert all(row.isprintable() for row in shown.split("\n"))
            assert len(shown) < 100_000


@pytest.mark.parametrize("reason", HOSTILE.values(), ids=HOSTILE)
def test_a_reason_of_any_kind_is_survived(reason):
    made = DLIError(ErrorCode.EXECUTION_FAILED, details={"reason": reason})
    assert str(made) == "[DLI-401] Query failed in the engine: it gave no reason"


def test_a_control_character_is_visible_and_braces_in_data_are_data():
    assert (
        str(error(ErrorCode.DATASET_NOT_FOUND, name="\x1b[2J{name}")) == "[DLI-101] Dataset not found: \\x1b[2J{name}"
    )
    told = describe(error(ErrorCode.DATASET_NOT_FOUND, name="a", project="/tmp/a\nb\u202e"))
    assert told.facts == (("Project", "/tmp/a\\nb\\u202e"),)


def test_lines_of_a_problem_stay_lines():
    told = describe(error(ErrorCode.EXECUTION_CONNECTION, problem="first\n  second\x1b\n\nthird\n"))
    assert told.facts == (("Reason", "first\n  second\\x1b\n\nthird"),)
    assert "  Reason:\n    first\n      second\\x1b\n\n    third\n" in format_error(
        error(ErrorCode.EXECUTION_CONNECTION, problem="first\n  second\x1b\n\nthird\n")
    )


@pytest.mark.parametrize(
    "problems", [[None], [1, "x"], [{}], [{"message": None, "path": 5, "line": "x"}], "text", {}, 7]
)
def test_problems_of_any_shape_are_survived(problems):
    assert format_error(error(ErrorCode.SPEC_PARSE, path="a", problems=problems), root=Path(__file__).parent)


@a_language
def test_no_code_and_no_reason_needs_a_detail(lang):
    for where, _ in tables(lang):
        code, _, reason = where.partition(".")
        shown = format_error(error(ErrorCode(code), reason or None), lang)
        assert "{" not in shown.replace("${VAR}", "")
        assert not re.search(r"<\w+>", "\n".join(shown.splitlines()[1:])), "a hint without its detail is left out"
