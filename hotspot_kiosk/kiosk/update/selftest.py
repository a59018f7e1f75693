"""The self-test of a freshly started system, and the folder by which it and the update agent know of each other.

It runs before the daemon, as the daemon's user: models by their digests, camera and sensor, the outbox that the system
before wrote (a copy is opened, so that nothing is changed before the update is confirmed), and one sealed record of
its own kind. It captures nobody: pictures are forgotten, and an image of a finger is not waited for.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.config import KioskConfig, build_variant
from hotspot_kiosk.errors import BadBytes, BadSample, CaptureTimeout, HotspotError, Refused, StorageFailed
from hotspot_kiosk.kiosk.care import checkup_kiosk
from hotspot_kiosk.kiosk.care.checkup import Verdict as Found
from hotspot_kiosk.kiosk.devices.port import Camera, FingerSensor
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.seal import PrivateKeys, PublicKeys, seal, verify_envelope
from hotspot_kiosk.terms import MAX_COUNTER, FingerPosition, Tcn

CONTENT = "self-test"
WORDS = b"a self-test; no person"
ASKED, VERDICT, EXPECTED, WELL = "asked", "verdict.json", "update.trial", "well"
TOUCH_S = 1.0
FRAME_S = 10.0
MORE_COPIES = ("-wal", ".numbers")


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a self-test found, in which start of the machine. failures: sentences; none: it passed."""

    boot: str
    failures: tuple[str, ...] = ()
    sealed: bytes = b""


class Trial:
    """The folder. The agent asks and reads, the self-test answers and waits until it is over.

    expected: a file that outlives a start of the machine and says that the next one may be a new system's. Where it is
    not, nobody waits for the agent to say so (the self-test's unit looks for it).
    """

    def __init__(self, folder: Path, expected: Path | None = None) -> None:
        self._asked = folder / ASKED
        self._verdict = folder / VERDICT
        self._well = folder / WELL
        self._expected = expected or folder / EXPECTED

    def expect(self) -> None:
        """From now on a start may be a new system's. Raises StorageFailed."""
        if not self._expected.exists():
            files.replace(self._expected, b"")

    def await_asked(self, seconds: float, pause: Callable[[float], None] = time.sleep) -> bool:
        """Wait until the agent asks, or has found that this start is no new system's: then False. Raises Refused."""
        until = time.monotonic() + seconds
        while not self.is_asked():
            if not self._expected.exists():
                return False
            if time.monotonic() > until:
                raise Refused("nobody asked for a self-test: look at hotspot-update")
            pause(0.1)
        return True

    def ask(self) -> None:
        """A self-test is wanted. Raises StorageFailed."""
        files.replace(self._asked, b"")

    def is_asked(self) -> bool:
        """Whether one is."""
        return self._asked.exists()

    def answer(self, verdict: Verdict) -> None:
        """The self-test's word. Raises StorageFailed."""
        files.replace(self._verdict, msgspec.json.encode(verdict))

    def verdict(self, boot: str) -> Verdict | None:
        """The word of a self-test of this start, if there is one."""
        try:
            verdict = msgspec.json.decode(self._verdict.read_bytes(), type=Verdict)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return verdict if verdict.boot == boot else None

    def well(self) -> None:
        """The boot loader was told that this start is good: an image's guard does not restart it. Raises StorageFailed."""
        files.replace(self._well, b"")

    def over(self) -> None:
        """The update is decided: the daemon may start, and may change the outbox's layout."""
        self._asked.unlink(missing_ok=True)
        self._expected.unlink(missing_ok=True)

    def wait(self, seconds: float, pause: Callable[[float], None] = time.sleep) -> bool:
        """Wait until the update is decided; False if it is not in time."""
        until = time.monotonic() + seconds
        while self.is_asked():
            if time.monotonic() > until:
                return False
            pause(0.1)
        return True


def examine(
    config: KioskConfig, folder: Path, own: PrivateKeys, hub: PublicKeys, year: int, boot: str
) -> Verdict:
    """Everything, in one go; `folder` is where the config's relative paths count from."""
    failures = [
        f"{what}: {why}"
        for what, test in (
            ("models", lambda: _models(config)),
            ("camera", lambda: _camera(config, folder)),
            ("finger sensor", lambda: _finger(config, folder)),
            ("outbox", lambda: _outbox(config.outbox.path)),
        )
        if (why := _why_not(test))
    ]
    sealed, why = _record(own, hub, year)
    return Verdict(boot, tuple(failures + [f"seal: {why}"] * bool(why)), sealed)


def _why_not(test: Callable[[], None]) -> str:
    try:
        test()
    except HotspotError as error:
        return str(error)
    return ""


def _models(config: KioskConfig) -> None:
    found = checkup_kiosk.models(config.models)
    if found.verdict is Found.FAIL:
        raise BadBytes(found.measured)


def _camera(config: KioskConfig, folder: Path) -> None:
    """One picture."""
    if "camera" in _absent(config):
        return
    camera: Camera = build_variant("hotspot_kiosk.kiosk.devices", "camera", config.camera, folder)
    with closing(camera):
        camera.open()
        with camera.frame(FRAME_S):
            return


def _finger(config: KioskConfig, folder: Path) -> None:
    """The sensor looks for a finger, and says that there is none, or gives an image, which is forgotten."""
    if "finger" in _absent(config):
        return
    sensor: FingerSensor = build_variant("hotspot_kiosk.kiosk.devices", "finger", config.finger, folder)
    with closing(sensor):
        sensor.open()
        try:
            sensor.capture(FingerPosition.RIGHT_INDEX, TOUCH_S, lambda: None)
        except (CaptureTimeout, BadSample):
            return


def _absent(config: KioskConfig) -> Sequence[str]:
    return config.update.without if config.update else ()


def _outbox(path: Path) -> None:
    """A copy of it opens with this version, and every record in it can be listed and every envelope read."""
    if not path.exists():
        return
    with (
        files.plainly("the room for a copy of the outbox"),
        tempfile.TemporaryDirectory(dir=path.parent, prefix="self-test-") as beside,
    ):
        copies = list(_copied(path, Path(beside)))
        box = Outbox(copies[0], free_bytes=0, reserve_bytes=0)
        try:
            entries = sum(1 for _ in box.entries())
            bad = sum(box.envelope(item) is None for item in box.unheld())
        finally:
            box.close()
    if bad:
        raise StorageFailed(f"{bad} of the envelopes of {entries} records cannot be read")


def _copied(path: Path, folder: Path) -> Iterator[Path]:
    for name in (path.name, *(f"{path.name}{more}" for more in MORE_COPIES)):
        if (path.parent / name).exists():
            yield Path(shutil.copy2(path.parent / name, folder / name))


def _record(own: PrivateKeys, hub: PublicKeys, year: int) -> tuple[bytes, str]:
    """A sealed record that no hub can take for a person's: its content has a name of its own, bound into the seal."""
    try:
        tcn = Tcn.mint(year, own.owner, MAX_COUNTER)
        envelope = seal(WORDS, tcn, CONTENT, hub, own)
        verify_envelope(envelope, own.public())
    except (HotspotError, ValueError) as error:
        return b"", str(error)
    return envelope, ""
