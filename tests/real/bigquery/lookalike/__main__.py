"""python -m tests.real.bigquery.lookalike REST-PORT GRPC-PORT: until it is ended."""

from __future__ import annotations

import sys

from tests.real.bigquery.lookalike import rest, storage
from tests.real.bigquery.lookalike.jobs import Jobs

jobs = Jobs()
kept = storage.serve(jobs, int(sys.argv[2]))
rest.serve(jobs, int(sys.argv[1])).serve_forever()
