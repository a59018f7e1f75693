"""Key files: made once, private ones kept private, damaged ones refused by name."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import keys

from hotspot_kiosk.errors import BadBytes, ConfigError, KeyMissing, Refused, SealError
from hotspot_kiosk.keyring import (
    HUB,
    PrivateFile,
    PublicFile,
    Trust,
    as_bytes,
    from_bytes,
    load_hub,
    load_peers,
    load_private,
    load_public,
    make_pair,
    save_public,
)
from hotspot_kiosk.terms import MAX_DEVICE

ENTROPY = bytes(range(128))
NOT_ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")


def made(folder: Path, stem: str = "kiosk", owner: int = 17) -> tuple[Path, Path]:
    """A pair of key files."""
    return make_pair(folder, stem, owner, "Green line 4", ENTROPY)


def test_a_pair_is_read_as_it_was_written(tmp_path: Path) -> None:
    """The private file and the public one hold the two halves of one machine's keys."""
    private, public = made(tmp_path)
    assert (private.name, public.name) == ("kiosk.key", "kiosk.pub")
    own, shown = load_private(private), load_public(public)
    assert own.owner == shown.owner == 17
    assert shown.name == "Green line 4"
    assert shown.keys() == own.public()


def test_signatures_fit_the_public_file(tmp_path: Path) -> None:
    """What the private keys sign verifies with the public file's."""
    private, public = made(tmp_path)
    load_public(public).keys().verify(b"said", load_private(private).sign(b"said"))


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_private_file_is_nobody_elses(umask: int, tmp_path: Path) -> None:
    """Mode 0600 from its first moment, whatever the umask."""
    before = os.umask(umask)
    try:
        private, public = made(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) & 0o600 == 0o600


def test_the_public_file_holds_nothing_private(tmp_path: Path) -> None:
    """Only the public halves stand in it."""
    _, public = made(tmp_path)
    fields = {"type", "owner", "name", "signing", "sealing", "generation"}
    assert json.loads(public.read_bytes()).keys() == fields


@pytest.mark.parametrize("there", ["kiosk.key", "kiosk.pub"])
def test_no_file_is_overwritten(there: str, tmp_path: Path) -> None:
    """If either file exists, neither is written, and the sentence says what to do."""
    (tmp_path / there).write_text("precious")
    with pytest.raises(ConfigError, match=rf"{there} exists already; move it away"):
        made(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "precious"


def test_no_link_is_followed(tmp_path: Path) -> None:
    """A link that leads nowhere is not written through."""
    (tmp_path / "kiosk.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="cannot be written"):
        made(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Below a file there is no folder for keys."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot be written into .*file/keys"):
        made(tmp_path / "file" / "keys")


@pytest.mark.parametrize("owner", [-1, MAX_DEVICE + 1, 1 << 40])
def test_no_keys_for_a_device_that_cannot_be(owner: int, tmp_path: Path) -> None:
    """A pair for an impossible device is not made."""
    with pytest.raises(ValueError, match="owner must be 0"):
        made(tmp_path, owner=owner)
    assert list(tmp_path.iterdir()) == []


def test_keys_need_their_randomness(tmp_path: Path) -> None:
    """Too few random bytes make no keys and leave no file."""
    with pytest.raises(ValueError, match="128 random bytes"):
        make_pair(tmp_path, "kiosk", 17, "x", b"short")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o644])
def test_a_private_file_that_others_may_touch_is_refused(mode: int, tmp_path: Path) -> None:
    """The sentence is the command that mends it."""
    private, _ = made(tmp_path)
    private.chmod(mode)
    with pytest.raises(ConfigError, match=rf"run: chmod 600 {private}"):
        load_private(private)


def test_a_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    """Both kinds of file are missed by name."""
    for load in (load_private, load_public):
        with pytest.raises(KeyMissing, match=r"nowhere\.key; run: hotspot keys make"):
            load(tmp_path / "nowhere.key")


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    """A folder in a key's place is named."""
    for load in (load_private, load_public):
        with pytest.raises(ConfigError, match=rf"{tmp_path} cannot be read"):
            load(tmp_path)


@NOT_ROOT
def test_a_key_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    """Another account's key is not silently missed."""
    private, _ = made(tmp_path)
    private.chmod(0)
    with pytest.raises(ConfigError, match=r"kiosk\.key cannot be read: Permission denied"):
        load_private(private)


def test_each_kind_of_file_is_no_other(tmp_path: Path) -> None:
    """A public file is no private one, nor the other way round."""
    private, public = made(tmp_path)
    public.chmod(0o600)
    with pytest.raises(BadBytes, match=r"kiosk\.pub is not a whole key file"):
        load_private(public)
    with pytest.raises(BadBytes, match=r"kiosk\.key is not a whole key file"):
        load_public(private)


BROKEN = {
    "empty": b"",
    "zeros": bytes(200),
    "foreign": b"-----BEGIN PRIVATE KEY-----\n",
    "no text": b"\xff\xfe{}",
    "another object": b"{}",
    "deep": b"[" * 100_000,
    "deep inside": b'{"type":"hotspot-public-1","owner":' + b"[" * 100_000,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_foreign_file_is_named(kind: str, tmp_path: Path) -> None:
    """What is no key file is refused by its name, and nothing of it is repeated."""
    path = tmp_path / "kiosk.key"
    path.write_bytes(BROKEN[kind])
    path.chmod(0o600)
    for load in (load_private, load_public):
        with pytest.raises(BadBytes, match=rf"^{path} is not a whole key file of the expected kind"):
            load(path)


@pytest.mark.parametrize("field", ["signing", "sealing", "owner", "name"])
@pytest.mark.parametrize("value", ["AAAA", -1, 1 << 40, None, "not base64!"])
def test_a_wrong_field_is_refused_with_the_files_name(field: str, value: object, tmp_path: Path) -> None:
    """A key of the wrong length, an impossible owner or a wrong type names the file."""
    _, public = made(tmp_path)
    entry = json.loads(public.read_bytes()) | {field: value}
    public.write_text(json.dumps(entry))
    if field == "name" and isinstance(value, str):
        assert load_public(public).name == value
        return
    with pytest.raises(BadBytes, match=r"kiosk\.pub is not a whole key file"):
        load_public(public)


def test_a_short_private_key_is_refused_with_the_files_name(tmp_path: Path) -> None:
    """So does a private key of the wrong length."""
    private, _ = made(tmp_path)
    entry = json.loads(private.read_bytes()) | {"mlkem_seed": "AAAA"}
    private.write_text(json.dumps(entry))
    with pytest.raises(BadBytes, match=r"kiosk\.key is not a whole key file"):
        load_private(private)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_read_whole(tmp_path: Path, draw: st.DataObject) -> None:
    """Whatever is cut off or overwritten, there are keys or one BadBytes, nothing else."""
    if not (tmp_path / "kiosk.pub").exists():
        made(tmp_path)
    whole = bytearray((tmp_path / "kiosk.pub").read_bytes())
    for _ in range(draw.draw(st.integers(0, 3))):
        whole[draw.draw(st.integers(0, len(whole) - 1))] = draw.draw(st.integers(0, 255))
    damaged = tmp_path / "damaged"
    damaged.write_bytes(bytes(whole[: draw.draw(st.integers(0, len(whole)))]))
    try:
        assert len(load_public(damaged).keys().signing) == 32
    except BadBytes as error:
        assert "damaged is not a whole key file" in str(error)  # noqa: PT017


def test_peers_are_found_by_their_number(tmp_path: Path) -> None:
    """Every kiosk's .pub of a folder counts; the hub's own and other files do not."""
    made(tmp_path, "a", 17)
    made(tmp_path, "b", HUB)
    (tmp_path / "notes.txt").write_text("x")
    assert load_peers(tmp_path).keys() == {17}


def test_two_files_of_one_device_are_refused(tmp_path: Path) -> None:
    """Nobody guesses which of two keys is the right one."""
    _, public = made(tmp_path)
    shutil.copyfile(public, tmp_path / "copy.pub")
    with pytest.raises(ConfigError, match=rf"two files in {tmp_path} claim to be device 17; remove one"):
        load_peers(tmp_path)


def test_one_damaged_peer_is_not_passed_over(tmp_path: Path) -> None:
    """A folder with a damaged file is refused, naming the file."""
    made(tmp_path)
    (tmp_path / "zz.pub").write_bytes(b"")
    with pytest.raises(BadBytes, match=r"zz\.pub"):
        load_peers(tmp_path)


@pytest.mark.parametrize("name", ["empty", "nowhere"])
def test_a_folder_without_peers_is_named(name: str, tmp_path: Path) -> None:
    """An empty folder and a missing one say what belongs there."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(KeyMissing, match=rf"no \.pub file in {tmp_path / name}; copy the other side's"):
        load_peers(tmp_path / name)


def test_the_hub_is_found_among_the_peers(tmp_path: Path) -> None:
    """A kiosk takes the hub's keys from its peers."""
    made(tmp_path, "hub", HUB)
    assert load_hub(tmp_path).newest == load_public(tmp_path / "hub.pub").keys()


def hub_file(generation: int) -> PublicFile:
    """The hub's public file of a generation."""
    half = keys(generation).public()
    return PublicFile(HUB, "hub", half.signing, half.sealing, generation)


def test_the_highest_generation_of_the_hub_is_the_newest(tmp_path: Path) -> None:
    """Whatever the files are called; the older ones still verify."""
    for generation in (2, 1, 3):
        save_public(tmp_path / f"{9 - generation}.pub", hub_file(generation))
    ring = load_hub(tmp_path)
    assert ring.newest == hub_file(3).keys()
    ring.verify(b"said", keys(1).sign(b"said"))
    with pytest.raises(SealError):
        ring.verify(b"said", keys(4).sign(b"said"))


def test_trust_moves_on_and_keeps_the_last(tmp_path: Path) -> None:
    """A newer key is kept across a restart, the one before it still counts, older ones do not."""
    save_public(tmp_path / "hub.pub", hub_file(1))
    trust = Trust(tmp_path)
    trust.add(hub_file(2))
    assert trust.ring == load_hub(tmp_path)
    assert [each.key_id for each in trust.ring.keys] == [hub_file(n).keys().key_id for n in (2, 1)]
    trust.add(hub_file(3))
    assert [each.key_id for each in load_hub(tmp_path).keys] == [hub_file(n).keys().key_id for n in (3, 2)]


@pytest.mark.parametrize("generation", [0, 1])
def test_trust_never_moves_back(tmp_path: Path, generation: int) -> None:
    """An old key that was lost cannot be brought back, nor a kiosk's key be the hub's."""
    save_public(tmp_path / "hub.pub", hub_file(1))
    with pytest.raises(Refused):
        Trust(tmp_path).add(hub_file(generation))
    half = keys(17).public()
    with pytest.raises(Refused):
        Trust(tmp_path).add(PublicFile(17, "kiosk", half.signing, half.sealing, 9))


def test_a_public_file_survives_a_message() -> None:
    """As an order carries it; nonsense is refused."""
    assert from_bytes(as_bytes(hub_file(2))) == hub_file(2)
    with pytest.raises(BadBytes):
        from_bytes(b"nonsense")


def test_a_missing_hub_is_named(tmp_path: Path) -> None:
    """Peers without the hub are not enough."""
    made(tmp_path)
    with pytest.raises(KeyMissing, match=r"the hub's public key is not in .*; copy hub\.pub there"):
        load_hub(tmp_path)


def test_no_key_shows_in_a_repr(tmp_path: Path) -> None:
    """Neither the keys nor the files' contents print a key."""
    private, public = made(tmp_path)
    secret = msgspec.json.decode(private.read_bytes(), type=PrivateFile)
    shown = load_public(public)
    for value in (secret, secret.keys(), shown, shown.keys()):
        assert "17" in repr(value)
        assert "b'" not in repr(value)
