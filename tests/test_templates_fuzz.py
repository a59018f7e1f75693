"""A short campaign of the templates' fuzz target; `make fuzz` runs a long one."""

from fuzz_templates import KINDS, campaign


def test_no_changed_template_crashes_or_matches_another_finger() -> None:
    """Refused with a sentence or compared in vain; both happen in every form, so that the campaign reaches both."""
    found = campaign(600, 3)
    assert sum(found.values()) == 600
    for kind in KINDS:
        for became in ("refused", "read"):
            assert (
                sum(often for words, often in found.items() if words.startswith(f"{kind.decode()} {became}"))
                > 5
            )
    assert found["G read: no match"] > 5
    assert found["P read: no match"] > 5
