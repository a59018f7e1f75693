"""The whole path on this machine: last sample to verdict online, and link returned to last answer.

Broker, hub, sensor and kiosk run as in the demo, each as a process of its own. Against: the time of
one message of the probe's size there and back over the same broker, measured in the same run.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.demo.cast import Cast
from hotspot_kiosk.demo.post import Post
from hotspot_kiosk.demo.stage import Folders, Stage
from hotspot_kiosk.transports import mqtt
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkUp

MODELS = Path(__file__).resolve().parents[2] / "models"
ONLINE, OFFLINE, ECHOES = 3, 3, 20
PROBE_BYTES = 2_600
TRIAL = "20 s of the 2019 trial on an optimal link"


def run() -> Iterator[Figure]:
    """Three checks online, three offline; the builders of the stage are the demo's."""
    with tempfile.TemporaryDirectory(prefix="hotspot-bench-") as folder:
        folders = Folders(Path(folder), MODELS)
        cast = Cast(folders)
        with Stage(folders) as stage:
            cast.enrol()
            for start in (stage.start_broker, stage.start_hub, stage.start_sensor, stage.start_kiosk):
                start()
            yield from _measure(stage, cast)


def _measure(stage: Stage, cast: Cast) -> Iterator[Figure]:
    post = Post(stage.folders.desk, quiet=True)
    post.sit_down()
    post.link(up=True)
    echo = _echo(stage.link.port)
    online = statistics.median(_online(post, cast, seed) for seed in range(100, 100 + ONLINE))
    yield _figure("last sample to verdict, online", online, "s", TRIAL, ONLINE, goal=20)
    yield _figure(
        "last sample to verdict over one echo of the probe's size", online / echo, "ratio", "echo", ONLINE
    )
    stage.link.cut()
    post.link(up=False)
    tcns = [post.check(cast.visit(cast.a, 500 + i))[0] for i in range(OFFLINE)]
    began = time.monotonic()
    stage.link.mend()
    back = max(post.answer(tcn).at for tcn in tcns) - began
    yield _figure("link returned to last answer", back, "s", f"{OFFLINE} records waited", OFFLINE)


def _online(post: Post, cast: Cast, seed: int) -> float:
    tcn, last_sample = post.check(cast.visit(cast.a, seed))
    return post.answer(tcn).at - last_sample


def _echo(port: int) -> float:
    """Median seconds of a message there and back over the broker."""
    events: SimpleQueue[LinkEvent] = SimpleQueue()
    client = mqtt.build(mqtt.Options(host="127.0.0.1", port=port))
    client.open("echo", ["echo"], events.put)
    try:
        _until(events, LinkUp)
        times = []
        for _ in range(ECHOES):
            began = time.perf_counter()
            client.publish("echo", bytes(PROBE_BYTES))
            _until(events, Arrived)
            times.append(time.perf_counter() - began)
    finally:
        client.close()
    return 2 * statistics.median(times)


def _until(events: SimpleQueue[LinkEvent], kind: type) -> None:
    while not isinstance(events.get(timeout=30), kind):
        pass


def _figure(figure: str, value: float, unit: str, against: str, n: int, goal: float | None = None) -> Figure:
    return Figure("path", figure, value, unit, goal, "lower", against, n)
