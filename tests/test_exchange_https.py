"""A partner behind HTTPS: who is let in, what its statuses mean, what it may not make the hub do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from exchanging import Clock, HttpsWay, Lines, Memory, clerk, outgoing, tcn

from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import BadBytes, ConfigError, LinkDown, Refused
from hotspot_kiosk.hub.exchange import https
from hotspot_kiosk.hub.exchange.shelf import Shelf


@pytest.fixture
def way(tmp_path: Path) -> Iterator[HttpsWay]:
    """The far end answers `hit`."""
    made = HttpsWay(tmp_path, "hit", Clock())
    yield made
    made.close()


def test_a_stranger_is_not_let_in(way: HttpsWay) -> None:
    """A certificate of an authority that the far end does not trust."""
    with pytest.raises(LinkDown):
        way.again(own="stranger").send(tcn(), outgoing().evidence)
    assert way.far.seen == {}


def test_a_far_end_that_is_not_the_partner_gets_nothing(way: HttpsWay) -> None:
    """Its certificate is signed by another authority than ours for it."""
    with pytest.raises(LinkDown, match="certificate"):
        way.again(ca="strangers").send(tcn(), outgoing().evidence)
    assert way.far.seen == {}


def test_a_certificate_without_a_contract_stops_the_lane(way: HttpsWay) -> None:
    """A kiosk's own certificate is trusted there, and not allowed to search: somebody must act."""
    with pytest.raises(Refused, match="403"):
        way.again(own="kiosk").send(tcn(), outgoing().evidence)
    desk, lines = Memory([outgoing()]), Lines()
    clerk(way, desk, lines).step()
    assert "403" in Shelf(way.tmp / "state").stopped
    assert len(lines.told(Deed.LANE_STOPPED)) == 1
    assert desk.was_sent == {}


def test_a_file_that_the_far_end_cannot_read_is_not_sent_again(way: HttpsWay) -> None:
    """422: it is for the maintainer."""
    with pytest.raises(BadBytes, match="422"):
        way.exchange.send(tcn(), b"not a file")


def test_a_number_that_does_not_fit_its_file_is_refused_there(way: HttpsWay) -> None:
    """409: another record's number."""
    with pytest.raises(BadBytes, match="409"):
        way.exchange.send(tcn(2), outgoing(1).evidence)


def test_when_the_far_end_asks_for_patience_nothing_is_asked_until_then(way: HttpsWay) -> None:
    """Retry-After is heeded without another word on the wire."""
    way.far.be_away(30)
    with pytest.raises(LinkDown, match="HTTP 503"):
        way.exchange.send(tcn(), outgoing().evidence)
    way.clock.at += 29
    with pytest.raises(LinkDown, match="asked for patience, 1 s more"):
        way.exchange.send(tcn(), outgoing().evidence)
    way.clock.at += 2
    way.exchange.send(tcn(), outgoing().evidence)
    assert way.far.seen == {tcn(): 1}


def test_a_broken_connection_is_made_anew(way: HttpsWay) -> None:
    """One that stood idle until the far end closed it."""
    assert list(way.exchange.collect()) == []
    way.exchange.close()
    way.exchange.send(tcn(), outgoing().evidence)
    assert way.far.seen == {tcn(): 1}


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7),
        ("99999999999", 3600),
        ("Mon, 23 Nov 2026 12:01:10 GMT", 10),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("soon", 5),
        ("", 5),
        ("-3", 5),
    ],
)
def test_how_long_to_wait_is_read_from_any_form(told: str, seconds: float) -> None:
    """Seconds, a date, nothing, nonsense; never more than an hour."""
    assert https.wait_s(told, 1_795_435_260.0) == pytest.approx(seconds)


@pytest.mark.parametrize("url", ["http://a/b", "https:///b", "https://u:p@a/b", "https://a/b?c=d", "ftp://a"])
def test_only_https_is_spoken(url: str, tmp_path: Path) -> None:
    """And nothing that carries a password."""
    with pytest.raises(ValueError, match="url"):
        https.Options(state=tmp_path, url=url, ca=tmp_path, certificate=tmp_path, key=tmp_path)


def test_certificates_that_cannot_be_used_are_refused_at_the_start(tmp_path: Path) -> None:
    """Not at the first person's check."""
    there = tmp_path / "none.pem"
    with pytest.raises(ConfigError, match="certificates"):
        https.build(https.Options(state=tmp_path, url="https://a", ca=there, certificate=there, key=there))
