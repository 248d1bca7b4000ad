"""What a region file covers, in words."""

from __future__ import annotations


def text(found: dict) -> str:
    """What a region file covers, in words."""
    lines = [f"{found['file']}: geography {found['geography']}, {len(found['regions'])} region(s)"]
    for each in found["regions"]:
        parts = ", ".join(f"{count} {kind}" for kind, count in each["parts"].items())
        lines += [
            "",
            f"{each['region']}  {each['name']}".rstrip(),
            f"  parts: {parts}; states {', '.join(each['states']) or 'unknown'}",
        ]
        for census, people in each["population"].items():
            lines.append(f"  residents {census}: {people:,}")
        for period, count in each["pumas"].items():
            years = "2022 and later" if period == "2022" else "before 2022"
            lines.append(
                f"  survey records, {years}: {count} PUMA(s), {each['overlap_share'][period]:.0%} of them truly from the region "
                f"(quality {each['quality'][period]})"
            )
        lines += [
            f"  residents of tracts whose center lies within 1 km of the edge, {census}: {share:.1%} of the region's"
            for census, share in each["near_edge"].items()
            if share is not None
        ]
        lines += [f"  Note: {note}" for note in each["notes"]]
    lines += [
        f"Regions {' and '.join(pair['regions'])} have {pair['people']:,} people in common."
        for pair in found["overlaps"][:20]
    ]
    lines += ["", f"Metrics: {', '.join(found['metrics'])}"]
    lines += [f"Not combined: {message}" for message in found["not_combined"].values()]
    return "\n".join(lines)
