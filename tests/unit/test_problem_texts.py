"""The sentences about single things: the same in both languages, all of them in use, and as their makers say them."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import dli_fast
import pytest

from dli_core import errors
from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import PLACEHOLDER, Text, counted, either, reason_of, recognised, said, translated
from dli_core.errors.redact import redacted
from dli_core.errors.show import format_error
from dli_core.errors.text import first_hint, text_of
from dli_core.models.result import Finding

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(errors.__file__).parent
ROOMS = {lang: tomllib.loads((HERE / f"problems.{lang}.toml").read_text("utf-8")) for lang in ("en", "ko")}
OTHERS = {"yaml", "cron", "template", "write", "number", "typer"}  # rooms of sentences that others make
# Keys that no source names as a whole: made of a prefix and a word.
MADE = re.compile(
    r"count\.|list\.|wanted\.|parameter\.(text|list|whole|number|decimal|switch|date|timestamp|name)$|jobs\.|usage\.no_"
    r"|usage\.exist|screen\.(severity_|no_|valid|invalid)|check\.(not_read_|useless_)|verify\.file_|explain\.head_|described\."
)
OURS = {
    "yaml.tags",
    "yaml.anchors",
    "cron.range_digits",
}  # in place of the reader's, which quote the file; put together


def keys() -> Iterator[tuple[str, str]]:
    for room, sentences in ROOMS["en"].items():
        for name in sentences:
            yield room, name


def texts_in_use() -> Iterator[tuple[str, set[str] | None, str]]:
    """(key, names of its details or None where they are not all in sight, place) of every Text("…") and say("…")."""
    for path in sorted(ROOT.glob("packages/*/src/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name not in {"Text", "say", "tell"}:
                continue
            given = {keyword.arg for keyword in node.keywords}
            whole = None if None in given else {arg for arg in given if arg}
            parts = () if isinstance(node.args[0], ast.JoinedStr) else ast.walk(node.args[0])
            for constant in parts:
                if isinstance(constant, ast.Constant) and re.fullmatch(r"[a-z]+\.[a-z_0-9]+", str(constant.value)):
                    yield str(constant.value), whole, f"{path.name}:{node.lineno}"


# ------------------------------------------------------------------------------------------------------ the catalogue


def test_both_languages_have_the_same_rooms_keys_and_placeholders():
    assert list(ROOMS["en"]) == list(ROOMS["ko"])
    for room, sentences in ROOMS["en"].items():
        assert list(sentences) == list(ROOMS["ko"][room]), room
        for name, text in sentences.items():
            marks = [{found[1] for found in PLACEHOLDER.finditer(t)} for t in (text, ROOMS["ko"][room][name])]
            assert marks[0] == marks[1], (room, name)


def test_korean_sentences_are_korean_and_their_particles_do_not_depend_on_data():
    particle = re.compile(r"\}['\"`”]?(은|는|이|가|을|를|와|과|로|으로|이라|라|이라는|라는)(?=[\s.,:)]|$)")
    frames = {"spec.told", "config.at_key", "config.from", "check.coded", "check.coded_why", "run.coded", "jobs.main"}
    frames |= {"described.with_values"}
    frames |= {"run.of_statement", "test.a", "test.an", "list.and"}
    for room, name in keys():
        text = ROOMS["ko"][room][name]
        assert re.search("[가-힣]", text) or f"{room}.{name}" in frames, (room, name)
        assert not particle.search(text), (room, name, text)


def test_every_sentence_that_is_named_exists_and_gets_all_that_fills_it():
    used = list(texts_in_use())
    assert len(used) > 150
    for key, given, place in used:
        room, _, name = key.partition(".")
        assert name in ROOMS["en"].get(room, {}), (key, place)
        wanted = {found[1] for found in PLACEHOLDER.finditer(ROOMS["en"][room][name]) if found[2] is None}
        assert given is None or wanted <= given, (key, place)


def test_no_sentence_is_left_over():
    sources = "\n".join(path.read_text("utf-8") for path in ROOT.glob("packages/*/src/**/*.py"))
    for room, name in keys():
        key = f"{room}.{name}"
        if room not in OTHERS and not MADE.match(key):
            assert f'"{key}"' in sources or f"'{key}'" in sources, key


def test_sentences_of_the_extension_are_as_it_says_them():
    """One that is worded anew in Rust has to be worded anew here: else it would be English in Korean."""
    rust = "\n".join(path.read_text("utf-8") for path in (ROOT / "crates/dli_fast/src").rglob("*.rs"))
    rust = rust.replace('\\"', '"').replace("\\\\", "\\").replace("{{{{", "{{").replace("}}}}", "}}")
    for room in ("yaml", "cron", "template", "write"):
        for name, text in ROOMS["en"][room].items():
            pieces = [piece for part in PLACEHOLDER.split(text)[::3] for piece in re.split("[;:] ", part)]
            for piece in pieces if f"{room}.{name}" not in OURS else ():
                assert len(piece.split()) < 3 or piece.strip(" `,'(") in rust, (room, name, piece)


def test_every_sentence_of_the_yaml_reader_about_syntax_is_known():
    source = (ROOT / "crates/dli_fast/src/yaml/messages.rs").read_text("utf-8")
    found = re.findall(r'=>\s*\{?\s*"((?:[^"\\]|\\.)*)"\.into\(\)', source)
    assert len(found) > 25
    for literal in found:
        sentence = literal.replace('\\"', '"').replace("\\\\", "\\")
        assert isinstance(recognised("yaml", sentence), Text), sentence


# --------------------------------------------------------------------------------------------------- what a Text does


def test_a_text_is_its_english_sentence_wherever_a_str_is_wanted():
    text = Text("spec.missing", key="name")
    assert text == "'name' is missing"
    assert json.dumps({"message": text}) == '{"message": "\'name\' is missing"}'
    assert hash(text) == hash("'name' is missing")
    assert (text.say("ko"), said(text, "ko"), text.say("fr")) == ("'name' 키가 없습니다",) * 2 + ("'name' is missing",)
    assert said("plain", "ko") == "plain"


@pytest.mark.parametrize("again", [lambda t: pickle.loads(pickle.dumps(t)), copy.copy, copy.deepcopy])
def test_a_text_that_is_pickled_or_copied_can_still_be_said(again):
    text = Text("spec.of_type", what=Text("spec.item", number=2, list="tags"), wanted=Text("wanted.text"), given="1")
    back = again(text)
    assert back == text
    assert back.say("ko") == text.say("ko") == "'tags'의 2번째 항목의 값이 맞지 않습니다. 필요한 값: 텍스트, 쓴 값: 1"


def test_parts_of_a_sentence_are_said_in_its_language():
    assert either(["a", "b", "c"]) == "a, b or c"
    assert said(either(["a", "b", "c"]), "ko") == "a, b 또는 c"
    assert either(["a"]) == "a"
    assert (counted(1, "row"), counted(1523, "row")) == ("1 row", "1,523 rows")
    assert counted(1523, "row").say("ko") == "행 1,523개"


def test_an_exception_hands_on_its_text():
    assert reason_of(ValueError(Text("test.text"))).say("ko") == "텍스트를 쓰세요"  # type: ignore[attr-defined]
    assert reason_of(OSError(2, "No such file")) == "[Errno 2] No such file"


def test_an_error_is_said_in_one_language_with_all_that_stands_in_it():
    made = error(ErrorCode.CONFIG_INVALID, "value", key="a.b", problem=Text("config.whole"))
    assert str(made) == "[DLI-001] Invalid value for a.b: must be a whole number"
    for back in (made, pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert format_error(back, "ko").startswith("[DLI-001] a.b 설정의 값이 올바르지 않습니다: 정수여야 합니다")
    assert said(text_of(made), "ko") == "a.b 설정의 값이 올바르지 않습니다: 정수여야 합니다"
    assert first_hint(made) == "Correct it, then run 'dli config check'."
    assert said(first_hint(made), "ko") == "값을 고친 다음 'dli config check' 명령을 실행하세요."


def test_problems_of_a_file_are_said_in_the_language_of_the_reader():
    problem = {"path": "a.yaml", "line": 1, "column": 2, "message": Text("spec.missing", key="name")}
    shown = format_error(error(ErrorCode.SPEC_PARSE, path="a.yaml", kind="dataset", problems=[problem]), "ko")
    assert "a.yaml:1:2: 'name' 키가 없습니다" in shown


def test_what_others_say_stands_in_quotes_in_a_korean_sentence():
    made = error(ErrorCode.EXECUTION_QUERY, engine="DuckDB", problem="Catalog Error: no table x")
    assert format_error(made, "ko").splitlines()[0].endswith("실행하지 못했습니다: “Catalog Error: no table x”")
    assert format_error(made).splitlines()[0].endswith("could not run the SQL: Catalog Error: no table x")


def test_a_secret_is_taken_out_of_a_text_and_it_can_still_be_said():
    text = Text("spec.unknown", key="hunter2")
    found = redacted({"problem": [text]}, lambda part: part.replace("hunter2", "***"))["problem"][0]
    assert (found, found.say("ko")) == ("unknown key ***", "알 수 없는 키입니다: ***")


def test_a_finding_keeps_its_text_and_is_english_as_json():
    finding = Finding(severity="error", code="DLI-202", message=Text("spec.missing", key="name"))
    assert said(finding.message, "ko") == "'name' 키가 없습니다"
    assert json.loads(finding.model_dump_json())["message"] == "'name' is missing"
    assert finding.model_dump(mode="json")["message"] == "'name' is missing"


def test_details_are_translated_however_deep_they_lie():
    details = {"a": [{"b": Text("test.sql")}], "n": 1}
    assert translated(details, "ko") == {"a": [{"b": "SQL을 쓰세요"}], "n": 1}
    assert translated(details, "en") is details


@pytest.mark.parametrize(
    ("text", "korean"),
    [
        ("a: [1, 2", "이 '[' 괄호가 닫히지 않았습니다"),
        ("a: 1\na: 2", "'a' 키가 두 번 쓰였습니다. 처음 쓰인 곳: 1번째 줄 1번째 열"),
        ("a: &x 1", "앵커 &x 표기는 쓸 수 없습니다. 값을 그대로 쓰거나, 텍스트라면 따옴표로 감싸세요"),
        ("a: @x", "값은 '@' 문자로 시작할 수 없습니다. 따옴표로 감싸세요"),
    ],
)
def test_the_reader_s_words_are_recognised(text: str, korean: str):
    with pytest.raises(dli_fast.YamlError) as caught:
        dli_fast.read_yaml(text.encode())
    found = recognised("yaml", caught.value.message)
    assert (found, said(found, "ko")) == (caught.value.message, korean)


def test_a_sentence_that_nobody_knows_stays_what_it_is():
    assert recognised("yaml", "something new") == "something new"
    assert not isinstance(recognised("yaml typer", "something new"), Text)


def test_a_sentence_inside_of_another_one_is_recognised_too():
    found = recognised("typer usage", "Invalid value for '--ds': 'x' is not a date: write YYYY-MM-DD")
    assert said(found, "ko") == (
        "'--ds' 옵션의 값이 올바르지 않습니다: 'x' 값이 날짜가 아닙니다. YYYY-MM-DD 형식으로 쓰세요"
    )
