"""Subgroup files: what they may say, and that nothing else ever runs."""

import random

import pytest

from pipeline import catalog
from pipeline.errors import InputError, MobilityError, UsageError
from pipeline.region import subgroup_files
from pipeline.region.predicates import NotAllowed, columns_of

GOOD = """subgroup_type: age-group
source: acs_person
variables: [age]
labels:
  Young: age BETWEEN 25 AND 34
  Older: age >= 35
"""


def read(tmp_path, text, kept=None):
    path = tmp_path / "groups.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return subgroup_files.read(path, catalog.load(), kept or {})


def test_labels_keep_their_order_and_predicates(tmp_path):
    family = read(tmp_path, GOOD)
    assert (family.subgroup_type, family.source) == ("age-group", "acs_person")
    assert list(family.labels.items()) == [("Young", "age BETWEEN 25 AND 34"), ("Older", "age >= 35")]


def test_families_are_crossed_label_by_label(tmp_path):
    kept = {"age-group": read(tmp_path, GOOD)}
    family = read(tmp_path, "subgroup_type: age-by-gender\ncross: [gender, age-group]\n", kept)
    assert list(family.labels) == ["Male × Young", "Male × Older", "Female × Young", "Female × Older"]
    # The first label that fits counts within each family
    assert family.labels["Female × Older"] == (
        "(CASE WHEN sex = 1 THEN 1 WHEN sex = 2 THEN 2 ELSE 0 END) = 2 AND "
        "(CASE WHEN age BETWEEN 25 AND 34 THEN 1 WHEN age >= 35 THEN 2 ELSE 0 END) = 2"
    )
    assert family.variables == ["age", "sex"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (("age >= 35", "vetstat = 2"), "'Older': the variable 'vetstat' is not staged.*acs_variables.md"),
        (("age >= 35", "ages >= 35"), "Did you mean .*age"),
        (("age >= 35", "age"), "no condition: its type is SMALLINT"),
        (("age >= 35", "age = 'x'"), "DuckDB says"),
        (("age >= 35", "(SELECT 1) = 1"), "subquery"),
        (("age >= 35", "EXISTS (FROM x)"), "subquery"),
        (("age >= 35", "age IN (SELECT 1)"), "subquery"),
        (("age >= 35", "getvariable('year') = 2021"), "calls 'getvariable'"),
        (("age >= 35", "read_text('/etc/passwd') IS NULL"), "calls 'read_text'"),
        (("age >= 35", "getenv('HOME') = 'x'"), "calls 'getenv'"),
        (("age >= 35", "row_number() OVER () = 1"), "window"),
        (("age >= 35", "count(*) > 1"), "calls 'count|star"),
        (("age >= 35", "list_transform([1], x -> x)[1] = 1"), "calls|lambda"),
        (("age >= 35", '"true) FROM x; DROP TABLE y; --"'), "cannot be read as SQL"),
        (("age >= 35", '"1 = 1) UNION (SELECT true"'), "more than one expression|cannot be read"),
        (("age >= 35", '"true, false"'), "calls 'row'|no condition|not allowed|more than one"),
        (("age >= 35", "$1 = 1"), "parameter"),
        (("age >= 35", "'?'"), "parameter"),
        (("age >= 35", "'*'"), "star"),
        (("Older", "All"), "'All' cannot be one|The label 'All'"),
        (("Older", '""'), "The label"),
        (("acs_person", "acs_persons"), "no staged table of microdata; those are acs_household, acs_person"),
        (("acs_person", "qcew_county_total"), "no staged table of microdata"),
        (("age-group", "gender"), "one of the catalog's"),
        (("age-group", "all"), "one of the catalog's"),
        (("age-group", "../../x"), "cannot be a name"),
        (("[age]", "[age, sex]"), "variables and the predicates differ: sex"),
        (("labels:", "lables:"), "lables"),
        (("variables: [age]", "cross: [gender]"), "either labels or cross"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, changed, words):
    with pytest.raises(UsageError, match=f"(?s)groups.yml.*({words})"):
        read(tmp_path, GOOD.replace(*changed))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The file|valid"),
        ("[1, 2]", "The file"),
        ("a: &x [*x]", "aliases"),
        (b"\xff\xfe\x00", "no YAML"),
        (
            "subgroup_type: x\nsource: acs_person\nlabels:\n  A: age > 5\n  A: age < 5",
            "the key 'A' is there twice.*line 5",
        ),
        ("subgroup_type: x\nlabels: {a: !!python/object/apply:os.system [ls]}", "no YAML"),
        ("subgroup_type: both\ncross: [gender, tenures]", "'tenures' is not known"),
        ("subgroup_type: both\ncross: [gender]", "at least two"),
        ("subgroup_type: both\ncross: [income, gender]", "of one staged table only.*income of acs_household"),
        (
            "subgroup_type: many\nsource: acs_person\nlabels: {"
            + ", ".join(f"l{n}: age = {n}" for n in range(201))
            + "}",
            "at most 200",
        ),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, text, words):
    with pytest.raises(UsageError, match=f"(?s){words}"):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        subgroup_files.read(tmp_path / "none.yml", catalog.load(), {})


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("age IN (1, 2) AND NOT (sex = 1 OR race IS NULL)", {"age", "sex", "race"}),
        ("CASE WHEN age > 5 THEN sex = 1 ELSE false END", {"age", "sex"}),
        ("coalesce(age, 0) + abs(-sex) > 3", {"age", "sex"}),
        ("true", set()),
        ("2 IN (diffrem, diffphys) -- a comment", {"diffrem", "diffphys"}),
    ],
)
def test_conditions_over_columns_are_allowed(predicate, expected):
    assert columns_of(predicate, dict(catalog.load().staged("acs_person").columns)) == expected


def test_2000_damaged_predicates_are_conditions_or_refused():
    """No traceback, nothing but the error that says what is wrong; seeded, so that a failure can be repeated."""
    columns = {"age": "SMALLINT", "sex": "TINYINT", "race": "SMALLINT"}
    chance = random.Random(20261121)
    seeds = [
        "age BETWEEN 25 AND 34",
        "sex = 1 OR race IN (1, 2)",
        "NOT (age > 5 AND sex <> 2)",
        "CASE WHEN age > 1 THEN true END",
    ]
    parts = [
        "(",
        ")",
        ";",
        "--",
        "/*",
        "'",
        '"',
        "SELECT ",
        " FROM x",
        "*",
        "::INT",
        "[1]",
        "{'a': 1}",
        "->",
        "?",
        "$1",
        " OVER ()",
        "read_csv('x')",
        "\n",
        "\\",
        "é",
        "0x",
        "1e999",
        ".",
        ",",
        " UNION ",
        "current_setting('home')",
        "COPY",
        "SET x=1",
    ]
    refused = 0
    for _ in range(2000):
        text = list(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(text) + 1)
            kind = chance.random()
            if kind < 0.6:
                text.insert(place, chance.choice(parts))
            elif text and place < len(text):
                text[place] = chance.choice(["", chr(chance.randint(32, 126))])
        try:
            found = columns_of("".join(text), columns)
            assert found <= set(columns)
        except NotAllowed:
            refused += 1
    assert refused > 1000


def test_300_damaged_files_are_read_or_refused(tmp_path):
    chance = random.Random(11)
    for _ in range(300):
        content = bytearray(GOOD.encode())
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(content))
            content[place : place + chance.randint(0, 3)] = bytes(
                chance.randint(0, 255) for _ in range(chance.randint(0, 3))
            )
        try:
            read(tmp_path, bytes(content))
        except MobilityError as error:
            assert "groups.yml" in str(error)
