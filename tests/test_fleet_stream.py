"""What the fleet bench stands on: bundles by ranges from a real nginx, and the rollout's part of the fleet's page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from updating import MANIFEST, NEW, OLD

from hotspot_kiosk.fleet import Outcome
from hotspot_kiosk.hub.fleet.fleet import Course, Result
from hotspot_kiosk.hub.fleet.rollout import Rollout
from hotspot_kiosk.hub.fleet.rollout_page import section, state
from hotspot_kiosk.simulator import nginx
from hotspot_kiosk.simulator.broker import Files
from hotspot_kiosk.simulator.nginx import Nginx
from hotspot_kiosk.simulator.rauc import Slots
from hotspot_kiosk.simulator.rauc_stream import BLOCK, TAIL, Bundle, bundle, fetch

BEFORE = bundle([bytes([n]) * BLOCK for n in range(32)])
AFTER = bundle([bytes([n + 100 if n in (3, 4, 20) else n]) * BLOCK for n in range(32)])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Nginx, Path]]:
    """nginx, and the CA to trust."""
    if nginx.find() is None:
        pytest.skip("there is no nginx on this machine: apt-get install nginx-light")
    files = Files(tmp_path_factory.mktemp("pki"))
    with Nginx(tmp_path_factory.mktemp("nginx") / "here", files) as made:
        yield made, files.ca


def fetched(server: tuple[Nginx, Path], made: Bundle, manifest: str) -> tuple[str, Slots, int]:
    """Why not, the slots, and the bytes that the server sent for it."""
    slots, before = Slots({"A": OLD, "B": "0"}), server[0].sent()[1]
    url = server[0].put("b.raucb", made.content)
    slots.bundles[url] = (NEW, manifest)
    why = fetch(slots, url, manifest, server[1], BEFORE.digests)
    return why, slots, server[0].sent()[1] - before


def test_only_the_blocks_that_lack_travel(server: tuple[Nginx, Path]) -> None:
    """Three of 32, in two ranges, with the list and its length."""
    why, slots, sent = fetched(server, AFTER, AFTER.manifest)
    assert (why, slots.versions["B"]) == ("", NEW)
    assert sent == 3 * BLOCK + 32 * 32 + TAIL


def test_a_damaged_block_and_another_manifest_are_refused(server: tuple[Nginx, Path]) -> None:
    """Nothing is written."""
    damaged = Bundle(AFTER.content.replace(bytes([103]) * 8, bytes([1]) * 8), AFTER.manifest, AFTER.digests)
    for made, manifest, why in ((damaged, AFTER.manifest, "damaged"), (AFTER, MANIFEST, "manifest")):
        said, slots, _ = fetched(server, made, manifest)
        assert why in said
        assert slots.installs == []


def test_a_bundle_that_is_not_there_is_said_to_be(server: tuple[Nginx, Path]) -> None:
    """In RAUC's way, so that it is tried again."""
    slots, url = Slots({"A": OLD, "B": "0"}), f"https://127.0.0.1:{server[0].port}/none"
    assert "access failed" in fetch(slots, url, AFTER.manifest, server[1], frozenset())


def course(**changed: object) -> Course:
    """Twenty kiosks in waves of 1, 3, 12 and 4, the first two open; kiosk 2 failed."""
    rollout = Rollout(id="<r>", version="1.1", url="u", manifest=MANIFEST, devices=tuple(range(1, 21)))
    results = {
        1: Result(Outcome.CONFIRMED, "", "1.1", 3),
        2: Result(Outcome.ROLLED_BACK, "camera: <no> picture", "1.0", 4),
        3: Result(Outcome.INSTALLING, "", "1.0", 2),
    }
    usual = {"rollout": rollout, "number": 1, "opened_ms": (1, 2), "results": results}
    return Course(**(usual | changed))  # type: ignore[arg-type]


def test_the_page_shows_waves_failures_and_why_it_halted() -> None:
    """Whatever a kiosk says is shown as text."""
    shown = section(course(halted="1 of 4 kiosks failed, more than 5 %"))
    assert (
        '<tr class="bad"><th scope="row">2</th><td>3</td><td>yes</td><td>0</td><td>2</td><td>1</td><td>0</td></tr>'
        in shown
    )
    assert (
        '<tr class="ok"><th scope="row">3</th><td>12</td><td>no</td><td>0</td><td>0</td><td>0</td><td>0</td></tr>'
        in shown
    )
    assert "Halted: 1 of 4 kiosks failed" in shown
    assert "kiosk 2 rolled back: camera: &lt;no&gt; picture; it runs 1.0" in shown
    assert "<r>" not in shown
    assert section(None) == ""


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "Wave 2 of 4: 1 of 20 kiosks confirmed it."),
        ({"done": True}, "Done: 1 of 20 kiosks confirmed it."),
    ],
)
def test_where_a_rollout_stands_is_one_sentence(changed: dict[str, object], words: str) -> None:
    """Under way, or done."""
    assert state(course(**changed)) == words
