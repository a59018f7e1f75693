"""MQTT 5 over TCP, with TLS when certificates are named. The only file that imports paho.

Every connection is a fresh paho client with a clean start, so paho never resends on its own and
keeps no queue worth losing; what to resend is decided by whoever owns the record. QoS 1.
"""

from __future__ import annotations

import logging
import random
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hotspot_kiosk.errors import ConfigError, LinkDown
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Taken

log = logging.getLogger(__name__)
LARGEST = 256 << 10
PACKET_OVERHEAD = 64


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the broker is. `ca`, `certificate` and `key` (PEM files) together switch TLS 1.3 on."""

    host: str
    port: int = 1883
    keepalive_s: int = 60
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    retry_least_s: float = 0.5
    retry_most_s: float = 30.0


def build(options: Options) -> Mqtt:
    """A client, not yet connected. Raises ConfigError."""
    return Mqtt(options, _tls(options))


class Mqtt:
    """One MQTT client that reconnects, with growing pauses, until it is closed."""

    def __init__(self, options: Options, tls: ssl.SSLContext | None) -> None:
        self._options = options
        self._tls = tls
        self._closing = threading.Event()
        self._client: paho.Client | None = None
        self._thread: threading.Thread | None = None

    def open(self, name: str, topics: Sequence[str], on_event: Callable[[LinkEvent], None]) -> None:
        """Start connecting."""
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, args=(name, tuple(topics), on_event), name="mqtt")
        self._thread.start()

    def publish(self, topic: str, payload: bytes) -> int:
        """Send at QoS 1. Raises LinkDown."""
        client = self._client
        if client is None:
            raise LinkDown("there is no connection to the broker")
        sent = client.publish(topic, payload, qos=1)
        if sent.rc != paho.MQTT_ERR_SUCCESS:
            raise LinkDown("the connection to the broker was lost")
        return sent.mid

    def close(self) -> None:
        """Disconnect and stop."""
        self._closing.set()
        if self._client is not None:
            self._client.disconnect()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, name: str, topics: tuple[str, ...], on_event: Callable[[LinkEvent], None]) -> None:
        pause = self._options.retry_least_s
        said = ""
        while not self._closing.is_set():
            reason, stood = self._connection(name, topics, on_event)
            pause = self._options.retry_least_s if stood else min(pause * 2, self._options.retry_most_s)
            if reason != said and not self._closing.is_set():
                log.warning("no link to the broker: %s", reason)
            said = "" if stood else reason
            self._closing.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, hides nothing

    def _connection(
        self, name: str, topics: tuple[str, ...], on_event: Callable[[LinkEvent], None]
    ) -> tuple[str, bool]:
        """One connection from start to end: why it ended, and whether it ever stood."""
        one = _Connection(self._fresh_client(name), topics, on_event)
        try:
            one.client.connect(
                self._options.host, self._options.port, self._options.keepalive_s, clean_start=True
            )
            self._no_delay(one.client)
            self._client = one.client
            if self._closing.is_set():
                one.client.disconnect()
            one.client.loop_forever()
        except OSError as error:
            one.reason = str(error) or type(error).__name__
        except Exception as error:
            log.exception("the link's thread stumbled and goes on")
            one.reason = type(error).__name__
        finally:
            self._client = None
        if one.stood and not self._closing.is_set():
            on_event(LinkLost(one.reason))
        return one.reason, one.stood

    def _fresh_client(self, name: str) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        client.connect_timeout = 10.0
        if self._tls is not None:
            client.tls_set_context(self._tls)
        return client

    def _no_delay(self, client: paho.Client) -> None:
        sock = client.socket()
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Connection:
    """The callbacks of one paho client; each only hands an event on."""

    def __init__(
        self, client: paho.Client, topics: tuple[str, ...], on_event: Callable[[LinkEvent], None]
    ) -> None:
        self.client = client
        self.stood = False
        self.reason = "the connection was closed"
        self._topics = topics
        self._on_event = on_event
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        client.on_publish = self._taken

    def _connected(
        self,
        client: paho.Client,
        _data: object,
        _flags: paho.ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self.reason = f"the broker refused: {code}"
            return
        self.stood = True
        if self._topics:
            client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._topics])
        self._on_event(LinkUp(_largest(properties)))

    def _disconnected(
        self,
        _client: paho.Client,
        _data: object,
        _flags: paho.DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self.stood:
            self.reason = str(code)

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


def _largest(properties: Properties | None) -> int:
    stated = getattr(properties, "MaximumPacketSize", None) if properties is not None else None
    return min(LARGEST, int(stated)) - PACKET_OVERHEAD if stated else LARGEST


def _tls(options: Options) -> ssl.SSLContext | None:
    named = [path for path in (options.ca, options.certificate, options.key) if path is not None]
    if not named:
        return None
    if len(named) < 3:
        raise ConfigError("[link] TLS needs ca, certificate and key together")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(options.ca)
        context.load_cert_chain(named[1], named[2])
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"[link] the certificates cannot be used: {error}") from None
    return context
