"""The bureau's side: one hub over SQLite, or several workers over PostgreSQL, each of which can be killed."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace

from hotspot_kiosk.demo.postgres import Postgres
from hotspot_kiosk.torture import checker_hub
from hotspot_kiosk.torture.actors import Role
from hotspot_kiosk.torture.checker import Held
from hotspot_kiosk.torture.ledger import Ledger
from hotspot_kiosk.torture.opening import Opener
from hotspot_kiosk.torture.stage import Actor, NotReady, Play

START_S = 60.0


class Hubs:
    """Without `workers` there is one hub over SQLite."""

    def __init__(self, role: Role, play: Play, workers: int = 0) -> None:
        self._server = Postgres() if workers else None
        self._role = replace(role, dsn=self._server.dsn()) if self._server else role
        self._actors = [Actor(play) for _ in range(workers or 1)]
        self._ledger = Ledger()

    def start(self) -> None:
        """Start all, and put the checker's witness into their database. Raises NotReady."""
        if self._server is not None:
            self._server.start()
        for number, actor in enumerate(self._actors):
            actor.start(replace(self._role, seed=number))
        ends = time.monotonic() + START_S
        while not self._watch():
            if time.monotonic() > ends:
                raise NotReady("the hub made no tables")
            time.sleep(0.05)

    @property
    def fates(self) -> Counter[str]:
        """What befell messages and clocks on this side."""
        return self._ledger.fates

    def listen(self) -> None:
        """Take in what they say."""
        for actor in self._actors:
            if actor.pipe is not None:
                self._ledger.drain(actor.pipe)

    def end(self) -> None:
        """End all that was started."""
        for actor in self._actors:
            actor.kill()
            actor.hang_up()
        if self._server is not None:
            self._server.remove()

    @property
    def has_server(self) -> bool:
        """Whether there is a database server that can crash, too."""
        return self._server is not None

    def kill_one(self, rng: random.Random) -> bool:
        """SIGKILL to one of them, and start it again; returns whether it lived."""
        return self._restart(rng.choice(self._actors))

    def crash_server(self) -> bool:
        """The database dies in the middle of everything and recovers."""
        if self._server is None:
            return False
        self._server.crash()
        self._server.start()
        return True

    def look_after(self) -> int:
        """Start those again that ended by themselves; returns how many."""
        ended = [actor for actor in self._actors if not actor.runs]
        for actor in ended:
            self._restart(actor)
        return len(ended)

    def make_peace(self) -> None:
        """Start all of them again, with nobody meddling."""
        self._role = replace(self._role, spite=0.0, jumps_s=0.0)
        for actor in self._actors:
            self._restart(actor)

    def read(self, device: int, opener: Opener) -> Held:
        """What is held of a device; read past the code under test."""
        if self._server is None:
            return checker_hub.read_sqlite(self._role.hub_file, device, opener)
        return checker_hub.read_postgres(self._server, device, opener)

    def _watch(self) -> bool:
        if self._server is None:
            return checker_hub.watch_sqlite(self._role.hub_file)
        return checker_hub.watch_postgres(self._server)

    def _restart(self, actor: Actor) -> bool:
        lived = actor.kill()
        self.listen()
        actor.hang_up()
        self._role = replace(self._role, seed=self._role.seed + 10)
        actor.start(self._role)
        return lived
