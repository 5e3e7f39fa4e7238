"""Draws a QR code as SVG that stands in a page, without style or script. The keeper of segno."""

from __future__ import annotations

from html import escape

import segno

SCALE, QUIET = 5, 4


def draw_qr(text: str, named: str) -> str:
    """The picture of a text, dark on white with the quiet zone that cameras need, whatever the page's colours are."""
    drawn: str = segno.make(text, error="m", micro=False).svg_inline(
        scale=SCALE, border=QUIET, light="#fff", lineclass=None, svgclass="app-qr"
    )
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(named)}" ', 1)
