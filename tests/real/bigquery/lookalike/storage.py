"""The Storage Read API: a session of streams over a result, each read from any offset, cut where a test wants it.

CreateReadSession ─▶ names of streams: JOB/FIRST/END ─▶ ReadRows(name, offset) ─▶ batches … UNAVAILABLE │ the end
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import grpc
import pyarrow as pa
from google.cloud.bigquery_storage_v1 import types

from tests.real.bigquery.lookalike.jobs import Jobs

_SERVICE = "google.cloud.bigquery.storage.v1.BigQueryRead"
_ROWS = 5_000  # of a batch


def serve(jobs: Jobs, port: int) -> grpc.Server:
    """The server, started."""
    server = grpc.server(ThreadPoolExecutor(16))
    service = _Reads(jobs)
    handlers = {
        "CreateReadSession": grpc.unary_unary_rpc_method_handler(
            service.create,
            request_deserializer=types.CreateReadSessionRequest.deserialize,
            response_serializer=types.ReadSession.serialize,
        ),
        "ReadRows": grpc.unary_stream_rpc_method_handler(
            service.read,
            request_deserializer=types.ReadRowsRequest.deserialize,
            response_serializer=types.ReadRowsResponse.serialize,
        ),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, handlers),))
    if not server.add_insecure_port(f"127.0.0.1:{port}"):
        message = f"port {port} is taken"
        raise RuntimeError(message)
    server.start()
    return server


class _Reads:
    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def create(self, request: Any, context: grpc.ServicerContext) -> Any:
        if self._jobs.controls.no_storage:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "Permission bigquery.readsessions.create denied")
        job = request.read_session.table.rpartition("/")[2]
        rows = self._rows(job, context)
        count = min(request.max_stream_count or 1, self._jobs.controls.streams)
        edges = [rows.num_rows * part // count for part in range(count + 1)]
        streams = [types.ReadStream(name=f"{job}/{first}/{end}") for first, end in pairwise(edges)]
        schema = types.ArrowSchema(serialized_schema=rows.schema.serialize().to_pybytes())
        return types.ReadSession(
            name=job,
            table=request.read_session.table,
            data_format=types.DataFormat.ARROW,
            arrow_schema=schema,
            streams=streams,
        )

    def read(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        job, first, end = request.read_stream.split("/")
        rows = self._rows(job, context).slice(int(first), int(end) - int(first)).slice(request.offset).combine_chunks()
        sent = 0
        for batch in rows.to_batches(max_chunksize=_ROWS):
            cuts = self._jobs.controls.cut_after
            if cuts and sent >= cuts[0]:
                cuts.pop(0)
                context.abort(grpc.StatusCode.UNAVAILABLE, "the look-alike cuts this stream")
            message = types.ArrowRecordBatch(serialized_record_batch=batch.serialize().to_pybytes())
            yield types.ReadRowsResponse(arrow_record_batch=message, row_count=batch.num_rows)
            sent += batch.num_rows

    def _rows(self, job: str, context: grpc.ServicerContext) -> pa.Table:
        found = self._jobs.all.get(job)
        if found is None or found.rows is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Not found: Table {job}")
        assert found is not None
        return found.rows
