"""Areas and values as tables for people, and as CSV."""

from __future__ import annotations

import csv
import io

SHOWN_AREAS = 40
COLUMNS = (
    "metric",
    "measure",
    "year",
    "geography",
    "geoid",
    "name",
    "state",
    "subgroup_type",
    "subgroup",
    "value",
    "lower",
    "upper",
    "quality",
    "note",
)


def areas_text(found) -> str:
    """Areas with GEOID, name, newest population and the years of the code."""
    rows = [
        (
            area.geography,
            area.geoid,
            area.name,
            area.state,
            f"{area.population:,}" if area.population is not None else "",
            f"{area.first_year}-{area.last_year}",
        )
        for area in found[:SHOWN_AREAS]
    ]
    text = table(("geography", "GEOID", "name", "state", "population", "years"), rows, right={"population"})
    left_out = len(found) - len(rows)
    return text + (f"\n… and {left_out:,} more: give more of the name, or --json for all." if left_out else "")


def values_text(answer: dict) -> str:
    """The values by measure in seven digits, then what quality and notes mean."""
    lines = [answer["title"]]
    shown = tuple(name for name in COLUMNS if name not in ("metric", "measure", "geography"))
    for measure, title in answer["measures"].items():
        values = [value for value in answer["values"] if value["measure"] == measure]
        if values:
            rows = [tuple(_text(value[name], "NA" if name == "value" else "") for name in shown) for value in values]
            lines += ["", f"{measure}: {title} ({values[0]['unit']})"]
            lines.append(table(shown, rows, right={"value", "lower", "upper"}))
    lines += [
        "",
        f"Quality (1 Strong, 2 Marginal, 3 Weak): {answer['quality']}",
        f"Suppression: {answer['suppression']}",
        f"Values of the store's tables (method {answer['method']}), which a release may round or withhold; numbers in seven "
        "digits, --csv and --json give all.",
    ]
    return "\n".join(lines)


def values_csv(answer: dict) -> str:
    """The values as CSV: a GEOID keeps its zeros, what is not available is empty, numbers read back to the same double."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(answer["values"])
    return out.getvalue()


def table(header: tuple[str, ...], rows: list[tuple], right: set[str]) -> str:
    """Rows of text under a header, in columns as wide as their longest entry; columns without any entry are left out."""
    kept = [number for number in range(len(header)) if any(row[number] for row in rows)]
    widths = [max(len(header[number]), *(len(row[number]) for row in rows)) for number in kept]
    lines = []
    for row in (header, *rows):
        cells = [
            row[number].rjust(width) if header[number] in right else row[number].ljust(width)
            for number, width in zip(kept, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _text(value, missing: str) -> str:
    if value is None:
        return missing
    return f"{value:.7g}" if isinstance(value, float) else str(value)
