"""The bureau's side: one hub over SQLite, or several workers over PostgreSQL, each of which can be killed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from hotspot_kiosk.demo.postgres import Postgres
from hotspot_kiosk.torture import actors
from hotspot_kiosk.torture.actors import Role
from hotspot_kiosk.torture.checker import Keys, read_hub
from hotspot_kiosk.torture.ledger import Key
from hotspot_kiosk.torture.stage import Actor


class Hubs:
    """Without `workers` there is one hub over SQLite."""

    def __init__(self, role: Role, workers: int = 0) -> None:
        self._server = Postgres() if workers else None
        self._role = replace(role, dsn=self._server.dsn()) if self._server else role
        self._actors = [Actor(actors.hub) for _ in range(workers or 1)]

    def start(self) -> None:
        """Start all."""
        if self._server is not None:
            self._server.start()
        for actor in self._actors:
            actor.start(self._role)

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

    def kill_one(self, rng: random.Random) -> None:
        """SIGKILL to one of them, and start it again."""
        self._restart(rng.choice(self._actors))

    def crash_server(self) -> None:
        """The database dies in the middle of everything and recovers."""
        if self._server is not None:
            self._server.crash()
            self._server.start()

    def look_after(self) -> int:
        """Start those again that ended by themselves; returns how many."""
        ended = [actor for actor in self._actors if not actor.runs]
        for actor in ended:
            self._restart(actor)
        return len(ended)

    def make_peace(self) -> None:
        """Start all of them again, with nobody meddling."""
        self._role = replace(self._role, spite=0.0)
        for actor in self._actors:
            self._restart(actor)

    def read(self, device: int, keys: Keys) -> tuple[list[tuple[Key, str]], Counter[str]]:
        """What is held of a device, and its answers by TCN; read past the code under test."""
        if self._server is None:
            return read_hub(self._role.hub_file, device, keys)
        held = self._server.ask(
            f"SELECT tcn, part, encode(envelope, 'hex') FROM inbox WHERE device = {device}"
        )
        answers = self._server.ask(f"SELECT tcn FROM answer WHERE device = {device}")
        rows = [((tcn, part), keys.digest(bytes.fromhex(data))) for tcn, part, data in held]
        return rows, Counter(tcn for (tcn,) in answers)

    def _restart(self, actor: Actor) -> None:
        actor.kill()
        actor.hang_up()
        actor.start(self._role)
