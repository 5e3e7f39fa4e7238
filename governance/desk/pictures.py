"""The picture of how far people have come: an SVG of its own, for pages that show no drawing inside themselves."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from governance.desk.rules import STAGES, Stage

WIDTH, BAR, GAP, LABEL, SIDE = 720, 34, 14, 300, 10
INK, FILL, PAPER = "#0b0c0c", "#1d70b8", "#ffffff"


def funnel_picture(counts: Mapping[Stage, int]) -> str:
    """Bars, one a stage, as long as the number of people who have come at least so far."""
    most = max(counts.values(), default=0) or 1
    height = len(STAGES) * (BAR + GAP) + GAP
    bars = [bar(place, STAGES[stage], counts[stage], most) for place, stage in enumerate(STAGES)]
    told = ", ".join(f"{words}: {counts[stage]}" for stage, words in STAGES.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' font-family="Arial, sans-serif" font-size="17" fill="{INK}"><title>{escape(told)}</title>'
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>{"".join(bars)}</svg>\n'
    )


def bar(place: int, words: str, count: int, most: int) -> str:
    """One bar with its words and its number."""
    top = GAP + place * (BAR + GAP)
    room = WIDTH - LABEL - 70
    length = round(room * count / most)
    middle = top + BAR / 2 + 6
    return (
        f'<text x="{SIDE}" y="{middle:g}">{escape(words)}</text>'
        f'<rect x="{LABEL}" y="{top}" width="{length}" height="{BAR}" fill="{FILL}"/>'
        f'<text x="{LABEL + length + 8}" y="{middle:g}">{count}</text>'
    )
