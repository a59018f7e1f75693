"""Updates over the line, on the real image: signatures, floors, trials, and the power cut at each command."""

from collections.abc import Callable, Sequence

import pytest
from panel_cuts import Story, back_again, comes_back, foreign, made, there
from panel_rig import Rig, booted, settled

from hotspot_kiosk.errors import DeviceLost, Refused
from hotspot_kiosk.kiosk.devices import panel_update
from hotspot_kiosk.kiosk.devices.panel_image import Image
from hotspot_kiosk.kiosk.devices.panel_protocol import (
    SCHEMA,
    ConfirmReply,
    ConfirmRequest,
    Message,
    ResetCause,
    Trust,
    UpdateBeginReply,
    UpdateBeginRequest,
    UpdatePageReply,
    UpdatePageRequest,
)

STEP = 16  # of plain pages, every sixteenth; panel_cuts.py itself tries all


def test_an_update_goes_to_the_other_slot_and_stays() -> None:
    """Sent, tried, confirmed; the next start is without a trial and the floor has risen."""
    rig = Rig(there().after)
    rig.boot()
    said = rig.hello()
    assert (said.version, said.slot, said.trust) == (0x20000, 1, Trust.CONFIRMED)
    assert (said.security, said.least_security) == (2, 2)


def test_and_back_again() -> None:
    """The next update uses the first slot."""
    rig = Rig(back_again().after)
    rig.boot()
    said = rig.hello()
    assert (said.version, said.slot, said.trust) == (0x30000, 0, Trust.CONFIRMED)


@pytest.mark.parametrize(
    ("story", "shares"), [(there, (0, 0.4)), (back_again, (0,))], ids=["A to B", "B to A"]
)
def test_a_power_cut_at_any_command_leaves_a_valid_image(
    story: Callable[[], Story], shares: Sequence[float]
) -> None:
    """Whole and torn: the panel comes back as its old self, or as the new one on trial, and says which."""
    versions = {
        comes_back(story(), flash).version for _, flash in story().cuts(shares, STEP, len(shares) > 1)
    }
    assert versions == {story().old, story().new}


def test_an_unconfirmed_image_is_left_after_its_trials_even_without_power() -> None:
    """Trials are counted in flash: power cuts use them up, they do not confirm."""
    rig = Rig(there().tried)
    seen = []
    for _ in range(panel_update.TRIALS):
        rig.board.power_cycle()
        rig.boot()
        said = rig.hello()
        seen.append((said.version, said.trust, said.trials_left))
    assert seen == [
        (0x20000, Trust.ON_TRIAL, 1),
        (0x20000, Trust.ON_TRIAL, 0),
        (0x10000, Trust.CONFIRMED, 3),
    ]


def test_a_wrong_signature_is_never_run() -> None:
    """One changed bit in the code: the loader stays with the old image, the kiosk says so."""
    rig = booted()
    image = made(0x20000)
    data = bytearray(image.data)
    data[-200] ^= 4
    with pytest.raises(Refused, match="signature"):
        panel_update.install(rig.link, Image.read(bytes(data)))
    assert rig.hello().version == 0x10000


def test_an_older_image_is_refused_by_kiosk_and_panel() -> None:
    """Below the security floor nothing goes, not even with a good signature."""
    rig = Rig(there().after)
    rig.boot()
    old = made(0x50000, security=1)
    with pytest.raises(Refused, match="does not go below 2"):
        panel_update.install(rig.link, old)
    with pytest.raises(Refused, match="older"):
        panel_update.send(rig.link, old)


def test_the_loader_too_refuses_an_older_image() -> None:
    """Put into flash by other means than the line, it is not started."""
    flash = bytearray(there().after)
    old = made(0x50000, security=1).data
    flash[0x10000 : 0x10000 + len(old)] = old
    flash[0x30000:0x30004] = (99).to_bytes(4, "little")
    rig = Rig(bytes(flash))
    rig.boot()
    assert rig.hello().version == 0x20000


def test_an_image_with_another_schema_is_not_sent() -> None:
    """The kiosk could not speak to it."""
    rig = booted()
    with pytest.raises(Refused, match="another version"):
        panel_update.install(rig.link, made(0x20000, schema=SCHEMA ^ 1))
    assert rig.hello().version == 0x10000


def test_an_image_with_another_schema_is_never_confirmed_and_given_back() -> None:
    """However it got there: it is spoken to just enough to bring the old one back."""
    rig = Rig(foreign())
    rig.boot()
    with pytest.raises(Refused, match="not confirmed"):
        panel_update.confirm(rig.link)
    with pytest.raises(DeviceLost, match="another version"):
        rig.ask(Message.CONFIRM, ConfirmRequest(), ConfirmReply)
    said = panel_update.give_back(rig.link)
    assert (said.version, said.schema, said.trust) == (0x10000, SCHEMA, Trust.CONFIRMED)


def test_a_trial_that_is_not_wanted_is_given_back() -> None:
    """The kiosk lets it use up its trials; the panel says that it was asked each time."""
    rig = Rig(there().tried)
    rig.boot()
    with pytest.raises(Refused, match="trying another image"):
        panel_update.install(rig.link, made(0x30000))
    said = panel_update.give_back(rig.link)
    assert (said.version, said.trust, said.reset_cause) == (0x10000, Trust.CONFIRMED, ResetCause.ASKED)


def test_pages_out_of_order_are_refused() -> None:
    """And an end before the last page."""
    rig = booted()
    image = made(0x20000)
    rig.link.ask(Message.UPDATE_BEGIN, UpdateBeginRequest(image.head), UpdateBeginReply, 10)
    with pytest.raises(Refused, match="cannot do this now"):
        rig.ask(Message.UPDATE_PAGE, UpdatePageRequest(3, bytes(256)), UpdatePageReply)


def test_a_header_that_makes_no_sense_erases_nothing() -> None:
    """The other slot keeps what it had."""
    rig = Rig(there().after)
    rig.boot()
    rig.board.writes.clear()
    rig.hello()
    for bad in (bytes(128), made(0x30000, 3).head[:4] + b"\xff" * 124):
        with pytest.raises(Refused, match="image"):
            rig.ask(Message.UPDATE_BEGIN, UpdateBeginRequest(bad), UpdateBeginReply)
    assert not rig.board.writes


def test_a_slow_flash_is_waited_for_and_the_watchdog_fed() -> None:
    """Longer than the kiosk's patience: no reset, no lost byte, and the repeated request is carried out once."""
    rig = booted(erase_ms=8.0)
    rig.board.writes.clear()
    image = made(0x20000)
    rig.link.ask(Message.UPDATE_BEGIN, UpdateBeginRequest(image.head), UpdateBeginReply, 0.015)
    erased = [write.address for write in rig.board.writes if write.data is None]
    assert len(erased) == len(set(erased)) == len(image.data) // 4096 + 2
    assert rig.board.resets == 0
    assert rig.beat().bytes_lost == 0


def test_flash_that_was_wiped_whole_but_for_the_loader_goes_to_the_rom() -> None:
    """Nothing genuine is there: the loader gives the chip to the mask ROM's own USB loader."""
    flash = settled()[:0x10000] + b"\xff" * (len(settled()) - 0x10000)
    rig = Rig(flash)
    rig.board.run(100)
    assert rig.board.stuck_in_rom
    with pytest.raises(DeviceLost):
        rig.hello()
