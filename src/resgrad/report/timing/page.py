"""The page of wall-clock times."""

from resgrad.common.cells import VARIANTS
from resgrad.report.averages import Average, averages
from resgrad.report.markdown import table_text
from resgrad.report.room import Room


def to_markdown(room: Room) -> str:
    """Write how long each activity took, with n and spread, and on which machine.

    Args:
        room: the tables of times.
    """
    values = averages(room["averages"])
    rows = [
        [str(depth), _title(measure), *(_cell(values.get((depth, measure, variant))) for variant in VARIANTS)]
        for depth, measure in dict.fromkeys((depth, measure) for depth, measure, _ in values)
    ]
    machine = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in room.about["machine"].items())
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


def _cell(average: Average | None) -> str:
    return "undefined" if average is None else average.text(".3g")
