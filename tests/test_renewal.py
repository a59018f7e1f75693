"""A kiosk whose link certificate has ended gets a new one by its own keys, and nobody else does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest
from making import DEVICE, HUB, KIOSK, keys

from hotspot_kiosk import renewal
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.hub.renewal import Desk, Issuer
from hotspot_kiosk.kiosk.renewal import Renewal
from hotspot_kiosk.seal import PublicKeys
from hotspot_kiosk.simulator.broker import Broker, Files, find
from hotspot_kiosk.transports import mqtt
from hotspot_kiosk.transports.loopback import Loopback, Switchboard
from hotspot_kiosk.transports.port import LinkEvent, LinkUp, Transport

NOW = datetime.now(UTC).replace(microsecond=0)
PATIENCE_S = 20.0
AUTHORITY = certificates.make_authority("device-ca", certificates.Term(NOW, 3650))


def admitted(device: int) -> PublicKeys | None:
    """One kiosk only."""
    return KIOSK.public() if device == DEVICE else None


@pytest.fixture
def issuer() -> Issuer:
    """The hub's issuer."""
    return Issuer(AUTHORITY, HUB, admitted, lambda: NOW)


@pytest.fixture
def board(issuer: Issuer) -> Iterator[Switchboard]:
    """A switchboard with the hub's desk."""
    made = Switchboard()
    desk = Desk(issuer, Loopback(made), "desk")
    desk.open()
    yield made
    desk.close()


def pair(folder: Path, days: int) -> Path:
    """A kiosk's certificate and key in one file; it began 100 days ago."""
    term = certificates.Term(NOW - timedelta(days=100), days)
    made = certificates.make_kiosk(AUTHORITY, DEVICE, term)
    path = folder / "link.pem"
    path.write_bytes(made.certificate + made.key)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(("days", "due"), [(365, False), (160, False), (140, True), (50, True)])
def test_a_certificate_is_renewed_in_its_last_third(tmp_path: Path, days: int, due: bool) -> None:
    """And after its end."""
    assert Renewal(pair(tmp_path, days), DEVICE, KIOSK).due(NOW) is due


def test_a_kiosk_past_its_certificates_end_gets_a_new_one(tmp_path: Path, board: Switchboard) -> None:
    """New key, new certificate, in one file that only its owner reads."""
    path = pair(tmp_path, days=50)
    before = path.read_bytes()
    kiosk = Renewal(path, DEVICE, KIOSK)
    assert kiosk.renew(Loopback(board), HUB.public(), PATIENCE_S)
    assert not kiosk.due(NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    certificates.check(path.read_bytes(), path.read_bytes(), DEVICE)
    with pytest.raises(BadBytes):
        certificates.check(path.read_bytes(), before, DEVICE)
    assert [file.name for file in tmp_path.iterdir()] == ["link.pem"]


def test_without_an_answer_the_old_pair_stays_and_the_same_key_is_asked_for_again(tmp_path: Path) -> None:
    """A power cut between asking and answer wastes nothing."""
    path = pair(tmp_path, days=50)
    before = path.read_bytes()
    assert not Renewal(path, DEVICE, KIOSK).renew(Loopback(Switchboard()), HUB.public(), 0.2)
    pending = (tmp_path / "link.pending").read_bytes()
    assert not Renewal(path, DEVICE, KIOSK).renew(Loopback(Switchboard()), HUB.public(), 0.2)
    assert path.read_bytes() == before
    assert (tmp_path / "link.pending").read_bytes() == pending


def test_an_answer_that_the_hub_did_not_sign_changes_nothing(tmp_path: Path) -> None:
    """Whoever stands at the broker cannot give a kiosk a certificate."""
    board = Switchboard()
    desk = Desk(Issuer(AUTHORITY, keys(99), admitted, lambda: NOW), Loopback(board), "desk")
    desk.open()
    path = pair(tmp_path, days=50)
    before = path.read_bytes()
    try:
        with pytest.raises(SealError):
            Renewal(path, DEVICE, KIOSK).renew(Loopback(board), HUB.public(), PATIENCE_S)
    finally:
        desk.close()
    assert path.read_bytes() == before


def test_the_issuer_believes_only_the_kiosks_own_signature(issuer: Issuer) -> None:
    """Foreign keys, foreign numbers, foreign topics and noise are counted, not answered."""
    request = certificates.make_request().certificate
    assert issuer.take("r/17", renewal.ask(DEVICE, request, keys(99))) is None
    assert issuer.take("r/18", renewal.ask(18, request, keys(18))) is None
    assert issuer.take("r/18", renewal.ask(DEVICE, request, KIOSK)) is None
    assert issuer.take("r/17", b"noise") is None
    assert issuer.take("r/17", bytes(renewal.LARGEST + 1)) is None
    assert issuer.take("r/17", renewal.ask(DEVICE, b"no request", KIOSK)) is None
    assert sum(issuer.ignored.values()) == 6


def test_a_repeated_request_gets_the_same_answer(issuer: Issuer) -> None:
    """Replaying it costs the hub no signature and gains nobody a certificate."""
    message = renewal.ask(DEVICE, certificates.make_request().certificate, KIOSK)
    assert issuer.take("r/17", message) == issuer.take("r/17", message)


def test_an_answer_to_another_request_is_refused(issuer: Issuer) -> None:
    """The hub's signature binds it to what was asked."""
    first, second = (certificates.make_request().certificate for _ in range(2))
    answer = issuer.take("r/17", renewal.ask(DEVICE, first, KIOSK))
    assert answer
    with pytest.raises(SealError):
        renewal.read_issued(answer[1], second, HUB.public())


def test_a_certificate_for_another_kiosk_is_refused() -> None:
    """The kiosk looks before it replaces anything."""
    made = certificates.make_kiosk(AUTHORITY, 18, certificates.Term(NOW, 9))
    with pytest.raises(BadBytes):
        certificates.check(made.certificate, made.key, DEVICE)


def test_over_a_real_broker_a_kiosk_comes_back_after_its_certificates_end(tmp_path: Path) -> None:
    """Renewed without a certificate at one broker, accepted with the new one at the other."""
    if find() is None:
        pytest.skip("Mosquitto is not installed: run `make test`, or apt-get install mosquitto")
    files = Files(tmp_path / "pki")
    path = pair(tmp_path, days=50)
    with Broker(files, "renewal.conf") as broker:
        desk = Desk(
            Issuer(files.device_ca, HUB, admitted, lambda: NOW),
            secure(files, broker.hub_port, certificate=files.hub[0], key=files.hub[1]),
            "desk-1",
        )
        desk.open()
        try:
            kiosk = Renewal(path, DEVICE, KIOSK)
            assert any(
                kiosk.renew(secure(files, broker.port, anonymous=True), HUB.public(), 2.0) for _ in range(10)
            )
        finally:
            desk.close()
    with Broker(files) as broker:
        events: SimpleQueue[LinkEvent] = SimpleQueue()
        link = secure(files, broker.port, certificate=path, key=path, pipelined=False)
        link.open("kiosk-17", [], events.put)
        try:
            assert isinstance(events.get(timeout=PATIENCE_S), LinkUp)
        finally:
            link.close()


def secure(files: Files, port: int, **more: object) -> Transport:
    """A client of the broker."""
    return mqtt.build(mqtt.Options(host="127.0.0.1", port=port, ca=files.ca, **more))  # type: ignore[arg-type]
