"""What lies in the panel's flash if the power goes at any command of an update, and what comes of it.

`python tests/panel_cuts.py` tries every command, whole and torn, in both directions (about ten minutes).
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from panel_rig import Rig, booted, build, build_with_schema, settled

from firmware.panel import image as tools
from hotspot_kiosk.errors import HotspotError
from hotspot_kiosk.kiosk.devices import panel_update
from hotspot_kiosk.kiosk.devices.panel_image import Image, version_text
from hotspot_kiosk.kiosk.devices.panel_protocol import SCHEMA, HelloReply, Trust
from hotspot_kiosk.simulator.panel_flash import Write, after

SLOTS = 0x10000, 0x30000
PAGE = 256


def made(version: int, security: int = 1, schema: int = SCHEMA, code: bytes | None = None) -> Image:
    """The app, or other code, signed as another version."""
    code = (build() / "app.bin").read_bytes() if code is None else code
    data = tools.signed(code, version, security, tools.signing_key(None), schema)
    return Image.read(data)


@dataclass(frozen=True)
class Story:
    """An update from its first command to the second start of the confirmed image; `tried`: before CONFIRM."""

    before: bytes
    writes: tuple[Write, ...]
    tried: bytes
    after: bytes
    old: int
    new: int

    def cuts(
        self, shares: Sequence[float] = (0, 0.25, 0.5, 0.75), every: int = 1, unverified: bool = True
    ) -> Iterator[tuple[str, bytes]]:
        """Flash after a cut within each command, when that share of it was done; of plain pages only some.

        `unverified`: also just before a genuine image is remembered as such, which costs a signature check.
        """
        for number, write in enumerate(self.writes):
            if self._is_code(write) and write.address // PAGE % every:
                continue
            so_far = after(self.before, self.writes[:number])
            for share in shares:
                if unverified or share or not self._remembers(write):
                    yield f"{share:.0%} of command {number}", write.done(so_far, share)

    def _remembers(self, write: Write) -> bool:
        return write.data is not None and write.address >= SLOTS[1] and write.address % 0x1000 >= 4 * PAGE

    def _is_code(self, write: Write) -> bool:
        in_slots = SLOTS[0] <= write.address < SLOTS[1]
        return write.data is not None and in_slots and write.address % 0x10000 != 0


def play(flash: bytes, old: int, new: int) -> Story:
    """Run an update and keep its commands."""
    rig = Rig(flash)
    rig.boot()
    rig.hello()
    rig.board.writes.clear()
    panel_update.send(rig.link, made(new, security=new >> 16))
    panel_update.restart(rig.link)
    assert panel_update.await_panel(rig.link).trust == Trust.ON_TRIAL
    tried = rig.board.flash
    assert panel_update.confirm(rig.link).trust == Trust.CONFIRMED
    panel_update.restart(rig.link)
    assert panel_update.await_panel(rig.link).version == new
    return Story(flash, tuple(rig.board.writes), tried, rig.board.flash, old, new)


@cache
def there() -> Story:
    """From slot A to slot B."""
    return play(settled(), 0x10000, 0x20000)


@cache
def back_again() -> Story:
    """And from B to A."""
    return play(there().after, 0x20000, 0x30000)


@cache
def foreign() -> bytes:
    """Flash of a panel that tries an image whose schema is another than the kiosk's, one trial used."""
    with tempfile.TemporaryDirectory() as folder:
        code = build_with_schema(SCHEMA ^ 1, Path(folder))
    rig = booted()
    panel_update.send(rig.link, made(0x20000, schema=SCHEMA ^ 1, code=code))
    panel_update.restart(rig.link)
    said = panel_update.await_panel(rig.link)
    assert (said.version, said.schema, said.trust) == (0x20000, SCHEMA ^ 1, Trust.ON_TRIAL)
    return rig.board.flash


def comes_back(story: Story, flash: bytes) -> HelloReply:
    """Start from this flash; the panel must be its old or its new self, and know which."""
    rig = Rig(flash)
    rig.boot()
    said = panel_update.await_panel(rig.link)
    state = (said.version, said.trust)
    good = {(story.old, Trust.CONFIRMED), (story.new, Trust.ON_TRIAL), (story.new, Trust.CONFIRMED)}
    assert state in good, state
    assert said.schema == SCHEMA
    return said


def main() -> None:
    """Every command of both directions."""
    for story in (there(), back_again()):
        ends = Counter(_end(story, name, flash) for name, flash in story.cuts())
        print(
            f"{len(story.writes)} commands, {sum(ends.values())} cuts, all came back: {dict(ends)}",
            flush=True,
        )


def _end(story: Story, name: str, flash: bytes) -> str:
    try:
        said = comes_back(story, flash)
    except (AssertionError, HotspotError):
        print(f"FAILED {name}", flush=True)
        raise
    return f"{version_text(said.version)} {Trust(said.trust).name}"


if __name__ == "__main__":
    sys.exit(main())
