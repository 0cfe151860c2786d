"""Write Vega, Vega-Lite and Vega-Embed as one script, so that the pages of `dvc plots` need no network."""

from pathlib import Path

import vl_convert

TARGET = Path(__file__).with_name("vega.js")
# On a canvas, as DVC's own page draws: a heat map has tens of thousands of cells.
SNIPPET = """
window.vegaEmbed = (element, spec, options) => vegaEmbed(element, spec, {renderer: "canvas", ...options});
"""

if __name__ == "__main__":
    partial = TARGET.with_suffix(".partial")
    # Inside a function, so that the libraries' names cannot clash with the page's.
    partial.write_text(f"(() => {{\n{vl_convert.javascript_bundle(SNIPPET)}\n}})();\n", encoding="utf-8")
    partial.replace(TARGET)
