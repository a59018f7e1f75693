"""Officers' pages in a real Chromium: keys, PINs, every flow, left to right and right to left, no serious barrier."""

from __future__ import annotations

import logging
import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import axe
import msgspec
import pytest
from health_rig import Setup
from making import DEVICE, HUB, NOW, STAMP, face_capture, finger_capture, tcn
from officer_rig import PIN, Rig
from pages_rig import BROWSER, FLAGS, SHOTS, Kiosk, Pages, until

from hotspot_kiosk.config import Page
from hotspot_kiosk.kiosk.events import Overrule, Sampled
from hotspot_kiosk.kiosk.session import Plan, Session, State
from hotspot_kiosk.kiosk.staff import security_keys
from hotspot_kiosk.kiosk.storage.outbox import DAMAGED, GIVEN_UP
from hotspot_kiosk.kiosk.web.words_officer import FOLDER
from hotspot_kiosk.officers import sign
from hotspot_kiosk.terms import PRESENTATION, Capture, FingerPosition, Late, Part, QualityComponent

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
if BROWSER is None:
    pytest.skip(
        "Chromium is not installed: run `make test`, or apt-get install chromium", allow_module_level=True
    )

BOTH = pytest.mark.parametrize("code", ["en", "ar"])
# Every language in `make pages`; otherwise one of each direction.
CODES = sorted(path.stem for path in FOLDER.glob("*.ftl")) if "PAGES_PICTURES" in os.environ else ["en", "ar"]
CUES = (("pattern", 12), ("mirror", 91))
SIZES = {"large": (1280, 800), "small": (800, 480)}
FITS = """() => {
  const out = [];
  if (document.documentElement.scrollWidth > innerWidth) out.push("the page is wider than the screen");
  for (const part of document.querySelectorAll("button, summary, h1, nav a")) {
    const box = part.getBoundingClientRect();
    if (box.width && (box.left < -1 || box.right > innerWidth + 1)) out.push("aside: " + part.innerText);
    if (part.matches("button") && part.scrollWidth > part.clientWidth + 2) out.push("cut: " + part.innerText);
  }
  return out;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium."""
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield opened
        opened.close()


class Set:
    """A kiosk's office behind a desk, and the pages' process before it."""

    def __init__(self, folder: Path) -> None:
        self.kiosk = Kiosk(folder)
        self.pages = Pages(folder, self.kiosk.path, 600)
        (folder / "office").mkdir()
        self.health = Setup(folder / "health")
        self.health.recent.start()
        self.rig = Rig(folder / "office", Page(port=self.pages.port), self.health.health)
        self.rig.enrol()
        self.kiosk.counter = self.rig.office.authority.asked
        self.kiosk.start()
        self.pages.start()

    def close(self) -> None:
        """End it all."""
        self.pages.close()
        self.kiosk.close()
        self.rig.close()
        self.health.recent.close()


@pytest.fixture(scope="module")
def setting() -> Iterator[Set]:
    """All of it; tests leave the roster as it was."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        whole = Set(Path(made))
        yield whole
        whole.close()


@pytest.fixture
def rig(setting: Set) -> Iterator[Rig]:
    """With nobody at the kiosk and nothing in the outbox."""
    rig = setting.rig
    yield rig
    rig.session = Session(Plan())
    rig.obeyed.clear()
    rig.put.clear()
    for entry in tuple(rig.outbox.entries()):
        for part, *_ in entry.parts:
            rig.outbox.receipt(entry.tcn, part, rig.outbox.digest(entry.tcn, part), NOW)
        rig.outbox.erase(entry.tcn)


@pytest.fixture
def page(browser: Any, setting: Set) -> Iterator[Any]:
    """An officer's browser; whatever it complains of fails the test, but refusals it was sent."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    shown = context.new_page()
    shown.set_default_timeout(120_000)
    wrong: list[str] = []
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.on("console", lambda said: wrong.append(said.text) if "Refused to" in said.text else None)
    shown.goto(f"{setting.pages.url}/officer")
    yield shown
    context.close()
    assert wrong == []


def speak(page: Any, code: str) -> None:
    """Choose a language."""
    page.locator('footer select[name="code"]').select_option(code)
    page.locator("footer button").click()
    page.locator(f'html[lang="{code}"]').wait_for()


def enter(page: Any, name: str = "k7", code: str = "en") -> None:
    """Sign in by touch alone, with a PIN."""
    if code != "en":
        speak(page, code)
    page.locator("#officer").select_option(name)
    for digit in PIN:
        page.locator(f'button[data-digit="{digit}"]').click()
    page.locator(".pad button.good").click()
    page.locator("#session").wait_for()


def goto(page: Any, setting: Set, name: str) -> None:
    """Another page of an officer who is signed in."""
    page.goto(f"{setting.pages.url}/officer/{name}")


def test_a_security_key_is_registered_and_then_opens(page: Any, setting: Set, rig: Rig) -> None:
    """Made at the kiosk, signed by the hub, used without a PIN; all of it by Chromium's own authenticator."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    line.send("WebAuthn.addVirtualAuthenticator", {"options": {**key, "automaticPresenceSimulation": True}})
    goto(page, setting, "key")
    page.locator("#officer").select_option("k8")
    page.locator("[data-make]").click()
    until(lambda: page.locator("#made").input_value() != "", "no key was made")
    made = security_keys.unpacked(page.locator("#made").input_value())
    officer = rig.roster.find("k8")
    assert officer is not None
    rig.roster = rig.roster.with_officer(msgspec.structs.replace(officer, keys=(made,)), NOW)
    rig.office.roll.install(sign(rig.roster, HUB))
    goto(page, setting, "")
    page.locator("#officer").select_option("k8")
    page.locator("[data-key]").click()
    page.locator("#session").wait_for()
    assert "k8" in page.locator(".who").inner_text()
    assert {
        cookie["name"]: cookie["sameSite"] for cookie in page.context.cookies() if cookie["httpOnly"]
    } == {
        "browser": "Strict",
        "badge": "Strict",
    }


def test_a_wrong_pin_opens_nothing_and_says_so(page: Any, rig: Rig) -> None:
    """The page stays at the sign-in."""
    page.locator("#officer").select_option("m1")
    page.locator("#pin").fill("000001")
    page.locator(".pad button.good").click()
    page.locator(".problem").wait_for()
    assert "did not fit" in page.locator(".problem").inner_text()
    assert page.locator("#session").count() == 0


def test_signing_out_closes_every_page(page: Any, setting: Set, rig: Rig) -> None:
    """Going back shows nothing of it either."""
    enter(page)
    page.locator('form[action="/officer/leave"] button').click()
    page.locator("#signin").wait_for()
    page.go_back()
    assert page.locator("#session").count() == 0
    goto(page, setting, "queue")
    page.locator("#signin").wait_for()


@BOTH
def test_a_check_is_begun_and_stopped(page: Any, rig: Rig, code: str) -> None:
    """Only with the word that the person is an adult; the stop button is there from then on."""
    enter(page, code=code)
    page.locator('#begin input[name="adult"]').check()
    page.locator("#origins").fill("syr")
    page.locator("#begin button.good").click()
    until(lambda: bool(rig.obeyed), "nothing began")
    assert (rig.obeyed[0].officer, rig.obeyed[0].adult, rig.obeyed[0].origins) == ("k7", True, ("SYR",))
    rig.session = Session(Plan(), state=State.FACE)
    page.locator('#session input[value="cancel"] ~ button').click()
    until(lambda: rig.obeyed[-1].do == "cancel", "it did not stop")


@BOTH
def test_quality_is_seen_live_and_overruled_with_a_reason(page: Any, rig: Rig, code: str) -> None:
    """What was refused appears by itself, with its score; typing the reason is not disturbed by what comes."""
    enter(page, code=code)
    session = Session(Plan(), state=State.FACE, refused=Sampled(1, face_capture(1, 12)))
    rig.session = session
    page.locator("#why-overrule").wait_for()
    page.locator("#why-overrule").fill("sca")
    rig.session = replace(session, captures=(finger_capture(),))
    page.locator("#session tr.ok").wait_for()
    assert page.locator("#why-overrule").input_value() == "sca"
    page.locator("#why-overrule").fill("scarred")
    page.locator("#overrule button").click()
    until(lambda: bool(rig.put), "nothing was taken")
    assert rig.put == [Overrule("k7", "scarred")]


@BOTH
def test_an_apparent_minor_is_sent_on_without_biometrics(page: Any, rig: Rig, code: str) -> None:
    """One touch, from the second look, too; the person is counted."""
    assert rig.place.minors is not None
    before = rig.place.minors.count
    enter(page, code=code)
    plan = Plan(fingers=(FingerPosition.RIGHT_INDEX,))
    rig.session = Session(plan, state=State.FINGERS, second_look=True)
    page.locator("#session .warning button.stop").click()
    page.locator(".note").wait_for()
    assert rig.place.minors.count == before + 1
    assert [ask.do for ask in rig.obeyed] == ["cancel"]


@BOTH
def test_a_low_cue_asks_to_look_and_holds_nobody_up(page: Any, rig: Rig, code: str) -> None:
    """Which cue, why the portrait claims no profile; the button that sends it on is there all the same."""
    enter(page, code=code)
    rig.session = Session(Plan(), state=State.REVIEW, captures=(looked_at(),))
    page.locator("#look").wait_for()
    assert "pattern 12" in page.locator("#look").inner_text()
    assert "mirror" not in page.locator("#look").inner_text()
    assert "expression not measured" in page.locator("#portrait").inner_text()
    page.locator('#session input[value="accept"] ~ button').click()
    until(lambda: [ask.do for ask in rig.obeyed] == ["accept"], "it was held up")


def looked_at() -> Capture:
    """A face with what its cues say: one is low."""
    capture = face_capture()
    cues = tuple(QualityComponent(f"{PRESENTATION}{name}", score, counts=False) for name, score in CUES)
    return replace(capture, quality=replace(capture.quality, components=cues))


@BOTH
def test_two_people_confirm_a_possible_match(page: Any, setting: Set, rig: Rig, code: str) -> None:
    """A hit appears by itself and is heard; one person is not enough, the same one twice neither."""
    enter(page, "k7", code)
    number = 100 + len(code) + (code == "ar")
    with page.expect_response(lambda answer: answer.url.endswith("/officer/tone/warn.wav")):
        rig.answered(number)
    page.locator("a.hit").first.click()
    section = page.locator("section.candidate").first
    section.locator('input[name="reason"]').fill("the same scar")
    section.locator('button[value="confirm"]').click()
    page.locator("#found1 li").wait_for()
    assert page.locator("section.candidate").first.locator("form").count() == 0
    page.locator('form[action="/officer/leave"] button').click()
    page.locator("#signin").wait_for()
    enter(page, "k9")
    goto(page, setting, f"answer/{tcn(number)}")
    section = page.locator("section.candidate").first
    section.locator('input[name="reason"]').fill("the same ears")
    section.locator('button[value="confirm"]').click()
    until(lambda: page.locator("#found1 li").count() == 2, "the second was not counted")
    assert [said.officer for said in rig.office.findings.of(tcn(number))] == ["k7", "k9"]


@BOTH
def test_a_quarantined_record_is_sent_again_or_erased(page: Any, setting: Set, rig: Rig, code: str) -> None:
    """By a supervisor, with a reason; an officer is told whom to call."""
    rig.outbox.put(tcn(31), STAMP, [(Part.PROBE, b"sealed")])
    rig.outbox.quarantine(tcn(31), Part.PROBE, GIVEN_UP)
    rig.outbox.put(tcn(32), STAMP, [(Part.PROBE, b"sealed")])
    rig.outbox.quarantine(tcn(32), Part.PROBE, DAMAGED)
    enter(page, "k9", code)
    goto(page, setting, "queue")
    for do, kind in (("requeue", "good"), ("erase", "stop")):
        form = page.locator(f'form:has(input[value="{do}"])')
        form.locator('input[name="reason"]').fill("the hub is in order")
        form.locator(f"button.{kind}").click()
        page.locator(f'form:has(input[value="{do}"])').wait_for(state="detached")
    assert {entry.tcn: entry.state for entry in rig.outbox.entries()} == {tcn(31): "sealed"}


def test_who_does_not_touch_the_page_is_warned_and_signed_out(page: Any, rig: Rig) -> None:
    """A page that only shows keeps nobody signed in; the warning's button does."""
    enter(page)
    door = rig.office.authority._door
    skip = 250_000
    steady = door._now_ms
    try:
        door._now_ms = lambda: steady() + skip
        page.locator("#ending .warning button").click()
        page.locator("#ending .warning").wait_for(state="detached")
        skip += 310_000
        page.locator("#signin").wait_for()
        assert "ended" in page.locator(".problem").inner_text()
    finally:
        door._now_ms = steady


@BOTH
def test_a_maintainer_sees_what_to_do_and_takes_a_bundle(
    page: Any, setting: Set, rig: Rig, code: str
) -> None:
    """The worst first, the log without a name, a file that opens; nobody else has the page."""
    setting.health.put("/sys/class/thermal/thermal_zone0/temp", "91000")
    logging.getLogger("hotspot_kiosk.kiosk.link.uplink").error("link lost: %s", "Zarmina")
    enter(page, "m1", code)
    page.locator('nav a[href="/officer/health"]').click()
    page.locator("#findings tr.bad").first.wait_for()
    assert "91.0 C" in page.locator("#findings").inner_text()
    assert page.locator("#findings tbody tr").first.get_attribute("class") == "bad"
    assert "link lost" in page.locator("#log").inner_text()
    assert "Zarmina" not in page.locator("#log").inner_text()
    with page.expect_download() as taken:
        page.locator("#support button").click()
    with tarfile.open(taken.value.path()) as archive:
        assert "support/findings.json" in archive.getnames()
    page.locator('form[action="/officer/leave"] button').click()
    page.locator("#signin").wait_for()
    enter(page, "k7")
    assert page.locator('nav a[href="/officer/health"]').count() == 0
    goto(page, setting, "health")
    assert page.locator("#findings, #support, #log").count() == 0


def walk(page: Any, setting: Set, rig: Rig) -> Iterator[str]:
    """Every page in its fullest form; the name of each while it stands."""
    rig.office.overview.link_changed(False)
    rig.answered(21)
    late = Late("Green line 9", NOW - timedelta(hours=1), True, NOW + timedelta(hours=20))
    rig.answered(22, DEVICE + 1, late=late)
    for number, reason in ((23, GIVEN_UP), (24, DAMAGED), (25, "the hub has no such operation")):
        rig.outbox.put(tcn(number), STAMP, [(Part.PROBE, b"sealed")])
        rig.outbox.quarantine(tcn(number), Part.PROBE, reason)
    for number in (26, 27, 28):
        rig.outbox.put(tcn(number), STAMP, [(Part.PROBE, b"x" * 4000)])
    goto(page, setting, "desk")
    yield "desk"
    plan = Plan(fingers=(FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_RING))
    rig.session = Session(
        plan,
        state=State.FINGERS,
        captures=(looked_at(),),
        refused=Sampled(2, finger_capture(1, FingerPosition.RIGHT_INDEX, 12)),
        second_look=True,
    )
    page.locator("#overrule section").wait_for()
    page.locator("summary").click()
    yield "desk-capturing"
    for name in (
        "answers",
        "queue",
        "operation",
        "slip",
        f"answer/{tcn(21)}",
        f"answer/{tcn(22, DEVICE + 1)}",
    ):
        goto(page, setting, name)
        yield name.split("/")[0] + ("-late" if name.endswith(tcn(22, DEVICE + 1)) else "")


@pytest.mark.parametrize("code", CODES)
def test_every_page_fits_and_nobody_meets_a_serious_barrier(
    page: Any, setting: Set, rig: Rig, code: str
) -> None:
    """Nothing cut or beside the screen, large or small; axe-core finds nothing serious; a picture is kept of each."""
    try:
        script = axe.source()
    except axe.NoAxe as error:
        pytest.skip(str(error))
    folder = SHOTS / "officer" / code
    folder.mkdir(parents=True, exist_ok=True)
    speak(page, code)
    names = ["signin"]
    look(page, folder, "signin", script)
    enter(page, "k9", "en")
    for name in walk(page, setting, rig):
        names.append(name)
        look(page, folder, name, script)
    assert len(names) == 9
    page.locator('form[action="/officer/leave"] button').click()
    page.locator("#signin").wait_for()
    enter(page, "m1", "en")
    goto(page, setting, "health")
    page.locator("#findings").wait_for()
    look(page, folder, "health", script)


def look(page: Any, folder: Path, name: str, script: str) -> None:
    """Both sizes, and what axe says."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=folder / f"{name}-{size}.jpg", type="jpeg", quality=60, full_page=True)
        assert page.evaluate(FITS) == [], f"{name} {size}"
    assert axe.serious(page, script) == [], name
