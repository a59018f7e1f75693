"""The XML encoding of ANSI/NIST-ITL (INT-I v6), written: a Transaction to bytes.

Only what `places` has a place for is written; `left_out` names the rest beforehand.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from lxml import etree

from hotspot_kiosk.errors import BadBytes, BadSample
from hotspot_kiosk.nist.model import Record, Subfield, Transaction
from hotspot_kiosk.nist.places import CATEGORY, DATA, NAMESPACES, PLACES, RECORDS, ROOT, Form, Place
from hotspot_kiosk.nist.xml import MAX_XML, element_name

_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)Z)?", re.ASCII)

Element = Any  # lxml has no types of its own


def left_out(transaction: Transaction) -> list[str]:
    """What XML has no place for: whole records, fields, or items beyond those a field has."""
    out = []
    for record in transaction.records:
        if record.kind not in PLACES:
            out.append(f"the record of type {record.kind}")
            continue
        room = {place.number: len(place.items) for place in PLACES[record.kind]}
        for each in record.fields:
            if max(map(len, each.subfields)) > room.get(each.number, 0):
                out.append(f"{record.kind}.{each.number:03d}")
    return out


def write(transaction: Transaction) -> bytes:
    """The transaction as XML, without what `left_out` names.

    Raises BadSample if it is larger than 12 MiB, BadBytes if a text holds what XML cannot.
    """
    root = etree.Element(_qualified(ROOT), nsmap=NAMESPACES)
    try:
        for record in transaction.records:
            if record.kind in PLACES:
                _write_record(root, record)
    except ValueError as error:
        raise BadBytes("a text holds a character that XML cannot carry; take it out") from error
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    if len(data) > MAX_XML:
        raise BadSample(f"the file would be larger than {MAX_XML} bytes; crop the face")
    return data


def _write_record(root: Element, record: Record) -> None:
    element = etree.SubElement(root, _qualified(RECORDS[record.kind]))
    etree.SubElement(element, _qualified(CATEGORY)).text = str(record.kind)
    for place in PLACES[record.kind]:
        if place.number == DATA and record.data:
            _made(element, place.node).text = base64.b64encode(record.data).decode()
        for index, items in enumerate(_share(record, place)):
            _write_items(_made(element, place.node, anew=index > 0), items, place)


def _share(record: Record, place: Place) -> tuple[Subfield, ...]:
    """The subfields of a field that stand at this place."""
    parts = record.subfields(place.number)
    if place.first:
        return parts[:1]
    divided = any(each.first and each.number == place.number for each in PLACES[record.kind])
    return parts[1:] if divided else parts


def _write_items(node: Element, items: Subfield, place: Place) -> None:
    if place.form is Form.VERSION:
        items = (items[0][:2], items[0][2:])
    for index in place.written or range(len(place.items)):
        text = items[index] if index < len(items) else ""
        path = place.items[index]
        if text or not path:
            _say(_made(node, path) if path else node, text, place.form)


def _say(element: Element, text: str, form: Form) -> None:
    if form is Form.MOMENT:
        text = _iso(text)
        element = etree.SubElement(element, _qualified("nc:DateTime" if "T" in text else "nc:Date"))
    element.text = text


def _iso(text: str) -> str:
    match = _BASIC.fullmatch(text)
    if not match:
        return text
    day = "-".join(match.groups()[:3])
    return f"{day}T{':'.join(match.groups()[3:])}Z" if match[4] else day


def _made(element: Element, path: str, *, anew: bool = False) -> Element:
    """The element at a path, made where it is not there; its last step made anew if asked."""
    steps = path.split("/")
    for step in steps:
        last = anew and step is steps[-1]
        found = None if last else next((c for c in reversed(element) if element_name(c) == step), None)
        element = etree.SubElement(element, _qualified(step)) if found is None else found
    return element


def _qualified(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"
