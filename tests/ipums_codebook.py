"""A DDI codebook as IPUMS writes it (only what a reader needs)."""

from __future__ import annotations

from collections.abc import Iterable


def ddi(places: Iterable[tuple[str, int, int, int]]) -> bytes:
    """The codebook of variables that stand at (name, first column, last column, implied decimals)."""
    variables = "".join(
        f'<var ID="{name}" name="{name}" files="F" dcml="{decimals}" intrvl="contin">'
        f'<location StartPos="{first}" EndPos="{last}" width="{last - first + 1}"/><labl>{name}</labl>'
        f'<txt>{name}</txt><concept vocab="IPUMS">c</concept><varFormat type="numeric"/></var>'
        for name, first, last, decimals in places
    )
    file = (
        '<fileDscr><fileTxt><fileName>usa.dat</fileName><fileCont>c</fileCont><fileStrc type="rectangular"/>'
        '<fileType charset="iso-8859-1"/><format>fixed length fields</format>'
        "<filePlac>IPUMS</filePlac></fileTxt>"
        "</fileDscr>"
    )
    study = (
        '<stdyDscr><citation><titlStmt><titl>t</titl><IDNo>DOI:x</IDNo></titlStmt><serStmt ID="usa">'
        '<serName abbr="usa">IPUMS USA</serName><serInfo>DOI:x</serInfo></serStmt></citation>'
        "<stdyInfo><sumDscr>"
        "</sumDscr><notes>n</notes></stdyInfo><dataAccs><useStmt><conditions>c</conditions><citReq>r</citReq>"
        "</useStmt></dataAccs></stdyDscr>"
    )
    return (
        f'<?xml version="1.0"?><codeBook xmlns="ddi:codebook:2_5">{study}{file}'
        f"<dataDscr>{variables}</dataDscr>"
        "</codeBook>"
    ).encode()
