"""Officers' pages over HTTP: who may ask, what a form must carry, what a tablet reaches, and by which names."""

from __future__ import annotations

import http.client
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from making import HUB, face_template
from officer_rig import PIN, Rig
from pages_rig import Kiosk, Pages, Screen, until

from hotspot_kiosk import seal, watchlist
from hotspot_kiosk.config import Page
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.link.orders import Memory
from hotspot_kiosk.kiosk.watchlists import Watchlists
from hotspot_kiosk.simulator.broker import free_port
from hotspot_kiosk.slip import Paper
from hotspot_kiosk.terms import Tcn

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)


class Setting:
    """A kiosk's office, the pages' process, its tablet's listener."""

    def __init__(self, folder: Path) -> None:
        self.kiosk = Kiosk(folder)
        self.tablet = free_port()
        self.certificate = folder / "tablet.pem"
        command = (
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=post4.example"
        )
        more = ["-addext", "subjectAltName=DNS:post4.example", "-keyout", str(folder / "tablet.key")]
        subprocess.run(
            ["openssl", *command.split(), *more, "-out", str(self.certificate)],
            check=True,
            capture_output=True,
        )
        table = f'[page.tablet]\nhost = "post4.example:{self.tablet}"\naddress = "127.0.0.1"\n'
        files = f'certificate = "{self.certificate}"\nkey = "{folder / "tablet.key"}"\n'
        self.pages = Pages(folder, self.kiosk.path, more=table + files)
        (folder / "office").mkdir()
        self.rig = Rig(folder / "office", Page(port=self.pages.port))
        self.rig.enrol()
        self.kiosk.counter = self.rig.office.authority.asked
        self.kiosk.start()
        self.pages.start()
        until(self.tablet_answers, "the tablet's listener does not answer", 60)

    def tablet_answers(self) -> bool:
        """Whether it listens."""
        try:
            self.ask_tablet("/officer")
        except OSError:
            return False
        return True

    def ask_tablet(self, path: str, host: str = "") -> tuple[int, str]:
        """A request over TLS, for a page by its name; the status, and the cookie that was set."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.check_hostname = False  # the name is reached by its number here
        line = http.client.HTTPSConnection("127.0.0.1", self.tablet, timeout=60, context=context)
        try:
            line.request("GET", path, headers={"host": host or f"post4.example:{self.tablet}"})
            with line.getresponse() as answer:
                return answer.status, answer.headers["set-cookie"] or ""
        finally:
            line.close()

    def close(self) -> None:
        """End it all."""
        self.pages.close()
        self.kiosk.close()
        self.rig.close()


@pytest.fixture(scope="module")
def setting() -> Iterator[Setting]:
    """Short enough for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        whole = Setting(Path(made))
        yield whole
        whole.close()


class Tab(Screen):
    """A browser at the officers' pages: keeps every cookie."""

    def __init__(self, pages: Pages) -> None:
        super().__init__(pages)
        self.jar: dict[str, str] = {}

    def visit(self, path: str = "/officer", **heads: str) -> tuple[int, dict[str, str], str]:
        """A page; the cookies and the form's token are kept."""
        status, told, body = self.get(path, **heads)
        self._keep(told)
        return status, told, body

    def send(self, path: str, heads: dict[str, str] | None = None, **fields: str) -> tuple[int, str]:
        """A form; its status, and what it set or said."""
        own = {"origin": self.pages.url, "content-type": "application/x-www-form-urlencoded"}
        body = urlencode({"form": self.form} | fields)
        status, told, said = self._request("POST", path, body, own | (heads or {}))
        self._keep(told)
        return status, said

    def enter(self, name: str = "k7") -> None:
        """Sign in."""
        self.visit()
        assert self.send("/officer/pin", officer=name, pin=PIN)[0] == 303

    def _keep(self, told: dict[str, str]) -> None:
        if "set-cookie" in told:
            name, _, value = told["set-cookie"].split(";")[0].partition("=")
            self.jar[name] = value
            self.cookie = "; ".join(f"{key}={each}" for key, each in self.jar.items())


@pytest.fixture
def tab(setting: Setting) -> Tab:
    """Nobody is signed in."""
    return Tab(setting.pages)


def test_nothing_is_kept_and_nothing_foreign_loaded(tab: Tab) -> None:
    """The same strict heads as on the person's pages, signed in or not; the cookies are for nobody's script."""
    for signed in (False, True):
        if signed:
            tab.enter()
        status, heads, _ = tab.get("/officer/desk" if signed else "/officer")
        assert status == 200
        assert heads["cache-control"] == "no-store"
        assert heads["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    _, heads, _ = Tab(tab.pages).get("/officer")
    assert "HttpOnly" in heads["set-cookie"]
    assert "samesite=strict" in heads["set-cookie"].lower()


@pytest.mark.parametrize(
    "path", ["desk", "answers", "queue", "operation", "health", "answer/26000170000001P"]
)
def test_no_page_opens_without_signing_in(tab: Tab, path: str) -> None:
    """Nor with a made-up token; the sign-in comes instead."""
    tab.visit()
    for cookie in (tab.cookie, f"{tab.cookie}; badge=made-up"):
        tab.cookie = cookie
        status, _, body = tab.get(f"/officer/{path}")
        assert status == 403
        assert 'id="signin"' in body


def test_a_token_is_worth_nothing_in_another_browser(tab: Tab, setting: Setting) -> None:
    """Even with its form's token."""
    tab.enter()
    thief = Tab(setting.pages)
    thief.visit()
    thief.jar["badge"] = tab.jar["badge"]
    thief.cookie = "; ".join(f"{key}={each}" for key, each in thief.jar.items())
    assert thief.get("/officer/desk")[0] == 403
    assert thief.send("/officer/act", do="begin", adult="yes", page="desk")[0] == 403
    assert setting.rig.obeyed == []


def test_a_form_without_its_token_or_from_elsewhere_does_nothing(tab: Tab, setting: Setting) -> None:
    """Another site's page, another name, a form that was made up."""
    tab.enter()
    good = {"do": "begin", "adult": "yes", "page": "desk"}
    for heads in ({"origin": "https://evil.example"}, {"origin": ""}, {"sec-fetch-site": "cross-site"}):
        assert tab.send("/officer/act", heads, **good)[0] == 403
    assert tab.send("/officer/act", {"host": "evil.example"}, **good)[0] == 421
    assert tab.send("/officer/act", None, **good, form="made-up")[0] != 303
    assert setting.rig.obeyed == []
    assert tab.send("/officer/act", None, **good)[0] == 303
    assert [ask.officer for ask in setting.rig.obeyed] == ["k7"]
    setting.rig.obeyed.clear()


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "erase everything"},
        {"do": ""},
        {"do": "find", "finding": "perhaps"},
        {"do": "requeue", "about": "x" * 99},
    ],
)
def test_what_no_page_offers_is_refused_with_a_sentence(tab: Tab, fields: dict[str, str]) -> None:
    """The page comes again, with what was wrong."""
    tab.enter("k9")
    status, body = tab.send("/officer/act", None, page="queue", **fields)
    assert status == 409
    assert 'class="problem"' in body


def test_what_comes_from_outside_is_escaped(tab: Tab) -> None:
    """A reason or an id with markup in it stays text."""
    tab.visit()
    _, body = tab.send("/officer/pin", officer="<script>x</script>", pin="1")
    assert "<script>x" not in body


def test_a_tablet_reaches_officers_pages_only_by_name_over_tls(setting: Setting) -> None:
    """Its cookies never go over anything else; the person's screen, and any other name, are not there."""
    status, cookie = setting.ask_tablet("/officer")
    assert (status, "secure" in cookie.lower()) == (200, True)
    assert setting.ask_tablet("/")[0] == 404
    assert setting.ask_tablet("/state")[0] == 404
    assert setting.ask_tablet("/officer", host=f"127.0.0.1:{setting.tablet}")[0] == 421


def test_the_persons_slip_is_printed_in_their_language(tab: Tab, setting: Setting) -> None:
    """As it stands on their screen, and only while it does."""
    tab.enter()
    assert "no slip now" in tab.get("/officer/slip")[2]
    screen = Screen(setting.pages)
    screen.get()
    setting.kiosk.go("review")
    assert screen.post("/language", code="ar") in (200, 204, 303)
    setting.kiosk.store(Paper("26000-17000-0001B-7ZK2M9", "The bureau", 30, "", ""))
    until(lambda: "26000-17000-0001B-7ZK2M9" in tab.get("/officer/slip")[2], "the slip is not there")
    body = tab.get("/officer/slip")[2]
    assert 'class="card slip" lang="ar" dir="rtl"' in body
    assert "<svg" in body
    setting.kiosk.go("idle")
    screen.post("/press", do="stop")
    until(lambda: "no slip now" in tab.get("/officer/slip")[2], "the slip stays")


def test_the_persons_screen_has_an_entrance_and_the_sign_in_a_way_back(tab: Tab, setting: Setting) -> None:
    """A small corner where nobody is in the middle of a check; a tablet has no such screen to go back to."""
    screen = Screen(setting.pages)
    assert 'class="officers" href="/officer"' in screen.get()[2]
    assert 'data-screen="60"' in tab.visit()[2]
    setting.kiosk.go("notice")
    screen.post("/language", code="en")
    until(lambda: 'class="officers"' not in screen.get()[2], "the entrance is in a person's way")
    setting.kiosk.go("idle")


def test_a_referral_stands_on_the_officers_page_in_every_language(tab: Tab, setting: Setting) -> None:
    """With the check's number and the case, and nothing that sounds like a finding."""
    overview, place = setting.rig.office.overview, setting.rig.place
    lists = Watchlists(
        setting.rig.folder / "outbox.db", place.own, place.trust, setting.rig.clock, Memory, "test-face"
    )
    lists.refer(Tcn.mint(2026, 17, 5), ("CASE-3",))
    overview._place = replace(place, watchlists=lists)
    try:
        tab.enter()
        for language in ("en", "fr", "ru", "ar"):
            _, _, body = tab.get("/officer/desk", **{"accept-language": language})
            assert f"{Tcn.mint(2026, 17, 5)}: CASE-3" in body
            assert "referred" not in body
    finally:
        overview._place = place


def test_a_watchlist_of_another_model_stands_on_the_officers_page(tab: Tab, setting: Setting) -> None:
    """With what to do; without one, or with one that fits, the page says nothing of it."""
    overview, place = setting.rig.office.overview, setting.rig.place
    folder = setting.rig.folder
    lists = Watchlists(folder / "lists.db", place.own, place.trust, setting.rig.clock, Memory, "new-face")
    with pytest.raises(Refused):
        lists.take(sealed_list(place.own.public(), setting))
    tab.enter()
    assert 'id="watchlist"' not in tab.get("/officer/desk")[2]
    overview._place = replace(place, watchlists=lists)
    try:
        body = tab.get("/officer/desk")[2]
    finally:
        overview._place = place
    assert 'id="watchlist"' in body
    assert "test-face" in body
    assert "ask the bureau" in body


def sealed_list(kiosk: seal.PublicKeys, setting: Setting) -> bytes:
    """A list of one face of the model `test-face`, in its one part."""
    owners, vectors = watchlist.stacked([[face_template()]])
    made = setting.rig.clock.stamp().wall.replace(microsecond=0)
    known = watchlist.Watchlist(
        edition=1,
        operation="OP-1",
        law="the act",
        made=made,
        expires=made + timedelta(days=1),
        model="test-face",
        fpir=0.01,
        least=-0.3,
        cases=("CASE-1",),
        owners=owners,
        vectors=vectors,
    )
    (part,) = watchlist.pieces(watchlist.seal_for(known, kiosk, HUB), 1)
    return part
