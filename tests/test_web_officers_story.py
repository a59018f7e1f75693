"""An officer's whole check in a real Chromium: real daemon, hub and broker, simulated person; left to right and right to left."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from officer_rig import HASH, PIN
from pages_rig import BROWSER, FLAGS, ROOT, SHOTS, Pages, until
from PIL import Image

from hotspot_kiosk import seal_person
from hotspot_kiosk.cli.hub import open_store
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.decision import Decision, What, authenticate, sign
from hotspot_kiosk.demo import texts
from hotspot_kiosk.demo.cast import CASE_A, Cast
from hotspot_kiosk.demo.post import Post
from hotspot_kiosk.demo.stage import DEVICE, Folders, Stage
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.cases.casebook import Casebook, Person
from hotspot_kiosk.hub.cases.casebook import Role as Sitting
from hotspot_kiosk.hub.reception.enrolment import make_reference
from hotspot_kiosk.hub.roster import RosterFile
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.keyring import load_private
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.kiosk.web.words_officer import FOLDER
from hotspot_kiosk.officers import Officer, Role
from hotspot_kiosk.operation import Confirmation, draft
from hotspot_kiosk.operation import sign as sign_operation
from hotspot_kiosk.policy import Finding, Outcome
from hotspot_kiosk.simulator.finger_touch import R503
from hotspot_kiosk.simulator.subject import Visit
from hotspot_kiosk.terms import FingerPosition, Tcn

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
if BROWSER is None:
    pytest.skip(
        "Chromium is not installed: run `make test`, or apt-get install chromium", allow_module_level=True
    )
if "PAGES_PICTURES" not in os.environ:
    pytest.skip("a long story with every process of its own: `make pages` plays it", allow_module_level=True)

PHRASE = "a long passphrase"
LAW = "Act 7, section 2"
LANGUAGES = Languages(FOLDER)
Keys = dict[str, seal_person.PersonKey]


class OneTouch(Visit):
    """A person who touches once, and whose finger is too poor for what is asked here."""

    def hear(self, prompt: str, detail: str) -> None:
        """As anybody, but they do not try again."""
        if prompt != "again":
            super().hear(prompt, detail)


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that runs, and the person."""

    stage: Stage
    pages: Pages
    cast: Cast
    keys: Keys

    def book(self) -> Casebook:
        """The hub's cases, as a command opens them."""
        config = self.stage.folders.hub_config
        return assembly.open_book(load(config, HubConfig), config.parent)

    def speaks(self, officer: str, what: What, tcn: Tcn, reason: str) -> Person:
        """Who decides at the hub, by their own key."""
        hub = self.stage.folders.root / "hub"
        own = load_private(hub / "hub.key")
        roster = RosterFile(hub / "roster", own, own.public()).read()
        number, now = own.public().key_id.hex(), datetime.now(UTC)
        said = Decision(
            officer=officer, what=what, tcn=str(tcn), candidate=CASE_A, reason=reason, at=now, hub=number
        )
        signed = sign(said, self.keys[officer])
        authenticate(signed, roster, number, now)
        return Person(officer, Sitting.LEGAL if officer == "l1" else Sitting.OFFICER, signed)


def furnish(folders: Folders, keys: Keys) -> None:
    """An operation that names a law for pictures and asks for both places; a roster; a kiosk that asks much of a finger."""
    hub, kiosk = folders.root / "hub", folders.root / "kiosk"
    own, now = load_private(hub / "hub.key"), datetime.now(UTC)
    roster = RosterFile(hub / "roster", own, own.public())
    for name, role in (("k7", Role.OFFICER), ("k9", Role.OFFICER), ("l1", Role.LEGAL)):
        signing = keys[name].public if name in keys else b""
        roster.put(Officer(id=name, roles=(role,), pin=HASH, signing=signing), now)
    (kiosk / "roster").write_bytes((hub / "roster").read_bytes())
    begins, ends = (f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (-1, 30))
    plain = draft(texts.OPERATION.format(device=DEVICE, begins=begins, ends=ends))
    rule = Confirmation(pictures=LAW, both_places=True)
    whole = msgspec.structs.replace(
        plain, fingers=(FingerPosition.RIGHT_INDEX,), confirmation=rule, edition=2
    )
    (hub / "operations").mkdir()
    for file in (hub / "operations" / "demo.op", kiosk / "operation.op"):
        file.write_bytes(sign_operation(whole, own))
    table = folders.hub_config.read_text()
    more = 'orders = "orders"\noperations = "operations"\nroster = "roster"\n'
    folders.hub_config.write_text(table.replace('orders = "orders"\n', more))
    with folders.kiosk_config.open("a") as config:
        config.write("\n[session]\nfinger_quality = 100\nsubject_s = 300.0\n")


def enrol(folders: Folders, cast: Cast) -> None:
    """A's face and finger, placed by a country, with a portrait for people who compare."""
    face, finger = folders.root / "a.png", folders.root / "a-2.png"
    Image.fromarray(cast.a.portrait).save(face)
    Image.fromarray(cast.a.print_full(FingerPosition.RIGHT_INDEX)).save(finger)
    shelf = ModelShelf(folders.models / "manifest.toml", folders.models / "built")
    fingers = [(FingerPosition.RIGHT_INDEX, finger)]
    entry = make_reference(CASE_A, "2026", [face], fingers, 500, shelf, "SYR", portrait=True)
    with closing(open_store(folders.hub_config)) as store:
        assert store.gallery.put(entry)


@pytest.fixture(scope="module")
def scene(models_built: Path) -> Iterator[Scene]:
    """Broker, hub, sensor, kiosk and pages as processes of their own."""
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as made,
        Stage(Folders(Path(made), ROOT / "models")) as stage,
    ):
        keys = {name: seal_person.unlock(seal_person.make(PHRASE)[0], PHRASE) for name in ("k9", "l1")}
        furnish(stage.folders, keys)
        cast = Cast(stage.folders)
        enrol(stage.folders, cast)
        stage.start_broker()
        stage.start_hub()
        stage.start_sensor()
        stage.start_kiosk()
        pages = Pages(Path(made), stage.folders.desk, 300)
        pages.start()
        yield Scene(stage, pages, cast, keys)
        pages.close()


def enter(page: Any, url: str, code: str, name: str = "k7") -> None:
    """Somebody signs in by PIN, in their language."""
    page.goto(f"{url}/officer")
    if code != "en":
        page.locator('footer select[name="code"]').select_option(code)
        page.locator("footer button").click()
        page.locator(f'html[lang="{code}"]').wait_for()
    page.locator("#officer").select_option(name)
    page.locator("#pin").fill(PIN)
    page.locator(".pad button.good").click()
    page.locator("#session").wait_for()


def capture(page: Any, post: Post) -> Tcn:
    """Begun with the word that it is an adult, the finger that was refused taken with a reason; the record's number."""
    start = len(post.heard)
    page.locator('#begin input[name="adult"]').check()
    page.locator("#origins").fill("SYR")
    page.locator("#begin button.good").click()
    page.locator('#session input[value="notice read"] ~ button').click(timeout=60_000)
    stored = lambda: [h.told.tcn for h in post.heard[start:] if h.told.kind == "stored"]  # noqa: E731
    overruled = 0

    def done() -> bool:
        nonlocal overruled
        with contextlib.suppress(playwright.Error):  # the page is being changed for another
            overruled += bool(page.evaluate(OVERRULE))
            page.wait_for_timeout(300)
        return bool(stored())

    until(done, "no record was stored", 180)
    assert overruled
    return Tcn(stored()[0])


def answered(page: Any, url: str, tcn: Tcn, words: str) -> None:
    """The answer's line says so."""
    page.goto(f"{url}/officer/answers")
    page.locator("#answers tr", has_text=tcn).filter(has_text=words).wait_for(timeout=120_000)


@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_check_from_the_sign_in_to_what_two_people_found(scene: Scene, code: str) -> None:
    """Refused finger taken with a reason, "no answer yet", the legal officer's release as a late hit, both faces, two people."""
    said = LANGUAGES.get(code)
    assert said is not None
    folders, url = scene.stage.folders, scene.pages.url
    post = Post(folders.desk, quiet=True)
    post.visit = OneTouch(scene.cast.a, folders.camera, folders.glass, R503, 11 + len(code) + (code == "ar"))
    post.sit_down()
    post.link(up=True)
    with playwright.sync_playwright() as play, closing(scene.book()) as book:
        browser = play.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(120_000)
        enter(page, url, code)
        tcn = capture(page, post)
        post.visit.leave()
        answered(page, url, tcn, said.text("decision-pending"))
        until(lambda: book.evidence(tcn) is not None, "the evidence never came", 120)
        assert page.locator("a.hit", has_text=tcn).count() == 0
        with page.expect_response(lambda answer: answer.url.endswith("/tone/warn.wav"), timeout=120_000):
            legal = scene.speaks("l1", What.RELEASE, tcn, "no danger seen")
            book.judge(tcn, CASE_A, legal, released=True, reason="no danger seen")
        page.locator("a.hit", has_text=tcn).click()
        page.locator('section.candidate input[value="pictures"] ~ button').click()
        page.locator("section.candidate img").nth(1).wait_for(timeout=120_000)
        until(lambda: page.evaluate(BOTH_SEEN), "the faces are not painted", 60)
        (SHOTS / "officer" / code).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / "officer" / code / "story-faces.jpg", type="jpeg", quality=60)
        page.locator('section.candidate input[name="reason"]').fill("the same ears")
        page.locator('section.candidate button[value="confirm"]').click()
        page.locator("#found1 li", has_text=said.text("told-hub")).wait_for(timeout=120_000)
        assert page.locator("section.candidate img").count() == 0
        assert book.case(tcn).outcome(CASE_A, Confirmation(both_places=True)) is Outcome.OPEN
        second = scene.speaks("k9", What.CONFIRM, tcn, "the same scar")
        assert book.vote(tcn, CASE_A, second, Finding.CONFIRM, "the same scar") is Outcome.CONFIRMED
        browser.close()
    until(lambda: desk.ask(folders.desk, desk.Ask("status")).state == "idle", timeout_s=60)


def test_whoever_is_revoked_at_the_hub_is_signed_out_at_the_kiosk(scene: Scene) -> None:
    """The page that stands open closes by itself as soon as the link has brought the new roster, and nobody signs in as them."""
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(120_000)
        enter(page, scene.pages.url, "en", "k9")
        hotspot, hub = Path(sys.executable).with_name("hotspot"), scene.stage.folders.hub_config
        revoke = [hotspot, "officer", "revoke", "k9", "-c", hub, "--reason", "left the service"]
        subprocess.run(revoke, check=True, capture_output=True)
        page.locator("#signin").wait_for()
        names = page.locator("#officer option").all_inner_texts()
        assert "k7" in names
        assert "k9" not in names
        browser.close()


OVERRULE = """() => { const why = document.getElementById("why-overrule");
  if (!why) return false;
  why.value = "worn skin";
  why.form.requestSubmit(why.form.querySelector("button"));
  return true; }"""
BOTH_SEEN = """() => { const faces = [...document.querySelectorAll("section.candidate img")];
  return faces.length === 2 && faces.every((face) => face.complete && face.naturalWidth > 50); }"""
