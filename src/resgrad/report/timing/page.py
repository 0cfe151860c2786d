"""Wall-clock times as a page for people."""

from resgrad.common.cells import VARIANTS
from resgrad.report.markdown import spread_text, table_text
from resgrad.report.room import Room


def to_markdown(room: Room) -> str:
    """Say what took how long, with n and spread, and on what.

    Args:
        room: with the tables of times.
    """
    averages = room["averages"]
    values = averages.set_index(["depth", "measure", "variant"]).to_dict("index")
    rows = [
        [str(depth), _title(measure), *(_cell(values.get((depth, measure, variant))) for variant in VARIANTS)]
        for depth, measure in averages[["depth", "measure"]].drop_duplicates().itertuples(index=False)
    ]
    machine = ", ".join(f"{name} {value}" for name, value in room.about["machine"].items())
    paragraphs = [
        f"# {room.about['dataset']}: wall-clock times",
        f"Mean ± standard deviation over n seeds. Measured on: {machine}. Other processes may have run beside.",
        table_text(["depth", "per run", *VARIANTS], rows),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _title(measure: str) -> str:
    if measure == "images_per_second":
        return "images per second, training"
    return measure.replace("seconds.", "seconds, ")


def _cell(spread: dict[str, float] | None) -> str:
    return "undefined" if spread is None else spread_text(**spread, form=".3g")
