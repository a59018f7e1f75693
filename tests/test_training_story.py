"""Lessons played end to end: real daemon, training hub, broker and sensor line; in `make pages` in a real Chromium, too."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pages_rig import BROWSER, FLAGS, SHOTS, free_port, until
from training_rig import PATIENCE_S, Trainee, refused

from hotspot_kiosk import realm, seal
from hotspot_kiosk.audit_chain import TrainingEntry, read
from hotspot_kiosk.demo.stage import Folders
from hotspot_kiosk.keyring import load_private
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.web.mark import Mark
from hotspot_kiosk.terms import Realm, Tcn, realm_of
from hotspot_kiosk.training.bench import CASE, PIN, Bench
from hotspot_kiosk.training.coach import Coach

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)
MARK = Mark.of(training=True)
PICTURES = "PAGES_PICTURES" in os.environ


@dataclass(frozen=True, slots=True)
class Training:
    """A training that runs."""

    bench: Bench
    root: Path
    url: str


@pytest.fixture(scope="module")
def training(models_built: Path) -> Iterator[Training]:
    """Broker, hub, sensor, kiosk and pages as processes of their own, and the coach; quick people."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        port = free_port()
        bench = Bench(Folders(Path(made), models_built.parent), port)
        with bench, Coach(bench, reaction_s=0.2):
            yield Training(bench, Path(made), f"http://localhost:{port}")


@pytest.fixture
def trainee(training: Training) -> Iterator[Trainee]:
    """Signed in, with nobody at the kiosk; whatever a test left undone is ended."""
    one = Trainee(training.root)
    yield one
    one.stop()


def test_a_wet_finger_is_dried_and_then_taken(trainee: Trainee) -> None:
    """Refused for being wet until the officer says what to do; taken without being overruled."""
    trainee.lesson("begin", "wet-finger")
    trainee.check()
    trainee.refused_for("wet finger")
    assert not trainee.done(3)
    trainee.lesson("say", "dry")
    trainee.step(4)
    stand = trainee.lesson("look")
    assert stand.learned
    assert stand.aside == ()


def test_of_two_faces_none_is_taken(trainee: Trainee) -> None:
    """Until one of them has stepped aside."""
    trainee.lesson("begin", "two-faces")
    trainee.check()
    trainee.refused_for("several faces")
    assert trainee.look().state == "face"
    trainee.lesson("say", "one-person")
    trainee.step(4)
    assert trainee.lesson("look").learned


def test_without_a_link_the_verdict_comes_later(training: Training, trainee: Trainee) -> None:
    """The record is kept; the answer comes once the link is back, and to this record; all of it is marked in its number."""
    trainee.lesson("begin", "link-down")
    trainee.check()
    trainee.step(2)
    assert not trainee.done(4)
    waiting = [each.tcn for each in trainee.look().kept]
    assert waiting
    assert all(realm_of(Tcn(each).device) is Realm.TRAINING for each in waiting)
    trainee.lesson("say", "later")
    trainee.step(4)
    assert waiting[0] in {each.tcn for each in trainee.look().verdicts}
    outbox = Outbox(training.root / "kiosk" / "outbox.db")
    envelopes = [outbox.envelope(item) or b"" for item in outbox.waiting()]
    outbox.close()
    assert all(seal.peek(each).realm is Realm.TRAINING for each in envelopes)


def test_two_people_decide_about_a_possible_match(trainee: Trainee) -> None:
    """Possible match, verify; the officer says what they found, somebody at the bureau, too; only then it is over."""
    trainee.lesson("begin", "hit")
    trainee.check()
    trainee.step(2)
    verdict = trainee.look().verdicts[0]
    assert verdict.decision == "possible match, verify"
    assert verdict.needed == 2
    assert not trainee.done(4)
    trainee.find(verdict.tcn, "confirm")
    trainee.step(4)
    assert trainee.lesson("look").learned


def test_a_minor_is_not_captured(trainee: Trainee) -> None:
    """The officer says so, and nothing begins."""
    trainee.lesson("begin", "minor")
    trainee.act("minor")
    trainee.step(1)
    assert trainee.lesson("look").learned
    assert trainee.look().state in ("idle", "done")


def test_who_refuses_is_not_captured(trainee: Trainee) -> None:
    """The officer stops the check, and nothing is kept."""
    trainee.lesson("begin", "refusal")
    before = {each.tcn for each in trainee.look().kept}
    trainee.act("begin", adult=True)
    trainee.step(1)
    trainee.act("cancel")
    trainee.step(2)
    assert {each.tcn for each in trainee.look().kept} == before


def test_every_word_and_every_line_says_that_it_is_training(training: Training) -> None:
    """What the desk tells, and every line of both journals; whoever takes the kiosk for a real one is refused."""
    told = desk.ask(training.root / "desk", desk.Ask("status"))
    assert told.training
    assert "not both for training" in refused(training.root, desk.Ask("status", training=False))
    for house in ("kiosk", "hub"):
        lines = [
            line
            for file in (training.root / house / "journal").glob("*.jsonl")
            for line in file.read_bytes().splitlines()
        ]
        assert lines
        assert all(isinstance(read(line), TrainingEntry) for line in lines)
    own = load_private(training.root / "kiosk" / "kiosk.key")
    assert own.realm is Realm.TRAINING
    assert realm.of_folder(training.root) is Realm.TRAINING


WALK = ("desk", "lesson", "answers", "queue", "operation", "health", "slip", "key")
COVERED = """() => { const bar = document.getElementById("training");
  if (!bar) return "no mark";
  const box = bar.getBoundingClientRect();
  return box.width > 300 && box.height > 15 && box.bottom > 0 && box.top < innerHeight ? "" : "the mark is not to be seen"; }"""


def marked(page: Any, code: str) -> None:
    """The mark is to be seen, in this language."""
    page.locator("#training").wait_for(timeout=60_000)
    assert page.evaluate(COVERED) == "", page.url
    assert MARK.words(code) in page.locator("#training").inner_text(), page.url


def shot(page: Any, code: str, name: str) -> None:
    """A picture for people who look."""
    folder = SHOTS / "training" / code
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=60)


def enter(page: Any, url: str, code: str) -> None:
    """t1 signs in by PIN, in their language."""
    page.goto(f"{url}/officer")
    if code != "en":
        page.locator('footer select[name="code"]').select_option(code)
        page.locator("footer button").click()
        page.locator(f'html[lang="{code}"]').wait_for()
    marked(page, code)
    shot(page, code, "signin")
    page.locator("#officer").select_option("t1")
    page.locator("#pin").fill(PIN)
    page.locator(".pad button.good").click()
    page.locator("#session").wait_for()


def arrive(person: Any, url: str, code: str) -> None:
    """Somebody at the person's screen, in their language; what the last one left there is taken first."""
    person.goto(f"{url}/")
    person.locator(".one.slip, .languages").first.wait_for()
    if person.locator(".one.slip").count():
        shot(person, code, "person-slip")
        person.locator(".one.slip button.good").click()
    person.locator(".languages").wait_for()
    marked(person, "en")
    shot(person, code, "person-language")
    person.locator(f'.languages li[lang="{code}"] form button').click()
    person.locator(f'html[lang="{code}"]').wait_for()
    marked(person, code)
    shot(person, code, "person-wait")


def walk(page: Any, url: str, code: str) -> None:
    """Every page of an officer's."""
    for name in WALK:
        page.goto(f"{url}/officer/{name}")
        marked(page, code)
        shot(page, code, name)


def capture(page: Any, person: Any, url: str, code: str) -> None:
    """The lesson and the check begun, and the person's screen looked at meanwhile."""
    page.goto(f"{url}/officer/lesson")
    page.locator('button[value="hit"]').click()
    page.locator(".steps").wait_for()
    page.goto(f"{url}/officer/desk")
    page.locator('#begin input[name="adult"]').check()
    page.locator("#begin button.good.big").click()
    page.locator('#session input[value="notice read"] ~ button').click()
    for what, name in (("#preview", "person-face"), (".hand", "person-finger")):
        person.locator(what).wait_for()
        marked(person, code)
        shot(person, code, name)


def compare(page: Any, code: str) -> None:
    """Both faces looked at, and what was found said with a reason."""
    page.locator("a.hit").first.click()
    marked(page, code)
    page.locator('section.candidate input[value="pictures"] ~ button').click()
    page.locator("section.candidate img").nth(1).wait_for()
    shot(page, code, "answer")
    page.locator('section.candidate input[name="reason"]').fill("the same ears")
    page.locator('section.candidate button[value="confirm"]').click()


@pytest.mark.skipif(
    not PICTURES or BROWSER is None, reason="a long story in a browser: `make pages` plays it"
)
@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_possible_match_on_the_real_pages(training: Training, trainee: Trainee, code: str) -> None:
    """The lesson begun, done and ended by touch; the mark on the person's screen and on every page of the officer's."""
    play_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with play_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=FLAGS)
        person, page, other = (
            browser.new_context(viewport={"width": 1280, "height": 800}).new_page() for _ in range(3)
        )
        for each in (person, page, other):
            each.set_default_timeout(180_000)
        arrive(person, training.url, code)
        other.goto(f"{training.url}/")
        marked(other, "en")
        shot(other, code, "person-elsewhere")
        enter(page, training.url, code)
        walk(page, training.url, code)
        capture(page, person, training.url, code)
        compare(page, code)
        trainee.step(4)
        page.goto(f"{training.url}/officer/lesson")
        page.locator("#course .cue", has_text=MARK.words(code, "lesson-hit-learned")).wait_for()
        marked(page, code)
        shot(page, code, "lesson-learned")
        browser.close()
    until(lambda: trainee.look().state in ("idle", "done"), "the check is never over", PATIENCE_S)
    assert CASE in trainee.look().verdicts[0].candidates[0].reference
