"""Hours at the pages in minutes: what grows in the browser and in the pages' process while people come and go.

One person after another, each with a page of their own; then one page that is never left; an officer's page all the
while. The time between people is left out: what an idle page does in it (its sign of life) is done at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.pages_stage import PlayedKiosk
from hotspot_kiosk.errors import LinkDown
from hotspot_kiosk.kiosk.staff.counter import Possible, Sample, Verdict
from hotspot_kiosk.slip import Paper

PER_HOUR = 40  # people: one in 90 s, the goal's ninth of ten at self-service
PEOPLE, CYCLES, EVERY = 160, 80, 5
WARM_UP = 0.25  # of all looks: caches fill and the compiler has its way
MIB = 1 << 20
OWN = ("Private_Dirty:", "Swap:")  # pages of the program's file are shared or not as other programs please
SIGNS_OF_LIFE = 18  # one in 5 s
FRAME_S, FRAMES = 0.03, 45
CODES = ("ar", "en", "ur", "fr", "ps", "ru", "tg", "ckb", "tr", "prs", "uz", "ku", "fa")
SLIP = Paper("26000-17000-0001B-7ZK2M9-QX41TB-W0AC8J", "the bureau", 30, "", "")
FINGERS = ("right index", "right middle", "left index", "left middle")
ADVICE = ("Please come closer.", "Please hold your head upright.", "Please hold still.")
DRAWN = """window.drawn = 0;
const draw = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...how) { window.drawn += 1; return draw.apply(this, how); };"""
SIGNS = """async (count) => { for (let n = 0; n < count; n += 1) await fetch("/painted", { method: "POST", body: "" }); }"""


@dataclass(frozen=True, slots=True)
class Held:
    """What one page holds after its garbage was collected."""

    heap: float
    nodes: float
    listeners: float
    documents: float


@dataclass(frozen=True, slots=True)
class Look:
    """After so many people: both pages; Chromium's processes and the pages' process in bytes, its open files.

    browser: of those processes that were there at every look; a spare one, which Chromium keeps now and then, is none of ours.
    """

    people: int
    subject: Held
    officer: Held
    browser: float
    server: float
    files: float
    processes: dict[int, float] = field(default_factory=dict, repr=False)


def figures(kiosk: PlayedKiosk, browser: Any) -> Iterator[Figure]:
    """Growth an hour of each."""
    with Soak(kiosk, browser).begun() as soak:
        people = soak.people(PEOPLE, EVERY)
        cycles = soak.one_page(CYCLES, EVERY)
    for name, looks in (("people come and go", people), ("one page is never left", cycles)):
        count = looks[-1].people - looks[0].people
        for what, pick in PICKS.items():
            value = growth(looks, pick) / MIB
            yield Figure("pages", f"{name}: {what}", value, "MiB/h", 5.0, "lower", "a goal", count)
        for what, pick in COUNTS.items():
            value = growth(looks, pick)
            yield Figure("pages", f"{name}: {what}", value, "an hour", None, "lower", "", count)


def growth(looks: Sequence[Look], pick: Callable[[Look], float]) -> float:
    """An hour's, as the median of the slopes between any two looks after the warm-up (Theil and Sen)."""
    rest = looks[int(len(looks) * WARM_UP) :]
    slopes = [
        (pick(later) - pick(sooner)) / (later.people - sooner.people)
        for at, sooner in enumerate(rest)
        for later in rest[at + 1 :]
    ]
    return float(np.median(slopes)) * PER_HOUR


def steady(looks: Sequence[Look]) -> list[Look]:
    """The same looks, with the bytes of those of Chromium's processes that are in all of them."""
    always = set.intersection(*(set(look.processes) for look in looks))
    return [replace(look, browser=sum(look.processes[pid] for pid in always)) for look in looks]


class Soak:
    """A subject's and an officer's page before a kiosk that is played. `begun` opens and closes them."""

    def __init__(self, kiosk: PlayedKiosk, browser: Any, script: str = "") -> None:
        """`script` runs in every page before its own."""
        self._kiosk, self._browser, self._script = kiosk, browser, script
        self._subject: Any = None
        self._officer: Any = None
        self._done = 0
        self._over = Event()

    @contextmanager
    def begun(self) -> Iterator[Soak]:
        """Both pages stand, and the camera sees."""
        camera = Thread(target=self._see, name="camera")
        contexts = [self._browser.new_context() for _ in range(2)]
        try:
            camera.start()
            self._subject, self._officer = (context.new_page() for context in contexts)
            for page in (self._subject, self._officer):
                page.set_default_timeout(60_000)
                page.add_init_script(DRAWN + self._script)
            self._enter()
            yield self
        finally:
            self._over.set()
            camera.join()
            for context in contexts:
                context.close()

    def people(self, count: int, every: int) -> list[Look]:
        """One after another, each to the end and away."""
        self._subject.goto(self._kiosk.url)
        looks = []
        for number in range(count):
            self._at("language")
            self._touch(f'button[name="code"][value="{CODES[number % len(CODES)]}"]')
            self._checked(number)
            self._kiosk.store(SLIP)
            self._kiosk.go("done")
            self._at("done")
            self._kiosk.go("idle")
            self._at("slip")
            self._touch(".choices .good")
            self._at("language")
            looks += [self._look()] if (number + 1) % every == 0 else []
        return steady(looks)

    def one_page(self, count: int, every: int) -> list[Look]:
        """Somebody who never comes to an end: all again and again, in another language each time."""
        self._subject.goto(self._kiosk.url)
        self._at("language")
        self._touch('button[name="code"][value="en"]')
        looks = []
        for number in range(count):
            self._checked(number)
            self._touch('header button[name="code"]')
            self._at("language")
            self._touch(f'button[name="code"][value="{CODES[number % len(CODES)]}"]')
            self._at("review")
            looks += [self._look()] if (number + 1) % every == 0 else []
        self._kiosk.go("done")
        self._kiosk.go("idle")
        self._at("language")
        return steady(looks)

    def _checked(self, number: int) -> None:
        """From the notice to the review, with all that is said on the way."""
        kiosk = self._kiosk
        kiosk.go("notice", samples=(), waiting=number % 4, link=number % 3 > 0)
        self._at("notice")
        kiosk.show("look at camera")
        kiosk.go("face")
        self._at("face")
        before = self._subject.evaluate("window.drawn")
        for said in ADVICE * 2:
            kiosk.show("look at camera", said)
        self._until(self._subject, f"window.drawn >= {before + FRAMES}")
        face = Sample(name="face", score=70, least=30)
        kiosk.show("place finger", FINGERS[0])
        kiosk.go("fingers", samples=(face,), verdicts=_verdicts(number))
        self._at("finger")
        for finger in FINGERS:
            for prompt, detail in (("place finger", finger), ("reading", ""), ("lift finger", "")):
                kiosk.show(prompt, detail)
        kiosk.go("review", samples=(face, *(Sample(name=name, score=60, least=25) for name in FINGERS)))
        self._at("review")
        self._until(self._officer, "document.querySelectorAll('#session tbody tr').length === 5")
        self._subject.evaluate(SIGNS, SIGNS_OF_LIFE)
        self._done += 1

    def _enter(self) -> None:
        """The officer signs in and stays at the desk's page."""
        self._officer.goto(f"{self._kiosk.url}/officer")
        self._officer.locator("#pin").fill("123456")
        self._officer.locator(".pad button.good").click()
        self._officer.locator("#session").wait_for()

    def _see(self) -> None:
        dark, light = (np.full((360, 640, 3), shade, np.uint8) for shade in (40, 200))
        while not self._over.wait(FRAME_S):
            self._kiosk.preview.seen(light, ())
            dark, light = light, dark

    def _at(self, scene: str) -> None:
        self._subject.locator(f"section.{scene}").wait_for()

    def _touch(self, what: str) -> None:
        self._subject.locator(what).click()

    def _until(self, page: Any, condition: str) -> None:
        """Polled from here: the pages' policy forbids evaluating words."""
        for _ in range(3000):
            if page.evaluate(f"() => {condition}"):
                return
            page.wait_for_timeout(20)
        raise LinkDown(f"this never came true on a page: {condition}")

    def _look(self) -> Look:
        pid = self._kiosk.pid
        pages = [_held(page) for page in (self._subject, self._officer)]
        inspector = self._browser.new_browser_cdp_session()
        processes = inspector.send("SystemInfo.getProcessInfo")["processInfo"]
        inspector.detach()
        taken = {each["id"]: size for each in processes if (size := _private(each["id"]))}
        files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
        return Look(self._done, pages[0], pages[1], sum(taken.values()), _private(pid), files, taken)


def _held(page: Any) -> Held:
    inspector = page.context.new_cdp_session(page)
    try:
        inspector.send("HeapProfiler.collectGarbage")
        inspector.send("Performance.enable")
        told = {each["name"]: each["value"] for each in inspector.send("Performance.getMetrics")["metrics"]}
    finally:
        inspector.detach()
    return Held(told["JSHeapUsedSize"], told["Nodes"], told["JSEventListeners"], told["Documents"])


def _private(pid: int) -> float:
    """Bytes that a process has written and shares with no other, swapped out or not; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(1024.0 * int(line.split()[1]) for line in lines if line.startswith(OWN))


def _verdicts(number: int) -> tuple[Verdict, ...]:
    """A possible match after every fourth person; the last three of them are told."""
    newest = number // 4
    return tuple(
        Verdict(
            tcn=f"{each:014d}X",
            decision="possible match, verify",
            edition=1,
            answered=datetime.now(UTC),
            candidates=(Possible(reference="R", score=9.0),),
        )
        for each in range(max(0, newest - 3), newest)
    )


PICKS: dict[str, Callable[[Look], float]] = {
    "heap of the subject's page": lambda look: look.subject.heap,
    "heap of the officer's page": lambda look: look.officer.heap,
    "all of the browser": lambda look: look.browser,
    "the pages' process": lambda look: look.server,
}
COUNTS: dict[str, Callable[[Look], float]] = {
    "nodes of the subject's page": lambda look: look.subject.nodes,
    "nodes of the officer's page": lambda look: look.officer.nodes,
    "listeners of both": lambda look: look.subject.listeners + look.officer.listeners,
    "documents of both": lambda look: look.subject.documents + look.officer.documents,
    "open files of the pages' process": lambda look: look.files,
}
