"""Gets raw files: downloads what has an address, orders IPUMS extracts, and says how to get the rest by hand."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.catalog import Catalog
from pipeline.catalog.models import WILDCARDS, RawFile, fill
from pipeline.connectors.download import Download, new_session
from pipeline.store.landing import Landing

FILE_ENDINGS = (".zip", ".csv", ".gz", ".xlsx", ".xls")


@dataclass(frozen=True)
class Wanted:
    """One raw file of a source, table and vintage: where it belongs, where it comes from, how it is got."""

    source: str
    table: str
    vintage: str
    form: str
    path: str
    called: str
    url: str | None
    way: str
    raw: RawFile
    landed: tuple[str, ...]


def listing(catalog: Catalog, landing: Landing, provider: str, names: tuple[str, ...]) -> list[Wanted]:
    """Every raw file of the named SOURCE[@VINTAGE] (all sources where none is named). UsageError for unknown names."""
    return [
        wanted
        for name in names or catalog.sources
        for table, vintages in catalog.choices(name).items()
        for vintage in vintages
        for wanted in _of_vintage(name.partition("@")[0], table, catalog.staged(table), vintage, provider, landing)
    ]


def _of_vintage(source, table, entry, vintage, provider, landing) -> list[Wanted]:
    found = []
    for form_name, form in entry.forms.items():
        if (form.vintages and vintage not in form.vintages) or form.provider not in (None, provider):
            continue
        variables = {**form.variables, **entry.vintages[vintage]}
        for raw in form.files.values():
            path = fill(raw.path, vintage, variables)
            landed = landing.find(path) or landing.find(f"{path}.gz")
            called = fill(raw.called, vintage, variables)
            url = fill(raw.url, vintage, variables) if raw.url else None
            way = _way(raw, path, url)
            found.append(Wanted(source, table, vintage, form_name, path, called, url, way, raw, tuple(landed)))
    return found


def _way(raw: RawFile, path: str, url: str | None) -> str:
    """``ipums`` for an extract, ``download`` for one file with an address of its own, else ``by hand``."""
    if raw.extract:
        return "ipums"
    single = not WILDCARDS.search(path)
    return "download" if single and url and url.lower().endswith(FILE_ENDINGS) and "{" not in url else "by hand"


def fetch(
    catalog: Catalog, landing: Landing, provider: str, names: tuple[str, ...], tell=lambda text: None, session=None
) -> list[dict]:
    """Land every named file that can be got without a person; returns the manifest revisions.

    The first form of a table that can be downloaded is taken; a table and vintage with a landed form is left alone.
    Raises SourceUnreachable, UsageError or InputError; what was landed before stays.
    """
    session = session or new_session()
    wanted = listing(catalog, landing, provider, names)
    landed = {(each.table, each.vintage) for each in wanted if each.landed}
    forms: dict[tuple[str, str], str] = {}
    revisions = []
    for each in wanted:
        key = (each.table, each.vintage)
        if key in landed or each.way == "by hand" or forms.setdefault(key, each.form) != each.form:
            continue
        if landing.find(each.path):
            continue
        tell(f"{each.table}@{each.vintage}: {each.path} <- {each.url}")
        revisions += _ipums(catalog, landing, each) if each.way == "ipums" else [_download(landing, session, each)]
    return revisions


def _download(landing: Landing, session, each: Wanted) -> dict:
    partial = landing.raw / f"{each.path}.part"
    received = Download(session, each.url, partial).finish()
    return landing.land(each.path, partial, url=each.url, how_obtained="downloaded", **received)


def _ipums(catalog: Catalog, landing: Landing, each: Wanted) -> list[dict]:
    from pipeline.connectors.ipums import Ipums

    sample = catalog.staged(each.table).vintages[each.vintage]["ipums_sample"]
    base = each.path.partition(".")[0]
    return Ipums(landing).fetch(f"{base}.dat.gz", sample, each.raw.extract)
