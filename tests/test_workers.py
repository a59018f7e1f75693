"""Hub workers as real processes over Mosquitto and PostgreSQL, killed at random: nothing lost or doubled."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from making import request, tcn
from mosquitto import Mosquitto

from hotspot_kiosk import contents, seal
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.demo.bureau import Bureau
from hotspot_kiosk.demo.postgres import Postgres
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.storage.store import PartKey
from hotspot_kiosk.simulator.crowd import Crowd, Member
from hotspot_kiosk.terms import AnswerType, Part, Tcn

MODELS = Path(__file__).resolve().parents[1] / "models"
DEVICES = range(1, 7)
RECORDS = 8
EVIDENCE = 30_000
MOST_KILLS = 12
WORKERS = ("first", "second", "third")
Plain = dict[tuple[Tcn, Part], bytes]


@pytest.fixture
def bureau(mosquitto: Mosquitto, schema: str, tmp_path: Path) -> Iterator[Bureau]:
    """Keys of six kiosks; no worker runs yet."""
    with Bureau(tmp_path / "hub", MODELS, mosquitto.port, DEVICES, dsn=schema, share="hub") as made:
        yield made


def crowd_of(bureau: Bureau, mosquitto: Mosquitto) -> tuple[Crowd, Plain]:
    """Six kiosks with eight records each, and what is in their envelopes."""
    plain: Plain = {}
    members = []
    for device in DEVICES:
        own = bureau.kiosks[device]
        holds = {}
        for counter in range(1, RECORDS + 1):
            number = tcn(counter, device)
            body = replace(request(), tcn=number)
            noise = random.Random(device * 100 + counter).randbytes(EVIDENCE)
            for part, content in ((Part.PROBE, contents.encode(body)), (Part.EVIDENCE, noise)):
                plain[number, part] = content
                holds[number, part] = seal.seal(content, number, part, bureau.public, own)
        members.append(Member(own, bureau.public, holds))
    return Crowd(mosquitto.port, members, repeat_s=0.7), plain


def check(bureau: Bureau, crowd: Crowd, plain: Plain) -> None:
    """Every part is held once, bit by bit; every probe has one answer, the same wherever it was heard."""
    store = bureau.open_store()
    try:
        entries = store.inbox.entries()
        held = {(entry.key.tcn, entry.key.part) for entry in entries}
        assert held == plain.keys()
        assert len(entries) == len(plain)
        for (number, part), content in plain.items():
            envelope = store.inbox.envelope(PartKey(number.device, number, part)) or b""
            sender = bureau.kiosks[number.device].public()
            assert seal.open_envelope(envelope, sender, bureau.own) == content
            assert store.chunks.whole(PartKey(number.device, number, part)) == b""
        assert not store.inbox.unanswered()
    finally:
        store.close()
    for member in crowd.members:
        assert not member.refused
        assert set(member.receipts.values()) == {1}
        assert len(member.answers) == RECORDS
        for number, envelopes in member.answers.items():
            (envelope,) = envelopes
            answer = contents.decode_answer(
                seal.open_envelope(envelope, bureau.public, bureau.kiosks[member.device])
            )
            assert (answer.tcr, answer.tot) == (number, AnswerType.SRE)


def test_killing_workers_at_random_loses_and_doubles_nothing(bureau: Bureau, mosquitto: Mosquitto) -> None:
    """Three workers share all messages; one after the other is killed in the middle of its work."""
    crowd, plain = crowd_of(bureau, mosquitto)
    chance = random.Random(3)
    bureau.start(*WORKERS)
    kills = 0

    def done() -> bool:
        return crowd.all_settled() and crowd.all_answered()

    def due(kills: int) -> bool:
        """The first two kills come early enough, however fast the workers are."""
        return done() or (kills < 2 and settled(crowd) >= 5 * (kills + 1))

    try:
        while not done() and kills < MOST_KILLS:
            crowd.run(partial(due, kills), chance.uniform(0.05, 0.3))
            ready = [name for name in WORKERS if bureau.ready(name)]
            if len(ready) > 1:
                name = chance.choice(ready)
                bureau.kill(name)
                bureau.call(name)
                kills += 1
        assert crowd.run(done, 120)
        assert kills >= 2
        check(bureau, crowd, plain)
    finally:
        crowd.close()


def settled(crowd: Crowd) -> int:
    """How many parts have their receipt."""
    return sum(len(member.receipts) for member in crowd.members)


def no_receipt_any_more(crowd: Crowd) -> None:
    """What was on its way comes, then nothing, though much is open and repeated."""
    ends = time.monotonic() + 60
    while True:
        before = settled(crowd)
        crowd.run(lambda: False, 1.0)
        if settled(crowd) == before:
            break
        assert time.monotonic() < ends, "receipts without a database"
    assert not crowd.all_settled()


def test_workers_outlive_a_restart_of_the_database(
    bureau: Bureau, mosquitto: Mosquitto, postgres: Postgres
) -> None:
    """While it is away nobody gets a receipt; afterwards the same processes go on."""
    crowd, plain = crowd_of(bureau, mosquitto)
    bureau.start(*WORKERS[:2])
    try:
        assert crowd.run(lambda: settled(crowd) > 10, 60)
        postgres.crash()
        left = lambda: all("leaves the link" in bureau.said(name) for name in WORKERS[:2])  # noqa: E731
        assert crowd.run(left, 60)
        no_receipt_any_more(crowd)
        postgres.start()
        assert crowd.run(lambda: crowd.all_settled() and crowd.all_answered(), 120)
        check(bureau, crowd, plain)
    finally:
        crowd.close()


def test_a_probe_that_its_worker_did_not_live_to_answer_is_answered_by_another(
    bureau: Bureau, mosquitto: Mosquitto
) -> None:
    """The kiosk only repeats its probe: the receipt brings the answer."""
    crowd, plain = crowd_of(bureau, mosquitto)
    store = bureau.open_store()
    for member in crowd.members:
        for (number, part), envelope in member.open.items():
            store.inbox.commit(PartKey(member.device, number, part), envelope, datetime.now(UTC))
    store.close()
    bureau.start("late")
    try:
        assert crowd.run(lambda: crowd.all_settled() and crowd.all_answered(), 60)
        check(bureau, crowd, plain)
    finally:
        crowd.close()


def test_sqlite_is_for_one_worker(tmp_path: Path) -> None:
    """The config is refused with a sentence that says what to change."""
    made = Bureau(tmp_path / "hub", MODELS, 1, [1], share="hub")
    with pytest.raises(ConfigError, match="store_postgres"):
        assembly.build(load(made.config, HubConfig), made.folder)


@pytest.mark.parametrize("share", ["a/b", "+", "#", "x" * 33])
def test_a_share_that_is_no_name_is_refused(tmp_path: Path, share: str) -> None:
    """It becomes part of a topic."""
    made = Bureau(tmp_path / "hub", MODELS, 1, [1], share=share)
    with pytest.raises(ConfigError, match="share"):
        load(made.config, HubConfig)
