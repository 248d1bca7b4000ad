"""What a sample.yml may say. The writer takes everything else from the source's catalog entry."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class SampleColumn(BaseModel):
    """A column of an invented file: a SQL expression over its rows, and the first and last year that has it.

    Without ``value`` it is the constant that the catalog expects, else the column of that name in the rows,
    written as the catalog says: a FIPS code with its leading zeros, or without those that the publisher lost.
    """

    model_config = ConfigDict(extra="forbid")
    value: str | None = None
    first: int = Field(0, alias="from")
    last: int = Field(9999, alias="until")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value):
        return {"value": value} if value is None or isinstance(value, str) else value


class SampleFile(BaseModel):
    """The invented content of one raw file of a form (``of``: table.form.file), or of a set of like files.

    ``path`` and ``member`` of a zip need to be given where the catalog has a pattern; ``{vintage}`` and
    ``{year}`` are filled in, and ``{column}`` of the rows makes a file (a member) for each of its values.
    ``rows`` is a SQL query in which vintage, year, sample and the vintage's own variables are variables.
    A column named ``name{1..80}`` holds a list and becomes that many columns. Rows are sorted by the columns
    from left to right.
    """

    model_config = ConfigDict(extra="forbid")
    of: str = Field(pattern=r"^[^.]+\.[^.]+\.[^.]+$")
    vintages: list[str] | None = None
    path: str | None = None
    member: str | None = None
    more_members: dict[str, str] = Field(default_factory=dict)
    rows: str
    columns: dict[str, SampleColumn]
    labels: dict[str, str] = Field(default_factory=dict)
    quote: Literal["where needed", "texts"] = "where needed"
    line_end: str = "\n"
    byte_order_mark: bool = False
    latin_1: str = "false"


class Description(BaseModel):
    """A sample.yml: tables of text (``data``, as CSV), SQL views over them (``rows``), and files."""

    model_config = ConfigDict(extra="forbid")
    data: dict[str, str] = Field(default_factory=dict)
    rows: dict[str, str] = Field(default_factory=dict)
    files: list[SampleFile] = Field(default_factory=list)
