"""Who is signed in: by a security key or a PIN, as what, from which browser, until when. Decided in the daemon.

A page holds a token and nothing else. A token counts only together with the browser that signed in, ends without a
sign of life, after a shift, and at once when the roster does not name its officer any more.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from hotspot_kiosk import pins
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import Refused, SignInNeeded
from hotspot_kiosk.kiosk.staff import security_keys
from hotspot_kiosk.kiosk.staff.lockouts import Lockouts
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.kiosk.staff.security_keys import Challenge
from hotspot_kiosk.kiosk.staff.sign_counts import SignCounts
from hotspot_kiosk.officers import Officer, Role, Roster, SecurityKey

IDLE_MS, SHIFT_MS, CHALLENGE_MS = 300_000, 8 * 3_600_000, 120_000
MOST_SIGNED_IN = 32
WRONG = "that did not fit; nothing was opened. Check the id and the PIN"
SIGN_IN = "sign in first"
NO_ROSTER = "no roster of officers is installed here; ask the bureau for one, then: hotspot officer install"
# A hash that no PIN fits, so that an id which is not there takes as long as one that is.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=1$b24QbRvXhkm6HFK2E1osgw$/cQuXPovwbC5lhYy+wZG6U33AZXPgQ8hHHs1zdSPsPY"
Note = Callable[[Deed, str, str], None]


@dataclass(frozen=True, slots=True)
class Badge:
    """Somebody who is signed in. how: security key or PIN. Times are the daemon's steady milliseconds."""

    officer: str
    roles: frozenset[Role]
    how: str
    browser: str = field(repr=False)
    since_ms: int
    seen_ms: int

    def ends_ms(self, idle_ms: int) -> int:
        """When it ends without a sign of life."""
        return min(self.seen_ms + idle_ms, self.since_ms + SHIFT_MS)


class Door:
    """Lets officers in and knows them again. Any thread may call; nothing of it outlives the daemon."""

    def __init__(
        self,
        roll: Roll,
        lockouts: Lockouts,
        origins: frozenset[str],
        now_ms: Callable[[], int],
        note: Note,
        counts: SignCounts,
        idle_ms: int = IDLE_MS,
    ) -> None:
        """origins: the pages at which keys may be used. note: a deed, by whom, on what ground; raises if it fails."""
        self._roll, self._lockouts, self._origins = roll, lockouts, origins
        self._now_ms, self._note, self._counts, self._idle_ms = now_ms, note, counts, idle_ms
        self._lock = threading.Lock()
        self._hashing = threading.Lock()
        self._badges: dict[bytes, Badge] = {}
        self._asked: dict[str, tuple[int, Challenge]] = {}

    def names(self) -> tuple[str, ...]:
        """The ids that may sign in here; none without a roster."""
        roster = self._roll.current()
        return tuple(each.id for each in roster.officers if each.revoked is None) if roster else ()

    @property
    def stands(self) -> bool:
        """Whether there is a roster, so that nobody may act who is not signed in."""
        return self._roll.current() is not None

    def challenge(self, browser: str, name: str, origin: str, *, make: bool = False) -> Challenge:
        """What this officer's security key must sign. Raises Refused. make: for a new key, which opens nothing."""
        roster = self._roster()
        officer = roster.find(name)
        if officer is None or origin not in self._origins:
            raise Refused("no security key is registered for you at this page; use your PIN")
        fresh = secrets.token_bytes(32)
        everybody = [key for each in roster.officers for key in each.keys]
        asked = (
            security_keys.ask_new(name, everybody, origin, fresh)
            if make
            else security_keys.ask(name, officer.keys, origin, fresh)
        )
        with self._lock:
            now = self._now_ms()
            self._asked = {who: row for who, row in self._asked.items() if row[0] > now}
            if len(self._asked) < MOST_SIGNED_IN:
                self._asked[browser] = now + CHALLENGE_MS, asked
        return asked

    def by_key(self, browser: str, response: Mapping[str, Any]) -> str:
        """Sign in with the answer to this browser's challenge, which counts once.

        Returns the token; raises Refused, StorageFailed if the key's count cannot be kept.
        """
        asked, ground = self._challenged(browser), "security key"
        officer = self._roster().find(asked.officer)
        try:
            if officer is None:
                raise Refused(security_keys.WRONG_KEY)
            used = security_keys.check(asked, officer.keys, response)
            ground = "security key whose count went back"
            self._counts.used(used.credential, used.count)
        except Refused:
            self._note(Deed.SIGN_IN_FAILED, f"officer:{asked.officer}", ground)
            raise
        return self._let_in(officer, browser, "security key")

    def new_key(self, browser: str, response: Mapping[str, Any]) -> SecurityKey:
        """The public half of a key that was just made; it opens nothing until the hub signs it. Raises Refused."""
        return security_keys.make(self._challenged(browser), response)

    def by_pin(self, browser: str, name: str, pin: str) -> str:
        """Sign in with a PIN. Returns the token; raises Refused, StorageFailed if the try cannot be counted."""
        officer = self._roster().find(name)
        counted = name if officer is not None else ""
        with self._hashing:  # one at a time: each takes 64 MiB
            self._lockouts.tried(counted)
            kept = officer.pin if officer is not None and officer.pin else NOBODY
            right = pins.fits(pin, kept)
        if officer is None or not right or not officer.pin:
            self._note(Deed.SIGN_IN_FAILED, f"officer:{name}" if officer else "officer", "PIN")
            raise Refused(WRONG)
        self._lockouts.passed(counted)
        return self._let_in(officer, browser, "PIN")

    def who(self, token: str, browser: str, *, touch: bool) -> tuple[Badge, int]:
        """Who this is, and for how many ms without a sign of life; `touch` is one. Raises Refused."""
        key = _digest(token)
        with self._lock:
            badge, now = self._badges.get(key), self._now_ms()
            if badge is None or not secrets.compare_digest(badge.browser.encode(), browser.encode()):
                raise SignInNeeded(SIGN_IN)
            if now >= badge.ends_ms(self._idle_ms):
                del self._badges[key]
                raise SignInNeeded("your sign-in ended, because nobody touched the page; sign in again")
        officer = self._named(badge.officer)
        if officer is None:
            self._forget(key)
            raise SignInNeeded("the bureau ended your access; ask there")
        badge = replace(badge, roles=frozenset(officer.roles), seen_ms=now if touch else badge.seen_ms)
        with self._lock:
            if key in self._badges:
                self._badges[key] = badge
        return badge, badge.ends_ms(self._idle_ms) - now

    def leave(self, token: str, browser: str) -> None:
        """Sign out; of a token that is none nothing happens."""
        with self._lock:
            badge = self._badges.get(_digest(token))
            if badge is None or badge.browser != browser:
                return
            del self._badges[_digest(token)]
        self._note(Deed.SIGNED_OUT, f"officer:{badge.officer}", badge.how)

    def _challenged(self, browser: str) -> Challenge:
        with self._lock:
            ends_ms, asked = self._asked.pop(browser, (0, None))
        if asked is None or self._now_ms() >= ends_ms:
            raise Refused("that took too long; begin the sign-in again")
        return asked

    def _let_in(self, officer: Officer, browser: str, how: str) -> str:
        now, token = self._now_ms(), secrets.token_urlsafe(32)
        self._note(Deed.SIGNED_IN, f"officer:{officer.id}", how)
        with self._lock:
            live = {key: old for key, old in self._badges.items() if now < old.ends_ms(self._idle_ms)}
            if len(live) >= MOST_SIGNED_IN:
                raise Refused("too many people are signed in here; somebody must sign out first")
            badge = Badge(officer.id, frozenset(officer.roles), how, browser, now, now)
            self._badges = {**live, _digest(token): badge}
        return token

    def _forget(self, key: bytes) -> None:
        with self._lock:
            self._badges.pop(key, None)

    def _named(self, name: str) -> Officer | None:
        roster = self._roll.current()
        return roster.find(name) if roster else None

    def _roster(self) -> Roster:
        roster = self._roll.current()
        if roster is None:
            raise Refused(NO_ROSTER)
        return roster


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
