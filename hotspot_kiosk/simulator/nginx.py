"""A real nginx on a loopback port that serves bundles over HTTPS by ranges and counts what it sent: the bureau's file server.

Ends the process that it started, by its handle.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from hotspot_kiosk.errors import Temporary
from hotspot_kiosk.simulator.broker import Files, free_port

START_S = 60.0
CONFIG = """\
{user}daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  log_format bytes '$status $body_bytes_sent $http_range';
  access_log {folder}/access.log bytes;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {pki}/broker.pem;
    ssl_certificate_key {pki}/broker.key;
    ssl_protocols TLSv1.3;
    root {folder}/www;
  }}
}}
"""


class NoServer(Temporary):
    """nginx is not installed or did not start."""


def find() -> str | None:
    """Where nginx is; Debian keeps it out of a plain user's PATH."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Nginx:
    """A context manager. `put` a file, fetch it from `url`, ask what was `sent`."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.port = free_port()
        self._folder = folder
        (folder / "www").mkdir(parents=True)
        user = "user root;\n" if os.geteuid() == 0 else ""
        words = {"user": user, "folder": folder, "port": self.port, "pki": files.folder}
        (folder / "nginx.conf").write_text(CONFIG.format(**words))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Nginx:
        program = find()
        if program is None:
            raise NoServer("nginx is not installed: apt-get install nginx-light")
        with (self._folder / "out.log").open("ab") as log:
            command = [program, "-c", str(self._folder / "nginx.conf"), "-e", str(self._folder / "error.log")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        ends = time.monotonic() + START_S
        while not _listens(self.port):
            if self._process.poll() is not None or time.monotonic() > ends:
                raise NoServer(f"nginx did not start: {(self._folder / 'error.log').read_text()[-300:]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_S)

    def put(self, name: str, content: bytes) -> str:
        """Serve a file; its URL."""
        (self._folder / "www" / name).write_bytes(content)
        return f"https://127.0.0.1:{self.port}/{name}"

    def sent(self) -> tuple[int, int]:
        """Answers that were parts of a file, and all bytes of files that were sent."""
        log = self._folder / "access.log"
        lines = [line.split(" ", 2) for line in log.read_text().splitlines()] if log.exists() else []
        return sum(status == "206" for status, *_ in lines), sum(int(sent) for _, sent, *_ in lines)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
