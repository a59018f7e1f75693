"""A post whose link certificate has ended: people are checked, the link comes back by itself, without a restart.

The daemon and the hub as their configs build them, at a real Mosquitto with the project's own two
configurations, all certificates as `hotspot keys certificates` lays them out.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

import pytest
from making import keys
from test_story import Scene

from hotspot_kiosk import renewal
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.demo.stage import DEVICE
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.service import Hub
from hotspot_kiosk.keyring import load_private
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.simulator.broker import Broker, Files, find
from hotspot_kiosk.transports import mqtt
from hotspot_kiosk.transports.port import LinkEvent, LinkUp, Transport
from hotspot_kiosk.wire import OrderKind

KIOSK_LINK = """\
[link]
driver = "mqtt"
host = "127.0.0.1"
port = {port}
ca = "{ca}"
certificate = "link.pem"
key = "link.pem"
retry_most_s = 2.0

[renewal]
port = {renewal}
retry_most_s = 1.0
"""
HUB_LINK = """\
[link]
driver = "mqtt"
host = "127.0.0.1"
port = {port}
ca = "{ca}"
certificate = "{pem}"
key = "{key}"

[renewal]
authority = "{pki}/device-ca.pem"
authority_key = "{pki}/device-ca.key"
register = "renewals"

[renewal.link]
port = {renewal}
retry_most_s = 1.0
"""


class Grace(Scene):
    """The stage with mTLS, and a kiosk whose certificate ended yesterday; nobody renews at first."""

    def __init__(self, folder: Path, models: Path, files: Files, brokers: tuple[Broker, Broker]) -> None:
        self.files, self.brokers = files, brokers
        super().__init__(folder, models, brokers[0].port)

    def amend(self) -> None:
        """Configs and certificates."""
        files, (link, renewing) = self.files, self.brokers
        kiosk, hub = self.folders.kiosk_config, self.folders.hub_config
        swap(kiosk, KIOSK_LINK.format(port=link.port, ca=files.ca, renewal=renewing.port))
        pem, key = files.hub
        words = {"ca": files.ca, "pem": pem, "key": key, "pki": files.folder}
        swap(hub, HUB_LINK.format(port=link.hub_port, renewal=renewing.hub_port, **words))
        made = certificates.make_kiosk(files.device_ca, DEVICE, files.term(begins_in_days=-31, days=30))
        self.pair = kiosk.parent / "link.pem"
        self.pair.write_bytes(made.certificate + made.key)
        self.pair.chmod(0o600)
        self.ended = self.pair.read_bytes()

    def status(self) -> desk.Told:
        """As an officer sees it."""
        return desk.ask(self.folders.desk, desk.Ask("status"))

    def bureau_opens(self) -> None:
        """The hub at the broker for renewals comes to life."""
        self.brokers[1].start()

    def book(self) -> OrderBook:
        """The hub's orders."""
        return OrderBook(self.folders.root / "hub" / "orders")

    def hub_key(self) -> PrivateKeys:
        """The hub's own keys."""
        return load_private(self.folders.root / "hub" / "hub.key")

    def register(self) -> list[bytes]:
        """What the hub remembers of renewals."""
        return [path.read_bytes() for path in (self.folders.root / "hub" / "renewals").iterdir()]

    def counted(self) -> int:
        """Renewals that the hub did not follow."""
        hub = self.hub._made
        assert isinstance(hub, Hub)
        assert hub._renewal
        return sum(hub._renewal.issuer.ignored.values())

    def stranger(self) -> Transport:
        """Somebody without a certificate, connected."""
        options = mqtt.Options(host="127.0.0.1", port=self.brokers[1].port, ca=self.files.ca, anonymous=True)
        made, heard = mqtt.build(options), SimpleQueue[LinkEvent]()
        made.open("stranger", [], heard.put)
        assert isinstance(heard.get(timeout=60), LinkUp)
        return made


def swap(config: Path, tables: str) -> None:
    """Replace the [link] table of a config."""
    head, _, rest = config.read_text().partition("[link]\n")
    _, bracket, tail = rest.partition("\n[")
    config.write_text(f"{head}{tables}{bracket}{tail}")


def until(true: Callable[[], bool], timeout_s: float = 60) -> None:
    """Wait for something to become true."""
    ends = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def grace(models_built: Path, tmp_path: Path) -> Iterator[Grace]:
    """The stage, set."""
    if find() is None:
        pytest.skip("Mosquitto is not installed: run `make test`, or apt-get install mosquitto")
    (tmp_path / "s").mkdir()
    files = Files(tmp_path / "pki")
    brokers = Broker(files), Broker(files, "renewal.conf")
    brokers[0].start()
    made = Grace(tmp_path / "s", models_built.parent, files, brokers)
    yield made
    made.close()
    for broker in brokers:
        broker.stop()


def test_a_kiosk_past_its_certificates_end_captures_renews_on_contact_and_delivers(grace: Grace) -> None:
    """One daemon from the first to the last line."""
    until(lambda: "certificate verify failed" in grace.brokers[0].log)
    tcn, _ = grace.post.check(grace.visit(grace.a, 100))
    assert grace.states() == ["sealed"]
    assert grace.status().link is False
    assert grace.pair.read_bytes() == grace.ended
    grace.bureau_opens()
    grace.post.link(up=True, timeout_s=120)
    assert grace.post.answer(tcn).told.candidates[0].startswith("CASE-A")
    grace.until_answered()
    assert grace.pair.read_bytes() != grace.ended
    assert grace.status().note == ""
    nothing_for_strangers(grace)


def nothing_for_strangers(grace: Grace) -> None:
    """Anybody may connect where certificates are renewed; without the kiosk's key nothing comes of it."""
    before, counted = grace.register(), grace.counted()
    mine = certificates.make_request().certificate
    stranger = grace.stranger()
    try:
        for payload in (
            renewal.ask(DEVICE, mine, keys(99)),
            b"noise",
            renewal.ask(DEVICE + 1, mine, keys(99)),
        ):
            stranger.publish(renewal.up_topic(DEVICE), payload)
            stranger.publish(renewal.down_topic(DEVICE), payload)
        until(lambda: grace.counted() >= counted + 3)
    finally:
        stranger.close()
    assert grace.register() == before


def test_a_withdrawn_kiosk_gets_none_and_its_officers_read_why(grace: Grace) -> None:
    """It hears the withdrawal all the same."""
    grace.book().give(DEVICE, OrderKind.REVOKE, grace.hub_key(), datetime.now(UTC))
    grace.bureau_opens()
    until(lambda: "withdrawn" in grace.status().note, 120)
    with pytest.raises(Refused, match="withdrawn"):
        desk.ask(grace.folders.desk, desk.Ask("begin", adult=True))
    assert grace.pair.read_bytes() == grace.ended
    assert not grace.register()
