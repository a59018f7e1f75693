"""The pages' process over HTTP: who may ask, what is refused, what an answer carries, what a person may choose."""

from __future__ import annotations

import asyncio
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages_rig import Kiosk, Pages, Screen, until

from hotspot_kiosk.errors import LinkDown, Refused
from hotspot_kiosk.kiosk.desk import Ask, Told
from hotspot_kiosk.kiosk.notices import Notice
from hotspot_kiosk.kiosk.web import icons
from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.kiosk.web.room import Room, Rules
from hotspot_kiosk.kiosk.web.sounds import Sounds
from hotspot_kiosk.kiosk.web.visit import LEAST_S, NOTICES, Visit
from hotspot_kiosk.kiosk.web.words import Writer
from hotspot_kiosk.operation import Kind
from hotspot_kiosk.slip import Paper

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)
pytest.importorskip("fluent.runtime", reason="the pages' packages are not installed")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Short enough for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def started(folder: Path) -> Iterator[tuple[Kiosk, Pages]]:
    """A kiosk that the tests play, and the pages' process."""
    kiosk = Kiosk(folder)
    kiosk.start()
    pages = Pages(folder, kiosk.path, 600)  # a busy machine is slow, and nobody has gone
    pages.start()
    yield kiosk, pages
    pages.close()
    kiosk.close()


def nobody_there(pages: Pages) -> bool:
    """Whether a screen that may be claimed asks the next person for a language; else it shows a scene."""
    seen: list[bool] = []

    def answered() -> bool:
        status, _, body = Screen(pages).get()
        seen.append('data-key="language:' in body)
        return status == 200

    until(answered, "the screen is held")
    return seen[-1]


@pytest.fixture
def kiosk(started: tuple[Kiosk, Pages]) -> Iterator[Kiosk]:
    """With nobody at it, before and after."""
    kiosk, pages = started
    kiosk.asked.clear()
    kiosk.kind = Kind.HOTSPOT
    yield kiosk
    kiosk.go("done")
    until(lambda: not nobody_there(pages), "the pages heard of no end")
    kiosk.go("idle")
    until(lambda: nobody_there(pages), "the pages heard of nobody's going")


@pytest.fixture
def pages(started: tuple[Kiosk, Pages]) -> Pages:
    """The process."""
    return started[1]


@pytest.fixture
def screen(kiosk: Kiosk, pages: Pages) -> Screen:
    """The kiosk's screen, before which nobody stands yet."""
    shown = Screen(pages)
    until(lambda: shown.get()[0] == 200 and 'data-key="language:' in shown.get()[2])
    return shown


def at(screen: Screen, scene: str) -> None:
    """Wait until the page shows that scene."""
    until(lambda: f'data-key="{scene}:' in screen.get()[2], f"never at {scene}")


def in_english(screen: Screen, kiosk: Kiosk, state: str, scene: str) -> Screen:
    """Somebody chose English, and the session came to that state."""
    assert screen.post("/language", code="en") == 204
    kiosk.go(state)
    at(screen, scene)
    return screen


def test_every_answer_is_strict_about_what_a_browser_may_do(screen: Screen) -> None:
    """Pages, files, refusals: nothing is stored, nothing foreign is loaded, nothing may frame them."""
    for path in ("/", "/static/page.js", "/tone/go.wav", "/nothing"):
        _, heads, _ = screen.get(path)
        assert heads["content-security-policy"].startswith("default-src 'none';")
        assert "unsafe" not in heads["content-security-policy"]
        assert heads["cache-control"] == "no-store"
        assert heads["x-content-type-options"] == "nosniff"
        assert "camera=()" in heads["permissions-policy"]
        assert "server" not in heads


def test_a_page_needs_nothing_from_elsewhere(screen: Screen) -> None:
    """No script, style or handler in the page, no address but our own."""
    _, _, body = screen.get()
    assert "http://" not in body
    assert "https://" not in body
    assert "<style" not in body
    assert " style=" not in body
    assert "onclick" not in body


def test_the_cookie_is_for_this_page_only(pages: Pages, kiosk: Kiosk) -> None:
    """Not for scripts, not for requests that come from elsewhere."""
    _, heads, _ = Screen(pages).get()
    assert "HttpOnly" in heads["set-cookie"]
    assert "SameSite=strict" in heads["set-cookie"]


@pytest.mark.parametrize("host", ["evil.example", "localhost", "localhost:1", "127.0.0.1.evil.example:8080"])
def test_another_name_opens_nothing(screen: Screen, host: str) -> None:
    """A foreign name that points here (DNS rebinding) is refused, whatever is asked for."""
    status, _, body = screen.get("/", host=host)
    assert status in (400, 421)
    assert "form" not in body


@pytest.mark.parametrize(
    "heads",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://localhost"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_foreign_page_can_choose_nothing(screen: Screen, heads: dict[str, str]) -> None:
    """Without our own Origin, or from another site by the browser's word, a choice is refused."""
    assert screen.post("/language", heads, code="en") == 403
    assert 'lang="en"' in screen.get()[2]
    assert 'data-key="language:' in screen.get()[2]


def test_a_choice_needs_the_forms_token(screen: Screen) -> None:
    """A missing or another token is refused, and so is a request without the cookie."""
    for token in ("", "x", screen.form[:-1]):
        assert screen.post("/language", form=token, code="en") == 403
    screen.cookie = ""
    assert screen.post("/language", code="en") == 403


def test_long_bodies_are_refused(screen: Screen) -> None:
    """Nobody fills the memory of the pages' process."""
    assert screen.post("/language", code="x" * 5000) == 413


@pytest.mark.parametrize("origin", ["http://evil.example", "null", ""])
def test_a_foreign_page_cannot_open_the_preview(screen: Screen, pages: Pages, origin: str) -> None:
    """The preview's WebSocket asks for our Origin, which browsers do not do by themselves."""
    heads = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13"}
    heads |= {"sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "origin": origin}
    assert screen.get("/preview", **heads)[0] == 403


def test_a_second_screen_sees_nothing(screen: Screen, pages: Pages) -> None:
    """While the screen is open, another browser is told so; it gets no token and no state."""
    over = screen.hold()
    try:
        other = Screen(pages)
        status, heads, body = other.get()
        assert (status, "set-cookie" in heads) == (409, False)
        assert 'name="form"' not in body
        assert other.get("/state")[0] == 403
    finally:
        over.set()


def test_the_next_person_gets_nothing_of_the_one_before(screen: Screen, kiosk: Kiosk) -> None:
    """When a check is over, the language is forgotten and the old tokens open nothing."""
    in_english(screen, kiosk, "notice", "notice")
    old = screen.cookie, screen.form
    kiosk.go("done")
    kiosk.go("idle")
    at(screen, "language")
    fresh = screen.cookie, screen.form
    assert fresh[0] != old[0]
    assert fresh[1] != old[1]
    screen.cookie, screen.form = old
    assert screen.post("/language", code="en") == 403


def test_the_notice_must_be_shown_to_its_end(screen: Screen, kiosk: Kiosk) -> None:
    """Going on at once is of no use; after every part the daemon gets the proof of what was shown."""
    began = time.monotonic()
    in_english(screen, kiosk, "notice", "notice")
    for _ in range(2):
        assert screen.post("/notice", go="end") == 409
        until(lambda: screen.post("/notice", go="next") == 204)
    until(lambda: screen.post("/notice", go="end") == 204)
    assert time.monotonic() - began >= 6 * LEAST_S
    (ask,) = kiosk.did("notice read")
    assert ask.shown.startswith("language=en notice=hotspot edition=")
    assert " parts=3 " in ask.shown


def test_who_is_enrolled_is_shown_the_notice_of_a_reception(screen: Screen, kiosk: Kiosk) -> None:
    """What is collected, why, by whom, how long, which rights; nothing of a search; and the proof names it."""
    kiosk.kind = Kind.RECEPTION
    in_english(screen, kiosk, "notice", "notice")
    shown = [screen.get()[2]]
    for _ in range(3):
        time.sleep(2 * LEAST_S + 0.05)
        assert screen.post("/notice", go="next") == 204
        shown.append(screen.get()[2])
    time.sleep(LEAST_S + 0.05)
    assert screen.post("/notice", go="end") == 204
    text = " ".join(shown)
    for words in ("Bureau 5", "a drill (the act)", "national register", "erased", "30", "Authority 6"):
        assert words in text
    assert "They are searched for in police records" not in text
    (ask,) = kiosk.did("notice read")
    assert ask.shown.startswith("language=en notice=reception edition=")
    assert " parts=4 " in ask.shown


def test_without_a_known_lane_no_notice_is_shown(screen: Screen, kiosk: Kiosk) -> None:
    """The wrong one would be worse than none: an officer is called, and nothing is proven."""
    kiosk.kind = None
    screen.post("/language", code="en")
    kiosk.go("notice")
    at(screen, "fault")
    assert screen.post("/notice", go="next") == 409
    assert screen.post("/notice", go="end") == 409
    assert kiosk.did("notice read") == []


@pytest.mark.parametrize("reason", ["missing", "partly", "bandaged", "cannot", "refuses"])
def test_a_finger_that_cannot_be_given_is_told_to_the_daemon(
    screen: Screen, kiosk: Kiosk, reason: str
) -> None:
    """Each reason reaches the session as it was touched."""
    in_english(screen, kiosk, "fingers", "finger")
    assert screen.post("/press", do="without", reason=reason) == 204
    assert kiosk.did("without") == [Ask("without", reason=reason)]


def test_who_has_no_fingers_says_it_once(screen: Screen, kiosk: Kiosk) -> None:
    """One choice for all fingers that are left."""
    in_english(screen, kiosk, "fingers", "finger")
    assert screen.post("/press", do="without", reason="no-fingers") == 204
    assert kiosk.did("without") == [Ask("without", reason="cannot", everything=True)]


def test_the_next_finger_is_told_while_the_face_is_still_worked_on(screen: Screen, kiosk: Kiosk) -> None:
    """The page goes on at once; what is said there before the session has followed is not said of the face."""
    in_english(screen, kiosk, "face", "face")
    kiosk.show("face taken", "right index")
    at(screen, "finger")
    assert "right index finger" in screen.get()[2]
    early = {"do": "without", "reason": "missing", "about": "fingers-2"}
    assert screen.post("/press", **early) == 409
    kiosk.show("place finger", "right index")
    kiosk.go("fingers")
    until(lambda: screen.post("/press", **early) == 204, "the session never followed")
    assert kiosk.did("without") == [Ask("without", reason="missing")]


def test_what_is_said_of_the_finger_that_is_shown_waits_until_it_is_asked_for(
    screen: Screen, kiosk: Kiosk
) -> None:
    """While the image before it travels; said of the one that travels it would be a lie."""
    kiosk.show("place finger", "right index")
    in_english(screen, kiosk, "fingers", "finger")
    kiosk.show("lift finger", "left index")
    until(lambda: 'value="fingers-7"' in screen.get()[2], "the next finger was never shown")
    answers: list[int] = []
    press = threading.Thread(
        target=lambda: answers.append(
            screen.post("/press", do="without", reason="missing", about="fingers-7")
        )
    )
    press.start()
    press.join(0.3)
    assert kiosk.did("without") == []
    kiosk.show("place finger", "left index")
    press.join(60)
    assert answers == [204]
    assert kiosk.did("without") == [Ask("without", reason="missing")]


def test_what_is_said_of_a_finger_that_is_never_asked_for_is_not_heard(screen: Screen, kiosk: Kiosk) -> None:
    """The image was refused, and the finger before it is asked for again."""
    kiosk.show("place finger", "right index")
    in_english(screen, kiosk, "fingers", "finger")
    kiosk.show("lift finger", "left index")
    until(lambda: 'value="fingers-7"' in screen.get()[2], "the next finger was never shown")
    kiosk.show("again", "")
    until(lambda: 'value="fingers-2"' in screen.get()[2], "the finger was not shown again")
    assert screen.post("/press", do="without", reason="missing", about="fingers-7") == 409
    assert kiosk.did("without") == []


def test_a_late_touch_is_not_about_the_next_finger(screen: Screen, kiosk: Kiosk) -> None:
    """Whoever says that one finger is missing says nothing about the one that is asked for meanwhile."""
    kiosk.show("place finger", "right index")
    in_english(screen, kiosk, "fingers", "finger")
    kiosk.show("place finger", "left index")
    until(lambda: "fingers-7" in screen.get()[2], "the next finger was never asked for")
    assert screen.post("/press", do="without", reason="missing", about="fingers-2") == 409
    assert kiosk.did("without") == []


@pytest.mark.parametrize(
    ("state", "scene"),
    [("notice", "notice"), ("face", "face"), ("fingers", "finger"), ("review", "review")],
)
def test_stop_is_always_there(screen: Screen, kiosk: Kiosk, state: str, scene: str) -> None:
    """On every page of a check one touch stops it."""
    in_english(screen, kiosk, state, scene)
    assert 'value="stop"' in screen.get()[2]
    assert screen.post("/press", do="stop") == 204
    assert kiosk.did("cancel")


def test_stop_before_a_check_wipes_the_screen(screen: Screen) -> None:
    """Where nothing runs yet, stop brings the screen back to its beginning."""
    assert screen.post("/language", code="en") == 204
    assert screen.post("/press", do="stop") == 204
    at(screen, "language")


def test_no_page_tells_the_decision(screen: Screen, kiosk: Kiosk) -> None:
    """A possible match and none look the same to the person who was checked, byte for byte."""
    shown = []
    for decision in ("possible match, verify", "no hit"):
        in_english(screen, kiosk, "waiting", "waiting")
        kiosk.desk.tell(Told(kind="answer", tcn="x", decision=decision, candidates=("CASE-A (+9.0)",)))
        kiosk.show("answered", f"x: {decision}")
        kiosk.go("done")
        at(screen, "done")
        body = screen.get()[2]
        assert "match" not in body
        assert "CASE" not in body
        shown.append(body.replace(screen.form, ""))
        kiosk.go("idle")
        at(screen, "language")
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    "path", ["/sound/en/..%2f..%2fpage", "/sound/xx/review", "/sound/en/nothing", "/tone/x.wav"]
)
def test_no_path_comes_from_a_request(screen: Screen, path: str) -> None:
    """Sounds are found by names that we know."""
    assert screen.get(path)[0] == 404


def test_what_nobody_knows_is_refused(screen: Screen, kiosk: Kiosk) -> None:
    """Languages, buttons, reasons that do not exist change nothing."""
    assert screen.post("/language", code="xx") == 409
    in_english(screen, kiosk, "fingers", "finger")
    assert screen.post("/press", do="explode") == 409
    assert screen.post("/press", do="without", reason="because") == 409
    assert screen.post("/begin", adult="yes") == 409
    assert [ask.do for ask in kiosk.asked if ask.do != "still here"] == []


SLIP = Paper(
    "26000-17000-0001B-7ZK2M9-QX41TB-W0AC8J", "Bureau of Arcadia", 30, "Main street 1", "The commissioner"
)


def with_slip(screen: Screen, kiosk: Kiosk) -> str:
    """Somebody came to the end, and their slip is shown."""
    in_english(screen, kiosk, "waiting", "waiting")
    kiosk.store(SLIP)
    kiosk.go("done")
    kiosk.go("idle")
    at(screen, "slip")
    return screen.get()[2]


def test_the_slip_is_shown_after_the_end(screen: Screen, kiosk: Kiosk) -> None:
    """Number and its code, who holds the data, where to ask, how long at most; no result."""
    body = with_slip(screen, kiosk)
    for words in (
        SLIP.number,
        "<svg",
        "Bureau of Arcadia",
        "Main street 1",
        "The commissioner",
        "(days): 30",
    ):
        assert words in body
    assert "match" not in body


@pytest.mark.parametrize("end", ["taken", "another person", "the daemon is gone"])
def test_the_slip_goes_with_its_person(screen: Screen, kiosk: Kiosk, end: str) -> None:
    """Touched away, or at the next person's first page: nothing of it is on the screen, and its tokens are void."""
    with_slip(screen, kiosk)
    old = screen.cookie
    kiosk.slip = None
    if end == "taken":
        screen.post("/press", do="stop")
    elif end == "another person":
        kiosk.go("notice")
    else:
        kiosk.go("fault")
        kiosk.go("idle")
    at(screen, "language")
    assert SLIP.number not in screen.get()[2]
    assert screen.cookie != old
    kiosk.go("done")
    at(screen, "done")


@pytest.mark.parametrize("state", ["waiting", "done", "slip"])
def test_another_language_can_be_chosen_to_the_very_end(screen: Screen, kiosk: Kiosk, state: str) -> None:
    """The list opens over the page, which comes back in that language; until then nothing is lost."""
    if state == "slip":
        with_slip(screen, kiosk)
    else:
        in_english(screen, kiosk, state, state)
    assert screen.post("/language", code="") == 204
    at(screen, "language")
    assert screen.post("/language", code="fr") == 204
    at(screen, state)
    assert '<html lang="fr"' in screen.get()[2]


@pytest.mark.parametrize("chosen", [True, False])
def test_a_check_can_be_stopped_from_the_list_of_languages(
    screen: Screen, kiosk: Kiosk, chosen: bool
) -> None:
    """Whether a language was never chosen or another one is looked for."""
    if chosen:
        in_english(screen, kiosk, "face", "face")
        assert screen.post("/language", code="") == 204
    kiosk.go("face")
    at(screen, "language")
    until(lambda: 'value="stop"' in screen.get()[2], "no stop")
    assert screen.post("/press", do="stop") == 204
    assert kiosk.did("cancel")


def test_a_notice_under_the_list_of_languages_is_not_shown() -> None:
    """What lies under the list does not count as read."""
    english = Languages().get("en")
    assert english is not None
    visit = Visit()
    visit.speak(english, 0.0)
    visit.begin_notice(0.0, Kind.HOTSPOT)
    visit.choose(0.5)
    visit.speak(english, 60.0)
    with pytest.raises(Refused):
        visit.turn(1, 60.0 + LEAST_S)
    visit.turn(1, 60.0 + 2 * LEAST_S)


@pytest.mark.parametrize("kind", Kind)
def test_a_notice_says_each_thing_once_and_two_at_a_time(kind: Kind) -> None:
    """Who is recorded, what for, what becomes of it, which rights, and how to stop: none is missing, none twice."""
    parts = NOTICES[kind]
    said = [statement for part in parts for statement in part]
    assert len(said) == len(set(said))
    assert all(1 <= len(part) <= 2 for part in parts)
    assert (said[0], said[-1]) == ("notice-1", "notice-6")
    every = {name for name in Languages().messages if re.fullmatch(r"(notice|enrol)-\d", name)}
    assert every == {statement for due in NOTICES.values() for part in due for statement in part}


def test_a_part_is_heard_statement_by_statement(tmp_path: Path) -> None:
    """Every voice there is, in the order of the words; each sentence stands beside its own picture."""

    async def nobody(_ask: Ask) -> Told:
        raise LinkDown("nobody asks")

    (tmp_path / "en").mkdir()
    room = Room(Languages(wanted=["en"]), Sounds(tmp_path), Rules("officer"), nobody, lambda: 0.0)
    notice = Notice(Kind.HOTSPOT, "a drill", "the act", "Bureau 5", "", 30)
    asyncio.run(room.hear(Told(kind="status", state="notice", notice=notice)))
    room.visit.speak(room.languages.source, 0.0)
    heard = []
    for made in ("notice-3", "notice-1", "notice-2"):
        (tmp_path / "en" / f"{made}.wav").touch()
        heard.append(Writer().words(room).voices)
    assert heard == [(), ("/sound/en/notice-1",), ("/sound/en/notice-1", "/sound/en/notice-2")]
    html = Writer().words(room).html
    assert html.count('<p class="said">') == 2
    assert (
        html.index(icons.of_cue("notice-1")) < html.index("your face") < html.index(icons.of_cue("notice-2"))
    )


def test_without_a_slip_the_visit_ends_as_ever(screen: Screen, kiosk: Kiosk) -> None:
    """Nothing was stored, or the daemon has no slip: no page of it is shown."""
    in_english(screen, kiosk, "waiting", "waiting")
    kiosk.store(None)
    kiosk.go("done")
    kiosk.go("idle")
    at(screen, "language")
