"""The last that each kiosk said of itself, one small file a kiosk. It proves nothing: it is shown and counted.

Nothing about a person can be in it: numbers, versions, and alarms in words of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.fleet import Status

SILENT = 3  # so many times its own interval a kiosk may say nothing
LEAST_INTERVAL_S = 300
ENDS_SOON_MS = 14 * 86_400_000


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """status: the last whole one. seen_ms: when it came, by the hub's clock, 0 never; here: whether its link stands."""

    status: Status
    seen_ms: int = 0
    here: bool = False


class Standings:
    """The folder. `keep` and reading may raise StorageFailed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with files.plainly(f"the folder of what kiosks say {folder}"):
            folder.mkdir(parents=True, exist_ok=True)

    def keep(self, status: Status, now_ms: int) -> None:
        """A status came. What the broker still had from before is no new sign of life; a last will only ends it."""
        before = self.of(status.device)
        if not status.here:
            kept = Standing(before.status, before.seen_ms, here=False) if before else Standing(status)
        elif before is not None and before.status == status:
            kept = Standing(status, before.seen_ms, here=True)
        else:
            said_ms = status.at_ms if status.clock and 0 < status.at_ms < now_ms else now_ms
            kept = Standing(status, said_ms, here=True)
        if kept != before:
            files.replace(self._path(status.device), msgspec.json.encode(kept))

    def of(self, device: int) -> Standing | None:
        """What is known of one."""
        path = self._path(device)
        return _read(path) if path.exists() else None

    def all(self) -> Iterator[Standing]:
        """Of every kiosk that ever said something, by its number."""
        for path in sorted(self._folder.glob("*.json"), key=lambda path: int(path.stem)):
            yield _read(path)

    def _path(self, device: int) -> Path:
        return self._folder / f"{device}.json"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One kiosk as it is listed. post: what its key file calls it; silent_s: since its last word, None if there was none."""

    device: int
    post: str
    here: bool
    version: str
    slot: str
    phase: str
    waiting: int | None
    oldest_s: int | None
    quarantined: int | None
    link: bool | None
    heat_c: int | None
    silent_s: int | None
    alarms: tuple[str, ...]


def rows(standings: Standings, posts: Mapping[int, str], now_ms: int) -> list[Row]:
    """Every kiosk that is admitted or ever said something; those with alarms first."""
    known = {each.status.device: each for each in standings.all()}
    found = [
        _row(device, posts.get(device, ""), known.get(device), now_ms) for device in sorted({*posts, *known})
    ]
    return sorted(found, key=lambda row: (not row.alarms, row.device))


def alarms(standing: Standing | None, now_ms: int) -> tuple[str, ...]:
    """What somebody should look after: the kiosk's own alarms, and what only the hub can see."""
    if standing is None or not standing.seen_ms:
        return ("never heard",)
    status = standing.status
    quiet_ms = SILENT * 1000 * max(status.every_s, LEAST_INTERVAL_S)
    seen = ["not heard for long"] * (now_ms - standing.seen_ms > quiet_ms)
    seen += ["its link is gone"] * (not standing.here)
    seen += ["records need a look"] * bool(status.quarantined)
    ends = "link certificate"
    soon = bool(status.ends_ms) and status.ends_ms - now_ms < ENDS_SOON_MS
    seen += [ends] * (soon and ends not in status.alarms)
    return (*seen, *status.alarms)


def _row(device: int, post: str, standing: Standing | None, now_ms: int) -> Row:
    status = standing.status if standing else Status(device, here=False)
    seen_ms = standing.seen_ms if standing else 0
    return Row(
        device=device,
        post=post,
        here=standing is not None and standing.here,
        version=status.version,
        slot=status.slot,
        phase=status.phase,
        waiting=status.waiting,
        oldest_s=status.oldest_s,
        quarantined=status.quarantined,
        link=status.link,
        heat_c=status.heat_c,
        silent_s=max(0, (now_ms - seen_ms) // 1000) if seen_ms else None,
        alarms=alarms(standing, now_ms),
    )


def _read(path: Path) -> Standing:
    try:
        return msgspec.json.decode(files.read(path), type=Standing)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StorageFailed(f"{path} is damaged: {error}; remove it, the kiosk says it again") from None
