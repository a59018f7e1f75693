"""An update by stick: the same invitation, the same checks, and no link at all; and the hub's command that writes one."""

import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from making import DEVICE, KIOSK
from update_rig import Direct, Post, eventually
from updating import MANIFEST, NEW, OLD, invitation

from hotspot_kiosk import fleet
from hotspot_kiosk.cli.fleet import command
from hotspot_kiosk.config.kiosk import UpdatePlan
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.fleet import Invitation, Outcome, Report
from hotspot_kiosk.hub.fleet import fleet as desk
from hotspot_kiosk.hub.fleet.fleet import Courses
from hotspot_kiosk.hub.fleet.fleet import Result as Said
from hotspot_kiosk.hub.fleet.rollout import Rollout
from hotspot_kiosk.keyring import load_private, make_pair
from hotspot_kiosk.kiosk.update import update
from hotspot_kiosk.kiosk.update.keeping import UpdateKeeping
from hotspot_kiosk.stick_update import LABEL, MOUNTED, TOP, UpdateStick, url

CONFIG = """[hub]
name = "Bureau"
[keys]
own = "hub.key"
peers = "peers"
[models]
manifest = "m.toml"
folder = "models"
[link]
driver = "loopback"
[store]
driver = "store_sqlite"
path = "hub.db"
"""


@pytest.fixture
def nowhere() -> Iterator[int]:
    """A port at which nobody listens while the test runs."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Where it is while the stick is in."""
    return tmp_path / "stick" / TOP / f"{NEW}.raucb"


@pytest.fixture
def post(tmp_path: Path, nowhere: int, bundle: Path) -> Iterator[Post]:
    """A kiosk that never had a link, before a stick that holds nothing yet."""
    (tmp_path / "stick").mkdir()
    stick = UpdateStick(tmp_path / "stick")
    made = Post(DEVICE, tmp_path / "kiosk", nowhere, lambda: Direct(made.slots), stick=stick)
    made.slots.bundles[str(bundle)] = (NEW, MANIFEST)
    yield made
    made.stop()


def brought(tmp_path: Path, bundle: Path, signed: Invitation) -> None:
    """Plug it in: the bundle is whole before the invitation is there."""
    stick = UpdateStick(tmp_path / "stick")
    source = tmp_path / "made.raucb"
    source.write_bytes(b"bundle")
    stick.bring(source, bundle.stem)
    stick.invite(DEVICE, fleet.encode(signed))


def reported(post: Post) -> list[tuple[Outcome, str]]:
    """What waits for the hub, once the kiosk is off."""
    post.stop()
    keeping = UpdateKeeping(post.folder / "update.db")
    reports = [fleet.decode(words, Report, KIOSK.public()) for words in keeping.unheard()]
    keeping.close()
    return [(report.outcome, report.reason) for report in reports]


def test_a_kiosk_without_a_link_is_updated_by_a_stick(post: Post, tmp_path: Path, bundle: Path) -> None:
    """Through restart, self-test and confirmation; what it has to report waits for a link."""
    post.start()
    eventually(lambda: post.looks > 2)
    brought(tmp_path, bundle, invitation(url=str(bundle)))
    eventually(lambda: "B" in post.slots.good)
    eventually(lambda: post.starts == 2 and post.looks > 2)
    said = [outcome for outcome, _ in reported(post)]
    assert said == [Outcome.WAITING, Outcome.INSTALLING, Outcome.INSTALLED, Outcome.CONFIRMED]
    assert post.slots.installs == [str(bundle)]


def test_a_stick_that_is_pulled_too_early_is_waited_for(post: Post, tmp_path: Path, bundle: Path) -> None:
    """No try is used up without it."""
    brought(tmp_path, bundle, invitation(url=str(bundle)))
    bundle.unlink()
    post.start()
    eventually(lambda: post.looks > 10)
    assert post.slots.installs == []
    bundle.write_bytes(b"bundle")
    eventually(lambda: "B" in post.slots.good)


@pytest.mark.parametrize(
    "forged",
    [
        fleet.signed(invitation(number=7), KIOSK),
        invitation(number=7, device=DEVICE + 1),
    ],
    ids=["signed by another", "for another kiosk"],
)
def test_an_invitation_on_a_stick_is_believed_as_little_as_any(
    post: Post, tmp_path: Path, bundle: Path, forged: Invitation
) -> None:
    """Nor one that is no invitation; the hub's own, on the next stick, is followed."""
    brought(tmp_path, bundle, forged)
    post.start()
    eventually(lambda: post.looks > 2)
    UpdateStick(tmp_path / "stick").invite(DEVICE, b"x" * (fleet.LARGEST + 5))
    looks = post.looks
    eventually(lambda: post.looks > looks + 2)
    assert post.slots.installs == []
    brought(tmp_path, bundle, invitation(number=2, url=str(bundle)))
    eventually(lambda: "B" in post.slots.good)


def test_a_stick_brings_nothing_below_the_floor(post: Post, tmp_path: Path, bundle: Path) -> None:
    """The floor that an earlier invitation set, of a kiosk that installed nothing since."""
    keeping = UpdateKeeping(post.folder / "update.db")
    keeping.record(update.Update(version=OLD, floor="1.2"), [])
    keeping.close()
    brought(tmp_path, bundle, invitation(number=3, url=str(bundle)))
    post.start()
    eventually(lambda: post.looks > 5)
    (outcome, reason), *more = reported(post)
    assert (outcome, more, post.slots.installs) == (Outcome.REFUSED, [], [])
    assert "floor 1.2" in reason


def test_a_stick_counts_after_the_link_and_a_halt_after_both(tmp_path: Path) -> None:
    """Whoever waits for a link that does not carry it takes the stick's; a later halt is obeyed, whichever came."""
    course = Courses(tmp_path).begin(rollout(), 1)
    over_link = desk._invitation(course, DEVICE)
    carried = desk.by_stick(course, DEVICE, url(NEW))
    halted = desk._invitation(msgspec.structs.replace(course, halted="x"), DEVICE)
    state = update.Update(version=OLD)
    for offered in (over_link, carried):
        state, _ = update.step(state, update.Invited(offered))
        assert state.invitation == offered
    state, _ = update.step(state, update.Invited(over_link))
    assert state.invitation == carried
    state, (told,) = update.step(state, update.Invited(halted))
    assert (state.phase, told.outcome) == (update.Phase.IDLE, Outcome.HELD)  # type: ignore[attr-defined]


def rollout() -> Rollout:
    """To one kiosk."""
    return Rollout(
        id="r", version=NEW, url="https://hub/b", manifest=MANIFEST, devices=(DEVICE, DEVICE + 1), canary=100
    )


class Bureau:
    """A hub's folder with a rollout whose first wave is open, a bundle, and a stick."""

    def __init__(self, folder: Path) -> None:
        self.config, self.stick = folder / "hub.toml", folder / "stick"
        self.config.write_text(CONFIG)
        self.stick.mkdir()
        make_pair(folder, "hub", 0, "Bureau", bytes(128))
        self.own = load_private(folder / "hub.key")
        self.courses = Courses(folder / "rollouts")
        self.keep(opened_ms=(1,))
        self.bundle = folder / "1.1.raucb"
        self.bundle.write_bytes(b"bundle" * 100)
        self.words(MANIFEST)

    def keep(self, **changed: object) -> None:
        """The rollout, otherwise."""
        course = self.courses.newest() or self.courses.begin(rollout(), 1)
        self.courses.keep(msgspec.structs.replace(course, **changed))

    def words(self, manifest: str) -> None:
        """What lies beside the bundle."""
        self.bundle.with_suffix(".toml").write_text(f'version = "{NEW}"\nmanifest = "{manifest}"\n')

    def write(self) -> Result:
        """The command."""
        words = ["rollout", "stick", "-c", str(self.config), str(self.stick), "--bundle", str(self.bundle)]
        return CliRunner().invoke(command, words)


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    return Bureau(tmp_path)


def test_the_hub_writes_a_stick_for_those_whose_wave_is_open(bureau: Bureau) -> None:
    """Bundle and signed invitations; whoever runs it already, or went back from it, gets none."""
    bureau.keep(results={DEVICE + 1: Said(Outcome.CONFIRMED, "", NEW, 1)})
    done = bureau.write()
    assert (done.exit_code, "1 kiosks" in done.output) == (0, True), done.output
    stick = UpdateStick(bureau.stick)
    found = fleet.decode(stick.invitation(DEVICE), Invitation, bureau.own.public())
    assert (found.device, found.version, found.url) == (DEVICE, NEW, f"{MOUNTED}/{TOP}/{NEW}.raucb")
    assert (bureau.stick / TOP / f"{NEW}.raucb").read_bytes() == bureau.bundle.read_bytes()
    assert stick.invitation(DEVICE + 1) == b""


def test_the_hub_takes_no_other_bundle(bureau: Bureau) -> None:
    """Than the one that was rolled out, by the words beside it; nothing is written."""
    bureau.words("cd" * 32)
    done = bureau.write()
    assert isinstance(done.exception, Refused)
    assert list(bureau.stick.iterdir()) == []


def test_a_rollout_that_was_halted_goes_on_no_stick(bureau: Bureau) -> None:
    """Nor one that is done."""
    bureau.keep(halted="a person said so")
    assert isinstance(bureau.write().exception, Refused)
    bureau.keep(halted="", done=True)
    assert isinstance(bureau.write().exception, Refused)
    assert list(bureau.stick.iterdir()) == []


def test_image_hub_and_agent_mean_the_same_place() -> None:
    """The image mounts the stick where the agent looks and where the hub's invitation says the bundle is."""
    usr = Path(__file__).resolve().parents[1] / "image-build/overlay/usr/lib"
    mount = (usr / "systemd/system/run-stick.mount").read_text("utf-8")
    assert f"Where={MOUNTED}\n" in mount
    assert "Options=ro," in mount
    assert UpdatePlan(state=Path("x")).stick == MOUNTED
    assert f"by-label/{LABEL}\n" in mount
    assert f'"{LABEL}"' in (usr / "udev/rules.d/73-hotspot-update.rules").read_text("utf-8")
