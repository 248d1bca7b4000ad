"""Living wage by hand: every rule of sql/metrics/living-wage.sql on numbers small enough to check in the head."""

import pytest

QCEW = (
    "state VARCHAR, county VARCHAR, industry VARCHAR, own_code SMALLINT, industry_code VARCHAR, average_weekly_wage DOUBLE, "
    "establishments BIGINT, employment BIGINT, total_wages BIGINT, undisclosed BOOLEAN"
)
MIT = "state VARCHAR, county VARCHAR, adults VARCHAR, children VARCHAR, hourly_wage DOUBLE"
UNIVERSE = "year SMALLINT, geoid VARCHAR"
PUBLISHED = ("industry_not_deflated", "undisclosed_total", "unweighted_group_wage", "group_suppressed_by_one_row")
PUBLISHED += ("county_list_of_the_scrape",)
RULES = {f"rule_{rule}": True for rule in PUBLISHED}


def pay(industry, wage, establishments, undisclosed=False):
    """One BLS row of Forsyth County, as staged; its codes and employment do not matter here."""
    return ("37", "067", industry, 0, "10", wage, establishments, None, None, undisclosed)


@pytest.fixture
def ratios(run_sql):
    """Ratio rows by (geoid, subgroup_type, subgroup)."""

    def run(qcew, mit, wage_dollars="2022", **rules):
        variables = {"year": 2022, "wage_dollars": wage_dollars, **RULES, **rules}
        rows = run_sql(
            "metrics/living-wage.sql",
            variables=variables,
            tables={
                "qcew_county_industry": (QCEW, qcew),
                "mit_living_wage": (MIT, mit),
                "consumer_price_index": ("period VARCHAR, price_index DOUBLE", [("2022", 200.0), ("2023", 250.0)]),
                "county_code_change": ("old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT", []),
                "universe": (UNIVERSE, [(2022, "37067"), (2022, "37069"), (2021, "37099")]),
            },
        )
        return {(row["geoid"], row["subgroup_type"], row["subgroup"]): row for row in rows}

    return run


WAGE = [("37", "067", "1 Adult", "2 Children", 25.0), ("37", "067", "1 Adult", "0 Children", 10.0)]


def test_ratio_is_weekly_wage_over_forty_hours_of_one_adult_with_two_children(ratios):
    # 40 hours x 25 dollars = 1,000 dollars a week; 800 / 1,000 = 0.8
    row = ratios([pay("All", 800, 100)], WAGE)["37067", "all", "All"]
    assert (row["value"], row["quality"], row["numerator"], row["denominator"], row["note"]) == (
        pytest.approx(0.8),
        1,
        800,
        1000,
        None,
    )


def test_quality_is_three_below_thirty_establishments(ratios):
    rows = ratios([pay("All", 800, 30), pay("Information Services", 800, 29)], WAGE)
    assert rows["37067", "all", "All"]["quality"] == 1
    assert rows["37067", "industry", "Information Services"]["quality"] == 3


def test_overall_is_deflated_and_industries_are_not(ratios):
    # Living wage of 25 dollars in prices of 250, year in prices of 200: 20 dollars, 800 a week; 800 / 800 = 1.
    qcew = [pay("All", 800, 100)]
    rows = ratios(qcew, WAGE, wage_dollars="2023")
    assert rows["37067", "all", "All"]["value"] == pytest.approx(1.0)
    assert rows["37067", "industry", "All"]["value"] == pytest.approx(0.8)
    corrected = ratios(qcew, WAGE, wage_dollars="2023", rule_industry_not_deflated=False)
    assert corrected["37067", "industry", "All"]["value"] == pytest.approx(1.0)


def test_undisclosed_industry_is_suppressed_and_undisclosed_total_is_not(ratios):
    rows = ratios([pay("All", 0, 40, True)], WAGE)
    assert (rows["37067", "all", "All"]["value"], rows["37067", "all", "All"]["quality"]) == (0, 1)
    suppressed = rows["37067", "industry", "All"]
    assert (suppressed["value"], suppressed["quality"], suppressed["note"]) == (
        None,
        None,
        "suppressed: not disclosed by BLS",
    )
    assert ratios([pay("All", 0, 40, True)], WAGE, rule_undisclosed_total=False)["37067", "all", "All"]["value"] is None


def test_every_county_of_the_year_has_nine_rows_and_other_years_none(ratios):
    rows = ratios([pay("All", 800, 100)], WAGE)
    assert len(rows) == 2 * 9
    assert rows["37069", "all", "All"]["value"] is None
    assert rows["37069", "all", "All"]["note"] == "no pay or no living wage for this county"


RAW = (
    "raw_file VARCHAR, raw_line BIGINT, area_fips VARCHAR, own_code VARCHAR, industry_code VARCHAR, agglvl_code VARCHAR, "
    "size_code VARCHAR, year VARCHAR, qtr VARCHAR, disclosure_code VARCHAR, annual_avg_estabs VARCHAR, annual_avg_emplvl VARCHAR, total_annual_wages VARCHAR, annual_avg_wkly_wage VARCHAR"
)


def bls(area, own, naics, level, wage, establishments, disclosure=None, size="0"):
    return ("f", 1, area, own, naics, level, size, "2022", "A", disclosure, establishments, "9", "468000", wage)


def test_bls_rows_of_the_eight_industries_are_staged(run_sql):
    rows = run_sql(
        "staged/qcew_county_industry.sql",
        tables={
            "raw": (
                RAW,
                [
                    bls("37067", "0", "10", "70", "900", "100"),
                    bls("37067", "1", "10", "71", "1000", "2"),
                    bls("37067", "2", "10", "71", "800", "3"),
                    bls("37067", "3", "10", "71", "900", "5"),
                    bls("37067", "5", "10", "71", "900", "90"),  # private total: belongs to no industry
                    bls("37067", "5", "101", "72", "700", "20"),
                    bls("37067", "5", "102", "72", "700", "70"),
                    bls("37067", "5", "1023", "73", "1200", "10"),
                    bls("37067", "5", "1024", "73", "0", "4", "N"),
                    bls("37067", "5", "1029", "73", "1", "1"),  # unclassified: dropped
                    bls("37999", "0", "10", "70", "500", "9"),
                    bls("37000", "0", "10", "50", "950", "9999"),
                    bls("37067", "5", "101", "72", "1", "1", size="1"),
                ],
            )
        },
    )
    found = [
        (row["industry"], row["own_code"], row["industry_code"], row["average_weekly_wage"], row["undisclosed"])
        for row in rows
    ]
    assert found == [
        ("All", 0, "10", 900, False),
        ("Goods Producing", 5, "101", 700, False),
        ("Professional Services", 5, "1023", 1200, False),
        ("Professional Services", 5, "1024", 0, True),
        ("Public Administration", 1, "10", 1000, False),
        ("Public Administration", 2, "10", 800, False),
        ("Public Administration", 3, "10", 900, False),
    ]
    assert {(row["state"], row["county"], row["employment"], row["total_wages"]) for row in rows} == {
        ("37", "067", 9, 468000)
    }
    assert [row["establishments"] for row in rows] == [100, 20, 10, 4, 2, 3, 5]
