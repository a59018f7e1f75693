"""Kiosks of the fleet bench: the real update agent over the real broker, a RAUC that streams from the real server, restarts.

A few dozen live in a process of their own (`Group`): paho waits with select(), which takes no file above number 1023.
"""

from __future__ import annotations

import multiprocessing
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.update.agent import RESTART, Agent, Pauses, Self
from hotspot_kiosk.kiosk.update.keeping import UpdateKeeping
from hotspot_kiosk.kiosk.update.rauc import Rauc
from hotspot_kiosk.kiosk.update.selftest import CONTENT, WORDS, Trial, Verdict
from hotspot_kiosk.pulse import Pulse
from hotspot_kiosk.seal import PrivateKeys, PublicKeys, seal
from hotspot_kiosk.simulator.rauc import Slots
from hotspot_kiosk.simulator.rauc_stream import Bundle, fetch
from hotspot_kiosk.terms import MAX_COUNTER, Tcn
from hotspot_kiosk.transports.mqtt import Options, build

OLD = "1.0"
PAUSES = Pauses(look=0.5, status=120.0, vitals=600.0, quiet=0.0, self_test=600.0, again=2.0)
IDLE = Told(kind="status", state="idle", link=True, waiting=0, quarantined=0)


@dataclass(frozen=True)
class Seen:
    """What a kiosk runs, and the bundles that it tried."""

    running: str
    tried: tuple[str, ...]


@dataclass(frozen=True)
class Offer:
    """A bundle that is on the server. failing: kiosks whose next self-test fails, and what it finds."""

    url: str
    version: str
    manifest: str
    failing: frozenset[int]
    reason: str


@dataclass(frozen=True)
class World:
    """What all kiosks share. port: of the broker; ca: of broker and server."""

    folder: Path
    port: int
    ca: Path
    hub: PublicKeys


class Streaming(Rauc):
    """RAUC without a bus between; it streams what is not among the blocks that its slots hold."""

    def __init__(self, slots: Slots, ca: Path, held: frozenset[bytes]) -> None:
        super().__init__("unix:path=/nonexistent")
        self._slots, self._trusts, self._held = slots, ca, held

    def slot(self) -> str:
        """The one that runs."""
        return self._slots.booted

    def install(self, url: str, manifest: str, on_progress: Callable[[int], None]) -> None:
        """Fetch and write. Raises Refused."""
        if why := fetch(self._slots, url, manifest, self._trusts, self._held):
            raise Refused(why)

    def mark(self, state: str) -> None:
        """Tell the boot loader."""
        self._slots.mark(state)


def keys(device: int) -> PrivateKeys:
    """Keys of nobody; the same for the same kiosk."""
    return PrivateKeys.make(device, random.Random(device).randbytes(128))  # noqa: S311


class Group:
    """Some kiosks in a process of their own, from here on until `close`."""

    def __init__(self, pairs: Mapping[int, tuple[Path, Path]], world: World, have: Bundle) -> None:
        here, there = multiprocessing.get_context("spawn").Pipe()
        self._pipe = here
        self._process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(there, dict(pairs), world, have)
        )
        self._process.start()
        there.close()

    def offer(self, what: Offer) -> None:
        """Every kiosk's RAUC can find it."""
        self._pipe.send(what)
        self._pipe.recv()

    def look(self) -> dict[int, Seen]:
        """How all of them are."""
        self._pipe.send(None)
        seen: dict[int, Seen] = self._pipe.recv()
        return seen

    def close(self) -> None:
        """Power off."""
        self._pipe.close()
        self._process.join()


def serve(pipe: Connection, pairs: Mapping[int, tuple[Path, Path]], world: World, have: Bundle) -> None:
    """A group's own process."""
    posts = [Post(keys(device), pair, world, have) for device, pair in pairs.items()]
    for post in posts:
        post.start()
    try:
        while True:
            what = pipe.recv()
            for post in posts if what is not None else ():
                post.take(what)
            pipe.send({post.device: Seen(post.running, tuple(post.slots.installs)) for post in posts})
    except EOFError:
        for post in posts:
            post.stop()


class Post:
    """`start` and `stop` are its power. failing: what its self-test finds."""

    def __init__(self, own: PrivateKeys, pair: tuple[Path, Path], world: World, have: Bundle) -> None:
        self.device = own.owner
        self.failing: tuple[str, ...] = ()
        self.slots = Slots({"A": OLD, "B": "0"})
        self._own, self._pair, self._world = own, pair, world
        self._have = have
        self._folder = world.folder / str(own.owner)
        self._folder.mkdir(parents=True)
        self._stopped = threading.Event()
        self._agent: Agent | None = None
        self._starts = 0
        self._thread = threading.Thread(target=self._live, name=f"kiosk {own.owner}")

    @property
    def running(self) -> str:
        """The version that runs."""
        return self.slots.versions[self.slots.booted]

    def take(self, what: Offer) -> None:
        """A bundle is on the server."""
        self.slots.bundles[what.url] = (what.version, what.manifest)
        self.failing = (what.reason,) if self.device in what.failing else ()

    def start(self) -> None:
        """Power on."""
        self._thread.start()

    def stop(self) -> None:
        """Power off."""
        self._stopped.set()
        if self._agent is not None:
            self._agent.stop()
        self._thread.join()

    def _live(self) -> None:
        while not self._stopped.is_set():
            self._starts += 1
            self._agent = self._made(f"boot {self._starts}")
            if self._stopped.is_set() or self._agent.run() != RESTART:
                return
            self.slots.restart()

    def _made(self, boot: str) -> Agent:
        record = Tcn.mint(2026, self.device, MAX_COUNTER)
        verdict = Verdict(boot, self.failing, seal(WORDS, record, CONTENT, self._world.hub, self._own))
        way = Options(
            host="127.0.0.1",
            port=self._world.port,
            ca=self._world.ca,
            certificate=self._pair[0],
            key=self._pair[1],
        )
        return Agent(
            which=Self(self.device, self._own, self.running, boot),
            hub=lambda: self._world.hub,
            keeping=UpdateKeeping(self._folder / "update.db"),
            rauc=Streaming(self.slots, self._world.ca, self._have.digests),
            board=build(way),
            trial=_SelfTesting(self._folder, verdict),
            now=lambda: (datetime.now(UTC), True),
            told=lambda: IDLE,
            pulse=Pulse({}, lambda: 0.0),
            pauses=PAUSES,
        )


class _SelfTesting(Trial):
    """The self-test's process: it answers as soon as it is asked."""

    def __init__(self, folder: Path, verdict: Verdict) -> None:
        super().__init__(folder)
        self._says = verdict

    def ask(self) -> None:
        super().ask()
        self.answer(self._says)
