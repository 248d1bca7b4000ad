"""docs/extending.md names every option of a catalog entry, and none that does not exist."""

import re

import pytest

from pipeline import settings
from pipeline.catalog import models

TEXT = (settings.PROJECT / "docs/extending.md").read_text(encoding="utf-8")
OPTIONS = set(re.findall(r"`([a-z_]+)`", TEXT.split("## What else an entry may say")[1]))
WRITTEN = {
    name
    for model in (models.StagedTable, models.Form, models.Whole, models.RawFile, models.Column, models.PublishedFile)
    for name in model.model_fields
}
# What the diffs above show, and no entry does without.
SHOWN = {"title", "vintages", "columns", "forms", "sql", "files", "stem", "geography", "subgroup_type"}


@pytest.mark.parametrize("option", sorted(WRITTEN - SHOWN))
def test_every_option_is_named(option):
    assert option in OPTIONS


def test_no_option_is_named_that_does_not_exist():
    known = WRITTEN | {name for model in (models.Metric, models.Measure, models.Quirk) for name in model.model_fields}
    verifications = set(models.Verification.__args__)
    assert known | verifications | {"fetch"} >= OPTIONS
