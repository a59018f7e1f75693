"""Twenty kiosks and a hub over a real broker: an update in waves, and canaries that fail."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from making import HUB, NOW, keys
from mosquitto import Mosquitto, find
from update_rig import BUNDLE, URL, Direct, Post
from updating import MANIFEST, NEW

from hotspot_kiosk import fleet
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.fleet.fleet import Course, Courses, FleetDesk
from hotspot_kiosk.hub.fleet.rollout import Rollout
from hotspot_kiosk.transports.mqtt import Options, build

pytestmark = pytest.mark.skipif(
    find() is None, reason="there is no Mosquitto on this machine: apt-get install mosquitto"
)
KIOSKS = tuple(range(101, 121))
PATIENCE_S = 90.0


class Fleet:
    """The hub's desk and its kiosks."""

    def __init__(self, folder: Path, port: int) -> None:
        self.courses = Courses(folder / "rollouts")
        self.desk = FleetDesk(
            courses=self.courses,
            board=build(Options(host="127.0.0.1", port=port, retry_least_s=0.05, retry_most_s=0.2)),
            own=HUB,
            post_keys=lambda device: keys(device).public(),
            now=lambda: NOW,
            look_s=0.1,
        )
        self.thread = threading.Thread(target=self.desk.run, name="fleet desk")
        self.posts = [self._post(folder, port, device) for device in KIOSKS]

    def start(self) -> None:
        """Everything."""
        self.thread.start()
        for post in self.posts:
            post.start()

    def stop(self) -> None:
        """Everything."""
        for post in self.posts:
            post.stop()
        self.desk.stop()
        self.thread.join()

    def until(self, condition: Callable[[Course], bool]) -> Course:
        """The course, when it fulfils the condition."""
        ends = time.monotonic() + PATIENCE_S
        while True:
            course = self.courses.newest()
            if course is not None and condition(course):
                return course
            assert time.monotonic() < ends, course
            time.sleep(0.05)

    def _post(self, folder: Path, port: int, device: int) -> Post:
        post = Post(device, folder / str(device), port, lambda: Direct(post.slots))
        post.slots.bundles.update(BUNDLE)
        return post


@pytest.fixture
def fleet_of_kiosks(tmp_path: Path) -> Iterator[Fleet]:
    broker = Mosquitto(tmp_path)
    broker.start()
    made = Fleet(tmp_path, broker.port)
    made.start()
    yield made
    made.stop()
    broker.stop()


def rollout(**changed: object) -> Rollout:
    usual = {"id": "r", "version": NEW, "url": URL, "manifest": MANIFEST, "devices": KIOSKS, "canary": 10}
    return Rollout(**(usual | changed))  # type: ignore[arg-type]


def test_twenty_kiosks_update_in_waves(fleet_of_kiosks: Fleet) -> None:
    """Two canaries, then six, then the rest; each restarts once and stays."""
    fleet_of_kiosks.courses.begin(rollout(), fleet.as_ms(NOW))
    course = fleet_of_kiosks.until(lambda course: course.done)
    assert [len(wave) for wave in course.rollout.waves()] == [2, 6, 12]
    assert len(course.opened_ms) == 3
    assert {result.outcome for result in course.results.values()} == {fleet.Outcome.CONFIRMED}
    assert all("B" in post.slots.good and post.slots.booted == "B" for post in fleet_of_kiosks.posts)


def test_a_failing_canary_stops_it_and_nobody_else_is_touched(fleet_of_kiosks: Fleet) -> None:
    """The reason reaches the hub; the other eighteen never hear of it."""
    fleet_of_kiosks.posts[0].failing = ("camera: no picture",)
    fleet_of_kiosks.courses.begin(rollout(), fleet.as_ms(NOW))
    course = fleet_of_kiosks.until(lambda course: bool(course.halted))
    assert course.results[KIOSKS[0]].reason == "camera: no picture"
    assert len(course.opened_ms) == 1
    assert [len(post.slots.installs) for post in fleet_of_kiosks.posts[2:]] == [0] * 18


def test_one_rollout_at_a_time(tmp_path: Path) -> None:
    """The next begins when the one before is done or halted."""
    courses = Courses(tmp_path)
    first = courses.begin(rollout(), 5)
    with pytest.raises(Refused, match="under way"):
        courses.begin(rollout(id="s"), 6)
    courses.keep(Course(first.rollout, first.number, halted="a person said so"))
    assert courses.begin(rollout(id="s"), 6).number > first.number
