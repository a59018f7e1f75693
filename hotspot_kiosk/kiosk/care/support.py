"""The support bundle: a small archive that a maintainer may send to whoever helps. It holds nothing of a person.

It is put together from values that were chosen, never by copying a file: findings, versions, counters, settings whose
names stand in a list here, and log lines as `loglines` shows them. No key, record, journal, picture or name.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from hotspot_kiosk.config import KioskConfig
from hotspot_kiosk.kiosk.care.checkup import Finding
from hotspot_kiosk.kiosk.care.loglines import Line
from hotspot_kiosk.kiosk.desk import Told

MOST_BYTES = 256 << 10
MOST_LINES = 1000
SET = "(set)"
FOLDERS = re.compile(r"(?<![\w.])(?:/[\w.@+-]+)+/")  # a folder may be called after somebody
# Settings whose words say nothing secret and nothing about a place. Numbers and switches are always shown.
SHOWN = frozenset(
    {"driver", "country", "starts", "destroys", "languages", "without", "bus", "group", "model"}
)
ABOUT = """\
A support bundle of a HOTSPOT kiosk. findings.json: what hotspot doctor found. versions.json: what runs. counters.json:
how it stands, in numbers. settings.json: the configuration; what names a place, a path or a secret says (set) only.
log.txt: the newest lines; words that the software itself does not know are left out, so that no name can be among them.
"""


@dataclass(frozen=True, slots=True)
class Material:
    """What a bundle is made of. told: the running kiosk's status, None if it does not run. troubles: what is missing, and why."""

    made: datetime
    findings: Sequence[Finding]
    versions: Mapping[str, str]
    told: Told | None
    config: KioskConfig
    lines: Sequence[Line]
    troubles: Sequence[str] = ()


def bundle(material: Material) -> bytes:
    """A gzipped tar, at most MOST_BYTES long: older log lines are left out until it fits."""
    lines = list(material.lines)[-MOST_LINES:]
    while True:
        packed = _packed(material, lines)
        if len(packed) <= MOST_BYTES or not lines:
            return packed
        lines = lines[len(lines) // 2 + 1 :]


def counters(told: Told | None) -> dict[str, Any]:
    """Numbers of the running kiosk; no record's number is among them."""
    if told is None:
        return {"runs": False}
    return {
        "runs": True,
        "link": told.link,
        "waiting": told.waiting,
        "quarantined": told.quarantined,
        "oldest_s": told.oldest_s,
        "supply_mv": told.supply_mv,
        "faults": sorted(told.faults),
        "ignored": sum(told.ignored.values()),
        "repeated": sum(told.repeated.values()),
    }


def settings(config: KioskConfig) -> Any:
    """The configuration without what names a place, a path or a secret."""
    return _outlined("", msgspec.to_builtins(config, enc_hook=str))


def _outlined(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _outlined(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_outlined(name, each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return value if name in SHOWN and value else SET if value else ""


def _packed(material: Material, lines: Iterable[Line]) -> bytes:
    shown = "".join(f"{each.at} {each.level} {each.where}: {each.text}\n" for each in lines)
    missing = "".join(f"not here: {each}\n" for each in material.troubles)
    files = {
        "README.txt": ABOUT + missing,
        "findings.json": _json([_shown(each) for each in material.findings]),
        "versions.json": _json(dict(material.versions)),
        "counters.json": _json(counters(material.told)),
        "settings.json": _json(settings(material.config)),
        "log.txt": shown,
    }
    out = io.BytesIO()
    when = int(material.made.timestamp())
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in files.items():
            content = text.encode()
            member = tarfile.TarInfo(f"support/{name}")
            member.size, member.mtime, member.mode = len(content), when, 0o600
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(out.getvalue(), mtime=when)


def _shown(finding: Finding) -> dict[str, str]:
    """A finding without the folders of the files that it names."""
    return {name: FOLDERS.sub("…/", str(text)) for name, text in asdict(finding).items()}


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"


def journal_line(entry: Mapping[str, Any]) -> tuple[float, str, str, str] | None:
    """Of an entry of systemd's journal, as `journalctl -o json` says it: when, level, unit, words. None if it has none."""
    text, stamp = entry.get("MESSAGE"), entry.get("__REALTIME_TIMESTAMP")
    if not isinstance(text, str) or not isinstance(stamp, str) or not stamp.isdecimal():
        return None
    level = "error" if str(entry.get("PRIORITY", "6")) <= "3" else "info"
    return int(stamp) / 1e6, level, Path(str(entry.get("_SYSTEMD_UNIT", ""))).stem, text
