"""`dli config set`: the value changes at its place, and every other byte stays."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import dli_fast
import pytest

from dli_core.config import resolve
from dli_core.config.edit import set_value
from dli_core.errors import DLIError, ErrorCode

BLOCK = """\
# ours
execution:
  timeout: 300   # five minutes
local:   # engines
  # engine: trino
  trino:
    client_tags:  # mine
    - a
    - b # second
    # tail
    user: me

  duckdb: {settings: {threads: 2}, database: "x.duckdb"} # here
vars:
  text: |
    # no comment
    line

env_vars: []
"""


@pytest.mark.parametrize(
    ("old", "key", "value", "new"),
    [
        ("", "execution.timeout", "60", "execution:\n  timeout: 60\n"),
        ("# note", "execution.timeout", "60", "# note\nexecution:\n  timeout: 60\n"),
        ("# note\n", "execution.timeout", "60", "# note\nexecution:\n  timeout: 60\n"),
        ("{}\n", "execution.timeout", "60", "{execution: {timeout: 60}}\n"),
        ("vars: {a: 1}", "vars.b", "2", "vars: {a: 1, b: 2}"),
        ("vars: {a: 1,}", "vars.b", "2", "vars: {a: 1, b: 2,}"),
        ("vars: {a: [1,\n 2], # c\n b: 3\n }\n", "vars.c", "4", "vars: {a: [1,\n 2], # c\n b: 3, c: 4\n }\n"),
        ("vars: {a: , b}\n", "vars.c", "4", "vars: {a: , b, c: 4}\n"),
        ("vars:\n  a: {}", "vars.a", "{b: [1, 'x y']}", "vars:\n  a: {b: [1, x y]}"),
        ("\ufeffvars:\n  a: 1", "vars.a", "2", "\ufeffvars:\n  a: 2"),
        ("vars:\r\n  a: 1\r\n", "vars.b", "2", "vars:\r\n  a: 1\r\n  b: 2\r\n"),
        ("execution: ~ # c\n", "execution.timeout", "60", "execution: {timeout: 60} # c\n"),
        ("execution:   # c\n  # x\nvars: {}\n", "execution.timeout", "60",
         "execution:   # c\n  timeout: 60\n  # x\nvars: {}\n"),
        ("execution:\n  timeout: # c\n", "execution.timeout", "60", "execution:\n  timeout: 60 # c\n"),
        ("execution:\n  timeout:\n", "execution.timeout", "60", "execution:\n  timeout: 60\n"),
        ("---\nvars: {}\n...\n", "vars.a", "1", "---\nvars: {a: 1}\n...\n"),
        ('"vars" : { "a" : "x" }\n', "vars.a", "y", '"vars" : { "a" : y }\n'),
        ("vars:\n    a: 'it''s # one'   # c\n", "vars.a", "b", "vars:\n    a: b   # c\n"),
        ('vars:\n  a: "x\\"y # z" # c\n', "vars.a", "b", "vars:\n  a: b # c\n"),
        ("vars:\n  a: [1, {b: ']'}] # c\n", "vars.a", "b", "vars:\n  a: b # c\n"),
        ('environments:\n  dev: {rename: {"a.b": c.d}}\n', "environments.dev.rename.a.b", "e.f",
         'environments:\n  dev: {rename: {"a.b": e.f}}\n'),
        ("environments:\n  dev: {}\n", "environments.prod.protected", "true",
         "environments:\n  dev: {}\n  prod:\n    protected: true\n"),
        ("vars:\n  a:\n  - - 1\n    - {x: 1,\n y: 2}\n", "vars.b", "1",
         "vars:\n  a:\n  - - 1\n    - {x: 1,\n y: 2}\n  b: 1\n"),
        ("vars:\n  a:\n  - 'x\n y'\n", "vars.b", "1", "vars:\n  a:\n  - 'x\n y'\n  b: 1\n"),
        ("vars:\n  a:\n  - [x,\n y]\n  -\n", "vars.b", "1", "vars:\n  a:\n  - [x,\n y]\n  -\n  b: 1\n"),
        ("vars:\n  a: p\n     q\n", "vars.b", "1", "vars:\n  a: p\n     q\n  b: 1\n"),
        ("environments:\n  dev:\n    vars: {}\n", "environments.dev.local.engine", "trino",
         "environments:\n  dev:\n    vars: {}\n    local:\n      engine: trino\n"),
    ],
)  # fmt: skip
def test_a_value_is_written_at_its_place(old: str, key: str, value: str, new: str, tmp_path: Path):
    path = tmp_path / "config.yaml"
    path.write_bytes(old.encode())
    set_value(path, key, value)
    assert path.read_bytes().decode() == new


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("execution.timeout", "60", "timeout: 300   #", "timeout: 60   #"),
        ("local.engine", "trino", '"x.duckdb"} # here\n', '"x.duckdb"} # here\n  engine: trino\n'),
        ("local.trino.user", "you", "user: me\n", "user: you\n"),
        (
            "local.trino.client_tags",
            "c",
            "client_tags:  # mine\n    - a\n    - b # second\n",
            "client_tags: [c]  # mine\n",
        ),
        ("local.trino.url", "https://t", "user: me\n", "user: me\n    url: https://t\n"),
        ("local.duckdb.database", "y z.db", '"x.duckdb"}', "y z.db}"),
        ("local.duckdb.settings.memory_limit", "1GB", "{threads: 2}", "{threads: 2, memory_limit: 1GB}"),
        ("vars.text", "short", "|\n    # no comment\n    line\n", "short\n"),
        ("vars.b", "2", "    line\n", "    line\n  b: 2\n"),
        ("env_vars", "A,B", "[]", "[A, B]"),
        ("specs.source", "local", "env_vars: []\n", "env_vars: []\nspecs:\n  source: local\n"),
    ],
)
def test_everything_around_the_value_stays(key: str, value: str, old: str, new: str, tmp_path: Path):
    path = tmp_path / "dli.yaml"
    path.write_text(BLOCK)
    set_value(path, key, value)
    assert BLOCK.count(old) == 1
    assert path.read_text() == BLOCK.replace(old, new)


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("execution.timeout", "60", 60),
        ("execution.timeout", "null", None),
        ("local.trino.user", "60", "60"),
        ("local.trino.user", "null", None),
        ("local.trino.user", "true", "true"),
        ("local.trino.password", "12", "12"),
        ("local.trino.password", "a: b # c", "a: b # c"),
        ("local.trino.verify", "false", False),
        ("local.trino.verify", "ca.pem", "ca.pem"),
        ("server.api_key", "${KEY}", "${KEY}"),
        ("server.url", "${URL}", "${URL}"),
        ("server.trusted_hosts", '["https://a", "b:1"]', ["https://a", "b:1"]),
        ("vars.day", "2025-01-01", "2025-01-01"),
        ("vars.ratio", "0.5", 0.5),
        ("vars.none", "null", None),
        ("vars.text", "two\nlines\t\x1b 한글 \u2028 \U0001f600", "two\nlines\t\x1b 한글 \u2028 \U0001f600"),
        ("vars.quote", "'", "'"),
        ("vars.map", "{a: {b: [1, null, true]}}", {"a": {"b": [1, None, True]}}),
        ("vars", "{a: 1}", {"a": 1}),
        ("local.bigquery.labels.team", "7", "7"),
        ("local.duckdb.settings.threads", "7", 7),
    ],
)
def test_what_is_written_reads_back_in_the_type_of_its_key(key: str, value: str, read: object, tmp_path: Path):
    path = tmp_path / "config.yaml"
    set_value(path, key, value)
    found, _ = dli_fast.read_yaml(path.read_bytes())
    for part in key.split("."):
        found = found[part]
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("old", "key", "value", "reason"),
    [
        ("", "execution.timeuot", "60", "unknown_key"),
        ("", "environments.dev.requires.x", "60", "unknown_key"),
        ("", "environments.dev", "{}", "unknown_key"),
        ("", "execution", "{timeout: 1}", "value"),
        ("", "execution.timeout", "0", "value"),
        ("", "execution.timeout", "soon", "value"),
        ("", "execution.default_mode", "null", "value"),
        ("", "server.url", "basecamp", "value"),
        ("", "vars", "text", "value"),
        ("", "local.trino.client_tags", "[{a: 1}]", "value"),
        ("vras: {}\n", "execution.timeout", "60", "unknown_key"),
        ("vars: {a: 1\n", "execution.timeout", "60", "bad_file"),
        ("- a\n", "execution.timeout", "60", "bad_file"),
        ("", "rename.a", "b", "unknown_key"),
    ],
)
def test_what_would_not_load_again_is_not_written(old: str, key: str, value: str, reason: str, tmp_path: Path):
    path = tmp_path / "dli.yaml"
    path.write_text(old)
    with pytest.raises(DLIError) as caught:
        set_value(path, key, value)
    assert (caught.value.code, caught.value.details["reason"]) == (ErrorCode.CONFIG_INVALID, reason)
    assert path.read_text() == old


def test_a_value_that_is_wrong_can_be_corrected(tmp_path: Path):
    path = tmp_path / "dli.yaml"
    path.write_text("execution:\n  timeout: soon # oh\n")
    set_value(path, "execution.timeout", "60")
    assert path.read_text() == "execution:\n  timeout: 60 # oh\n"


@pytest.mark.parametrize(
    "old", ["server:\n  url: https://a\n     /b\n", "vars:\n  ? a\n  : 1\nserver: {url\n   : null}\n"]
)
def test_a_text_that_is_not_understood_is_left_alone(old: str, tmp_path: Path):
    path = tmp_path / "dli.yaml"
    path.write_text(old)
    with pytest.raises(DLIError) as caught:
        set_value(path, "server.url", "https://c")
    assert caught.value.code in {ErrorCode.CONFIG_WRITE_FAILED, ErrorCode.CONFIG_INVALID}
    assert path.read_text() == old


def test_the_users_file_is_made_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "home" / ".dli" / "config.yaml"
    before = os.umask(0)
    try:
        set_value(path, "server.api_key", "k")
        set_value(tmp_path / ".dli.local.yaml", "vars.a", "1")
        set_value(tmp_path / "dli.yaml", "vars.a", "1")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(file.stat().st_mode) for file in (path, path.parent, tmp_path / ".dli.local.yaml")]
    assert modes == [0o600, 0o700, 0o600]
    assert stat.S_IMODE((tmp_path / "dli.yaml").stat().st_mode) == 0o666


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path):
    kept, link = tmp_path / "dotfiles.yaml", tmp_path / "config.yaml"
    kept.write_text("vars: {a: 1}\n")
    kept.chmod(0o640)
    link.symlink_to(kept)
    set_value(link, "vars.a", "2")
    assert link.is_symlink()
    assert kept.read_text() == "vars: {a: 2}\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640


def test_the_same_value_again_does_not_touch_the_file(tmp_path: Path):
    path = tmp_path / "dli.yaml"
    path.write_text("vars: {a: 1}\n")
    before = path.stat()
    set_value(path, "vars.a", "1")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DLIError) as caught:
        set_value(tmp_path / "file" / "config.yaml", "vars.a", "1")
    assert caught.value.code in {ErrorCode.CONFIG_WRITE_FAILED, ErrorCode.CONFIG_INVALID}
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(DLIError):
        set_value(tmp_path / "folder.yaml", "vars.a", "1")


def test_what_was_set_is_what_is_used(tmp_path: Path):
    (tmp_path / "dli.yaml").write_text("")
    set_value(tmp_path / ".dli" / "config.yaml", "execution.timeout", "60")
    assert resolve(project=tmp_path, environ={}, home=tmp_path).execution.timeout == 60
    set_value(tmp_path / "dli.yaml", "execution.timeout", "61")
    assert resolve(project=tmp_path, environ={}, home=tmp_path).execution.timeout == 61
