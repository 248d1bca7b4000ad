"""Which form of a staged table's raw files is landed, and with which files."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.catalog import Catalog
from pipeline.catalog.models import Form, RawFile, fill
from pipeline.errors import LostInput, MissingInput
from pipeline.readers import ipums_files
from pipeline.store.landing import Landing


@dataclass(frozen=True)
class LandedForm:
    """A form of a staged table and vintage: the landed paths of each of its files, those that were landed and are gone
    (``lost``), and those of them that somebody accepted to be without (``given_up``); both of the forms before it too.
    """

    name: str
    form: Form
    files: dict[str, tuple[str, ...]]
    lost: tuple[str, ...]
    given_up: tuple[str, ...]


def landed_form(catalog: Catalog, landing: Landing, provider: str, table: str, vintage: str) -> LandedForm:
    """The first form of the table, vintage and provider whose files are landed.

    Raises MissingInput where none is, or the catalog has no such vintage, LostInput where one was and is gone.
    """
    entry = catalog.staged(table)
    if vintage not in entry.vintages:
        raise MissingInput(
            f"The vintage {vintage} of staged/{table} is not in the catalog",
            expected=", ".join(entry.vintages),
            found=vintage,
            advice=f"Add it to pipeline/catalog/sources/{catalog.source_of_table[table]}.yml.",
        )
    variables, wanted, lost, given_up = entry.vintages[vintage], [], [], []
    for name, form in entry.forms.items():
        if (form.vintages and vintage not in form.vintages) or form.provider not in (None, provider):
            continue
        landed = {each: _landed(landing, raw, vintage, variables) for each, raw in form.files.items()}
        for raw in form.files.values():
            for pattern in _patterns(raw, vintage, variables):
                gone, accepted = landing.gone(pattern)
                lost, given_up = lost + gone, given_up + accepted
        lacking = [raw for each, raw in form.files.items() if not landed[each] and not raw.optional]
        if form.one_of and not any(landed[each] for each in form.one_of):
            lacking += [form.files[each] for each in form.one_of]
        if not lacking:
            return LandedForm(name, form, landed, tuple(lost), tuple(given_up))
        wanted += [fill(raw.called, vintage, variables) for raw in lacking]
    if lost:
        raise LostInput(landing.raw, lost, f"{catalog.source_of_table[table]}@{vintage}")
    raise MissingInput(
        f"No raw file for staged/{table}, vintage {vintage}",
        file=landing.raw,
        expected=" or ".join(dict.fromkeys(wanted)) or "a form for this vintage and provider",
        found="nothing",
        advice=f"Run: mobility fetch {catalog.source_of_table[table]}@{vintage}",
    )


def _landed(landing: Landing, raw: RawFile, vintage: str, variables: dict) -> tuple[str, ...]:
    """The landed files of a vintage, some plain and some as gzip; of one that is there both ways the plain one."""
    found: dict[str, str] = {}
    for candidate in raw.patterns(vintage, variables):
        for path in landing.find(candidate):
            found.setdefault(path.removesuffix(".gz"), path)
    landed = [found[name] for name in sorted(found)]
    if _is_named_by_hand(raw):
        landed = [path for path in landed if ipums_files.is_of_vintage(raw, landing.locate(path), vintage)]
    return tuple(landed)


def _patterns(raw: RawFile, vintage: str, variables: dict) -> tuple[str, ...]:
    """Names of the vintage's files, by which they may be lost; which extract a hand-made name stood for is not known."""
    return () if _is_named_by_hand(raw) else raw.patterns(vintage, variables)


def _is_named_by_hand(raw: RawFile) -> bool:
    """Whether the name of an extract does not tell its vintage."""
    return raw.reader == "ipums" and "{vintage}" not in raw.path
