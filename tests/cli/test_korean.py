"""DLI_LANG=ko: whatever is said is Korean. Only what others say stays English, in quotes; JSON and help do too."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dli_core.errors import ErrorCode, phrase
from tests.cli.wrong.case import SHOP
from tests.fast import test_cron, test_yaml
from tests.support.korean import english
from tests.support.specs import HEAD
from tests.unit.test_specs_quality import TESTS
from tests.unit.test_specs_refusals import ESSENTIALS, METRICS, UNKNOWN, WRONG

KOREAN = {"DLI_LANG": "ko"}
SNAPSHOTS = Path(__file__).with_name("snapshots")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The keys of all sentences that are said in Korean while the test runs."""
    keys: set[str] = set()
    sentence = phrase._sentence

    def record(key, details, lang):
        if lang == "ko":
            keys.add(key)
        return sentence(key, details, lang)

    monkeypatch.setattr(phrase, "_sentence", record)
    return keys


def korean_parts() -> Iterator[tuple[str, str]]:
    """The Korean half of every snapshot of a wrong input."""
    for path in sorted((SNAPSHOTS / "wrong").glob("*.txt")):
        blocks = re.split(r"(?m)^(?=\[DLI-\d\d\d\] |Error: |오류: )", path.read_text("utf-8"))
        assert len(blocks) == 3, f"{path.name} is not in two languages"
        yield path.name, blocks[2]


# More slips of YAML than the reader's own tests have.
SLIPS = (
    "a: ]", "a: [1}", "a: {b: 1]", "a: {b: 1 c: 2}", "a: [b c: d", "a: 'x' y", 'a: "x" y', "a: |x\n  y", "a: - b",
    "- a: 1\n- b: 2\n c: 3", "a: [\n- b\n]", "a: 'x\n---\ny'", "a: 1\n... b", "a: *", "a: &", "a: x\n  # c\n  y",
    "a: b\nc", ": 1", "a:\n  - b\n c: 1", "a: {b", "a: [b", "a: x\n b: y\n", "a: 'x\ny'", "a: |\n    x\n  y", "- a\nb: 1",
    "a: !x!y z", "a: {b: 1, {c: 2}", "a:\n  b: 1\n c: 2", 'a: "x\ny"', "a: [1 2: 3", "a: - - b: c: d", "{a: 1]", "a: [b, c: d e: f]",
    "a: %x", "a: ? b", "a: >x", "a: {b: [}", "a: b\n- c", "a: [b\n", "a: {b: 1\n", "a\n b: c", "a: }", "[a", "{a", "a: b]: c",
)  # fmt: skip
# What can be said of specs that are read, and of whole files.
MORE = {
    "dataset.zone.yaml": "schedule: {cron: '@daily', timezone: Asia/Soul}",
    "dataset.nozone.yaml": "schedule: {cron: '@daily', timezone: qqq}",
    "dataset.clock.yaml": "schedule: {cron: '30 1,2 * * *', timezone: America/New_York}",
    "dataset.every.yaml": "schedule: {cron: '0 2,3 * * *', timezone: America/New_York}",
    "dataset.deps.yaml": "depends_on: [a.b.goood]",
    "dataset.twice.yaml": "tests: [{name: a, type: row_count, params: {min: 1}}, {name: a, type: row_count, params: {min: 1}}]",
    "dataset.too.yaml": "tests: [{type: row_count, params: {min: 1}}, {type: row_count, params: {min: 1}}]",
    "dataset.digits.yaml": "schedule: {cron: '" + "9" * 5000 + " * * * *'}",
    "dataset.many.yaml": f"tags: [{'a, ' * 10_001}a]",
    "dataset.more.yaml": "".join(f"k{number}: 1\n" for number in range(120)),
    "dataset.secret.yaml": "parameters: [{name: p, secret: true, default: x}, {name: q, default: 1, type: date}]",
}


def cases() -> dict[str, str | bytes]:
    """Files of every kind that may go wrong, by their names."""
    texts: list[str | bytes] = [HEAD + text for text, _ in [*UNKNOWN.values(), *WRONG.values()]]
    texts += [*ESSENTIALS, *(f"{HEAD}tests: [{text}]" for text in TESTS), "", "- a", *SLIPS]
    texts += [f"{HEAD}schedule: {{cron: {json.dumps(cron)}}}" for cron, _, _ in test_cron.REFUSED]
    texts += [
        row[0] for row in test_yaml.test_what_a_spec_does_not_need_is_refused_with_its_place.pytestmark[0].args[1]
    ]
    texts += [row[1] for row in test_yaml.test_hostile_input_is_refused_at_once.pytestmark[0].args[1]]
    found: dict[str, str | bytes] = {f"dataset.n{number:03}.yaml": text for number, text in enumerate(texts)}
    found |= {name: HEAD + text for name, text in MORE.items()}
    found |= {f"metric.n{number:03}.yaml": HEAD + text for number, text in enumerate(METRICS)}
    # Of two specs of one name only the first is looked at.
    named = {
        n: t.replace("name: a.b.c\n", f"name: a.b.{n.split('.')[1]}\n") if isinstance(t, str) else t
        for n, t in found.items()
    }
    return named | {
        "datasets.it.yaml": HEAD,
        "more/dataset.good.yaml": "name: a.b.good\nquery_statement: SELECT 1\n",
        "dataset.good.yaml": "name: a.b.good\nquery_statement: |\n  SELECT {{ ref('a.b.goood') }}, {{ ref('x.y.z') }}, {{ p | raw }}\n"
        "parameters: [{name: p, default: x}, {name: unused, default: x}]\n",
    }


def test_no_wrong_input_is_told_in_english():
    found = {name: lines for name, text in korean_parts() if (lines := [*english(text)])}
    assert found == {}


def test_english_is_found_where_it_is():
    assert [*english("  a.yaml:1:1: the file is empty: write at least a name")]
    assert [*english("[DLI-001] 설정: must be a whole number of seconds")]
    for line in (
        "[DLI-405] DuckDB에서 SQL을 실행하지 못했습니다: “Catalog Error: Table with name gone does not exist!”",
        "  3 | SELECT * FROM orders WHERE a IS NOT NULL",
        "  다음 중 하나를 사용하세요: string, integer, float, decimal, boolean, date",
        "  'dli config show server.url --origin now and then' 명령을 실행하세요.",
    ):
        assert not [*english(line)], line


def test_every_problem_of_a_spec_is_told_in_both_languages(dli, project: Path, said: set[str]):
    for name, text in cases().items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    os.mkfifo(project / "dataset.pipe.yaml")
    place = re.compile(r"(?m)^\S+?:\d+:\d+: ")
    for kind, count in (("dataset", 400), ("metric", 8)):
        told = {lang: dli(kind, "validate", cwd=project, env={"DLI_LANG": lang}) for lang in ("en", "ko")}
        assert {done.code for done in told.values()} == {2}
        assert sorted(place.findall(told["en"].out)) == sorted(place.findall(told["ko"].out))
        lines = {lang: done.out.splitlines() for lang, done in told.items()}
        assert len(lines["en"]) == len(lines["ko"]) > count
        assert "\n".join(english(told["ko"].out)) == ""
        assert [line for line in lines["ko"] if not re.search("[가-힣]", line)] == []
    unsaid = {f"{room}.{name}" for room in ("spec", "test", "wanted", "yaml", "cron") for name in words(room)} - said
    assert unsaid == UNSAID.keys(), "\n".join(sorted(unsaid ^ UNSAID.keys()))


def words(room: str) -> list[str]:
    return list(phrase.table("problems", "en", room))


# Key → why no file of the tables above brings it about.
_FIRST = "another sentence is said first of all that was tried"
UNSAID: dict[str, str] = {
    "spec.does_not_fit": "what pydantic says of kinds that no field has yet",
    "spec.the_file": "a file that is no mapping is told otherwise",
    "spec.the_list": "every list of a spec has a key",
    "spec.unreadable": "the system refuses: tests/unit/test_specs_files.py",
    "yaml.anchors": "of configurations: test_secrets.py",
    "yaml.tags": "of configurations: test_secrets.py",
    "yaml.size": "the file's size is looked at before it is read",
    "yaml.an_alias": _FIRST,
    "yaml.comment": _FIRST,
    "yaml.early": _FIRST,
    "yaml.indentation": _FIRST,
    "yaml.list_comma": _FIRST,
    "yaml.one_document": _FIRST,
    "yaml.quoted_indentation": _FIRST,
    "yaml.text_indentation": _FIRST,
}


def test_the_doctor_speaks_korean(dli, project: Path, tmp_path: Path):
    (project / "dli.yaml").write_text(
        "server: {url: 'http://127.0.0.2:1', api_key: abc}\nlocal: {trino: {url: '${U}'}}\n"
    )
    (project / ".env").write_text("DLI_TIMEUOT=5\nDLI_ENV=\n")
    done = dli("config", "check", cwd=project, env={**KOREAN, "HOME": str(tmp_path), "DLI_LOCAL__ENGIN": "x"})
    assert [line for line in english(done.out) if "Connection refused" not in line] == []  # the system's words
    assert "✓ 프로젝트: " in done.out
    assert "아무 데서도 읽지 않습니다" in done.out
    assert "✓ duckdb 엔진: 응답합니다" in done.out
    found = json.loads(dli("config", "check", "--format", "json", cwd=project, env=KOREAN).out)
    assert {"name", "status", "message", "remedy", "code"} == set(found[0])
    assert found[0]["name"] == "project"


def test_the_doctor_tells_what_does_not_resolve_in_korean(dli, project: Path):
    (project / "dli.yaml").write_text("execution: {timeout: soon}\nlocl: 1\n")
    done = dli("config", "check", cwd=project, env=KOREAN)
    assert done.code == 2
    assert [*english(done.out)] == []
    assert "✗ dli.yaml:2:1: 알 수 없는 키입니다: 'locl' (비슷한 이름: 'local')" in done.out


def test_jobs_speak_korean(dli, tmp_path: Path):
    env = {**KOREAN, "HOME": str(tmp_path)}
    assert dli("jobs", "list", env=env).err == "지난 30일 동안 이 컴퓨터에서 실행한 작업이 없습니다.\n"
    dli("run", "SELECT 1 AS a", "-o", str(tmp_path / "a.csv"), env=env)
    head, row = dli("jobs", "list", env=env).out.splitlines()
    assert head.split() == ["작업", "시작", "상태", "행", "수", "엔진", "내용"]
    assert " 완료 " in row
    shown = dli("jobs", "show", row.split()[0], env=env).out
    assert re.search(r"(?m)^상태: +완료$", shown)
    found = json.loads(dli("jobs", "list", "--format", "json", env=env).out)
    assert found[0]["state"] == "done"


def test_verify_speaks_korean(dli, tmp_path: Path):
    def run(count: int, *more: str) -> None:
        dli("run", f"SELECT * FROM range({count})", "-o", "a.csv", *more, cwd=tmp_path)

    def verified(code: int) -> str:
        done = dli("verify", "a.csv", cwd=tmp_path, env=KOREAN)
        assert done.code == code
        assert [*english(done.out + done.err)] == []
        return done.out + done.err

    run(9)
    assert "영수증이 없습니다" in verified(2)
    run(9, "--receipt")
    assert "파일이 완전합니다: 행 9개, 24바이트" in verified(0)
    time.sleep(0.02)
    run(5)
    assert "영수증은 이전 내보내기의 것입니다" in verified(1)
    (tmp_path / "a.csv").write_text("x\n")
    assert "영수증의 내용과 다릅니다" in verified(1)
    assert json.loads(dli("verify", "a.csv", "--format", "json", cwd=tmp_path, env=KOREAN).out)["verdict"] == "mismatch"


def test_listings_and_footers_are_korean(dli, project: Path):
    for name, text in SHOP.items():
        (project / name).write_text(text)
    assert dli("metric", "validate", cwd=project, env=KOREAN).err == "✓ 검사 완료: 메트릭 1개, 오류 없음\n"
    (project / "dataset.bad.yaml").write_text("name: 1\n")
    listed = dli("dataset", "list", cwd=project, env=KOREAN)
    assert "경고: 읽을 수 없는 파일은 목록에서 제외했습니다(파일 1개)." in listed.err
    assert [*english(listed.err)] == []
    query = ("run", "SELECT * FROM range(99)", "--format", "table")
    assert "행 99개 중 19개를 표시했습니다." in dli(*query, cwd=project, env=KOREAN).err
    assert "행 수: 5+. " in dli(*query, "--rows", "5", cwd=project, env=KOREAN).err
    checked = dli("run", "SELECT 1 AS a", "--dry-run", cwd=project, env=KOREAN).err
    assert checked == "✓ DuckDB에서 확인했습니다(컬럼 1개). 아무것도 실행하지 않았습니다.\n"


@pytest.mark.parametrize("code", ErrorCode, ids=lambda code: code.value)
def test_every_explanation_is_korean(dli, code: ErrorCode):
    done = dli("explain", code.value, env=KOREAN)
    assert [line for line in english(done.out) if code.name not in line] == []


def test_the_list_of_codes_is_korean(dli):
    head, *rows = dli("explain", env=KOREAN).out.splitlines()
    assert head.split() == ["코드", "이름", "종료", "메시지"]
    assert all(re.search("[가-힣]", row) for row in rows)


def test_a_new_project_is_announced_in_korean(dli, tmp_path: Path):
    done = dli("init", "demo", cwd=tmp_path, env=KOREAN)
    assert "프로젝트를 만들었습니다: 파일 " in done.err
    assert "다음 단계:" in done.err


def test_help_is_english_in_every_language(dli):
    assert dli("run", "--help", env=KOREAN).out == dli("run", "--help").out


def test_a_spec_and_the_heads_of_listings_are_korean(dli, flights: Path):
    for words in (
        ["dataset", "get", "daily_summary"],
        ["metric", "get", "punctuality"],
        ["config", "show", "--origin"],
    ):
        done = dli(*words, cwd=flights, env=KOREAN)
        labels = re.findall(r"(?m)^ {0,2}([A-Z][A-Za-z ]*)(?: {2}|:$)", done.out)
        assert [label for label in labels if label.strip() not in {"SQL", "DML", "SELECT"}] == []
    listed = dli("dataset", "list", cwd=flights, env=KOREAN).out
    assert listed.split()[:4] == ["이름", "유형", "소유자", "설명"]
    as_json = ("dataset", "get", "daily_summary", "--format", "json")
    assert dli(*as_json, cwd=flights, env=KOREAN).out == dli(*as_json, cwd=flights).out
