"""Which rows of a step lead to the value that is asked about."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.catalog.models import RawFile
from pipeline.explain.cell import Cell
from pipeline.quoting import literal, quote

# Columns that lead from a record to an area where the record itself has no GEOID.
TRACT = ("tract_geoid",)
PUMA = ("statefip", "puma")
BRIDGES = (("leaid",), TRACT, PUMA, ("state", "county", "tract"))
# A key that an estimator gives to an area and label on the way; rows have nothing else to know them by.
MADE_ON_THE_WAY = ("distribution",)
# Codes that make up a GEOID, by geography.
CODES = {"county": (("state", "county"), ("statefip", "county")), "place": (("state", "place"), ("statefip", "place"))}


@dataclass
class Rows:
    """Filters relations to the rows of one cell; learns keys that lead to it as steps are walked."""

    cell: Cell
    limit: int | None
    bridges: dict[tuple[str, ...], list[tuple]] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    subgroup_keys: list[int] = field(default_factory=list)
    measure_stem: str | None = None

    def learn_labels(self, con, one_source: bool) -> None:
        """The samples and subgroup keys of the label, from the view ``subgroup``.

        Keys only where one table decides them (``one_source``): else a record's key is complete only after a join.
        """
        kind, label = literal(self.cell.row["subgroup_type"]), literal(self.cell.row["subgroup"])
        where = f"FROM subgroup WHERE subgroup_type = {kind} AND subgroup = {label}"
        rows = con.execute(f"SELECT DISTINCT sample {where} ORDER BY 1").fetchall()
        self.samples = [row[0] for row in rows]
        if one_source:
            keys = con.execute(f"SELECT DISTINCT subgroup_key {where} ORDER BY 1").fetchall()
            self.subgroup_keys = [row[0] for row in keys]

    def learn_bridges(self, con, relation: str, columns: list[str], period: str | None = None) -> None:
        """The values of bridge columns that lead to the GEOID, from a relation that has both."""
        if "geoid" not in columns:
            return
        where = f"geoid = {literal(self.cell.geoid)}"
        if period and "crosswalk_period" in columns:
            where += f" AND crosswalk_period = {literal(period)}"
        for key in BRIDGES:
            if set(key) <= set(columns) and key not in self.bridges:
                query = f"SELECT DISTINCT {', '.join(key)} FROM {quote(relation)} WHERE {where} ORDER BY ALL"
                self.bridges[key] = con.execute(query).fetchall()

    def of(self, con, relation: str, raw: RawFile | None = None, every: bool = False) -> dict:
        """Columns, rows that lead to the cell (the first ``limit``, unless ``every``), their number, and columns held
        in single precision."""
        described = con.execute(f"DESCRIBE SELECT * FROM {quote(relation)}").fetchall()
        columns = [row[0] for row in described]
        where = self.where(columns, raw)
        limit = "" if every or self.limit is None else f" LIMIT {self.limit}"
        rows = con.execute(f"SELECT * FROM {quote(relation)} WHERE {where} ORDER BY ALL{limit}").fetchall()
        count = len(rows)
        if limit and count == self.limit:
            count = con.execute(f"SELECT count(*) FROM {quote(relation)} WHERE {where}").fetchone()[0]
        if "geoid" in columns:
            self._learn_made(con, relation, columns, where)
        single = [row[0] for row in described if row[1].startswith("FLOAT")]
        return {"columns": columns, "rows": [list(row) for row in rows], "row_count": count, "single_precision": single}

    def _learn_made(self, con, relation: str, columns: list[str], where: str) -> None:
        for name in set(MADE_ON_THE_WAY) & set(columns):
            found = con.execute(f"SELECT DISTINCT {name} FROM {quote(relation)} WHERE {where} ORDER BY 1").fetchall()
            self.bridges.setdefault((name,), found)

    def leads(self, columns: list[str], raw: RawFile | None = None) -> bool:
        """Whether a relation with these columns has rows of an area, sample or label, so that some lead to the cell."""
        return self.where(columns, raw) != "true"

    def where(self, columns: list[str], raw: RawFile | None) -> str:
        """The condition as SQL; true where the columns say nothing of the cell."""
        cell, row = self.cell, self.cell.row
        parts = [self._area(columns, raw)]
        if "measure" in columns:
            parts.append(f"measure = {literal(cell.measure)}")
        if "percentile" in columns and self.measure_stem:
            parts.append(f"{literal(self.measure_stem)} || percentile = {literal(cell.measure)}")
        if "subgroup" in columns:
            parts.append(f"subgroup = {literal(row['subgroup'])}")
            if "subgroup_type" in columns:
                parts.append(f"subgroup_type = {literal(row['subgroup_type'])}")
        if "family" in columns and raw is None:
            # Estimators make the total of a family once, with that of all.
            family = "all" if row["subgroup"] == "All" else row["subgroup_type"]
            parts.append(f"family = {literal(family)}")
        if "sample" in columns and self.samples:
            parts.append(f"sample IN ({', '.join(map(literal, self.samples))})")
        if "subgroup_key" in columns and self.subgroup_keys:
            parts.append(f"subgroup_key IN ({', '.join(map(str, self.subgroup_keys))})")
        if "year" in columns and raw is None and "geoid" in columns:
            parts.append(f"year = {cell.year}")
        return " AND ".join(part for part in parts if part) or "true"

    def _of_area(self, expression: str) -> str:
        """Whether a GEOID is the one asked for, or that of a tract in it: of 11 digits, the first five its county."""
        geoid = literal(self.cell.geoid)
        if self.cell.geography == "county":
            return f"({expression} = {geoid} OR (length({expression}) = 11 AND substr({expression}, 1, 5) = {geoid}))"
        tracts = [literal(tract) for (tract,) in self.bridges.get(TRACT, [])]
        return f"{expression} IN ({', '.join([geoid, *tracts])})"

    def _area(self, columns: list[str], raw: RawFile | None) -> str:
        geoid = self.cell.geoid
        keys = raw.keys if raw else {}
        if named := next((name for name in ("geoid", *TRACT) if name in keys or name in columns), None):
            return self._of_area(keys.get(named, named))
        side = f"{self.cell.geography}_geoid"
        if side in keys:
            return f"{keys[side]} = {literal(geoid)}"
        for bridge, values in self.bridges.items():
            expressions = [keys.get(name, name) for name in bridge]
            if all(name in keys or (not keys and name in columns) for name in bridge):
                listed = ", ".join("(" + ", ".join(literal(part) for part in value) + ")" for value in values)
                return f"({', '.join(expressions)}) IN ({listed})" if values else "false"
        for first, second in CODES.get(self.cell.geography, ()) if raw is None else ():
            if first in columns and second in columns:
                return f"{first} || {second} = {literal(geoid)}"
        return ""
