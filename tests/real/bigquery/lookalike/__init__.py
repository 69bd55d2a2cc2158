"""A look-alike of BigQuery: its jobs over REST and its Storage Read API over gRPC, with a real DuckDB behind.

    POST jobs ─▶ rest.py ─▶ jobs.py: PENDING ─▶ RUNNING ─▶ DONE ─▶ warehouse.py: the SQL, said in DuckDB's, run there
    ReadRows ─▶ storage.py: streams of the result, from any offset, cut where a test wants it

It is for what no emulator does: jobs that take their time, a used id that is refused, cancels that reach the query,
quotas, 5xx, streams that are cut and read on. It is written from the documentation and from what the client library
expects: none of it is Google's own, and it proves nothing of BigQuery's SQL.
"""
