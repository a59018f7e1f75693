"""The hub's service over a real broker: garbage on every topic, crashes between commit and answer."""

import dataclasses
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from making import DEVICE, HUB, KIOSK, NOW, ROSTER, face_capture, face_template, keys, request, tcn, vote
from mosquitto import Mosquitto

from hotspot_kiosk import contents, nist, seal, wire
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.demo.stage import Folders, prepare
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.cases.casebook import Person
from hotspot_kiosk.hub.storage.store import GalleryEntry, PartKey
from hotspot_kiosk.keyring import load_private, load_public
from hotspot_kiosk.policy import Finding
from hotspot_kiosk.seal_answer import is_sealed_answer, open_answer, reply_key
from hotspot_kiosk.terms import Answer, AnswerType, Decision, FaceTemplate, Part, Tcn
from hotspot_kiosk.transports import mqtt
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkUp, Taken

MODELS = Path(__file__).resolve().parents[1] / "models"


class Desk:
    """A hub that runs, and a kiosk's client that speaks to it by hand."""

    def __init__(self, folders: Folders, port: int) -> None:
        self.folders = folders
        self.hub_key = load_private(folders.root / "hub" / "hub.key")
        self.kiosk_key = load_private(folders.root / "kiosk" / "kiosk.key")
        self.hub_public = load_public(folders.root / "kiosk" / "peers" / "hub.pub").keys()
        self.heard: SimpleQueue[LinkEvent] = SimpleQueue()
        self.came: SimpleQueue[LinkEvent] = SimpleQueue()
        self.client = mqtt.build(mqtt.Options(host="127.0.0.1", port=port))
        self.client.open("by hand", [wire.down_topic(DEVICE), wire.ALL_TOPIC], self._hear)
        self.until(LinkUp)
        self.client.publish(wire.ALL_TOPIC, b"to itself: it listens")
        self.came.get(timeout=60)
        self.start_hub()

    def _hear(self, event: LinkEvent) -> None:
        """What is for all kiosks is kept apart."""
        for_all = isinstance(event, Arrived) and event.topic == wire.ALL_TOPIC
        (self.came if for_all else self.heard).put(event)

    def start_hub(self) -> None:
        """Build and run; it listens once it said that it is there."""
        self.hub = assembly.build(load(self.folders.hub_config, HubConfig), self.folders.hub_config.parent)
        self._thread = threading.Thread(target=self.hub.run)
        self._thread.start()
        self.came.get(timeout=60)

    def stop_hub(self) -> None:
        """Stop and wait."""
        self.hub.stop()
        self._thread.join()

    def until(self, kind: type[LinkEvent]) -> LinkEvent:
        """The next event of a kind."""
        while True:
            event = self.heard.get(timeout=60)
            if isinstance(event, kind):
                return event

    def say(self, payload: bytes, topic: str = wire.up_topic(DEVICE)) -> None:
        """Publish anything, and wait until the broker has it."""
        self.client.publish(topic, payload)
        self.until(Taken)

    def send(self, content: bytes, part: Part = Part.PROBE, number: Tcn = tcn()) -> wire.Receipt:  # noqa: B008
        """A sealed part in one chunk; its receipt."""
        envelope = seal.seal(content, number, part, self.hub_public, self.kiosk_key)
        self.client.publish(
            wire.up_topic(DEVICE), wire.encode(wire.Chunk(number, part, len(envelope), 0, envelope))
        )
        arrived = self.until(Arrived)
        assert isinstance(arrived, Arrived)
        receipt = wire.decode_down(arrived.payload)
        assert isinstance(receipt, wire.Receipt)
        wire.verify_receipt(receipt, self.hub_public)
        return receipt

    def opened(self, receipt: wire.Receipt) -> Answer:
        """The answer that came with a receipt."""
        return contents.decode_answer(seal.open_envelope(receipt.answer, self.hub_public, self.kiosk_key))

    def close(self) -> None:
        """End both."""
        self.client.close()
        self.stop_hub()


@pytest.fixture
def running(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Desk]:
    """A hub on a real broker."""
    folders = Folders(tmp_path / "d", MODELS)
    prepare(folders, mosquitto.port, mosquitto.port)
    made = Desk(folders, mosquitto.port)
    yield made
    made.close()


def test_a_probe_is_answered_in_the_receipts_message(running: Desk) -> None:
    """Nobody is in the gallery: no hit."""
    answer = running.opened(running.send(contents.encode(request())))
    assert (answer.tcr, answer.tot, answer.decision) == (tcn(), AnswerType.SRE, Decision.NO_HIT)


def test_somebody_in_the_gallery_is_found_even_if_enrolled_later(running: Desk) -> None:
    """The gallery is looked at anew for each probe; a face alone is not enough for a match."""
    running.send(contents.encode(request()))
    stored = contents.encode_templates((face_template(),))
    running.hub._store.gallery.put(GalleryEntry("CASE-1", "2026", stored))
    again = contents.encode(request(2))
    answer = running.opened(running.send(again, number=tcn(2)))
    assert answer.decision in (Decision.UNDECIDED, Decision.POSSIBLE_MATCH)
    assert answer.candidates[0].reference == "CASE-1"


def test_who_was_referred_without_a_link_is_compared_again(running: Desk) -> None:
    """With each case that the kiosk named, also one that is here no more; the journal says what that gave."""
    running.hub._store.gallery.put(
        GalleryEntry("CASE-1", "2026", contents.encode_templates((face_template(),)))
    )
    referred = dataclasses.replace(request(), referred=("CASE-1", "CASE-9"))
    running.send(contents.encode(referred))
    running.send(contents.encode(request(2)), number=tcn(2))
    journal = running.folders.root / "hub" / "journal"
    told = "".join(file.read_text() for file in journal.glob("*.jsonl"))
    assert told.count(Deed.RECHECKED) == 2
    assert "reference CASE-1: face +" in told
    assert "reference CASE-9: nothing to compare here" in told


def test_a_referral_is_compared_again_once_however_often_its_probe_comes(running: Desk) -> None:
    """The hub was cut off before its answer: the probe is looked at anew, the journal's lines stay as many."""
    referred = dataclasses.replace(request(), referred=("CASE-1", "CASE-9"))
    content = contents.encode(referred)
    running.send(content)
    hub = running.hub
    for _ in range(3):
        hub._searcher.search(tcn(), b"digest", content)
    journal = running.folders.root / "hub" / "journal"
    told = "".join(file.read_text() for file in journal.glob("*.jsonl"))
    assert told.count(Deed.RECHECKED) == 2


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (wire.up_topic(DEVICE), b""),
        (wire.up_topic(DEVICE), b"\xff" * 1000),
        (wire.up_topic(DEVICE), b"\x00" * 260_000),
        ("u/0", wire.encode(wire.Ask())),
        ("u/nobody", wire.encode(wire.Ask())),
        ("u/99999", wire.encode(wire.Ask())),
        (wire.up_topic(DEVICE), wire.encode(wire.sign_got(tcn(1, 5), b"", KIOSK))),
        (wire.up_topic(DEVICE), wire.encode(wire.Answered(tcn(), b"from below"))),
    ],
)
def test_garbage_on_a_topic_is_counted_and_changes_nothing(running: Desk, topic: str, payload: bytes) -> None:
    """The hub goes on and answers the next honest probe."""
    running.say(payload, topic)
    assert running.opened(running.send(contents.encode(request()))).decision == Decision.NO_HIT
    assert len(running.hub._store.inbox.entries()) == 1


def test_a_probe_that_cannot_be_read_is_held_and_answered_with_an_error(running: Desk) -> None:
    """Nothing that a kiosk sealed and signed is thrown away, and the officer hears of it."""
    answer = running.opened(running.send(b"sealed nonsense"))
    assert (answer.tot, answer.decision) == (AnswerType.ERR, Decision.UNDECIDED)
    assert answer.note
    assert len(running.hub._store.inbox.entries()) == 1


def test_a_probe_of_another_record_inside_is_an_error(running: Desk) -> None:
    """The number inside must be the number outside."""
    assert running.opened(running.send(contents.encode(request(2)))).tot == AnswerType.ERR


def test_evidence_is_held_and_opens_as_it_was(running: Desk) -> None:
    """Damaged evidence, too: it is held and the log says that it cannot be exchanged."""
    file = nist.pack(request(), nist.Agency("XPO", "DEMO"))
    running.send(file, Part.EVIDENCE)
    held = running.hub._store.inbox.envelope(PartKey(DEVICE, tcn(), Part.EVIDENCE))
    assert seal.open_envelope(held or b"", running.kiosk_key.public(), running.hub_key) == file
    running.send(b"no such file", Part.EVIDENCE, tcn(2))


def test_a_probe_whose_answer_was_cut_off_is_answered_after_the_start(running: Desk) -> None:
    """A crash between commit and answer costs time, not the answer."""
    content = contents.encode(request())
    envelope = seal.seal(content, tcn(), "probe", running.hub_public, running.kiosk_key)
    running.hub._store.inbox.commit(PartKey(DEVICE, tcn(), Part.PROBE), envelope, running.hub._now())
    running.stop_hub()
    running.start_hub()
    running.say(wire.encode(wire.Ask()))
    arrived = running.until(Arrived)
    assert isinstance(arrived, Arrived)
    answered = wire.decode_down(arrived.payload)
    assert isinstance(answered, wire.Answered)
    assert answered.tcn == tcn()


def test_a_repeated_probe_that_nobody_lived_to_answer_gets_its_answer_with_the_receipt(running: Desk) -> None:
    """Another worker committed it and was killed: the kiosk's next try is enough."""
    content = contents.encode(request())
    envelope = seal.seal(content, tcn(), "probe", running.hub_public, running.kiosk_key)
    running.hub._store.inbox.commit(PartKey(DEVICE, tcn(), Part.PROBE), envelope, running.hub._now())
    chunk = wire.Chunk(tcn(), Part.PROBE, len(envelope), 0, envelope)
    running.client.publish(wire.up_topic(DEVICE), wire.encode(chunk))
    arrived = running.until(Arrived)
    assert isinstance(arrived, Arrived)
    receipt = wire.decode_down(arrived.payload)
    assert isinstance(receipt, wire.Receipt)
    assert running.opened(receipt).tcr == tcn()
    assert not running.hub._store.inbox.unanswered()


def test_a_kiosks_key_does_not_start_a_hub(running: Desk) -> None:
    """Nor a stranger's."""
    folders = running.folders
    config = folders.hub_config.read_text().replace("hub.key", "../kiosk/kiosk.key")
    folders.hub_config.write_text(config)
    with pytest.raises(ConfigError, match="kiosk's key"):
        assembly.build(load(folders.hub_config, HubConfig), folders.hub_config.parent)
    assert keys(0) == HUB
    assert KIOSK.owner == DEVICE


def test_a_probe_of_another_model_does_not_stop_the_hub(running: Desk) -> None:
    """A kiosk that was updated first, or a gallery of the old model: nothing to compare, no crash."""
    stored = contents.encode_templates((face_template(),))
    running.hub._store.gallery.put(GalleryEntry("CASE-1", "2026", stored))
    for number, vector in enumerate((face_template().vector[:64], face_template().vector), start=5):
        model = "test-face" if number == 5 else "another model"
        capture = face_capture()
        strange = dataclasses.replace(capture, template=FaceTemplate(model, vector))
        asked = dataclasses.replace(request(number), captures=(strange,))
        answer = running.opened(running.send(contents.encode(asked), number=tcn(number)))
        assert answer.decision is Decision.NO_HIT


def asked_with_key(running: Desk, counter: int = 1) -> tuple[bytes, bytes]:
    """The envelope of a probe that carries a reply key, and its digest."""
    content = contents.encode(request(counter), reply_key(running.kiosk_key, tcn(counter)))
    envelope = seal.seal(content, tcn(counter), "probe", running.hub_public, running.kiosk_key)
    return envelope, hashlib.sha256(envelope).digest()


def next_answer(running: Desk, digest: bytes, counter: int = 1) -> Answer:
    """What arrives next: an answer under the reply key, which is the receipt, too."""
    arrived = running.until(Arrived)
    assert isinstance(arrived, Arrived)
    message = wire.decode_down(arrived.payload)
    assert isinstance(message, wire.Answered)
    assert is_sealed_answer(message.envelope)
    assert len(arrived.payload) < 300
    plain = open_answer(message.envelope, tcn(counter), digest, running.hub_public, running.kiosk_key)
    return contents.decode_answer(plain)


def test_a_probe_with_a_reply_key_is_answered_under_it(running: Desk) -> None:
    """One small message, first and when the probe is repeated."""
    envelope, digest = asked_with_key(running)
    for _ in range(2):
        chunk = wire.Chunk(tcn(), Part.PROBE, len(envelope), 0, envelope)
        running.client.publish(wire.up_topic(DEVICE), wire.encode(chunk))
        assert next_answer(running, digest).decision is Decision.NO_HIT


def test_a_committed_probe_with_a_reply_key_is_answered_under_it_after_the_start(running: Desk) -> None:
    """The hub opens what it holds once more; no memory of it is needed."""
    envelope, digest = asked_with_key(running)
    running.hub._store.inbox.commit(PartKey(DEVICE, tcn(), Part.PROBE), envelope, running.hub._now())
    running.stop_hub()
    running.start_hub()
    assert next_answer(running, digest).tcr == tcn()


def test_a_reply_key_of_another_record_is_not_used(running: Desk) -> None:
    """The probe inside belongs elsewhere: the kiosk could not open that."""
    content = contents.encode(request(2), reply_key(running.kiosk_key, tcn(2)))
    assert running.opened(running.send(content)).tot == AnswerType.ERR


def test_what_another_process_adds_to_a_case_is_told_at_once(running: Desk) -> None:
    """Its bell rings; the hub's clock stands still, so that no look of its own would ever find it due."""
    running.hub._store.gallery.put(
        GalleryEntry("CASE-1", "2026", contents.encode_templates((face_template(),)))
    )
    first = running.opened(running.send(contents.encode(request())))
    running.hub._now = lambda: NOW
    book = assembly.open_book(load(running.folders.hub_config, HubConfig), running.folders.hub_config.parent)
    book._roster = running.hub._book._roster = lambda: ROSTER
    for officer in ("k7", "k8"):
        vote(book, tcn(), "CASE-1", Person(officer), Finding.REFUTE, "other ears")
    arrived = running.until(Arrived)
    assert isinstance(arrived, Arrived)
    told = wire.decode_down(arrived.payload)
    assert isinstance(told, wire.Answered)
    plain = seal.open_envelope(told.envelope, running.hub_public, running.kiosk_key)
    second = contents.decode_answer(plain)
    assert (second.tcr, second.edition) == (first.tcr, first.edition + 1)
