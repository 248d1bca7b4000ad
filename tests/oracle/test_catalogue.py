"""Predictor, pillar, variables and direction of every metric are those of the framework's catalogue."""

import json

from pipeline import catalog


def test_metrics_agree_with_the_catalogue(shared):
    framework = json.loads((shared / "methods" / "catalogue.json").read_text(encoding="utf-8"))
    declared: dict = {}
    # Some cards hold two metrics of a predictor.
    for predictor in framework["predictors"]:
        for entry in predictor["metrics"]:
            variables = declared.get(entry["card"], (None, None, set()))[2]
            variables |= {each["variable"] for each in entry["variables"]}
            declared[entry["card"]] = (predictor["predictor"], predictor["pillar"], variables)
    ours = {slug: (each.predictor, each.pillar, set(each.measures)) for slug, each in catalog.load().metrics.items()}
    assert {slug: declared[slug] for slug in ours} == ours


def test_published_columns_agree_with_the_contract(shared):
    contract = json.loads((shared / "methods" / "publication-files.json").read_text(encoding="utf-8"))
    keys = {"year", "state", "county", "place", "state_name", "county_name", "place_name", "population"}
    for file in catalog.load().publication.files.values():
        expected = [
            each["name"]
            for each in contract[f"{file.stem}.csv"]["columns"]
            if each["role"] not in ("key", "label", "population")
        ]
        assert file.columns == [name for name in expected if name not in keys]
        assert file.subgroups == (contract[f"{file.stem}.csv"]["subgroups_in_file_order"] or [])
