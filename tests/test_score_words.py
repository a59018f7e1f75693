"""How much likelier one finger is than another, in words that officers read in thirteen languages."""

from __future__ import annotations

import math
import unicodedata

import pytest

from hotspot_kiosk.kiosk.web.languages import Language, Languages
from hotspot_kiosk.kiosk.web.words_officer import FOLDER, score_words


@pytest.mark.parametrize("language", Languages(FOLDER).all(), ids=lambda language: language.code)
def test_a_large_number_is_one_number_in_every_direction(language: Language) -> None:
    """Its groups keep their order from right to left, too: what parts them is a separator of numbers (Unicode's CS)."""
    said = str(score_words(language, 4.5 * math.log(10)))
    before, after = said.index("10", said.index("</bdi>")), said.index("000")
    assert after - before == 3
    assert unicodedata.bidirectional(said[after - 1]) == "CS"
