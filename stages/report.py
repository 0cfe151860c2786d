"""Write the page and the pictures of a room: ``python -m stages.report <page> [<dataset>]``."""

import argparse
import importlib
import pkgutil
from pathlib import Path

from resgrad import report
from resgrad.common.files import replacing
from resgrad.report.room import Room
from resgrad.report.style import save
from stages._run import run

PAGES = [module.name for module in pkgutil.iter_modules(report.__path__) if module.ispkg]


def write_report(page: str, dataset: str | None) -> None:
    """Read the tables of a room; write its page, the tables that support the page, and its pictures."""
    content = importlib.import_module(f"resgrad.report.{page}")
    room = Room(Path("data", page, dataset or ""))
    name = f"{page}-{dataset}" if dataset else page
    with replacing(Path("metrics", f"{name}.md")) as partial:
        partial.write_text(content.to_markdown(room), encoding="utf-8")
    with replacing(Path("metrics", name)) as partial:
        partial.mkdir()
        for table in filter(room.__contains__, content.CSV):
            room.write_csv(table, partial / f"{table}.csv")
    with replacing(Path("plots", dataset, page) if dataset else Path("plots", page)) as partial:
        partial.mkdir()
        for picture, figure in content.pictures(room):
            save(figure, partial / f"{picture}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", choices=PAGES)
    parser.add_argument("dataset", nargs="?")
    arguments = parser.parse_args()
    run(lambda: write_report(arguments.page, arguments.dataset))
