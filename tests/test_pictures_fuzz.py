"""A short campaign of the pictures' fuzz target; `make fuzz` runs a long one."""

from fuzz_pictures import campaign

from hotspot_kiosk import pictures


def test_no_changed_file_does_more_than_be_refused() -> None:
    """A plain picture, or one sentence; and both do happen, so that the campaign reaches what it is for."""
    found = campaign(1500, 7)
    assert sum(found.values()) == 1500
    assert found["a picture / a picture"] > 20
    assert len(found) >= 8
    assert pictures.MAX_PIXELS <= 32_000_000
