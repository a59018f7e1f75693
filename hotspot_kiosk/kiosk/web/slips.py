"""A slip's number as a QR code. What else stands on a slip is in the templates."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup


def qr(number: str) -> Markup:
    """The number as an SVG of black and white squares, readable though a quarter is dirty (ISO/IEC 18004, level Q)."""
    out = io.BytesIO()
    code = segno.make(number.replace("-", ""), error="q", micro=False)
    code.save(out, kind="svg", xmldecl=False, svgns=True, border=4, dark="#000", light="#fff", omitsize=True)
    return Markup(out.getvalue().decode())  # noqa: S704
