"""The outbox: numbers, states, guards. What goes wrong with its disk: test_outbox_disk."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import DEVICE, NOW, STAMP, tcn

from hotspot_kiosk.errors import OutboxRefused, Refused, StorageFailed
from hotspot_kiosk.kiosk.storage.outbox import Item, Outbox
from hotspot_kiosk.terms import Part, Tcn


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox.db")


def put(outbox: Outbox, counter: int = 1) -> Tcn:
    """A record of two parts."""
    outbox.put(tcn(counter), STAMP, [(Part.PROBE, b"probe" * 10), (Part.EVIDENCE, b"evidence" * 99)])
    return tcn(counter)


def part(outbox: Outbox, number: Tcn, which: Part) -> Item:
    """That part among those that wait."""
    return next(item for item in outbox.waiting() if (item.tcn, item.part) == (number, which))


def states(outbox: Outbox, number: Tcn) -> dict[Part, str]:
    """The state of each part."""
    entry = next(entry for entry in outbox.entries() if entry.tcn == number)
    return {which: state.value for which, state, _, _ in entry.parts}


def test_numbers_are_minted_once_even_across_a_restart(tmp_path: Path) -> None:
    """A number is stored as used before anybody sees it."""
    first = Outbox(tmp_path / "outbox.db")
    minted = [first.mint(2026, DEVICE) for _ in range(3)]
    first.close()
    again = Outbox(tmp_path / "outbox.db")
    minted += [again.mint(year, DEVICE) for year in (2026, 2090, 1970)]
    assert len(set(minted)) == 6
    assert [number.counter for number in minted] == [1, 2, 3, 4, 5, 6]


def test_a_lost_outbox_does_not_mint_a_number_again(tmp_path: Path) -> None:
    """Whoever deletes or replaces the file, the numbers go on above all that were used."""
    outbox = Outbox(tmp_path / "outbox.db")
    used = [outbox.mint(2026, DEVICE).counter for _ in range(5)]
    outbox.close()
    for file in tmp_path.glob("outbox.db*"):
        if file.name != "outbox.db.numbers":
            file.unlink()
    again = Outbox(tmp_path / "outbox.db")
    assert again.mint(2026, DEVICE).counter > max(used)
    again.close()


def test_a_record_waits_in_the_order_it_came(outbox: Outbox) -> None:
    """Oldest first, both parts."""
    put(outbox, 1)
    put(outbox, 2)
    assert [item.tcn for item in outbox.waiting()] == [tcn(1), tcn(1), tcn(2), tcn(2)]


def test_a_receipt_erases_the_envelope_and_keeps_the_number(outbox: Outbox) -> None:
    """Held: nothing sealed is left here, the TCN is."""
    item = part(outbox, put(outbox), Part.PROBE)
    outbox.sending(item)
    assert outbox.receipt(item.tcn, item.part, item.digest, NOW)
    assert outbox.envelope(item) is None
    assert states(outbox, item.tcn)[Part.PROBE] == "held"
    assert outbox.knows(item.tcn)


def test_a_receipt_over_other_bytes_changes_nothing(outbox: Outbox) -> None:
    """A receipt for a different envelope must not erase this one."""
    item = part(outbox, put(outbox), Part.PROBE)
    assert not outbox.receipt(item.tcn, item.part, b"x" * 32, NOW)
    assert outbox.envelope(item)


def test_a_second_receipt_changes_nothing(outbox: Outbox) -> None:
    """Receipts may come twice."""
    item = part(outbox, put(outbox), Part.PROBE)
    assert outbox.receipt(item.tcn, item.part, item.digest, NOW)
    assert not outbox.receipt(item.tcn, item.part, item.digest, NOW)


def test_what_was_half_sent_waits_again(outbox: Outbox) -> None:
    """After a start or a lost link every SENDING part is SEALED."""
    item = part(outbox, put(outbox), Part.PROBE)
    assert outbox.sending(item)
    assert not outbox.sending(item)
    assert item not in outbox.waiting()
    outbox.unsend_all()
    assert item in outbox.waiting()


def test_the_first_answer_stays(outbox: Outbox) -> None:
    """A repeated answer does not replace what an officer may have seen."""
    number = put(outbox)
    assert outbox.answer(number, b"first", NOW)
    assert not outbox.answer(number, b"second", NOW)
    assert outbox.sealed_answer(number) == b"first"


def test_an_answer_is_owed_from_the_probes_receipt_until_it_comes(outbox: Outbox) -> None:
    """Then the kiosk asks for it now and then, even on a link that never breaks."""
    number = put(outbox)
    assert not outbox.owed()
    item = part(outbox, number, Part.PROBE)
    outbox.receipt(number, item.part, item.digest, NOW)
    assert outbox.owed()
    outbox.answer(number, b"answer", NOW)
    assert not outbox.owed()


def test_an_answer_that_proves_its_probe_settles_it_with_the_same_commit(outbox: Outbox) -> None:
    """Only over this very probe; the evidence goes on waiting."""
    number = put(outbox)
    item = part(outbox, number, Part.PROBE)
    assert outbox.answer(number, b"first", NOW, b"x" * 32)
    assert states(outbox, number)[Part.PROBE] == "sealed"
    assert not outbox.answer(number, b"first", NOW, item.digest)
    assert states(outbox, number) == {Part.PROBE: "held", Part.EVIDENCE: "sealed"}
    assert outbox.envelope(item) is None
    assert outbox.sealed_answer(number) == b"first"


def test_an_answer_to_an_unknown_number_is_not_kept(outbox: Outbox) -> None:
    """Nobody here asked."""
    assert not outbox.answer(tcn(9), b"answer", NOW)
    assert outbox.sealed_answer(tcn(9)) is None


def test_quarantine_is_visible_and_blocks_nobody(outbox: Outbox) -> None:
    """A refused part waits for an operator, the rest goes on."""
    first, second = put(outbox, 1), put(outbox, 2)
    assert outbox.quarantine(first, Part.PROBE, "too large")
    assert (first, Part.PROBE) not in [(item.tcn, item.part) for item in outbox.waiting()]
    assert second in [item.tcn for item in outbox.waiting()]
    entry = next(entry for entry in outbox.entries() if entry.tcn == first)
    assert entry.state == "quarantined"
    assert "too large" in [reason for *_, reason in entry.parts]
    assert outbox.requeue(first) == 1
    assert part(outbox, first, Part.PROBE)


def test_only_what_is_held_or_quarantined_is_erased(outbox: Outbox) -> None:
    """Nothing that the hub has not is erased by a slip of the hand."""
    number = put(outbox)
    with pytest.raises(Refused, match="waits to be sent"):
        outbox.erase(number)
    for item in outbox.waiting():
        outbox.receipt(item.tcn, item.part, item.digest, NOW)
    outbox.erase(number)
    assert not outbox.knows(number)
    with pytest.raises(Refused, match="no record"):
        outbox.erase(number)


def test_a_record_is_answered_only_when_all_of_it_is_held(outbox: Outbox) -> None:
    """The state people see is derived from the parts and the answer."""
    number = put(outbox)
    outbox.answer(number, b"answer", NOW)
    assert next(outbox.entries()).state == "sealed"
    for item in outbox.waiting():
        outbox.receipt(item.tcn, item.part, item.digest, NOW)
    assert next(outbox.entries()).state == "answered"


def test_capture_is_refused_before_the_outbox_is_full(tmp_path: Path) -> None:
    """At the limit nobody new is captured; what waits is untouched."""
    outbox = Outbox(tmp_path / "outbox.db", most_records=2)
    put(outbox, 1)
    outbox.check_room()
    put(outbox, 2)
    with pytest.raises(OutboxRefused, match="full"):
        outbox.check_room()
    assert len(outbox.waiting()) == 4


def test_capture_is_refused_when_the_disk_is_almost_full(tmp_path: Path) -> None:
    """The reserve is kept for what is already captured."""
    outbox = Outbox(tmp_path / "outbox.db", free_bytes=1 << 62)
    with pytest.raises(OutboxRefused, match="disk"):
        outbox.check_room()


def test_a_number_cannot_be_put_twice(outbox: Outbox) -> None:
    """One number, one record; the first is unharmed."""
    put(outbox)
    with pytest.raises(StorageFailed):
        put(outbox)
    assert len(outbox.waiting()) == 2


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    """A table of our name with other columns is not ours."""
    path = tmp_path / "outbox.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE part (foreign_column TEXT)")
    db.close()
    with pytest.raises(StorageFailed):
        Outbox(path)


def test_every_commit_survives_a_kill(tmp_path: Path) -> None:
    """A process that is killed after `put` returned has lost nothing."""
    program = (
        "import os, sys; sys.path[:0] = ['tests', '.'];"
        "from pathlib import Path; from hotspot_kiosk.kiosk.storage.outbox import Outbox;"
        "from making import STAMP, tcn; from hotspot_kiosk.terms import Part;"
        "box = Outbox(Path(sys.argv[1]));"
        "[box.put(tcn(n), STAMP, [(Part.PROBE, bytes(5000))]) for n in range(1, 21)];"
        "os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "outbox.db"
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], cwd=Path(__file__).parents[1], check=False
    )
    assert done.returncode == -9
    assert [item.tcn.counter for item in Outbox(path).waiting()] == list(range(1, 21))


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["sending", "stalled", "receipt", "quarantine", "requeue", "unsend", "answer"]),
        st.sampled_from(list(Part)),
    ),
    max_size=12,
)


@given(MOVES)
@settings(max_examples=40, deadline=None)
def test_no_order_of_moves_loses_an_envelope(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[str, Part]]
) -> None:
    """An envelope is gone if and only if its receipt came."""
    outbox = Outbox(tmp_path_factory.mktemp("moves") / "outbox.db")
    number = put(outbox)
    items = {which: part(outbox, number, which) for which in Part}
    held = set()
    for move, which in moves:
        item = items[which]
        if move == "receipt":
            outbox.receipt(number, which, item.digest, NOW)
            held.add(which)
        elif move in ("sending", "stalled"):
            getattr(outbox, move)(item)
        elif move == "quarantine":
            outbox.quarantine(number, which, "why")
        elif move == "requeue":
            outbox.requeue(number)
        elif move == "answer":
            outbox.answer(number, b"a", NOW)
        else:
            outbox.unsend_all()
    for which in Part:
        assert (outbox.envelope(items[which]) is None) == (which in held)
    outbox.close()
