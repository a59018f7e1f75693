"""A fleet updates in waves: real agents, Mosquitto with the project's own configuration and certificates, nginx, the hub's process.

Three rollouts: one that everybody confirms, one whose canaries fail, one that fails in its second wave. What RAUC and
the boot loader do is simulated; `tests/test_image_boot.py` shows the real ones. HOTSPOT_FLEET: how many kiosks (200).
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hotspot_kiosk import fleet, keyring
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.fleet_post import Group, Offer, Seen, World, keys
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.fleet.fleet import Course, Courses
from hotspot_kiosk.hub.fleet.rollout import Rollout
from hotspot_kiosk.keyring import HUB, PublicFile
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.simulator import broker, nginx
from hotspot_kiosk.simulator.broker import Broker, Files, free_port
from hotspot_kiosk.simulator.nginx import Nginx
from hotspot_kiosk.simulator.rauc_stream import BLOCK, Bundle, bundle

KIOSKS, GROUP = 200, 40
CANARIES, MOST_FAILED = 5, 5  # percent
BLOCKS, CHANGED = 1024, 24  # of a bundle; of those, what a version changes
PATIENCE_S = 1800.0
PICTURES = Path(__file__).resolve().parents[2] / "build" / "fleet"
REASON = "camera: it gives no picture"
HUB_TOML = """\
[hub]
name = "Fleet bench"
fleet = "fleet"

[keys]
own = "hub.key"
peers = "peers"

[models]
manifest = "none"
folder = "none"

[link]
driver = "mqtt"
host = "127.0.0.1"
ca = "{ca}"
certificate = "{certificate}"
key = "{key}"

[store]
driver = "store_sqlite"
path = "hub.db"

[fleet]
listen = "127.0.0.1:{page}"
link = {{ port = {port} }}
"""


def run() -> Iterator[Figure]:
    """With as many kiosks as HOTSPOT_FLEET says."""
    if broker.find() is None or nginx.find() is None:
        raise Refused("this bench needs Mosquitto and nginx: apt-get install mosquitto nginx-light")
    yield from measure(int(os.environ.get("HOTSPOT_FLEET", KIOSKS)))


def measure(count: int) -> Iterator[Figure]:
    """With so many kiosks."""
    with tempfile.TemporaryDirectory(prefix="hotspot-fleet-") as folder, ExitStack() as until:
        yard = Yard(Path(folder), count, until)
        yield from _confirmed(yard)
        yield from _halted(yard, "1.2", 1)
        yield from _halted(yard, "1.3", 2)
        yield from _shown(yard)


class Yard:
    """Everything that runs: broker, server, hub, kiosks."""

    def __init__(self, folder: Path, count: int, until: ExitStack) -> None:
        files = Files(folder / "pki")
        self.server = until.enter_context(Nginx(folder / "nginx", files))
        brokers = until.enter_context(Broker(files, "fleet.conf"))
        self.page = free_port()
        own = _hub(folder / "hub", files, brokers.hub_port, self.page)
        world = World(folder / "kiosks", brokers.port, files.ca, own.public())
        self.bundles = _bundles()
        self.devices = tuple(range(1, count + 1))
        for device in self.devices:
            half = keys(device).public()
            public = PublicFile(device, f"Post {device}", half.signing, half.sealing)
            keyring.save_public(folder / "hub" / "peers" / f"{device}.pub", public)
        self.courses = Courses(folder / "hub" / "fleet" / "rollouts")
        until.enter_context(_process(folder / "hub"))
        self._groups = []
        for first in range(0, count, GROUP):
            pairs = {device: files.kiosk(device) for device in self.devices[first : first + GROUP]}
            self._groups.append(Group(pairs, world, self.bundles["1.0"]))
            until.callback(self._groups[-1].close)

    def roll_out(self, version: str, failing: Sequence[int] = ()) -> Course:
        """Begin one, to every kiosk, and wait until it is over. failing: whose self-test does not pass."""
        made = self.bundles[version]
        url = self.server.put(f"{version}.raucb", made.content)
        wanted = Rollout(
            id=f"r{version}", version=version, url=url, manifest=made.manifest, devices=self.devices,
            canary=CANARIES, most_failed=MOST_FAILED,
        )  # fmt: skip
        for group in self._groups:
            group.offer(Offer(url, version, made.manifest, frozenset(failing), REASON))
        self.courses.begin(wanted, fleet.as_ms(datetime.now(UTC)))
        return self.until(lambda course: course.done or bool(course.halted))

    def look(self) -> dict[int, Seen]:
        """How all kiosks are."""
        return {device: seen for group in self._groups for device, seen in group.look().items()}

    def until(self, condition: Callable[[Course], bool]) -> Course:
        """The course, when it fulfils the condition."""
        ends = time.monotonic() + PATIENCE_S
        while True:
            course = self.courses.newest()
            if course is not None and condition(course):
                return course
            if time.monotonic() > ends:
                raise Refused(f"the rollout does not end: {course and course.outcomes}")
            time.sleep(0.1)


def _confirmed(yard: Yard) -> Iterator[Figure]:
    count, began = len(yard.devices), time.monotonic()
    course = yard.roll_out("1.1")
    took = time.monotonic() - began
    parts, sent = yard.server.sent()
    confirmed = sum(outcome is fleet.Outcome.CONFIRMED for outcome in course.outcomes.values())
    share = 100 * sent / count / len(yard.bundles["1.1"].content)
    yield _figure("kiosks that confirmed", confirmed, "", count, "higher", "all of the fleet", count)
    yield _figure("waves that were opened", len(course.opened_ms), "", len(course.rollout.waves()), "higher", "as planned", 1)  # fmt: skip
    yield _figure("from the first invitation to the last confirmation", took, "s", None, "lower", "restarts included", count)  # fmt: skip
    yield _figure("a bundle's bytes on the wire, at the server", share, "%", 5, "lower", f"{100 * CHANGED / BLOCKS:.1f} % of its blocks changed", count)  # fmt: skip
    yield _figure("answers that were ranges", parts / count, "", None, "lower", "a kiosk", count)


def _halted(yard: Yard, version: str, wave: int) -> Iterator[Figure]:
    """Two fifths of this wave fail, which is more than is borne: then nobody of the next is touched."""
    waves = Rollout(id="r", version="1", url="", manifest="", devices=yard.devices, canary=CANARIES).waves()
    failing = waves[wave - 1][: max(1, 2 * len(waves[wave - 1]) // 5)]
    course = yard.roll_out(version, failing)
    invited, url = set(course.invited()), course.rollout.url
    yard.until(lambda course: all(course.outcomes.get(device) in fleet.FINAL for device in invited))
    seen = yard.look()
    touched = sum(url in each.tried for device, each in seen.items() if device not in invited)
    tried = [seen[device] for device in failing if url in seen[device].tried]
    back = sum(each.running != version for each in tried)
    what, outside = "canaries" if wave == 1 else f"wave {wave}", len(yard.devices) - len(invited)
    yield _figure(f"{what} fail: waves that were opened before it stopped", len(course.opened_ms), "", wave, "lower", course.halted, len(yard.devices))  # fmt: skip
    yield _figure(f"{what} fail: kiosks outside that were touched", touched, "", 0, "lower", "of those not invited", outside)  # fmt: skip
    yield _figure(f"{what} fail: failed kiosks that went back by themselves", back, "", len(tried), "higher", "of those that tried", len(tried))  # fmt: skip


def _shown(yard: Yard) -> Iterator[Figure]:
    """The page as the hub's process serves it, and a picture of it where Chromium is."""
    with urllib.request.urlopen(f"http://127.0.0.1:{yard.page}/", timeout=60) as answer:
        page = answer.read().decode()
    PICTURES.mkdir(parents=True, exist_ok=True)
    file = PICTURES / "fleet.html"
    file.write_text(page, "utf-8")
    if (chromium := shutil.which("chromium")) is not None:
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,1400"]
        subprocess.run([*command, f"--screenshot={PICTURES / 'fleet.png'}", file.as_uri()], check=False, capture_output=True)  # fmt: skip
    rows = page.count('<th scope="row">')
    waves = len(yard.until(lambda _: True).rollout.waves())
    yield _figure(
        "rows of the hub's fleet page",
        rows,
        "",
        len(yard.devices) + waves,
        "higher",
        "every kiosk and wave",
        1,
    )
    yield _figure(
        "the page says that it halted", float("Halted:" in page), "", 1, "higher", "the last rollout", 1
    )


def _hub(folder: Path, files: Files, port: int, page: int) -> PrivateKeys:
    (folder / "peers").mkdir(parents=True)
    private, _ = keyring.make_pair(folder, "hub", HUB, "Fleet bench", os.urandom(128))
    words = {"ca": files.ca, "certificate": files.hub[0], "key": files.hub[1], "port": port, "page": page}
    (folder / "hub.toml").write_text(HUB_TOML.format(**words))
    return keyring.load_private(private)


@contextmanager
def _process(folder: Path) -> Iterator[None]:
    """`hotspot fleet run`."""
    command = [sys.executable, "-c", "from hotspot_kiosk.cli import main; main()", "fleet", "run", "-c"]
    with (folder / "fleet.log").open("ab") as log:
        process = subprocess.Popen([*command, str(folder / "hub.toml")], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _bundles() -> dict[str, Bundle]:
    """Four versions; each changes a few blocks of the one before."""
    chance = random.Random(1)  # noqa: S311 - any bytes will do
    blocks = [chance.randbytes(BLOCK) for _ in range(BLOCKS)]
    made = {"1.0": bundle(blocks)}
    for version in ("1.1", "1.2", "1.3"):
        first = chance.randrange(BLOCKS - CHANGED)
        for at in range(first, first + CHANGED):
            blocks[at] = chance.randbytes(BLOCK)
        made[version] = bundle(blocks)
    return made


def _figure(
    name: str, value: float, unit: str, goal: float | None, better: str, against: str, n: int
) -> Figure:
    return Figure("fleet", name, value, unit, goal, "higher" if better == "higher" else "lower", against, n)
