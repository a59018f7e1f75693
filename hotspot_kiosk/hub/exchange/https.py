"""A partner behind HTTPS with both sides' certificates: the template for a national system.

POST {url}/searches with `Idempotency-Key: TCN`; GET {url}/answers lists the names of what waits, GET and
DELETE {url}/answers/NAME fetch and acknowledge one; POST {url}/outcomes tells what became of a hit. `Retry-After` is heeded. Nothing is ever redirected.
"""

from __future__ import annotations

import http.client
import math
import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from hotspot_kiosk.errors import BadBytes, ConfigError, LinkDown, Refused
from hotspot_kiosk.hub.exchange.port import LARGEST_ANSWER, Incoming
from hotspot_kiosk.hub.exchange.shelf import Shelf
from hotspot_kiosk.outcome_report import OutcomeReport, encode
from hotspot_kiosk.terms import Tcn

NAME = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
LONGEST_LIST = 1 << 20
LONGEST_WAIT_S = 3600.0
UNSAID_WAIT_S = 5.0
BAD_FILE = (400, 409, 413, 415, 422)
NO_SUCH_PLACE = (404, 405, 410, 501)
LATER = (408, 425, 429, 500, 502, 503, 504)


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """url: of the system, https only. ca: who signs its certificate. certificate, key: our own, PEM."""

    state: Path
    url: str
    ca: Path
    certificate: Path
    key: Path
    timeout_s: float = 20.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.username:
            raise ValueError('url must be of the form "https://host/path"')
        if not 1 <= self.timeout_s <= 300:
            raise ValueError("timeout_s must be 1 to 300")


def build(options: Options) -> HttpsExchange:
    """From its config. Raises ConfigError if a certificate cannot be used."""
    return HttpsExchange(options, time.monotonic, time.time)


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes = field(repr=False)
    retry_after: str


class HttpsExchange:
    """See `Exchange`. clock: steady seconds; now: seconds since 1970, for a Retry-After that names a date."""

    def __init__(self, options: Options, clock: Callable[[], float], now: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._now = now
        self._shelf = Shelf(options.state)
        self._context = _context(options)
        self._connection: http.client.HTTPSConnection | None = None
        self._not_before = -math.inf

    def send(self, tcn: Tcn, content: bytes) -> None:
        """Post it under its control number; the other side takes the same number once."""
        headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": str(tcn)}
        reply = self._ask("POST", "searches", content, headers)
        if reply.status in BAD_FILE:
            raise BadBytes(f"the partner does not take this file (HTTP {reply.status})")
        _check(reply, 200, 201, 202)

    def report(self, report: OutcomeReport) -> None:
        """Post it under its name; the other side takes the same name once."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": report.name}
        reply = self._ask("POST", "outcomes", encode(report), headers)
        if reply.status in (*BAD_FILE, *NO_SUCH_PLACE):
            raise BadBytes(f"the partner does not take outcomes (HTTP {reply.status})")
        _check(reply, 200, 201, 202, 204)

    def collect(self) -> Iterator[Incoming]:
        """What waits there, in the order in which the other side names it."""
        reply = self._ask("GET", "answers", limit=LONGEST_LIST)
        _check(reply, 200)
        try:
            names = msgspec.json.decode(reply.body, type=list[str])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise LinkDown("the partner's list of answers cannot be read; it is asked for again") from None
        for name in filter(NAME.fullmatch, names):
            found = self._ask("GET", f"answers/{name}")
            if found.status != 404:  # another worker was here meanwhile
                _check(found, 200)
                yield Incoming(name, found.body)

    def done(self, incoming: Incoming) -> None:
        """Acknowledge it; that it is gone already is as good."""
        _check(self._ask("DELETE", f"answers/{incoming.name}"), 200, 202, 204, 404, 410)

    def set_aside(self, incoming: Incoming, why: str) -> None:
        """Keep it on the shelf here and acknowledge it there."""
        self._shelf.put_aside(incoming, why)
        self.done(incoming)

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        limit: int = LARGEST_ANSWER,
    ) -> _Reply:
        """One exchange of messages. Raises LinkDown if there is none, or none is wanted yet."""
        left_s = self._not_before - self._clock()
        if left_s > 0:
            raise LinkDown(f"the partner asked for patience, {left_s:.0f} s more")
        try:
            reply = self._talk(method, path, body, headers or {}, limit)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise LinkDown(f"the partner cannot be reached: {error or type(error).__name__}") from None
        if reply.status in LATER:
            self._not_before = self._clock() + wait_s(reply.retry_after, self._now())
            raise LinkDown(f"the partner asks for patience (HTTP {reply.status})")
        return reply

    def _talk(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], limit: int
    ) -> _Reply:
        parts = urlsplit(self._options.url)
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=self._options.timeout_s, context=self._context
            )
        self._connection.request(method, f"{parts.path.rstrip('/')}/{path}", body, headers)
        response = self._connection.getresponse()
        content = response.read(limit + 1)
        if len(content) > limit or response.will_close:
            self.close()
        if len(content) > limit:
            raise http.client.HTTPException("it sends more than any answer holds")
        return _Reply(response.status, content, response.getheader("Retry-After") or "")

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def wait_s(told: str, now: float) -> float:
    """Retry-After as seconds, or a date from which `now` is taken (RFC 9110, 10.2.3); at most an hour.

    A few seconds if it says nothing that can be read.
    """
    if told.isascii() and told.isdigit():
        seconds = float(told[:9])
    else:
        try:
            seconds = parsedate_to_datetime(told).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            seconds = UNSAID_WAIT_S
    return min(max(seconds, 0.0), LONGEST_WAIT_S)


def _check(reply: _Reply, *fine: int) -> None:
    """Raises Refused unless the status is one of these."""
    if reply.status not in fine:
        raise Refused(f"the partner does not let this hub in (HTTP {reply.status}); speak to its operators")


def _context(options: Options) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(options.ca)
        context.load_cert_chain(options.certificate, options.key)
    except (OSError, ValueError) as error:
        raise ConfigError(f"[exchange] the certificates cannot be used: {error}") from None
    return context
