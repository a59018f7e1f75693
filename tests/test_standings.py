"""How the fleet is: what a kiosk says of itself, over a real broker to the hub's list, page and metrics. Nothing of a person."""

from __future__ import annotations

import http.client
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import axe
import msgspec
import pytest
from health_rig import TOLD, Setup
from making import DEVICE, HUB, NOW, keys
from mosquitto import Mosquitto, find
from pages_rig import BROWSER, FLAGS, SHOTS
from update_rig import SOON, Post
from updating import OLD

from hotspot_kiosk import fleet
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, StorageFailed
from hotspot_kiosk.fleet import MOST_STATUS, Status
from hotspot_kiosk.hub.fleet.fleet import Courses, FleetDesk
from hotspot_kiosk.hub.fleet.fleet_http import FleetHttp
from hotspot_kiosk.hub.fleet.fleet_page import page
from hotspot_kiosk.hub.fleet.standings import Row, Standings, rows
from hotspot_kiosk.kiosk.care.vitals import vitals
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.update.rauc import Rauc
from hotspot_kiosk.transports.mqtt import Options, build

SELDOM = replace(SOON, status=600.0)  # so that only a change is told
NOW_MS = fleet.as_ms(NOW)
HOUR_MS = 3_600_000
BUSY = Status(
    DEVICE, version="1.4.2", slot="B", phase="idle", floor="1.4.0", waiting=3, quarantined=0, link=True,
    at_ms=NOW_MS, clock=True, oldest_s=90, heat_c=51, ends_ms=NOW_MS + 400 * 24 * HOUR_MS, every_s=300,
)  # fmt: skip
needs_broker = pytest.mark.skipif(
    find() is None, reason="there is no Mosquitto on this machine: apt-get install mosquitto"
)


def changed(**fields: object) -> Status:
    """Another status."""
    return msgspec.structs.replace(BUSY, **fields)


@pytest.fixture
def standings(tmp_path: Path) -> Standings:
    return Standings(tmp_path / "statuses")


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for it, with patience."""
    ends = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.02)


def test_a_status_is_small_and_says_all_the_same() -> None:
    """All of it fits a thin link; where alarms are too many, the last ones give way and a word says so."""
    assert len(fleet.encode_status(BUSY)) <= MOST_STATUS
    assert fleet.decode_status(fleet.encode_status(BUSY)) == BUSY
    full = changed(alarms=tuple(f"alarm {letter * 20}" for letter in "abcdefghijkl"))
    read = fleet.decode_status(fleet.encode_status(full))
    assert len(fleet.encode_status(full)) <= MOST_STATUS
    assert (read.alarms[0], read.alarms[-1]) == (full.alarms[0], "and more")


@pytest.mark.parametrize(
    "bad",
    [
        {"alarms": ["Zarmina Qaderi"]},
        {"alarms": ["26000170000001P"]},
        {"alarms": ["x" * 60]},
        {"alarms": ["a"] * 17},
        {"version": "<script>"},
        {"slot": "x" * 50},
        {"device": 0},
        {"waiting": "many"},
    ],
)
def test_a_status_with_anything_else_in_it_is_refused(bad: dict[str, object]) -> None:
    """Names, numbers of records, markup: there is no place for them."""
    with pytest.raises(BadBytes):
        fleet.decode_status(msgspec.json.encode({"device": DEVICE} | bad))


def test_an_older_hub_reads_a_newer_kiosk() -> None:
    """What it does not know it passes over."""
    words = msgspec.json.encode({"device": DEVICE, "version": "9.0", "flux": 3})
    assert fleet.decode_status(words).version == "9.0"


def test_vitals_name_what_is_out_of_order(tmp_path: Path) -> None:
    """From files and the kiosk's own word; a fault that no kiosk raises is told without its words."""
    kept = Setup(tmp_path / "kiosk")
    look = lambda told: vitals(kept.machine, kept.config, kept.folder, told, NOW)  # noqa: E731
    assert (look(TOLD).alarms, look(TOLD).heat_c) == ((), 51)
    kept.put("/sys/class/thermal/thermal_zone0/temp", "84600")
    kept.put("/sys/fs/ext4/mmcblk0p2/errors_count", "2")
    told = msgspec.structs.replace(TOLD, faults=("camera", "Zarmina Q."), oldest_s=200_000)
    assert look(told).alarms == ("camera", "something else", "temperature", "file systems", "queue")
    assert look(None).alarms == ("the kiosk does not run", "temperature", "file systems")


def test_last_heard_is_when_a_kiosk_spoke_not_when_the_broker_repeated_it(standings: Standings) -> None:
    """What is retained comes again with every connection of the hub's; a last will keeps what was known."""
    standings.keep(BUSY, NOW_MS + 1000)
    standings.keep(BUSY, NOW_MS + HOUR_MS)
    known = standings.of(DEVICE)
    assert known is not None
    assert (known.seen_ms, known.here) == (NOW_MS, True)
    standings.keep(Status(DEVICE, here=False), NOW_MS + 2 * HOUR_MS)
    known = standings.of(DEVICE)
    assert known is not None
    assert (known.seen_ms, known.here, known.status.version) == (NOW_MS, False, "1.4.2")


def test_a_clock_that_nobody_set_is_not_asked(standings: Standings) -> None:
    """Nor one that is ahead: then the hub's own counts."""
    for device, clock, at_ms in ((1, False, 5), (2, True, NOW_MS + HOUR_MS)):
        standings.keep(changed(device=device, clock=clock, at_ms=at_ms), NOW_MS)
    assert {each.seen_ms for each in standings.all()} == {NOW_MS}


def test_a_damaged_file_says_what_to_do(standings: Standings, tmp_path: Path) -> None:
    """And which one."""
    (tmp_path / "statuses" / "17.json").write_bytes(b"{")
    with pytest.raises(StorageFailed, match=r"17\.json is damaged.*remove it"):
        list(standings.all())


@pytest.mark.parametrize(
    ("status", "later_ms", "alarms"),
    [
        (BUSY, 0, ()),
        (BUSY, 3 * 300_000 + 1, ("not heard for long",)),
        (changed(every_s=3600), 3 * 300_000 + 1, ()),
        (changed(quarantined=2), 0, ("records need a look",)),
        (changed(alarms=("camera",)), 0, ("camera",)),
        (changed(ends_ms=NOW_MS + HOUR_MS), 0, ("link certificate",)),
        (changed(ends_ms=NOW_MS + HOUR_MS, alarms=("link certificate",)), 0, ("link certificate",)),
    ],
)
def test_what_somebody_should_look_after(
    status: Status, later_ms: int, alarms: tuple[str, ...], standings: Standings
) -> None:
    """The kiosk's own alarms, each once, and what only the hub can see: silence by the kiosk's own interval."""
    standings.keep(status, NOW_MS)
    (row,) = rows(standings, {DEVICE: "Green line 4"}, NOW_MS + later_ms)
    assert row.alarms == alarms


def test_every_admitted_kiosk_is_listed_and_alarms_come_first(standings: Standings) -> None:
    """One that never spoke, too."""
    standings.keep(BUSY, NOW_MS)
    found = rows(standings, {DEVICE: "Green line 4", 99: "Green line 9"}, NOW_MS)
    assert [(row.device, row.alarms) for row in found] == [(99, ("never heard",)), (DEVICE, ())]


def a_fleet() -> list[Row]:
    """Some kiosks, good and bad; one whose post's name is markup."""
    usual = Row(
        device=1, post="Green line 4", here=True, version="1.4.2", slot="A", phase="idle", waiting=0, oldest_s=None,
        quarantined=0, link=True, heat_c=48, silent_s=20, alarms=(),
    )  # fmt: skip
    more = {"waiting": 12, "oldest_s": 90_000, "heat_c": 83, "alarms": ("temperature", "queue")}
    gone = {"here": False, "silent_s": 7200, "alarms": ("not heard for long", "its link is gone")}
    never = {"here": False, "silent_s": None, "version": "", "phase": "", "waiting": None, "heat_c": None}
    return [
        msgspec.structs.replace(usual, device=device, **fields)
        for device, fields in (
            (7, more),
            (8, gone),
            (9, {**never, "post": "<script>x</script>", "alarms": ("never heard",)}),
            (1, {}),
            (2, {"version": "1.4.1", "phase": "waiting"}),
        )
    ]


def test_the_page_escapes_and_loads_nothing() -> None:
    """No script, no address; what is not known is a dash."""
    html = page(a_fleet(), NOW)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"(src|href)=|url\(|https?:", html)
    assert "5 kiosks, 3 with alarms" in html


def test_metrics_follow_the_conventions() -> None:
    """Names with their unit, one sample a kiosk, no sample for what is not known."""
    metrics = pytest.importorskip(
        "hotspot_kiosk.hub.fleet.metrics",
        reason="prometheus-client is not installed: pip install 'hotspot-kiosk[metrics]'",
    )
    from prometheus_client.parser import text_string_to_metric_families

    families = {each.name: each for each in text_string_to_metric_families(metrics.text(a_fleet).decode())}
    heat = {
        each.labels["device"]: each.value
        for each in families["hotspot_kiosk_processor_temperature_celsius"].samples
    }
    assert heat == {"7": 83, "8": 48, "1": 48, "2": 48}
    assert {
        each.labels["alarm"]
        for each in families["hotspot_kiosk_alarm"].samples
        if each.labels["device"] == "7"
    } == {
        "temperature",
        "queue",
    }
    assert all(
        re.fullmatch(r"hotspot_kiosk_[a-z_]+", name) and family.documentation
        for name, family in families.items()
    )


@pytest.fixture
def shown() -> Iterator[FleetHttp]:
    def broken() -> tuple[str, bytes]:
        raise StorageFailed("17.json is damaged")

    made = FleetHttp(
        "127.0.0.1:0", {"/": lambda: ("text/html", page(a_fleet(), NOW).encode()), "/broken": broken}
    )
    made.start()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [
        ("GET", "/", "127.0.0.1", 200),
        ("GET", "/", "localhost", 200),
        ("GET", "/", "evil.example", 421),
        ("GET", "/../etc/passwd", "localhost", 404),
        ("GET", "/broken", "localhost", 503),
        ("POST", "/", "localhost", 501),
    ],
)
def test_two_paths_are_read_by_our_names_and_nothing_is_changed(
    method: str, path: str, host: str, status: int, shown: FleetHttp
) -> None:
    """A foreign name that points here opens nothing; a disk that fails is a sentence."""
    line = http.client.HTTPConnection("127.0.0.1", shown.port, timeout=30)
    line.request(method, path, headers={"host": f"{host}:{shown.port}"})
    with line.getresponse() as answer:
        answer.read()
        assert answer.status == status
        if status < 500 or path == "/broken":
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    line.close()


def test_a_port_that_is_taken_is_said(shown: FleetHttp) -> None:
    """With the setting's name."""
    with pytest.raises(ConfigError, match=r"\[fleet\] listen"):
        FleetHttp(f"127.0.0.1:{shown.port}", {})


def test_nobody_meets_a_serious_barrier_on_the_page(shown: FleetHttp) -> None:
    """In Chromium, large and small; a picture is kept."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if BROWSER is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    try:
        script = axe.source()
    except axe.NoAxe as error:
        pytest.skip(str(error))
    folder = SHOTS / "fleet"
    folder.mkdir(parents=True, exist_ok=True)
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1280, "height": 720}, bypass_csp=True)
        tab.goto(f"http://127.0.0.1:{shown.port}/")
        tab.screenshot(path=folder / "fleet.jpg", type="jpeg", quality=60, full_page=True)
        assert tab.locator("tr.bad").count() == 3
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert axe.serious(tab, script) == []
        browser.close()


class Here(Rauc):
    """RAUC that only knows where it runs."""

    def __init__(self) -> None:
        super().__init__("unix:path=/nonexistent")

    def slot(self) -> str:
        return "A"


class Line:
    """A kiosk's agent, a broker, the hub's desk."""

    def __init__(self, folder: Path, port: int) -> None:
        self.told = TOLD
        self.standings = Standings(folder / "statuses")
        self.post = Post(DEVICE, folder / "kiosk", port, Here, told=lambda: self.told, pauses=SELDOM)
        self.desk = FleetDesk(
            courses=Courses(folder / "rollouts"),
            board=build(Options(host="127.0.0.1", port=port, retry_least_s=0.05, retry_most_s=0.2)),
            own=HUB,
            post_keys=self._known,
            now=lambda: NOW + timedelta(seconds=1),
            look_s=0.1,
            standings=self.standings,
        )
        self.thread = threading.Thread(target=self.desk.run, name="fleet desk")

    def status(self) -> Status | None:
        """What the hub has."""
        known = self.standings.of(DEVICE)
        return known.status if known and known.here else None

    def _known(self, device: int) -> object:
        if device != DEVICE:
            raise Refused(f"kiosk {device} is not admitted here")
        return keys(device).public()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    broker = Mosquitto(tmp_path)
    broker.start()
    made = Line(tmp_path, broker.port)
    made.thread.start()
    made.post.start()
    yield made
    made.post.stop()
    made.desk.stop()
    made.thread.join()
    broker.stop()


@needs_broker
def test_a_kiosk_says_how_it_is_and_again_when_that_changes(line: Line) -> None:
    """Nobody asks for it; how many wait is no change worth a message, whether any do is."""
    eventually(lambda: (now := line.status()) is not None and now.waiting == 2 and now.version == OLD)
    line.told = msgspec.structs.replace(TOLD, waiting=9)
    line.told = msgspec.structs.replace(TOLD, waiting=5, link=False)
    eventually(lambda: (now := line.status()) is not None and now.link is False)
    assert line.status() is not None
    assert getattr(line.status(), "waiting", None) == 5


@needs_broker
def test_nothing_is_said_before_a_person_who_waits(line: Line) -> None:
    """A change while somebody is at the kiosk is told when they have gone."""
    eventually(lambda: line.status() is not None)
    line.told = Told(kind="status", state="face", link=False, waiting=2, quarantined=0)
    posted = line.post.looks
    eventually(lambda: line.post.looks > posted + 10)
    assert getattr(line.status(), "link", None) is True
    line.told = Told(kind="status", state="idle", link=False, waiting=2, quarantined=0)
    eventually(lambda: getattr(line.status(), "link", None) is False)


@needs_broker
def test_a_stranger_or_a_forged_topic_is_not_listed(line: Line) -> None:
    """A kiosk speaks of itself only, and only if it is admitted."""
    eventually(lambda: line.status() is not None)
    other = build(Options(host="127.0.0.1", port=line.post.broker))
    up: list[object] = []
    other.open("other", (), up.append)
    eventually(lambda: bool(up))
    other.post("fs/99", fleet.encode_status(changed(device=99)))
    other.post("fs/98", fleet.encode_status(changed(version="6.6.6")))
    other.post("fs/98", b"{")
    line.told = msgspec.structs.replace(TOLD, link=False)
    eventually(lambda: getattr(line.status(), "link", None) is False)
    other.close()
    assert [(each.status.device, each.status.version) for each in line.standings.all()] == [(DEVICE, OLD)]


def test_the_folder_is_made(tmp_path: Path) -> None:
    """And one that cannot be is a sentence."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed, match="what kiosks say"):
        Standings(tmp_path / "file" / "x")
    shutil.rmtree(tmp_path, ignore_errors=True)
