"""Kills and bad links: two kiosks, a broker that forgets, a hub; whoever lives is killed at random.

All at once: links are cut, messages spoiled, repeated, withheld and reordered, clocks jump, and one
kiosk's disk fills up or loses its power. Afterwards all is left in peace, and both ends compared.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from hotspot_kiosk.keyring import save_public
from hotspot_kiosk.simulator.link import Link
from hotspot_kiosk.torture import actors
from hotspot_kiosk.torture.actors import Cast, Role
from hotspot_kiosk.torture.checker import Findings, check_path, read_outbox, unsettled
from hotspot_kiosk.torture.checker_hub import check_answers
from hotspot_kiosk.torture.disk import Disk
from hotspot_kiosk.torture.hubs import Hubs
from hotspot_kiosk.torture.ledger import Ledger
from hotspot_kiosk.torture.stage import Actor, Broker, Play

SPITE = 0.005
RATE = 6.0
PAUSE_S = (0.02, 0.3)
QUIET_S = 120.0
PATIENCE_S = 60.0
HEAD_START_S = 1.0
SAY_EVERY = 100
DISK_MIB = 64
JUMPS_S = 1.0
FAULTS = {"kiosk": 8, "hub": 6, "broker": 4, "cut": 4, "power": 3, "full": 1, "server": 1}


@dataclass(slots=True)
class Kills:
    """What came of it; `given_up`: ends by themselves, as on a full disk.

    faults: by kind, counted only where they struck: a kill is one of a process that lived. fates:
    what befell messages and clocks, as the processes themselves said.
    """

    faults: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    found: Findings = field(default_factory=Findings)
    raced: int = 0
    refused: int = 0
    given_up: int = 0
    quiet_s: float = 0.0

    @property
    def kills(self) -> int:
        """Of processes that lived."""
        return self.faults["kiosk"] + self.faults["hub"] + self.faults["broker"]


@dataclass(frozen=True, slots=True)
class Plays:
    """Who plays the kiosks and the hub; others than these must be found out."""

    kiosk: Play = actors.kiosk
    hub: Play = actors.hub


class Post:
    """A kiosk's process with its link, its folder and what it acknowledged."""

    def __init__(self, role: Role, play: Play, broker_port: int, disk: Disk | None) -> None:
        self.link = Link(broker_port)
        self.disk = disk
        self.ledger = Ledger()
        self.actor = Actor(play)
        self.role = role

    def start(self, rng: random.Random, peace: bool = False) -> None:
        """Start it; in peace it captures nothing more, its clock is right and nobody meddles."""
        spite, rate, jumps_s = (0.0, 0.0, 0.0) if peace else (self.role.spite, RATE, JUMPS_S)
        seed = rng.getrandbits(32)
        self.actor.start(
            replace(self.role, port=self.link.port, seed=seed, spite=spite, rate=rate, jumps_s=jumps_s)
        )

    def listen(self) -> None:
        """Take in what it acknowledged."""
        if self.actor.pipe is not None:
            self.ledger.drain(self.actor.pipe)

    def end(self, cut_power: bool = False) -> bool:
        """Kill it, or cut its power first; returns whether it lived."""
        cut_ns = None
        if cut_power and self.disk is not None:
            # A process without power sends nothing either: on a dead disk it would promise things.
            self.listen()
            self.link.cut()
            cut_ns = time.monotonic_ns()
            self.disk.cut()
        lived = self.actor.kill()
        self.listen()
        self.actor.hang_up()
        self.ledger.settle(cut_ns)
        if cut_ns is not None and self.disk is not None:
            self.disk.unmount()
            self.disk.mount()
            self.link.mend()
        return lived


class Battle:
    """Everybody, and what is done to them."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        disk: Disk | None,
        workers: int = 0,
        plays: Plays = Plays(),
        spite: float = SPITE,
    ) -> None:
        self._folder = folder
        self._rng = random.Random(seed)  # noqa: S311 - draws faults, hides nothing
        self._cast = Cast(seed)
        self._spite = spite
        self.result = Kills()
        self._broker = Broker(folder)
        peers = folder / "peers"
        peers.mkdir()
        save_public(peers / "hub.pub", self._cast.public_file(0))
        places = [(41, folder / "post", None), (42, disk.root if disk else folder / "second", disk)]
        self._posts = [self._post(device, plays.kiosk, place, mounted) for device, place, mounted in places]
        devices = tuple(post.role.device for post in self._posts)
        self._hubs = Hubs(
            Role(
                self._cast,
                0,
                folder / "hub",
                folder / "hub.log",
                self._broker.port,
                0,
                spite,
                jumps_s=JUMPS_S,
                devices=devices,
            ),
            plays.hub,
            workers,
        )

    @property
    def acknowledged(self) -> int:
        """How many parts were acknowledged so far."""
        return sum(len(post.ledger.acknowledged) for post in self._posts)

    @property
    def delivered(self) -> int:
        """How many of them their kiosks take for delivered by now."""
        return self.acknowledged - sum(unsettled(post.role.outbox)[0] for post in self._posts)

    def rage(self, seconds: float, say: Callable[[str], None], least: int = 0) -> None:
        """One fault after the other for so long, and on until there were `least` kills.

        And until something was acknowledged: a machine may be slow.
        """
        ends = time.monotonic() + seconds
        impossible = set() if self._posts[1].disk else {"power", "full"}
        impossible |= set() if self._hubs.has_server else {"server"}
        kinds = [kind for kind in FAULTS if kind not in impossible]
        while (
            (left := ends - time.monotonic()) > 0
            or self.result.kills < least
            or (not self.acknowledged and left > -PATIENCE_S)
        ):
            self._wait(self._rng.uniform(*PAUSE_S))
            (kind,) = self._rng.choices(kinds, [FAULTS[kind] for kind in kinds])
            self.result.faults[kind] += self._strike(kind)
            if sum(self.result.faults.values()) % SAY_EVERY == 0:
                say(self._words())

    def make_peace(
        self, say: Callable[[str], None], quiet_s: float = QUIET_S, still_s: float = math.inf
    ) -> None:
        """No more faults: wait until the outboxes are settled, at most `quiet_s`; then compare.

        `still_s`: it is also enough that all was sent, or some of it since, and nothing changes any more for so long.
        """
        began = time.monotonic()
        for post in self._posts:
            post.end()
            post.link.mend()
        self._hubs.make_peace()
        time.sleep(HEAD_START_S)
        for post in self._posts:
            post.start(self._rng, peace=True)
        self._await_settled(began + quiet_s, still_s, say)
        self.result.quiet_s = round(time.monotonic() - began, 1)
        for post in self._posts:
            post.end()
            self._compare(post)
        self._hubs.listen()
        self.result.fates += self._hubs.fates

    def _await_settled(self, ends: float, still_s: float, say: Callable[[str], None]) -> None:
        before, since, moves = (-1, -1), time.monotonic(), 0
        while time.monotonic() < ends:
            left = [unsettled(post.role.outbox) for post in self._posts]
            waiting, unanswered = (sum(column) for column in zip(*left, strict=True))
            if (waiting, unanswered) != before:
                before, since, moves = (waiting, unanswered), time.monotonic(), moves + 1
            still = (moves > 1 or not waiting) and time.monotonic() - since > still_s
            if still or not waiting + unanswered:
                return
            say(f"quiet: {waiting} parts still wait, {unanswered} held probes lack their answer")
            self._wait(2.0)

    def close(self) -> None:
        """End everything that was started."""
        for post in self._posts:
            post.end()
            post.link.close()
        self._hubs.end()
        self._broker.kill()

    def _strike(self, kind: str) -> bool:
        return {
            "kiosk": self._kill_kiosk,
            "hub": self._kill_hub,
            "server": self._hubs.crash_server,
            "broker": self._kill_broker,
            "cut": self._cut_link,
            "power": self._cut_power,
            "full": self._fill_disk,
        }[kind]()

    def _post(self, device: int, play: Play, place: Path, disk: Disk | None) -> Post:
        place.mkdir(exist_ok=True)
        log = place.parent / f"kiosk-{device}.log"
        return Post(Role(self._cast, device, place, log, 0, 0, self._spite), play, self._broker.port, disk)

    def start(self) -> None:
        """Start everybody. Raises NotReady."""
        self._broker.start()
        self._hubs.start()
        for post in self._posts:
            post.start(self._rng)

    def _wait(self, seconds: float) -> None:
        """Let time pass; who gave up by himself is started again, as systemd would."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            for post in self._posts:
                post.listen()
                if not post.actor.runs:
                    self.result.given_up += 1
                    post.end()
                    post.start(self._rng)
            self._hubs.listen()
            self.result.given_up += self._hubs.look_after()
            time.sleep(min(0.05, left))

    def _kill_kiosk(self) -> bool:
        post = self._rng.choice(self._posts)
        lived = post.end()
        post.start(self._rng)
        return lived

    def _kill_hub(self) -> bool:
        return self._hubs.kill_one(self._rng)

    def _kill_broker(self) -> bool:
        lived = self._broker.kill()
        self._wait(self._rng.uniform(0, 0.2))
        self._broker.start()
        return lived

    def _cut_link(self) -> bool:
        post = self._rng.choice(self._posts)
        post.link.cut()
        self._wait(self._rng.uniform(0.05, 0.5))
        if self._rng.random() < 0.5:
            post.link.mend()
        else:
            post.link.mend_for(self._rng.randint(2000, 100_000))
            self._wait(self._rng.uniform(0.1, 0.5))
            post.link.mend()
        return True

    def _cut_power(self) -> bool:
        post = self._posts[1]
        post.end(cut_power=True)
        post.start(self._rng)
        return True

    def _fill_disk(self) -> bool:
        disk = self._posts[1].disk
        if disk is None:
            return False
        filler = disk.fill()
        if self._rng.random() < 0.5:
            self._posts[1].end()
            self._posts[1].start(self._rng)
        self._wait(self._rng.uniform(0.3, 1.5))
        filler.unlink()
        return True

    def _compare(self, post: Post) -> None:
        device = post.role.device
        up, down = self._cast.opener(device, 0), self._cast.opener(0, device)
        kept = self._folder / f"kept-{device}"
        kept.mkdir()
        rest, held = read_outbox(post.role.outbox, up, kept), self._hubs.read(device, up)
        self.result.found.add(check_path(post.ledger, rest, held.rows))
        self.result.found.add(check_answers(post.ledger, rest, held, down))
        self.result.fates += post.ledger.fates
        self.result.raced += post.ledger.raced
        self.result.refused += post.ledger.refused

    def _words(self) -> str:
        done = ", ".join(f"{count} {kind}" for kind, count in sorted(self.result.faults.items()))
        return f"faults so far: {done}; {self.acknowledged} parts acknowledged"
