"""The fleet's page and its metrics over HTTP, for this machine only unless the config says otherwise. Off by default.

GET of two paths and nothing else. A name that is not ours opens nothing, so that no web page elsewhere can read it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hotspot_kiosk.errors import ConfigError, HotspotError

Content = tuple[str, bytes]
NAMES = ("localhost", "127.0.0.1", "[::1]")
HEADS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class FleetHttp:
    """Serves from `start` to `close`. pages: by path, what makes the content's type and bytes."""

    def __init__(self, listen: str, pages: Mapping[str, Callable[[], Content]]) -> None:
        """listen: address and port. Raises ConfigError if it cannot be listened to."""
        address, _, port = listen.rpartition(":")
        try:
            self._server = _Server((address.strip("[]"), int(port)), _Handler)
        except (OSError, ValueError, OverflowError) as error:
            raise ConfigError(f"[fleet] listen = {listen} cannot be used: {error}") from None
        self._server.pages, self._server.names = pages, (*NAMES, address)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="fleet page")

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pages: Mapping[str, Callable[[], Content]] = {}
    names: Sequence[str] = ()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "hotspot", ""
    timeout = 10

    def do_GET(self) -> None:
        """The page, or why not."""
        if self.headers.get("Host", "").rpartition(":")[0] not in self.server.names:
            self._say(421, ("text/plain", b"this hub has another name"))
        elif self.path not in self.server.pages:
            self._say(404, ("text/plain", b"no such page"))
        else:
            self._make(self.server.pages[self.path])

    def _make(self, make: Callable[[], Content]) -> None:
        try:
            content = make()
        except HotspotError as error:
            self._say(503, ("text/plain; charset=utf-8", str(error).encode()))
            return
        self._say(200, content)

    def _say(self, status: int, content: Content) -> None:
        self.send_response(status)
        for head, value in {**HEADS, "Content-Type": content[0]}.items():
            self.send_header(head, value)
        self.send_header("Content-Length", str(len(content[1])))
        self.end_headers()
        self.wfile.write(content[1])

    def log_message(self, *_args: object) -> None:
        """Who looks is not written down."""
