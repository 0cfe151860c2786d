"""One look for all drawings, and one way to save them."""

from pathlib import Path

from matplotlib import font_manager, style
from matplotlib.figure import Figure

from resgrad.common.files import replacing

# Okabe and Ito's palette: distinguishable with any colour vision, and by lightness in grey.
COLOURS = {"plain": "#D55E00", "residual": "#0072B2"}
MARKERS = {"plain": "s", "residual": "o"}

look = style.context(
    [
        "default",  # not the user's own matplotlibrc
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
    r"""Rewrite a name from outside so that it can be drawn.

    The font included in matplotlib, the same everywhere, has Latin, Greek, Cyrillic, Arabic and Hebrew letters; missing
    characters are written as code points, such as ``\u732b``. A dollar does not begin a formula.
    """
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    letters = (c if font.get_char_index(ord(c)) else c.encode("ascii", "backslashreplace").decode() for c in name)
    return "".join(letters).replace("$", r"\$")


@look
def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG without the time and software in it, so that the same figure gives the same bytes."""
    with replacing(path) as partial:
        figure.savefig(partial, format="png", dpi=100, metadata={"Software": None})
