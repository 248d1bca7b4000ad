"""Large raw files as DuckDB views that are read while the step's SQL runs, and what is checked about them
besides.

Microdata files are too large to be copied into a table of text first. They are decompressed once, verified and parsed by
threads beside DuckDB (records), or DuckDB reads the compressed file itself and a thread beside it reads it to its end,
because DuckDB checks neither the length nor the checksum of a gzip stream. What the SQL refuses is counted in a second
pass, made only when it is needed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from pipeline.catalog.models import RawFile
from pipeline.errors import InputError, refusal
from pipeline.quoting import literal, quote
from pipeline.readers.columns import view_columns
from pipeline.readers.text import DAMAGED

_ALSO = {"TYPE": ("TYPEHUGQ",), "ACCESS": ("ACCESSINET",), "ST": ("STATE",)}
STAGED_WEIGHTS = {"perwt": "repwtp", "hhwt": "repwt"}


def landed_file(con, name: str, spec: RawFile, landed: list[tuple[str, Path]]) -> Path | None:
    """The one landed file of a streamed view; where there is none, ``name`` becomes an empty view and the answer is None."""
    if not landed:
        con.execute(f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS SELECT {view_columns(spec, {}, [])} WHERE false")
        return None
    (_, path), *_ = landed
    if not path.exists():
        raise InputError("A raw file is missing", file=path, expected="the landed file", found="nothing")
    return path


def scratch(con) -> Path:
    """The session's folder for temporary files."""
    folder = Path(con.execute("SELECT current_setting('temp_directory')").fetchone()[0])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Beside(Protocol):
    """What reads a file's bytes while DuckDB works: ``damage`` says what is wrong with the compression, None where
    nothing is; ``refused`` whether a line or value could not be parsed; ``parses`` whether it does that for DuckDB.
    """

    parses: bool
    damage: str | None
    refused: bool

    def finish(self) -> None:
        """Go on to the end of the file and wait for it."""

    def stop(self) -> None:
        """End at once."""

    def wait(self) -> None:
        """Wait until DuckDB, closed by now, has let go what it read."""


class Integrity(threading.Thread):
    """Reads compressed files to their end."""

    parses = False

    def __init__(self, read_to_end: Callable[[], None]):
        super().__init__(daemon=True)
        self._read_to_end, self.damage, self.refused = read_to_end, None, False
        self.start()

    def run(self):
        try:
            self._read_to_end()
        except DAMAGED as error:
            self.damage = f"{type(error).__name__}: {error}"

    def finish(self) -> None:
        """Wait for the end."""
        self.join()

    def stop(self) -> None:
        """Nothing to do: the thread ends by itself."""

    def wait(self) -> None:
        """Nothing to do: DuckDB reads nothing of it."""


@dataclass
class Streamed:
    """One raw file behind a view: ``relation`` gives the SQL of its columns in file order, each as text or as one of
    ``kinds`` (column -> type), read anew; ``state`` is the only one that it holds (FIPS code; None: any); ``beside`` is what
    reads its bytes while DuckDB works.
    """

    path: Path
    relation: Callable[[dict[str, str]], str]
    state: str | None = None
    kinds: dict[str, str] | None = None
    beside: Beside | None = None

    @property
    def parsed_beside(self) -> bool:
        """Whether other threads than DuckDB's parse the file."""
        return bool(self.beside and self.beside.parses)

    def finish(self) -> None:
        """Wait until the file was read to its end. Raises InputError where it is damaged."""
        if self.beside:
            self.beside.finish()
            if self.beside.damage:
                raise InputError(
                    "A raw file cannot be read to its end",
                    file=self.path,
                    found=self.beside.damage,
                    expected=f"a complete {self.path.suffix} file",
                    advice="It was probably cut off in transfer; get it again.",
                )

    def stop(self) -> None:
        """End what reads beside DuckDB, also where the view was not read to its end. To be called before the connection is
        closed, and ``wait`` after that.
        """
        if self.beside:
            self.beside.stop()

    def wait(self) -> None:
        """Wait until a thread of DuckDB that may still read has left."""
        if self.beside:
            self.beside.wait()

    def explain(self, con, error: duckdb.Error) -> None:
        """Raise the InputError that stands behind a DuckDB error, if the file caused it; else return."""
        self.finish()
        text = str(error)
        if self.beside and self.beside.refused:
            text = self._read_by_duckdb(con) or text
        if refused := refusal(text):
            column, code, expected = refused
            raise InputError(
                "A raw file holds a value that it may not hold",
                file=self.path,
                column=column,
                expected=expected,
                found=f"{code or 'blank'}{self._how_often(con, column, code)}",
                advice="If it is right, add it to sql/macros/acs_codes.sql and docs/acs_variables.md.",
            )
        line = re.search(r"CSV Error on Line: (\d+)", text)
        column = re.search(r'converting column "(\w+)"\. Could not convert string "(.*)" to \'(\w+)\'', text)
        if line and column:
            raise InputError(
                "A raw file holds text in a numeric column",
                file=self.path,
                column=column[1],
                line=line[1],
                expected=f"a number ({column[3]})",
                found=repr(column[2]),
            )
        if line:
            counts = re.search(r"Expected Number of Columns.*", text)
            raise InputError(
                "A line of a raw file cannot be read",
                file=self.path,
                line=line[1],
                expected="as many fields as the header has",
                found=counts[0] if counts else text[:200],
            )
        converted = re.search(r"Could not convert string '(.*)' to (\w+).* (?:source column|field) (\w+)", text)
        if converted:
            raise InputError(
                "A raw file holds text in a numeric column",
                file=self.path,
                column=converted[3],
                expected=f"a number ({converted[2]})",
                found=repr(converted[1]),
            )
        if self.beside and self.beside.refused:
            reason = re.search(r"CSV parse error: (?:Row #\d+: )?([^\n]*)", text)
            raise InputError(
                "A line of a raw file cannot be read",
                file=self.path,
                expected="as many fields as the header has, each within its line",
                found=(reason[1] if reason else text)[:200],
            )

    def _read_by_duckdb(self, con) -> str:
        """What DuckDB says about a file that could not be parsed: it knows the line."""
        try:
            con.execute(f"SELECT max(COLUMNS(*)) FROM {self.relation(self.kinds)}")
        except duckdb.Error as error:
            return str(error)
        return ""

    def _how_often(self, con, column: str, code: str) -> str:
        as_text = self.relation({})
        found = {row[0].upper(): row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {as_text}").fetchall()}
        names = [found[name] for name in (column, *_ALSO.get(column, ())) if name in found]
        if not names:
            return ""
        value = f"nullif(trim({quote(names[0])}), '')"
        same = f"{value} = {literal(code)} OR TRY_CAST({value} AS DOUBLE) = TRY_CAST({literal(code)} AS DOUBLE)"
        if not code:
            same = f"{value} IS NULL"
        count = con.execute(f"SELECT count(*) FROM {as_text} WHERE {same}").fetchone()[0]
        return f" in {count} record{'s' if count != 1 else ''}"

    def _refuse_other_states(self, con, staged: str) -> None:
        states = [row[0] for row in con.execute(f"SELECT DISTINCT statefip FROM {staged} ORDER BY 1").fetchall()]
        if set(states) - {self.state}:
            raise InputError(
                "A raw file holds records of another state than its name says",
                file=self.path,
                column="ST",
                expected=f"records of {self.state}",
                found=", ".join(states),
            )

    def check(self, con, staged: str) -> None:
        """Checks of the staged relation that need the whole file: it was complete, weights and keys are
        there, and the 80 replicate weights sum to about the full weight (on the mean 0.5 to 1.5 of it).
        Raises InputError.
        """
        self.finish()
        columns = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {staged}").fetchall()}
        full = next(weight for weight in STAGED_WEIGHTS if weight in columns)
        for column in (full, "serialno", "puma", "statefip"):
            missing = con.execute(f"SELECT count(*) FROM {staged} WHERE {column} IS NULL").fetchone()[0]
            if missing:
                raise InputError(
                    "Records of a raw file lack a value that each must have",
                    file=self.path,
                    column=column,
                    expected="a value in every record",
                    found=f"none in {missing} records",
                )
        if self.state:
            self._refuse_other_states(con, staged)
        replicates = " + ".join(f"sum({STAGED_WEIGHTS[full]}{number})" for number in range(1, 81))
        filled = ", ".join(f"count({STAGED_WEIGHTS[full]}{number})" for number in range(1, 81))
        records, full_sum, replicate_sum, least, most = con.execute(
            f"SELECT count(*), sum({full}), {replicates}, least({filled}), greatest({filled}) FROM {staged}"
        ).fetchone()
        if most == 0:
            return
        if least != records:
            raise InputError(
                "Replicate weights are missing in some records",
                file=self.path,
                column=STAGED_WEIGHTS[full],
                expected=f"80 replicate weights in each of {records} records",
                found=f"a column with {least}",
            )
        if full_sum and not 0.5 <= replicate_sum / 80 / full_sum <= 1.5:
            raise InputError(
                "The replicate weights do not belong to the full weight",
                file=self.path,
                column=f"{STAGED_WEIGHTS[full]}1 to {STAGED_WEIGHTS[full]}80",
                expected="a mean sum of 0.5 to 1.5 times the sum of the full weight",
                found=f"{replicate_sum / 80 / full_sum:.4f} times",
            )
