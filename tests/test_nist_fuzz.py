"""A short campaign of the fuzz target (`make fuzz` runs the whole one), and that its oracle can fail."""

from __future__ import annotations

import pytest
from fuzz_nist import campaign, corpus, oracle, try_broken, try_file
from nistfiles import changed, sample_file

from hotspot_kiosk.nist import write


def test_changed_files_are_refused_or_keep_the_rules() -> None:
    """Fifteen hundred files of both encodings: no crash, no broken mandatory rule accepted, each one found."""
    tally = campaign(1500, seed=7)
    assert tally["broken, found"] > 300
    assert tally["accepted"] > 20
    assert tally["refused"] > 100
    assert tally["no file"] > 100


def test_the_corpus_is_whole() -> None:
    """What the campaign begins with can be read; searches in it are accepted."""
    outcomes = [try_file(data) for data in corpus()]
    assert "no file" not in outcomes
    assert outcomes.count("accepted") >= 4


def test_the_oracle_sees_what_is_broken() -> None:
    """It knows no validator, and is not content with everything."""
    oracle(sample_file())
    for number, field, text in ((0, 9, "26000170000004A"), (0, 4, "ATP"), (3, 13, "0"), (2, 6, "61")):
        with pytest.raises(AssertionError):
            oracle(write(changed(number, (field, text))))
    with pytest.raises(AssertionError):
        try_broken(sample_file(), 1, 9)
