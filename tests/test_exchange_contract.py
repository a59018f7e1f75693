"""What every way to a partner keeps, over real files and real TLS: once, whole, and again after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from exchanging import WAYS, Clock, Way, outgoing, tcn

from hotspot_kiosk.errors import HotspotError
from hotspot_kiosk.hub.exchange.gate import Terms, make_ready
from hotspot_kiosk.hub.exchange.port import Incoming
from hotspot_kiosk.hub.exchange.shelf import Shelf


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    """One variant with its far end, which answers `hit`, then `no-hit`."""
    made: Way = WAYS[request.param](tmp_path, "hit, no-hit", Clock())
    yield made
    made.close()


def content(counter: int = 1) -> bytes:
    """A file that may go."""
    return make_ready(outgoing(counter), Terms(), outgoing().captured).content


def test_a_file_arrives_once_however_often_it_is_sent(way: Way) -> None:
    """Also after a restart, and after the other side has taken it."""
    way.exchange.send(tcn(), content())
    way.exchange.send(tcn(), content())
    way.far_end()
    way.again().send(tcn(), content())
    way.far_end()
    assert len(list(way.exchange.collect())) == 1


def test_an_answer_comes_until_it_is_done(way: Way) -> None:
    """What the hub has not kept is not lost."""
    way.exchange.send(tcn(), content())
    way.far_end()
    first = list(way.exchange.collect())
    assert list(way.again().collect()) == first
    way.exchange.done(first[0])
    assert list(way.exchange.collect()) == []


def test_done_twice_is_as_good(way: Way) -> None:
    """A process may end between the two."""
    way.exchange.send(tcn(), content())
    way.far_end()
    (only,) = way.exchange.collect()
    way.exchange.done(only)
    way.exchange.done(only)


def test_what_is_set_aside_is_kept_with_its_reason_and_does_not_come_again(way: Way) -> None:
    """A person looks at it."""
    way.exchange.send(tcn(), content())
    way.far_end()
    (only,) = way.exchange.collect()
    way.exchange.set_aside(only, "unknown")
    assert list(way.exchange.collect()) == []
    assert Shelf(way.tmp / "state").aside() == [(only.name, "unknown")]
    assert (way.tmp / "state" / "aside" / only.name).read_bytes() == only.content


def test_answers_come_in_the_order_in_which_they_were_given(way: Way) -> None:
    """Two searches, two answers."""
    for counter in (1, 2):
        way.exchange.send(tcn(counter), content(counter))
        way.far_end()
    names = [each.name for each in way.exchange.collect()]
    assert names == sorted(names)
    assert len(names) == 2


def test_nothing_of_a_file_shows_in_a_repr(way: Way) -> None:
    """Neither what goes nor what comes."""
    way.exchange.send(tcn(), content())
    way.far_end()
    (only,) = way.exchange.collect()
    assert "INT-I" not in repr(only)
    assert "INT-I" not in repr(outgoing())


def test_the_shelf_keeps_two_files_of_one_name_and_the_same_one_once(tmp_path: Path) -> None:
    """Whatever the other side calls them."""
    shelf = Shelf(tmp_path)
    for text in (b"one", b"two", b"one"):
        shelf.put_aside(Incoming("../../etc/passwd", text), "why")
    assert len(shelf.aside()) == 2
    assert {path.parent for path in tmp_path.rglob("*passwd*")} == {tmp_path / "aside"}


def test_a_stopped_lane_stays_stopped_after_a_restart(tmp_path: Path) -> None:
    """Until somebody opens it."""
    Shelf(tmp_path).stop("error 003")
    assert Shelf(tmp_path).stopped == "error 003"
    Shelf(tmp_path).open()
    assert Shelf(tmp_path).stopped == ""


def test_an_error_of_a_way_is_one_of_ours(way: Way) -> None:
    """A far end that is gone is told in words."""
    way.close()
    if way.tmp.joinpath("answers").exists():
        way.tmp.joinpath("outbox").rename(way.tmp / "away")
    with pytest.raises(HotspotError):
        way.exchange.send(tcn(), content())
