"""The audit as one self-contained page for people who did not make the number: nothing is loaded from elsewhere."""

from __future__ import annotations

import math
import re
import shlex
from pathlib import Path

import jinja2
import markupsafe

from pipeline.catalog import editions
from pipeline.explain import numbers
from pipeline.explain.words import INTERVALS
from pipeline.plan import providers

TEMPLATES = Path(__file__).parent / "templates"
# A table with more columns than this is shown row by row, so that it fits a phone and a sheet of paper.
MANY_COLUMNS = 5
# Rows of a step that are shown at once; the others are folded.
FIRST_ROWS = 5
# Raw files whose hash the page says how to look up.
HASHED = 3
# What a rate may be given per.
SCALES = (1, 100, 1_000, 10_000, 100_000, 1_000_000)
MOST_DECIMALS = 6
# Ratios held in single precision have seven digits.
SAME_NUMBER = 1e-6
# The picture in its own units; text of size 15 is readable at 400 pixels.
WIDTH, LEFT, RIGHT, TOP, LANES, LANE = 640, 30, 610, 52, 10, 13


def page(answer: dict) -> str:
    """The page as HTML, from the answer of an audit (its JSON object)."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "text": numbers.text,
        "with_unit": numbers.with_unit,
        "short": short,
        "seven": seven,
        "soft": soft,
    }
    steps = [_step(number, each) for number, each in enumerate(answer["steps"], start=1)]
    content = {
        "answer": answer,
        "row": answer["published"],
        "counted": answer["suppression"]["evaluated"],
        "area": f"{answer['place']} (GEOID {answer['geoid']})" if answer["place"] else f"GEOID {answer['geoid']}",
        "imported": editions.is_imported(answer["method"]),
        "interval": INTERVALS.get(answer["interval"], "bounds"),
        "division": division(answer),
        "picture": picture(answer["replicates"]) if answer["replicates"] else None,
        "steps": steps,
        "raw": [each for each in steps if each["kind"] in ("raw", "stored")],
        "crosswalks": [each for each in steps if each["kind"] == "input" and "geography/" in each["title"]],
        "commands": commands(answer),
    }
    return environment.get_template("audit.html").render(content)


def short(value) -> str:
    """A number for large type: whole from 1,000 on, else four digits."""
    if value is None:
        return "no value"
    if value and abs(value) < 1000:
        digits = max(0, 3 - math.floor(math.log10(abs(value))))
        return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return f"{value:,.0f}"


def seven(value) -> str:
    """A number in seven digits."""
    return f"{value:,.7g}" if abs(value) < 1e7 else f"{value:,.0f}"


def soft(text: str) -> markupsafe.Markup:
    """Text that may break after the marks of names and paths."""
    return markupsafe.Markup(re.sub(r"([_/.,:-])(?=[^\s\d])", r"\1<wbr>", str(markupsafe.escape(text))))


def division(answer: dict) -> dict | None:
    """Numerator and denominator where the value is their ratio: times ``scale``, and rounded to ``decimals`` where it is not
    the ratio itself. None where the method has none, or the value is not their ratio."""
    value, evaluated = answer["published"]["value"], answer["quality"]["evaluated"]
    numerator, denominator = evaluated["numerator"], evaluated["denominator"]
    if value is None or numerator is None or not denominator:
        return None
    given = {"numerator": numerator, "denominator": denominator}
    for scale in SCALES:
        ratio = numerator / denominator * scale
        if math.isclose(ratio, value, rel_tol=SAME_NUMBER):
            return given | {"scale": scale, "ratio": ratio, "decimals": None}
    for scale in SCALES:
        ratio = numerator / denominator * scale
        for decimals in range(MOST_DECIMALS + 1):
            if value and abs(ratio - value) <= 0.5000001 * 10**-decimals and round(value, decimals) == value:
                return given | {"scale": scale, "ratio": ratio, "decimals": decimals}
    return None


def commands(answer: dict) -> list[tuple[str, str]]:
    """What to type to come to the number again, each with what it does."""
    slug, year = answer["metric"], answer["year"]
    kind = "" if answer["subgroup_type"] == "all" else f"{answer['subgroup_type']}/"
    edition = providers.options(answer["method"], answer["provider"])
    of_table = f"{slug} --year {year} --geography {answer['geography']}{edition}"
    of_cell = f"{slug} --geoid {answer['geoid']} --year {year} --measure {answer['measure']}"
    of_cell += f" --subgroup {shlex.quote(kind + answer['subgroup'])}{edition}"
    divided = f" --subgroup {answer['subgroup_file']}" if answer["subgroup_file"] else ""
    finals = [each for each in answer["steps"] if each["kind"] == "final" and each["of"] == answer["steps"][-1]["of"]]
    return [
        *[(f"sha256sum {shlex.quote(each['path'])}", f"gives {each['sha256']}") for each in answer["inputs"][:HASHED]],
        *([(f"mobility build --metric {of_table}{divided}", "makes the table from the raw files")] if finals else []),
        (f"mobility audit {of_cell} --steps --rows all", "shows every step with all its rows"),
        *(
            [(f"mobility shell {of_table}", "opens DuckDB with the same inputs; the SQL runs there as it is:")]
            if finals and not divided
            else []
        ),
        *[(f".read {path}", "") for path in dict.fromkeys(each["file"] for each in finals) if not divided],
    ]


# -- steps ----------------------------------------------------------------------------------------------


def _step(number: int, step: dict) -> dict:
    """A step as the page shows it: texts of its cells, row by row where there are many columns."""
    shown, folded = numbers.folded(step["columns"])
    names = [step["columns"][index] for index in shown]
    rows = [
        [numbers.scaled(row[index], step["units"].get(name)) for index, name in zip(shown, names, strict=True)]
        for row in step["rows"]
    ]
    return {
        **{name: step[name] for name in ("name", "title", "of", "kind", "row_count")},
        "sql": numbers.aligned(step["sql"]),
        "number": number,
        "remark": step.get("remark"),
        "names": [numbers.heading(name, step["units"]) for name in names],
        "first": rows[:FIRST_ROWS],
        "more": rows[FIRST_ROWS:],
        "left_out": step["row_count"] - len(rows),
        "folded": folded,
        "wide": len(names) > MANY_COLUMNS,
        "single_precision": step["single_precision"]
        or (["a value on the way"] if step["casts_to_single_precision"] else []),
    }


# -- the picture ----------------------------------------------------------------------------------------


def picture(replicates: dict) -> dict | None:
    """Where the dots of the replicate estimates, the estimate and the bounds lie; None where there are no replicates.

    Dots lie from left to right by their value, in lanes from top to bottom by their number, so that none hides another.
    """
    estimates, estimate = [each for each in replicates["estimates"] or () if each is not None], replicates["estimate"]
    if not estimates or estimate is None:
        return None
    bounds = [each for each in (replicates["lower"], replicates["upper"]) if each is not None]
    least, most = min(*estimates, estimate, *bounds), max(*estimates, estimate, *bounds)
    span = (most - least) or 1

    def across(value: float) -> float:
        return round(LEFT + (value - least) / span * (RIGHT - LEFT), 1)

    bottom = TOP + LANES * LANE
    return {
        "title": replicates["title"],
        "count": len(estimates),
        "dots": [(across(each), TOP + (index % LANES) * LANE + LANE // 2) for index, each in enumerate(estimates)],
        "estimate": (across(estimate), short(estimate)),
        "lower": (across(replicates["lower"]), short(replicates["lower"])) if replicates["lower"] is not None else None,
        "upper": (across(replicates["upper"]), short(replicates["upper"])) if replicates["upper"] is not None else None,
        "width": WIDTH,
        "height": bottom + 44,
        "top": TOP,
        "bottom": bottom,
    }
