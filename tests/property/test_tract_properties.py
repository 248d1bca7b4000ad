"""Properties of metrics built from tracts: what must not change a value, and what bounds it."""

import random

import pytest

RACE = "area VARCHAR, geoid VARCHAR, line SMALLINT, estimate BIGINT, margin BIGINT"
POVERTY = f"table_id VARCHAR, {RACE}"
PLACES = "tract_geoid VARCHAR, geoid VARCHAR, afact DOUBLE"
UNIVERSE = "year SMALLINT, geoid VARCHAR, state VARCHAR"
GROUPS = {3: "white_nh", 4: "black_nh", 6: "other_nh", 12: "hispanic"}
SEEDS = range(8)


def drawn(seed, tracts=9):
    """Tract -> people by line and in poverty; some tracts are empty."""
    draw = random.Random(seed)
    result = {}
    for number in range(tracts):
        empty = draw.random() < 0.2
        people = {line: 0 if empty else draw.randint(0, 900) for line in GROUPS}
        poor = 0 if empty else int(sum(people.values()) * draw.choice((0.1, 0.4, 0.45, 0.7)))
        result[f"01001{number:06}"] = people, poor
    return result


@pytest.fixture
def exposure(run_sql):
    """Values of the racial-diversity groups of one area; ``parts`` makes it a place."""

    def run(tracts, parts=None):
        rows = [("tract", t, 1, sum(people.values()), None) for t, (people, _) in tracts.items()]
        rows += [("tract", t, line, n, 10) for t, (people, _) in tracts.items() for line, n in people.items()]
        geoid, geography = ("0100100", "place") if parts else ("01001", "county")
        found = run_sql(
            "metrics/racial-diversity.sql",
            variables={"year": 2021, "geography": geography},
            tables={
                "race": (RACE, rows),
                "tract_to_place": (PLACES, [(t, geoid, afact) for t, afact in (parts or {}).items()]),
                "universe": (UNIVERSE, [(2021, geoid, "01")]),
            },
        )
        return {row["measure"]: row["value"] for row in found}

    return run


@pytest.fixture
def poverty(run_sql):
    """The overall economic-inclusion value of one county."""

    def run(tracts):
        rows = [
            ("B17001", "tract", t, line, n, 10)
            for t, (p, poor) in tracts.items()
            for line, n in ((1, sum(p.values())), (2, poor))
        ]
        found = run_sql(
            "metrics/economic-inclusion.sql",
            variables={"year": 2021, "geography": "county", "high_poverty": 0.4},
            tables={
                "poverty": (POVERTY, rows),
                "tract_to_place": (PLACES, []),
                "universe": (UNIVERSE, [(2021, "01001", "01")]),
            },
        )
        return next(row["value"] for row in found if row["subgroup"] == "All")

    return run


@pytest.mark.parametrize("seed", SEEDS)
def test_a_place_of_whole_tracts_is_the_county(exposure, seed):
    tracts = drawn(seed)
    assert exposure(tracts, dict.fromkeys(tracts, 1.0)) == pytest.approx(exposure(tracts), abs=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_that_are_all_scaled_alike_change_no_value(exposure, seed):
    tracts = {
        tract: ({line: 40 * n for line, n in people.items()}, poor) for tract, (people, poor) in drawn(seed).items()
    }
    assert exposure(tracts, dict.fromkeys(tracts, 0.25)) == pytest.approx(exposure(tracts), abs=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_halves_of_a_tract_are_the_tract(exposure, poverty, seed):
    whole = {t: ({line: 2 * n for line, n in people.items()}, 2 * poor) for t, (people, poor) in drawn(seed).items()}
    halves = {f"{t[:5]}{half}{t[6:]}": figures for t, figures in drawn(seed).items() for half in (1, 2)}
    assert exposure(halves) == pytest.approx(exposure(whole), abs=1e-14)
    assert poverty(halves) == pytest.approx(poverty(whole), abs=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
def test_segregation_only_lowers_exposure(exposure, seed):
    """The index is at most one minus the group's share of the county."""
    tracts = drawn(seed)
    everyone = sum(sum(people.values()) for people, _ in tracts.values())
    for line, group in GROUPS.items():
        share = sum(people[line] for people, _ in tracts.values()) / everyone
        assert exposure(tracts)[f"share_{group}_exposure"] <= 1 - share + 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_a_county_of_identical_tracts_has_the_tracts_value(exposure, poverty, seed):
    (people, poor) = next(figures for figures in drawn(seed).values() if sum(figures[0].values()) > 500)
    one, many = {"01001000000": (people, poor)}, {f"01001{n:06}": (people, poor) for n in range(5)}
    for group in GROUPS.values():
        name = f"share_{group}_exposure"
        if exposure(one)[name] is not None:
            assert exposure(many)[name] == pytest.approx(exposure(one)[name], abs=1e-14)
    assert poverty(many) == poverty(one)
