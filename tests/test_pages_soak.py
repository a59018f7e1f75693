"""A short form of `bench pages`' hours: nothing grows at the pages while people come and go; and a leak is seen."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pages_rig import BROWSER, FLAGS

from hotspot_kiosk.bench.pages_soak import COUNTS, MIB, PICKS, Look, Soak, growth
from hotspot_kiosk.bench.pages_stage import PlayedKiosk

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
if BROWSER is None:
    pytest.skip(
        "Chromium is not installed: run `make test`, or apt-get install chromium", allow_module_level=True
    )

HEAPS = ("heap of the subject's page", "heap of the officer's page")
MOST_AN_HOUR = {
    "nodes of the subject's page": 1000,
    "nodes of the officer's page": 1000,
    "listeners of both": 200,
}
SERVER_MIB, FILES = 6, 6  # more than a few people warm up, far less than a leak for each of them
LEAK = """window.kept = [];
new MutationObserver((seen) => { for (const each of seen) if (each.removedNodes.length)
  window.kept.push(...each.removedNodes, Array.from({ length: 5000 }, Math.random)); })
  .observe(document, { childList: true, subtree: true });"""


def grown(looks: Sequence[Look]) -> set[str]:
    """What grows by more than 5 MiB an hour, or by more nodes or listeners than chance."""
    found = {what for what in HEAPS if growth(looks, PICKS[what]) > 5 * MIB}
    return found | {what for what, most in MOST_AN_HOUR.items() if growth(looks, COUNTS[what]) > most}


@pytest.fixture
def kiosk() -> Iterator[PlayedKiosk]:
    """A kiosk that is played, and the pages' process."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made, closing(PlayedKiosk(Path(made))) as played:
        played.start()
        yield played


@pytest.fixture
def browser() -> Iterator[Any]:
    """One Chromium, of nobody else's."""
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield opened
        opened.close()


def test_nothing_grows_at_the_pages(kiosk: PlayedKiosk, browser: Any) -> None:
    """People who come and go, then one page that is never left, an officer's page all the while."""
    with Soak(kiosk, browser).begun() as soak:
        people, cycles = soak.people(4, 1), soak.one_page(4, 1)
    assert grown(cycles) == set()
    assert max(look.subject.heap for look in people) - people[0].subject.heap < MIB
    assert growth(people, PICKS[HEAPS[1]]) < 5 * MIB
    assert cycles[-1].server - people[0].server < SERVER_MIB * MIB
    assert cycles[-1].files - people[0].files < FILES


def test_a_leak_is_seen(kiosk: PlayedKiosk, browser: Any) -> None:
    """Pages that keep what they took off the screen: what grows is named, in both pages."""
    with Soak(kiosk, browser, LEAK).begun() as soak:
        looks = soak.one_page(4, 1)
    assert grown(looks) >= {*HEAPS, "nodes of the subject's page", "nodes of the officer's page"}
