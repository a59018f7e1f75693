"""The server that bundles are streamed from, as the far end of a kiosk's wire: HTTPS with ranges, and a count of what left.

It serves one folder and knows nothing of kiosks. What it counts are the bytes of its answers' bodies, file by file.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

RANGE = re.compile(r"bytes=(\d+)-(\d*)")
PIECE = 64 << 10


class _Server(ThreadingHTTPServer):
    """Which folder it serves, and who counts."""

    daemon_threads = True

    def __init__(self, folder: Path, count: Callable[[str, int], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.count = folder, count


class _Handler(BaseHTTPRequestHandler):
    """One connection; it may ask many times."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """A file, or a part of one."""
        if (found := self._found()) is None:
            return
        path, begin, end = found
        self.server.count(path.name, 0)
        with path.open("rb") as source:
            source.seek(begin)
            self._copy(source, path.name, end - begin)

    def do_HEAD(self) -> None:
        """How large it is."""
        self._found()

    def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - the base class's name
        """What was asked is counted, not printed."""

    def _found(self) -> tuple[Path, int, int] | None:
        """The part that is asked for, when the answer's head has left; None if the answer was no."""
        path = self.server.folder / Path(self.path).name
        if not path.is_file():
            self.send_error(404)
            return None
        size = path.stat().st_size
        part = span(self.headers.get("Range"), size)
        if part is None:
            self.send_error(416)
            return None
        self._begin(*part, size)
        return path, *part

    def _begin(self, begin: int, end: int, size: int) -> None:
        whole = "Range" not in self.headers
        self.send_response(200 if whole else 206)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - begin))
        if not whole:
            self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
        self.end_headers()

    def _copy(self, source: BinaryIO, name: str, length: int) -> None:
        """Counted before it leaves: whoever has read it finds it counted. Ends when the other end hangs up."""
        while length:
            piece = source.read(min(PIECE, length))
            self.server.count(name, len(piece))
            try:
                self.wfile.write(piece)
            except OSError:
                self.close_connection = True
                return
            length -= len(piece)


class BundleServer:
    """Serves `folder` on a loopback port of its own, until `close`. certificate: PEM file of certificate and key."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        self.sent: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = _Server(folder, self.count)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # The handshake is the thread's that serves the connection: nobody who stalls in it holds up the others.
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="bundle server")
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def count(self, name: str, bytes_sent: int = 0) -> None:
        """So many bytes more of this file leave; none: it was asked for once more."""
        with self._lock:
            self.sent[name] += bytes_sent
            self.asked[name] += not bytes_sent

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def span(asked: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last of what a Range header asks for; None: it cannot be met."""
    if asked is None:
        return 0, size
    found = RANGE.fullmatch(asked.strip())
    if found is None:
        return None
    begin, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    return (begin, end) if begin < end else None
