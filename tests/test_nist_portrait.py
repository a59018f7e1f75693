"""A portrait's record says why it claims no acquisition profile."""

from dataclasses import replace

import making
import numpy as np

from hotspot_kiosk.nist.sap import why_no_sap
from hotspot_kiosk.terms import Quality, QualityComponent


def parts(**scores: int) -> Quality:
    """A quality of these components."""
    return Quality(tuple(QualityComponent(name, score) for name, score in scores.items()))


def test_a_good_large_portrait_lacks_what_is_not_measured() -> None:
    """Nothing falls short, and still no profile is claimed."""
    assert why_no_sap(parts(sharpness=90), 480, 600) == "expression not measured"


def test_what_falls_short_is_named_worst_first() -> None:
    """Size first, then at most three aspects."""
    told = why_no_sap(parts(a=60, b=10, c=69, d=65, e=70), 479, 600)
    assert told == "below 480 x 600 px, b 10 of 100, a 60 of 100, d 65 of 100, expression not measured"


def test_either_side_may_be_too_small() -> None:
    """Height counts as width does."""
    assert why_no_sap(parts(), 480, 599).startswith("below")


def test_the_fakes_face_is_too_small_for_any_profile() -> None:
    """What the tests send as a face says so."""
    capture = replace(making.face_capture(), quality=parts(sharpness=40))
    height, width = np.shape(capture.sample.pixels)[:2]
    assert "sharpness 40 of 100" in why_no_sap(capture.quality, width, height)
