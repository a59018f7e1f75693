"""The roster of officers: what it refuses, whose signature it needs, what a revocation does; PINs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from making import HUB, NOW, keys, public_file

from hotspot_kiosk import pins
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError
from hotspot_kiosk.keyring import Trust, save_public
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.officers import Officer, Role, Roster, SecurityKey, sign, verify

AMIRA = Officer(id="k7", roles=(Role.OFFICER,), keys=(SecurityKey(rp="localhost", credential=b"public"),))
BORIS = Officer(id="k9", roles=(Role.OFFICER, Role.SUPERVISOR), pin="$argon2id$v=19$...")


def roster(edition: int = 1, *officers: Officer) -> Roster:
    """A roster of that edition."""
    return Roster(edition=edition, made=NOW, officers=officers or (AMIRA, BORIS))


def roll(folder: Path) -> Roll:
    """A kiosk's, which knows the hub."""
    (folder / "peers").mkdir(exist_ok=True)
    save_public(folder / "peers" / "hub.pub", public_file(HUB))
    return Roll(folder / "roster", Trust(folder / "peers"))


def test_what_the_hub_signed_is_read_as_it_was() -> None:
    """Every field, the keys and the hash among them."""
    assert verify(sign(roster(), HUB), HUB.public()) == roster()


def test_what_another_signed_or_anybody_changed_is_refused() -> None:
    """A wrong key; one more role in a signed file."""
    with pytest.raises(SealError):
        verify(sign(roster(), keys(5)), HUB.public())
    changed = sign(roster(), HUB).replace(b'"roles":["officer"]', b'"roles":["legal"]')
    with pytest.raises(SealError):
        verify(changed, HUB.public())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"9" * (201 << 10)])
def test_what_is_no_roster_is_refused(content: bytes) -> None:
    """Whatever came."""
    with pytest.raises((BadBytes, ConfigError)):
        verify(content, HUB.public())


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"id": "Amira Haddad"}, "never a person's name"),
        ({"roles": ()}, "needs a role"),
        ({"pin": "123456"}, "argon2id hash"),
        ({"signing": b"short"}, "32 bytes"),
        ({"revoked": NOW.replace(tzinfo=None)}, "time zone"),
    ],
)
def test_an_officer_that_cannot_be_is_refused(changed: dict[str, Any], why: str) -> None:
    """With the remedy."""
    with pytest.raises(ValueError, match=why):
        Officer(**({"id": "k7", "roles": (Role.OFFICER,)} | changed))


def test_an_id_stands_once() -> None:
    """Otherwise two people could be one."""
    with pytest.raises(ValueError, match="twice"):
        roster(1, AMIRA, AMIRA)


def test_who_is_revoked_is_not_found_whatever_the_date_says() -> None:
    """A kiosk's clock may be behind."""
    gone = msgspec.structs.replace(AMIRA, revoked=NOW + timedelta(days=1000))
    assert roster(2, gone, BORIS).find("k7") is None
    assert roster(2, gone, BORIS).find("k9") == BORIS


def test_a_change_makes_the_next_edition() -> None:
    """The officer is replaced, not added again."""
    gone = msgspec.structs.replace(AMIRA, revoked=NOW)
    fresh = roster().with_officer(gone, NOW)
    assert (fresh.edition, len(fresh.officers), fresh.find("k7")) == (2, 2, None)


def test_a_repr_shows_no_key_and_no_hash() -> None:
    """Logs hold reprs."""
    assert "argon2" not in repr(roster())
    assert "public" not in repr(roster())


def test_an_older_roster_does_not_bring_back_who_was_revoked(tmp_path: Path) -> None:
    """A stick may carry an old one; the same one again is fine."""
    ours = roll(tmp_path)
    assert ours.current() is None
    ours.install(sign(roster(2), HUB))
    ours.install(sign(roster(2), HUB))
    with pytest.raises(Refused, match="edition 2 is here already"):
        ours.install(sign(roster(1), HUB))
    with pytest.raises(Refused, match="edition 2 is here already"):
        ours.install(sign(roster(2, AMIRA), HUB))


def test_a_damaged_roster_lets_nobody_in_and_can_be_replaced(tmp_path: Path) -> None:
    """It refuses with a sentence; it does not count as none."""
    ours = roll(tmp_path)
    ours.install(sign(roster(2), HUB))
    (tmp_path / "roster").write_bytes(b"\0" * 40)
    with pytest.raises(Refused, match="ask the bureau for it again"):
        ours.current()
    ours.install(sign(roster(1), HUB))
    assert ours.current() == roster(1)


def test_a_pin_is_known_by_its_hash_only() -> None:
    """The right one fits, another does not, the hash does not hold it."""
    kept = pins.make("472903")
    assert pins.fits("472903", kept)
    assert not pins.fits("472904", kept)
    assert "472903" not in kept


@pytest.mark.parametrize(
    "pin", ["", "1234", "12345a", "٤٧٢٩٠٣", "4" * 13, "111111", "123456", "876543", "121212"]
)
def test_a_pin_that_is_easy_to_guess_is_refused(pin: str) -> None:
    """Too short, no digits, a row, two digits again and again."""
    with pytest.raises(ConfigError, match="PIN"):
        pins.make(pin)


def test_a_hash_that_is_none_is_no_wrong_pin() -> None:
    """The roster must be signed again, and somebody must hear of it."""
    with pytest.raises(ConfigError, match="sign the roster again"):
        pins.fits("472903", "$argon2id$nonsense")
