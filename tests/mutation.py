"""Mutants of the SQL: does any test notice when a constant or a comparison changes?

``python -m tests.mutation [--jobs N] [--list] [--spec] [FILE…]`` (files below sql/; all but release files if none is given)
changes every number, string, comparison, AND/OR, true/false and member of an IN list, one at a time, in a scratch copy
of the repository without ``../shared``, runs the tests that touch the file, and lists the survivors; exit code 1 if one
is not named in EQUIVALENT; those named are not run. Tests touch a file whose path or stem they name; a macro file is touched by the tests of all
files that call its macros. With --spec the examples by hand of tests/spec have to kill it alone.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pytest
import yaml
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parents[1]
PASSED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
SLOW = ("benchmark", "connector", "end_to_end")
# Mutants that give the same results, by the line as it stands and what becomes of it: why.
CASE_KNOWN = "CASE WHEN known THEN 1 ELSE afact END::DECIMAL({}, 15) AS afact,"
ANOTHER_TYPE = "a build refuses another type than declared"
AT_MOST_ONE = "a factor is at most 1: one digit before the point is enough"
ROW_COUNTS = "whether there is a row is what counts, not its flag"
EARLIER_WHEN = "the code was taken by an earlier WHEN, with the same result"
ANY_CLASSES = "any classes in ascending order give the same quantiles"
FACTOR_CANCELS = "where all records have one factor it cancels; distributions are shared to save time"
TRIMMED = "the mark is one of several that are trimmed, and is never there"
COUNTY_FACTOR = "SELECT crosswalk_period, statefip, puma, geoid, afact::DECIMAL({}, 15) AS afact, sum_products,"
BIN = "CREATE OR REPLACE MACRO amount_bin(amount) AS floor(least(greatest(amount, {}), {}) / {})::SMALLINT;"
MIXTURE = "FROM (SELECT *, CASE WHEN len(parts) = {} THEN [struct_update(parts[1], afact := {}::DECIMAL({}, {}))] ELSE parts END"
TEN_DECIMALS = "WHEN digits = 'ten_decimals' AND abs(x) {} 0.001 AND x <> 0 THEN rtrim(printf('%.10f', x), '{}')"
OF_MEMBERS = "THEN coalesce(sum(margin * margin) FILTER (WHERE estimate <> 0), {})"
EXPOSED = "sum(afact * members * (people - members) / people ORDER BY tract_geoid) FILTER (WHERE people {}) AS exposed,"
WHOLE_NUMBER = "WHEN x = trunc(x) AND abs(x) {} THEN x::BIGINT::VARCHAR"
UNITS_FLAG = "THEN greatest(CASE WHEN units_variation {} 0.08 THEN {} WHEN units_variation {} 0.15 THEN 2 ELSE 3 END,"
INCOME_FLAG = "CASE WHEN coalesce(income_variation, {}) {} 0.1 THEN {} WHEN coalesce(income_variation, {}) {} 0.3 THEN 2 ELSE 3 END,"
MATCH_FLAG = "CASE WHEN getvariable('geography') = 'place' AND match < 0.5 THEN 2 ELSE {} END) END AS flag,"
INCOME_VARIATION = "coalesce(margin / 1.6448536269514722 / nullif(estimate, 0), {}) AS income_variation"
MIXED = "WHEN people {} THEN 'Mixed neighborhoods' END AS tract_type"
WORST_FLAG = "the worst of three flags, of which another is 1 at least"
POOR = "CASE WHEN poverty >= 0.4 THEN 'High-Poverty' WHEN poverty {} THEN 'Not High-Poverty' END AS poverty_type"
PEOPLE_OF_STATUS = "/ nullif(max(estimate) FILTER (WHERE table_id IN ('B17001', 'C17002') {} line = 1), 0) AS poverty"
WHOLLY_INSIDE = "WHEN wholly_inside > {} OR wholly_inside = 0.15 AND NOT getvariable('rule_gap_in_the_flag') THEN 2"
NO_INPUT = (
    "WHEN NOT EXISTS (SELECT {} FROM counted WHERE counted.subgroup = errors.subgroup) THEN 'no input: ' || subgroup"
)
NOT_IN_SOURCE = "WHEN EXISTS (SELECT {} FROM rates WHERE rates.subgroup = grid.subgroup) THEN 'not in the source'"
CHANGE = (
    "WHEN change < 0.2::DOUBLE THEN 1 WHEN change < 0.4::DOUBLE THEN 2 WHEN change {}::DOUBLE THEN 3 END AS quality,"
)
DENOMINATOR_FLAG = (
    "CASE WHEN variation >= 0.15 THEN 3 WHEN variation >= 0.05 THEN 2 ELSE {} END AS denominator_quality,"
)
PRECINCT_FLAG = "CASE WHEN getvariable('geography') = 'county' OR messiness < 0.05 THEN {}"
SOURCE_FLAG = "THEN 3 ELSE {} END AS source_quality"
SOURCE_ERROR = "CASE WHEN any_value(grades) {} AND count(score_error) = count(*)"
RESIDUAL = "sum(tests * (score - mean_score - coalesce(slope, {}) * (grade - mean_grade)) ** 2 ORDER BY area, grade)"
GRADES = "SELECT student_group, area, count(score) FILTER (WHERE tests {} OR getvariable('rule_tests_of_grades_without_mean')) AS grades,"
NEVER_MET = "no whole margin and estimate of the sizes there are meet the threshold exactly"
WEAK_INCOME = "any variation of 0.3 or more is weak"
REGION_FACTOR = "ELSE least(afact, 1) END::DECIMAL({}, {}) AS afact)"
BOXES_BESIDE = "JOIN places ON precincts.bounds[1] {} places.bounds[3] {} precincts.bounds[{}] {} places.bounds[1]"
BOXES_ABOVE = "{} precincts.bounds[2] {} places.bounds[4] {} precincts.bounds[4] {} places.bounds[{}]"
NO_SHARED_AREA = "what shares no area is left out; more pairs, or boxes that only touch, add none"
SMALL_PUMAS = (
    "SEMI JOIN (SELECT DISTINCT statefip, puma FROM small_design_groups LIMIT {}) AS pumas USING (statefip, puma)"
)
PARTS_WEIGHT = "SELECT region, component_type, component_geoid, vintage, sum(weight)::DECIMAL({}, {}) AS weight"
PART_FACTOR = "SELECT region, component_type, component_geoid, crosswalk_period, statefip, puma, weight * afact::DECIMAL({}, 15){}"
PUMA_FACTOR = "SELECT region, component_type, component_geoid, crosswalk_period, statefip, puma, weight::DECIMAL({}, {}) AS afact,"
TRACTS_FACTOR = "SELECT of_tracts.* EXCLUDE (people), (people / puma_people)::DECIMAL({}, 15) AS afact, people,"
WHOLE_PUMA = (
    "CASE WHEN abs(sum(people) - any_value(puma_people)) < 0.5 THEN 1 ELSE sum(afact) END::DECIMAL({}, 15) AS afact,"
)
OF_STATES = "WHERE population {} statefip <> '{}'"
ZCTAS_BESIDE = "JOIN places ON zctas.bounds[1] {} places.bounds[3] {} zctas.bounds[{}] {} places.bounds[1]"
ZCTAS_ABOVE = "{} zctas.bounds[2] {} places.bounds[4] {} zctas.bounds[4] {} places.bounds[{}]"
COMPONENTS_WEIGHT = "SELECT region AS geoid, component_type AS part_type, component_geoid AS part_geoid, sum(weight)::DECIMAL({}, {}) AS weight"
COUNTY_DIGITS = "substr(lpad(county_code, 5, '{}'), {}, {}) AS {},"
OF_A_RACE = "coalesce(sum(enrollment::BIGINT) FILTER (WHERE enrollment::BIGINT {}), 0)::BIGINT AS enrollment"
SCHOOL_COUNTY = (
    "CASE WHEN county_code::BIGINT BETWEEN 1001 AND 99999 THEN lpad(county_code, 5, '{}') END AS county_geoid,"
)
NOTHING_FOLLOWS = "nothing follows the last digit of the code"
WEST_OF_GREENWICH = "latitudes of listed places are above their longitudes: more pairs, which share no area"
ORDER_OF_FORMS = "the order of the forms is kept, and files of tracts, counties and places have no area in common"
LISTED_TRACT = "SELECT 'tract' AS area, substr(geoid, 1, 2) AS state, geoid, {} AS listed FROM tracts"
LISTED_COUNTY = "SELECT DISTINCT 'county', substr(geoid, 1, 2), substr(geoid, 1, 5), {} FROM tracts"
EQUIVALENT: dict[tuple[str, str], str] = {
    **{
        (REGION_FACTOR.format(18, 15), REGION_FACTOR.format(*digits)): ANOTHER_TYPE
        for digits in ((17, 15), (19, 15), (18, 16))
    },
    ("WHERE area > 0", "WHERE area >= 0"): NO_SHARED_AREA,
    **{
        (BOXES_BESIDE.format("<=", "AND", 3, ">="), BOXES_BESIDE.format(*changed)): NO_SHARED_AREA
        for changed in (
            ("<", "AND", 3, ">="),
            ("<=", "OR", 3, ">="),
            ("<=", "AND", 3, ">"),
        )
    },
    **{
        (BOXES_BESIDE.format("<=", "AND", 3, ">="), BOXES_BESIDE.format("<=", "AND", bound, ">=")): WEST_OF_GREENWICH
        for bound in (2, 4)
    },
    (
        BOXES_ABOVE.format("AND", "<=", "AND", ">=", 2),
        BOXES_ABOVE.format("AND", "<=", "AND", ">=", 1),
    ): WEST_OF_GREENWICH,
    **{
        (BOXES_ABOVE.format("AND", "<=", "AND", ">=", 2), BOXES_ABOVE.format(*changed)): NO_SHARED_AREA
        for changed in (
            ("OR", "<=", "AND", ">=", 2),
            ("AND", "<", "AND", ">=", 2),
            ("AND", "<=", "OR", ">=", 2),
            ("AND", "<=", "AND", ">", 2),
        )
    },
    **{(SMALL_PUMAS.format(10000), SMALL_PUMAS.format(limit)): "the nation has fewer PUMAs" for limit in (9999, 10001)},
    (
        "WHEN NOT coalesce(state_at_hand, false) THEN 'no input for state'",
        "WHEN NOT coalesce(state_at_hand, true) THEN 'no input for state'",
    ): "every area has the flag in a sample with records; one without was told by the WHEN before",
    **{
        (
            PARTS_WEIGHT.format(18, 15),
            PARTS_WEIGHT.format(*digits),
        ): "weights of an area add up to 1 at most, with fifteen digits"
        for digits in ((17, 15), (19, 15), (18, 16))
    },
    **{
        (PART_FACTOR.format(18, end), PART_FACTOR.format(digits, end)): AT_MOST_ONE
        for digits in (17, 19)
        for end in (" AS afact,", ",")
    },
    **{
        (PUMA_FACTOR.format(38, 30), PUMA_FACTOR.format(*digits)): "a weight has fifteen digits: further ones are 0"
        for digits in ((37, 30), (38, 31), (38, 29))
    },
    **{(TRACTS_FACTOR.format(18), TRACTS_FACTOR.format(digits)): AT_MOST_ONE for digits in (17, 19)},
    **{
        (
            WHOLE_PUMA.format(18),
            WHOLE_PUMA.format(digits),
        ): "a factor above 1.001 is refused: one digit before the point is enough"
        for digits in (17, 19)
    },
    **{
        (OF_STATES.format("> 0 AND", "72"), OF_STATES.format(*changed)): reason
        for changed, reason in (
            ((">= 0 AND", "72"), "a part with nobody is left out by its people"),
            (("> 0 OR", "72"), "a part with nobody is left out by its people, and Puerto Rico has no PUMA in the list"),
            (("> 0 AND", "72~"), "Puerto Rico has no PUMA in the list"),
        )
    },
    ("WHERE zctas.area > 0", "WHERE zctas.area >= 0"): NO_SHARED_AREA,
    **{
        (ZCTAS_BESIDE.format("<=", "AND", 3, ">="), ZCTAS_BESIDE.format(*changed)): reason
        for changed, reason in (
            (("<", "AND", 3, ">="), NO_SHARED_AREA),
            (("<=", "OR", 3, ">="), NO_SHARED_AREA),
            (("<=", "AND", 3, ">"), NO_SHARED_AREA),
            (("<=", "AND", 2, ">="), WEST_OF_GREENWICH),
            (("<=", "AND", 4, ">="), WEST_OF_GREENWICH),
        )
    },
    **{
        (ZCTAS_ABOVE.format("AND", "<=", "AND", ">=", 2), ZCTAS_ABOVE.format(*changed)): reason
        for changed, reason in (
            (("OR", "<=", "AND", ">=", 2), NO_SHARED_AREA),
            (("AND", "<", "AND", ">=", 2), NO_SHARED_AREA),
            (("AND", "<=", "OR", ">=", 2), NO_SHARED_AREA),
            (("AND", "<=", "AND", ">", 2), NO_SHARED_AREA),
            (("AND", "<=", "AND", ">=", 1), WEST_OF_GREENWICH),
        )
    },
    **{
        (
            COMPONENTS_WEIGHT.format(18, 15),
            COMPONENTS_WEIGHT.format(*digits),
        ): ANOTHER_TYPE
        for digits in ((17, 15), (19, 15), (18, 16))
    },
    (
        "JOIN tract ON longitude BETWEEN bounds[1] AND bounds[3] AND latitude BETWEEN bounds[2] AND bounds[4]",
        "JOIN tract ON longitude BETWEEN bounds[1] AND bounds[3] OR latitude BETWEEN bounds[2] AND bounds[4]",
    ): "the outline itself decides: more tracts around it, none inside",
    **{
        ("sum(share)::DECIMAL(18, 15) AS share", f"sum(share)::DECIMAL({digits}, 15) AS share"): ANOTHER_TYPE
        for digits in (17, 19)
    },
    **{
        (
            COUNTY_DIGITS.format("0", *digits),
            COUNTY_DIGITS.format("0~", *digits),
        ): "a code of four or five digits lacks one at most"
        for digits in ((1, 2, "state"), (3, 3, "county"))
    },
    (
        COUNTY_DIGITS.format("0", 3, 3, "county"),
        COUNTY_DIGITS.format("0", 3, 4, "county"),
    ): NOTHING_FOLLOWS,
    **{
        (OF_A_RACE.format(">= 0"), OF_A_RACE.format(changed)): "rows of no students add nothing"
        for changed in (">= 1", "> 0")
    },
    (SCHOOL_COUNTY.format("0"), SCHOOL_COUNTY.format("0~")): "a code of four digits or five takes one zero at most",
    **{
        (line.format(digits), line.format(digits + 1)): NOTHING_FOLLOWS
        for line, digits in (
            ("substr(county14, 3, {}) AS county,", 3),
            ("substr(county, 3, {}) AS county,", 3),
            ("substr(ctregion, 3, {}) AS county,", 3),
            ("substr(town_fips_2020, 6, {}) AS town,", 5),
            ("substr(ce_fips_2022, 3, {}) AS planning_region,", 3),
            ("substr(fips2010, 6, {}) AS town,", 5),
            ("substr(area_fips, 3, {}) AS county,", 3),
            ("AND substr(area_fips, 3, {}) <> '999'", 3),
            ("substr(tract_fips_2020, 6, {}) AS tract", 6),
            ("AND substr(tract_fips_2020, 6, {}) NOT IN ('980001', '980002', '980003')", 6),
        )
    },
    **{
        (f"SELECT 1{columns} FROM {form}", f"SELECT 0{columns} FROM {form}"): ORDER_OF_FORMS
        for columns, form in ((" AS preference, *", "api_tract"), (", *", "api_county"), (", *", "api_place"))
    },
    ("SELECT 3, * FROM download", "SELECT 4, * FROM download"): ORDER_OF_FORMS,
    **{(line.format("true"), line.format("false")): ROW_COUNTS for line in (LISTED_TRACT, LISTED_COUNTY)},
    (CASE_KNOWN.format(18), CASE_KNOWN.format(17)): AT_MOST_ONE,
    (CASE_KNOWN.format(18), CASE_KNOWN.format(19)): AT_MOST_ONE,
    (CASE_KNOWN.format(18), CASE_KNOWN.format(18).replace("15)", "16)")): "one decimal more is one zero more",
    (
        "CASE WHEN known THEN 1 ELSE sum_products END AS sum_products",
        "CASE WHEN known THEN 2 ELSE sum_products END AS sum_products",
    ): "above every threshold either way",
    (COUNTY_FACTOR.format(18), COUNTY_FACTOR.format(17)): f"{AT_MOST_ONE}; {ANOTHER_TYPE}",
    (COUNTY_FACTOR.format(18), COUNTY_FACTOR.format(19)): f"{AT_MOST_ONE}; {ANOTHER_TYPE}",
    (
        "SELECT geoid, statefip, puma, afact::DECIMAL(11, 10) AS afact",
        "SELECT geoid, statefip, puma, afact::DECIMAL(12, 10) AS afact",
    ): AT_MOST_ONE,
    ("SELECT DISTINCT sample, geoid, true AS at_hand", "SELECT DISTINCT sample, geoid, false AS at_hand"): ROW_COUNTS,
    (
        "SELECT DISTINCT sample, geoid, true AS state_at_hand",
        "SELECT DISTINCT sample, geoid, false AS state_at_hand",
    ): ROW_COUNTS,
    **{
        (OF_MEMBERS.format(0), OF_MEMBERS.format(changed)): "a group without members has no value, or no quality"
        for changed in (1, 2)
    },
    (UNITS_FLAG.format("<", 1, "<"), UNITS_FLAG.format("<", 0, "<")): WORST_FLAG,
    (UNITS_FLAG.format("<", 1, "<"), UNITS_FLAG.format("<=", 1, "<")): NEVER_MET,
    (UNITS_FLAG.format("<", 1, "<"), UNITS_FLAG.format("<", 1, "<=")): NEVER_MET,
    **{
        (INCOME_FLAG.format(0.5, "<", 1, 0.5, "<"), INCOME_FLAG.format(*changed)): reason
        for changed, reason in (
            ((0.5, "<", 0, 0.5, "<"), WORST_FLAG),
            ((0.5, "<=", 1, 0.5, "<"), NEVER_MET),
            ((0.5, "<", 1, 0.5, "<="), NEVER_MET),
            (("1.0e0", "<", 1, 0.5, "<"), WEAK_INCOME),
            (("0.50005e0", "<", 1, 0.5, "<"), WEAK_INCOME),
            ((0.5, "<", 1, "1.0e0", "<"), WEAK_INCOME),
            ((0.5, "<", 1, "0.50005e0", "<"), WEAK_INCOME),
        )
    },
    **{
        (INCOME_VARIATION.format(0.5), INCOME_VARIATION.format(changed)): WEAK_INCOME
        for changed in ("1.0e0", "0.50005e0")
    },
    (MATCH_FLAG.format(1), MATCH_FLAG.format(0)): WORST_FLAG,
    (MIXED.format("> 0"), MIXED.format(">= 0")): "tracts without residents are left out",
    (MIXED.format("> 0"), MIXED.format("> 1")): "one resident is of one kind",
    (
        "WHEN people > 0 THEN 'No Majority Race/Ethnicity' END AS race_type,",
        "WHEN people > 1 THEN 'No Majority Race/Ethnicity' END AS race_type,",
    ): "one resident is of one kind",
    **{(POOR.format("< 0.4"), POOR.format(changed)): EARLIER_WHEN for changed in ("<= 0.4", "< 0.8e0", "< 0.40004e0")},
    (PEOPLE_OF_STATUS.format("AND"), PEOPLE_OF_STATUS.format("OR")): "no line of any table has more people than line 1",
    (WHOLLY_INSIDE.format(0.15), WHOLLY_INSIDE.format("0.15001499999999998e0")): "no place has 3,333 ZCTAs or more",
    **{(NO_INPUT.format(1), NO_INPUT.format(changed)): ROW_COUNTS for changed in (0, 2)},
    **{(NOT_IN_SOURCE.format(1), NOT_IN_SOURCE.format(changed)): ROW_COUNTS for changed in (0, 2)},
    **{
        (CHANGE.format("< 0.6"), CHANGE.format(changed)): "one more physician changes a ratio by half at most"
        for changed in ("<= 0.6", "< 1.2e0", "< 0.6000599999999999e0")
    },
    **{(line.format(1), line.format(0)): WORST_FLAG for line in (DENOMINATOR_FLAG, PRECINCT_FLAG, SOURCE_FLAG)},
    **{
        (
            SOURCE_ERROR.format("> 1"),
            SOURCE_ERROR.format(changed),
        ): "areas with one grade have no slope and are left out"
        for changed in (">= 1", "> 0")
    },
    **{
        (RESIDUAL.format(0), RESIDUAL.format(changed)): "the grade of an area with one grade is its mean"
        for changed in (1, 2)
    },
    **{
        (GRADES.format("> 0"), GRADES.format(changed)): "a grade of one or two tests makes an area weak by itself"
        for changed in ("> 1", "> 2")
    },
    (
        "WHERE geoid IS NOT NULL AND tests > 0",
        "WHERE geoid IS NOT NULL AND tests >= 0",
    ): "rows without tests have no weight",
    (
        "WHERE geoid IS NOT NULL AND tests > 0",
        "WHERE geoid IS NOT NULL OR tests > 0",
    ): "rows without tests have no weight, those of no area join none",
    (
        "WHERE county IS NOT NULL AND state IS NOT NULL",
        "WHERE county IS NOT NULL OR state IS NOT NULL",
    ): "a code of which a part is missing is missing, and joins no population",
    (
        "CASE WHEN ratio > 1 THEN 1 ELSE ratio END AS value,",
        "CASE WHEN ratio >= 1 THEN 1 ELSE ratio END AS value,",
    ): "a turnout of 1 is 1 either way",
    (EXPOSED.format("> 0"), EXPOSED.format("> 1")): "in a tract of one person nobody is outside of the group",
    ("WHEN hisp BETWEEN 1 AND 4 THEN hisp - 1", "WHEN hisp BETWEEN 1 AND 5 THEN hisp - 1"): "5 is 4 by either WHEN",
    ("WHEN hisp BETWEEN 5 AND 24 THEN 4", "WHEN hisp BETWEEN 4 AND 24 THEN 4"): EARLIER_WHEN,
    ("WHEN schg BETWEEN 3 AND 6 THEN 3", "WHEN schg BETWEEN 2 AND 6 THEN 3"): EARLIER_WHEN,
    ("WHEN schg BETWEEN 7 AND 10 THEN 4", "WHEN schg BETWEEN 6 AND 10 THEN 4"): EARLIER_WHEN,
    ("WHEN schg BETWEEN 11 AND 14 THEN 5", "WHEN schg BETWEEN 10 AND 14 THEN 5"): EARLIER_WHEN,
    (
        "CASE WHEN degrees_of_freedom >= 1 THEN [",
        "CASE WHEN degrees_of_freedom >= 0 THEN [",
    ): "element 0 of a list is NULL",
    (
        "WHERE mismatch < 0.01",
        "WHERE mismatch <= 0.01",
    ): "the difference of two numbers near 1 is a multiple of 2^-53, which 0.01 is not",
    **{
        (BIN.format("-1e6", "1e6", 4000), BIN.format(*changed)): ANY_CLASSES
        for changed in (
            ("-2000000.0e0", "1e6", 4000),
            ("-1000100.0e0", "1e6", 4000),
            ("-1e6", "2000000.0e0", 4000),
            ("-1e6", "1000100.0e0", 4000),
            ("-1e6", "1e6", 4001),
            ("-1e6", "1e6", 3999),
        )
    },
    **{
        (MIXTURE.format(1, 1, 11, 10), MIXTURE.format(*changed)): FACTOR_CANCELS
        for changed in ((0, 1, 11, 10), (1, 2, 11, 10), (1, 1, 12, 10), (1, 1, 11, 9))
    },
    ("LIMIT 1000000", "LIMIT 1000001"): "more than a million are refused",
    ("LIMIT 1000000", "LIMIT 999999"): "no sample has exactly a million PUMAs and subgroup keys",
    (TEN_DECIMALS.format("<", "0"), TEN_DECIMALS.format("<=", "0")): "0.001 is printed as 0.001 either way",
    (TEN_DECIMALS.format("<", "0"), TEN_DECIMALS.format("<", "0~")): TRIMMED,
    (
        "|| substr(regexp_replace(x::VARCHAR, '^-?0\\.0*', ''), 2), '.')",
        "|| substr(regexp_replace(x::VARCHAR, '^-?0\\.0*', ''), 2), '.~')",
    ): TRIMMED,
    (
        "ELSE (CASE WHEN x < 0 THEN '-' ELSE '' END)",
        "ELSE (CASE WHEN x <= 0 THEN '-' ELSE '' END)",
    ): "0 was taken by an earlier WHEN",
    **{
        (WHOLE_NUMBER.format("< 1e15"), WHOLE_NUMBER.format(changed)): "no published number is that large"
        for changed in ("<= 1e15", "< 2000000000000000.0e0", "< 1000100000000000.0e0")
    },
}

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<>", "<>": "="}
WORDS = {"AND": "OR", "OR": "AND", "TRUE": "false", "FALSE": "true"}


@dataclass(frozen=True)
class Token:
    start: int
    text: str
    kind: str  # numeric_const, string_const, operator, keyword, identifier


@dataclass(frozen=True)
class Mutant:
    """A change of one file: the bytes from ``start`` to ``end`` become ``new``."""

    file: str
    start: int
    end: int
    new: str

    def apply(self, content: bytes) -> bytes:
        return content[: self.start] + self.new.encode() + content[self.end :]

    def lines(self, content: bytes) -> tuple[int, str, str]:
        """Number of the line, the line, and the line as changed (the first of them, without blanks around it)."""
        number = content.count(b"\n", 0, self.start)
        was, now = (each.decode().split("\n")[number].strip() for each in (content, self.apply(content)))
        return number + 1, was, now


def tokens(content: bytes) -> list[Token]:
    """Tokens of a SQL text by DuckDB's own tokenizer, which gives starts only; comments are no tokens."""
    found = duckdb.tokenize(content.decode())
    starts = [start for start, _ in found] + [len(content)]
    result = []
    for (start, kind), end in zip(found, starts[1:], strict=True):
        text = content[start:end].decode()
        if kind.name == "string_const":
            text = re.match(r"'(?:[^']|'')*'|.*", text, re.S).group()
        else:
            text = re.split(r"\s|--", text)[0]
        result.append(Token(start, text, kind.name))
    return result


def mutants(file: str, content: bytes) -> list[Mutant]:
    """Every mutant of a file, in the order of its text."""
    found, between, listed = [], 0, tokens(content)

    def change(token: Token, new: str) -> None:
        found.append(Mutant(file, token.start, token.start + len(token.text.encode()), new))

    for number, token in enumerate(listed):
        word = token.text.upper()
        previous = listed[number - 1].text.upper() if number else ""
        if token.kind == "numeric_const":
            if re.fullmatch(r"\d+", token.text):
                change(token, str(int(token.text) + 1))
                change(token, str(int(token.text) - 1) if token.text != "0" else "2")
            else:
                change(token, f"{float(token.text) * 2!r}e0")
                change(token, f"{float(token.text) * 1.0001!r}e0")
        elif token.kind == "string_const" and token.text.endswith("'"):
            change(token, f"{token.text[:-1]}~'")
        elif token.kind == "operator" and token.text in COMPARISONS:
            change(token, COMPARISONS[token.text])
        elif word == "BETWEEN":
            between += 1
        elif word == "AND" and between:
            between -= 1
        elif word in WORDS and previous != "CREATE":
            change(token, WORDS[word])
        elif word == "IN":
            found += members(file, listed, number)
    return found


def members(file: str, listed: list[Token], number: int) -> list[Mutant]:
    """The members of the IN list after token ``number``, each left out in turn; none of a list of one."""
    if number + 1 >= len(listed) or listed[number + 1].text != "(":
        return []
    parts, position = [], number + 2
    while position < len(listed) and listed[position].kind in ("numeric_const", "string_const"):
        parts.append(listed[position])
        position += 1
        if listed[position].text != ",":
            break
        position += 1
    if len(parts) < 2:
        return []
    first = [Mutant(file, parts[0].start, parts[1].start, "")]
    ends = [part.start + len(part.text.encode()) for part in parts]
    return first + [Mutant(file, ends[place - 1], ends[place], "") for place in range(1, len(parts))]


@cache
def staged_tables() -> dict[str, set[str]]:
    """Tables of the catalog by the name of the SQL file that stages them."""
    found: dict[str, set[str]] = {}
    for source in (ROOT / "pipeline" / "catalog" / "sources").glob("*.yml"):
        for table, entry in yaml.safe_load(source.read_text(encoding="utf-8")).get("tables", {}).items():
            # An edition's file of differences may leave out what it does not change, and take forms away.
            for form in filter(None, entry.get("forms", {}).values()):
                if "sql" in form:
                    found.setdefault(form["sql"], set()).add(table)
    return found


def callers(file: Path) -> set[str]:
    """Names by which a test may touch ``file``: path, stem and, of a staged file, the tables that the catalog makes by it.

    Of a macro file these are the names of the macros and those of the files that call them.
    """
    relative = str(file.relative_to(ROOT / "sql"))
    if not relative.startswith("macros/"):
        same_stem = [other for other in (ROOT / "sql").rglob("*.sql") if other.stem == file.stem]
        stem = {file.stem} if same_stem == [file] else set()  # several files are named areas.sql
        return {relative} | stem | staged_tables().get(file.name, set())
    names = re.findall(r"MACRO\s+(\w+)", file.read_text(encoding="utf-8"))
    result = set(names)
    for other in (ROOT / "sql").rglob("*.sql"):
        if other != file and any(re.search(rf"\b{name}\s*\(", other.read_text(encoding="utf-8")) for name in names):
            result |= callers(other)
    return result


def tests_of(file: Path, only_spec: bool) -> list[str]:
    """Test files that touch ``file``, the one of its name first, then examples; the tests of the extracts where there are none."""
    names = callers(file)
    touching = [
        path
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if path.parent.name not in SLOW
        and (path.parent.name == "spec" or not only_spec)
        and any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", path.read_text("utf-8")) for name in names)
    ]
    folders = ("spec", "sql", "property", "unit", "oracle")
    own = f"test_{file.stem.split('.')[0].replace('-', '_')}"
    touching.sort(
        key=lambda path: (
            path.stem != own,
            folders.index(path.parent.name) if path.parent.name in folders else len(folders),
        )
    )
    return [str(path.relative_to(ROOT)) for path in touching] or ["tests/oracle/test_extracts.py"]


class Mutating:
    """A pytest plugin: tests are collected once, and for each mutant of a file run in a fork until one fails."""

    def __init__(self, file: str, tried: list[Mutant]):
        self.path, self.tried, self.survivors = ROOT / file, tried, []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        original, items = self.path.read_bytes(), list(session.items)
        if (failing := self.killer(items)) is not None:
            raise RuntimeError(f"A test fails without any mutant: {items[failing].nodeid}")
        try:
            for mutant in self.tried:
                if mutant.lines(original)[1:] in EQUIVALENT:
                    self.survivors.append(mutant)
                    continue
                self.path.write_bytes(mutant.apply(original))
                killer = self.killer(items)
                if killer is None:
                    self.survivors.append(mutant)
                else:
                    # What killed this mutant is likely to kill the next one.
                    items.insert(0, items.pop(killer))
        finally:
            self.path.write_bytes(original)
        return True

    def killer(self, items: list[pytest.Item]) -> int | None:
        """Number of the first test that fails, None where all pass."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                with open(os.devnull, "w") as null:
                    os.dup2(null.fileno(), 1)
                    os.dup2(null.fileno(), 2)
                forget_sql()
                for number, item in enumerate(items):
                    following = items[number + 1] if number + 1 < len(items) else None
                    if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                        os.write(writing, str(number).encode())
                        break
                os._exit(0)
            finally:
                os._exit(1)
        os.close(writing)
        with open(reading) as told:
            number = told.read()
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            raise RuntimeError(f"A run of the tests of {self.path} ended without a result.")
        return int(number) if number else None


def forget_sql() -> None:
    """Empty the caches of what was read from SQL files while tests were collected; the catalog is YAML alone."""
    for name, module in list(sys.modules.items()):
        if name.startswith("pipeline.") and not name.startswith("pipeline.catalog"):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def work(files: list[str], job: int, jobs: int, only_spec: bool) -> None:
    """Try every ``jobs``-th mutant of the files; one line for each survivor, and a count."""
    import hypothesis  # noqa: F401

    import conftest  # noqa: F401  what takes its time is there before the first fork
    from pipeline import catalog
    from pipeline.catalog import editions

    for edition in editions.known():
        catalog.load(edition)
    tried = 0
    for file in files:
        content = (ROOT / file).read_bytes()
        mutating = Mutating(file, mutants(file, content)[job::jobs])
        with contextlib.redirect_stdout(io.StringIO()) as said:
            options = ["-s", "-p", "no:cacheprovider"]
            code = pytest.main([*options, *tests_of(ROOT / file, only_spec)], plugins=[mutating])
        if code not in PASSED:
            raise RuntimeError(f"The tests of {file} cannot be run:\n{said.getvalue()}")
        tried += len(mutating.tried)
        for mutant in mutating.survivors:
            number, was, now = mutant.lines(content)
            reason = EQUIVALENT.get((was, now))
            print(
                f"{'equivalent' if reason else 'SURVIVES'}\t{file}:{number}\t{was}\t{now}\t{reason or ''}", flush=True
            )
    print(f"tried\t{tried}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="files below sql/, as paths from the root of the repository")
    parser.add_argument("--jobs", type=int, default=1, help="scratch copies to work in at the same time")
    parser.add_argument("--list", action="store_true", help="list the mutants and the tests, run nothing")
    parser.add_argument("--spec", action="store_true", help="run the examples of tests/spec alone")
    parser.add_argument("--job", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    files = chosen.files or [
        str(path.relative_to(ROOT)) for path in sorted((ROOT / "sql").rglob("*.sql")) if path.parent.name != "release"
    ]
    if chosen.list:
        for file in files:
            content = (ROOT / file).read_bytes()
            print(file, "-", len(mutants(file, content)), "mutants:", *tests_of(ROOT / file, chosen.spec))
        return 0
    if chosen.job is not None:
        work(files, chosen.job, chosen.jobs, chosen.spec)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        running = []
        for job in range(chosen.jobs):
            copy = Path(scratch) / str(job) / "repository"
            ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "data.nosync", ".dagster_home")
            shutil.copytree(ROOT, copy, ignore=ignored)
            command = [sys.executable, "-m", "tests.mutation", "--jobs", str(chosen.jobs), "--job", str(job)]
            command += [*(["--spec"] if chosen.spec else []), *files]
            environment = {**os.environ, "PYTHONPATH": f"{copy}:{copy / 'tests'}"}
            running.append(subprocess.Popen(command, cwd=copy, env=environment, stdout=subprocess.PIPE, text=True))
        survivors = 0
        for process in running:
            for line in process.stdout:
                print(line, end="", flush=True)
                survivors += line.startswith("SURVIVES")
            process.wait()
    return 1 if survivors or any(process.returncode for process in running) else 0


if __name__ == "__main__":
    sys.exit(main())
