"""Plays lessons on a bench: hears the daemon and reads its journal, stages people and the link, answers the pages.

It holds one lesson at a time, in memory. It asks the daemon for nothing but to stop a check when a lesson is ended.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from hotspot_kiosk import audit_chain
from hotspot_kiosk.audit_chain import Entry
from hotspot_kiosk.demo.stage import NotReady
from hotspot_kiosk.errors import BadBytes, HotspotError, LinkDown
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.web.coach import LONGEST, Stand, Step, Word
from hotspot_kiosk.terms import Tcn
from hotspot_kiosk.training.bench import Bench
from hotspot_kiosk.training.lesson import (
    Course,
    Cue,
    Happening,
    Heard,
    Lesson,
    Said,
    Settled,
    Who,
    Written,
    follow,
)
from hotspot_kiosk.training.lessons import ALL
from hotspot_kiosk.training.person import Person

log = logging.getLogger(__name__)
LOOK_S, PATIENCE_S = 0.3, 60.0
Hear = Callable[[Stand], None]


def nobody(_stand: Stand) -> None:
    """Nobody listens."""


class Coach:
    """As a context manager it plays. changed: told of every change; reaction_s: how slow the people are."""

    def __init__(self, bench: Bench, changed: Hear = nobody, reaction_s: float = 1.0) -> None:
        self._bench, self._changed, self._reaction_s = bench, changed, reaction_s
        self._lock = threading.RLock()
        self._course: Course | None = None
        self._person: Person | None = None
        self._played: frozenset[Cue] = frozenset()
        self._problem = ""
        self._stop, self._hears = threading.Event(), threading.Event()
        self._server = _server(bench.coach, self.asked)
        self._lines = _Tail(bench.journal)
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.1,), name="coach"),
            threading.Thread(target=self._listen, name="coach's ear", daemon=True),
            threading.Thread(target=self._look_on, name="coach's eye"),
        ]

    def __enter__(self) -> Coach:
        for thread in self._threads:
            thread.start()
        if not self._hears.wait(PATIENCE_S):
            raise NotReady("the kiosk's desk tells the coach nothing")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            self._end()
        for thread in self._threads[::2]:
            thread.join()
        self._bench.coach.unlink(missing_ok=True)

    def asked(self, word: Word) -> Stand:
        """What an officer wants; from any thread."""
        with self._lock:
            self._problem = ""
            if word.do == "begin":
                self._begin(word.about)
            elif word.do == "say" and self._course is not None and word.about in self._course.lesson.says:
                if self._person is not None:
                    self._person.told(word.about)
                self._happened(Said(word.about))
            elif word.do == "stop":
                self._end()
                self._changed(self.stand())
            return self.stand()

    def stand(self) -> Stand:
        """How the lesson stands."""
        course = self._course
        if course is None:
            return Stand(lessons=tuple(ALL), problem=self._problem)
        steps = tuple(Step(n, n in course.done) for n in range(1, len(course.lesson.steps) + 1))
        return Stand(
            lesson=course.lesson.name,
            steps=steps,
            says=() if course.learned else course.lesson.says,
            aside=course.asides,
            learned=course.learned,
            problem=self._problem,
        )

    def _begin(self, name: str) -> None:
        self._end()
        lesson = ALL.get(name)
        if lesson is None:
            self._problem = "there is no such lesson"
            return
        self._person = self._somebody(lesson)
        if not lesson.staging.link:
            self._bench.stage.link.cut()
        self._lines.skip()
        self._course = Course(lesson)
        log.info("lesson %s begins", name)
        self._changed(self.stand())

    def _somebody(self, lesson: Lesson) -> Person:
        bench, known = self._bench, lesson.staging.who is Who.KNOWN
        one, other = (bench.known, bench.stranger) if known else (bench.stranger, bench.known)
        folders = bench.folders
        return Person(one, other, lesson.staging, folders.camera, folders.glass, self._reaction_s)

    def _end(self) -> None:
        """Everything as it was; a check that runs for this lesson is stopped, and keeps nothing."""
        with contextlib.suppress(HotspotError):
            desk.ask(self._bench.folders.desk, desk.Ask("cancel", training=True))
        if self._person is not None:
            self._person.leave()
        self._bench.stage.link.mend()
        self._course, self._person, self._played = None, None, frozenset()

    def _happened(self, seen: Happening) -> None:
        with self._lock:
            if self._course is None:
                return
            before, self._course = self._course, follow(self._course, seen)
            if self._course != before:
                self._changed(self.stand())

    def _listen(self) -> None:
        """What the daemon tells its desk."""
        while not self._stop.is_set():
            with contextlib.suppress(LinkDown, OSError):
                for told in desk.watch(self._bench.folders.desk):
                    self._hears.set()
                    self._hear(told)
            self._stop.wait(LOOK_S)

    def _hear(self, told: desk.Told) -> None:
        person = self._person
        if told.kind == "show" and person is not None:
            person.hear(told.prompt, told.detail)
        self._happened(Heard(told))

    def _look_on(self) -> None:
        """What the daemon writes down, and what is due on the stage."""
        while not self._stop.wait(LOOK_S):
            for entry in self._lines.read():
                self._happened(Written(entry.what, entry.who, entry.about, entry.ground))
            course = self._course
            if course is not None:
                self._play(course)

    def _play(self, course: Course) -> None:
        for cue in course.cues - self._played:
            if cue is Cue.MEND_LINK:
                self._bench.stage.link.mend()
            elif not self._compared(course.tcn):
                continue
            with self._lock:
                if self._course is not None and self._course.lesson is course.lesson:
                    self._played |= {cue}

    def _compared(self, tcn: str) -> bool:
        """Somebody at the bureau, too, once the first finding has come there."""
        try:
            done = self._bench.compare_too(Tcn(tcn))
        except HotspotError as error:
            self._problem = str(error)
            return False
        if done:
            self._happened(Settled())
        return done


class _Tail:
    """New lines of a journal; whatever stood there before is passed over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = 0
        self._lock = threading.Lock()
        self.skip()

    def skip(self) -> None:
        """Only what comes from now on."""
        for _ in self.read():
            pass

    def read(self) -> Iterator[Entry]:
        """The lines since the last look."""
        with self._lock:
            found = [entry for entry in self._entries() if entry.number > self._last]
            self._last = max((entry.number for entry in found), default=self._last)
        yield from found

    def _entries(self) -> Iterator[Entry]:
        for path in sorted(self._folder.glob("*.jsonl")):
            for line in path.read_bytes().split(b"\n"):
                with contextlib.suppress(BadBytes):
                    entry = audit_chain.read(line) if line else None
                    if isinstance(entry, Entry):
                        yield entry


def _server(path: Path, asked: Callable[[Word], Stand]) -> socketserver.ThreadingUnixStreamServer:
    class Client(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError, msgspec.DecodeError):
                word = msgspec.json.decode(self.rfile.readline(LONGEST), type=Word)
                self.wfile.write(msgspec.json.encode(asked(word)) + b"\n")

    path.unlink(missing_ok=True)
    server = socketserver.ThreadingUnixStreamServer(str(path), Client)
    server.daemon_threads = True
    path.chmod(0o660)
    return server


def ask(path: Path, word: Word) -> Stand:
    """Ask a coach that plays. Raises LinkDown if none does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.connect(str(path))
            with sock.makefile("rwb") as stream:
                stream.write(msgspec.json.encode(word) + b"\n")
                stream.flush()
                return msgspec.json.decode(stream.readline(), type=Stand)
        except OSError:
            raise LinkDown(f"no training runs at {path}; start it with: hotspot training run") from None
        except msgspec.DecodeError:
            raise LinkDown("whoever plays the lessons did not answer; try once more") from None
