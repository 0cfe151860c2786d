"""One look for all drawings, and one way to save them."""

from pathlib import Path

from matplotlib import font_manager, style
from matplotlib.figure import Figure

from resgrad.common.files import replacing

# Okabe and Ito's palette: told apart with any colour vision, and in grey by lightness.
COLOURS = {"plain": "#D55E00", "residual": "#0072B2"}
MARKERS = {"plain": "s", "residual": "o"}

look = style.context(
    [
        "default",  # not what the user's own matplotlibrc says
        {
            "font.size": 10,
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#dddddd",
            "grid.linewidth": 0.6,
            "lines.linewidth": 1.8,
            "legend.frameon": False,
        },
    ]
)
"""Decorator of the functions that draw."""


def drawable(name: str) -> str:
    r"""Write a name that somebody else chose so that it can be drawn.

    The font that comes with matplotlib, the same everywhere, has Latin, Greek, Cyrillic, Arabic and Hebrew letters; all
    that it lacks is written as a code point, such as ``\u732b``. A dollar begins no formula.
    """
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    letters = (c if font.get_char_index(ord(c)) else c.encode("ascii", "backslashreplace").decode() for c in name)
    return "".join(letters).replace("$", r"\$")


@look
def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG without a trace of when and with what: the same figure gives the same bytes."""
    with replacing(path) as partial:
        figure.savefig(partial, format="png", dpi=100, metadata={"Software": None})
