"""Training and what is real never meet: each direction tried, at keys, envelopes, files, links, sticks and configs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from making import HUB, KIOSK, NOW, operation, tcn

from hotspot_kiosk import audit_chain, officers, realm, seal, seal_answer, stick, wire
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli import door
from hotspot_kiosk.config import HubConfig, KioskConfig, load
from hotspot_kiosk.demo import texts as real_texts
from hotspot_kiosk.errors import BadBytes, ConfigError, HotspotError, Refused, SealError, StorageFailed
from hotspot_kiosk.hub import assembly as hub_assembly
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.link.stick import Import
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.keyring import (
    Trust,
    as_bytes,
    check_realm,
    from_bytes,
    load_hub,
    load_peers,
    load_private,
    load_public,
    make_pair,
)
from hotspot_kiosk.kiosk import assembly as kiosk_assembly
from hotspot_kiosk.kiosk import installed
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.operation import Operation, sign, verify
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.sqlite import SqliteFile
from hotspot_kiosk.terms import TRAINING_DEVICES, ClockStamp, Part, Realm, Tcn, realm_of
from hotspot_kiosk.training import texts
from hotspot_kiosk.transports.loopback import Loopback, Switchboard
from hotspot_kiosk.transports.port import Arrived

REAL, TRAINING = Realm.REAL, Realm.TRAINING
DEVICE = TRAINING_DEVICES[1]
BOTH = pytest.mark.parametrize("mine", [REAL, TRAINING])


def keys(owner: int, which: Realm) -> PrivateKeys:
    """Keys of one realm; of the hub the very same bytes in both."""
    return PrivateKeys.make(owner, hashlib.shake_256(f"same bytes {owner}".encode()).digest(128), which)


HUBS = {which: keys(0, which) for which in Realm}
KIOSKS = {REAL: keys(17, REAL), TRAINING: keys(DEVICE, TRAINING)}
OTHER = {REAL: TRAINING, TRAINING: REAL}
NUMBERS = {which: Tcn.mint(2026, kiosk.owner, 1) for which, kiosk in KIOSKS.items()}


def signed(which: Realm) -> bytes:
    """An operation of this realm, for a kiosk of each."""
    return sign(operation(devices=(17, DEVICE), datasets=()), HUBS[which])


@BOTH
def test_the_same_bytes_are_other_keys(mine: Realm) -> None:
    """Whoever copies the bytes of one realm's key into a file of the other has another key: another id, no valid signature."""
    one, other = HUBS[mine], HUBS[OTHER[mine]]
    assert one.signing_seed == other.signing_seed
    assert one.public().key_id != other.public().key_id
    with pytest.raises(SealError):
        other.public().verify(b"said", one.sign(b"said"))


@BOTH
def test_nothing_is_sealed_for_the_other_realm(mine: Realm) -> None:
    """Not even by mistake."""
    with pytest.raises(SealError, match="the two never meet"):
        seal.seal(b"x", NUMBERS[mine], "probe", HUBS[OTHER[mine]].public(), KIOSKS[mine])


@BOTH
def test_an_envelope_does_not_open_in_the_other_realm(mine: Realm) -> None:
    """With the very bytes of the right key, and even with its first bytes changed to the other realm's."""
    envelope = seal.seal(b"x", NUMBERS[mine], "probe", HUBS[mine].public(), KIOSKS[mine])
    assert seal.peek(envelope).realm is mine
    assert seal.open_envelope(envelope, KIOSKS[mine].public(), HUBS[mine]) == b"x"
    forger = seal.seal(b"x", tcn(), "answer", HUBS[mine].public(), HUBS[mine])
    renamed = seal.MAGICS[OTHER[mine]] + forger[4:]
    for given in (forger, renamed):
        with pytest.raises(SealError):
            seal.open_envelope(given, HUBS[OTHER[mine]].public(), HUBS[OTHER[mine]])


@BOTH
def test_an_answer_does_not_open_in_the_other_realm(mine: Realm) -> None:
    """Its key comes from keys of one realm, its signature, too."""
    number, digest = NUMBERS[mine], bytes(32)
    key = seal_answer.reply_key(KIOSKS[mine], number)
    answer = seal_answer.seal_answer(b"no hit", number, digest, key, HUBS[mine], bytes(32))
    assert seal_answer.open_answer(answer, number, digest, HUBS[mine].public(), KIOSKS[mine]) == b"no hit"
    with pytest.raises(SealError):
        seal_answer.open_answer(answer, number, digest, HUBS[OTHER[mine]].public(), KIOSKS[mine])


@BOTH
def test_orders_and_rosters_count_in_their_realm_only(mine: Realm) -> None:
    """A training hub orders no real kiosk about and appoints nobody there, nor the other way round."""
    order = wire.sign_order(KIOSKS[mine].owner, 1, wire.OrderKind.REVOKE, b"", HUBS[mine])
    roster = officers.sign(officers.Roster(edition=1, made=NOW), HUBS[mine])
    wire.verify_order(order, HUBS[mine].public())
    officers.verify(roster, HUBS[mine].public())
    with pytest.raises(SealError):
        wire.verify_order(order, HUBS[OTHER[mine]].public())
    with pytest.raises(SealError):
        officers.verify(roster, HUBS[OTHER[mine]].public())


@BOTH
def test_an_operation_counts_in_its_realm_only(mine: Realm, tmp_path: Path) -> None:
    """Neither installed nor used, whatever its file is called; with its type renamed it is signed by nobody."""
    content = signed(mine)
    assert isinstance(verify(content, HUBS[mine].public()), Operation)
    foreign = HUBS[OTHER[mine]].public()
    with pytest.raises(SealError, match=f"it is a {mine} operation"):
        installed.install(tmp_path / "op", content, foreign, KIOSKS[OTHER[mine]].owner)
    (tmp_path / "op").write_bytes(content)
    with pytest.raises(Refused, match="cannot be used"):
        installed.current(tmp_path / "op", foreign)
    words = json.loads(content)
    words["type"] = json.loads(signed(OTHER[mine]))["type"]
    with pytest.raises(SealError):
        verify(json.dumps(words).encode(), foreign)


def test_a_training_operation_asks_no_partner() -> None:
    """It is not even signed."""
    with pytest.raises(ConfigError, match="asks no partner"):
        sign(operation(), HUBS[TRAINING])


@BOTH
def test_a_number_tells_its_realm(mine: Realm) -> None:
    """A device's number, and so every TCN that it mints, is of one realm; keys for another number are not made."""
    assert realm_of(NUMBERS[mine].device) is mine
    for made in (
        lambda: keys(KIOSKS[OTHER[mine]].owner, mine),
        lambda: keys(98_000 if mine is REAL else 97_999, mine),
    ):
        with pytest.raises(BadBytes, match="are for training"):
            made()


@BOTH
def test_a_hub_takes_nothing_of_the_other_realm(mine: Realm, tmp_path: Path) -> None:
    """By message or by stick, from a kiosk whose public half somebody put among its peers: nothing is kept."""
    other = OTHER[mine]
    kiosk = KIOSKS[other]
    envelope = seal.seal(b"x", NUMBERS[other], "probe", HUBS[other].public(), kiosk)
    store = store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db", realm=mine))
    half = kiosk.public()
    kind = {REAL: "hotspot-public-1", TRAINING: "hotspot-training-public-1"}[other]
    names = {"type": kind, "owner": half.owner, "name": "post"}
    file = from_bytes(
        json.dumps(names | {key: _base64(getattr(half, key)) for key in ("signing", "sealing")}).encode()
    )
    inbox = Inbox(store, HUBS[mine], {half.owner: file}, lambda: NOW)
    size = len(envelope)
    outcome = inbox.take(half.owner, wire.Chunk(str(NUMBERS[other]), Part.PROBE, size, 0, envelope))
    assert outcome.delivered is None
    assert any("never meet" in why for why in inbox.ignored)
    folder = tmp_path / "stick"
    folder.mkdir()
    carried = stick.Stick(folder)
    carried.write(half.owner, stick.name_of(NUMBERS[other], Part.PROBE, stick.SEALED), envelope)
    Import(
        carried, lambda d, m: inbox.take(d, m).replies, lambda *_: None, {half.owner: file}, inbox.ignored
    ).run()
    assert not store.inbox.entries()
    store.close()


def _base64(data: bytes) -> str:
    return str(json.loads(msgspec.json.encode(data)))


@BOTH
def test_a_stick_of_the_other_realm_is_left_aside(mine: Realm, tmp_path: Path) -> None:
    """Its kiosks are strangers to the hub."""
    other = OTHER[mine]
    envelope = seal.seal(b"x", NUMBERS[other], "probe", HUBS[other].public(), KIOSKS[other])
    carried = stick.Stick(tmp_path)
    carried.write(KIOSKS[other].owner, stick.name_of(NUMBERS[other], Part.PROBE, stick.SEALED), envelope)
    run = Import(carried, lambda *_: pytest.fail("taken"), lambda *_: None, {KIOSKS[mine].owner: None}, {})  # type: ignore[dict-item, arg-type, return-value]
    run.run()
    assert any("not among the peers" in why for why in run.tally.aside)


@BOTH
def test_on_one_broker_neither_hears_the_other(mine: Realm) -> None:
    """Kiosks speak and listen on topics of their realm; so do hubs."""
    board, heard = Switchboard(), []
    hub = Loopback(board)
    hub.open(
        "hub",
        [wire.up_filter(mine)],
        lambda event: heard.append(event) if isinstance(event, Arrived) else None,
    )
    board.send("kiosk", wire.up_topic(KIOSKS[OTHER[mine]].owner), b"foreign")
    board.send("kiosk", wire.up_topic(KIOSKS[mine].owner), b"own")
    hub.close()
    assert [event.payload for event in heard] == [b"own"]
    assert wire.all_topic(mine) != wire.all_topic(OTHER[mine])
    assert wire.device_of(wire.up_topic(KIOSKS[mine].owner)) == KIOSKS[mine].owner


@BOTH
def test_a_journal_says_what_it_is(mine: Realm, tmp_path: Path) -> None:
    """In every line; renamed, no line holds, and it holds under no key of the other realm."""
    journal = Journal(tmp_path / "journal", HUBS[mine], lambda: (NOW, True))
    journal.write(Deed.STARTED)
    journal.export(tmp_path / "out")
    lines = (tmp_path / "out").read_bytes().splitlines()
    assert [b"training" in line for line in lines] == [mine is TRAINING] * len(lines)
    assert audit_chain.verify(lines, HUBS[mine].public()).last == 1
    swap = (b'"line":"entry"', b'"line":"training entry"')
    swap = swap if mine is REAL else swap[::-1]
    renamed = [line.replace(*swap) for line in lines]
    for given, key in ((lines, OTHER[mine]), (renamed, mine), (renamed, OTHER[mine])):
        with pytest.raises(BadBytes):
            audit_chain.verify(given, HUBS[key].public())


@BOTH
def test_a_file_of_the_other_realm_is_not_opened(mine: Realm, tmp_path: Path) -> None:
    """Neither a kiosk's nor a hub's; and a file that holds something never becomes another."""
    schema = "CREATE TABLE IF NOT EXISTS t (n INTEGER) STRICT;"
    SqliteFile(tmp_path / "file", schema, "box", realm=mine).close()
    SqliteFile(tmp_path / "file", schema, "box", realm=mine).close()
    with pytest.raises(StorageFailed, match=r"training never opens it|never kept in it"):
        SqliteFile(tmp_path / "file", schema, "box", realm=OTHER[mine])
    store = store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db", realm=mine))
    store.backup(tmp_path / "copy.db")
    store.close()
    for name in ("hub.db", "copy.db"):
        with pytest.raises(StorageFailed):
            store_sqlite.build(store_sqlite.Options(path=tmp_path / name, realm=OTHER[mine]))


class Houses:
    """A kiosk and a hub of one realm on disk, as a bench lays them out."""

    def __init__(self, root: Path, which: Realm) -> None:
        self.root, self.realm = root, which
        root.mkdir()
        if which is TRAINING:
            realm.mark(root)
        (root / "camera").mkdir()
        for stem, owner in (("hub", 0), ("kiosk", 17 if which is REAL else DEVICE)):
            (root / stem / "peers").mkdir(parents=True)
            make_pair(
                root / stem, stem, owner, stem, hashlib.shake_256(stem.encode()).digest(128), realm=which
            )
        self._introduce("hub", "kiosk")
        self._introduce("kiosk", "hub")
        source = texts if which is TRAINING else real_texts
        words = {"device": DEVICE if which is TRAINING else 17, "root": root, "models": root}
        words |= {"link_port": 1, "broker_port": 1, "page_port": 8090}
        self.kiosk, self.hub = root / "kiosk" / "kiosk.toml", root / "hub" / "hub.toml"
        self.kiosk.write_text(source.KIOSK.format(**words))
        self.hub.write_text(source.HUB.format(**words))

    def _introduce(self, one: str, other: str) -> None:
        shutil.copy(self.root / one / f"{one}.pub", self.root / other / "peers")

    def change(self, file: Path, old: str, new: str) -> None:
        """Another line in a config."""
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


@pytest.fixture
def houses(tmp_path: Path) -> Callable[[Realm], Houses]:
    """Make them."""
    return lambda which: Houses(tmp_path / which, which)


@BOTH
def test_configs_of_each_realm_are_read(mine: Realm, houses: Callable[[Realm], Houses]) -> None:
    """The bench's own files, unchanged."""
    made = houses(mine)
    assert load(made.kiosk, KioskConfig).realm is mine
    assert load(made.hub, HubConfig).realm is mine
    hub_assembly.open_store(load(made.hub, HubConfig), made.hub.parent).close()


@BOTH
@pytest.mark.parametrize("house", ["kiosk", "hub"])
def test_a_flag_alone_changes_nothing(mine: Realm, house: str, houses: Callable[[Realm], Houses]) -> None:
    """A config that says the other word refuses: its folder does not."""
    made = houses(mine)
    file = getattr(made, house)
    flag = ("[keys]", "training = true\n\n[keys]") if mine is REAL else ("training = true\n", "")
    made.change(file, *flag)
    if house == "kiosk":
        swap = ('agency = "DEMO"', 'agency = "TRAINING"')
        real = ('agency = "TRAINING"', 'agency = "DEMO"')
        made.change(file, *(swap if mine is REAL else real))
        if mine is TRAINING:
            made.change(file, f'coach = "{made.root}/coach"', "")
    with pytest.raises(ConfigError, match=r"lies in"):
        load(file, KioskConfig if house == "kiosk" else HubConfig)


@BOTH
@pytest.mark.parametrize("what", ['"kiosk.key"', '"peers"', '"outbox.db"', '"operation.op"'])
def test_no_path_leads_into_the_other_realm(
    mine: Realm, what: str, houses: Callable[[Realm], Houses]
) -> None:
    """A real kiosk that names a training's key, peers, outbox or operation refuses, and the reverse."""
    made, other = houses(mine), houses(OTHER[mine])
    made.change(made.kiosk, what, f'"{other.root}/kiosk/{what[1:]}')
    with pytest.raises(ConfigError, match=r"lies in (a|no) folder for training"):
        load(made.kiosk, KioskConfig)


@BOTH
@pytest.mark.parametrize("house", ["kiosk", "hub"])
def test_keys_of_the_other_realm_start_nothing(
    mine: Realm, house: str, houses: Callable[[Realm], Houses], tmp_path: Path
) -> None:
    """Though they were copied into the right folder: neither its own key nor its peers' may be of the other realm."""
    made, other = houses(mine), houses(OTHER[mine])
    for name in (f"{house}.key", f"{house}.pub"):
        shutil.copy2(other.root / house / name, made.root / house / name)
    with pytest.raises(ConfigError, match=r"mixes training|belongs to device"):
        _build(made, house)
    shutil.rmtree(made.root)
    made = houses(mine)
    shutil.rmtree(made.root / house / "peers")
    shutil.copytree(other.root / house / "peers", made.root / house / "peers")
    with pytest.raises(ConfigError, match="mixes training"):
        _build(made, house)


def _build(made: Houses, house: str) -> None:
    if house == "hub":
        hub_assembly.build(load(made.hub, HubConfig), made.hub.parent)
    else:
        kiosk_assembly.build(load(made.kiosk, KioskConfig), made.kiosk.parent)


def test_peers_of_both_realms_are_refused(houses: Callable[[Realm], Houses], tmp_path: Path) -> None:
    """One folder, one realm; and no key of the other is taken in by an order."""
    real, training = houses(REAL), houses(TRAINING)
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for number, made in enumerate((real, training)):
        shutil.copy(made.root / "hub" / "hub.pub", mixed / f"hub-{number}.pub")
    for look in (load_peers, load_hub):
        with pytest.raises(ConfigError, match="mixes real keys"):
            look(mixed)
    newer = training.root / "newer"
    make_pair(newer, "hub", 0, "hub", bytes(128), 2, TRAINING)
    trust = Trust(real.root / "kiosk" / "peers")
    with pytest.raises(Refused):
        trust.add(from_bytes(as_bytes(load_public(newer / "hub.pub"))))
    own = load_private(real.root / "hub" / "hub.key")
    with pytest.raises(ConfigError):
        check_realm(own, REAL, TRAINING)


def test_a_renamed_key_file_is_no_key_of_its_kiosk(houses: Callable[[Realm], Houses]) -> None:
    """The type in the file is part of the key: a kiosk's number does not fit, a hub's signs nothing that counts."""
    made = houses(TRAINING)
    for stem in ("kiosk", "hub"):
        path = made.root / stem / f"{stem}.key"
        before = load_private(path)
        path.write_text(path.read_text().replace("hotspot-training-private-1", "hotspot-private-1"))
        if stem == "kiosk":
            with pytest.raises(BadBytes, match="not a whole key file"):
                load_private(path)
            continue
        with pytest.raises(SealError):
            before.public().verify(b"said", load_private(path).sign(b"said"))


WRONG = {
    "a camera": ('driver = "folder"', 'driver = "picamera"', "looks at nobody"),
    "another machine": ('host = "127.0.0.1"', 'host = "hub.example.org"', "stays on this machine"),
    "an update agent": (
        "[operation]",
        '[update]\nstate = "u.db"\n[operation]',
        r"no \[renewal\], \[update\]",
    ),
    "a certificate": ("[operation]", "[renewal]\n[operation]", r"no \[renewal\]"),
    "an agency": ('agency = "TRAINING"', 'agency = "POLICE"', "which has no other"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_training_kiosk_has_nothing_real_about_it(what: str, houses: Callable[[Realm], Houses]) -> None:
    """No camera, no other machine, no update over the link, no other agency in its records."""
    made = houses(TRAINING)
    old, new, why = WRONG[what]
    made.change(made.kiosk, old, new)
    with pytest.raises(ConfigError, match=why):
        load(made.kiosk, KioskConfig)


def test_a_real_kiosk_has_nothing_of_training(houses: Callable[[Realm], Houses]) -> None:
    """Neither its agency nor a coach."""
    made = houses(REAL)
    made.change(made.kiosk, 'agency = "DEMO"', 'agency = "TRAINING"')
    with pytest.raises(ConfigError, match="is for training"):
        load(made.kiosk, KioskConfig)
    made.change(made.kiosk, 'agency = "TRAINING"', 'agency = "DEMO"')
    with made.kiosk.open("a") as config:
        config.write('\n[page]\ncoach = "coach"\n')
    with pytest.raises(ConfigError, match=r"page\.coach is for training"):
        load(made.kiosk, KioskConfig)


@pytest.mark.parametrize(
    "line", ["[exchange.INTERPOL]\n", "[renewal]\nauthority = 'a'\nauthority_key = 'b'\nregister = 'c'\n"]
)
def test_a_training_hub_asks_no_partner(line: str, houses: Callable[[Realm], Houses]) -> None:
    """Its config is refused before anything starts."""
    made = houses(TRAINING)
    with made.hub.open("a") as config:
        config.write(f"\n{line}")
    with pytest.raises(ConfigError, match="asks no partner"):
        load(made.hub, HubConfig)


def test_a_training_hub_shares_no_database(houses: Callable[[Realm], Houses]) -> None:
    """Its gallery is a file of its own, and its config cannot say that this file is real."""
    made = houses(TRAINING)
    made.change(made.hub, 'driver = "store_sqlite"\npath = "hub.db"', 'driver = "store_postgres"\ndsn = ""')
    with pytest.raises(ConfigError, match="a file of its own"):
        load(made.hub, HubConfig)
    made.change(
        made.hub,
        'driver = "store_postgres"\ndsn = ""',
        'driver = "store_sqlite"\npath = "hub.db"\nrealm = "real"',
    )
    with pytest.raises(ConfigError, match="no setting called"):
        hub_assembly.open_store(load(made.hub, HubConfig), made.hub.parent)


def test_a_training_kiosk_touches_nobody(houses: Callable[[Realm], Houses]) -> None:
    """Its finger sensor is at a pseudo-terminal or it does not start: a plain file and a serial line's place will not do."""
    made = houses(TRAINING)
    config = load(made.kiosk, KioskConfig)
    with pytest.raises(ConfigError, match="start the training with"):
        kiosk_assembly.no_real_finger(config, made.kiosk.parent)
    for line in ("/dev/null", str(made.kiosk)):
        (made.root / "serial").symlink_to(line)
        with pytest.raises(ConfigError, match="touches nobody"):
            kiosk_assembly.no_real_finger(config, made.kiosk.parent)
        (made.root / "serial").unlink()


@BOTH
def test_an_outbox_with_records_of_the_other_realm_starts_no_kiosk(
    mine: Realm, houses: Callable[[Realm], Houses]
) -> None:
    """Their numbers say what they are."""
    made, number = houses(mine), NUMBERS[OTHER[mine]]
    config = load(made.kiosk, KioskConfig)
    outbox = Outbox(config.outbox.path)
    outbox.put(number, ClockStamp("boot", 1, NOW, True), [(Part.PROBE, b"sealed")])
    outbox.close()
    with (
        config.outbox.path.with_name("running").open("ab") as only,
        pytest.raises(ConfigError, match="give this kiosk"),
    ):
        kiosk_assembly._outbox(config, only)


@pytest.mark.parametrize("flags", [[], ["--training"]])
def test_the_command_makes_keys_of_one_realm(flags: list[str], tmp_path: Path) -> None:
    """And shows which."""
    words = ["keys", "make", "hub", "--name", "Bureau", "--folder", str(tmp_path), *flags]
    assert CliRunner().invoke(door, words).exit_code == 0
    shown = CliRunner().invoke(door, ["keys", "show", "--json", str(tmp_path / "hub.pub")])
    assert json.loads(shown.output)["realm"] == ("training" if flags else "real")


def test_a_training_number_is_needed_for_training_keys(tmp_path: Path) -> None:
    """A kiosk's number that does not fit is refused in words."""
    words = [
        "keys",
        "make",
        "kiosk",
        "--device",
        "17",
        "--name",
        "x",
        "--folder",
        str(tmp_path),
        "--training",
    ]
    outcome = CliRunner().invoke(door, words)
    assert isinstance(outcome.exception, HotspotError)
    assert "are for training" in str(outcome.exception)
    assert (HUB.realm, KIOSK.realm) == (REAL, REAL)


def test_who_may_not_look_into_a_folder_is_not_kept_from_its_settings(tmp_path: Path) -> None:
    """The pages read the daemon's settings and are shut out of its folders, as their unit says."""
    shut = tmp_path / "shut"
    (shut / "keys").mkdir(parents=True)
    shut.chmod(0)
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(PermissionError):
            (shut / "keys" / realm.MARK).stat()
        realm.check_places(realm.Realm.REAL, [shut / "keys"])
    finally:
        os.seteuid(own)
        shut.chmod(0o700)
