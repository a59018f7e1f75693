"""Envelopes: what opens them, what does not, what a changed byte does."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import DEVICE, HUB, KIOSK, keys, tcn

from hotspot_kiosk import seal
from hotspot_kiosk.errors import BadBytes, SealError

SECRET = b"not for the kiosk's eyes" * 10
ENVELOPE = seal.seal(SECRET, tcn(), "probe", HUB.public(), KIOSK)


def test_the_hub_opens_what_a_kiosk_sealed() -> None:
    """The right keys on both sides give the bytes back."""
    assert seal.open_envelope(ENVELOPE, KIOSK.public(), HUB) == SECRET


def test_the_kiosk_cannot_open_what_it_sealed() -> None:
    """Not with its own keys, whoever it claims the sender was."""
    with pytest.raises(SealError, match="other keys"):
        seal.open_envelope(ENVELOPE, KIOSK.public(), KIOSK)


def test_relabelling_an_envelope_for_the_own_keys_does_not_open_it() -> None:
    """Even a header rewritten and signed again by the kiosk does not open: the ciphertext is bound."""
    forged = bytearray(ENVELOPE[: -seal.SIGNATURE_SIZE])
    forged[4:12] = KIOSK.public().key_id
    resealed = bytes(forged) + KIOSK._sign(seal.ENVELOPE_DOMAIN + bytes(forged))
    with pytest.raises(SealError, match="does not open"):
        seal.open_envelope(resealed, KIOSK.public(), KIOSK)


def test_an_envelope_cannot_be_passed_off_under_another_number() -> None:
    """The TCN is bound into the ciphertext, not only signed over."""
    forged = bytearray(ENVELOPE[: -seal.SIGNATURE_SIZE])
    forged[16:31] = tcn(2).encode()
    resealed = bytes(forged) + KIOSK._sign(seal.ENVELOPE_DOMAIN + bytes(forged))
    assert seal.verify_envelope(resealed, KIOSK.public()).tcn == tcn(2)
    with pytest.raises(SealError, match="does not open"):
        seal.open_envelope(resealed, KIOSK.public(), HUB)


def test_a_stranger_cannot_seal_in_a_kiosks_name() -> None:
    """Sealing needs no secret, signing does."""
    stranger = keys(DEVICE + 1)
    envelope = seal.seal(SECRET, tcn(), "probe", HUB.public(), stranger)
    with pytest.raises(SealError):
        seal.open_envelope(envelope, KIOSK.public(), HUB)


@given(st.integers(0, len(ENVELOPE) - 1), st.integers(1, 255))
@settings(max_examples=150)
def test_no_changed_byte_goes_unnoticed(place: int, change: int) -> None:
    """Header, ciphertext or signature: any byte."""
    broken = bytearray(ENVELOPE)
    broken[place] ^= change
    with pytest.raises((BadBytes, SealError)):
        seal.open_envelope(bytes(broken), KIOSK.public(), HUB)


@given(st.binary(max_size=3000))
def test_noise_is_no_envelope(noise: bytes) -> None:
    """Any bytes from outside give a clear error."""
    with pytest.raises((BadBytes, SealError)):
        seal.open_envelope(noise, KIOSK.public(), HUB)


@pytest.mark.parametrize("size", [0, 1, len(ENVELOPE) // 2, len(ENVELOPE) - 1])
def test_a_cut_envelope_is_refused(size: int) -> None:
    """A torn file or message does not open half."""
    with pytest.raises((BadBytes, SealError)):
        seal.open_envelope(ENVELOPE[:size], KIOSK.public(), HUB)


def test_two_seals_of_the_same_bytes_differ() -> None:
    """Nobody can tell from the disk that two records are alike."""
    again = seal.seal(SECRET, tcn(), "probe", HUB.public(), KIOSK)
    assert again != ENVELOPE


def test_the_overhead_is_what_the_header_says() -> None:
    """The budget of a starved link counts on it."""
    assert len(ENVELOPE) == len(SECRET) + seal.OVERHEAD


def test_an_envelopes_signature_is_no_statements_signature() -> None:
    """Domains are separated: a signature cannot be moved from one kind of message to another."""
    with pytest.raises(SealError):
        KIOSK.public().verify(ENVELOPE[:-64], ENVELOPE[-64:])


def test_keys_never_show_in_a_repr() -> None:
    """Keys may be logged by accident; their bytes may not."""
    assert repr(KIOSK) == f"PrivateKeys(owner={DEVICE})"
    assert repr(KIOSK.public()) == f"PublicKeys(owner={DEVICE})"


@pytest.mark.parametrize("size", [0, 127, 129])
def test_keys_need_exactly_their_entropy(size: int) -> None:
    """Too little randomness must never make a key."""
    with pytest.raises(ValueError, match="128 random bytes"):
        seal.PrivateKeys.make(1, os.urandom(size))


def test_damaged_public_keys_are_refused() -> None:
    """A cut public key is noticed when it is read."""
    with pytest.raises(BadBytes):
        seal.PublicKeys(1, b"x" * 31, b"x" * 1216)
