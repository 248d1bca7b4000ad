"""mobility: the engine that rebuilds the Mobility Metrics from raw public data."""

import os

__version__ = "2025.1"

# Ranks are of small matrices: with more than one thread OpenBLAS waits longer than it computes, above all beside
# DuckDB's own threads. It reads the variable once, when numpy is imported, so this stands before every import of it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
