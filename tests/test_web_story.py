"""A person at the real daemon's pages in a real Chromium: simulated camera and sensor, in two directions of writing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages_rig import BROWSER, FLAGS, ROOT, Pages, until

from hotspot_kiosk.demo.cast import Cast
from hotspot_kiosk.demo.post import Post
from hotspot_kiosk.demo.stage import Folders, Stage
from hotspot_kiosk.kiosk import desk

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
if BROWSER is None:
    pytest.skip(
        "Chromium is not installed: run `make test`, or apt-get install chromium", allow_module_level=True
    )


@pytest.fixture(scope="module")
def stage(models_built: Path) -> Iterator[Stage]:
    """A kiosk with its sensor; no hub answers, so records are kept."""
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as made,
        Stage(Folders(Path(made), ROOT / "models")) as set_up,
    ):
        set_up.start_sensor()
        config = set_up.folders.kiosk_config
        patient = "\n[session]\nsubject_s = 600.0\n"  # a busy machine is slow, and that is not what is tested
        config.write_text(config.read_text("utf-8") + patient, "utf-8")
        set_up.start_kiosk()
        yield set_up


@pytest.mark.parametrize(("code", "last"), [("en", "It is kept safely"), ("ar", "حُفظت بأمان")])
def test_a_person_is_captured_by_following_the_pages(stage: Stage, code: str, last: str) -> None:
    """From the language to the sealed record: an officer begins, the person touches and follows, nothing else."""
    folders = stage.folders
    cast = Cast(folders)
    post = Post(folders.desk, quiet=True, visit=cast.visit(cast.b, 7))
    post.sit_down()
    with tempfile.TemporaryDirectory(dir="/tmp") as made, playwright.sync_playwright() as play:
        pages = Pages(Path(made), folders.desk)
        pages.start()
        browser = play.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(pages.url)
        page.locator(f'button[value="{code}"]').click()
        page.locator("section.wait").wait_for()
        desk.ask(folders.desk, desk.Ask("begin", adult=True))
        for part in range(3):
            page.locator(f'main[data-key^="notice:{code}:{part}:"]').wait_for()
            page.wait_for_timeout(1700)
            page.locator(f'button[name="go"][value="{"end" if part == 2 else "next"}"]').click()
        page.locator("section.finger").wait_for(timeout=60_000)
        page.locator("section.done").wait_for(timeout=120_000)
        assert last in page.locator("h1").inner_text()
        until(lambda: any(heard.told.kind == "stored" for heard in post.heard), "the post heard of no record")
        page.locator("section.slip .code svg").wait_for(timeout=60_000)
        browser.close()
        pages.close()
    assert post.visit is not None
    post.visit.leave()
    until(lambda: desk.ask(folders.desk, desk.Ask("status")).state == "idle", timeout_s=60)
