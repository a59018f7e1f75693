"""Answers at a kiosk: an older edition never replaces a newer; alerts of other posts until they expire."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW, STAMP, keys, tcn
from test_uplink import Rig

from hotspot_kiosk import contents, seal, wire
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.kiosk.link.alerts import Alerts
from hotspot_kiosk.kiosk.link.replies import keep
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.seal_answer import reply_key, seal_answer
from hotspot_kiosk.terms import Answer, AnswerType, Candidate, Decision, Late, Part, Tcn

OTHER = 18
LATE = Late("Harbour", NOW, True, NOW + timedelta(hours=72))
HIT = (Candidate("CASE-1", 1, 9.5),)


def answer(edition: int, number: Tcn = tcn(), late: Late | None = None) -> Answer:  # noqa: B008
    """A possible match of that edition."""
    return Answer(number, AnswerType.SRE, Decision.POSSIBLE_MATCH, HIT, NOW, "", edition, late)


def sealed(edition: int, outbox: Outbox | None = None) -> bytes:
    """The same, under the reply key if an outbox names the probe, else by HPKE."""
    plain = contents.encode_answer(answer(edition))
    if outbox is None:
        return seal.seal(plain, tcn(), "answer", KIOSK.public(), HUB)
    probe = outbox.digest(tcn(), Part.PROBE)
    return seal_answer(
        plain, tcn(), probe, reply_key(KIOSK, tcn()), HUB, random.Random(edition).randbytes(32)
    )


def alert(edition: int, hours: int = 72, number: Tcn = tcn(5, OTHER)) -> bytes:  # noqa: B008
    """An alert about a person of another kiosk."""
    late = Late("Harbour", NOW, True, NOW + timedelta(hours=hours))
    return seal.seal(
        contents.encode_answer(answer(edition, number, late)), number, "answer", KIOSK.public(), HUB
    )


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """An outbox with one record."""
    made = Outbox(tmp_path / "outbox.db")
    made.put(tcn(), STAMP, [(Part.PROBE, b"probe"), (Part.EVIDENCE, b"evidence")])
    yield made
    made.close()


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[Alerts]:
    """No alert yet."""
    made = Alerts(tmp_path / "outbox.db", KIOSK)
    yield made
    made.close()


def put(outbox: Outbox, envelope: bytes) -> tuple[bool, int]:
    """Whether it was new, and which edition is held."""
    kept = keep(outbox, tcn(), envelope, NOW, HUB.public(), KIOSK)
    assert outbox.sealed_answer(tcn()) == kept.held
    return kept.new, kept.edition


@pytest.mark.parametrize("seed", range(8))
def test_in_any_order_the_newest_edition_stays(outbox: Outbox, seed: int) -> None:
    """Both forms of sealing, repeats included; each is new only if it is newer than all before."""
    coming = [1, 2, 3, 4] * 2
    random.Random(seed).shuffle(coming)
    newest = 0
    for place, edition in enumerate(coming):
        new, held = put(outbox, sealed(edition, outbox if place % 2 else None))
        assert new == (edition > newest)
        newest = max(newest, edition)
        assert held == newest


def test_another_answer_of_the_same_edition_changes_nothing(outbox: Outbox) -> None:
    """The first stays."""
    first = sealed(2)
    put(outbox, first)
    assert put(outbox, sealed(2, outbox)) == (False, 2)
    assert outbox.sealed_answer(tcn()) == first


def test_a_forged_later_edition_is_not_believed(outbox: Outbox) -> None:
    """A stranger's signature takes nothing away."""
    put(outbox, sealed(1))
    plain = contents.encode_answer(answer(9))
    with pytest.raises(SealError):
        put(outbox, seal.seal(plain, tcn(), "answer", KIOSK.public(), keys(3)))
    assert put(outbox, sealed(1))[1] == 1


def test_an_answer_that_does_not_open_any_more_gives_way(outbox: Outbox) -> None:
    """Damage on the disk keeps nobody from the truth."""
    outbox.answer(tcn(), b"damaged", NOW)
    assert put(outbox, sealed(1)) == (True, 1)


def test_an_alert_is_kept_once_and_its_later_edition_replaces_it(alerts: Alerts) -> None:
    """As with answers."""
    number = tcn(5, OTHER)
    done = [alerts.take(number, alert(edition), HUB.public()) for edition in (2, 1, 2, 3)]
    assert [(kept.new, kept.edition) for kept in done] == [(True, 2), (False, 2), (False, 2), (True, 3)]
    (only,) = alerts.current(NOW, HUB.public())
    assert only == answer(3, number, LATE)


def test_an_alert_goes_when_it_expires(alerts: Alerts) -> None:
    """It is shown no more from that moment, and erased."""
    alerts.take(tcn(5, OTHER), alert(1, 1), HUB.public())
    alerts.take(tcn(6, OTHER), alert(1, 2, tcn(6, OTHER)), HUB.public())
    later = NOW + timedelta(hours=1)
    assert [each.tcr for each in alerts.current(later, HUB.public())] == [tcn(6, OTHER)]
    assert alerts.expire(later) == 1
    assert alerts.expire(later) == 0


def test_only_an_alert_about_this_very_record_is_taken(alerts: Alerts) -> None:
    """No answer without expiry, no other number, nobody else's signature, nothing for other keys."""
    number = tcn(5, OTHER)
    plain = contents.encode_answer(answer(1, number, LATE))
    bare = contents.encode_answer(answer(1, number))
    for wrong in (
        seal.seal(bare, number, "answer", KIOSK.public(), HUB),
        seal.seal(plain, tcn(6, OTHER), "answer", KIOSK.public(), HUB),
        seal.seal(
            contents.encode_answer(answer(1, tcn(6, OTHER), LATE)), number, "answer", KIOSK.public(), HUB
        ),
        seal.seal(plain, number, "answer", KIOSK.public(), keys(3)),
        seal.seal(plain, number, "answer", keys(4).public(), HUB),
        seal.seal(plain, number, "probe", KIOSK.public(), HUB),
        b"",
    ):
        with pytest.raises((BadBytes, SealError)):
            alerts.take(number, wrong, HUB.public())
    assert not list(alerts.current(NOW, HUB.public()))


def test_on_the_disk_an_alert_is_ciphertext(alerts: Alerts, tmp_path: Path) -> None:
    """Neither the case nor the post stands in the file."""
    alerts.take(tcn(5, OTHER), alert(1), HUB.public())
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("outbox.db.alerts*"))
    assert str(tcn(5, OTHER)).encode() in raw
    assert b"CASE-1" not in raw
    assert b"Harbour" not in raw


def test_over_the_link_a_later_answer_is_shown_and_acknowledged(tmp_path: Path) -> None:
    """The hub's second edition replaces the first there and here; then nothing waits any more."""
    rig = Rig(tmp_path)
    try:
        number = rig.put()
        rig.until(rig.all_held)
        rig.until(lambda: not rig.store.answers.waiting(DEVICE))
        envelope = sealed(2)
        rig.store.answers.put(DEVICE, number, envelope, NOW, 2)
        rig.hub.say(wire.Answered(number, envelope))
        rig.until(lambda: not rig.store.answers.waiting(DEVICE))
        assert [each.edition for each in rig.answers] == [1, 2]
        rig.hub.say(wire.Answered(number, sealed(1)))
        rig.until(lambda: any(isinstance(m, wire.Got) and m.edition == 2 for m in rig.hub.heard))
        assert rig.outbox.sealed_answer(number) == envelope
        assert len(rig.answers) == 2
    finally:
        rig.close()
