"""Labels of a subgroup file: the same method as the catalog's own subgroups."""

import json

import duckdb

GENDER = "subgroup_type: sex-of-person\nsource: acs_person\nlabels:\n  Male: sex = 1\n  Female: sex = 2\n"
CROSSED = "subgroup_type: race-by-gender\ncross: [race-ethnicity, gender]\n"
SAME = (
    "geoid",
    "subgroup",
    "value",
    "lower",
    "upper",
    "quality",
    "standard_error",
    "numerator",
    "denominator",
    "sample_size",
)


def rows(path, where="true"):
    listed = ", ".join(SAME)
    return duckdb.sql(
        f"SELECT {listed} FROM read_parquet('{path}', hive_partitioning = false) WHERE {where} ORDER BY ALL"
    ).fetchall()


def test_a_copy_of_the_catalogs_labels_has_their_values_bit_for_bit(mobility, pristine_sample, tmp_path):
    store, file, crossed = tmp_path / "store", tmp_path / "sex.yml", tmp_path / "crossed.yml"
    file.write_text(GENDER, encoding="utf-8")
    crossed.write_text(CROSSED, encoding="utf-8")
    choice = {"raw": pristine_sample, "store": store}
    asked = ("--metric", "employment", "--metric", "income-percentiles", "--year", "2021")
    assert mobility("build", *asked, **choice).returncode == 0
    built = mobility("build", *asked, "--subgroup", file, "--subgroup", crossed, **choice)
    assert built.returncode == 0, built.stderr
    for slug, geography in (("employment", "county"), ("employment", "place"), ("income-percentiles", "county")):
        own = store / f"metrics/{slug}/{geography}/2021.parquet"
        ours = store / f"subgroup=sex-of-person/metrics/{slug}/{geography}/2021.parquet"
        expected = rows(own, "subgroup_type = 'gender'")
        assert expected and rows(ours) == expected
    # The crossed cells of a county sum to its total: every person has one race and one gender
    path = store / "subgroup=race-by-gender/metrics/employment/county/2021.parquet"
    total, parts = duckdb.sql(f"""
        SELECT sum(sample_size) FILTER (subgroup = 'All'), sum(sample_size) FILTER (subgroup <> 'All')
        FROM read_parquet('{path}', hive_partitioning = false) WHERE geoid = '37067'""").fetchone()
    assert total == parts > 0
    again = mobility("build", *asked, "--subgroup", "race-by-gender", **choice)
    assert again.returncode == 0 and "Nothing to do" in again.stdout
    got = mobility(
        "get", "employment", "--geoid", "37067", "--year", 2021, "--subgroup", "race-by-gender", "--json", **choice
    )
    assert len(json.loads(got.stdout)["values"]) == 9
    audit = mobility(
        "audit",
        "employment",
        "--geoid",
        "37067",
        "--year",
        2021,
        "--subgroup",
        "sex-of-person/Female",
        "--json",
        **choice,
    )
    answer = json.loads(audit.stdout)
    assert answer["reproduced"] and answer["subgroup"] == "Female"
    # A release holds the published labels only
    assert mobility("release", "2025.1", **choice).returncode == 0
    labels = duckdb.sql(f"SELECT DISTINCT subgroup_type FROM '{store}/releases/2025.1/metrics.parquet'").fetchall()
    assert ("gender",) in labels and not {("race-by-gender",), ("sex-of-person",)} & set(labels)


def test_a_metric_that_cannot_be_divided_says_why(mobility, pristine_sample, tmp_path):
    file = tmp_path / "sex.yml"
    file.write_text(GENDER, encoding="utf-8")
    result = mobility("build", "--metric", "living-wage", "--subgroup", file, raw=pristine_sample)
    assert result.returncode == 2 and "living-wage cannot be divided by sex-of-person" in result.stderr


def test_the_files_of_the_docs_can_be_used(tmp_path):
    """The YAML blocks of docs/subgroups.md, in their order."""
    from pipeline import catalog, settings
    from pipeline.region import subgroup_files

    text = (settings.PROJECT / "docs" / "subgroups.md").read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in text.split("```yaml\n")[1:]]
    families = {}
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.yml"
        path.write_text(block, encoding="utf-8")
        family = subgroup_files.read(path, catalog.load(), families)
        families[family.subgroup_type] = family
    assert list(families) == ["age-group", "race-by-gender"] and len(families["race-by-gender"].labels) == 8
