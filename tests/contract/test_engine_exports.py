"""The same values exported from every engine are the same bytes."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import dli_fast
import pytest

from dli_core.engines.base import Engine, Query
from tests.contract.sql import WORDS

CSV = '''\
id,flag,whole,real,exact,text,day,moment,list,struct,raw
1,true,9223372036854775807,0.1,12.500000000,"it's ""so"", 한글 😀",2024-02-29,2020-01-01T00:00:00.123456,"[1,2,3]","{""a"":1,""b"":""x""}",AP8=
2,false,-9223372036854775808,-0.0,-0.010000000,"",0001-01-01,1969-12-31T23:59:59.999999,[],"{""a"":null,""b"":""""}",""
3,,,,,,,,[],,
4,true,0,1e+21,9999999999.990000000,"line
end",9999-12-31,9999-12-31T23:59:59.000000,[-1],"{""a"":9007199254740993,""b"":null}",PTErMQ==
'''
NDJSON = """\
{"id":1,"flag":true,"whole":9223372036854775807,"real":0.1,"exact":12.500000000,"text":"it's \\"so\\", 한글 😀","day":"2024-02-29","moment":"2020-01-01T00:00:00.123456","list":[1,2,3],"struct":{"a":1,"b":"x"},"raw":"AP8="}
{"id":2,"flag":false,"whole":-9223372036854775808,"real":-0.0,"exact":-0.010000000,"text":"","day":"0001-01-01","moment":"1969-12-31T23:59:59.999999","list":[],"struct":{"a":null,"b":""},"raw":""}
{"id":3,"flag":null,"whole":null,"real":null,"exact":null,"text":null,"day":null,"moment":null,"list":[],"struct":null,"raw":null}
{"id":4,"flag":true,"whole":0,"real":1e+21,"exact":9999999999.990000000,"text":"line\\nend","day":"9999-12-31","moment":"9999-12-31T23:59:59.000000","list":[-1],"struct":{"a":9007199254740993,"b":null},"raw":"PTErMQ=="}
"""


@pytest.mark.needs("runs_sql")
@pytest.mark.parametrize("lines", [False, True], ids=["csv", "ndjson"])
def test_the_same_values_are_the_same_bytes(engine: Engine, lines: bool, tmp_path: Path):
    path = tmp_path / "out"
    with engine.stream(Query(WORDS[engine.dialect].values, f"dli-{uuid4().hex}")) as stream:
        stream.watch.mark_json(stream.json)
        with path.open("wb") as out:
            if lines:
                written = dli_fast.write_json(stream, out.fileno(), lines=True)
            else:
                written = dli_fast.write_csv(stream, out.fileno())
        stream.done(written.rows)
    assert path.read_text("utf-8") == (NDJSON if lines else CSV)


DECLARED = (
    ("id", "bigint"),
    ("flag", "string"),
    ("whole", "decimal(38,0)"),
    ("real", "string"),
    ("exact", "double"),
    ("day", "timestamp"),
    ("moment", "date"),
)


@pytest.mark.needs("runs_sql")
def test_declared_types_are_the_same_bytes_too(engine: Engine, tmp_path: Path):
    with engine.stream(Query(WORDS[engine.dialect].values, f"dli-{uuid4().hex}", columns=DECLARED)) as stream:
        batches = stream.collect()
    found = [[row[at] for at in (0, 1, 2, 3, 4, 6, 7)] for row in batches.texts()]
    assert found == [
        ["1", "true", "9223372036854775807", "0.1", "12.5", "2024-02-29T00:00:00.000000", "2020-01-01"],
        ["2", "false", "-9223372036854775808", "-0.0", "-0.01", "0001-01-01T00:00:00.000000", "1969-12-31"],
        ["3", None, None, None, None, None, None],
        ["4", "true", "0", "1e+21", "9999999999.99", "9999-12-31T00:00:00.000000", "9999-12-31"],
    ]
