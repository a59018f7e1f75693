"""Makes the C header and the Python module out of protocol.toml, so that the two sides cannot disagree.

`python firmware/panel/schema.py c OUT` or `... python OUT`; no OUT: to standard output. Reads only the
standard library; the same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "protocol.toml"
C_TYPES = {"u8": "uint8_t {}", "i16": "int16_t {}", "u16": "uint16_t {}", "u32": "uint32_t {}"}
STRUCT_CODES = {"u8": "B", "i16": "h", "u16": "H", "u32": "I"}
Field = tuple[str, str]


def number(source: bytes) -> int:
    """The schema number: the first four bytes of the file's SHA-256, little-endian."""
    return int.from_bytes(hashlib.sha256(source).digest()[:4], "little")


def c_header(source: bytes) -> str:
    """The header that the firmware includes."""
    schema = tomllib.loads(source.decode())
    lines = [
        "// Made by schema.py from protocol.toml; do not edit.",
        "#pragma once",
        "#include <stdint.h>",
        "",
    ]
    lines += [f"#define PROTOCOL {schema['version']}", f"#define SCHEMA 0x{number(source):08X}u"]
    lines += [f"#define LONGEST_BODY {schema['longest_body']}"]
    lines += [f"#define KIND_{name.upper()} 0x{value:02X}" for name, value in schema["kinds"].items()]
    for kind, prefix in (("message", "MSG"), ("event", "EVENT")):
        lines += [f"#define {prefix}_{item['name']} 0x{item['code']:02X}" for item in schema[kind]]
    for words in schema["words"]:
        lines += ["", f"enum {{  // {words['name']}"]
        lines += [f"    {_upper(words['name'])}_{word} = {value}," for word, value in words["values"].items()]
        lines += ["};"]
    for name, _, fields in _records(schema):
        if fields:
            lines += ["", f"struct {_snake(name)} {{", *(f"    {_c_field(f)};" for f in fields)]
            lines += ["} __attribute__((packed));"]
    return "\n".join(lines) + "\n"


def python_module(source: bytes) -> str:
    """The module that the kiosk imports."""
    schema = tomllib.loads(source.decode())
    lines = [
        '"""What kiosk and panel say to each other: made by firmware/panel/schema.py, do not edit."""',
        "",
    ]
    lines += ["from __future__ import annotations", "", "from dataclasses import dataclass"]
    lines += ["from enum import IntEnum", "from typing import ClassVar", ""]
    lines += ["from hotspot_kiosk.kiosk.devices.panel_record import Record", ""]
    lines += [f"PROTOCOL = {schema['version']}", f"SCHEMA = 0x{number(source):08X}"]
    lines += [f"LONGEST_BODY = {schema['longest_body']}"]
    lines += [f"{name.upper()} = 0x{value:02X}" for name, value in schema["kinds"].items()]
    kinds = {"Message": ("What the kiosk says.", "message"), "Happening": ("What the panel says.", "event")}
    for title, (doc, kind) in kinds.items():
        lines += _int_enum(title, doc, {item["name"]: item["code"] for item in schema[kind]}, "0x{:02X}")
    for words in schema["words"]:
        lines += _int_enum(words["name"], words["doc"], words["values"], "{}")
    for name, doc, fields in _records(schema):
        lines += _dataclass(name, doc, fields)
    return "\n".join(lines) + "\n"


def _records(schema: dict[str, Any]) -> Iterator[tuple[str, str, list[Field]]]:
    for message in schema["message"]:
        stem = _camel(message["name"])
        yield f"{stem}Request", message["doc"], message["request"]
        yield f"{stem}Reply", f"The answer to {message['name']}.", message["reply"]
    for event in schema["event"]:
        yield f"{_camel(event['name'])}Event", event["doc"], event["body"]


def _int_enum(title: str, doc: str, values: dict[str, int], form: str) -> list[str]:
    members = [f"    {name} = {form.format(value)}" for name, value in values.items()]
    return ["", "", f"class {title}(IntEnum):", f'    """{doc}"""', "", *members]


def _dataclass(name: str, doc: str, fields: list[Field]) -> list[str]:
    layout = "<" + "".join(_struct_code(kind) for _, kind in fields)
    typed = [f"    {field}: {'bytes' if _is_bytes(kind) else 'int'}" for field, kind in fields]
    head = ["", "", "@dataclass(frozen=True, slots=True)", f"class {name}(Record):", f'    """{doc}"""', ""]
    return [*head, f'    LAYOUT: ClassVar[str] = "{layout}"', *typed]


def _struct_code(kind: str) -> str:
    if kind == "rest":
        return ""
    return f"{kind[5:]}s" if kind.startswith("bytes") else STRUCT_CODES[kind]


def _is_bytes(kind: str) -> bool:
    return kind == "rest" or kind.startswith("bytes")


def _c_field(field: Field) -> str:
    name, kind = field
    if kind == "rest":
        return f"uint8_t {name}[1]"
    return f"uint8_t {name}[{kind[5:]}]" if kind.startswith("bytes") else C_TYPES[kind].format(name)


def _camel(name: str) -> str:
    return name.title().replace("_", "")


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _upper(name: str) -> str:
    return _snake(name).upper()


def main(arguments: list[str]) -> None:
    """Write one of the two."""
    made = {"c": c_header, "python": python_module}[arguments[0]](SOURCE.read_bytes())
    if arguments[1:]:
        Path(arguments[1]).write_text(made, "utf-8")
    else:
        sys.stdout.write(made)


if __name__ == "__main__":
    main(sys.argv[1:])
