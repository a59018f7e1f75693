"""The responder behind HTTPS with both sides' certificates, on loopback.

POST /searches and /outcomes, GET /answers, GET and DELETE /answers/NAME; 429 when too many searches come, 503 in an
outage, each with Retry-After. Without a certificate that it trusts, a caller does not get through TLS.
"""

from __future__ import annotations

import json
import math
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist import MAX_XML
from hotspot_kiosk.simulator.biohub import BioHub

HANDSHAKE_S = 10.0


@dataclass(frozen=True, slots=True)
class Papers:
    """Files, PEM: the server's certificate and key, and the CA that signed its callers'."""

    certificate: Path
    key: Path
    callers: Path


class Server(ThreadingHTTPServer):
    """Listens on loopback; `port` 0 takes a free one. allowed: callers' common names, empty for all that CA signed."""

    daemon_threads = True

    def __init__(self, port: int, papers: Papers, responder: BioHub, allowed: frozenset[str] = frozenset()):
        self.responder = responder
        self.allowed = allowed
        self.guard = threading.Lock()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.load_cert_chain(papers.certificate, papers.key)
        self._context.load_verify_locations(papers.callers)
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        """TLS in the connection's own thread: one that stalls holds up nobody."""
        request.settimeout(HANDSHAKE_S)
        try:
            wrapped = self._context.wrap_socket(request, server_side=True)
        except OSError:
            return
        with wrapped:
            _Handler(wrapped, client_address, self)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that breaks off in the middle is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    connection: ssl.SSLSocket
    timeout = 60.0

    def do_POST(self) -> None:
        """A search, or what became of a hit."""
        size = int(self.headers.get("Content-Length") or 0)
        if not 0 < size <= MAX_XML:
            self.close_connection = True
            self._say(413)
            return
        content = self.rfile.read(size)
        with self.server.guard:
            self._say(*(self._outcome(content) if self.path == "/outcomes" else self._search(content)))

    def do_GET(self) -> None:
        """The list of answers, or one."""
        with self.server.guard:
            due = {each.name: each.content for each in self.server.responder.waiting()}
            if self._away():
                return
            name = self.path.removeprefix("/answers/")
            if self.path == "/answers":
                self._say(200, json.dumps(list(due)).encode())
            elif name in due:
                self._say(200, due[name])
            else:
                self._say(404)

    def do_DELETE(self) -> None:
        """An answer is kept there."""
        with self.server.guard:
            if not self._away():
                self.server.responder.forget(self.path.removeprefix("/answers/"))
                self._say(204)

    def log_message(self, *_: object) -> None:
        """Nothing: tests and the command say what matters."""

    def _search(self, content: bytes) -> tuple[int, bytes, float]:
        responder = self.server.responder
        if self.path != "/searches" or not self.headers.get("Idempotency-Key"):
            return 400, b"", 0.0
        if not self._may():
            return 403, b"", 0.0
        wait_s = responder.closed_s()
        if wait_s:
            return (503 if responder.away else 429), b"", wait_s
        try:
            tcn = responder.take(content)
        except BadBytes:
            return 422, b"", 0.0
        return (202 if tcn == self.headers["Idempotency-Key"] else 409), b"", 0.0

    def _outcome(self, content: bytes) -> tuple[int, bytes, float]:
        if not self._may():
            return 403, b"", 0.0
        if self.server.responder.away:
            return 503, b"", self.server.responder.closed_s()
        try:
            self.server.responder.take_outcome(content, self.headers.get("Idempotency-Key") or "")
        except BadBytes:
            return 422, b"", 0.0
        return 202, b"", 0.0

    def _away(self) -> bool:
        away = self.server.responder.away
        if not self._may():
            self._say(403)
            return True
        if away:
            self._say(503, wait_s=self.server.responder.closed_s())
        return away

    def _may(self) -> bool:
        subject: Any = (self.connection.getpeercert() or {}).get("subject", ())
        names = {value for part in subject for key, value in part if key == "commonName"}
        return not self.server.allowed or bool(names & self.server.allowed)

    def _say(self, status: int, body: bytes = b"", wait_s: float = 0.0) -> None:
        self.send_response(status)
        if wait_s:
            self.send_header("Retry-After", str(math.ceil(wait_s)))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
