"""A kiosk whose link certificate has ended gets a new one by its own keys, and nobody else does."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest
from making import DEVICE, HUB, KIOSK, keys

from hotspot_kiosk import renewal, wire
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.link.renewal import Desk, Issuer, Register
from hotspot_kiosk.kiosk.link.renewal import Denied, Renewal
from hotspot_kiosk.seal import PublicKeys
from hotspot_kiosk.simulator.broker import Broker, Files, find
from hotspot_kiosk.transports import mqtt
from hotspot_kiosk.transports.loopback import Loopback, Switchboard
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkUp, Transport
from hotspot_kiosk.wire import OrderKind

NOW = datetime.now(UTC).replace(microsecond=0)
PATIENCE_S = 20.0
AUTHORITY = certificates.make_authority("device-ca", certificates.Term(NOW, 3650))


def admitted(device: int) -> PublicKeys | None:
    """One kiosk only."""
    return KIOSK.public() if device == DEVICE else None


@pytest.fixture
def book(tmp_path: Path) -> OrderBook:
    """The hub's orders."""
    return OrderBook(tmp_path / "orders")


@pytest.fixture
def issuer(tmp_path: Path, book: OrderBook) -> Issuer:
    """The hub's issuer."""
    return Issuer(AUTHORITY, HUB, admitted, Register(tmp_path / "register"), lambda: NOW, book=book)


def requested() -> bytes:
    """A fresh signing request."""
    return certificates.make_request().certificate


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
    path = folder / "pair" / "link.pem"
    path.parent.mkdir(exist_ok=True)
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
    assert [file.name for file in path.parent.iterdir()] == ["link.pem"]


def test_without_an_answer_the_old_pair_stays_and_the_same_key_is_asked_for_again(tmp_path: Path) -> None:
    """A power cut between asking and answer wastes nothing."""
    path = pair(tmp_path, days=50)
    before = path.read_bytes()
    assert not Renewal(path, DEVICE, KIOSK).renew(Loopback(Switchboard()), HUB.public(), 0.2)
    pending = path.with_suffix(".pending").read_bytes()
    assert not Renewal(path, DEVICE, KIOSK).renew(Loopback(Switchboard()), HUB.public(), 0.2)
    assert path.read_bytes() == before
    assert path.with_suffix(".pending").read_bytes() == pending


Forge = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    "forge",
    [
        lambda request: renewal.issue(issued(request), request, keys(99)),
        lambda request: renewal.issue(issued(request), requested(), HUB),
        lambda request: renewal.issue(issued(request, device=18), request, HUB),
        lambda _: renewal.issue(issued(other := requested()), other, HUB),
        lambda request: renewal.issue(b"no certificate", request, HUB),
        lambda request: renewal.deny("no", (), request, keys(99)),
        lambda _: renewal.deny("no", (), requested(), HUB),
        lambda _: b"noise",
    ],
    ids=["stranger's", "old", "another kiosk's", "another key's", "no certificate", "denied by a stranger",
         "an old denial", "noise"],
)  # fmt: skip
def test_an_answer_that_is_not_the_hubs_to_this_request_changes_nothing_and_is_counted(
    tmp_path: Path, forge: Forge
) -> None:
    """Whoever stands at the broker can give a kiosk no certificate."""
    board = Switchboard()
    hub = Loopback(board)

    def answer(event: LinkEvent) -> None:
        if isinstance(event, Arrived):
            hub.publish("n/17", forge(renewal.read_ask(event.payload).request))

    hub.open("broker", [renewal.UP_FILTER], answer)
    path = pair(tmp_path, days=50)
    before = path.read_bytes()
    kiosk = Renewal(path, DEVICE, KIOSK)
    try:
        assert not kiosk.renew(Loopback(board), HUB.public(), 0.5)
    finally:
        hub.close()
    assert path.read_bytes() == before
    assert sum(kiosk.ignored.values()) == 1


def issued(request: bytes, device: int = DEVICE) -> bytes:
    """A certificate by the device CA."""
    return certificates.renew(AUTHORITY, request, device, certificates.Term(NOW, 365))


def test_the_issuer_believes_only_the_kiosks_own_signature(issuer: Issuer, tmp_path: Path) -> None:
    """Foreign keys, foreign numbers, foreign topics and noise are counted, not answered."""
    request = requested()
    assert issuer.take("r/17", renewal.ask(DEVICE, request, keys(99))) is None
    assert issuer.take("r/18", renewal.ask(DEVICE, request, KIOSK)) is None
    assert issuer.take("r/17", b"noise") is None
    assert issuer.take("r/17", bytes(renewal.LARGEST + 1)) is None
    assert issuer.take("r/17", renewal.ask(DEVICE, b"no request", KIOSK)) is None
    assert sum(issuer.ignored.values()) == 5
    assert not list((tmp_path / "register").iterdir())


def test_a_repeated_request_gets_the_same_answer(issuer: Issuer) -> None:
    """Replaying it costs the hub no signature and gains nobody a certificate."""
    message = renewal.ask(DEVICE, requested(), KIOSK)
    assert issuer.take("r/17", message) == issuer.take("r/17", message)
    assert sum(issuer.repeated.values()) == 1


def test_an_old_request_played_again_gets_nothing_even_from_another_worker(
    issuer: Issuer, tmp_path: Path
) -> None:
    """Or whoever took a link key long ago could have it certified for ever."""
    old, new = (renewal.ask(DEVICE, requested(), KIOSK) for _ in range(2))
    assert issuer.take("r/17", old)
    assert issuer.take("r/17", new)
    other = Issuer(AUTHORITY, HUB, admitted, Register(tmp_path / "register"), lambda: NOW)
    assert other.take("r/17", old) is None
    assert sum(other.ignored.values()) == 1
    assert other.take("r/17", new) == issuer.take("r/17", new)


def test_a_request_whose_certificate_has_ended_unheard_is_answered_anew(
    issuer: Issuer, tmp_path: Path
) -> None:
    """The kiosk asked, its link broke, and it comes back two years later."""
    message = renewal.ask(DEVICE, request := requested(), KIOSK)
    assert issuer.take("r/17", message)
    later = Issuer(
        AUTHORITY, HUB, admitted, Register(tmp_path / "register"), lambda: NOW + timedelta(days=730)
    )
    answer = later.take("r/17", message)
    assert answer
    fresh = renewal.read_answer(answer[1], request, HUB.public())
    assert isinstance(fresh, bytes)
    assert certificates.lasts(fresh)[1] > NOW + timedelta(days=730)


def test_a_damaged_register_renews_nobody_rather_than_anybody(issuer: Issuer, tmp_path: Path) -> None:
    """Counted, with a sentence that says what to do."""
    (tmp_path / "register" / "17.json").write_bytes(b"torn")
    assert issuer.take("r/17", renewal.ask(DEVICE, requested(), KIOSK)) is None
    assert "move it away" in next(iter(issuer.ignored))


@pytest.mark.parametrize("proven", [False, True])
def test_a_withdrawn_kiosk_gets_no_certificate_is_told_why_and_hears_its_orders(
    tmp_path: Path, board: Switchboard, book: OrderBook, proven: bool
) -> None:
    """Without a link it would never hear that it was withdrawn."""
    order = book.give(DEVICE, OrderKind.REVOKE, HUB, NOW)
    if proven:
        book.done(DEVICE, wire.sign_done(DEVICE, order.number, KIOSK), KIOSK.public())
    path = pair(tmp_path, days=50)
    before = path.read_bytes()
    with pytest.raises(Denied, match="withdrawn") as denied:
        Renewal(path, DEVICE, KIOSK).renew(Loopback(board), HUB.public(), PATIENCE_S)
    assert denied.value.orders == (() if proven else (wire.encode(order),))
    assert path.read_bytes() == before


def test_a_stranger_is_told_that_it_is_not_admitted(issuer: Issuer) -> None:
    """Counted, and nothing is kept of it."""
    answer = issuer.take("r/18", renewal.ask(18, request := requested(), keys(18)))
    assert answer
    assert isinstance(renewal.read_answer(answer[1], request, HUB.public()), renewal.Denied)
    assert sum(issuer.ignored.values()) == 1


def test_an_answer_to_another_request_is_refused(issuer: Issuer) -> None:
    """The hub's signature binds it to what was asked."""
    first, second = requested(), requested()
    answer = issuer.take("r/17", renewal.ask(DEVICE, first, KIOSK))
    assert answer
    with pytest.raises(SealError):
        renewal.read_answer(answer[1], second, HUB.public())


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
            Issuer(files.device_ca, HUB, admitted, Register(tmp_path / "register"), lambda: NOW),
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
