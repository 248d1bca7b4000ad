"""The audit in words: what the number is, what it rests on, and how to repeat it."""

from __future__ import annotations

import shutil
import textwrap

from pipeline.explain import numbers

# Rows of a step in words unless --rows says otherwise.
SHOWN_ROWS = 5
INTERVALS = {"confidence": "95 % confidence interval", "suppression bounds": "bounds from suppressed counts"}
LABEL = 13


def text(answer: dict, full: bool = False, limit: int | None = SHOWN_ROWS) -> str:
    """The answer of an audit for people: a summary, then the steps, each on a line or, if ``full``, with SQL and rows."""
    lines = [*_summary(answer), "", *_trust(answer), ""]
    lines += _constants(answer)
    lines += _steps_in_full(answer, limit) if full else _steps_in_short(answer)
    return "\n".join([*lines, "", *_files(answer), *_end(answer)])


def _summary(answer: dict) -> list[str]:
    row, rules = answer["published"], (answer["quality"], answer["suppression"])
    area = f"{answer['place']} (GEOID {answer['geoid']})" if answer["place"] else f"GEOID {answer['geoid']}"
    kind = "" if answer["subgroup_type"] == "all" else f" ({answer['subgroup_type']})"
    lines = [answer["title"], f"{area}, {answer['year']}, {answer['subgroup']}{kind}", ""]
    value = f"{numbers.text(row['value'])} {answer['unit']}" if row["value"] is not None else "none"
    if row["value"] is not None and answer["unit"] == "proportion":
        value += f", that is {row['value']:.1%}"
    lines.append(_line("value", value))
    if row["lower"] is not None or row["upper"] is not None:
        kind = INTERVALS.get(answer["interval"], "bounds")
        lines.append(_line("interval", f"{numbers.text(row['lower'])} to {numbers.text(row['upper'])} ({kind})"))
    elif answer["interval"]:
        lines.append(_line("interval", "none"))
    word = f"{rules[0]['words'][row['quality']]} ({row['quality']})" if row["quality"] is not None else "none"
    scale = ", ".join(f"{number} {each}" for number, each in rules[0]["words"].items())
    lines.append(_line("quality", f"{word}, of {scale}. Rule: {rules[0]['rule']}"))
    lines.append(_line("note", row["note"] or "none"))
    lines.append(_line("suppression", rules[1]["rule"]))
    counted = [
        f"{name.replace('_', ' ')} {numbers.with_unit(each, answer['units'].get(name))}"
        for name in ("sample_size", "numerator", "denominator", "standard_error")
        if (each := answer["suppression"]["evaluated"][name]) is not None
    ]
    lines.append(_line("counted", "; ".join(counted) or "nothing"))
    lines.append(_line("formula", answer["formula"]))
    lines += [_line("missing", _missing(each)) for each in answer["input_missing"]]
    if answer["input_missing"]:
        runs = dict.fromkeys(each["run"] for each in answer["input_missing"])
        lines.append(_line("what to do", f"Run: {'; '.join(runs)}; then: mobility build --metric {answer['metric']}"))
    return lines


def _missing(each: dict) -> str:
    of_state = f", no rows of the state {each['state']}" if each["state"] else ""
    return f"{each['source']}{of_state} ({each['title']}). Expected: {each['files']}"


def _trust(answer: dict) -> list[str]:
    """Which table is shown, what the release prints, and what has changed since."""
    table, released = answer["table"], answer["released"]
    version, releases = f"code version {table['code_version']}", f"in the releases {', '.join(table['releases'])}"
    built = f"built at {table['built_at']}" if table["in_store"] else "as it was released; no longer in the store"
    lines = [
        _line("table", f"{table['address']}, {built}, {version}, {releases if table['releases'] else 'in no release'}")
    ]
    if released:
        printed = released["printed"]
        shown = ", ".join(
            f"{name} {printed[name]}" for name in ("value", "lower", "upper", "quality") if name in printed
        )
        where = f"printed in {printed['file']} as {shown}" if printed["file"] else "not printed"
        lines.append(
            _line("release", f"{released['version']}: {where}" + (f"; {printed['why']}" if printed["why"] else ""))
        )
        if released["store_has_same_table"]:
            lines.append(_line("", "The store's table is still the one that was released; its steps follow."))
        else:
            now = released["store"]
            told = f"it gives {numbers.text(now['value'])} for this cell" if now else "it does not have this cell"
            follow = (
                "The steps that follow are those of today's table" if answer["steps"] else "Its steps cannot be shown"
            )
            lines.append(_line("", f"The store has moved on: {told}. {follow}; the files are those of the release."))
    lines += [_line("changed", each) for each in answer["changes"]]
    lines += [_line("not shown", each) for each in answer["not_shown"]]
    lines += [_line("of the table", each) for each in answer["notes"]]
    if answer["quirks"]:
        told = ", ".join(each["id"] for each in answer["quirks"])
        lines.append(_line("quirks", f"{told} (mobility explain {answer['metric']} tells them)"))
    for each in answer["other_methods"]:
        marks = [] if each["provider"] == answer["provider"] else [f"provider {each['provider']}"]
        marks += ["SYNTHETIC"] if each["synthetic"] else []
        mark = f" ({', '.join(marks)})" if marks else ""
        lines.append(_line(f"{each['method']}{mark}", f"{numbers.text(each['value'])}; note {each['note'] or 'none'}"))
    return lines


def _constants(answer: dict) -> list[str]:
    if not answer["constants"]:
        return []
    lines = ["Constants and variables that the SQL reads"]
    width = max(len(each["name"]) for each in answer["constants"])
    for each in answer["constants"]:
        meaning = f"  {each['meaning']}" if each["meaning"] else ""
        lines += _wrapped(f"  {each['name']:{width}} = {numbers.text(each['value'])}{meaning}", 4)
    return [*lines, ""]


# -- steps --------------------------------------------------------------------------------------------


def _steps_in_short(answer: dict) -> list[str]:
    """One entry per table: the numbers and names of its steps, and the rows of the last that lead to the cell."""
    if not answer["steps"]:
        return ["No steps: the store does not have the tables."]
    lines = ["Steps (--steps shows each with its SQL and rows, --rows all every row, --json everything)"]
    groups: dict[str, list[tuple[int, dict]]] = {}
    for number, step in enumerate(answer["steps"], start=1):
        groups.setdefault(step["of"], []).append((number, step))
    for label, numbered in groups.items():
        first, last = numbered[0][0], numbered[-1][0]
        names = [_short_name(step) for _, step in numbered]
        single = "; in part single precision" if any(_single(step) for _, step in numbered) else ""
        span = f"{first}" if first == last else f"{first}-{last}"
        lines += _wrapped(
            f"{span:>6}  {label}: {', '.join(names)}; {_counted(numbered[-1][1]['row_count'])}{single}", 8
        )
    return lines


def _short_name(step: dict) -> str:
    name = step["name"].rpartition(": ")[2]
    return "raw rows" if name.startswith("raw ") else "result" if "/" in name else name


def _steps_in_full(answer: dict, limit: int | None) -> list[str]:
    lines = []
    for number, step in enumerate(answer["steps"], start=1):
        lines += _wrapped(f"Step {number}. {step['title']}", 4)
        lines.append(f"    [{step['name']}; {step['of']}; {_counted(step['row_count'])}]")
        lines += [f"    {line}".rstrip() for line in step["sql"].splitlines()]
        if single := _single(step):
            lines.append(f"    Single precision (FLOAT, 32 bits): {single}")
        if remark := step.get("remark"):
            lines += _wrapped(f"    {remark}", 4)
        lines += [f"    {line}" for line in _table(step, limit)] + [""]
    if answer["macros"]:
        lines.append("Macros that the SQL calls (sql/macros)")
        lines += [f"    {each['path']}: {' '.join(each['definition'].split())}" for each in answer["macros"]]
    return lines


def _single(step: dict) -> str:
    told = ", ".join(step["single_precision"])
    return told or ("a value on the way (::FLOAT)" if step["casts_to_single_precision"] else "")


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _table(step: dict, limit: int | None) -> list[str]:
    """The rows as a table, or row by row where that is too wide; what is folded or left out is told."""
    rows = step["rows"] if limit is None else step["rows"][:limit]
    if not rows:
        return []
    shown, folded = numbers.folded(step["columns"])
    cells = [[numbers.scaled(row[index], step["units"].get(step["columns"][index])) for index in shown] for row in rows]
    names = [numbers.heading(step["columns"][index], step["units"]) for index in shown]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    if sum(widths) + 3 * len(widths) <= _width():
        lines = [
            " | ".join(f"{each:{width}}" for each, width in zip(line, widths, strict=True)).rstrip()
            for line in [names, *cells]
        ]
    else:
        lines = [
            line
            for row in cells
            for line in _wrapped("; ".join(f"{name} = {each}" for name, each in zip(names, row, strict=True)), 2)
        ]
    lines += [f"folded: {each}; --json shows them" for each in folded]
    if left := step["row_count"] - len(rows):
        lines.append(f"… {left:,} more rows (--rows all, or a number)")
    return lines


# -- files and the end --------------------------------------------------------------------------------


def _files(answer: dict) -> list[str]:
    lines = ["Raw files"]
    for each in answer["inputs"]:
        used = "" if each["rows_used"] is None else f", {_counted(each['rows_used'])} used"
        lines.append(f"  {each['path']}  {each['state']}{used}")
        lines.append(f"    sha256 {each['sha256']}" + (f"  {each['url']}" if each["url"] else ""))
    return lines if answer["inputs"] else ["No raw file has rows of this area."]


def _end(answer: dict) -> list[str]:
    code = answer["code"]
    lines = [f"SQL: {code['sql_path']}; code version {code['version']}", *_wrapped(f"Cite: {answer['citation']}", 2)]
    if answer["reproduced"]:
        of = (
            "the store's table of today"
            if answer["released"] and not answer["released"]["store_has_same_table"]
            else "the published row"
        )
        lines.append(f"Re-running the last step gave {of}, bit for bit.")
    else:
        lines.append("The last step was not re-run, or gave another row: see what changed and what is not shown.")
    return lines


# -- lines --------------------------------------------------------------------------------------------


def _width() -> int:
    return max(80, min(shutil.get_terminal_size((110, 40)).columns, 160)) - 4


def _wrapped(line: str, indent: int) -> list[str]:
    return textwrap.wrap(
        line, _width(), subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def _line(label: str, content: str) -> str:
    first = f"  {label:{LABEL}}"
    return "\n".join(
        textwrap.wrap(
            content,
            _width(),
            initial_indent=first,
            subsequent_indent=" " * len(first),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
