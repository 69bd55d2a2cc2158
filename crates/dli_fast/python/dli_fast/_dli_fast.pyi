from dli_fast._cron import Cron as Cron
from dli_fast._cron import CronError as CronError
from dli_fast._cron import Surprise as Surprise
from dli_fast._cron import next_fires as next_fires
from dli_fast._file import IpcStream as IpcStream
from dli_fast._file import read_ipc as read_ipc
from dli_fast._file import write_ipc as write_ipc
from dli_fast._file import write_parquet as write_parquet
from dli_fast._rows import Batches as Batches
from dli_fast._rows import collect as collect
from dli_fast._rows import from_rows as from_rows
from dli_fast._template import Identifier as Identifier
from dli_fast._template import Rendered as Rendered
from dli_fast._template import Secret as Secret
from dli_fast._template import TemplateError as TemplateError
from dli_fast._template import Templates as Templates
from dli_fast._threads import exception_of as exception_of
from dli_fast._trino import TrinoStream as TrinoStream
from dli_fast._trino import trino_page as trino_page
from dli_fast._watch import Watch as Watch
from dli_fast._write import CancelledError as CancelledError
from dli_fast._write import CancelToken as CancelToken
from dli_fast._write import DataError as DataError
from dli_fast._write import SourceError as SourceError
from dli_fast._write import Written as Written
from dli_fast._write import write_csv as write_csv
from dli_fast._write import write_json as write_json
from dli_fast._yaml import Places as Places
from dli_fast._yaml import YamlError as YamlError
from dli_fast._yaml import read_yaml as read_yaml

def build_info() -> dict[str, str]:
    """What is compiled in: `version`, `profile` ("release" or "debug"), `source_hash` (sha256 over Cargo.toml,
    Cargo.lock and src/**/*.rs in sorted order of their paths; see build.rs), `rustc`.
    """
