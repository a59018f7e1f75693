"""The mark of training: on every page in every language, in front of a kiosk of the right kind only; a page without it is not shown."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from officer_rig import PIN, Rig
from pages_rig import Kiosk, Pages, Screen, until
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import Receive, Scope, Send

from hotspot_kiosk import realm
from hotspot_kiosk.cli.kiosk import words as spoken
from hotspot_kiosk.config import Page
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.desk import Ask, Desk, Told
from hotspot_kiosk.kiosk.staff import counter
from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.kiosk.web.mark import ATTRIBUTE, Mark, Marked
from hotspot_kiosk.kiosk.web.room import Room, Rules
from hotspot_kiosk.kiosk.web.scenes import Scene
from hotspot_kiosk.kiosk.web.sounds import Sounds
from hotspot_kiosk.kiosk.web.words import Writer
from hotspot_kiosk.slip import Paper
from hotspot_kiosk.terms import Realm

LANGUAGES = Languages()
MARK = Mark.of(training=True)
CODES = [each.code for each in LANGUAGES.all()]
PAPER = Paper(number="26980-01000-0001M-AAAAAA-BBBBBB-CCCCCC", controller="Training", days=1)
WALK = ("desk", "lesson", "answers", "queue", "operation", "health", "slip")
STATES = ("idle", "notice", "face", "fingers", "review", "waiting", "done", "fault")


async def nobody(_ask: Ask) -> Told:
    """No daemon."""
    raise Refused("nobody is there")


def room(code: str, *, training: bool = True) -> Room:
    """Somebody who chose this language."""
    made = Room(LANGUAGES, Sounds(None), Rules("person", training=training), nobody, lambda: 0.0)
    made.visit.speak(LANGUAGES.get(code), 0.0)
    return made


@pytest.mark.parametrize("code", CODES)
def test_every_scene_carries_the_mark(code: str) -> None:
    """In the person's language, whatever is due; also before anything was heard, on a second screen and on paper."""
    writer, seen = Writer(MARK), set()
    here = room(code)
    for state in (*STATES, "idle"):
        now = writer.words(here)
        for shown in (now.html, now.lost):
            assert ATTRIBUTE.decode() in shown
            assert MARK.words(code) in shown
        seen.add(here.scene)
        asyncio.run(here.hear(Told(kind="status", state=state, training=True)))
        here.visit.speak(LANGUAGES.get(code), 0.0)
    assert len(seen) >= len(STATES) - 1
    here.visit.slip = PAPER
    assert here.scene is Scene.SLIP
    pages = (writer.words(here).html, writer.page(here), writer.elsewhere(here))
    language = LANGUAGES.get(code)
    assert language is not None
    for html in (*pages, writer.sheet(PAPER, language)):
        assert ATTRIBUTE.decode() in html


def test_a_real_page_has_no_mark() -> None:
    """Nothing of it is there, not even its style."""
    here = room("en", training=False)
    asyncio.run(here.hear(Told(kind="status", state="idle")))
    now = Writer().words(here)
    for html in (Writer().page(here), Writer().elsewhere(here), now.html, now.lost):
        assert "training" not in html


@pytest.mark.parametrize("training", [True, False])
def test_a_page_shows_nothing_of_a_kiosk_of_the_other_kind(training: bool) -> None:
    """It is out of order, as long as such a kiosk speaks."""
    here = room("en", training=training)
    asyncio.run(here.hear(Told(kind="status", state="idle", training=training)))
    assert here.scene is not Scene.FAULT
    asyncio.run(here.hear(Told(kind="status", state="face", training=not training)))
    assert here.scene is Scene.FAULT


def test_a_page_without_the_mark_is_not_shown() -> None:
    """Whatever made it: it becomes an error, and nothing of it goes out. What is no page passes."""

    def given(response: Any) -> tuple[int, bytes]:
        sent: list[dict[str, Any]] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await response(scope, receive, send)

        async def keep(message: Any) -> None:
            sent.append(message)

        asyncio.run(Marked(app)({"type": "http", "method": "GET", "headers": []}, nobody, keep))  # type: ignore[arg-type]
        return sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:])

    secret = "<p>somebody</p>"
    assert given(HTMLResponse(secret)) == (500, b"a page of a training without its mark is not shown")
    marked = f"<p {ATTRIBUTE.decode()}></p>{secret}"
    assert given(HTMLResponse(marked)) == (200, marked.encode())
    assert given(PlainTextResponse("ok")) == (200, b"ok")


def test_words_on_a_terminal_are_marked() -> None:
    """Each line."""
    status = Told(kind="status", state="face", link=True, second_look=True, training=True)
    lines = spoken(status).splitlines()
    assert len(lines) > 1
    assert all(line.startswith("TRAINING | ") for line in lines)
    assert "TRAINING" not in spoken(Told(kind="status", state="face"))


class Set:
    """The pages' process of a training kiosk, before a desk of either kind."""

    def __init__(self, folder: Path, desk_realm: Realm) -> None:
        realm.mark(folder)
        (folder / "camera").mkdir()
        (folder / "office").mkdir()
        self.kiosk = Kiosk(folder)
        self.kiosk.desk = Desk(self.kiosk.path, self.kiosk._hear, desk_realm)
        self.pages = Pages(folder, self.kiosk.path)
        config = self.pages._config
        text = config.read_text().replace('agency = "TEST"', 'agency = "TRAINING"\ntraining = true')
        text = text.replace('driver = "mqtt"', 'driver = "loopback"')
        config.write_text(text.replace("[page]", f'[page]\ncoach = "{folder}/coach"'))
        self.rig = Rig(folder / "office", Page(port=self.pages.port))
        self.rig.enrol()
        self.kiosk.counter = self.rig.office.authority.asked
        self.kiosk.start()
        self.pages.start()

    def close(self) -> None:
        """End it all."""
        self.pages.close()
        self.kiosk.close()
        self.rig.close()


@pytest.fixture(scope="module")
def setting() -> Iterator[Set]:
    """A training kiosk."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        whole = Set(Path(made), Realm.TRAINING)
        yield whole
        whole.close()


def enter(screen: Screen) -> dict[str, str]:
    """k7 signs in over HTTP; the cookies."""
    status, heads, body = screen.get("/officer")
    assert status == 200
    screen.cookie = heads["set-cookie"].split(";")[0]
    form = body.split('name="form" value="', 1)[1].split('"', 1)[0]
    screen.form = form
    own = {"origin": screen.pages.url, "content-type": "application/x-www-form-urlencoded"}
    fields = f"form={form}&officer=k7&pin={PIN}"
    status, heads, _ = screen._request("POST", "/officer/pin", fields, own)
    assert status == 303
    screen.cookie = f"{screen.cookie}; {heads['set-cookie'].split(';')[0]}"
    return {"cookie": screen.cookie}


def test_every_page_of_an_officer_carries_the_mark(setting: Set) -> None:
    """Signed in or not, right or wrong, in each language; so do the person's screen and a second one."""
    screen = Screen(setting.pages)
    until(lambda: screen.get("/")[0] == 200, "the screen never opens", 60)
    assert ATTRIBUTE.decode() in screen.get("/")[2]
    over = screen.hold()
    other = Screen(setting.pages)
    until(lambda: other.get("/")[0] == 409, "a second screen is not turned away", 60)
    assert ATTRIBUTE.decode() in other.get("/")[2]
    over.set()
    officer = Screen(setting.pages)
    assert ATTRIBUTE.decode() in officer.get("/officer/key")[2]
    enter(officer)
    for code in CODES:
        kept = [each for each in officer.cookie.split("; ") if not each.startswith("speaks")]
        officer.cookie = "; ".join([*kept, f"speaks={code}"])
        for name in WALK if code in ("en", "ar") else ("desk",):
            status, _, body = officer.get(f"/officer/{name}")
            assert status == 200, name
            assert ATTRIBUTE.decode() in body, (code, name)
            assert MARK.words(code) in body, (code, name)


def test_a_mistake_on_a_form_carries_the_mark(setting: Set) -> None:
    """A page that says what went wrong is a page, too."""
    officer = Screen(setting.pages)
    enter(officer)
    own = {"origin": setting.pages.url, "content-type": "application/x-www-form-urlencoded"}
    fields = f"form={officer.form}&page=desk&do=overrule&reason=x"
    status, _, body = officer._request("POST", "/officer/act", fields, own)
    assert status == 409
    assert ATTRIBUTE.decode() in body
    status, _, body = officer._request("POST", "/officer/act", fields.replace("form=", "form=0"), own)
    assert status == 409
    assert ATTRIBUTE.decode() in body


def test_a_coach_who_is_away_stops_nobody(setting: Set) -> None:
    """The page says that no lesson has begun; a word to nobody is answered with why."""
    officer = Screen(setting.pages)
    enter(officer)
    assert MARK.words("en", "lesson-none") in officer.get("/officer/desk")[2]
    own = {"origin": setting.pages.url, "content-type": "application/x-www-form-urlencoded"}
    fields = f"form={officer.form}&page=lesson&do=begin&about=hit"
    status, _, body = officer._request("POST", "/officer/coach", fields, own)
    assert status == 409
    assert "nobody plays the lessons" in body


def test_nobody_learns_without_signing_in(setting: Set) -> None:
    """The coach hears of nobody whom the daemon does not know."""
    stranger = Screen(setting.pages)
    _, heads, body = stranger.get("/officer")
    stranger.cookie = heads["set-cookie"].split(";")[0]
    form = body.split('name="form" value="', 1)[1].split('"', 1)[0]
    own = {"origin": setting.pages.url, "content-type": "application/x-www-form-urlencoded"}
    status, _, _ = stranger._request("POST", "/officer/coach", f"form={form}&do=begin&about=hit", own)
    assert status == 403


def test_a_training_page_asks_nothing_of_a_real_kiosk() -> None:
    """The real desk refuses each request before it is looked at, and the page shows nothing of that kiosk."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        whole = Set(Path(made), Realm.REAL)
        try:
            officer = Screen(whole.pages)
            status, _, body = officer.get("/officer")
            assert status == 503
            assert "not both for training" in body
            assert whole.kiosk.asked == []
        finally:
            whole.close()


@pytest.mark.parametrize("which", list(Realm))
def test_a_desk_does_nothing_for_the_other_kind(which: Realm) -> None:
    """Neither for a page's own word nor for an officer's; who does not say what they take it for is told."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        kiosk = Kiosk(Path(made))
        kiosk.desk = Desk(kiosk.path, kiosk._hear, which)
        kiosk.counter = lambda _request: counter.Did()
        kiosk.start()
        training = which is Realm.TRAINING
        try:
            for wrong in (
                lambda: desk.ask(kiosk.path, Ask("begin", adult=True, training=not training)),
                lambda: desk.ask_counter(kiosk.path, counter.Who(), not training),
            ):
                with pytest.raises(Refused, match="not both for training"):
                    wrong()
            assert kiosk.asked == []
            assert desk.ask(kiosk.path, Ask("status")).training is training
            assert desk.ask_counter(kiosk.path, counter.Who(), training).training is training
            assert next(desk.watch(kiosk.path)).training is training
        finally:
            kiosk.close()
