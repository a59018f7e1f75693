"""A reception centre through the real daemon, hub, sensor and Mosquitto: new, the same again, another, a cut link."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from mosquitto import Mosquitto
from test_story import Scene

from hotspot_kiosk.cli import enrolment, officer
from hotspot_kiosk.demo.stage import DEVICE
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.keyring import load_private
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.events import Prompt
from hotspot_kiosk.operation import draft, sign
from hotspot_kiosk.terms import EnrolmentDecision, Part, Tcn

OPERATION = """
id = "RECEPTION-2026"
edition = 2
name = "a reception centre"
kind = "reception"
purpose = "registration on arrival"
legal_basis = "none: nobody real is enrolled"
notice = "demo-2"
begins = {begins}
ends = {ends}
posts = ["Green line 4"]
devices = [{device}]
fingers = [2, 7]
gallery = "arrivals"
"""


PHRASE = "a long passphrase"


class Centre(Scene):
    """The demo's stage under an operation that enrols; the store is chosen by its table."""

    store_table = ""

    def amend(self) -> None:
        """Another operation at the kiosk and the hub, another store."""
        now = datetime.now(UTC)
        begins, ends = (f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (-1, 30))
        hub = self.folders.root / "hub"
        signed = sign(
            draft(OPERATION.format(device=DEVICE, begins=begins, ends=ends)), load_private(hub / "hub.key")
        )
        (self.folders.root / "kiosk" / "operation.op").write_bytes(signed)
        (hub / "operations").mkdir()
        (hub / "operations" / "reception.op").write_bytes(signed)
        text = self.folders.hub_config.read_text()
        # The roster stays at the bureau: ordered to the kiosk, it would let nobody begin there who is not signed in.
        text = text.replace('orders = "orders"', 'operations = "operations"\nroster = "roster"')
        if self.store_table:
            text = text[: text.index("[store]")] + self.store_table
        self.folders.hub_config.write_text(text)

    def close(self) -> None:
        """End everything, and give the stores back."""
        super().close()
        for hub in (self.store, self.hub._made._store):
            hub.close()

    def type(self, command: click.Command, *words: str, typed: str = "") -> str:
        """What a command says that works."""
        done = CliRunner().invoke(command, list(words), input=typed)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    def enlist(self, name: str) -> None:
        """Somebody makes a key, the bureau puts it on the roster."""
        key, config = str(self.folders.root / name), str(self.folders.hub_config)
        self.type(officer.command, "key", "--to", key, typed=f"{PHRASE}\n{PHRASE}\n")
        self.type(officer.command, "add", "-c", config, name, "--role", "officer", "--key", f"{key}.pub")

    def decide(self, number: Tcn, name: str, what: str, *words: str) -> str:
        """Somebody decides with their key; what the command says."""
        own = ("--key", str(self.folders.root / name))
        config = str(self.folders.hub_config)
        return self.type(enrolment.command, what, "-c", config, number, *own, *words, typed=f"{PHRASE}\n\n")

    def edition(self, number: Tcn, edition: int) -> str:
        """What the kiosk tells of a record in this edition, once it does."""
        return self.told(
            lambda told: (told.kind, told.tcn, told.edition) == ("answer", number, edition)
        ).decision

    def told(self, wanted: Callable[[Told], bool]) -> Told:
        """What the desk told so, once it does."""
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            found = [heard.told for heard in tuple(self.post.heard) if wanted(heard.told)]
            if found:
                return found[0]
            time.sleep(0.1)
        raise AssertionError("the kiosk did not tell it")


@pytest.fixture
def centre(
    request: pytest.FixtureRequest, models_built: Path, mosquitto: Mosquitto, tmp_path: Path
) -> Iterator[Centre]:
    """The stage, set."""
    (tmp_path / "s").mkdir()

    class Chosen(Centre):
        """With this store."""

    if request.param == "postgres":
        dsn = request.getfixturevalue("schema")
        Chosen.store_table = f'[store]\ndriver = "store_postgres"\ndsn = "{dsn}"\n'
    made = Chosen(tmp_path / "s", models_built.parent, mosquitto.port)
    yield made
    made.close()


def come_twice(centre: Centre) -> tuple[Tcn, Tcn]:
    """Somebody is enrolled, comes again, and officers look at the pictures: the same person. Both records' numbers."""
    centre.post.link(up=True)
    first, _ = centre.post.check(centre.visit(centre.a, 100))
    assert centre.post.answer(first).told.decision == EnrolmentDecision.ENROLLED
    centre.told(lambda told: told.prompt == Prompt.ENROLLED)
    again, _ = centre.post.check(centre.visit(centre.a, 200))
    assert centre.edition(again, 1) == EnrolmentDecision.OFFICER
    assert first in centre.type(enrolment.command, "show", "-c", str(centre.folders.hub_config), again)
    same = ("decide", "--same-as", first, "--reason", "the ears and the chin")
    for name, said in (("k7", "another person must look"), ("k8", "the same person")):
        centre.enlist(name)
        assert "The page is erased" in centre.decide(again, name, "look", "--in", str(centre.folders.root))
        assert not list(centre.folders.root.glob("*.html"))
        assert said in centre.decide(again, name, *same)
    assert centre.edition(again, 2) == EnrolmentDecision.ENROLLED
    return first, again


def held(centre: Centre) -> list[tuple[Tcn, Tcn, int]]:
    """What stands in the gallery: encounter, identity, edition."""
    rows = centre.store.register.held("arrivals")
    return sorted(((row.tcn, row.identity, row.edition) for row in rows), key=lambda row: row[1:])


@pytest.mark.parametrize("centre", ["sqlite"], indirect=True)
def test_the_story_of_a_reception_centre(centre: Centre) -> None:
    """Self-service, a face and two fingers: enrolled; the same person: officers decide; another, over a cut link."""
    first, again = come_twice(centre)
    centre.link.cut()
    centre.post.link(up=False)
    other, _ = centre.post.check(centre.visit(centre.b, 300))
    centre.kiosk.stop()
    centre.start_kiosk()
    centre.link.mend()
    assert centre.edition(other, 1) == EnrolmentDecision.ENROLLED
    centre.until_answered()

    stand = [(first, first, 1), (again, first, 2), (other, other, 1)]
    assert held(centre) == sorted(stand, key=lambda row: row[1:])
    keys = sorted((entry.key.tcn, entry.key.part) for entry in centre.store.inbox.entries())
    assert keys == sorted((number, part) for number in (first, again, other) for part in Part)
    assert [entry.reference for entry in centre.store.gallery.entries()] == ["CASE-A"]

    assert first in centre.decide(again, "k7", "erase", "--reason", "their request", "--yes")
    assert held(centre) == [(other, other, 1)]
    with pytest.raises(Refused, match="purged"):
        CliRunner().invoke(
            enrolment.command, ["show", "-c", str(centre.folders.hub_config), first], catch_exceptions=False
        )


@pytest.mark.parametrize("centre", ["postgres"], indirect=True)
def test_the_same_over_postgresql(centre: Centre) -> None:
    """Enrolled, looked at, enrolled anew, erased as a whole."""
    first, again = come_twice(centre)
    assert held(centre) == [(first, first, 1), (again, first, 2)]
    assert first in centre.decide(again, "k8", "erase", "--reason", "their request", "--yes")
    assert held(centre) == []
