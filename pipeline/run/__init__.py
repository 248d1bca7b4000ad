"""Making tables: a session per step, fingerprints, the record of what a table is a function of."""
