"""mobility: the engine that rebuilds the Mobility Metrics from raw public data."""

__version__ = "2025.1"
