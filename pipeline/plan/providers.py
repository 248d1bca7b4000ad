"""Providers of microdata (design §4.9): one for all states, or others for the states and vintages that are named.

A mix is one word, its default and what differs from it: ``census,ipums.17,ipums.37@2018_1-Year``. It is the provider of the
settings, of a table's record and of its address, so tables of every mix lie side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.catalog import Catalog
from pipeline.catalog.states import states
from pipeline.errors import UsageError, unknown
from pipeline.settings import METHOD, PROVIDER


class Choice(NamedTuple):
    """Microdata of a state (FIPS code) from a provider, in one vintage or in all of them (empty)."""

    provider: str
    state: str
    vintage: str = ""

    def __str__(self) -> str:
        return f"{self.provider}.{self.state}" + (f"@{self.vintage}" if self.vintage else "")


@dataclass(frozen=True)
class Mix:
    """The provider of all states but those of ``choices``."""

    default: str
    choices: tuple[Choice, ...] = field(default=())

    def __str__(self) -> str:
        return ",".join([self.default, *map(str, self.choices)])

    @classmethod
    def of(cls, text: str) -> Mix:
        """The mix that a word stands for."""
        default, *others = text.split(",")
        choices = []
        for each in others:
            provider, _, rest = each.partition(".")
            choices.append(Choice(provider, *rest.split("@", 1)))
        return cls(default, tuple(choices))

    @property
    def providers(self) -> list[str]:
        """All providers of the mix, the default first."""
        return list(dict.fromkeys([self.default, *(each.provider for each in self.choices)]))

    def states(self, vintage: str) -> dict[str, list[str]]:
        """Provider -> the states that it has in a vintage although it is not the default; what names the vintage counts
        before what does not."""
        chosen = {each.state: each.provider for each in self.choices if not each.vintage}
        chosen |= {each.state: each.provider for each in self.choices if each.vintage == vintage}
        others = sorted({provider for provider in chosen.values() if provider != self.default})
        return {name: sorted(state for state in chosen if chosen[state] == name) for name in others}


def options(method: str, provider: str) -> str:
    """The options of a command that choose an edition and a provider, each after a blank; none for the defaults."""
    chosen = "" if method == METHOD else f" --method {method}"
    mix = Mix.of(provider)
    chosen += "" if mix.default == PROVIDER else f" --provider {mix.default}"
    for each in mix.choices:
        chosen += f" --provider-of {each.state}{f'@{each.vintage}' if each.vintage else ''}={each.provider}"
    return chosen


def mixed(catalog: Catalog, default: str, texts: tuple[str, ...]) -> str:
    """The word for a default and texts ``STATE[@VINTAGE]=PROVIDER``; a state is a FIPS code or postal abbreviation.

    UsageError for what does not exist, and for a state that is given twice.
    """
    tables = [catalog.staged(table) for table in catalog.source_of_table]
    forms = [(table, form) for table in tables for form in table.forms.values() if form.provider]
    known = sorted({form.provider for _, form in forms})
    vintages = sorted({vintage for table, _ in forms for vintage in table.vintages})
    codes = {code: state.fips for state in states() for code in (state.fips, state.postal)}
    found: dict[tuple[str, str], Choice] = {}
    for text in texts:
        area, _, provider = text.partition("=")
        code, _, vintage = area.partition("@")
        if not provider:
            raise UsageError(f"A provider of a state is given as 17=ipums or 17@{vintages[-1]}=ipums; found {text!r}.")
        if provider not in known:
            raise unknown("provider", provider, known)
        if code.upper() not in codes:
            raise unknown("state", code, sorted(codes))
        if vintage and vintage not in vintages:
            raise unknown("vintage of the microdata", vintage, vintages)
        key = codes[code.upper()], vintage
        if key in found:
            raise UsageError(f"The provider of state {key[0]} is given twice: {found[key]} and {text}.")
        found[key] = Choice(provider, *key)
    return str(Mix(default, tuple(sorted(found.values()))))
