"""Residents per primary care physician by hand: every rule of sql/metrics/primary-care-access.sql."""

import pytest

PHYSICIANS = "geoid VARCHAR, physicians BIGINT, population BIGINT"
UNIVERSE = "year SMALLINT, geoid VARCHAR, population BIGINT"
CHANGES = [("46113", "46102", 2015), ("02261", "02063", 2020), ("02261", "02066", 2020)]


@pytest.fixture
def ratios(run_sql):
    """Rows by county; counties are (geoid, residents), physicians (geoid, number or (number, residents of the source))."""

    def run(counties, ahrf=(), rankings=(), implied=(), year=2019, latest=(), **variables):
        rows = run_sql(
            "metrics/primary-care-access.sql",
            variables={"year": year, "zero_up_to": 2000, "without_connecticut_from": 2021, **variables},
            tables={
                "ahrf_physicians": (f"year SMALLINT, {PHYSICIANS}", [(year, *row) for row in ahrf]),
                "rankings": ("geoid VARCHAR, physicians BIGINT", list(rankings)),
                "implied_physicians": (f"year SMALLINT, {PHYSICIANS}", [(year, *row) for row in implied]),
                "county_code_change": ("old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT", CHANGES),
                "universe": (UNIVERSE, [(year, *row) for row in counties] + [(2013, "01999", 5)]),
                "latest_universe": (UNIVERSE, [(year, *row) for row in latest]),
            },
        )
        assert len(rows) == len(counties)
        return {row["geoid"]: row for row in rows}

    return run


def one(ratios, residents, physicians, **variables):
    row = ratios([("01001", residents)], [("01001", physicians, None)], **variables)["01001"]
    return row["value"], row["quality"], row["note"]


@pytest.mark.parametrize(
    ("residents", "physicians", "expected"),
    [
        (55869, 25, (2235, 1)),
        # Ties go to the even number
        (2001, 2, (1000, 2)),
        (2003, 2, (1002, 2)),
        (46784, 1, (46784, 3)),
        (3000, 2, (1500, 2)),
        (3000, 3, (1000, 2)),
        (3000, 5, (600, 1)),
        # Four physicians lie on the edge of 0.2, and rounding decides: 1000/4 = 250, |200 - 250| / 250 = 0.2
        (1000, 4, (250, 2)),
        (1001, 4, (250, 1)),
        (1003, 4, (251, 2)),
        # On the edge of 0.4: |3/5 - 1| / 1
        (3, 4, (1, 3)),
        (4, 2, (2, 2)),
    ],
)
def test_ratio_and_its_sensitivity_to_one_more_physician(ratios, residents, physicians, expected):
    assert one(ratios, residents, physicians) == (*expected, None)


@pytest.mark.parametrize(
    ("residents", "expected"),
    [
        (2000, (0, 3, None)),
        (2001, (None, None, "suppressed: no physician for more than 2,000 residents")),
    ],
)
def test_no_physician(ratios, residents, expected):
    assert one(ratios, residents, 0) == expected


def test_no_physician_is_no_ratio_in_corrected(ratios):
    assert one(ratios, 2000, 0, rule_no_physician_as_zero=False) == (None, None, "no physician")


def test_missing_counts_and_residents(ratios):
    assert one(ratios, 500, None) == (None, None, "no count of physicians for this county")
    assert one(ratios, None, 7) == (None, None, "no population")
    found = ratios([("01001", 500), ("01003", 500)], [("01001", 1, None), ("02261", 11, None)])
    assert found["01003"]["value"] is None and set(found) == {"01001", "01003"}


def test_residents_that_the_list_lacks_are_those_of_the_latest_file_or_of_the_source(ratios):
    found = ratios(
        [("01001", None), ("46102", None), ("01003", 400)],
        [("01001", 2, 900), ("46102", 6, 14220), ("01003", 2, 900)],
        year=2014,
        latest=[("01001", 1000), ("46113", 14000)],
    )
    assert [found[geoid]["value"] for geoid in ("01001", "46102", "01003")] == [500, 2370, 200]


def test_a_list_with_the_former_code_gets_its_successors_physicians(ratios):
    found = ratios(
        [("46113", 14220), ("02261", 9000)], [("46102", 6, None), ("02063", 5, None), ("02066", 6, None)], year=2014
    )
    assert found["46113"]["value"] == 2370
    assert ratios([("46113", 14220)], [("46102", 6, None)], year=2015)["46113"]["value"] is None
    # A county that was split is not put together again
    assert found["02261"]["value"] is None


def test_connecticut_is_left_out_from_a_year_on(ratios):
    counties, ahrf = [("09001", 1000)], [("09001", 2, None)]
    assert ratios(counties, ahrf, year=2020)["09001"]["value"] == 500
    assert ratios(counties, ahrf, year=2021)["09001"]["value"] is None
    assert ratios(counties, ahrf, year=2021, without_connecticut_from=9999)["09001"]["value"] == 500


def test_the_agencys_files_go_before_others(ratios):
    counties = [("01001", 1000), ("01003", 1000)]
    others = {"rankings": [("01001", 5), ("01003", 5)], "implied": [("01001", 10, None), ("01003", 10, None)]}
    found = ratios(counties, ahrf=[("01001", 2, None)], **others)
    assert (found["01001"]["value"], found["01003"]["value"]) == (500, None)
    found = ratios(counties, ahrf=[("01001", 2, None)], implied=others["implied"])
    assert (found["01001"]["value"], found["01003"]["value"]) == (500, None)
    assert ratios(counties, **others)["01001"]["value"] == 200
    assert ratios(counties, implied=others["implied"])["01001"]["value"] == 100
