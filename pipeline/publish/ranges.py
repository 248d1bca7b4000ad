"""Years in words."""

from __future__ import annotations


def ranges(years) -> str:
    """Years in words: ``2014-2016, 2018``."""
    found: list[list[int]] = []
    for number in sorted(int(year) for year in years):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(str(each[0]) if len(each) == 1 else f"{each[0]}-{each[-1]}" for each in found)
