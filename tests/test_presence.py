"""A hub that was away: what kiosks sent meanwhile is offered to it as soon as it says that it is there."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from making import DEVICE, STAMP, request, tcn
from mosquitto import Mosquitto

from hotspot_kiosk import contents, seal, wire
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.demo.stage import Folders, prepare
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.service import Hub
from hotspot_kiosk.keyring import Trust, load_private
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.link.uplink import Uplink
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.seal_answer import is_sealed_answer, reply_key
from hotspot_kiosk.terms import Answer, Part
from hotspot_kiosk.transports import mqtt
from hotspot_kiosk.transports.port import Arrived, LinkEvent

MODELS = Path(__file__).resolve().parents[1] / "models"


class Post:
    """A kiosk's outbox and uplink on a real broker, and a hub that can be stopped."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folders = Folders(folder / "d", MODELS)
        prepare(self._folders, port, port)
        self._own = load_private(self._folders.root / "kiosk" / "kiosk.key")
        self._trust = Trust(self._folders.root / "kiosk" / "peers")
        self.outbox = Outbox(folder / "outbox.db")
        self.answers: list[Answer] = []
        self.heard: list[LinkEvent] = []
        self.hub: Hub | None = None
        self._listener = mqtt.build(mqtt.Options(host="127.0.0.1", port=port))
        self._listener.open("listener", [wire.UP_FILTER], self.heard.append)
        self.uplink = Uplink(
            device=DEVICE,
            outbox=self.outbox,
            transport=mqtt.build(mqtt.Options(host="127.0.0.1", port=port)),
            own=self._own,
            trust=self._trust,
            orders=Orders(folder / "orders.json", DEVICE),
            clock=Clock(),
            on_answer=self.answers.append,
            on_link=lambda _: None,
            on_order=lambda _: None,
            on_quarantine=lambda *_: None,
            on_fault=lambda _: None,
            on_trouble=lambda *_: None,
        )
        self.uplink.start()

    def start_hub(self) -> None:
        """Build and run."""
        config = self._folders.hub_config
        self.hub = assembly.build(load(config, HubConfig), config.parent)
        self._thread = threading.Thread(target=self.hub.run)
        self._thread.start()

    def stop_hub(self) -> None:
        """Stop and wait."""
        if self.hub is not None:
            self.hub.stop()
            self._thread.join()
            self.hub = None

    def check(self, counter: int = 1) -> None:
        """A person's probe, as the kiosk's daemon stores it."""
        number = tcn(counter)
        content = contents.encode(request(counter), reply_key(self._own, number))
        probe = seal.seal(content, number, Part.PROBE, self._trust.ring.newest, self._own)
        self.outbox.put(number, STAMP, [(Part.PROBE, probe)])
        self.uplink.wake()

    def said(self) -> list[wire.Up]:
        """What the broker passed on from kiosks so far."""
        return [wire.decode_up(event.payload) for event in tuple(self.heard) if isinstance(event, Arrived)]

    def close(self) -> None:
        """End everything."""
        self.uplink.close()
        self._listener.close()
        self.stop_hub()
        self.outbox.close()


def until(done: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    ends = time.monotonic() + 60
    while not done():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def post(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Post]:
    """No hub runs yet."""
    made = Post(tmp_path, mosquitto.port)
    yield made
    made.close()


def test_a_probe_sent_while_no_hub_was_there_is_answered_once_one_comes(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """The broker took the probe and nobody heard it; the hub's first word has it offered again."""
    caplog.set_level(logging.INFO)
    post.check()
    until(lambda: any(isinstance(message, wire.Chunk) for message in post.said()))
    post.start_hub()
    until(lambda: bool(post.answers))
    assert "the hub is there again" in caplog.text
    assert sum(isinstance(message, wire.Chunk) for message in post.said()) > 1
    until(lambda: all(entry.state == "answered" for entry in post.outbox.entries()))


def test_an_answer_under_the_probes_key_is_its_receipt(post: Post) -> None:
    """Nothing but that answer came down, and the probe counts as held."""
    post.start_hub()
    post.check()
    until(lambda: all(entry.state == "answered" for entry in post.outbox.entries()))
    assert is_sealed_answer(post.outbox.sealed_answer(tcn()) or b"")
    assert [answer.tcr for answer in post.answers] == [tcn()]
    assert not post.uplink.ignored
