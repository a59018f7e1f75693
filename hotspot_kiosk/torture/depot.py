"""The bureau's side of an update, for one kiosk: the fleet's broker, the desk that invites, the server of bundles.

All of it is what a bureau runs; only the machine at the other end is virtual. It listens on loopback and ends what it started.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hotspot_kiosk import fleet
from hotspot_kiosk.fleet import FINAL, Outcome
from hotspot_kiosk.hub.fleet.fleet import Course, Courses, FleetDesk, Result
from hotspot_kiosk.hub.fleet.rollout import Rollout
from hotspot_kiosk.hub.fleet.stick import write
from hotspot_kiosk.keyring import load_peers, load_private
from hotspot_kiosk.seal_certificates import Term, make_authority, make_broker
from hotspot_kiosk.simulator.bundle_server import BundleServer
from hotspot_kiosk.stick_update import UpdateStick
from hotspot_kiosk.torture.stage import Broker
from hotspot_kiosk.transports.mqtt import Options, build


@dataclass(frozen=True, slots=True)
class Bundle:
    """A signed update. manifest: SHA-256 of its manifest, hex, by which the hub names it."""

    file: Path
    version: str
    manifest: str


class NoWord(AssertionError):
    """The kiosk did not report what was waited for; the message says what it reported."""


class Depot:
    """A context manager. `host`: under which name the kiosk reaches this machine."""

    def __init__(self, folder: Path, keys: Path, peers: Path, device: int, host: str) -> None:
        """keys: the hub's private key file; peers: the folder of its kiosks' public ones."""
        folder.mkdir()
        self.device = device
        self._host = host
        self._files = folder / "bundles"
        self._files.mkdir()
        self.authority = folder / "bundles.pem"
        self._broker = Broker(folder)
        self._server = BundleServer(self._files, self._certificate(folder))
        self._courses = Courses(folder / "rollouts")
        self._begun = 0
        self._own = load_private(keys)
        posts = load_peers(peers)
        self._desk = FleetDesk(
            courses=self._courses,
            board=build(Options(host="127.0.0.1", port=self._broker.port)),
            own=self._own,
            post_keys=lambda number: posts[number].keys(),
            now=lambda: datetime.now(UTC),
            look_s=1.0,
        )
        self._thread = threading.Thread(target=self._desk.run, name="fleet desk")

    def __enter__(self) -> Depot:
        self._broker.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._desk.stop()
        self._thread.join()
        self._broker.kill()
        self._server.close()

    @property
    def ports(self) -> tuple[int, int]:
        """Of the fleet's broker and of the server of bundles."""
        return self._broker.port, self._server.port

    def sent(self, bundle: Bundle) -> int:
        """So many bytes of this bundle left the server."""
        return self._server.sent[bundle.file.name]

    def offer(self, bundle: Bundle, floor: str = "0", port: int = 0) -> None:
        """Begin a rollout of it; one that is under way is called off first. port: of another server than ours."""
        (self._files / bundle.file.name).unlink(missing_ok=True)
        (self._files / bundle.file.name).symlink_to(bundle.file.resolve())
        self.call_off()
        self._begun += 1
        url = f"https://{self._host}:{port or self._server.port}/{bundle.file.name}"
        self._courses.begin(
            Rollout(
                id=f"rollout-{self._begun}",
                version=bundle.version,
                url=url,
                manifest=bundle.manifest,
                devices=(self.device,),
                floor=floor,
            ),
            fleet.as_ms(datetime.now(UTC)),
        )

    def carry(self, folder: Path) -> None:
        """Write the rollout that is under way onto a stick that is mounted there, as a bureau does."""
        course = self._until(lambda course: bool(course.opened_ms), 60)
        bundle = (self._files / course.rollout.url.rpartition("/")[2]).resolve()
        write(UpdateStick(folder), course, bundle, self._own)

    def call_off(self) -> None:
        """Whatever is under way; returns when it is."""
        course = self._courses.newest()
        if course is None or course.done or course.halted:
            return
        self._courses.halt("a test called it off")
        self._until(lambda course: bool(course.done or course.halted), 60)

    def result(self) -> Result | None:
        """What the kiosk last said of the newest rollout."""
        course = self._courses.newest()
        return course.results.get(self.device) if course else None

    def await_outcome(self, *wanted: Outcome, timeout_s: float = 3600, after: int = 0) -> Result:
        """Wait until the kiosk reports one of these, in a report later than `after`. Raises NoWord, at once if it reports another end."""

        def over(course: Course) -> bool:
            result = course.results.get(self.device)
            if result is None or result.sequence <= after:
                return False
            return result.outcome in wanted or result.outcome in FINAL

        result = self._until(over, timeout_s).results[self.device]
        if result.outcome not in wanted:
            raise NoWord(f"instead of {sorted(wanted)} it reported {msgspec.json.encode(result).decode()}")
        return result

    def _until(self, condition: Callable[[Course], bool], timeout_s: float) -> Course:
        ends = time.monotonic() + timeout_s
        while (course := self._courses.newest()) is None or not condition(course):
            if time.monotonic() > ends:
                raise NoWord(f"after {timeout_s:.0f} s the kiosk said: {self.result()}")
            time.sleep(0.2)
        return course

    def _certificate(self, folder: Path) -> Path:
        term = Term(datetime.now(UTC), 2)
        authority = make_authority("bundles", term)
        own = make_broker(authority, [self._host], term)
        self.authority.write_bytes(authority.certificate)
        path = folder / "server.pem"
        path.write_bytes(own.certificate + own.key)
        path.chmod(0o600)
        return path
