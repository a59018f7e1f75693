"""The story: A is checked online; the link is cut; A and B are checked; the daemon is killed; the link
returns. Every verdict is compared with the expected one; what is printed was measured, not written.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hotspot_kiosk import seal
from hotspot_kiosk.cli.hub import open_store
from hotspot_kiosk.cli.options import table
from hotspot_kiosk.demo.cast import CASE_A, Cast
from hotspot_kiosk.demo.post import Heard, Post, say
from hotspot_kiosk.demo.stage import Folders, Stage
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.hub.storage.store import InboxEntry
from hotspot_kiosk.keyring import load_hub, load_private
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.simulator.link import Passed
from hotspot_kiosk.terms import Decision, Tcn

HALF_A_PROBE = 1_000  # the link passes blocks of 1 KB, a probe has 2.6 KB: it must not get through whole
HALF_THE_EVIDENCE = 60_000
AGAIN = 60_000  # two windows of chunks, and what MQTT adds
GIVE_AWAYS = (b"INT-I", b"Green line", b"DEMO-2026", b"\xff\xd8\xff\xe0", b"NIST_COM")


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the story and what must come of it."""

    who: str
    tcn: Tcn
    expected: Decision


class Story:
    """Plays on a stage; `play` returns whether everything was as expected."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._cast = Cast(folders)
        self._began = time.monotonic()
        self._wrong: list[str] = []
        self._decisions: dict[Tcn, str] = {}

    def play(self) -> bool:
        """The whole story."""
        with Stage(self._folders) as stage:
            self._set_up(stage)
            checks = [self._online(stage)]
            checks += self._offline(stage)
            self._killed(stage)
            self._back(stage, checks[1:])
            self._books(stage, checks)
        for wrong in self._wrong:
            self._say(f"NOT AS EXPECTED: {wrong}")
        self._say("All as expected." if not self._wrong else "The demo failed.")
        return not self._wrong

    def _set_up(self, stage: Stage) -> None:
        self._say(
            "Enrolling A and five others into the hub's own gallery (synthetic fingers, free portraits)."
        )
        self._cast.enrol()
        stage.start_broker()
        stage.start_hub()
        stage.start_sensor()
        self._say("Broker, hub and sensor run; the kiosk starts (the first start compiles its kernels).")
        stage.start_kiosk()
        pids = ", ".join(f"{name} {stage.pid(name)}" for name in ("broker", "hub", "sensor", "kiosk"))
        self._say(f"All run, each as a process of its own: {pids}.")
        self._post = self._sit_down()
        self._post.link(up=True)

    def _online(self, stage: Stage) -> Check:
        self._say("1. The link is up. A stands at the kiosk.")
        before = stage.link.passed
        tcn, last_sample = self._post.check(self._cast.visit(self._cast.a, 100))
        check = Check("A, online", tcn, Decision.POSSIBLE_MATCH)
        heard = self._verdict(check)
        self._say(f"   {heard.at - last_sample:.2f} s from the last sample to the verdict.")
        self._drained()
        self._say(f"   On the wire, evidence included: {_bytes(stage.link.passed.since(before))}.")
        return check

    def _offline(self, stage: Stage) -> list[Check]:
        self._say("2. The link is cut. A comes again: other touches, other light.")
        stage.link.cut()
        self._post.link(up=False)
        again, _ = self._post.check(self._cast.visit(self._cast.a, 200))
        self._say("   B comes for the first time; nobody has enrolled B anywhere.")
        first, _ = self._post.check(self._cast.visit(self._cast.b, 300))
        self._show_sealed((again, first))
        return [Check("A, again", again, Decision.POSSIBLE_MATCH), Check("B", first, Decision.NO_HIT)]

    def _show_sealed(self, tcns: Sequence[Tcn]) -> None:
        own = load_private(self._folders.root / "kiosk" / "kiosk.key")
        hub = load_hub(self._folders.root / "kiosk" / "peers")
        outbox = Outbox(self._folders.outbox)
        items = [item for item in outbox.waiting() if item.tcn in tcns]
        opened = 0
        for item in items:
            envelope = outbox.envelope(item) or b""
            for sender in (hub, own.public()):
                try:
                    seal.open_envelope(envelope, sender, own)
                    opened += 1
                except (SealError, BadBytes):
                    continue
            self._say(
                f"   on disk: {item.tcn} {item.part.value:8} {item.size:6} bytes  {envelope[64:80].hex()}..."
            )
        outbox.close()
        self._expect(len(items) == 2 * len(tcns), "four sealed parts wait on the disk")
        self._expect(not opened, "the kiosk's own keys open none of them")
        found = [word for word in GIVE_AWAYS if any(word in path.read_bytes() for path in self._disk())]
        self._expect(
            not found, "no image header and no word of the record stands in clear on the kiosk's disk"
        )

    def _disk(self) -> list[Path]:
        return list(self._folders.outbox.parent.glob("outbox.db*"))

    def _killed(self, stage: Stage) -> None:
        self._say(
            "3. The link returns; in the middle of the first message it stalls, and the daemon is killed."
        )
        stage.link.stall_after(HALF_A_PROBE)
        self._expect(stage.link.stalled.wait(60), "a message is half through, the link still stands")
        sending = self._states().count("sending")
        pid = stage.kill_kiosk()
        self._say(
            f"   SIGKILL to process {pid} while {sending} parts were under way; nothing of them has arrived."
        )
        self._expect(sending > 0, "the daemon was killed while it was sending")
        stage.link.cut()
        stage.start_kiosk()
        self._post = self._sit_down()
        self._say(f"   Started again as process {stage.pid('kiosk')}; the link is still down.")
        self._expect(len(self._held()) == 2, "the hub holds nothing but the first record")

    def _back(self, stage: Stage, checks: Sequence[Check]) -> None:
        self._say("4. The link returns. Nobody touches anything.")
        before, mended = stage.link.passed, time.monotonic()
        stage.link.mend_for(HALF_THE_EVIDENCE)
        last = max(self._verdict(check).at for check in checks)
        self._say(f"   {last - mended:.2f} s from the link's return to the last answer.")
        self._expect(
            stage.link.was_cut.wait(60), "the link broke again by itself, in the middle of the evidence"
        )
        self._post.link(up=False)
        self._expect("sealed" in self._states(), "evidence still waits on the disk")
        stage.link.mend()
        self._drained()
        passed = stage.link.passed.since(before)
        self._say(f"   On the wire since the return: {_bytes(passed)}.")
        whole = sum(entry.size for entry in self._held() if entry.key.tcn in {check.tcn for check in checks})
        self._expect(passed.up < whole + AGAIN, f"of {whole:,} sealed bytes hardly any went twice")

    def _verdict(self, check: Check) -> Heard:
        heard = self._post.answer(check.tcn)
        told = heard.told
        self._decisions[check.tcn] = told.decision
        named = f" {told.candidates[0]}" if told.candidates else ""
        self._say(f"   {check.who}: {told.decision}{named}")
        self._expect(told.decision == check.expected, f"{check.who} is answered with: {check.expected}")
        if check.expected is Decision.POSSIBLE_MATCH:
            first = told.candidates[0].split()[0] if told.candidates else "nobody"
            self._expect(first == CASE_A, f"{check.who} resembles {CASE_A} most")
        return heard

    def _drained(self) -> None:
        ends = time.monotonic() + 60
        while set(self._states()) != {"held"} and time.monotonic() < ends:
            time.sleep(0.05)
        self._expect(set(self._states()) == {"held"}, "the outbox is empty")

    def _states(self) -> list[str]:
        """The state of every part in the outbox."""
        outbox = Outbox(self._folders.outbox)
        try:
            return [state.value for entry in outbox.entries() for _, state, _, _ in entry.parts]
        finally:
            outbox.close()

    def _held(self) -> Sequence[InboxEntry]:
        """What the hub holds."""
        return open_store(self._folders.hub_config).inbox.entries()

    def _books(self, stage: Stage, checks: Sequence[Check]) -> None:
        outbox = Outbox(self._folders.outbox)
        captured = {entry.tcn: entry for entry in outbox.entries()}
        outbox.close()
        held = self._held()
        rows = []
        for check in checks:
            parts = [entry for entry in held if entry.key.tcn == check.tcn]
            self._expect(len(parts) == 2, f"the hub holds the record of {check.who} once: probe and evidence")
            rows.append(
                {
                    "who": check.who,
                    "tcn": check.tcn,
                    "captured": _clock(captured[check.tcn].captured),
                    "probe sent": _clock(min((entry.committed for entry in parts), default="")),
                    "answered": _clock(captured[check.tcn].answered or ""),
                    "evidence sent": _clock(max((entry.committed for entry in parts), default="")),
                    "sealed bytes": sum(entry.size for entry in parts),
                    "bytes arrived": sum(entry.received for entry in parts),
                    "verdict": self._decisions[check.tcn],
                }
            )
        self._expect(len(held) == 2 * len(checks), "the hub holds nothing else")
        say("\n" + table(rows) + "\n")
        self._say(f"In all, both ways, with MQTT around it: {_bytes(stage.link.passed)}.")

    def _sit_down(self) -> Post:
        post = Post(self._folders.desk)
        post.sit_down()
        return post

    def _expect(self, true: bool, what: str) -> None:
        self._say(f"   {'ok ' if true else 'NO '} {what}")
        if not true:
            self._wrong.append(what)

    def _say(self, text: str) -> None:
        say(f"[{time.monotonic() - self._began:6.1f} s] {text}")


def _bytes(passed: Passed) -> str:
    return f"{passed.up:,} bytes up, {passed.down:,} down"


def _clock(stamp: str) -> str:
    return stamp[11:23] if stamp else "-"
