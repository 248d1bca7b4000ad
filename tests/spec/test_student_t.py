"""The table of Student's t against scipy, which it was made with and which R equals."""

import duckdb
import pytest
from scipy.stats import t

from pipeline import settings


def test_every_quantile_and_none_beside_the_table():
    con = duckdb.connect()
    con.execute((settings.SQL / "macros" / "student_t.sql").read_text(encoding="utf-8"))
    rows = con.execute("SELECT degrees, student_t_975(degrees) FROM range(-80, 90) AS r(degrees)").fetchall()
    for degrees, quantile in rows:
        expected = pytest.approx(t.ppf(0.975, degrees), rel=1e-12) if 1 <= degrees <= 79 else None
        assert quantile == expected, degrees
