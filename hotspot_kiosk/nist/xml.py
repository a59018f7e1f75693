"""The XML encoding of ANSI/NIST-ITL (INT-I v6), read: bytes to a Transaction.

What a hostile file could do with XML is refused before it is parsed: document types, entities, other encodings,
too many elements. The parser opens nothing. Elements that no field stands for are named, never dropped in silence.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lxml import etree

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist.model import Field, Record, Subfield, Transaction, as_whole, make_field
from hotspot_kiosk.nist.places import CATEGORY, DATA, NAMESPACES, PLACES, RECORDS, ROOT, Form, Place

MAX_XML = 12 * 1024 * 1024
MAX_ELEMENTS = 50_000
MAX_UNREAD = 40

ALSO = {  # deprecated names of itl.xsd, and the namespace that INTERPOL's tables give beside its samples' one
    "itl:FingerprintImage": "biom:FingerImpressionImage",
    "itl:FaceImage": "biom:FaceImage",
    "itl:FingerprintImageFingerMissing": "biom:FingerprintImageFingerMissing",
    "itl:FingerMissingCode": "biom:FingerMissingCode",
    "itl:DomainDefinedDescriptiveDetail": "int-i:DomainDefinedDescriptiveDetail",
}
SAME = {"int-i:LocationCountryISO3166Alpha3Code": "nc:LocationCountryISO3166Alpha3Code"}  # read for the other
_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()} | {"http://interpol.int/int-i/1.0": "int-i"}
_KINDS = {name: kind for kind, name in RECORDS.items()}
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)Z)?", re.ASCII)
_SPACE = re.compile(r"\s*[\t\r\n]\s*")
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)", re.IGNORECASE)

Element = Any  # lxml has no types of its own


def looks_like_xml(data: bytes) -> bool:
    """Whether a file begins as XML does; not whether it is any."""
    return data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def read(data: bytes) -> Transaction:
    """The transaction in a file; only its outline is checked. Raises BadBytes, with what to do."""
    root = _parsed(data)
    if element_name(root) != ROOT:
        name = etree.QName(root).localname[:40]
        raise BadBytes(
            f"an XML file, but not one of ANSI/NIST-ITL: it begins with {name}; ask for the file itself"
        )
    return Transaction(tuple(_record(each) for each in root))


def _parsed(data: bytes) -> Element:
    _refuse_dangers(data)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadBytes("the XML is damaged, or nested too deeply; get the file again") from error
    if root.getroottree().docinfo.doctype:
        raise BadBytes(
            "the XML brings a document type; such a file is refused, ask the sender for one without"
        )
    return root


def _refuse_dangers(data: bytes) -> None:
    """Before anything is parsed: size, encoding, document types and entities, number of elements."""
    if len(data) > MAX_XML:
        raise BadBytes(f"not an ANSI/NIST file for this software: more than {MAX_XML} bytes")
    stated = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))
    try:
        data.decode()
        known = stated is None or stated[1].upper() in (b"UTF-8", b"US-ASCII", b"ASCII")
    except UnicodeDecodeError:
        known = False
    if not known:
        raise BadBytes("the XML is not in UTF-8, the only encoding of INT-I; ask the sender for one that is")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BadBytes(
            "the XML brings a document type; such a file is refused, ask the sender for one without"
        )
    if data.count(b"<") > 2 * MAX_ELEMENTS or data.count(b"=") > MAX_ELEMENTS:
        raise BadBytes(f"the XML has more than {MAX_ELEMENTS} elements; no ANSI/NIST file needs so many")


def element_name(element: Element) -> str:
    """With the prefix this software gives its namespace; deprecated names as their newer ones."""
    return _plain(element.tag)


@lru_cache(maxsize=1024)
def _plain(tag: str) -> str:
    uri, _, local = tag.rpartition("}")
    name = f"{_PREFIXES.get(uri.removeprefix('{'), '?')}:{local}"
    return ALSO.get(name, name)


def _record(element: Element) -> Record:
    kind = _kind(element)
    seen: set[Element] = set()
    fields = _fields(element, PLACES.get(kind, PLACES[14][:1]), seen)
    data = b""
    for node in element.iter(f"{{{NAMESPACES['nc']}}}BinaryBase64Object"):
        if data:
            raise BadBytes(f"a record of type {kind} holds two images")
        data = _decoded(kind, node)
        seen.add(node)
    return Record(kind, fields, data, _unread(element, seen))


def _kind(element: Element) -> int:
    name = element_name(element)
    stated = next(
        (as_whole((each.text or "").strip()) for each in element if element_name(each) == CATEGORY), None
    )
    kind = _KINDS.get(name, stated)
    if kind is None or stated not in (None, kind):
        raise BadBytes(f"{name}: its type of record is not known, or another than it states")
    return kind


def _decoded(kind: int, node: Element) -> bytes:
    try:
        return base64.b64decode("".join((node.text or "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadBytes(f"{kind}.999 DATA: the image is not base64; get the file again") from error


def _fields(element: Element, places: tuple[Place, ...], seen: set[Element]) -> tuple[Field, ...]:
    found: dict[int, list[Subfield]] = {}
    for place in places:
        if place.number == DATA:
            continue
        for node in _below(element, place.node):
            items = tuple(_item(node, path, place.form, seen) for path in place.items)
            if any(items):
                parts = (
                    ("".join(each and each.zfill(2) for each in items),)
                    if place.form is Form.VERSION
                    else items
                )
                found.setdefault(place.number, []).append(parts)
    return tuple(make_field(number, *parts) for number, parts in found.items())


def _below(element: Element, path: str) -> Iterator[Element]:
    """Every element at a path below one."""
    step, _, rest = path.partition("/")
    for child in element:
        if element_name(child) in (step, SAME.get(step)):
            yield from _below(child, rest) if rest else (child,)


def _item(node: Element, path: str, form: Form, seen: set[Element]) -> str:
    """The text of an item that nobody took yet; what else stands at that path stays unread."""
    places = _below(node, path) if path else iter((node,))
    if form is Form.MOMENT:
        places = (
            child for place in places for child in place if element_name(child) in ("nc:Date", "nc:DateTime")
        )
    for element in places:
        if element not in seen and not len(element):
            seen.add(element)
            text = _SPACE.sub(" ", element.text or "").strip()
            return _basic(text) if form is Form.MOMENT else text
    return ""


def _basic(text: str) -> str:
    match = _ISO.fullmatch(text)
    if not match:
        return text
    digits = "".join(part for part in match.groups() if part)
    return f"{digits}Z" if match[4] else digits


def _unread(element: Element, seen: set[Element]) -> tuple[str, ...]:
    """The elements whose text nobody took, and those that stand beside stray text."""
    names = []
    for each in element.iter():
        taken = each in seen or element_name(each) == CATEGORY
        stray = each.tail if each is not element else ""
        if (not taken and (each.text or "").strip()) or (stray or "").strip():
            names.append(element_name(each))
    return tuple(names[:MAX_UNREAD])
