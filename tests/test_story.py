"""The demo's story in one process: daemon, hub, sensor and people, against a real Mosquitto."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from mosquitto import Mosquitto
from PIL import Image

from hotspot_kiosk import nist, pictures, seal
from hotspot_kiosk.audit_chain import Deed, verify
from hotspot_kiosk.cli import hub as hub_commands
from hotspot_kiosk.cli import outbox as outbox_commands
from hotspot_kiosk.config import HubConfig, KioskConfig, load
from hotspot_kiosk.demo.post import Post
from hotspot_kiosk.demo.stage import DEVICE, Folders, prepare
from hotspot_kiosk.errors import ConfigError, Refused, SealError
from hotspot_kiosk.hub import assembly as hub_assembly
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.reception.enrolment import make_reference
from hotspot_kiosk.hub.service import Hub
from hotspot_kiosk.hub.storage.store import PartKey
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.keyring import load_private, load_public
from hotspot_kiosk.kiosk import assembly, daemon, desk
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.simulator.finger_touch import R503
from hotspot_kiosk.simulator.link import Link
from hotspot_kiosk.simulator.subject import Subject, Visit
from hotspot_kiosk.simulator.uart_sensor import run_sensor
from hotspot_kiosk.terms import Decision, FingerPosition, Part
from hotspot_kiosk.wire import OrderKind

MODELS = Path(__file__).resolve().parents[1] / "models"
# A busy machine is slow, and that is not what is tested.
PATIENT = "\n[session]\nsubject_s = 600.0\nanswer_s = 120.0\n"
FINGERS = (FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX)


class Running:
    """A daemon or hub in a thread of its own."""

    def __init__(self, made: daemon.Daemon | Hub) -> None:
        self._made = made
        self._thread = threading.Thread(target=made.run)
        self._thread.start()

    def stop(self) -> None:
        """Stop and wait."""
        self._made.stop()
        self._thread.join()


class Scene:
    """Everything of the demo's stage, in this process."""

    def __init__(self, folder: Path, models: Path, broker_port: int) -> None:
        self.folders = Folders(folder, models)
        self.link = Link(broker_port)
        prepare(self.folders, self.link.port, broker_port)
        with self.folders.kiosk_config.open("a") as config:
            config.write(PATIENT)
        self.amend()
        portraits = models / "built" / "pictures"
        self.a = Subject("A", 1, pictures.decode(pictures.read(portraits / "portrait_a.png")))
        self.b = Subject("B", 2, pictures.decode(pictures.read(portraits / "portrait_b.jpg")))
        self.hub_config = load(self.folders.hub_config, HubConfig)
        self.store = hub_assembly.build(self.hub_config, self.folders.hub_config.parent)._store
        self._enrol()
        self.hub = Running(hub_assembly.build(self.hub_config, self.folders.hub_config.parent))
        self._no_more_sensor = threading.Event()
        self._sensor = threading.Thread(
            target=run_sensor, args=(self.folders.serial, self.folders.glass, "r503", self._no_more_sensor)
        )
        self._sensor.start()
        self.start_kiosk()

    def amend(self) -> None:
        """Change what was prepared, before anything is built from it."""

    def start_kiosk(self) -> None:
        """A new daemon over the same outbox, and somebody at its desk."""
        config = load(self.folders.kiosk_config, KioskConfig)
        ends = time.monotonic() + 120
        while not self.folders.serial.is_symlink():
            assert time.monotonic() < ends, "the sensor did not appear"
            time.sleep(0.05)
        self.kiosk = Running(assembly.build(config, self.folders.kiosk_config.parent))
        while not self.folders.desk.exists():
            assert time.monotonic() < ends, "the desk did not open"
            time.sleep(0.05)
        self.post = Post(self.folders.desk, quiet=True)
        self.post.sit_down()

    def visit(self, subject: Subject, seed: int) -> Visit:
        """A person at the kiosk, with other touches and light for every seed."""
        return Visit(subject, self.folders.camera, self.folders.glass, R503, seed, reaction_s=0.1)

    def states(self) -> list[str]:
        """The state of every record in the outbox, newest first."""
        outbox = Outbox(self.folders.outbox)
        try:
            return [entry.state for entry in outbox.entries()]
        finally:
            outbox.close()

    def until_answered(self) -> None:
        """Wait until every record is held and answered."""
        ends = time.monotonic() + 60
        while set(self.states()) != {"answered"}:
            assert time.monotonic() < ends, self.states()
            time.sleep(0.1)

    def close(self) -> None:
        """End everything."""
        self.kiosk.stop()
        self.hub.stop()
        self._no_more_sensor.set()
        self._sensor.join()
        self.link.close()

    def _enrol(self) -> None:
        face = self.folders.root / "a.png"
        Image.fromarray(self.a.portrait).save(face)
        files = []
        for finger in FINGERS:
            file = self.folders.root / f"a-{finger.value}.png"
            Image.fromarray(self.a.print_full(finger)).save(file)
            files.append((finger, file))
        shelf = ModelShelf(MODELS / "manifest.toml", MODELS / "built")
        assert self.store.gallery.put(make_reference("CASE-A", "2026", [face], files, 500, shelf))


@pytest.fixture
def scene(models_built: Path, mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Scene]:
    """The stage, set."""
    (tmp_path / "s").mkdir()
    made = Scene(tmp_path / "s", models_built.parent, mosquitto.port)
    yield made
    made.close()


def test_the_story(scene: Scene) -> None:
    """Online, cut, stopped while sending, back: every answer comes, every record is held once."""
    scene.post.link(up=True)
    first, _ = scene.post.check(scene.visit(scene.a, 100))
    told = scene.post.answer(first).told
    assert told.decision == Decision.POSSIBLE_MATCH
    assert told.candidates[0].startswith("CASE-A")
    scene.until_answered()

    scene.link.cut()
    scene.post.link(up=False)
    again, _ = scene.post.check(scene.visit(scene.a, 200))
    other, _ = scene.post.check(scene.visit(scene.b, 300))
    assert scene.states()[:2] == ["sealed", "sealed"]
    assert_sealed(scene)

    scene.link.stall_after(1_000)
    assert scene.link.stalled.wait(60)
    outbox = Outbox(scene.folders.outbox)
    assert "sending" in [state for entry in outbox.entries() for _, state, _, _ in entry.parts]
    outbox.close()
    scene.link.cut()
    scene.kiosk.stop()
    assert "answered" not in scene.states()[:2]
    scene.start_kiosk()
    scene.link.mend()
    assert scene.post.answer(again).told.decision == Decision.POSSIBLE_MATCH
    assert scene.post.answer(other).told.decision == Decision.NO_HIT
    scene.until_answered()

    held = [entry.key for entry in scene.store.inbox.entries()]
    assert sorted(held) == sorted(PartKey(DEVICE, t, p) for t in (first, again, other) for p in Part)
    assert_evidence(scene, held)
    assert_journal(
        scene, {Deed.CHECK_BEGUN: 3, Deed.STORED: 3, Deed.SHOWN: 3, Deed.STARTED: 2, Deed.STOPPED: 1}
    )


def test_nobody_is_checked_who_is_not_attested_an_adult(scene: Scene) -> None:
    """Without the attestation no session starts and no device is asked."""
    with pytest.raises(Refused, match="adults only"):
        desk.ask(scene.folders.desk, desk.Ask("begin"))
    assert desk.ask(scene.folders.desk, desk.Ask("status")).state == "idle"


def test_nobody_is_checked_without_an_operation(scene: Scene) -> None:
    """Neither without one nor with one that the hub did not sign; the next one needs no restart."""
    file = scene.folders.root / "kiosk" / "operation.op"
    signed = file.read_bytes()
    file.unlink()
    with pytest.raises(Refused, match="no operation is installed"):
        desk.ask(scene.folders.desk, desk.Ask("begin", adult=True))
    file.write_bytes(signed.replace(b"demonstration", b"another reason"))
    with pytest.raises(Refused, match="cannot be used: a signature does not verify"):
        desk.ask(scene.folders.desk, desk.Ask("begin", adult=True))
    file.write_bytes(signed)
    assert desk.ask(scene.folders.desk, desk.Ask("begin", adult=True, officer="k7")).kind == "status"
    desk.ask(scene.folders.desk, desk.Ask("cancel"))
    until(lambda: "check ended" in (scene.folders.root / "kiosk" / "journal" / "00000001.jsonl").read_text())
    assert_journal(scene, {Deed.CHECK_BEGUN: 1, Deed.CHECK_ENDED: 1})


def test_a_second_kiosk_on_one_outbox_is_refused(scene: Scene) -> None:
    """Two would throw each other off the broker for ever."""
    config = load(scene.folders.kiosk_config, KioskConfig)
    with pytest.raises(ConfigError, match="another kiosk"):
        assembly.build(config, scene.folders.kiosk_config.parent)


def test_orders_of_the_hub_are_obeyed(scene: Scene) -> None:
    """A withdrawn kiosk captures nobody; an erased one leaves neither key nor record, but its proof."""
    book = OrderBook(scene.folders.root / "hub" / "orders")
    hub = load_private(scene.folders.root / "hub" / "hub.key")
    kiosk = scene.folders.root / "kiosk"

    def give(kind: OrderKind) -> None:
        book.give(DEVICE, kind, hub, datetime.now(UTC))
        scene.link.cut()
        scene.link.mend()

    scene.post.link(up=True)
    give(OrderKind.REVOKE)
    until(lambda: not book.waiting(DEVICE))
    with pytest.raises(Refused, match="withdrawn"):
        desk.ask(scene.folders.desk, desk.Ask("begin", adult=True))
    give(OrderKind.ERASE)
    until(lambda: not (kiosk / "kiosk.key").exists() and not list(kiosk.glob("outbox.db*")))
    assert len(list((scene.folders.root / "hub" / "orders").glob("*.done"))) == 2


def test_a_stick_brings_answers_and_orders_to_the_desk_of_a_kiosk_that_runs(
    scene: Scene, tmp_path: Path
) -> None:
    """Four commands and no link: the officer sees the answer at once, then hears of the withdrawal."""
    stick = tmp_path / "usb"
    stick.mkdir()
    scene.post.link(up=True)
    scene.link.cut()
    scene.post.link(up=False)
    tcn, _ = scene.post.check(scene.visit(scene.a, 100))
    kiosk, hub = scene.folders.kiosk_config, scene.folders.hub_config
    typed(outbox_commands.command, "export", "--to", stick, "-c", kiosk)
    typed(hub_commands.command, "order", "revoke", "--device", DEVICE, "--yes", "-c", hub)
    assert "1 orders written" in typed(hub_commands.command, "import", stick, "-c", hub)
    assert "1 orders obeyed" in typed(outbox_commands.command, "import", stick, "-c", kiosk)
    assert scene.post.answer(tcn).told.candidates[0].startswith("CASE-A")
    assert scene.states() == ["answered"]
    with pytest.raises(Refused, match="withdrawn"):
        desk.ask(scene.folders.desk, desk.Ask("begin", adult=True))
    typed(hub_commands.command, "import", stick, "-c", hub)
    assert not OrderBook(scene.folders.root / "hub" / "orders").waiting(DEVICE)


def typed(command: click.Command, *words: object) -> str:
    """What a command says to an operator."""
    run = CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)
    assert run.exit_code == 0, run.output
    return run.output


def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


def assert_sealed(scene: Scene) -> None:
    """The kiosk's own keys open nothing of what waits on its disk."""
    own = load_private(scene.folders.root / "kiosk" / "kiosk.key")
    outbox = Outbox(scene.folders.outbox)
    items = outbox.waiting()
    assert len(items) == 4
    for item in items:
        with pytest.raises(SealError):
            seal.open_envelope(outbox.envelope(item) or b"", own.public(), own)
    outbox.close()
    for file in scene.folders.outbox.parent.glob("outbox.db*"):
        assert b"INT-I" not in file.read_bytes()


def assert_journal(scene: Scene, deeds: dict[Deed, int]) -> None:
    """The kiosk's journal verifies, and tells of each of these so many times."""
    own = load_private(scene.folders.root / "kiosk" / "kiosk.key")
    lines = (scene.folders.root / "kiosk" / "journal" / "00000001.jsonl").read_bytes().splitlines()
    account = verify(lines, own.public(), ended=False)
    assert {deed: account.deeds.get(deed, 0) for deed in deeds} == deeds


def assert_evidence(scene: Scene, held: list[PartKey]) -> None:
    """What the hub holds opens there, and is a file that asks for a search."""
    own = load_private(scene.folders.root / "hub" / "hub.key")
    kiosk = load_public(scene.folders.root / "hub" / "peers" / "kiosk.pub").keys()
    for key in held:
        content = seal.open_envelope(scene.store.inbox.envelope(key) or b"", kiosk, own)
        if key.part is Part.EVIDENCE:
            transaction = nist.read(content)
            assert (transaction.tcn, transaction.tot) == (key.tcn, "NPS")
            assert len(transaction.images) == 3
