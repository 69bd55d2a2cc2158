"""Engines: each file is the only importer of its driver."""
