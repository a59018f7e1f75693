"""A new machine becomes a kiosk by its own keys and a person's word at the hub, and nobody becomes one otherwise."""

import os
import shlex
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from making import HUB, NOW, keys
from newcomer_rig import POST, Bureau, Machine

from hotspot_kiosk import provisioning, wire
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.provision import waiting
from hotspot_kiosk.hub.provision.answering import WITHDRAWN
from hotspot_kiosk.keyring import load_peers, load_private
from hotspot_kiosk.kiosk import assembly as kiosk_assembly
from hotspot_kiosk.kiosk.link.orders import ORDERS, Orders
from hotspot_kiosk.kiosk.provision import settling
from hotspot_kiosk.kiosk.provision.asking import Asking
from hotspot_kiosk.kiosk.provision.bureau import read
from hotspot_kiosk.kiosk.provision.first import ANSWER, First
from hotspot_kiosk.kiosk.provision.safe import Disk
from hotspot_kiosk.provisioning import Granted, Told
from hotspot_kiosk.simulator.broker import Files
from hotspot_kiosk.transports.loopback import Loopback, Switchboard

SETUP = Path(__file__).resolve().parents[1] / "image-build/overlay/usr/lib/hotspot/setup"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Certificates."""
    return Files(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def bureau(tmp_path: Path, pki: Files) -> Bureau:
    """A hub's folder."""
    return Bureau(tmp_path / "hub", pki)


@pytest.fixture
def machine(tmp_path: Path, bureau: Bureau) -> Machine:
    """A new machine."""
    return Machine(tmp_path / "new", bureau.known)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A mounted stick."""
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


def carried(bureau: Bureau, machine: Machine, stick: Path, number: int = 17) -> None:
    """The whole way of a machine by stick."""
    code = machine.code()
    assert machine.run("--stick", str(stick)).exit_code == 0
    assert bureau.run("provision", "stick", str(stick)).exit_code == 0
    done = bureau.run("provision", "accept", code, "--number", str(number), "--post", POST)
    assert done.exit_code == 0, (done.output, done.exception)
    assert bureau.run("provision", "stick", str(stick)).exit_code == 0
    done = machine.run("--stick", str(stick))
    assert done.exit_code == 0, (done.output, done.exception)


def request_of(machine: Machine) -> bytes:
    """What it asks."""
    machine.code()
    return (machine.state / "provision" / "request").read_bytes()


def test_by_a_stick_a_machine_becomes_a_kiosk_that_its_daemon_accepts(
    bureau: Bureau, machine: Machine, stick: Path
) -> None:
    """Its configuration is whole; key, certificate and number belong together; of the first steps nothing is left."""
    carried(bureau, machine, stick)
    tables = load(machine.config, KioskConfig)
    assert (tables.kiosk.device, tables.kiosk.post, tables.session.touches) == (17, POST, 2)
    own = load_private(tables.keys.own)
    assert own.owner == 17
    admitted = load_peers(bureau.folder / "peers")[17]
    assert (admitted.keys(), admitted.name) == (own.public(), POST)
    link = Path(tables.link["certificate"]).read_bytes()
    certificates.check(link, link, 17)
    assert list((machine.state / "provision").iterdir()) == []
    assert stat.S_IMODE(machine.config.stat().st_mode) == 0o644
    private = [tables.keys.own, Path(tables.link["key"])]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert "kiosk already" in machine.run().output


def test_what_the_bureau_is_may_come_on_the_stick(tmp_path: Path, bureau: Bureau, stick: Path) -> None:
    """A machine that knows no bureau takes it from there, all of it public."""
    machine = Machine(tmp_path / "bare", tmp_path / "bare-etc" / "bureau")
    assert isinstance(machine.run("--step", "keys").exception, Refused)
    assert bureau.run("provision", "stick", str(stick), "--bureau", str(bureau.known)).exit_code == 0
    assert machine.run("--stick", str(stick)).exit_code == 0
    carried(bureau, machine, stick)
    assert not [
        path for path in stick.rglob("*") if b"PRIVATE" in (path.read_bytes() if path.is_file() else b"")
    ]


def test_an_image_is_provisioned_by_a_stick_that_goes_there_and_back(
    tmp_path: Path, bureau: Bureau, stick: Path
) -> None:
    """Nobody can log in there: plugged in, it learns its bureau and writes its request; plugged in again, it is a kiosk."""
    machine = Machine(tmp_path / "card", tmp_path / "card" / "etc" / "bureau")
    machine.config.parent.mkdir()
    assert bureau.run("provision", "stick", str(stick), "--bureau", str(bureau.known)).exit_code == 0
    (stick / "etc").mkdir()
    (stick / "etc" / "hub-addresses").write_text("192.0.2.7\n")
    said = plugged_in(machine, stick)
    assert said[-2:] == [
        "stop hotspot-provision",
        "--no-block start hotspot-firewall hotspot-maintainer hotspot-provision",
    ]
    assert machine.known.stat().st_mode & 0o055 == 0o055
    assert not machine.config.exists()
    assert bureau.run("provision", "stick", str(stick)).exit_code == 0
    accepted = bureau.run("provision", "accept", machine.code(), "--number", "17", "--post", POST)
    assert accepted.exit_code == 0, accepted.output
    assert bureau.run("provision", "stick", str(stick)).exit_code == 0
    assert "hotspot-kiosk" in plugged_in(machine, stick)[-1]
    assert load(machine.config, KioskConfig).kiosk.device == 17
    assert (machine.config.parent / "hub-addresses").read_text() == "192.0.2.7\n"


def plugged_in(machine: Machine, stick: Path) -> list[str]:
    """What the image's set-up does with a stick that is mounted already; returns what it asked of systemd so far."""
    programs, asked = machine.folder / "programs", machine.folder / "asked"
    programs.mkdir(exist_ok=True)
    places = " ".join(shlex.quote(word) for word in machine.words()[2:])
    scripts = {
        "systemctl": f'printf "%s\\n" "$*" >>{asked}',
        "hotspot": f'[ "$1 $2" = "kiosk provision" ] || exit 2; shift 2\nexec {sys.executable} -c "from hotspot_kiosk.cli import main; main()" kiosk provision {places} "$@"',
    }
    for name, text in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    given = {"STICK": stick, "DATA": machine.folder, "HOME": machine.state, "PROGRAM": programs / "hotspot"}
    done = subprocess.run(
        ["sh", SETUP],
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            **{f"HOTSPOT_{key}": str(each) for key, each in given.items()},
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return asked.read_text().splitlines()


def test_only_the_whole_code_makes_a_kiosk(bureau: Bureau, machine: Machine, tmp_path: Path) -> None:
    """Half of it, another's, or a wrong sign make nobody anything; the list shows too little to copy it."""
    newcomers, code = bureau.newcomers(), machine.code()
    newcomers.answering.answer(request_of(machine))
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    other = Machine(tmp_path / "other", bureau.known).code()
    for typed in (code[:9], wrong, other, "?" * 19):
        done = bureau.run("provision", "accept", typed, "--number", "17", "--post", POST)
        assert isinstance(done.exception, Refused), done.output
    listed = bureau.run("provision", "list").output
    assert code[:4] in listed
    assert code[5:9] not in listed
    assert list((bureau.folder / "peers").iterdir()) == []


def test_a_code_is_read_as_people_type_it() -> None:
    """Small letters, no dashes, O for 0, I and L for 1; its 16 signs are 80 bits."""
    assert provisioning.typed("o1ab-cdef ghjk-mnpq".replace("1", "l")) == "01ABCDEFGHJKMNPQ"
    assert len(provisioning.ALPHABET) ** provisioning.CODE_LENGTH == 2**80


def test_every_word_of_a_request_is_in_its_code(machine: Machine) -> None:
    """So whoever exchanges a key on the way changes what people compare, or breaks the signature."""
    asked = provisioning.read_ask(request_of(machine))
    for name in ("signing", "sealing", "request", "hub", "about"):
        value = getattr(asked, name)
        changed = msgspec.structs.replace(
            asked, **{name: value[:-1] + ("x" if isinstance(value, str) else b"x")}
        )
        assert provisioning.code_of(changed) != provisioning.code_of(asked)
        with pytest.raises((SealError, BadBytes)):
            provisioning.read_ask(msgspec.msgpack.encode(changed))


def test_a_request_again_changes_nothing_and_gets_the_same_answer(bureau: Bureau, machine: Machine) -> None:
    """Before and after it was accepted, whoever sends it; no second certificate is made."""
    answering, payload, code = bureau.newcomers().answering, request_of(machine), machine.code()
    assert answering.answer(payload) == answering.answer(payload)
    bureau.run("provision", "accept", code, "--number", "17", "--post", POST)
    before = {path: path.read_bytes() for path in bureau.folder.rglob("*") if path.is_file()}
    first = answering.answer(payload)
    assert first == bureau.newcomers().answering.answer(payload)
    assert {path: path.read_bytes() for path in before} == before
    again = bureau.run("provision", "accept", code, "--number", "17", "--post", POST)
    assert again.exit_code == 0
    assert answering.answer(payload) == first


@pytest.mark.parametrize("topic", ["p/0000000000000000", "p/", "r/17"])
def test_a_request_under_another_code_is_not_heard(bureau: Bureau, machine: Machine, topic: str) -> None:
    """Nothing is kept of it."""
    answering = bureau.newcomers().answering
    assert answering.take(topic, request_of(machine)) is None
    assert answering.take(topic, b"noise") is None
    assert sum(answering.ignored.values()) == 2
    assert list((bureau.folder / "newcomers").glob("*.json")) == []


def test_a_number_is_never_given_twice(bureau: Bureau, machine: Machine, stick: Path, tmp_path: Path) -> None:
    """Not of a kiosk that is there, nor of one that was withdrawn and whose key somebody removed."""
    carried(bureau, machine, stick)
    assert bureau.withdraw("17", "--stolen").exit_code == 0
    (bureau.folder / "peers" / "kiosk-00017.pub").unlink()
    (bureau.folder / "newcomers" / f"{bureau.newcomers().room.named(17)[0]}.json").unlink()  # type: ignore[index]
    other = Machine(tmp_path / "other", bureau.known)
    bureau.newcomers().answering.answer(request_of(other))
    done = bureau.run("provision", "accept", other.code(), "--number", "17", "--post", POST)
    assert "never given twice" in str(done.exception)
    assert bureau.run("provision", "accept", other.code(), "--number", "18", "--post", POST).exit_code == 0


def test_a_kiosk_that_trusts_another_hub_is_not_accepted(bureau: Bureau, machine: Machine) -> None:
    """Somebody gave it another bureau's key: it would hear that one."""
    asked = provisioning.ask(keys(5), certificates.make_request().certificate, keys(9).public(), "a board")
    bureau.newcomers().answering.answer(asked)
    code = provisioning.code_of(provisioning.read_ask(asked))
    done = bureau.run("provision", "accept", code, "--number", "17", "--post", POST)
    assert "another hub" in str(done.exception)


def test_who_was_refused_reads_why_and_may_ask_with_new_keys(
    bureau: Bureau, machine: Machine, stick: Path
) -> None:
    """The old code is never accepted any more."""
    old = machine.code()
    machine.run("--stick", str(stick))
    bureau.run("provision", "stick", str(stick))
    assert bureau.run("provision", "refuse", old[:4], "--reason", "nobody knows this board").exit_code == 0
    bureau.run("provision", "stick", str(stick))
    assert "nobody knows this board" in str(machine.run("--stick", str(stick)).exception)
    done = bureau.run("provision", "accept", old, "--number", "17", "--post", POST)
    assert isinstance(done.exception, Refused)
    machine.run("--anew", "--step", "keys")
    assert machine.code() != old
    carried(bureau, machine, stick)


@pytest.mark.parametrize("step", range(6))
def test_cut_off_at_any_write_it_goes_on(
    bureau: Bureau, machine: Machine, stick: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power goes before the n-th of six files is put in place; run again, the machine is the same kiosk in the end."""
    machine.code()
    machine.run("--stick", str(stick))
    bureau.run("provision", "stick", str(stick))
    bureau.run("provision", "accept", machine.code(), "--number", "17", "--post", POST)
    bureau.run("provision", "stick", str(stick))
    done, whole = [0], Path.replace

    def cut(self: Path, target: Path) -> Path:
        done[0] += 1
        if done[0] == step + 1:
            raise KeyboardInterrupt
        return whole(self, target)

    with monkeypatch.context() as power:
        power.setattr(Path, "replace", cut)
        assert machine.run("--stick", str(stick)).exit_code != 0
    assert not machine.config.exists()
    assert machine.run("--stick", str(stick)).exit_code == 0
    tables = load(machine.config, KioskConfig)
    assert load_private(tables.keys.own).public() == load_peers(bureau.folder / "peers")[17].keys()
    assert list((machine.state / "provision").iterdir()) == []


def test_a_hub_that_was_cut_off_after_it_decided_finishes_when_the_kiosk_asks(
    bureau: Bureau, machine: Machine
) -> None:
    """The key is among the peers before the kiosk hears of its number."""
    newcomers, payload = bureau.newcomers(), request_of(machine)
    newcomers.answering.answer(payload)
    newcomers.admission.accept(machine.code(), 17, POST, newcomers.terms)
    (bureau.folder / "peers" / "kiosk-00017.pub").unlink()
    assert newcomers.answering.answer(payload)[1]
    assert 17 in load_peers(bureau.folder / "peers")


def first_of(machine: Machine) -> First:
    """Its first steps."""
    return First(machine.state / "provision", read(machine.known).hub, Disk())


def test_answers_that_are_not_the_hubs_to_this_machine_change_nothing(
    bureau: Bureau, machine: Machine, tmp_path: Path
) -> None:
    """A stranger's grant, another kiosk's, a stranger's refusal, noise."""
    other, newcomers = Machine(tmp_path / "other", bureau.known), bureau.newcomers()
    newcomers.answering.answer(request_of(other))
    newcomers.admission.accept(other.code(), 18, POST, newcomers.terms)
    foreign = newcomers.answering.answer(request_of(other))[1]
    asked = provisioning.read_ask(request_of(machine))
    code = provisioning.code_of(asked)
    grant = provisioning.Grant(code, 17, POST, "XPO", "DEMO", b"", "", b"")
    forged = provisioning.grant(grant, asked, keys(9), NOW.year)
    first = first_of(machine)
    for payload in (foreign, forged, provisioning.tell(code, "no", keys(9)), b"noise", b""):
        with pytest.raises((BadBytes, SealError)):
            first.hear(payload)
    assert not first.answered


def test_a_grant_for_other_link_keys_is_put_away_and_asked_for_again(
    bureau: Bureau, machine: Machine
) -> None:
    """Whatever the hub signs, a certificate for another key makes no kiosk."""
    asked = provisioning.read_ask(request_of(machine))
    code, hub = provisioning.code_of(asked), load_private(bureau.folder / "hub.key")
    term = certificates.Term(NOW, 30)
    stolen = certificates.make_kiosk(bureau.files.device_ca, 17, term).certificate
    grant = provisioning.Grant(code, 17, POST, "XPO", "DEMO", stolen, "", b"")
    first = first_of(machine)
    first.hear(provisioning.grant(grant, asked, hub, NOW.year))
    assert isinstance(machine.run("--step", "settle").exception, BadBytes)
    assert not (machine.state / "provision" / ANSWER).exists()
    assert not machine.config.exists()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("[keys]\nown = '/etc/shadow'\n", "not its to decide"),
        ("[camera]\ndriver = 'folder'\n", "not its to decide"),
        ("[link]\nhost = 5\n", "link"),
        ("[session]\ntouches = 99\n", "touches"),
        ("[page\n", "TOML"),
    ],
)
def test_a_hub_decides_only_its_own_tables(bureau: Bureau, machine: Machine, settings: str, why: str) -> None:
    """And a machine whose daemon could not start with what it got is no kiosk."""
    asked, first = provisioning.read_ask(request_of(machine)), first_of(machine)
    code, hub = provisioning.code_of(asked), load_private(bureau.folder / "hub.key")
    certificate = certificates.renew(bureau.files.device_ca, asked.request, 17, certificates.Term(NOW, 30))
    grant = provisioning.Grant(code, 17, POST, "XPO", "DEMO", certificate, settings, b"")
    first.hear(provisioning.grant(grant, asked, hub, NOW.year))
    assert why in str(machine.run("--step", "settle").exception)
    assert not machine.config.exists()


def test_strangers_fill_no_disk(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many wait; what nobody decided about for two weeks makes room."""
    monkeypatch.setattr(waiting, "MOST_WAITING", 3)
    room, request = bureau.newcomers().room, certificates.make_request().certificate
    payloads = [provisioning.ask(keys(n), request, HUB.public(), "board") for n in range(1, 6)]
    codes = [provisioning.code_of(provisioning.read_ask(each)) for each in payloads]
    for n in range(3):
        room.take(codes[n], payloads[n], 1000)
    with pytest.raises(Refused, match="too many"):
        room.take(codes[3], payloads[3], 2000)
    room.take(codes[4], payloads[4], 1000 + waiting.FORGOTTEN_MS + 1)
    assert [code for code, _ in room.all()] == [codes[4]]


def test_a_withdrawn_kiosk_gets_no_grant_again(bureau: Bureau, machine: Machine) -> None:
    """Its old request, played again, is answered with why not."""
    newcomers, payload = bureau.newcomers(), request_of(machine)
    newcomers.answering.answer(payload)
    newcomers.admission.accept(machine.code(), 17, POST, newcomers.terms)
    assert isinstance(granted(newcomers.answering.answer(payload)[1], bureau), Granted)
    assert bureau.withdraw("17").exit_code == 0
    told = granted(newcomers.answering.answer(payload)[1], bureau)
    assert isinstance(told, Told)
    assert told.refused == WITHDRAWN


def granted(payload: bytes, bureau: Bureau) -> Granted | Told:
    """An answer, read."""
    hub = load_private(bureau.folder / "hub.key").public()
    code = next(bureau.newcomers().room.all())[0]
    return provisioning.read_answer(payload, code, hub)


def test_toml_is_read_back_as_it_was_written() -> None:
    """Words, numbers, truths, lists, tables in tables."""
    tables = {
        "a": {"b": 'x "y" \\ \n', "c": 1, "d": 1.5, "e": True, "f": ["g", "h"], "i": {"j": 2, "k l": "m"}}
    }
    assert settling.read_tables(settling.toml(tables), "it") == tables


def test_over_the_link_it_asks_until_a_person_has_decided(bureau: Bureau, machine: Machine) -> None:
    """Through a hub that is away and answers that wait."""
    newcomers, board = bureau.newcomers(), Switchboard()
    machine.code()
    first, hub = first_of(machine), Loopback(board)
    asked = threading.Event()

    def hear(event: object) -> None:
        answer = newcomers.answering.take(getattr(event, "topic", ""), getattr(event, "payload", b""))
        if answer is not None:
            hub.publish(*answer)
            asked.set()

    hub.open("hub", [provisioning.UP_FILTER], hear)
    asking = Asking(first, Loopback(board), again_s=0.05)
    worker = threading.Thread(target=asking.run, name="asking")
    worker.start()
    try:
        assert asked.wait(60)
        assert not first.answered
        newcomers.admission.accept(machine.code(), 17, POST, newcomers.terms)
        worker.join(60)
        assert first.answered
    finally:
        asking.stop()
        worker.join()
        hub.close()


@pytest.fixture
def made(bureau: Bureau, machine: Machine, stick: Path) -> Machine:
    """A kiosk, made by stick."""
    carried(bureau, machine, stick)
    return machine


def test_withdrawing_waits_for_the_proof_before_it_shuts_out(bureau: Bureau, made: Machine) -> None:
    """A kiosk that only stops may still send what it holds; one that erased itself has nothing more to say."""
    newcomers, own = bureau.newcomers(), load_private(load(made.config, KioskConfig).keys.own)
    book, keys_of = OrderBook(bureau.folder / "orders"), own.public()
    for erase in (False, True):
        assert bureau.withdraw("17", *(["--erase"] if erase else [])).exit_code == 0
        decided = newcomers.withdrawals.of(17)
        assert decided is not None
        assert not newcomers.withdrawals.shut(17)
        assert book.done(17, wire.sign_done(17, decided.order, own), keys_of)
        newcomers.proven(17)
        assert newcomers.withdrawals.proven(decided)
        assert newcomers.withdrawals.shut(17) is erase
        assert ("user 17" in (bureau.folder / "broker" / "withdrawn.acl").read_text()) is erase
    listed = bureau.run("withdrawn").output
    assert f"17-{decided.order}.done" in listed


def test_a_stolen_kiosk_is_shut_out_at_once(bureau: Bureau, made: Machine) -> None:
    """Its certificate is on the list; the other kiosks' are not; a later decision takes nothing back."""
    assert bureau.withdraw("17", "--stolen").exit_code == 0
    assert bureau.withdraw("17").exit_code == 0
    assert bureau.newcomers().withdrawals.distrusted(17)
    crl = x509.load_pem_x509_crl((bureau.folder / "broker" / "withdrawn.crl").read_bytes())
    serial = certificates.serial((made.state / "link.pem").read_bytes())
    assert [each.serial_number for each in crl] == [serial]


def test_nothing_on_a_kiosk_speaks_for_another(bureau: Bureau, made: Machine, tmp_path: Path) -> None:
    """Not one private byte of another kiosk, of the hub or of an authority is on it."""
    other = Machine(tmp_path / "other", bureau.known)
    other_stick = tmp_path / "other-stick"
    other_stick.mkdir()
    carried(bureau, other, other_stick, 18)
    kept = b"".join(path.read_bytes() for path in made.folder.rglob("*") if path.is_file())
    secrets = [
        bureau.folder / "hub.key",
        *bureau.files.folder.glob("*.key"),
        *(other.state / "keys").iterdir(),
    ]
    for path in secrets:
        lines = [line for line in path.read_bytes().splitlines() if len(line) > 40]
        assert lines
        assert not [line for line in lines if line.strip() in kept]


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("systemd-creds") is None, reason="needs root and systemd-creds"
)
def test_a_host_key_keeps_the_private_key_encrypted(bureau: Bureau, tmp_path: Path, stick: Path) -> None:
    """Configured as the unit with sealed-key.conf opens it."""
    machine = Machine(tmp_path / "sealed", bureau.known, seal="host")
    carried(bureau, machine, stick)
    text = machine.config.read_text()
    assert '"$CREDENTIALS_DIRECTORY/kiosk.key"' in text
    assert not (machine.state / "keys" / "kiosk.key").exists()
    assert b"hotspot-private" not in (machine.state / "kiosk.key.cred").read_bytes()
    wanted = f"LoadCredentialEncrypted=kiosk.key:{machine.state}/kiosk.key.cred"
    drop_ins = list((machine.folder / "units").glob("hotspot-*.service.d/sealed-key.conf"))
    assert len(drop_ins) == 3
    assert all(wanted in path.read_text() for path in drop_ins)


def test_a_kiosk_that_was_cut_off_while_it_erased_itself_goes_on_with_that(
    bureau: Bureau, made: Machine
) -> None:
    """The hub has its proof by then: it starts as a kiosk never again, and nothing of its keys is left."""
    tables, hub = load(made.config, KioskConfig), load_private(bureau.folder / "hub.key")
    order = wire.sign_order(17, 5, wire.OrderKind.ERASE, b"", hub)
    assert Orders(tables.outbox.path.with_name(ORDERS), 17).obey(order, hub.public())
    for _ in range(2):
        with pytest.raises(ConfigError, match="erased by order"):
            kiosk_assembly.build(tables, made.config.parent)
    assert not tables.keys.own.exists()
    assert not (made.state / "link.pem").exists()
