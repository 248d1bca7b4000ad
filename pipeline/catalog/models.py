"""What a catalog entry may say. Every YAML file of the project is validated against these models."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

FORBID = ConfigDict(extra="forbid")
# The five pillars of the framework.
Pillar = Literal[
    "rewarding-work",
    "high-quality-education",
    "opportunity-rich-and-inclusive-neighborhoods",
    "healthy-environment-and-access-to-good-health-care",
    "responsive-and-just-governance",
]
# A path with one of these is a pattern.
WILDCARDS = re.compile(r"[*?[]")
ColumnType = Literal["text", "integer", "number", "fips"]


def fill(template: str, vintage: str, variables: dict | None = None) -> str:
    """A path or URL of the catalog with ``{vintage}``, ``{year}``, ``{sample}`` and the vintage's own variables filled in.

    ``{year}`` is the vintage's first four characters, ``{sample}`` what follows them (2018_1-Year: 2018 and 1-Year).
    """
    names = {"vintage": vintage, "year": vintage[:4], "sample": vintage[5:], **(variables or {})}
    for name, value in names.items():
        template = template.replace("{" + name + "}", str(value))
    return template


class Column(BaseModel):
    """A column a raw file must have.

    ``null`` lists the texts that stand for a missing value, ``replace`` those that stand for another one, ``also`` other
    names the publisher gives the column, ``expect`` a constant it must hold, ``between`` the least and the most of a
    number (either may be null), ``values`` all texts that it may hold; ``pad`` restores leading zeros that the publisher
    lost, ``strip`` takes characters off both ends.
    """

    model_config = FORBID
    type: ColumnType = "text"
    width: int | None = None
    null: list[str] = Field(default_factory=list)
    replace: dict[str, str] = Field(default_factory=dict)
    also: list[str] = Field(default_factory=list)
    optional: bool = False
    expect: str | None = None
    between: tuple[float | None, float | None] | None = None
    values: list[str] = Field(default_factory=list)
    pad: bool = False
    strip: str | None = None

    @model_validator(mode="after")
    def _fips_has_width(self):
        if self.type == "fips" and not self.width:
            raise ValueError("a fips column needs its width")
        return self


class Extract(BaseModel):
    """What to order from the IPUMS extract API: variables, structure, and codes to which cases are limited."""

    model_config = FORBID
    variables: list[str]
    structure: Literal["rectangular", "hierarchical"] = "rectangular"
    case_selections: dict[str, list[str]] = Field(default_factory=dict)


class RawFile(BaseModel):
    """One raw file (or one set of like files) of a form. ``{vintage}`` in path and url is filled in.

    Of a shapefile: ``projection`` is the coordinate system that shapes are brought into, ``sums`` maps a column to the
    names (a glob) of those that it is the sum of. Of a workbook with groups of columns: ``sheet`` is the sheet's name.
    ``header`` is for a workbook whose titles are not unique: texts by column letter that mark the header row; the
    columns go by their letters. ``year_in_name`` is a column whose name says the year, as ``median{year}``; ``tables``
    are the Census tables that are fetched for it.
    ``called`` is how people name the files where ``path`` is a pattern: what stands for what is in angle brackets.
    """

    model_config = FORBID
    path: str
    called: str = ""
    url: str | None = None
    member: str | None = None
    reader: Literal[
        "census_api",
        "census_table",
        "csv",
        "excel",
        "excel_groups",
        "ipums",
        "json_pages",
        "json_table",
        "living_wage_pages",
        "packed",
        "pums",
        "pums_parquet",
        "sas",
        "shapefile",
        "stata",
        "wonder",
    ] = "csv"
    encoding: Literal["utf-8", "latin-1", "mixed"] = "utf-8"
    label_rows: int = 0
    delimiter: str = ","
    header: dict[str, str] = Field(default_factory=dict)
    sheet: str | None = None
    columns: dict[str, Column] = Field(default_factory=dict)
    keys: dict[str, str] = Field(default_factory=dict)
    optional: bool = False
    many_members: bool = False
    year_in_name: str | None = None
    extract: Extract | None = None
    projection: str | None = None
    sums: dict[str, str] = Field(default_factory=dict)
    tables: list[str] = Field(default_factory=list)

    def patterns(self, vintage: str, variables: dict) -> tuple[str, str]:
        """Names that the files of a vintage may have: as declared, and the same as gzip."""
        path = fill(self.path, vintage, variables)
        return path, f"{path}.gz"

    @cached_property
    def reading(self) -> str:
        """What decides what is read, as JSON: all but what is said for people and for fetching."""
        return self.model_dump_json(exclude={"called", "url", "keys", "extract"}, exclude_defaults=True)

    @model_validator(mode="after")
    def _is_called(self):
        self.called = self.called or re.sub(r"\*|\?+", "<...>", self.path)
        return self


class Input(BaseModel):
    """A view a SQL file reads. ``table`` is a staged or geography table, or one per geography.

    For a geography that ``table`` does not name the view is there and has no rows.
    """

    model_config = FORBID
    table: str | dict[str, str]
    vintage: str | list[str] | None = None
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value):
        return {"table": value} if isinstance(value, str) else value


class Whole(BaseModel):
    """What a whole file holds: an aggregate of the staged rows, and the least and the most that it may be.

    ``sql`` is over ``staged_table`` and the form's ``compared_with``, for each value of ``by`` (a column or expression) where
    given; ``getvariable('vintage')`` and the vintage's own variables are set. NULL = not known, so nothing is expected.
    """

    model_config = FORBID
    sql: str
    by: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _has_a_bound(self):
        if self.at_least is None and self.at_most is None:
            raise ValueError("at_least or at_most is needed")
        return self


class Form(BaseModel):
    """One shape in which a staged table's data comes; the first form whose files are landed is read.

    ``whole`` names, in the words of an error, what the files of the form hold when nothing is lacking; its rules may look
    at the tables of ``compared_with``, which are optional and decide no row. Of the optional files in ``one_of`` at least
    one has to be landed.
    """

    model_config = FORBID
    sql: str
    files: dict[str, RawFile]
    vintages: list[str] | None = None
    provider: Literal["census", "ipums"] | None = None
    coverage: str | None = None
    whole: dict[str, Whole] = Field(default_factory=dict)
    one_of: list[str] = Field(default_factory=list)
    compared_with: dict[str, Input] = Field(default_factory=dict)
    variables: dict[str, Any] = Field(default_factory=dict)


class StagedTable(BaseModel):
    """A typed table, one per vintage, and the forms it can be read from, in order of preference."""

    model_config = FORBID
    title: str
    vintages: dict[str, dict[str, Any]]
    unique: list[str] = Field(default_factory=list)
    columns: dict[str, str]
    forms: dict[str, Form]
    per_file: bool = False

    @field_validator("vintages", mode="before")
    @classmethod
    def _vintages_are_text(cls, value):
        if isinstance(value, list):
            value = {entry: {} for entry in value}
        return {str(name): entry or {} for name, entry in value.items()}


class Source(BaseModel):
    """An agency's dataset: what it is, where it comes from and the staged tables read from it.

    ``breaks`` says in words between which years values made from it cannot be compared, and why.
    """

    model_config = FORBID
    title: str
    agency: str
    dataset: str
    homepage: str
    licence: str
    citation: str
    key: str | None = None
    by_hand: str
    breaks: list[str] = Field(default_factory=list)
    tables: dict[str, StagedTable]


class Quirk(BaseModel):
    """Something the published pipeline does that a careful reader would not (design §4.7).

    ``rule`` is the value of the SQL variable ``rule_<id>`` in this edition. The edition ``corrected`` gives the
    right one, or ``corrected_by`` names the difference that mends it, or ``not_corrected`` says why it can't be.
    ``excuses`` names checks that fail because of it, in ``years`` (empty: all).
    """

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    title: str
    published: str
    right: str
    cells: str
    years: list[int] = Field(default_factory=list)
    rule: Any = None
    corrected_by: str | None = None
    not_corrected: str | None = None
    excuses: list[str] = Field(default_factory=list)


class GeographyTable(BaseModel):
    """A geography table: crosswalk, universe or assignment of records to areas.

    ``sql`` is another file of its stem; ``complete`` names keys of which the table has every one of the nation;
    ``one_of`` is as in a metric; ``years`` says for a year of a partitioned table which vintages of its inputs differ
    from those declared. ``custom`` is a table of each region file, whose SQL reads the file's parts as ``component``.
    """

    model_config = FORBID
    title: str
    sql: str | None = None
    inputs: dict[str, Input]
    one_of: list[list[str]] = Field(default_factory=list)
    unique: list[str]
    columns: dict[str, str]
    partitioned: bool = False
    custom: bool = False
    years: dict[str, dict[str, Any]] = Field(default_factory=dict)
    complete: list[str] = Field(default_factory=list)
    parameters: dict[str, Any] = Field(default_factory=dict)
    quirks: dict[str, Quirk] = Field(default_factory=dict)

    @field_validator("years", mode="before")
    @classmethod
    def _years_are_text(cls, value):
        return {str(year): line for year, line in value.items()} if isinstance(value, dict) else value


class Measure(BaseModel):
    """A published variable."""

    model_config = FORBID
    title: str
    unit: str
    interval: Literal["confidence", "suppression bounds"] | None = None
    quality: bool = True
    quality_without_value: bool = False
    range: tuple[float, float] | None = None
    format: Literal["number", "integer", "share_pair", "seven_digits", "eight_digits", "ten_decimals"] = "number"


class SubgroupFamily(BaseModel):
    """Labels of one subgroup_type, each a SQL predicate over a staged table; first match wins."""

    model_config = FORBID
    subgroup_type: str
    source: str
    variables: list[str] = Field(default_factory=list)
    labels: dict[str, str]


# How far a table's values have been compared: with the published values from real raw files; with a part of them; with
# what the card says that does not depend on raw files, or with another implementation; on the synthetic sample alone.
Verification = Literal["published", "partial", "rules", "synthetic"]


class Combine(BaseModel):
    """How the values of a metric for a region come from its parts.

    ``microdata`` and ``tracts``: by the metric's own SQL with the region's allocation. ``ratio_of_sums``: of the numerators and
    denominators of counties or places, times ``per``, rounded to ``digits`` and not above ``at_most``; ``counts`` are measures
    that add up; ``measures`` are the ratios, all others where none are named. A part whose note is one of ``not_summed`` does
    not add up, one whose note is among ``empty`` has nobody to count and adds 0. ``quality_by_denominator`` is the least sum of
    denominators of flag 1 and of flag 2, ``interval`` the metric's own of a proportion. ``because`` tells people why a metric (``none``), or a measure that is not named, cannot be combined.
    """

    model_config = FORBID
    by: Literal["microdata", "tracts", "ratio_of_sums", "none"]
    because: str | None = None
    measures: list[str] = Field(default_factory=list)
    counts: list[str] = Field(default_factory=list)
    per: float = 1
    digits: int | None = None
    at_most: float | None = None
    not_summed: list[str] = Field(default_factory=list)
    empty: list[str] = Field(default_factory=list)
    quality_by_denominator: list[float] = Field(default_factory=list)
    interval: Literal["proportion"] | None = None

    @model_validator(mode="after")
    def _says_why(self):
        if (self.by == "none" or self.measures) and not self.because:
            raise ValueError("because is needed: why the metric, or a measure that is not named, cannot be combined")
        if self.by != "ratio_of_sums" and self.model_fields_set - {"by", "because"}:
            raise ValueError("only ratio_of_sums takes more than by and because")
        return self

    @property
    def words(self) -> str:
        """How the metric combines, in a sentence."""
        told = {
            "microdata": "from the survey's records, with the region's share of every PUMA",
            "tracts": "from the tracts in the region",
            "ratio_of_sums": "numerators and denominators of its counties or places are summed",
            "none": "not combined",
        }[self.by]
        return f"{told}: {self.because}" if self.because else told


class Metric(BaseModel):
    """One metric: everything about it but the computation, which is the SQL file of the same stem.

    ``sql`` names another SQL file of the stem; ``estimator`` is a folder of sql/estimators. ``one_of`` lists groups of
    optional inputs of which at least one group has to be landed whole. ``breaks`` says in words
    between which years values cannot be compared, and why. ``verified`` says per
    geography and year what was compared; what it does not name ran on the synthetic sample alone. A line of ``years``
    names its ``geographies`` where it does not have all of the metric's.
    """

    model_config = FORBID
    title: str
    predictor: str
    pillar: Pillar
    direction: Literal["higher is better", "lower is better", "neither"]
    universe: str
    formula: str
    measures: dict[str, Measure]
    geographies: list[str]
    subgroup_types: list[str]
    subgroups: dict[str, list[str]] = Field(default_factory=dict)
    samples: dict[str, list[str]] = Field(default_factory=dict)
    own_total: list[str] = Field(default_factory=list)
    inputs: dict[str, Input]
    one_of: list[list[str]] = Field(default_factory=list)
    sql: str | None = None
    estimator: Literal["share", "quantile", "assigned"] | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    years: dict[int, dict[str, Any]]
    quality: str
    suppression: str
    sources: list[str]
    citation: str
    combine: Combine
    record_counts: list[str] = Field(default_factory=list)
    breaks: list[str] = Field(default_factory=list)
    quirks: dict[str, Quirk] = Field(default_factory=dict)
    verified: dict[str, dict[int, Verification]] = Field(default_factory=dict)

    @field_validator("years", mode="before")
    @classmethod
    def _years_may_be_bare(cls, value):
        return {year: value[year] or {} for year in sorted(value, key=str)} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _combines(self):
        by_region = any("region" in each.table for each in self.inputs.values() if isinstance(each.table, dict))
        if by_region != (self.combine.by in ("microdata", "tracts")):
            raise ValueError("an input with a table of the geography region goes with combine by microdata or tracts")
        if unknown := {*self.combine.measures, *self.combine.counts} - self.measures.keys():
            raise ValueError(f"combine names measures that the metric does not have: {', '.join(sorted(unknown))}")
        return self

    def geographies_of(self, year: int) -> list[str]:
        """The geographies of a year: those its line names, else all of the metric."""
        return self.years[year].get("geographies", self.geographies)

    def verification(self, geography: str, year: int) -> Verification:
        """What the values of a table were compared with."""
        return self.verified.get(geography, {}).get(year, "synthetic")


class StrayColumns(BaseModel):
    """Columns that slipped into an overall file: constants where a measure has a row (publication quirk 3)."""

    model_config = FORBID
    measure: str
    columns: dict[str, str]


class Relabelled(BaseModel):
    """A measure whose subgroup family or labels have other names in a published file than in its metric."""

    model_config = FORBID
    measure: str
    subgroup_type: str
    labels: dict[str, str] = Field(default_factory=dict)


class PublishedFile(BaseModel):
    """One file of a release: its geography, subgroup family and columns in contract order.

    ``quality_with_value`` names measures whose quality the file shows only where it shows a value.
    ``relabelled`` are measures whose family is called otherwise in the metric, or whose labels are.
    """

    model_config = FORBID
    stem: str
    geography: Literal["county", "place"]
    subgroup_type: str | None = None
    subgroups: list[str] = Field(default_factory=list)
    keep_empty_years: bool = False
    stray: StrayColumns | None = None
    quality_with_value: list[str] = Field(default_factory=list)
    relabelled: list[Relabelled] = Field(default_factory=list)
    columns: list[str]


class ReleaseSuppression(BaseModel):
    """A published value taken back by hand at combination time (publication card, section 6)."""

    model_config = FORBID
    measures: list[str]
    geoids: list[str]
    years: list[int] | None = None
    except_years: list[int] = Field(default_factory=list)
    subgroups: Literal["every", "not All"] = "every"
    files: list[str]
    roles: list[Literal["value", "lb", "ub", "quality"]] = ["value", "lb", "ub", "quality"]
    quality_of: list[str] = Field(default_factory=list)
    reason: str


class ImportedLabels(BaseModel):
    """Labels of a subgroup family that published files of some measures spell otherwise than the metric does."""

    model_config = FORBID
    measures: list[str]
    subgroup_type: str
    labels: dict[str, str]


class Imported(BaseModel):
    """How published files name things otherwise than we do (card publication-files, sections 3 and 3.1).

    ``columns``, ``measures`` and ``subgroup_types`` map a name that is found to ours. Files of the ``unpadded`` measures may
    lack leading zeros, those ``without_bounds`` the columns of the bounds.
    """

    model_config = FORBID
    columns: dict[str, str] = Field(default_factory=dict)
    measures: dict[str, str] = Field(default_factory=dict)
    subgroup_types: dict[str, str] = Field(default_factory=dict)
    labels: list[ImportedLabels] = Field(default_factory=list)
    unpadded: list[str] = Field(default_factory=list)
    without_bounds: list[str] = Field(default_factory=list)


class AreasExpected(BaseModel):
    """How many areas a geography has in the years from ``first_year`` to ``last_year``."""

    model_config = FORBID
    geography: str
    first_year: int = 0
    last_year: int = 9999
    least: int
    most: int


class Publication(BaseModel):
    """The files of a release and the rules that hold for all of them.

    ``rounding`` maps the beginning of a column's name to decimals; the longest that fits counts, none = unrounded.
    ``as_found`` is for an edition whose values were imported: they are printed in the digits that they came in.
    ``warnings`` are checks of a release that stop nothing; ``coextensive`` maps cities to the counties they are.
    """

    model_config = FORBID
    missing: str
    licence: str
    rounding: dict[str, int] = Field(default_factory=dict)
    as_found: bool = False
    files: dict[str, PublishedFile]
    suppressions: list[ReleaseSuppression] = Field(default_factory=list)
    imported: Imported = Field(default_factory=Imported)
    warnings: list[str] = Field(default_factory=list)
    areas_expected: list[AreasExpected] = Field(default_factory=list)
    coextensive: dict[str, str] = Field(default_factory=dict)

    def decimals(self, column: str) -> int | None:
        """Decimals of the edition for a column: those of the longest beginning that fits, None for as many as there are."""
        fitting = [beginning for beginning in self.rounding if column.startswith(beginning)]
        return self.rounding[max(fitting, key=len)] if fitting else None
