"""Cut the extracts in this folder out of a full raw directory: ``python -m tests.data.cut RAW PUBLISHED ORACLES``.

Lines are taken over as they are; only the microdata and the BLS area slices lose columns or rows that nothing reads.
Which rows, and why these, is the rule beside each call; README.md names the sources and their licences.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent

# The counties of the check values of card living-wage, section 11 (undisclosed totals, few establishments, counties
# without a living wage or without pay), the README's example, and the three of the area slices.
PAY_COUNTIES = {
    *("01001", "02063", "02158", "06037", "09001", "09110", "15005", "19003", "32011", "36061", "48301", "48435"),
    *("37067", "39041", "39047", "39049"),
}
SLICES = ("39041", "39047", "39049")
# Delaware and Wyoming: small states with an office outside the state or none. 59 is the Bureau of Indian Education,
# whose agencies lie in many states (one in Wyoming) and are bounded together.
AGENCY_PREFIXES = ("10", "56", "59")
AGENCY_STATES = ("10", "56")
SCHOOL_YEARS = ("2014", "2018", "2019", "2021")
# States whose crosswalk rows are special (Alaska's split, Connecticut's regions, South Dakota's new code), Alabama for
# places that share a code with others, and those above.
CROSSWALK_STATES = ("01", "02", "09", "10", "46", "56")
LIMIT_STATES = ("01", "02", "56")
# Wyoming: 00200 has counties on both sides of the suppression threshold, 00300 has none below.
PUMAS = {"2018": ("00200", "00300"), "2021": ("00200",)}
PERSON_COLUMNS = (
    *("RT", "SERIALNO", "SPORDER", "ST", "PUMA", "ADJINC", "PWGTP", "AGEP", "SEX", "RAC1P", "HISP", "ESR", "SCHL"),
    *("SCHG", "DDRS", "DEAR", "DEYE", "DOUT", "DPHY", "DREM", "RELP", "RELSHIPP"),
)


def read(path: Path) -> str:
    """Text of a file, plain or gzip; Latin-1 keeps every byte, whatever the encoding is."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("latin-1")


def write(path: Path, text: str) -> None:
    """Write ``text`` as read; a gzip file without time, so that cutting again gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode("latin-1")
    path.write_bytes(gzip.compress(data, 9, mtime=0) if path.suffix == ".gz" else data)


def rows(text: str, keep: Callable[[dict], bool], label_rows: int = 0) -> str:
    """The header, ``label_rows`` lines after it, and the lines whose fields ``keep`` accepts, each as it stands."""
    lines = text.splitlines(keepends=True)
    names = next(csv.reader([lines[0].removeprefix("ï»¿").strip()]))
    head, body = lines[: 1 + label_rows], lines[1 + label_rows :]
    return "".join(
        head
        + [
            line
            for line, fields in zip(body, csv.reader(body), strict=True)
            if keep(dict(zip(names, fields, strict=True)))
        ]
    )


def columns(text: str, wanted: Callable[[str], bool]) -> str:
    """The columns whose name ``wanted`` accepts."""
    table = list(csv.reader(io.StringIO(text)))
    chosen = [number for number, name in enumerate(table[0]) if wanted(name)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[row[number] for number in chosen] for row in table])
    return out.getvalue()


def cut_raw(raw: Path, target: Path) -> None:
    """The extracts of raw files, under the names and in the layouts of the raw directory."""

    def cut(name: str, keep, label_rows=0, new_name=None):
        write(target / (new_name or name), rows(read(raw / name), keep, label_rows))

    def county(row):
        return row["state"] + row["county"]

    for year in ("2018", "2021", "2022"):
        for part in ("total_covered", "industry_collapsed"):
            cut(f"qcew/qcew_county_{part}_{year}.csv", lambda row: county(row) in PAY_COUNTIES)
    for area in SLICES:  # what a county has beside these levels is never read
        name = f"bls_qcew/morpc-qcew-2022-a-{area}.csv"
        cut(name, lambda row: row["agglvl_code"] in ("70", "71", "72", "73"))

    for name in ("county", "place"):
        cut(
            f"urban-population/{name}-populations.csv.gz",
            lambda row: row["state"] in CROSSWALK_STATES or row["state"] + row.get("county", "") in PAY_COUNTIES,
        )
    for name in (
        "geocorr/geocorr2018_puma_county_2010.csv",
        "geocorr/geocorr2022_puma_county_2020.csv",
        "geocorr/geocorr2018_puma_place_2010.csv.gz",
        "geocorr/geocorr2022_puma_place_2020.csv.gz",
    ):
        cut(name, lambda row: row["state"] in CROSSWALK_STATES, label_rows=1, new_name=f"{name.removesuffix('.gz')}.gz")
    cut("reconstructed/geocorr2022_puma_2020_planning_regions_2022.csv", lambda row: True)
    # the header only: no limits of Connecticut, and the relation of its towns is not a federal file
    cut("ct-town-to-planning-region/ct-town-to-planning-region.csv", lambda row: False)
    cut("hud/Section8-FY22.csv", lambda row: row["state"] in LIMIT_STATES, new_name="hud/Section8-FY22.csv.gz")

    for year in SCHOOL_YEARS:
        if int(year) < 2019:
            name = f"edfacts-homelessness/EDFacts Homelessness {year}.csv"
            cut(name, lambda row: row["LEAID"].startswith(AGENCY_PREFIXES), new_name=f"{name}.gz")
        else:
            name = f"edfacts-homelessness/EdDataEx Homelessness {year}.zip"
            cut_zip(raw / name, target / name, lambda row: row["NCES LEA ID"].startswith(AGENCY_PREFIXES))
            cut(f"ccd-lea/ccd_lea_{year}_city.csv", in_directory, new_name=f"ccd-lea/ccd_lea_{year}_city.csv.gz")
        cut(f"ccd-lea/ccd_lea_{year}.csv", in_directory, new_name=f"ccd-lea/ccd_lea_{year}.csv.gz")

    for year, pumas in PUMAS.items():
        name = f"acs_pums/{year}_1-Year/psam_p56.csv.gz"
        text = rows(read(raw / name), lambda row, pumas=pumas: row["PUMA"] in pumas)
        write(target / name, columns(text, lambda name: name in PERSON_COLUMNS or name.startswith("PWGTP")))


def in_directory(row: dict) -> bool:
    """Agencies of the states, by number or by where the office is."""
    return row["state"] in AGENCY_STATES or row["leaid"].startswith(AGENCY_PREFIXES)


def cut_zip(source: Path, target: Path, keep) -> None:
    """The data member of a zip under its own name, without the notes beside it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for member in old.infolist():
            if member.filename.endswith("_LEA.csv"):
                text = old.read(member).decode("latin-1")
                entry = zipfile.ZipInfo(member.filename, date_time=member.date_time)
                entry.compress_type = zipfile.ZIP_DEFLATED
                new.writestr(entry, rows(text, keep).encode("latin-1"))


def cut_published(published: Path, raw: Path, target: Path) -> None:
    """The published cells of the same areas, of files of the Urban Institute (ODC-By)."""
    counties = {
        row["county14"]
        for row in csv.DictReader(io.StringIO(read(raw / "geocorr/geocorr2018_puma_county_2010.csv")))
        if row["state"] == "56" and row["puma12"] in PUMAS["2018"]
    }

    def cut(name: str, keep):
        write(target / name, rows(read(published / name), keep))

    def county(row):
        return row["state"] + row["county"]

    cut(
        "metrics_employment_county_all_longitudinal.csv.gz",
        lambda row: county(row) in counties and row["year"] in PUMAS,
    )
    for name in (
        "living_wage_county_all_longitudinal",
        "metrics_wage_ratio_2018_subgroup",
        "metrics_wage_ratio_2022_subgroup",
    ):
        cut(f"{name}.csv.gz", lambda row: county(row) in PAY_COUNTIES)
    for name in (
        "homelessness_2014-2018_county",
        "homelessness_2019-2022_county",
        "homelessness_2019-2022_subgroups_county",
    ):
        cut(f"{name}.csv.gz", lambda row: row["state"] in AGENCY_STATES and row["year"] in SCHOOL_YEARS)
    cut(
        "housing_county_2014_2015_2016_2017_2018_2019_2021_2022_2023.csv.gz",
        lambda row: row["state"] in LIMIT_STATES and row["year"] == "2022",
    )
    for area in ("county", "place"):
        cut(f"crosswalk_puma_to_{area}.csv.gz", lambda row: row["statefip"] in CROSSWALK_STATES)


def cut_oracle(source: Path, target: Path) -> None:
    """Two PUMAs of the synthetic oracle of percentiles: one of three counties, and one with a tie."""
    pumas = ("02400", "02700")
    crosswalk = read(source / "crosswalk.csv")
    counties = {row["geoid"] for row in csv.DictReader(io.StringIO(crosswalk)) if row["puma"] in pumas}
    write(target / "crosswalk.csv", rows(crosswalk, lambda row: row["puma"] in pumas))
    write(target / "households.csv.gz", rows(read(source / "households.csv.gz"), lambda row: row["puma"] in pumas))
    write(target / "expected.csv", rows(read(source / "expected.csv"), lambda row: row["geoid"] in counties))


if __name__ == "__main__":
    cut_raw(Path(sys.argv[1]), HERE / "real")
    cut_published(Path(sys.argv[2]), Path(sys.argv[1]), HERE / "published")
    cut_oracle(Path(sys.argv[3]) / "survey-quantiles", HERE / "survey-quantiles")
