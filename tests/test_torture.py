"""The fault suite itself: a short round of each kind, and that it sees what it is meant to see."""

import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot_kiosk import seal, seal_answer
from hotspot_kiosk.cli import torture as door
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.simulator.link import Link
from hotspot_kiosk.terms import Tcn
from hotspot_kiosk.torture import actors, disk, stage, suite
from hotspot_kiosk.torture.actors import Cast, Role
from hotspot_kiosk.torture.checker import Findings, Held, Rest, check_path, check_rest, read_outbox
from hotspot_kiosk.torture.checker_hub import check_answers
from hotspot_kiosk.torture.kills import Kills
from hotspot_kiosk.torture.ledger import Ledger, Voice
from hotspot_kiosk.torture.meddler import Meddler
from hotspot_kiosk.torture.opening import BROKEN
from hotspot_kiosk.torture.power import PowerCuts, power_cuts
from hotspot_kiosk.transports.port import Arrived, LinkEvent, Taken

needs_disk = pytest.mark.skipif(bool(disk.missing()), reason=disk.missing() or "a disk can be made")
needs_broker = pytest.mark.skipif(not stage.broker_path(), reason="Mosquitto is not installed")
NOTHING = Rest({}, {}, {})
ONE, TWO = ("26000170000001A", "probe"), ("26000170000002B", "probe")


def silent(_line: str) -> None:
    """Nobody listens."""


def ledger_of(*pairs: tuple[tuple[str, str], str]) -> Ledger:
    """A ledger with these acknowledgements."""
    ledger = Ledger()
    ledger.acknowledged.update(pairs)
    return ledger


def careless(role: Role, pipe: Connection) -> None:
    """A writer that acknowledges each record before it is stored."""
    outbox = actors.open_outbox(role)

    class Hasty(actors.Records):
        def one(self) -> bool:
            tcn = outbox.mint(2026, role.device)
            plain = dict(self._contents(tcn))
            for part, data in plain.items():
                digest = hashlib.sha256(data).hexdigest()
                self._say(f"stored {time.monotonic_ns()} {tcn} {part} {digest}")
            time.sleep(0.05)
            return True

    voice = Voice(pipe)
    records = Hasty(role, outbox, voice, Clock())
    while True:
        records.one()


@needs_disk
def test_nothing_is_lost_when_the_power_is_cut(tmp_path: Path) -> None:
    """A few cuts of a real disk at random instants."""
    result = power_cuts(tmp_path, 7, time.monotonic() + 6, silent, least=3)
    assert result.cuts >= 3
    assert result.found.captured > 0
    assert (result.found.lost, result.found.doubled, result.found.altered) == (0, 0, 0)


@needs_disk
def test_a_writer_that_promises_too_early_is_found_out(tmp_path: Path) -> None:
    """The suite can fail."""
    result = power_cuts(tmp_path, 7, time.monotonic() + 20, silent, careless, least=3)
    assert result.found.lost > 0


@needs_disk
@pytest.mark.skipif(not shutil.which("unshare"), reason="unshare is not installed")
def test_a_dead_disk_that_somebody_keeps_alive_is_replaced(tmp_path: Path) -> None:
    """A process in a mount namespace of its own would otherwise hand the dead one out again."""
    with disk.Disk(tmp_path, 16) as place:
        kept = place.root / "kept"
        kept.write_bytes(b"on disk")
        with kept.open("rb") as file:
            os.fsync(file.fileno())
        other = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", "echo ready; exec sleep 60"], stdout=subprocess.PIPE
        )
        assert other.stdout
        with other.stdout:
            assert other.stdout.readline() == b"ready\n"
        try:
            place.cut()
            place.unmount()
            place.mount()
            assert kept.read_bytes() == b"on disk"
            (place.root / "new").write_bytes(b"takes more")
        finally:
            other.kill()
            other.wait()


@needs_broker
def test_a_short_round_of_everything_loses_nothing() -> None:
    """The command, its last line and its exit code."""
    done = CliRunner().invoke(door.command, ["--minutes", "0.2", "--seed", "5", "--least", "2"])
    result = json.loads(done.output.strip().splitlines()[-1])
    assert done.exit_code == 0, done.output
    assert result["kills"] >= 2
    assert result["captured"] > 0
    assert (result["lost"], result["doubled"], result["altered"]) == (0, 0, 0)
    assert result["held"] + result["quarantined"] + result["waiting"] == result["captured"]
    assert result["rest_cuts"] >= (0 if disk.missing() else 2)
    assert result["answers"] > 0


def test_what_is_nowhere_is_lost() -> None:
    """Neither at the hub nor in the outbox."""
    found = check_path(ledger_of((ONE, "a"), (TWO, "b")), NOTHING, [(ONE, "a")])
    assert (found.captured, found.held, found.lost) == (2, 1, 1)
    assert found.examples == [f"lost: {TWO[0]} probe"]


def test_what_waits_or_is_quarantined_is_not_lost() -> None:
    """As long as its bytes are the ones that were sealed."""
    rest = Rest({ONE: "quarantined", TWO: "sealed"}, {ONE: "a", TWO: "other"}, {})
    found = check_path(ledger_of((ONE, "a"), (TWO, "b")), rest, [])
    assert (found.quarantined, found.waiting, found.lost) == (1, 0, 1)


@pytest.mark.parametrize("inside", ["other", BROKEN])
def test_other_bytes_than_the_acknowledged_are_altered(inside: str) -> None:
    """Held, but not what the officer was told."""
    found = check_path(ledger_of((ONE, "a")), NOTHING, [(ONE, inside)])
    assert found.altered >= 1
    assert found.held == 0


def test_one_content_under_two_numbers_is_doubled() -> None:
    """So is a part held twice, and a number that was given twice."""
    ledger = ledger_of((ONE, "a"))
    assert check_path(ledger, NOTHING, [(ONE, "a"), (TWO, "a")]).doubled == 1
    assert check_path(ledger, NOTHING, [(ONE, "a"), (ONE, "b")]).doubled == 1
    ledger.given_twice = 1
    assert check_path(ledger, NOTHING, [(ONE, "a")]).doubled == 1


def test_a_file_that_cannot_be_read_holds_nothing(tmp_path: Path) -> None:
    """So that all that was acknowledged counts as lost, rather than stopping the count."""
    (tmp_path / "outbox.db").write_bytes(bytes(9000))
    rest = read_outbox(tmp_path / "outbox.db", Cast(1).opener(5, 0))
    assert check_rest(ledger_of((ONE, "a")), rest).lost == 1


def test_an_outbox_may_call_held_only_what_was_settled() -> None:
    """Otherwise its bytes are gone without a receipt."""
    rest = Rest({ONE: "held", TWO: "held"}, {}, {})
    ledger = ledger_of((ONE, "a"), (TWO, "b"))
    ledger.settling.add(ONE)
    found = check_rest(ledger, rest)
    assert (found.held, found.lost) == (1, 1)


def test_an_acknowledgement_that_raced_the_cut_is_not_believed() -> None:
    """It is counted apart."""
    theirs, ours = stage.CONTEXT.Pipe(duplex=False)
    for stamp, (tcn, part) in ((10, ONE), (30, TWO)):
        ours.send_bytes(f"stored {stamp} {tcn} {part} digest".encode())
    ours.close()
    ledger = Ledger()
    ledger.drain(theirs)
    ledger.settle(cut_ns=20)
    theirs.close()
    assert list(ledger.acknowledged) == [ONE]
    assert ledger.raced == 1


class Wire:
    """A transport that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def open(self, name: str, topics: object, on_event: object) -> None:
        """Nothing arrives."""

    def publish(self, topic: str, payload: bytes) -> int:
        """Keep it."""
        self.sent.append(payload)
        return len(self.sent)

    def close(self) -> None:
        """Nothing to stop."""


def test_the_meddler_drops_spoils_repeats_and_reorders() -> None:
    """All of it, in both directions; without spite nothing at all."""
    for spite in (0.0, 0.1):
        wire, events, fates = Wire(), list[LinkEvent](), list[str]()
        meddler = Meddler(wire, random.Random(1), spite, fates.append)
        meddler.open("kiosk", [], events.append)
        sent = [f"message {number}".encode() for number in range(400)]
        for payload in sent:
            meddler.publish("u/1", payload)
        assert (wire.sent == sent) == (spite == 0.0)
        for payload in sent:
            meddler._event(Arrived("d/1", payload))
        arrived = [event.payload for event in events if isinstance(event, Arrived)]
        assert (arrived == sent) == (spite == 0.0)
        assert set(fates) == ({"withheld", "corrupted", "duplicated", "reordered"} if spite else set())
        if spite:
            assert any(isinstance(event, Taken) for event in events)
            for got in (wire.sent, arrived):
                assert len(set(got)) < len(got)
                assert set(sent) - set(got)
                assert set(got) - set(sent)


def test_a_link_that_was_mended_does_not_cut_itself() -> None:
    """Peace would otherwise end when so many bytes have passed as an earlier `mend_for` said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = Link(server.getsockname()[1])
        link.mend_for(1000)
        link.mend()
        with socket.create_connection(("127.0.0.1", link.port)) as ours:
            theirs, _ = server.accept()
            with theirs:
                ours.sendall(bytes(5000))
                heard = 0
                while heard < 5000:
                    heard += len(theirs.recv(4096))
        assert not link.was_cut.is_set()
        link.close()


def test_any_loss_fails_the_suite() -> None:
    """The exit code is made of these."""
    rest, path = Findings(captured=2, waiting=2), {"captured": 2, "held": 2}
    assert not suite.failed(suite.figures(PowerCuts(found=rest), Kills(found=Findings(**path)), []))
    assert suite.failed(suite.figures(PowerCuts(found=Findings(captured=2, lost=1)), Kills(), []))
    for bad in ("doubled", "altered", "answers_lost"):
        assert suite.failed(suite.figures(PowerCuts(), Kills(found=Findings(**path, **{bad: 1})), [])), bad


def test_a_suite_in_which_nothing_happened_fails() -> None:
    """Everything skipped, or a path on which nothing ever arrives: nothing was shown."""
    assert suite.failed(suite.figures(PowerCuts(), Kills(), ["power cuts, full disks: no root"]))
    assert suite.failed(suite.figures(PowerCuts(), Kills(found=Findings(captured=2, waiting=2)), []))
    assert not suite.failed(suite.figures(PowerCuts(found=Findings(captured=2, waiting=2)), Kills(), []))


def test_keys_of_a_trial_come_from_its_seed() -> None:
    """The same seed, the same keys."""
    assert Cast(1).keys(0).public() == Cast(1).keys(0).public()
    assert Cast(1).keys(0).public() != Cast(2).keys(0).public()


def test_the_checker_opens_by_itself_what_was_sealed() -> None:
    """Other bytes, another number, part or sender, other keys: broken."""
    cast, number = Cast(1), Tcn.mint(2026, 5, 1)
    envelope = seal.seal(b"plain", number, "probe", cast.keys(0).public(), cast.keys(5))
    opener = cast.opener(5, 0)
    assert opener.digest(envelope, number, "probe") == hashlib.sha256(b"plain").hexdigest()
    for at in (5, 13, 20, 31, 100, len(envelope) - 1):
        spoiled = bytearray(envelope)
        spoiled[at] ^= 1
        assert opener.digest(bytes(spoiled), number, "probe") == BROKEN
    assert opener.digest(envelope, Tcn.mint(2026, 5, 2), "probe") == BROKEN
    assert opener.digest(envelope, number, "evidence") == BROKEN
    assert cast.opener(6, 0).digest(envelope, number, "probe") == BROKEN
    assert Cast(2).opener(5, 0).digest(envelope, number, "probe") == BROKEN
    assert opener.digest(b"no envelope", number, "probe") == BROKEN


def answered(made: bytes, kept: bytes | None, waiting: bytes | None, shown: bytes = b"") -> Findings:
    """What is found of one held probe's answer, as made, as kept at the kiosk, and as shown there."""
    cast, number = Cast(1), Tcn.mint(2026, 5, 1)

    def sealed(plain: bytes | None) -> bytes | None:
        if plain is None:
            return None
        # the same bytes each time: an answer is sealed once
        found = ENVELOPES.get(plain)
        if found is None:
            found = ENVELOPES[plain] = seal.seal(plain, number, "answer", cast.keys(5).public(), cast.keys(0))
        return found

    ledger = ledger_of(((number, "probe"), "a"))
    if shown:
        ledger.shown[number] = {hashlib.sha256(shown).hexdigest()}
    keeps = sealed(kept)
    rest = Rest({}, {}, {number: keeps} if keeps else {})
    made_here = [(number, sealed(made) or b"")]
    held = Held([((number, "probe"), "a")], {number: REQUEST}, [(number, sealed(waiting))], made_here)
    return check_answers(ledger, rest, held, cast.opener(0, 5))


ENVELOPES: dict[bytes, bytes] = {}
REQUEST = bytes(32)


def test_the_checker_opens_answers_of_both_forms_by_itself() -> None:
    """Another number, another probe, other bytes: broken."""
    cast, number = Cast(1), Tcn.mint(2026, 5, 1)
    key = seal_answer.reply_key(cast.keys(5), number)
    short = seal_answer.seal_answer(b"plain", number, REQUEST, key, cast.keys(0), bytes(32))
    long = seal.seal(b"plain", number, "answer", cast.keys(5).public(), cast.keys(0))
    opener, wanted = cast.opener(0, 5), hashlib.sha256(b"plain").hexdigest()
    assert opener.answer(short, number, REQUEST) == opener.answer(long, number, REQUEST) == wanted
    for envelope in (short, long):
        assert opener.answer(envelope, Tcn.mint(2026, 5, 2), REQUEST) == BROKEN
        assert opener.answer(envelope[:-1] + bytes([envelope[-1] ^ 1]), number, REQUEST) == BROKEN
        assert (
            opener.answer(envelope[:40] + bytes([envelope[40] ^ 1]) + envelope[41:], number, REQUEST)
            == BROKEN
        )
    assert opener.answer(short, number, bytes([1]) * 32) == BROKEN
    assert cast.opener(0, 6).answer(short, number, REQUEST) == BROKEN


def test_an_answer_is_one_and_the_same_at_both_ends_and_on_the_screen() -> None:
    """Otherwise it is altered, lost, or still on its way."""
    assert answered(b"one", b"one", None, b"one").answers == 1
    assert answered(b"one", b"two", None).answers_altered == 1
    assert answered(b"one", b"one", None, b"two").answers_altered == 1
    assert answered(b"one", None, None).answers_lost == 1
    assert answered(b"one", None, b"one").unanswered == 1
    assert answered(b"one", None, b"one", b"one").answers_lost == 1


def test_a_second_answer_is_found_whatever_became_of_it() -> None:
    """The witness in the database saw both."""
    number = Tcn.mint(2026, 5, 1)
    held = Held([], {}, [], [(number, b"first"), (number, b"second")])
    assert check_answers(Ledger(), NOTHING, held, Cast(1).opener(0, 5)).answers_doubled == 1
