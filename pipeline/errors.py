"""Errors of the project, each with the exit code of the command line contract (design §4.3)."""

import difflib
import re


class MobilityError(Exception):
    """Base of every error a user can meet. ``exit_code`` is what the command line returns."""

    exit_code = 1


class CheckFailed(MobilityError):
    """A check failed or a comparison differs."""

    exit_code = 1


class UsageError(MobilityError):
    """The command, an option or a catalog entry is wrong."""

    exit_code = 2


def unknown(kind: str, name, known) -> UsageError:
    """The error for a name that does not exist: the nearest ones, then all that do."""
    listed = [str(each) for each in known]
    near = nearest(name, listed)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    separator = "; " if any("," in each for each in listed) else ", "
    return UsageError(f"Unknown {kind} {str(name)!r}.{hint} Known: {separator.join(listed) or 'none'}.")


def nearest(name, known, most: int = 3) -> list[str]:
    """Up to ``most`` names that read most alike: the one that differs in case alone, else those that hold ``name`` first;
    of numbers (years, GEOIDs) those next to it."""
    by_lower = {str(each).lower(): str(each) for each in known}
    wanted = str(name).lower()
    if wanted in by_lower:
        return [by_lower[wanted]]
    if wanted.isdigit() and all(each.isdigit() for each in by_lower):
        return sorted(by_lower, key=lambda each: (abs(int(each) - int(wanted)), each))[:most]
    holding = [each for each in by_lower if wanted and wanted in each]
    alike = difflib.get_close_matches(wanted, by_lower, n=most)
    return [by_lower[each] for each in dict.fromkeys([*holding, *alike])][:most]


class InputError(MobilityError):
    """An input file is missing, unreadable or not what the catalog declares.

    The message is one paragraph: what, where (file, column, line), expected, found, what to do.
    """

    exit_code = 3

    def __init__(self, what, *, file=None, column=None, line=None, expected=None, found=None, advice=None):
        self.what, self.file, self.column, self.line = what, file, column, line
        self.expected, self.found, self.advice = expected, found, advice
        super().__init__(self.paragraph())

    def paragraph(self) -> str:
        """The message as one paragraph."""
        where = [f"file {self.file}"] if self.file else []
        where += [f"column {self.column}"] if self.column else []
        where += [f"line {self.line}"] if self.line else []
        text = self.what + (f" ({', '.join(where)})" if where else "") + "."
        if self.expected is not None:
            text += f" Expected: {self.expected}."
        if self.found is not None:
            text += f" Found: {self.found}."
        if self.advice:
            text += f" {self.advice}"
        return " ".join(text.split())


class MissingInput(InputError):
    """A declared raw file has not been landed (it may never have been; not every year is at hand)."""


class PartialInput(InputError):
    """Raw files lack something of what a whole file holds, or a table would be poorer than the last good one."""

    def __init__(self, label, what, *, file, expected, found, source):
        self.told = f"{label}: {what[0].lower()}{what[1:]} (expected {expected}; found {found})"
        super().__init__(
            what,
            file=file,
            expected=expected,
            found=found,
            advice=f"The last good table stays. If it is meant to be so: mobility build --accept-partial {source}",
        )


class LostInput(InputError):
    """Raw files that were landed are gone: a table that needs them is not built again without them. ``source`` is theirs, with
    the vintage, where it is known.
    """

    def __init__(self, raw, paths, source: str = "SOURCE[@VINTAGE]"):
        self.paths = list(dict.fromkeys(paths))
        super().__init__(
            "Raw files that were landed are gone",
            file=raw,
            expected=", ".join(self.paths[:5]) + (" …" if len(self.paths) > 5 else ""),
            found="nothing",
            advice="The last good table stays. Put them back, or, if they are meant to be gone, name their source: "
            f"mobility build --accept-partial {source}",
        )


class StoreError(MobilityError):
    """The store, or the disk it lies on, cannot be read or written."""

    exit_code = 3

    def __init__(self, error: OSError | str):
        where = getattr(error, "filename", None)
        what = getattr(error, "strerror", None) or " ".join(str(error).split())
        super().__init__(
            f"A file cannot be read or written{f' ({where})' if where else ''}: {what}. What was finished stays; make "
            "room, mend the permission or choose another --store, and run the command again."
        )


class SourceUnreachable(MobilityError):
    """A remote source did not answer, refused, or answered with something else than the data."""

    exit_code = 4


def listed(names: list, shown: int = 6) -> str:
    """The first names of a list, and how many more there are."""
    return ", ".join(map(str, names[:shown])) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def refusal(text: str) -> tuple[str, str, str] | None:
    """Column, found and expected of a message of the SQL macro ``refuse``; None where it is another message."""
    found = re.search(r"refused\|([^|]+)\|([^|]*)\|(.*)", text)
    return (found[1], found[2], found[3].strip()) if found else None
