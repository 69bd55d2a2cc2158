"""Secrets are seen by nobody: not one of the planted ones in any output, file, log, traceback, repr or process list."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import subprocess
import sys
import time
import traceback
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dli import ConfigAPI, DatasetAPI, ExecutionContext, MetricAPI, SqlAPI
from dli_core.errors import DLIError
from dli_core.errors.show import format_error
from tests.support.canaries import GIVEN, HEARTS, World, canary, leaks, world

OPTIONS = [word for given in GIVEN for word in ("-p", given)]
AD_HOC = ["-p", f"api_key={canary('ad_hoc_parameter')}"]
_SQL = "SELECT 1 AS a WHERE {{ api_key }} <> 'x'"
_SQL_WRONG = "SELECT CAST({{ api_key }} AS INTEGER)"

COMMANDS: list[list[str]] = [
    ["dataset", "list"],
    ["dataset", "list", "--format", "json"],
    *(["dataset", "get", name] for name in ("good", "dml", "variables")),
    ["dataset", "get", "good", "--format", "json"],
    ["dataset", "validate"],
    ["dataset", "validate", "--format", "json"],
    ["metric", "get", "measured"],
    ["metric", "validate"],
    ["metric", "run", "measured", *OPTIONS, "--format", "table"],
    *(
        ["dataset", "run", name, *OPTIONS, *words]
        for name in ("good", "quoting", "late", "syntax")
        for words in (
            [],
            ["--dry-run"],
            ["--format", "table"],
            ["--format", "json"],
            ["-o", f"{name}.csv", "--receipt"],
            ["-o", f"{name}.parquet"],
        )
    ),
    ["dataset", "run", "dml", *OPTIONS],
    ["dataset", "run", "dml", *OPTIONS, "--dry-run"],
    ["dataset", "run", "variables"],
    ["dataset", "run", "variables", "--dry-run"],
    # Values that do not fit
    ["dataset", "run", "good", "-p", f"token={canary('parameter_string')}", "-p", f"pin={canary('parameter_item')}"],
    ["dataset", "run", "good", "-p", "token:null", "-p", f"tokn={canary('parameter_string')}"],
    ["dataset", "run", "good", *OPTIONS, "-p", f"place={canary('identifier_parameter')}; --"],
    ["dataset", "run", "good", *OPTIONS, "-p", f"place={canary('identifier_parameter')}"],
    ["dataset", "run", "good", *OPTIONS, "-p", f"{canary('parameter_string')}"],
    ["dataset", "run", "good", *OPTIONS, "-p", f"keys=[{canary('parameter_item')}"],
    # SQL that no spec holds
    ["run", _SQL, *AD_HOC],
    ["run", _SQL, *AD_HOC, "--dry-run"],
    ["run", _SQL, *AD_HOC, "-o", "ad_hoc.csv", "--receipt"],
    ["run", _SQL_WRONG, *AD_HOC],
    ["run", _SQL_WRONG, *AD_HOC, "--dry-run"],
    ["run", "SELECT {{ api_key }}", "-p", f"api_key:integer={canary('ad_hoc_parameter')}"],
    # Engines and servers that are not there
    ["run", "SELECT 1", "--engine", "trino"],
    ["run", "SELECT 1", "--env", "prod", "--server"],
    ["run", "SELECT 1", "--specs", "server"],
    # The configuration
    ["config", "show"],
    ["config", "show", "--origin"],
    ["config", "show", "--format", "json", "--env", "prod"],
    ["config", "show", "--env", "prod"],
    *(
        ["config", "get", key]
        for key in (
            "server.api_key",
            "server.url",
            "local.trino.password",
            "local.trino.url",
            "local.trino",
            "local.trino.session",
            "local.duckdb.settings",
            "local.duckdb.settings.http_proxy_password",
            "vars",
            "vars.db_password",
            "vars.mail",
            "local.bigquery.api_endpoint",
        )
    ),
    ["config", "check"],
    ["config", "check", "--format", "json"],
    ["config", "check", "--env", "prod"],
    ["config", "path"],
    # The journal
    ["jobs", "list"],
    ["jobs", "list", "--format", "json"],
    ["verify", "good.csv"],
    ["verify", "good.csv", "--format", "json"],
    ["--complete", "dataset", "run", ""],
]

# Name → what is wrong in a file of the configuration; the message must not quote it.
WRONG_FILES = {
    "an anchor": ("dli.yaml", f"server: {{api_key: {canary('yaml_anchor')} }}\n"),
    "an alias": ("dli.yaml", f"server: {{api_key: *{canary('yaml_anchor')[1:]} }}\n"),
    "a tag": ("dli.yaml", f"server: {{api_key: !{canary('yaml_anchor')[1:]} x}}\n"),
    "a list": (".dli.local.yaml", f"server: {{api_key: [{canary('wrong_setting')}]}}\n"),
    "another scheme": ("dli.yaml", f"server: {{url: 'ftp://me:{canary('wrong_url')}@host'}}\n"),
    "a setting": ("dli.yaml", f"local: {{duckdb: {{settings: {{password: [{canary('wrong_setting')}]}}}}}}\n"),
    "a session": ("dli.yaml", f"local: {{trino: {{session: {{password: [{canary('wrong_setting')}]}}}}}}\n"),
    "a variable": ("dli.yaml", f"server: {{api_key: '${{{canary('wrong_setting')}'}}\n"),
    "a secret in a section": ("dli.yaml", f"server: {canary('wrong_setting')}\n"),
    "text after a quote": ("dli.yaml", f"server: {{api_key: 'x' {canary('wrong_setting')}}}\n"),
    "a line of .env": (".env", f"export DLI_API_KEY {canary('wrong_setting')}\n"),
    "a quote of .env": (".env", f"DLI_API_KEY='{canary('wrong_setting')}\n"),
    "an engine's setting": (
        "dli.yaml",
        f"local: {{duckdb: {{settings: {{threads_token: {canary('wrong_setting')}}}}}}}\n",
    ),
    "a value of a setting": (
        "dli.yaml",
        f"local: {{duckdb: {{settings: {{allow_persistent_secrets: {canary('wrong_setting')}}}}}}}\n",
    ),
    "a database": (
        "dli.yaml",
        f"local: {{duckdb: {{database: 'no/such:x?motherduck_token={canary('database_url')}'}}}}\n",
    ),
}


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = world(tmp_path)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(made.project)
    return made


def test_the_search_finds_a_secret_in_any_form():
    secret = canary("parameter_string")
    assert leaks(f"before {secret} after") == ["parameter_string"]
    assert leaks(json.dumps({"a": secret})) == ["parameter_string"]
    assert leaks(urllib.parse.quote(secret)) == ["parameter_string"]
    for shift in range(3):
        assert leaks(base64.b64encode(b"x" * shift + secret.encode())) == ["parameter_string"]
    assert leaks(secret.encode().hex()) == ["parameter_string"]
    assert leaks(f"Value: {secret[:11]}…") == ["parameter_string"]
    assert leaks(f"{int(canary('parameter_number')):,}") == ["parameter_number"]
    assert leaks("nothing") == []
    assert len(HEARTS) >= 30


def test_no_command_shows_a_secret(dli, planted: World):
    codes: dict[str, int] = {}
    for words in COMMANDS:
        for lang in ("en", "ko"):
            done = dli(*words, env={"DLI_LANG": lang})
            assert leaks(done.out + done.err) == [], f"dli {' '.join(words)}\n{done.out}\n{done.err}"
            assert "Traceback" not in done.err
            codes[" ".join(words[:3])] = done.code
            if done.code == 0:  # only errors speak Korean
                break
    entries = json.loads(dli("jobs", "list", "--limit", "500", "--format", "json").out)
    assert len(entries) > 20
    for entry in entries[::4]:
        for words in ([], ["--sql"], ["--format", "json"]):
            done = dli("jobs", "show", entry["id"], *words)
            assert (done.code, leaks(done.out + done.err)) == (0, [])
    assert {0, 1, 2} <= set(codes.values())
    assert [dli("dataset", "run", name, *OPTIONS).code for name in ("good", "quoting", "late")] == [0, 1, 1]
    _nothing_is_written(planted)


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_configuration_is_told_without_its_secrets(dli, planted: World, name: str, lang: str):
    file, text = WRONG_FILES[name]
    (planted.project / "dli.yaml").write_text("")
    (planted.project / file).write_text(text)
    for words in (
        ["run", "SELECT 1"],
        ["config", "check"],
        ["config", "show"],
        ["config", "set", "--project", "requires", "null"],
    ):
        done = dli(*words, env={"DLI_LANG": lang})
        assert leaks(done.out + done.err) == [], done.err
    assert dli("run", "SELECT 1", *(["--server"] if name == "a variable" else [])).code != 0


def test_setting_a_secret_does_not_show_it(dli, planted: World):
    for key, name in (("server.api_key", "set_api_key"), ("local.trino.url", "set_url"), ("vars.my_token", "set_url")):
        value = f"https://me:{canary(name)}@host" if key.endswith("url") else canary(name)
        for words in ([key, value], ["--private", key, value], [f"{key}s", value], [key, f"[{value}"]):
            done = dli("config", "set", *words)
            assert leaks(done.out + done.err) == [], done
    assert leaks(dli("config", "show").out) == []


def _nothing_is_written(planted: World) -> None:
    files = list(planted.written())
    assert any(path.suffix == ".json" and ".dli" in path.parts for path in files)  # the journal
    assert any(path.name.endswith(".receipt.json") for path in files)
    for path in files:
        if path.suffix != ".duckdb" and not path.name.endswith(".wal"):  # the user's own table holds what was put there
            assert leaks(path.read_bytes()) == [], path
            assert leaks(str(path)) == []
    modes = {path.stat().st_mode & 0o077 for path in files if ".dli" in path.parts}
    assert modes == {0}


# ------------------------------------------------------------------------------------------------------- the library

PARAMETERS: dict[str, Any] = {
    "token": canary("parameter_string"),
    "keys": [canary("parameter_item"), canary("parameter_last_item")],
    "pem": canary("parameter_lines"),
    "pin": int(canary("parameter_number")),
}


def context(**more: Any) -> ExecutionContext:
    return ExecutionContext(
        api_token=canary("context_token"),
        server_url=f"https://me:{canary('context_url')}@basecamp.example.com",
        parameters={"token": canary("context_parameter")},
        **more,
    )


def chain(problem: BaseException | None) -> Iterator[BaseException]:
    """The exception and all that lie behind it, those that `from None` hides too."""
    seen: set[int] = set()
    pending = [problem]
    while pending:
        one = pending.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            pending += [one.__cause__, one.__context__]


def texts(problem: BaseException) -> Iterator[str]:
    """Everything that logs and error trackers make of an exception, but for the values of local variables."""
    yield "".join(traceback.format_exception(problem))
    for one in chain(problem):
        yield f"{one} {one!r} {one.args!r} {getattr(one, '__notes__', [])}"
        if isinstance(one, DLIError):
            yield json.dumps([one.message, one.details, one.hints], default=str, ensure_ascii=False)
            yield format_error(one) + format_error(one, "ko")
            yield repr(pickle.loads(pickle.dumps(one)).details) + repr(copy.deepcopy(one))


@pytest.mark.parametrize("name", ["quoting", "late", "syntax", "dml", "variables", "nowhere"])
@pytest.mark.parametrize("how", ["run", "export", "stream", "dry_run"])
def test_no_exception_of_the_library_holds_a_secret(planted: World, tmp_path: Path, name: str, how: str):
    api = DatasetAPI(context())
    given = {} if name == "variables" else PARAMETERS
    try:
        if how == "export":
            api.export(name, tmp_path / "out.csv", parameters=given)
        elif how == "stream":
            with api.stream(name, parameters=given) as stream:
                assert leaks(repr(stream)) == []
                stream.collect()
        else:
            shown = repr(getattr(api, how)(name, parameters=given))
            assert leaks(shown) == []
    except DLIError as problem:
        for text in texts(problem):
            assert leaks(text) == [], text


@pytest.mark.parametrize(
    "wrong",
    [
        {"pin": canary("parameter_item")},
        {"pin": [canary("parameter_item")]},
        {"keys": {"a": canary("parameter_item")}},
        {"token": None, "toke": canary("parameter_item")},
        {"place": canary("identifier_parameter") + ";"},
        {"place": canary("identifier_parameter")},
    ],
)
def test_no_refusal_of_a_parameter_holds_it(planted: World, wrong: dict[str, Any]):
    api = DatasetAPI(context())
    with pytest.raises(DLIError) as caught:
        api.run("good", parameters={**PARAMETERS, **wrong})
    for text in texts(caught.value):
        assert leaks(text) == [], text


def test_no_object_shows_a_secret(planted: World, tmp_path: Path):
    made = context()
    datasets, metrics, sql, config = DatasetAPI(made), MetricAPI(made), SqlAPI(made), ConfigAPI(made)
    result = datasets.run("good", parameters=PARAMETERS)
    export = datasets.export("good", tmp_path / "o.csv", parameters=PARAMETERS)
    with datasets.stream("good", parameters=PARAMETERS) as stream:
        objects: list[object] = [
            made,
            datasets,
            metrics,
            sql,
            config,
            datasets.settings,
            datasets.settings.server,
            datasets.settings.local,
            datasets.settings.local.trino,
            config.show(),
            config.check(),
            datasets.get("good"),
            datasets.list_datasets(),
            result,
            export,
            stream,
            stream.query,
            stream.info,
            datasets.dry_run("good", parameters=PARAMETERS),
            datasets.dry_run("quoting", parameters=PARAMETERS),
            datasets.run("good", parameters=PARAMETERS, dry_run=True),
            datasets.validate("good"),
            metrics.run("measured", parameters=PARAMETERS),
            sql.run("SELECT {{ api_key }} <> 'x' AS a", parameters={"api_key": canary("ad_hoc_parameter")}),
            sql.dry_run("SELECT {{ api_key }} <> 'x' AS a", parameters={"api_key": canary("ad_hoc_parameter")}),
        ]
    for item in objects:
        shown = [
            name for name in leaks(f"{item!r} {item}") if not (name == "parameter_default" and "Spec" in repr(item))
        ]
        assert shown == [], f"{type(item).__name__}: {item!r}"
    assert leaks(made.model_dump_json(exclude={"parameters", "server_url"})) == []
    assert leaks(str(made.model_dump(exclude={"parameters", "server_url"}))) == []


def test_a_context_that_is_refused_does_not_show_its_secrets(planted: World):
    for wrong in ({"timeout": 0}, {"api_tokn": canary("context_token")}, {"server_url": 5}, {"execution_mode": "x"}):
        with pytest.raises(DLIError) as caught:
            context(**wrong) if "server_url" not in wrong else ExecutionContext(
                api_token=canary("context_token"), **wrong
            )
        for text in texts(caught.value):
            assert leaks(text) == [], text


def test_personal_values_are_shown_to_the_user_and_not_kept(dli, planted: World):
    spec = "name: shop.main.personal\nparameters: [{name: mail, type: string, pii: true}]\nquery_statement: |\n"
    (planted.project / "dataset.personal.yaml").write_text(
        f"{spec}  SELECT i FROM range(3) t(i) WHERE {{{{ mail }}}} <> 'x'\n"
    )
    assert dli("dataset", "run", "personal", "-p", f"mail={canary('side_statement')}").code == 0
    assert leaks(dli("dataset", "run", "personal", "-p", f"mail={canary('side_statement')}", "--dry-run").out)
    journal = [path for path in planted.written() if ".dli" in path.parts]
    assert journal
    assert not any(leaks(path.read_bytes()) for path in journal)


# --------------------------------------------------------------------------------------------------- the process list


def test_a_run_starts_no_process_that_could_show_a_secret(planted: World):
    sql = "SELECT count(*) FROM range(100000000000) a, range(1000)"
    command = [sys.executable, "-m", "dli_cli", "run", sql, "--timeout", "60"]
    process = subprocess.Popen(command, cwd=planted.project, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 20
        while not list((planted.home / ".dli" / "runs").glob("*/*.json")) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.2)
        lines = [(Path("/proc") / pid / "cmdline").read_bytes() for pid in _family(process.pid)]
        assert len(lines) == 1
        assert leaks(b"".join(lines)) == []
    finally:
        process.terminate()
        out, err = process.communicate(timeout=20)
    assert leaks(out + err) == []


def _family(pid: int) -> list[str]:
    """The process and its children, theirs too."""
    found = [str(pid)]
    for task in (Path("/proc") / str(pid) / "task").iterdir():
        for child in (task / "children").read_text().split():
            found += _family(int(child))
    return found


_UNNAMED = "SELECT '{{ token }}', [{{ token }}], upper({{ token }}), {'a': {{ token }}} IS NULL"


@pytest.mark.parametrize("secret", ["hunter2-canary", "it's-a-canary", 'a"canary"'])
def test_a_column_without_a_name_is_not_called_after_a_secret(secret: str, dli: Any, project: Path):
    (project / "dli.yaml").write_text("")
    (project / "dataset.x.yaml").write_text(
        f"name: a.b.x\nparameters: [{{name: token, secret: true}}]\nquery_statement: |\n  {_UNNAMED} WHERE false\n"
    )
    words = ("dataset", "run", "x", "-p", f"token={secret}")
    heart = "canary"
    for name in ("x.csv", "x.ndjson", "x.parquet", "x.arrow"):
        done = dli(*words, "-o", name, "--receipt", cwd=project)
        assert done.code == 0, done
        assert heart not in done.out + done.err
    table = dli(*words, "--format", "table", cwd=project)
    assert "***" in table.out
    assert heart not in table.out + table.err
    assert "***" in dli(*words, cwd=project).out.splitlines()[0]
    read = [path for path in project.rglob("*") if path.is_file()]
    assert len(read) >= 10
    assert [path.name for path in read if heart.encode() in path.read_bytes()] == []
    context = ExecutionContext(project_path=project)
    with DatasetAPI(context).stream("x", parameters={"token": secret}) as stream:
        frame = stream.collect()
    assert not any(heart in name for name in frame.names)
    assert heart not in str(DatasetAPI(context).run("x", parameters={"token": secret}).to_arrow().schema)
    assert heart not in str(DatasetAPI(context).dry_run("x", parameters={"token": secret}).columns)
