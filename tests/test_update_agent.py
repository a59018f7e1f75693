"""The update agent between a real broker and a RAUC on a real bus; and the self-test that it waits for."""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW, STAMP
from mosquitto import Mosquitto, find
from private_bus import bus
from update_rig import BUNDLE, Post, eventually, sealed
from updating import NEW, invitation

from hotspot_kiosk import fleet
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.demo.texts import KIOSK as KIOSK_TOML
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError
from hotspot_kiosk.fleet import Heard, Outcome, Report, Status
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.update import assembly as update_assembly
from hotspot_kiosk.kiosk.update import selftest
from hotspot_kiosk.kiosk.update.assembly import release
from hotspot_kiosk.kiosk.update.rauc import Rauc
from hotspot_kiosk.kiosk.update.selftest import Trial, Verdict
from hotspot_kiosk.kiosk.update.telling import Rhythm, Teller, Telling
from hotspot_kiosk.pulse import Pulse
from hotspot_kiosk.seal import open_envelope, peek
from hotspot_kiosk.simulator.rauc import RaucService
from hotspot_kiosk.terms import Part
from hotspot_kiosk.transports.mqtt import Mqtt, Options, build
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkUp

pytestmark = pytest.mark.skipif(
    find() is None, reason="there is no Mosquitto on this machine: apt-get install mosquitto"
)


class Bureau:
    """Whoever posts invitations and hears reports."""

    def __init__(self, port: int) -> None:
        self.reports: dict[int, Report] = {}
        self.statuses: list[Status] = []
        self.up = False
        self.board: Mqtt = build(Options(host="127.0.0.1", port=port, retry_least_s=0.05, retry_most_s=0.2))
        self.board.open("bureau", (fleet.REPORTS, fleet.STATUSES), self._hear)
        eventually(lambda: self.up)

    def invite(self, **changed: object) -> None:
        """Post an invitation."""
        self.board.post(fleet.invitation_topic(DEVICE), fleet.encode(invitation(**changed)))

    def outcomes(self) -> list[Outcome]:
        """What the kiosk reported, each once."""
        return [self.reports[key].outcome for key in sorted(self.reports)]

    def _hear(self, event: LinkEvent) -> None:
        self.up = self.up or isinstance(event, LinkUp)
        if isinstance(event, Arrived) and event.topic.startswith("fr/"):
            report = fleet.decode(event.payload, Report, KIOSK.public())
            self.reports[report.sequence] = report
            heard = fleet.signed(Heard(DEVICE, report.sequence), HUB)
            self.board.publish(fleet.heard_topic(DEVICE), fleet.encode(heard))
        elif isinstance(event, Arrived):
            self.statuses.append(fleet.decode_status(event.payload))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def bureau(broker: Mosquitto) -> Iterator[Bureau]:
    bureau = Bureau(broker.port)
    yield bureau
    bureau.board.close()


@pytest.fixture
def post(tmp_path: Path, broker: Mosquitto) -> Iterator[Post]:
    with tempfile.TemporaryDirectory(prefix="bus") as folder, bus(Path(folder)) as address:
        post = Post(DEVICE, tmp_path / "kiosk", broker.port, lambda: Rauc(address))
        post.slots.bundles.update(BUNDLE)
        service = RaucService(address, post.slots)
        yield post
        post.stop()
        service.close()


def test_a_kiosk_updates_itself_when_it_is_invited(bureau: Bureau, post: Post) -> None:
    """Through a restart, a self-test and the boot loader's confirmation; the hub can open what it sealed."""
    bureau.invite()
    post.start()
    eventually(lambda: Outcome.CONFIRMED in bureau.outcomes())
    assert bureau.outcomes() == [Outcome.WAITING, Outcome.INSTALLING, Outcome.INSTALLED, Outcome.CONFIRMED]
    assert (post.slots.booted, "B" in post.slots.good, post.starts) == ("B", True, 2)
    record = bureau.reports[max(bureau.reports)].sealed
    assert open_envelope(record, KIOSK.public(), HUB) == selftest.WORDS
    eventually(
        lambda: (
            bool(bureau.statuses)
            and (bureau.statuses[-1].version, bureau.statuses[-1].phase) == (NEW, "idle")
        )
    )
    assert bureau.statuses[-1].slot == "B"


def test_a_system_that_fails_its_self_test_goes_back_and_says_why(bureau: Bureau, post: Post) -> None:
    """Into the slot before, without anybody's help."""
    post.failing = ("camera: it gives no picture",)
    bureau.invite()
    post.start()
    eventually(lambda: Outcome.ROLLED_BACK in bureau.outcomes())
    assert bureau.reports[max(bureau.reports)].reason == "camera: it gives no picture"
    assert (post.slots.booted, post.slots.good) == ("A", {"A"})


def test_an_ordinary_start_is_well_when_the_daemon_answers(
    bureau: Bureau, post: Post, tmp_path: Path
) -> None:
    """The boot loader counted a try before it; it hears that all is well no sooner than that."""
    running: list[Told] = []
    post.slots.good.clear()
    post.told = lambda: running[0] if running else None
    post.start()
    eventually(lambda: post.looks > 3)
    assert post.slots.good == set()
    running.append(Told(kind="status", state="idle", waiting=0))
    eventually(lambda: post.slots.good == {"A"})
    eventually((tmp_path / "kiosk" / selftest.WELL).exists)


def test_a_daemon_that_only_waits_for_its_disk_is_not_well(bureau: Bureau, post: Post) -> None:
    """It answers, and checks nobody: that start is not called good. A lost camera is no fault of the system's."""
    stands = [Told(kind="status", state="fault", faults=("outbox",), note="the kiosk cannot start yet")]
    post.slots.good.clear()
    post.told = lambda: stands[0]
    post.start()
    eventually(lambda: post.looks > 3)
    assert post.slots.good == set()
    stands[0] = Told(kind="status", state="fault", faults=("camera",), waiting=0)
    eventually(lambda: post.slots.good == {"A"})


def test_nothing_begins_while_a_session_runs(bureau: Bureau, post: Post) -> None:
    """It begins when the person has gone."""
    state = ["waiting"]
    post.told = lambda: Told(kind="status", state=state[0], link=True, waiting=1)
    bureau.invite()
    post.start()
    eventually(lambda: bureau.outcomes() == [Outcome.WAITING])
    eventually(lambda: bool(bureau.statuses) and bureau.statuses[-1].phase == "waiting")
    assert post.slots.installs == []
    state[0] = "idle"
    eventually(lambda: Outcome.CONFIRMED in bureau.outcomes())


def test_an_invitation_that_the_hub_did_not_sign_is_not_followed(bureau: Bureau, post: Post) -> None:
    """The next one, which it did sign, is."""
    forged = fleet.encode(fleet.signed(invitation(number=7), KIOSK))
    bureau.board.post(fleet.invitation_topic(DEVICE), forged)
    post.start()
    eventually(lambda: any(status.here for status in bureau.statuses))
    bureau.invite(number=2)
    eventually(lambda: Outcome.CONFIRMED in bureau.outcomes())
    assert {report.number for report in bureau.reports.values()} == {2}


def test_a_broken_bundle_is_reported_in_raucs_words(bureau: Bureau, post: Post) -> None:
    """And the kiosk goes on with what it runs."""
    post.slots.refusal = "signature verification failed"
    bureau.invite()
    post.start()
    eventually(lambda: Outcome.FAILED in bureau.outcomes())
    assert "signature" in bureau.reports[max(bureau.reports)].reason
    assert (post.slots.booted, post.starts, post.slots.installs) == ("A", 1, [])


def test_reports_wait_for_the_broker(broker: Mosquitto, bureau: Bureau, post: Post) -> None:
    """What happened while the link was away is told when it is back, each once."""
    bureau.invite()
    post.told = lambda: Told(kind="status", state="face", link=False)
    post.start()
    eventually(lambda: bureau.outcomes() == [Outcome.WAITING])
    broker.stop()
    post.told = lambda: None
    eventually(lambda: post.slots.booted == "B" and "B" in post.slots.good)
    broker.start()
    eventually(lambda: Outcome.CONFIRMED in bureau.outcomes())
    assert bureau.outcomes() == [Outcome.WAITING, Outcome.INSTALLING, Outcome.INSTALLED, Outcome.CONFIRMED]


def test_a_self_tests_record_is_never_a_persons() -> None:
    """Its content is named in the seal; nobody can rename it without breaking the seal."""
    record = sealed(DEVICE)
    assert peek(record).content == selftest.CONTENT
    assert selftest.CONTENT not in tuple(Part)
    renamed = bytearray(record)
    renamed[31] = 1  # the code of a probe
    assert peek(bytes(renamed)).content == "probe"
    with pytest.raises(SealError):
        open_envelope(bytes(renamed), KIOSK.public(), HUB)


def test_the_outbox_of_the_system_before_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    """To the byte: until the update is confirmed the system before may have to read it."""
    path = tmp_path / "outbox.db"
    box = Outbox(path, free_bytes=0, reserve_bytes=0)
    tcn = box.mint(NOW.year, DEVICE)
    box.put(tcn, STAMP, [(Part.PROBE, b"sealed")])
    box.close()
    before = path.read_bytes()
    selftest._outbox(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("self-test-")] == []


def test_a_verdict_counts_for_its_own_start_only(tmp_path: Path) -> None:
    """Yesterday's says nothing about today."""
    trial = Trial(tmp_path)
    trial.answer(Verdict("b1", ("no",)))
    assert trial.verdict("b2") is None
    assert trial.verdict("b1") == Verdict("b1", ("no",))


def test_an_ordinary_start_is_not_examined(tmp_path: Path) -> None:
    """Where no update was written, or the agent finds itself in the system before, nobody waits for a word."""
    trial = Trial(tmp_path)
    assert not trial.await_asked(60)
    trial.expect()
    assert not Trial(tmp_path).await_asked(60, lambda _pause: trial.over())


def test_a_new_systems_start_waits_for_the_agent(tmp_path: Path) -> None:
    """Until it asks; one that never does is a failure, and no silent pass."""
    trial = Trial(tmp_path / "run", tmp_path / "kept")
    (tmp_path / "run").mkdir()
    trial.expect()
    assert trial.await_asked(60, lambda _pause: trial.ask())
    trial.over()
    trial.expect()
    with pytest.raises(Refused, match="hotspot-update"):
        trial.await_asked(0, lambda _pause: None)


def test_the_daemon_waits_until_the_update_is_decided(tmp_path: Path) -> None:
    """And not for ever."""
    trial = Trial(tmp_path)
    trial.ask()
    assert not trial.wait(0.0)
    assert trial.wait(60.0, pause=lambda _s: trial.over())


@pytest.mark.parametrize(
    ("text", "version"), [('ID=debian\nIMAGE_VERSION="1.2.3"\n', "1.2.3"), ("IMAGE_VERSION=7\n", "7")]
)
def test_the_version_is_the_images(tmp_path: Path, text: str, version: str) -> None:
    """As os-release says."""
    (tmp_path / "os-release").write_text(text)
    assert release(tmp_path / "os-release") == version


@pytest.mark.parametrize("text", ["ID=debian\n", "IMAGE_VERSION=trixie\n"])
def test_what_is_no_image_is_not_updated(tmp_path: Path, text: str) -> None:
    """The sentence says so."""
    (tmp_path / "os-release").write_text(text)
    with pytest.raises(ConfigError, match="IMAGE_VERSION"):
        release(tmp_path / "os-release")


def test_a_status_that_cannot_be_read_is_refused() -> None:
    """With a sentence."""
    for payload in (b"", b"{}", b"[" * 20000):
        with pytest.raises(BadBytes):
            fleet.decode_status(payload)


def test_a_kiosk_that_dies_leaves_its_last_will(broker: Mosquitto, bureau: Bureau, tmp_path: Path) -> None:
    """Posted by the broker, and kept for whoever looks later."""
    other: Mqtt = build(Options(host="127.0.0.1", port=broker.port))
    up: list[LinkEvent] = []
    other.bequeath(fleet.status_topic(DEVICE), fleet.encode_status(Status(DEVICE, here=False)))
    other.open("dying", (), up.append)
    eventually(lambda: any(isinstance(event, LinkUp) for event in up))
    usurper: Mqtt = build(Options(host="127.0.0.1", port=broker.port))
    other._closing.set()
    usurper.open("dying", (), up.append)
    eventually(lambda: any(not status.here for status in bureau.statuses))
    usurper.close()
    other.close()


def test_a_kiosk_without_updates_tells_the_fleet_how_it_is(
    broker: Mosquitto, bureau: Bureau, tmp_path: Path
) -> None:
    """At its start, at a change, and by its last will; its version is the software's."""
    board: Mqtt = build(Options(host="127.0.0.1", port=broker.port, retry_least_s=0.05, retry_most_s=0.2))
    standing = [Told(kind="status", state="idle", link=True, waiting=0)]
    telling = Telling(board, DEVICE, "0.1.0", Rhythm(look=0.02), lambda: (NOW, True))
    teller = Teller(telling, board, DEVICE, lambda: standing[0], Pulse({}, lambda: 0.0), look_s=0.02)
    running = threading.Thread(target=teller.run, name="teller")
    running.start()
    try:
        eventually(lambda: any(each.here and each.waiting == 0 for each in bureau.statuses))
        standing[0] = Told(kind="status", state="idle", link=True, waiting=3)
        eventually(lambda: bureau.statuses[-1].waiting == 3)
        assert (bureau.statuses[-1].version, bureau.statuses[-1].phase) == ("0.1.0", "")
    finally:
        teller.stop()
        running.join()


def test_an_image_that_rauc_updates_needs_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or it would run for ever unconfirmed; a plain system needs none."""
    config = tmp_path / "kiosk.toml"
    words = {"device": 17, "link_port": 1, "broker_port": 1, "models": tmp_path, "root": tmp_path}
    config.write_text(KIOSK_TOML.format(**words))
    monkeypatch.setattr(update_assembly, "RAUC", tmp_path / "system.conf")
    tables = load(config, KioskConfig)
    assert isinstance(update_assembly.build(tables, tmp_path), Teller)
    (tmp_path / "system.conf").touch()
    with pytest.raises(ConfigError, match=r"\[update\]"):
        update_assembly.build(tables, tmp_path)
