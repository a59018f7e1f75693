"""What keeping a record costs: bytes written and syncs, from put to settled, ours and the peers'.

Each store runs in a process of its own on 200 KB records, all put and then all settled, as after an
outage. A peer's queue knows no answers, so none is kept where it is compared with; a real record gets
one, which lines of their own count. Bytes are `wchar` of /proc/self/io, what the store asked the system
to write: the same on every file system and run (`write_bytes` counts dirtied pages, none at all on
tmpfs). Syncs are counted by strace; without it those lines are left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.terms import ClockStamp, Part

RECORDS, PROBE, ANSWER, RECORD = 200, 2_500, 250, 200_000
SYNCED, SYNCS = 100, 1.3
PEERS = ("persist-queue SQLiteAckQueue", "persist-queue Queue", "litequeue")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Half = Callable[[], None]
ANSWERED = "outbox, answers kept"
CHILD = "import sys; from hotspot_kiosk.bench.outbox import child; child(*sys.argv[1:])"


def run() -> Iterator[Figure]:
    """Ours, then each peer; goals: 2.3 bytes a byte and 1.3 syncs a record."""
    bytes_put, bytes_life = _bytes("outbox")
    for peer in PEERS:
        peer_put, peer_life = _bytes(peer)
        yield _figure(f"bytes written a record byte, put, {peer}", peer_put, "ratio", "outbox", RECORDS)
        yield _figure(
            f"bytes written a record byte, put and settle, {peer}", peer_life, "ratio", "outbox", RECORDS
        )
        yield _figure(f"outbox over {peer}, put and settle", bytes_life / peer_life, "ratio", peer, RECORDS)
    yield _figure("bytes written a record byte, put", bytes_put, "ratio", "goal", RECORDS, 2.3)
    yield _figure("bytes written a record byte, put and settle", bytes_life, "ratio", "goal", RECORDS, 2.3)
    _, answered = _bytes(ANSWERED)
    yield _figure(
        "bytes written a record byte, put, answered and settled", answered, "ratio", "goal", RECORDS, 2.3
    )
    if shutil.which("strace") is None:
        print("bench outbox: no strace here, syncs are not counted (apt-get install strace)", file=sys.stderr)  # noqa: T201
        return
    for store in ("outbox", ANSWERED, *PEERS):
        start, put, life = (_syncs(store, *counts) for counts in ((0, 0), (SYNCED, 0), (SYNCED, SYNCED)))
        goal = SYNCS if store in ("outbox", ANSWERED) else None
        against = "goal" if goal else "outbox"
        named = "" if store == "outbox" else f", {store}"
        if store != ANSWERED:
            yield _figure(f"syncs a record, put{named}", (put - start) / SYNCED, "1", against, SYNCED, goal)
        yield _figure(
            f"syncs a record, put and settle{named}", (life - start) / SYNCED, "1", against, SYNCED, goal
        )


def child(store: str, folder: str, put: str, settle: str) -> None:
    """In the child process: put so many records, settle so many, print bytes written after each."""
    puts, settles = HALVES[store](Path(folder), int(put), int(settle))
    before = _wchar()
    puts()
    between = _wchar()
    settles()
    print(json.dumps([between - before, _wchar() - before]))  # noqa: T201


def _outbox(folder: Path, put: int, settle: int, answered: bool = False) -> tuple[Half, Half]:
    outbox = Outbox(folder / "outbox.db")
    stamp = ClockStamp("bench", 0, NOW, True)

    def puts() -> None:
        for _ in range(put):
            outbox.check_room()
            tcn = outbox.mint(2026, 17)
            parts = [(Part.PROBE, os.urandom(PROBE)), (Part.EVIDENCE, os.urandom(RECORD - PROBE))]
            outbox.put(tcn, stamp, parts)

    def settles() -> None:
        for item in outbox.waiting()[: len(Part) * settle]:
            outbox.sending(item)
            if answered and item.part is Part.PROBE:
                outbox.answer(item.tcn, os.urandom(ANSWER), NOW, item.digest)
            else:
                outbox.receipt(item.tcn, item.part, item.digest, NOW)

    return puts, settles


def _ack_queue(folder: Path, put: int, settle: int) -> tuple[Half, Half]:
    import persistqueue  # noqa: PLC0415 - a peer, wanted in its own child only

    queue = persistqueue.SQLiteAckQueue(str(folder))

    def puts() -> None:
        for _ in range(put):
            queue.put(os.urandom(RECORD))

    def settles() -> None:
        for _ in range(settle):
            queue.ack(queue.get())
        if settle:
            queue.clear_acked_data(max_delete=settle, keep_latest=0)

    return puts, settles


def _file_queue(folder: Path, put: int, settle: int) -> tuple[Half, Half]:
    import persistqueue  # noqa: PLC0415 - as above

    queue = persistqueue.Queue(str(folder), tempdir=str(folder))

    def puts() -> None:
        for _ in range(put):
            queue.put(os.urandom(RECORD))

    def settles() -> None:
        for _ in range(settle):
            queue.get()
            queue.task_done()

    return puts, settles


def _litequeue(folder: Path, put: int, settle: int) -> tuple[Half, Half]:
    import litequeue  # noqa: PLC0415 - as above

    queue = litequeue.LiteQueue(str(folder / "queue.db"))

    def puts() -> None:
        for _ in range(put):
            queue.put(os.urandom(RECORD))

    def settles() -> None:
        for _ in range(settle):
            queue.done(queue.pop().message_id)
        if settle:
            queue.prune()

    return puts, settles


HALVES: dict[str, Callable[[Path, int, int], tuple[Half, Half]]] = {
    "outbox": _outbox,
    ANSWERED: partial(_outbox, answered=True),
    "persist-queue SQLiteAckQueue": _ack_queue,
    "persist-queue Queue": _file_queue,
    "litequeue": _litequeue,
}


def _bytes(store: str) -> tuple[float, float]:
    """Bytes written per byte put: after put, after put and settle."""
    put, life = json.loads(_child([], store, RECORDS, RECORDS).stdout)
    return put / (RECORDS * RECORD), life / (RECORDS * RECORD)


def _syncs(store: str, put: int, settle: int) -> int:
    """Fsync and fdatasync calls of a whole child."""
    strace = ["strace", "-f", "-c", "-U", "calls,name", "-e", "trace=fsync,fdatasync"]
    lines = [line.split() for line in _child(strace, store, put, settle).stderr.splitlines()]
    return sum(int(words[0]) for words in lines if len(words) == 2 and words[1] in ("fsync", "fdatasync"))


def _child(before: list[str], store: str, put: int, settle: int) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="hotspot-bench-") as folder:
        words = [*before, sys.executable, "-c", CHILD, store, folder, str(put), str(settle)]
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=300)


def _wchar() -> int:
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text("ascii").splitlines())
    return int(fields["wchar"])


def _figure(figure: str, value: float, unit: str, against: str, n: int, goal: float | None = None) -> Figure:
    return Figure("outbox", figure, value, unit, goal, "lower", against, n)
