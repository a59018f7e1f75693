"""The server of bundles: ranges, what it counts, and that it is believed by its certificate only."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotspot_kiosk.seal_certificates import Term, make_authority, make_broker
from hotspot_kiosk.simulator.bundle_server import BundleServer, span

BODY = bytes(range(256)) * 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BundleServer]:
    term = Term(datetime.now(UTC), 1)
    authority = make_authority("bundles", term)
    own = make_broker(authority, ["127.0.0.1"], term)
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    (tmp_path / "own.pem").write_bytes(own.certificate + own.key)
    (tmp_path / "files").mkdir()
    (tmp_path / "files/one.raucb").write_bytes(BODY)
    made = BundleServer(tmp_path / "files", tmp_path / "own.pem")
    yield made
    made.close()


def asked(server: BundleServer, name: str, ca: Path | None, **headers: str) -> tuple[int, bytes]:
    """Status and body."""
    request = urllib.request.Request(f"https://127.0.0.1:{server.port}/{name}", headers=headers)
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    with urllib.request.urlopen(request, context=context, timeout=60) as answer:
        return answer.status, answer.read()


def test_a_part_is_a_part_and_is_counted(server: BundleServer, tmp_path: Path) -> None:
    """As RAUC asks for a bundle: from a byte to a byte."""
    assert asked(server, "one.raucb", tmp_path / "ca.pem", Range="bytes=100-299") == (206, BODY[100:300])
    assert asked(server, "one.raucb", tmp_path / "ca.pem") == (200, BODY)
    assert server.sent == {"one.raucb": 200 + len(BODY)}
    assert server.asked == {"one.raucb": 2}


def test_a_stranger_is_not_believed(server: BundleServer) -> None:
    """Who does not name the authority speaks to nobody."""
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        asked(server, "one.raucb", None)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, (0, 10)),
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, 10)),
        ("bytes=4-400", (4, 10)),
        ("bytes=10-", None),
        ("bytes=5-4", None),
        ("lines=1-2", None),
    ],
)
def test_a_range_is_read(header: str | None, part: tuple[int, int] | None) -> None:
    """Or refused, never guessed."""
    assert span(header, 10) == part
