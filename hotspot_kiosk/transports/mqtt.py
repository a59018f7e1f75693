"""MQTT 5 over TCP, with TLS when certificates are named. The only file that imports paho.

Every connection is a fresh paho client with a clean start, so paho never resends on its own and
keeps no queue worth losing; what to resend is decided by whoever owns the record. QoS 1. All
reading and writing happens in one thread: TLS sockets must not be shared by two.

To spare round trips, CONNECT, SUBSCRIBE and the first messages leave right behind the handshake
(MQTT 5, 3.1.4). A connection that ends before the broker accepted it makes the next one wait.
"""

from __future__ import annotations

import logging
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hotspot_kiosk.errors import ConfigError, LinkDown
from hotspot_kiosk.transports import tls
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Taken

log = logging.getLogger(__name__)
LARGEST = 256 << 10
FIRST_LARGEST = 16 << 10
PACKET_OVERHEAD = 64
STEADY_S = 0.8  # a connection that ended sooner does not shorten the pause before the next
RANGES = (
    ("port", 1, 65535),
    ("keepalive_s", 5, 65535),
    ("connect_s", 0.1, 600),
    ("dead_s", 0.1, 3600),
    ("retry_least_s", 0.01, 3600),
    ("retry_most_s", 0.01, 86400),
)


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the broker is. `ca`, `certificate` and `key` (PEM files) together switch TLS 1.3 on.

    keepalive_s: an idle link costs a ping (170 bytes with all headers) this often. A dead link is
    noticed sooner when there is something to say: whatever stays unacknowledged for `dead_s` ends
    the connection, and one that the broker has not accepted `connect_s` after the handshake ends too.
    group: the TLS key exchange; X25519 keeps the first flight small. pipelined: see the module.
    anonymous: `ca` alone, for the listener that renews certificates and asks for none.
    floor, floor_file, epoch, synchronised: times that are surely past, and the sign of a clock that
    was set; a kiosk names its own two files by itself. See tls.Floor.
    """

    host: str
    port: int = 1883
    keepalive_s: int = 300
    connect_s: float = 30.0
    dead_s: float = 90.0
    pipelined: bool = True
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    anonymous: bool = False
    group: str = "X25519"
    floor: str | None = None
    floor_file: Path | None = None
    epoch: Path = tls.EPOCH
    synchronised: Path | None = None
    retry_least_s: float = 0.5
    retry_most_s: float = 30.0

    def __post_init__(self) -> None:
        if not self.host.strip():
            raise ValueError("host must name the broker")
        for key, least, most in RANGES:
            if not least <= getattr(self, key) <= most:
                raise ValueError(f"{key} must be {least} to {most}")
        if self.retry_least_s > self.retry_most_s:
            raise ValueError("retry_least_s must not be more than retry_most_s")


def build(options: Options) -> Mqtt:
    """A client, not yet connected. Raises ConfigError."""
    return Mqtt(options)


class Mqtt:
    """One MQTT client that reconnects, with growing pauses, until it is closed."""

    def __init__(self, options: Options, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Raises ConfigError if the certificates cannot be used."""
        self._options = options
        self._now = now
        self._floor = tls.Floor(options.floor, options.floor_file, options.epoch, options.synchronised)
        self._clock_doubted = False
        self._fresh_tls()
        self._closing = threading.Event()
        self._client: paho.Client | None = None
        self._will: tuple[str, bytes] | None = None
        self._thread: threading.Thread | None = None
        self._pipelined = options.pipelined
        self._largest = FIRST_LARGEST

    def open(self, name: str, topics: Sequence[str], on_event: Callable[[LinkEvent], None]) -> None:
        """Start connecting."""
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, args=(name, tuple(topics), on_event), name="mqtt")
        self._thread.start()

    def publish(self, topic: str, payload: bytes) -> int:
        """Send at QoS 1. Raises LinkDown."""
        return self._send(topic, payload, retain=False)

    def post(self, topic: str, payload: bytes) -> int:
        """Send at QoS 1, to be retained by the broker. Raises LinkDown."""
        return self._send(topic, payload, retain=True)

    def bequeath(self, topic: str, payload: bytes) -> None:
        """The last will of the connections that come."""
        self._will = (topic, payload)

    def _send(self, topic: str, payload: bytes, retain: bool) -> int:
        client = self._client
        if client is None:
            raise LinkDown("there is no connection to the broker")
        sent = client.publish(topic, payload, qos=1, retain=retain)
        if sent.rc != paho.MQTT_ERR_SUCCESS:
            raise LinkDown("the connection to the broker was lost")
        return sent.mid

    def close(self) -> None:
        """Disconnect and stop."""
        self._closing.set()
        client = self._client
        if client is not None:
            client.disconnect()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, name: str, topics: tuple[str, ...], on_event: Callable[[LinkEvent], None]) -> None:
        pause = self._options.retry_least_s
        said = ""
        while not self._closing.is_set():
            began = time.monotonic()
            one = self._connection(name, topics, on_event)
            steady = one.stood and time.monotonic() - began >= STEADY_S
            pause = self._options.retry_least_s if steady else min(pause * 2, self._options.retry_most_s)
            if one.reason != said and not self._closing.is_set():
                log.warning("no link to the broker: %s", one.reason)
            said = "" if one.stood else one.reason
            self._closing.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, hides nothing

    def _connection(
        self, name: str, topics: tuple[str, ...], on_event: Callable[[LinkEvent], None]
    ) -> _Connection:
        """One connection from start to end."""
        one = _Connection(self._fresh_client(name), topics, on_event)
        try:
            self._connect(one)
            one.work(time.monotonic() + self._options.connect_s)
        except (OSError, ConfigError) as error:
            one.reason = str(error) or type(error).__name__
        except Exception as error:
            log.exception("the link's thread stumbled and goes on")
            one.reason = type(error).__name__
        finally:
            self._client = None
            one.shut()
        if one.told:
            self._learn(one)
            if not self._closing.is_set():
                on_event(LinkLost(one.reason))
        return one

    def _connect(self, one: _Connection) -> None:
        options, client = self._options, one.client
        context = self._fresh_tls()
        if context is not None:
            client.tls_set_context(context)
        client.connect(options.host, options.port, options.keepalive_s, clean_start=True)
        self._tune(client.socket())
        self._client = client
        if self._closing.is_set():
            client.disconnect()
        one.begin(self._largest if self._pipelined else None)

    def _learn(self, one: _Connection) -> None:
        """What this connection taught about the broker, for the next one."""
        self._pipelined = self._options.pipelined and one.stood
        self._largest = one.largest or self._largest

    def _fresh_client(self, name: str) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        client.connect_timeout = self._options.connect_s
        if self._will is not None:
            client.will_set(*self._will, qos=1, retain=True)
        return client

    def _fresh_tls(self) -> ssl.SSLContext | None:
        """Made anew for every connection, so that a renewed certificate needs no restart."""
        options = self._options
        own = (options.certificate, options.key) if options.certificate and options.key else None
        if options.ca is None and options.certificate is None and options.key is None:
            return None
        if options.ca is None or (own is None) != options.anonymous:
            raise ConfigError("[link] TLS needs ca, certificate and key together")
        floor = self._floor.instead_of(self._now())
        if floor is not None and not self._clock_doubted:
            log.warning("the clock is not believed: certificates are held against %s", floor)
        self._clock_doubted = floor is not None
        return tls.context(options.ca, own, options.group, floor)

    def _tune(self, sock: object) -> None:
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._options.dead_s * 1000))


class _Connection:
    """One paho client and its callbacks, which only hand events on.

    told: somebody was told that the link is up. stood: the broker accepted it. largest: what this
    broker takes, once it said so.
    """

    def __init__(
        self, client: paho.Client, topics: tuple[str, ...], on_event: Callable[[LinkEvent], None]
    ) -> None:
        self.client = client
        self.told = self.stood = False
        self.largest: int | None = None
        self.reason = "the broker closed the connection before accepting it"
        self._topics = topics
        self._on_event = on_event
        self._announced = 0
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        client.on_publish = self._taken
        client.on_log = self._noted
        client.on_socket_register_write = _leave_it_to_the_loop

    def begin(self, largest: int | None) -> None:
        """Subscribe and say that the link is up, unless that has to wait for the broker."""
        if largest is not None:
            self._up(largest)

    def work(self, accepted_by: float) -> None:
        """Read and write until the end; gives up if the broker has not accepted by then."""
        while self.client.loop(1.0) == paho.MQTT_ERR_SUCCESS:
            if not self.stood and time.monotonic() > accepted_by:
                self.reason = "the broker did not accept the connection in time"
                break

    def _up(self, largest: int) -> None:
        if not self.told and self._topics:
            self.client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._topics])
        self.told = True
        self._announced = largest
        self._on_event(LinkUp(largest))

    def shut(self) -> None:
        """Give the sockets back, however far it came: without the ring through our callbacks paho's own go at once."""
        client = self.client
        sock = client.socket()
        if isinstance(sock, socket.socket):
            sock.close()
        client.on_connect = client.on_disconnect = client.on_message = client.on_publish = client.on_log = (
            None
        )

    def _connected(
        self,
        _client: paho.Client,
        _data: object,
        _flags: paho.ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self.reason = f"the broker refused: {code}"
            return
        self.stood = True
        self.reason = "the connection was lost"
        self.largest = _largest(properties)
        if not self.told or self.largest < self._announced:
            self._up(self.largest)

    def _disconnected(
        self,
        _client: paho.Client,
        _data: object,
        flags: paho.DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self.reason = f"the broker ended it: {code}"

    def _noted(self, _client: paho.Client, _data: object, level: int, words: str) -> None:
        """TLS alerts, such as a certificate that the broker refuses, come to light only here."""
        if level == paho.MQTT_LOG_ERR:
            self.reason = words

    def _arrived(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self._on_event(Arrived(message.topic, bytes(message.payload)))

    def _taken(
        self,
        _client: paho.Client,
        _data: object,
        mid: int,
        code: ReasonCode,
        _properties: Properties,
    ) -> None:
        if code.is_failure:
            log.warning("the broker would not take a message: %s", code)
        self._on_event(Taken(mid))


def _leave_it_to_the_loop(_client: paho.Client, _data: object, _sock: object) -> None:
    """With this callback set, paho never writes from the thread that publishes."""


def _largest(properties: Properties | None) -> int:
    stated = getattr(properties, "MaximumPacketSize", None) if properties is not None else None
    return min(LARGEST, int(stated)) - PACKET_OVERHEAD if stated else LARGEST
