"""Who decides at the hub is known by the key that signs: two people are two keys, and a revoked one is nobody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from making import DEVICE, HUB, NOW, public_file, request, tcn
from making import KIOSK as KIOSK_KEYS

from hotspot_kiosk import audit_chain, contents, seal, seal_person, slip
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli import case as cli_case
from hotspot_kiosk.cli import enrolment as cli_enrolment
from hotspot_kiosk.cli import officer as cli_officer
from hotspot_kiosk.cli import subject as cli_subject
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.decision import Decision, What, authenticate, read, sign
from hotspot_kiosk.errors import BadBytes, ConfigError, HotspotError, Refused, SealError
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.cases.case_events import Found
from hotspot_kiosk.hub.roster import RosterFile
from hotspot_kiosk.hub.storage.store import PartKey
from hotspot_kiosk.keyring import load_private, make_pair, save_public
from hotspot_kiosk.officers import Officer, Role, Roster, SecurityKey
from hotspot_kiosk.policy import Outcome, Shielded
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.terms import Decision as Verdict
from hotspot_kiosk.terms import Part

PHRASE = "a long passphrase"
HUB_ID = "00" * 8
KEY = seal_person.unlock(seal_person.make(PHRASE)[0], PHRASE)
OTHER = seal_person.unlock(seal_person.make(PHRASE)[0], PHRASE)
K7 = Officer(id="k7", roles=(Role.OFFICER,), signing=KEY.public)
ROSTER = Roster(edition=1, made=NOW, officers=(K7,))


def decision(**changed: object) -> Decision:
    """One that k7 may take."""
    usual = {
        "officer": "k7",
        "what": What.CONFIRM,
        "tcn": str(tcn()),
        "candidate": "CASE-1",
        "reason": "ears",
        "at": NOW,
        "hub": HUB_ID,
    }
    return msgspec.convert(usual | changed, Decision)


def test_a_decision_signed_with_the_rosters_key_is_that_persons() -> None:
    """It reads as it was signed."""
    found, officer = authenticate(sign(decision(), KEY), ROSTER, HUB_ID, NOW)
    assert (found, officer) == (decision(), K7)


@pytest.mark.parametrize(
    "content",
    [
        sign(decision(), OTHER),
        sign(decision(officer="k8"), KEY),
        sign(decision(hub="11" * 8), KEY),
        sign(decision(at=NOW - timedelta(minutes=11)), KEY),
        sign(decision(at=NOW + timedelta(minutes=11)), KEY),
        sign(decision(what=What.RELEASE), KEY),
        sign(decision(what=What.WITHHOLD), KEY),
        b"",
        b"{}",
    ],
)
def test_anything_else_is_nobodys(content: bytes) -> None:
    """Another key, another name, another hub, another time, another role, garbage."""
    with pytest.raises(HotspotError):
        authenticate(content, ROSTER, HUB_ID, NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [("candidate", "CASE-2"), ("what", "refute"), ("reason", "nose"), ("tcn", str(tcn(2)))],
)
def test_no_word_of_a_decision_can_be_changed(field: str, value: str) -> None:
    """The signature is over all of them."""
    signed = read(sign(decision(), KEY))
    changed = msgspec.structs.replace(signed, decision=decision(**{field: value}))
    with pytest.raises(SealError):
        authenticate(msgspec.json.encode(changed), ROSTER, HUB_ID, NOW)


def test_somebody_revoked_decides_nothing() -> None:
    """From the moment the roster says so."""
    gone = Roster(edition=2, made=NOW, officers=(msgspec.structs.replace(K7, revoked=NOW),))
    with pytest.raises(Refused):
        authenticate(sign(decision(), KEY), gone, HUB_ID, NOW)


def test_somebody_without_a_key_on_the_roster_decides_nothing_here() -> None:
    """An empty key matches no key."""
    bare = Roster(edition=1, made=NOW, officers=(msgspec.structs.replace(K7, signing=b""),))
    with pytest.raises(Refused):
        authenticate(sign(decision(), KEY), bare, HUB_ID, NOW)


def test_a_key_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    """And does not stand in its file in clear."""
    private, public = seal_person.make(PHRASE)
    assert b"ENCRYPTED" in private
    with pytest.raises(ConfigError):
        seal_person.unlock(private, "another passphrase")
    assert seal_person.unlock(private, PHRASE).public == seal_person.read_public(public)


@pytest.mark.parametrize("words", [b"", b"no PEM", b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_told(words: bytes) -> None:
    """Private or public."""
    for reading in (lambda: seal_person.unlock(words, PHRASE), lambda: seal_person.read_public(words)):
        with pytest.raises(ConfigError):
            reading()


def test_a_passphrase_of_nothing_makes_no_key() -> None:
    """Eight characters at least."""
    with pytest.raises(ConfigError):
        seal_person.make("short")


def test_two_people_cannot_have_one_key(tmp_path: Path) -> None:
    """Not even when the first is revoked: it would be the same person again."""
    file = RosterFile(tmp_path / "roster", HUB, HUB.public())
    file.put(K7, NOW)
    with pytest.raises(Refused):
        file.put(msgspec.structs.replace(K7, id="k8"), NOW)
    file.revoke("k7", NOW)
    with pytest.raises(Refused):
        file.put(msgspec.structs.replace(K7, id="k8"), NOW)


def test_a_key_that_was_given_up_is_nobody_elses_ever(tmp_path: Path) -> None:
    """Nor one that its owner exchanged, nor a security key: it would be the same hand under two names."""
    file, touch = (
        RosterFile(tmp_path / "roster", HUB, HUB.public()),
        SecurityKey(rp="localhost", credential=b"c" * 90),
    )
    file.put(msgspec.structs.replace(K7, keys=(touch,)), NOW)
    with pytest.raises(Refused, match="k7"):
        file.put(Officer(id="k8", roles=(Role.OFFICER,), keys=(touch,)), NOW)
    file.put(msgspec.structs.replace(K7, signing=OTHER.public), NOW)
    for stolen in ({"signing": KEY.public}, {"signing": OTHER.public}, {"keys": (touch,)}):
        with pytest.raises(Refused, match="k7"):
            file.put(Officer(id="k8", roles=(Role.OFFICER,), **stolen), NOW)
    assert file.put(K7, NOW).held("k7", KEY.public, NOW)
    assert file.read().held("k7", OTHER.public, NOW - timedelta(days=1))
    assert not file.read().held("k7", OTHER.public, NOW)
    assert not file.read().held("k8", KEY.public, NOW)


def test_a_roster_on_which_one_key_is_two_people_is_not_read() -> None:
    """Whoever signed it."""
    twin = msgspec.structs.replace(K7, id="k8")
    with pytest.raises(ValueError, match="one key"):
        Roster(edition=1, made=NOW, officers=(K7, twin))
    words = msgspec.json.encode({"edition": 1, "made": NOW, "officers": [K7, twin]})
    with pytest.raises(msgspec.ValidationError, match="one key"):
        msgspec.json.decode(words, type=Roster)


def test_a_roster_that_is_damaged_does_not_undo_what_was_known(tmp_path: Path) -> None:
    """The last one that could be read counts; a hub that starts with a damaged one believes no signature."""
    file = RosterFile(tmp_path / "roster", HUB, HUB.public())
    assert file.known() is None
    file.put(K7, NOW)
    known = file.known()
    assert known is not None
    (tmp_path / "roster").write_bytes(b"torn")
    assert file.known() is known
    assert RosterFile(tmp_path / "roster", HUB, HUB.public()).known() is None


def test_each_change_of_the_roster_is_its_next_edition(tmp_path: Path) -> None:
    """A kiosk takes only a higher one."""
    file = RosterFile(tmp_path / "roster", HUB, HUB.public())
    with pytest.raises(Refused):
        file.read()
    editions = [file.put(K7, NOW).edition, file.put(K7, NOW).edition, file.revoke("k7", NOW).edition]
    assert editions == sorted(set(editions))
    assert file.read().find("k7") is None
    with pytest.raises(Refused):
        file.revoke("k7", NOW)


def test_a_roster_that_somebody_else_signed_is_not_read(tmp_path: Path) -> None:
    """Whoever can write the file cannot make an officer."""
    RosterFile(tmp_path / "roster", KIOSK_KEYS, KIOSK_KEYS.public()).put(K7, NOW)
    with pytest.raises(SealError):
        RosterFile(tmp_path / "roster", HUB, HUB.public()).read()


def test_garbage_is_no_decision() -> None:
    """In one sentence."""
    with pytest.raises(BadBytes):
        read(b'["hotspot-decision-1"]')


CONFIG = """
hub = { name = "hub", roster = "roster" }
keys = { own = "hub.key", peers = "peers" }
models = { manifest = "m", folder = "f" }
link = { driver = "loopback" }
store = { driver = "store_sqlite", path = "hub.db" }
"""


class Bureau:
    """A hub's folder with one check that has a candidate; commands as people type them."""

    def __init__(self, root: Path) -> None:
        self.root, self.config = root, root / "hub.toml"
        self.config.write_text(CONFIG)
        make_pair(root, "hub", 0, "hub", bytes(128))
        (root / "peers").mkdir()
        save_public(root / "peers" / "kiosk.pub", public_file(KIOSK_KEYS, "Green line 4"))
        self.book = assembly.open_book(load(self.config, HubConfig), root)
        hub = load_private(root / "hub.key").public()
        envelope = seal.seal(
            contents.encode(request(), reply_key(KIOSK_KEYS, tcn())), tcn(), Part.PROBE, hub, KIOSK_KEYS
        )
        self.book._store.inbox.commit(PartKey(DEVICE, tcn(), Part.PROBE), envelope, NOW)
        found = (Found("CASE-1", 1, 9.5),)
        self.book.search(tcn(), self.book.asked(tcn()), Verdict.POSSIBLE_MATCH, found)

    def say(self, group: object, *words: str, typed: str = "") -> str:
        """A command with the config; what it prints. Raises what it raises."""
        done = CliRunner().invoke(group.command, [*words], input=typed, catch_exceptions=False)  # type: ignore[attr-defined]
        assert done.exit_code == 0, done.output
        return done.output

    def enlist(self, name: str, role: Role = Role.OFFICER) -> None:
        """Somebody makes a key, the bureau puts it on the roster."""
        key = self.root / f"{name}.key"
        self.say(cli_officer, "key", "--to", str(key), typed=f"{PHRASE}\n{PHRASE}\n")
        words = ("-c", str(self.config), name, "--role", role.value, "--key", f"{key}.pub")
        self.say(cli_officer, "add", *words)

    def decide(self, what: str, name: str, reason: str = "ears") -> str:
        """Somebody decides with their key."""
        words = ("-c", str(self.config), tcn(), "--candidate", "CASE-1", "--reason", reason)
        key = ("--key", str(self.root / f"{name}.key"))
        return self.say(cli_case, what, *words, *key, typed=f"{PHRASE}\n")

    def journal(self) -> str:
        """All lines of the journal."""
        return "".join(path.read_text() for path in sorted((self.root / "journal").glob("*.jsonl")))


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    """Nobody is on the roster yet."""
    return Bureau(tmp_path)


def test_two_keys_confirm_and_case_and_journal_say_whose(bureau: Bureau) -> None:
    """The case keeps what they signed: anybody with the roster can verify it later."""
    for name in ("k7", "k8"):
        bureau.enlist(name)
    assert str(Outcome.OPEN) in bureau.decide("confirm", "k7")
    assert str(Outcome.CONFIRMED) in bureau.decide("confirm", "k8")
    votes = bureau.book.case(tcn()).votes
    roster = assembly.roster(load(bureau.config, HubConfig)).read()
    signed = [read(vote.signed) for vote in votes]
    for vote, each in zip(votes, signed, strict=True):
        decided, officer = authenticate(vote.signed, roster, each.decision.hub, each.decision.at)
        assert (officer.id, decided.candidate, decided.what) == (vote.officer, "CASE-1", What.CONFIRM)
    assert len({each.key for each in signed}) == 2
    assert all(f'"officer:{name}"' in bureau.journal() for name in ("k7", "k8"))


def test_one_key_is_one_person(bureau: Bureau) -> None:
    """Who signed cannot sign once more, under whatever name."""
    bureau.enlist("k7")
    bureau.decide("confirm", "k7")
    with pytest.raises(Refused):
        bureau.decide("confirm", "k7")
    with pytest.raises(Refused):
        bureau.say(
            cli_officer,
            "add",
            "-c",
            str(bureau.config),
            "k9",
            "--role",
            "officer",
            "--key",
            f"{bureau.root}/k7.key.pub",
        )


def test_a_key_that_was_revoked_decides_nothing_from_then_on(bureau: Bureau) -> None:
    """What it decided before stays."""
    for name in ("k7", "k8"):
        bureau.enlist(name)
    bureau.decide("confirm", "k7")
    bureau.say(cli_officer, "revoke", "-c", str(bureau.config), "k8", "--reason", "left the service")
    with pytest.raises(Refused):
        bureau.decide("confirm", "k8")
    assert "left the service" in bureau.journal()
    assert "revoked" in bureau.say(cli_officer, "list", "-c", str(bureau.config))
    assert len(bureau.book.case(tcn()).votes) == 1


def test_an_officer_does_not_do_the_legal_officers_work(bureau: Bureau) -> None:
    """Nor the legal officer an officer's."""
    bureau.enlist("k7")
    bureau.enlist("l1", Role.LEGAL)
    with pytest.raises(Refused):
        bureau.decide("release", "k7")
    with pytest.raises(Refused):
        bureau.decide("confirm", "l1")


class SealedBureau(Bureau):
    """With a second check: the country from which that person fled placed the hit."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        hub, who = load_private(root / "hub.key").public(), Shielded(frozenset({"SYR"}))
        content = contents.encode(request(2), reply_key(KIOSK_KEYS, tcn(2)), who)
        envelope = seal.seal(content, tcn(2), Part.PROBE, hub, KIOSK_KEYS)
        self.book._store.inbox.commit(PartKey(DEVICE, tcn(2), Part.PROBE), envelope, NOW)
        found = (Found("CASE-2", 1, 9.5, source="SYR"),)
        self.book.search(tcn(2), self.book.asked(tcn(2)), Verdict.POSSIBLE_MATCH, found)

    def queue(self, name: str, *more: str) -> str:
        """The legal officer's queue, asked for with somebody's key."""
        words = ("legal", "-c", str(self.config), "--json", "--key", str(self.root / f"{name}.key"), *more)
        return self.say(cli_case, *words, typed=f"{PHRASE}\n")

    def judged(self, what: str, name: str) -> str:
        """A decision about the sealed candidate."""
        words = (what, "-c", str(self.config), tcn(2), "--candidate", "CASE-2", "--reason", "no danger seen")
        return self.say(cli_case, *words, "--key", str(self.root / f"{name}.key"), typed=f"{PHRASE}\n")

    def lines(self) -> list[tuple[str, str, str]]:
        """What the journal says about that check: what, who, on what ground."""
        paths = sorted((self.root / "journal").glob("*.jsonl"))
        found = [audit_chain.read(line) for path in paths for line in path.read_bytes().splitlines()]
        entries = [each for each in found if isinstance(each, audit_chain.Entry)]
        return [(each.what, each.who, each.ground) for each in entries if each.about == tcn(2)]


@pytest.fixture
def sealed(tmp_path: Path) -> SealedBureau:
    """An officer, a legal officer and one who was revoked."""
    made = SealedBureau(tmp_path)
    for name, role in (("k7", Role.OFFICER), ("l1", Role.LEGAL), ("l2", Role.LEGAL)):
        made.enlist(name, role)
    made.say(cli_officer, "revoke", "-c", str(made.config), "l2", "--reason", "left the service")
    return made


@pytest.mark.parametrize("name", ["k7", "l2", "x"])
def test_nobody_but_the_legal_officer_sees_or_decides_what_is_sealed(sealed: SealedBureau, name: str) -> None:
    """Neither an officer, nor one who was revoked, nor a key that nobody registered; nothing is written then."""
    sealed.say(cli_officer, "key", "--to", str(sealed.root / "x.key"), typed=f"{PHRASE}\n{PHRASE}\n")
    before = (sealed.lines(), sealed.book.case(tcn(2)))
    for attempt in (
        sealed.queue,
        lambda who: sealed.judged("release", who),
        lambda who: sealed.judged("withhold", who),
    ):
        with pytest.raises(Refused) as refused:
            attempt(name)
        assert "CASE-2" not in str(refused.value)
    assert (sealed.lines(), sealed.book.case(tcn(2))) == before


@pytest.mark.parametrize("what", ["legal", "release", "withhold"])
def test_without_a_key_the_legal_officers_commands_do_nothing(sealed: SealedBureau, what: str) -> None:
    """Not even for who may read the hub's own keys."""
    words = ["-c", str(sealed.config)]
    words += [] if what == "legal" else [tcn(2), "--candidate", "CASE-2", "--reason", "x"]
    done = CliRunner().invoke(cli_case.command, [what, *words])
    assert done.exit_code == 2
    assert "--key" in done.output
    assert "CASE-2" not in done.output


def test_what_the_legal_officer_saw_and_decided_is_signed_kept_and_journaled(sealed: SealedBureau) -> None:
    """Each look, the withholding, the release after it: by whose key, about which candidate, verifiable later."""
    assert "CASE-2" in sealed.queue("l1")
    assert "CASE-2" in sealed.queue("l1", "--all")
    assert "withheld" in sealed.judged("withhold", "l1")
    assert "released" in sealed.judged("release", "l1")
    assert "CASE-2" not in sealed.queue("l1")
    lines = sealed.lines()
    assert [what for what, who, _ in lines if who == "legal:l1"] == [
        Deed.LEGAL_LOOKED,
        Deed.LEGAL_LOOKED,
        Deed.WITHHELD,
        Deed.RELEASED,
    ]
    case = sealed.book.case(tcn(2))
    roster = assembly.roster(load(sealed.config, HubConfig)).read()
    kept = [each.signed for each in case.consulted] + [case.judged["CASE-2"].signed]
    decided = [authenticate(each, roster, read(each).decision.hub, read(each).decision.at) for each in kept]
    assert [(each.what, officer.id, each.tcn) for each, officer in decided] == [
        (What.LOOK_SEALED, "l1", tcn(2)),
        (What.LOOK_SEALED, "l1", tcn(2)),
        (What.RELEASE, "l1", tcn(2)),
    ]


def test_faces_are_put_out_only_for_somebody_who_signs(bureau: Bureau, tmp_path: Path) -> None:
    """The folder is no way around the keys: who looked stands in case and journal."""
    bureau.enlist("k7")
    show = ("show", "-c", str(bureau.config), tcn(), "--pictures", str(tmp_path / "faces"))
    done = CliRunner().invoke(cli_case.command, list(show))
    assert (done.exit_code, (tmp_path / "faces").exists()) == (2, False)
    bureau.say(cli_case, *show, "--key", str(bureau.root / "k7.key"), typed=f"{PHRASE}\n")
    (looked,) = bureau.book.case(tcn()).consulted
    assert (looked.who, read(looked.signed).decision.what) == ("officer:k7", What.LOOK)
    assert str(Deed.VIEWED) in bureau.journal()


def test_a_key_that_nobody_registered_is_nobodys(bureau: Bureau) -> None:
    """However well it signs."""
    bureau.enlist("k7")
    bureau.say(cli_officer, "key", "--to", str(bureau.root / "x.key"), typed=f"{PHRASE}\n{PHRASE}\n")
    with pytest.raises(Refused):
        bureau.decide("confirm", "x")


def test_that_somebody_left_is_signed_too(bureau: Bureau) -> None:
    """Because it changes who hears of a hit."""
    bureau.enlist("k7")
    words = ("left", "-c", str(bureau.config), tcn(), "--key", str(bureau.root / "k7.key"))
    assert "has left" in bureau.say(cli_case, *words, typed=f"{PHRASE}\n")
    assert bureau.book.case(tcn()).left
    assert str(Deed.LEFT) in bureau.journal()


@pytest.mark.parametrize(
    "words", [("decide", "--same-as", tcn(9)), ("decide", "--nobody"), ("erase", "--yes")]
)
def test_nobody_decides_about_an_enrolment_under_a_typed_name(bureau: Bureau, words: tuple[str, ...]) -> None:
    """A key that nobody registered is nobody's; a registered one that is revoked neither."""
    for name in ("k7", "k8"):
        bureau.enlist(name)
    bureau.say(cli_officer, "revoke", "-c", str(bureau.config), "k8", "--reason", "left the service")
    bureau.say(cli_officer, "key", "--to", str(bureau.root / "x.key"), typed=f"{PHRASE}\n{PHRASE}\n")
    what, *more = words
    for name, why in (("x", "does not know this key"), ("k8", "does not know"), ("k7", "no enrolment")):
        asked = (what, "-c", str(bureau.config), tcn(), *more, "--reason", "ears")
        with pytest.raises(Refused, match=why):
            bureau.say(cli_enrolment, *asked, "--key", str(bureau.root / f"{name}.key"), typed=f"{PHRASE}\n")


def test_who_answers_a_data_subject_is_known_by_their_key(bureau: Bureau) -> None:
    """The journal names them; a key that nobody registered is told nothing and erases nothing."""
    number = slip.encounter(tcn(), reply_key(KIOSK_KEYS, tcn())).number
    bureau.enlist("k7")
    bureau.say(cli_officer, "key", "--to", str(bureau.root / "x.key"), typed=f"{PHRASE}\n{PHRASE}\n")

    def ask(what: str, name: str, *more: str) -> str:
        words = (what, "-c", str(bureau.config), "--key", str(bureau.root / f"{name}.key"), *more, number)
        return bureau.say(cli_subject, *words, typed=f"{PHRASE}\n")

    assert "your face" in ask("access", "k7")
    assert "officer:k7" in bureau.journal()
    assert str(Deed.TOLD) in bureau.journal()
    for what, more in (("access", ()), ("erase", ("--yes",))):
        with pytest.raises(Refused, match="does not know this key"):
            ask(what, "x", *more)
    with pytest.raises(Refused, match="cannot be erased yet"):
        ask("erase", "k7", "--yes")
