"""Employment of one state by county: by the pipeline's SQL, by pandas, and the rows that R gets."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.engine import Engine
from pipeline.plan import sqlfile

STATE = "37"
REPLICATES = [f"repwtp{number}" for number in range(1, 81)]
T_QUANTILE = 1.9904502102301285  # Student's t, 79 degrees of freedom, 0.975
MINIMUM = 30


def paths(work: Path, sample: str) -> dict[str, Path]:
    """The files of one comparison, by what they hold."""
    names = {
        "persons": "persons.parquet",
        "crosswalk": "crosswalk.parquet",
        "records": "records.csv",
        "ours": "ours.csv",
        "pandas": "pandas.csv",
        "survey": "survey.csv",
    }
    return {name: work / f"state-{sample}-{file}" for name, file in names.items()}


def write_inputs(plan, year: int, sample: str, work: Path) -> dict:
    """All persons of the state and its crosswalk for pandas; for R the adults of the metric, once per county that is
    not suppressed."""
    files = paths(work, sample)
    step = plan.metric("employment", year, "county")
    with Engine(plan).session(step, result=False) as con:
        con.execute(
            f"COPY (SELECT * EXCLUDE (subgroup_key) FROM person WHERE statefip = '{STATE}' "
            f"AND sample = '{sample}') TO '{files['persons']}' (FORMAT parquet)"
        )
        con.execute(
            f"COPY (SELECT statefip, puma, geoid, afact FROM crosswalk WHERE statefip = '{STATE}' "
            f"AND crosswalk_period = 'pre-2022') TO '{files['crosswalk']}' (FORMAT parquet)"
        )
        con.execute(f"""
            COPY (SELECT geoid AS county, (empstat = 1)::INTEGER AS employed, perwt AS weight, afact, COLUMNS('repwtp[0-9]+')
                  FROM '{files["persons"]}' JOIN '{files["crosswalk"]}' USING (statefip, puma)
                  WHERE age BETWEEN 25 AND 54 AND gq IN (1, 2, 5) AND afact > 0
                  QUALIFY sum(afact) OVER (PARTITION BY geoid) >= {MINIMUM})
            TO '{files["records"]}' (FORMAT csv, HEADER)""")
        persons = con.execute(f"SELECT count(*) FROM '{files['persons']}'").fetchone()[0]
        records = con.execute(f"SELECT count(*) FROM '{files['records']}'").fetchone()[0]
    return {"persons": persons, "records": records}


def ours(plan, year: int, sample: str, work: Path) -> dict:
    """The SQL of the metric and its estimator on the same persons, which lie in memory as in the references.

    ``estimation`` is the best of five runs, ``first`` the first, ``puma_sums`` the sums per PUMA alone.
    """
    files = paths(work, sample)
    engine, step = Engine(plan), plan.metric("employment", year, "county")
    with engine.session(step, result=False) as con:
        started = time.monotonic()
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE persons_of_state AS SELECT *, 0 AS subgroup_key FROM '{files['persons']}'"
        )
        con.execute("CREATE OR REPLACE TEMP VIEW person AS FROM persons_of_state")
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE subgroup AS SELECT '{sample}' AS sample, 0 AS subgroup_key, "
            "'all' AS subgroup_type, 'All' AS subgroup"
        )
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW crosswalk AS SELECT *, 1 AS geographic_allocation_quality, "
            f"'pre-2022' AS crosswalk_period FROM '{files['crosswalk']}'"
        )
        reading, seconds = time.monotonic() - started, []
        for _ in range(5):
            started = time.monotonic()
            engine.define_result(con, step)
            seconds.append(time.monotonic() - started)
        puma_sums = sqlfile.read(step.sql[-1]).up_to("puma_sums", "SELECT * FROM puma_sums")
        started = time.monotonic()
        con.execute(f"CREATE TEMP TABLE puma_sums_alone AS {puma_sums}")
        summing = time.monotonic() - started
        con.execute(
            "COPY (SELECT geoid AS county, value, standard_error, lower, upper FROM estimate "
            f"WHERE value IS NOT NULL ORDER BY geoid) TO '{files['ours']}' (FORMAT csv, HEADER)"
        )
        rows = con.execute("SELECT count(value) FROM estimate").fetchone()[0]
    return {"reading": reading, "estimation": min(seconds), "first": seconds[0], "puma_sums": summing, "rows": rows}


def with_pandas(sample: str, work: Path) -> dict:
    """The method as one writes it at first: a row per person and county, weights times factor, group sums."""
    files = paths(work, sample)
    started = time.monotonic()
    persons, crosswalk = pd.read_parquet(files["persons"]), pd.read_parquet(files["crosswalk"])
    read = time.monotonic()
    adults = persons[persons.age.between(25, 54) & persons.gq.isin([1, 2, 5])].copy()
    adults["employed"] = adults.empstat == 1
    joined = adults.merge(crosswalk[crosswalk.afact > 0], on=["statefip", "puma"])
    joined = joined[joined.groupby("geoid").afact.transform("sum") >= MINIMUM]
    weights = ["perwt", *REPLICATES]
    joined[weights] = joined[weights].multiply(joined.afact, axis=0)
    denominator = joined.groupby("geoid")[weights].sum()
    shares = joined[joined.employed].groupby("geoid")[weights].sum().reindex(denominator.index).fillna(0) / denominator
    result = pd.DataFrame({"value": shares.perwt})
    result["standard_error"] = np.sqrt(4 / 80 * (shares[REPLICATES].sub(shares.perwt, axis=0) ** 2).sum(axis=1))
    result["lower"] = (result.value - T_QUANTILE * result.standard_error).clip(lower=0)
    result["upper"] = (result.value + T_QUANTILE * result.standard_error).clip(upper=1)
    ended = time.monotonic()
    result.rename_axis("county").to_csv(files["pandas"])
    return {"reading": read - started, "estimation": ended - read, "rows": len(result)}


def difference(work: Path, sample: str, reference: str) -> dict:
    """Largest absolute difference of value, standard error and bounds between ours and a reference; bounds clipped."""
    files = paths(work, sample)
    left, right = (
        pd.read_csv(files[name], dtype={"county": str}).set_index("county").sort_index() for name in ("ours", reference)
    )
    right["lower"], right["upper"] = right.lower.clip(lower=0), right.upper.clip(upper=1)
    same_areas = list(left.index) == list(right.index)
    return {
        "areas": len(left),
        "same_areas": same_areas,
        "largest": float((left - right[left.columns]).abs().max().max()) if same_areas else None,
    }
