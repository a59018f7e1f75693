"""Signing in: security keys, PINs, pauses after wrong ones, how a sign-in ends, what the journal hears."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from making import HUB, NOW, public_file
from soft_key import PRESENT, SoftKey

from hotspot_kiosk import pins
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import Refused, StorageFailed
from hotspot_kiosk.keyring import Trust, save_public
from hotspot_kiosk.kiosk.staff import security_keys
from hotspot_kiosk.kiosk.staff.door import IDLE_MS, SHIFT_MS, WRONG, Door
from hotspot_kiosk.kiosk.staff.lockouts import FREE, Lockouts, pause_ms
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.kiosk.staff.sign_counts import SignCounts
from hotspot_kiosk.officers import Officer, Role, Roster, sign

HERE = "http://localhost:8080"
TABLET = "https://post4.example:8443"
PIN = "472903"
HASH = pins.make(PIN)


class Rig:
    """A door, its clock, its journal, one officer with a key and one with a PIN."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1_000_000
        self.notes: list[tuple[Deed, str, str]] = []
        self.key = SoftKey()
        (folder / "peers").mkdir()
        save_public(folder / "peers" / "hub.pub", public_file(HUB))
        self.roll = Roll(folder / "roster", Trust(folder / "peers"))
        self.roster = Roster(
            edition=1,
            made=NOW,
            officers=(
                Officer(id="k7", roles=(Role.OFFICER,), keys=(self.key.public,)),
                Officer(id="k9", roles=(Role.SUPERVISOR,), pin=HASH),
                Officer(id="gone", roles=(Role.OFFICER,), pin=HASH, revoked=NOW),
            ),
        )
        self.roll.install(sign(self.roster, HUB))
        self.door = self.opened()

    def opened(self) -> Door:
        """The door of a daemon that just started."""
        lockouts = Lockouts(self.folder / "lockouts", lambda: self.now)
        note = lambda deed, who, ground: self.notes.append((deed, who, ground))  # noqa: E731
        counts = SignCounts(self.folder / "counts")
        return Door(self.roll, lockouts, frozenset({HERE, TABLET}), lambda: self.now, note, counts)

    def by_key(self, browser: str = "b1") -> str:
        """k7 signs in."""
        asked = self.door.challenge(browser, "k7", HERE)
        return self.door.by_key(browser, self.key.answer(asked.challenge, HERE))

    def revoke(self, name: str) -> None:
        """The bureau's next roster comes."""
        officer = self.roster.find(name)
        assert officer is not None
        gone = msgspec.structs.replace(officer, revoked=NOW)
        self.roster = self.roster.with_officer(gone, NOW)
        self.roll.install(sign(self.roster, HUB))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """All of it."""
    return Rig(tmp_path)


def test_a_security_key_opens_the_door(rig: Rig) -> None:
    """The token stands for the officer, the roles come from the roster, the journal says how."""
    badge, left = rig.door.who(rig.by_key(), "b1", touch=True)
    assert (badge.officer, badge.roles, left) == ("k7", {Role.OFFICER}, IDLE_MS)
    assert rig.notes == [(Deed.SIGNED_IN, "officer:k7", "security key")]


@pytest.mark.parametrize("back", [1, 2, 3])
def test_a_key_whose_count_goes_back_opens_nothing(rig: Rig, back: int) -> None:
    """Nor after a restart: one that was copied answers with a count that was seen; the journal says so."""
    for _ in range(3):
        rig.by_key()
    rig.door = rig.opened()
    rig.key.count -= back
    with pytest.raises(Refused, match="a copy of it"):
        rig.by_key()
    assert rig.notes[-1] == (Deed.SIGN_IN_FAILED, "officer:k7", "security key whose count went back")
    rig.key.count = 4
    assert rig.by_key()


def test_a_key_that_does_not_count_opens_again_and_again(rig: Rig) -> None:
    """It says 0 for ever, which tells nothing; once it has counted, 0 is a step back."""
    rig.key.counts = False
    assert rig.by_key()
    assert rig.by_key()
    rig.key.count = 1
    assert rig.by_key()
    rig.key.count = 0
    with pytest.raises(Refused, match="a copy of it"):
        rig.by_key()


def test_counts_that_cannot_be_read_begin_anew_and_are_told_of(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """A damaged file keeps nobody out."""
    (rig.folder / "counts").write_text("{")
    rig.door = rig.opened()
    assert rig.by_key()
    assert "begin anew" in caplog.text


@pytest.mark.parametrize("wrong", ["key", "origin", "challenge", "flags", "rp", "nonsense"])
def test_an_answer_that_does_not_fit_opens_nothing(rig: Rig, wrong: str) -> None:
    """Another key, page, challenge, a key that did not check its holder, another name, no answer at all."""
    asked = rig.door.challenge("b1", "k7", HERE)
    key = SoftKey(name=b"another") if wrong == "key" else rig.key
    answer = key.answer(
        bytes(32) if wrong == "challenge" else asked.challenge,
        TABLET if wrong == "origin" else HERE,
        PRESENT if wrong == "flags" else 5,
        "evil.example" if wrong == "rp" else "",
    )
    with pytest.raises(Refused, match="not accepted"):
        rig.door.by_key("b1", {"id": 3, "response": []} if wrong == "nonsense" else answer)
    assert rig.notes == [(Deed.SIGN_IN_FAILED, "officer:k7", "security key")]


def test_a_challenge_counts_once_for_one_browser_and_not_for_long(rig: Rig) -> None:
    """Played again, from elsewhere, or later: refused."""
    asked = rig.door.challenge("b1", "k7", HERE)
    answer = rig.key.answer(asked.challenge, HERE)
    with pytest.raises(Refused, match="begin the sign-in again"):
        rig.door.by_key("b2", answer)
    rig.door.by_key("b1", answer)
    with pytest.raises(Refused, match="begin the sign-in again"):
        rig.door.by_key("b1", answer)
    rig.door.challenge("b1", "k7", HERE)
    rig.now += 120_000
    with pytest.raises(Refused, match="begin the sign-in again"):
        rig.door.by_key("b1", answer)


@pytest.mark.parametrize(
    ("name", "origin"), [("k9", HERE), ("nobody", HERE), ("k7", TABLET), ("k7", "http://evil")]
)
def test_there_is_no_challenge_without_a_key_for_that_page(rig: Rig, name: str, origin: str) -> None:
    """And who is not on the roster hears the same."""
    with pytest.raises(Refused, match="use your PIN"):
        rig.door.challenge("b1", name, origin)


def test_a_key_that_was_made_is_told_and_opens_nothing(rig: Rig) -> None:
    """Its public half goes to the bureau; once that is on the roster, it opens."""
    fresh = SoftKey(name=b"new")
    asked = rig.door.challenge("b1", "k9", HERE, make=True)
    made = rig.door.new_key("b1", fresh.register(asked.challenge, HERE))
    assert security_keys.unpacked(security_keys.packed(made)) == made
    with pytest.raises(Refused, match="use your PIN"):
        rig.door.challenge("b1", "k9", HERE)
    officer = rig.roster.find("k9")
    assert officer is not None
    rig.roll.install(sign(rig.roster.with_officer(msgspec.structs.replace(officer, keys=(made,)), NOW), HUB))
    asked = rig.door.challenge("b1", "k9", HERE)
    assert rig.door.by_key("b1", fresh.answer(asked.challenge, HERE))


def test_one_security_key_is_one_person(rig: Rig) -> None:
    """The key itself is asked to refuse, by everybody's credentials; and what it made nevertheless is refused here."""
    asked = rig.door.challenge("b1", "k9", HERE, make=True)
    told = security_keys.options(asked)["excludeCredentials"]
    assert [each["id"] for each in told] == list(asked.credentials) == [rig.key.register(b"", HERE)["id"]]
    with pytest.raises(Refused, match="registered already"):
        rig.door.new_key("b1", rig.key.register(asked.challenge, HERE))


def test_a_pin_opens_the_door(rig: Rig) -> None:
    """With the roles of the roster."""
    badge, _ = rig.door.who(rig.door.by_pin("b1", "k9", PIN), "b1", touch=True)
    assert (badge.officer, badge.roles, badge.how) == ("k9", {Role.SUPERVISOR}, "PIN")


@pytest.mark.parametrize(
    ("name", "pin"), [("k9", "472904"), ("nobody", PIN), ("gone", PIN), ("k7", ""), ("k9", "")]
)
def test_whatever_does_not_fit_is_told_the_same(rig: Rig, name: str, pin: str) -> None:
    """A wrong PIN, an id that is not there, one that was revoked, one without a PIN."""
    with pytest.raises(Refused, match="that did not fit"):
        rig.door.by_pin("b1", name, pin)
    assert [deed for deed, _, _ in rig.notes] == [Deed.SIGN_IN_FAILED]


def test_pauses_grow_and_a_restart_does_not_shorten_them(rig: Rig) -> None:
    """Three tries are free; then even the right PIN waits, also in a daemon that has just started."""
    for _ in range(FREE):
        with pytest.raises(Refused, match=WRONG):
            rig.door.by_pin("b1", "k9", "000000")
    with pytest.raises(Refused, match="wait 30 seconds"):
        rig.door.by_pin("b1", "k9", PIN)
    rig.now += 29_000
    rig.door = rig.opened()
    with pytest.raises(Refused, match="wait 30 seconds"):
        rig.door.by_pin("b1", "k9", PIN)
    rig.now += 30_000
    with pytest.raises(Refused, match=WRONG):
        rig.door.by_pin("b1", "k9", "000000")
    with pytest.raises(Refused, match="wait 60 seconds"):
        rig.door.by_pin("b1", "k9", PIN)
    rig.now += 60_000
    assert rig.door.by_pin("b1", "k9", PIN)
    with pytest.raises(Refused, match=WRONG):
        rig.door.by_pin("b1", "k9", "000000")


def test_a_key_is_never_locked_out(rig: Rig) -> None:
    """Wrong PINs of somebody else do not keep an officer from the work."""
    for _ in range(FREE):
        with pytest.raises(Refused):
            rig.door.by_pin("b1", "k7", "000000")
    assert rig.by_key()


def test_pauses_end_at_an_hour() -> None:
    """Nobody is locked out for ever."""
    assert [pause_ms(count) for count in (0, 2, 3, 4, 9, 10, 1000)] == [
        0,
        0,
        30_000,
        60_000,
        1_920_000,
        3_600_000,
        3_600_000,
    ]


def test_a_damaged_count_leaves_one_try(rig: Rig) -> None:
    """Destroying the file buys nothing."""
    (rig.folder / "lockouts").write_bytes(b"\xff\xff")
    door = rig.opened()
    with pytest.raises(Refused, match=WRONG):
        door.by_pin("b1", "k9", "000000")
    with pytest.raises(Refused, match="wait 30 seconds"):
        door.by_pin("b1", "k9", PIN)


def test_a_try_that_cannot_be_counted_is_not_judged(rig: Rig) -> None:
    """Otherwise a full disk would give tries without end."""
    (rig.folder / "lockouts").mkdir()
    with pytest.raises(StorageFailed):
        rig.door.by_pin("b1", "k9", PIN)


def test_a_token_counts_in_its_browser_only(rig: Rig) -> None:
    """Carried elsewhere it is worth nothing, and it still counts where it belongs."""
    token = rig.by_key()
    for stolen in (("b2", token), ("", token), ("b1", token + "x"), ("b1", "")):
        with pytest.raises(Refused, match="sign in first"):
            rig.door.who(stolen[1], stolen[0], touch=True)
    assert rig.door.who(token, "b1", touch=True)[0].officer == "k7"


def test_a_sign_in_ends_without_a_sign_of_life(rig: Rig) -> None:
    """Looking is none: a page that only shows does not keep somebody signed in who left."""
    token = rig.by_key()
    rig.now += IDLE_MS - 1000
    assert rig.door.who(token, "b1", touch=False)[1] == 1000
    assert rig.door.who(token, "b1", touch=True)[1] == IDLE_MS
    assert rig.door.who(token, "b1", touch=False)[1] == IDLE_MS
    rig.now += IDLE_MS
    with pytest.raises(Refused, match="sign in again"):
        rig.door.who(token, "b1", touch=True)


def test_a_sign_in_ends_with_the_shift(rig: Rig) -> None:
    """However busy somebody is."""
    token = rig.by_key()
    for _ in range(SHIFT_MS // 200_000):
        rig.door.who(token, "b1", touch=True)
        rig.now += 200_000
    with pytest.raises(Refused):
        rig.door.who(token, "b1", touch=True)


def test_who_is_revoked_is_out_at_once(rig: Rig) -> None:
    """In the middle of the work; and does not come in again."""
    token = rig.by_key()
    rig.revoke("k7")
    with pytest.raises(Refused, match="the bureau ended your access"):
        rig.door.who(token, "b1", touch=True)
    with pytest.raises(Refused, match="use your PIN"):
        rig.by_key()
    assert "k7" not in rig.door.names()


def test_signing_out_ends_it(rig: Rig) -> None:
    """From its own browser; the journal hears of it."""
    token = rig.by_key()
    rig.door.leave(token, "b2")
    assert rig.door.who(token, "b1", touch=True)
    rig.door.leave(token, "b1")
    rig.door.leave(token, "b1")
    with pytest.raises(Refused, match="sign in first"):
        rig.door.who(token, "b1", touch=True)
    assert [deed for deed, _, _ in rig.notes] == [Deed.SIGNED_IN, Deed.SIGNED_OUT]


def test_two_people_may_be_signed_in(rig: Rig) -> None:
    """At the screen and at a tablet, or one after the other."""
    first, second = rig.by_key("b1"), rig.door.by_pin("b2", "k9", PIN)
    assert rig.door.who(first, "b1", touch=True)[0].officer == "k7"
    assert rig.door.who(second, "b2", touch=True)[0].officer == "k9"


def test_a_repr_shows_no_secret(rig: Rig) -> None:
    """Neither a challenge nor a browser's secret."""
    asked = rig.door.challenge("b1", "k7", HERE)
    badge, _ = rig.door.who(rig.by_key("secret browser"), "secret browser", touch=True)
    assert "secret browser" not in repr(badge)
    assert str(asked.challenge) not in repr(asked)
