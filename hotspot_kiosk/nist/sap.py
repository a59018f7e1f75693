"""Why a portrait claims no subject acquisition profile (SAP, ANSI/NIST-ITL 10.013). It never claims one.

Expression and closed eyes are not measured, and lens and distance are not known, so that SAP 30 is never shown to
be met; what is known to fall short is named. What is advice to the officer alone stays out of it.
"""

from __future__ import annotations

from hotspot_kiosk.terms import PRESENTATION, Quality

SAP_30 = (480, 600)  # px, the least a frontal portrait of that profile has
GOOD = 70
MOST = 3


def why_no_sap(quality: Quality, width: int, height: int) -> str:
    """In words for the record's comment, plain ASCII: what falls short, the worst aspects first, and what is not known."""
    reasons = [] if width >= SAP_30[0] and height >= SAP_30[1] else [f"below {SAP_30[0]} x {SAP_30[1]} px"]
    asked = (part for part in quality.components if not part.name.startswith(PRESENTATION))
    low = sorted((part for part in asked if part.score < GOOD), key=lambda part: part.score)
    reasons += [f"{part.name} {part.score} of 100" for part in low[:MOST]]
    return ", ".join([*reasons, "expression not measured"])
