"""The capture subject's pages in a real Chromium: every page in every language, what is heard, what is left behind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe
import numpy as np
import pytest
from pages_rig import BROWSER, FLAGS, SHOTS, Kiosk, Pages, Screen, until

from hotspot_kiosk.slip import Paper
from hotspot_kiosk.terms import Advice

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
if BROWSER is None:
    pytest.skip(
        "Chromium is not installed: run `make test`, or apt-get install chromium", allow_module_level=True
    )

LOCALES = Path(__file__).resolve().parents[1] / "hotspot_kiosk" / "kiosk" / "web" / "locales"
CODES = sorted(path.stem for path in LOCALES.glob("*.ftl"))
SIZES = {"large": (1280, 800), "small": (800, 480)}
SUBJECT_S = 600  # a busy machine is slow, and nobody has gone
PATIENCE_MS = 120_000
WORDS = "Bureau for the very long name of a national authority, department of data, of an allied republic"
LONG = Paper("26000-17000-0001B-7ZK2M9-QX41TB-W0AC8J", WORDS, 1825, f"{WORDS}, +99 1 234 567", WORDS)
PICTURES = "PAGES_PICTURES" in os.environ  # `make pages` keeps a picture of every page in every language
FITS = """() => {
  const out = [];
  if (document.documentElement.scrollWidth > innerWidth) out.push("the page is wider than the screen");
  for (const part of document.querySelectorAll("button, summary, h1, .number")) {
    const box = part.getBoundingClientRect();
    if (box.width && (box.left < -1 || box.right > innerWidth + 1)) out.push("aside: " + part.innerText);
    if (part.matches(".number") && (box.top < 0 || box.bottom > innerHeight)) out.push("above: " + part.innerText);
    if (part.matches(".stop") && box.bottom > innerHeight + 1) out.push("below: " + part.innerText);
    if (part.scrollWidth > part.clientWidth + 2) out.push("cut: " + part.innerText);
  }
  return out;
}"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Short enough for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def kiosk(folder: Path) -> Iterator[Kiosk]:
    """A kiosk that the tests play."""
    played = Kiosk(folder)
    played.start()
    yield played
    played.close()


@pytest.fixture(scope="module")
def pages(folder: Path, kiosk: Kiosk) -> Iterator[Pages]:
    """The pages' process, with a placeholder for one voice in one language."""
    voice = folder / "voices" / "fr"
    voice.mkdir(parents=True)
    from hotspot_kiosk.kiosk.web.sounds import tone

    (voice / "face-look.wav").write_bytes(tone("end"))
    started = Pages(folder, kiosk.path, SUBJECT_S, f'voices = "{voice.parent}"')
    started.start()
    yield started
    started.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium."""
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, pages: Pages, kiosk: Kiosk) -> Iterator[Any]:
    """The screen, before which nobody stands yet; whatever the browser complains of fails the test."""
    kiosk.go("done")
    kiosk.go("idle")
    kiosk.asked.clear()
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    shown = context.new_page()
    shown.set_default_timeout(PATIENCE_MS)
    wrong: list[str] = []
    shown.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    until(lambda: shown.goto(pages.url).status == 200)
    shown.locator(".languages").wait_for()
    yield shown
    context.close()
    assert wrong == []


def at(page: Any, scene: str) -> None:
    """Wait until that scene is on the screen."""
    page.locator(f"section.{scene}").wait_for()


def speak(page: Any, code: str) -> None:
    """Choose a language."""
    page.locator(f'button[name="code"][value="{code}"]').click()
    at(page, "wait")


def walk(page: Any, kiosk: Kiosk) -> Iterator[str]:
    """Every kind of page once; the name of each while it stands."""
    yield "wait"
    kiosk.go("notice")
    at(page, "notice")
    yield "notice"
    for part in range(1, 3 if PICTURES else 1):
        page.wait_for_timeout(1700)
        page.locator('button[name="go"][value="next"]').click()
        page.locator(f'main[data-key*=":{part}:"]').wait_for()
        yield f"notice-{part + 1}"
    kiosk.go("face")
    kiosk.show("look at camera", "Please come closer.")
    at(page, "face")
    yield "face"
    kiosk.show("place finger", "left ring")
    kiosk.go("fingers")
    at(page, "finger")
    yield "finger"
    page.locator("summary").click()
    yield "exceptions"
    kiosk.go("review")
    at(page, "review")
    page.locator('form[action="/seat"] button').click()
    page.locator(".hint").wait_for()
    yield "review-low"
    kiosk.show("kept, will be checked", "x")
    kiosk.go("done")
    at(page, "done")
    yield "done"
    kiosk.go("fault")
    at(page, "fault")
    yield "fault"
    kiosk.store(LONG)
    kiosk.go("idle")
    at(page, "slip")
    yield "slip"


@pytest.mark.parametrize("code", CODES)
def test_every_page_fits_in_every_language(page: Any, kiosk: Kiosk, code: str) -> None:
    """Nothing is cut or beside the screen, large or small, in the language's direction."""
    (SHOTS / code).mkdir(parents=True, exist_ok=True)
    speak(page, code)
    direction = "rtl" if code in ("ar", "ckb", "fa", "prs", "ps", "ur") else "ltr"
    for name in walk(page, kiosk):
        assert page.locator(f'html[lang="{code}"][dir="{direction}"]').count() == 1
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            if PICTURES:
                page.screenshot(path=SHOTS / code / f"{name}-{size}.jpg", type="jpeg", quality=60)
            assert page.evaluate(FITS) == [], f"{name} {size}"


@pytest.mark.parametrize("code", CODES if PICTURES else ["en", "ar"])
def test_nobody_meets_a_serious_barrier(page: Any, kiosk: Kiosk, code: str) -> None:
    """axe-core finds nothing serious or critical on any page; with pictures, in every language."""
    try:
        script = axe.source()
    except axe.NoAxe as error:
        pytest.skip(str(error))
    assert axe.serious(page, script) == []
    speak(page, code)
    for name in walk(page, kiosk):
        assert axe.serious(page, script) == [], name


@pytest.mark.parametrize("code", ["en", "ps"])
def test_a_person_comes_to_the_end_by_touch(page: Any, kiosk: Kiosk, code: str) -> None:
    """Language, the notice part by part, its end: the daemon hears it with the proof."""
    speak(page, code)
    kiosk.go("notice")
    at(page, "notice")
    for part in range(1, 4):
        page.locator(f'main[data-key^="notice:{code}:{part - 1}:"]').wait_for()
        page.wait_for_timeout(1700)
        page.locator(f'button[name="go"][value="{"end" if part == 3 else "next"}"]').click()
    until(lambda: bool(kiosk.did("notice read")))
    assert kiosk.did("notice read")[0].shown.startswith(f"language={code} notice=hotspot edition=")


def test_a_reason_is_two_touches_away(page: Any, kiosk: Kiosk) -> None:
    """One touch opens the reasons, the second says it; guidance in between does not close them."""
    speak(page, "en")
    kiosk.show("place finger", "right index")
    kiosk.go("fingers")
    at(page, "finger")
    page.locator("summary").click()
    kiosk.show("again", Advice.FINGER_STILL)
    page.get_by_role("heading", name="Hold your finger still").wait_for()
    page.locator('button[value="bandaged"]').click()
    until(lambda: bool(kiosk.did("without")))
    assert kiosk.did("without")[0].reason == "bandaged"


@pytest.mark.parametrize(("finger", "marked"), [("right thumb", 1), ("left little", 10)])
def test_the_hand_shows_the_finger(page: Any, kiosk: Kiosk, finger: str, marked: int) -> None:
    """One finger of the right hand's or the left hand's drawing stands out: the one that is asked for."""
    speak(page, "en")
    kiosk.show("place finger", finger)
    kiosk.go("fingers")
    at(page, "finger")
    assert page.locator(".hand .marked").count() == 1
    box, hand = page.locator(".hand .marked").bounding_box(), page.locator(".hand").bounding_box()
    assert (box["x"] + box["width"] / 2 < hand["x"] + hand["width"] / 2) == (marked in (1, 10))


def test_the_preview_is_shown_and_wiped(page: Any, kiosk: Kiosk) -> None:
    """Pictures come while the face is asked for; afterwards the canvas and its connection are gone."""
    speak(page, "en")
    kiosk.go("face")
    at(page, "face")
    middle = "() => Array.from(document.querySelector('canvas').getContext('2d').getImageData(240, 130, 1, 1).data)"

    def red() -> bool:
        kiosk.preview.seen(np.full((360, 640, 3), (250, 10, 10), np.uint8), ())
        return bool(page.evaluate(middle)[0] > 200)

    until(red, "the preview was never shown")
    kiosk.show("place finger", "right index")
    kiosk.go("fingers")
    at(page, "finger")
    assert page.locator("canvas").count() == 0


def test_a_voice_of_a_computer_is_marked_and_heard(page: Any, kiosk: Kiosk) -> None:
    """Where only a placeholder exists the page says so, and plays it."""
    speak(page, "fr")
    with page.expect_response(lambda answer: answer.url.endswith("/sound/fr/face-look")) as heard:
        kiosk.go("face")
    assert heard.value.headers["x-voice"] == "synthetic"
    assert "Voix d’ordinateur" in page.locator("h1").inner_text()


def test_who_does_not_move_is_warned_by_eye_and_ear_and_then_wiped(browser: Any, kiosk: Kiosk) -> None:
    """A count-down and a tone; a touch brings time; without one the check is cancelled."""
    kiosk.go("idle")
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        impatient = Pages(Path(made), kiosk.path, 20)
        impatient.start()
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        until(lambda: page.goto(impatient.url).status == 200)
        with page.expect_response(lambda answer: "/tone/warn.wav" in answer.url):
            speak(page, "tr")
            kiosk.asked.clear()
            kiosk.go("notice")
        page.locator(".warning button").click()
        until(lambda: bool(kiosk.did("still here")), "the touch brought no time")
        assert kiosk.did("cancel") == []
        until(lambda: bool(kiosk.did("cancel")), "nobody was taken to have left")
        context.close()
        impatient.close()


def test_nothing_of_a_person_stays_in_the_browser(
    browser: Any, pages: Pages, kiosk: Kiosk, folder: Path
) -> None:
    """After a check: another cookie, an empty screen, no way back, no picture anywhere in the profile."""
    profile = folder / "profile"
    kiosk.go("idle")
    context = browser.browser_type.launch_persistent_context(profile, executable_path=BROWSER, args=FLAGS)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    until(lambda: page.goto(pages.url).status == 200)
    speak(page, "uz")
    before = context.cookies()[0]["value"]
    kiosk.go("face")
    at(page, "face")
    show: Callable[[], None] = lambda: kiosk.preview.seen(np.full((360, 640, 3), 200, np.uint8), ())  # noqa: E731
    for _ in range(20):
        show()
        page.wait_for_timeout(20)
    kiosk.go("done")
    kiosk.go("idle")
    page.locator(".languages").wait_for()
    until(lambda: context.cookies()[0]["value"] != before, "the cookie stayed")
    assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0
    page.go_back()
    assert page.locator("canvas").count() == 0
    context.close()
    found = [
        path for path in profile.rglob("*") if path.is_file() and b"\xff\xd8\xff\xe0" in path.read_bytes()
    ]
    assert found == []


def test_a_page_that_nobody_answers_shows_nothing_of_its_person(browser: Any, kiosk: Kiosk) -> None:
    """The pages' process is gone: within seconds the slip is, too, and words in its person's language are there.

    Once the process is back, so is the first page.
    """
    kiosk.go("idle")
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        mortal = Pages(Path(made), kiosk.path, SUBJECT_S)
        mortal.start()
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(60_000)
        until(lambda: page.goto(mortal.url).status == 200)
        speak(page, "fr")
        kiosk.go("waiting")
        kiosk.store(LONG)
        kiosk.go("done")
        kiosk.go("idle")
        at(page, "slip")
        mortal.close()
        at(page, "fault")
        assert "hors service" in page.locator("h1").inner_text()
        assert LONG.number not in page.content()
        mortal.start()
        page.locator(".languages").wait_for()
        context.close()
        mortal.close()


def test_a_second_screen_takes_over_when_the_first_is_gone(browser: Any, pages: Pages, kiosk: Kiosk) -> None:
    """As after the browser was started anew: nobody has to touch it."""
    kiosk.go("done")
    kiosk.go("idle")
    first = Screen(pages)
    until(lambda: first.get()[0] == 200, "the screen is held")
    over = first.hold()
    context = browser.new_context()
    page = context.new_page()
    assert page.goto(pages.url).status == 409
    over.set()
    page.locator(".languages").wait_for(timeout=60_000)
    context.close()
