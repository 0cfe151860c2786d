"""Bring README.md and docs/ up to date with the frozen studies: ``python -m handbook``."""

import sys

from handbook import ROOT
from handbook.blocks import BlockError
from handbook.book import outdated


def main() -> None:
    """Rewrite the pages whose blocks are out of date, and print their names."""
    try:
        pages = outdated(ROOT)
    except (BlockError, FileNotFoundError) as error:
        sys.exit(str(error))
    for page, text in pages.items():
        page.write_text(text, encoding="utf-8")
        print(f"{page.relative_to(ROOT)}: rewritten")
    if not pages:
        print("README.md and docs/ say what the frozen studies say.")


if __name__ == "__main__":
    main()
