"""What a user sees of a run on all cores."""

import io

import pytest
from rich.console import Console

from resgrad.parallel.display import Display, Estimate, duration
from resgrad.parallel.worker import Outcome


def displayed(*, terminal: bool, apart: bool = False) -> tuple[Display, io.StringIO]:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=60, color_system=None)
    return Display(console, jobs=2, apart=apart), file


def drawn_last(file: io.StringIO) -> str:
    """Return the text drawn since lines were last erased."""
    return file.getvalue().rpartition("\x1b[2K")[2].removeprefix("\x1b[?25l")  # hides the cursor


def test_without_a_terminal_there_is_a_plain_line_for_whatever_ends():
    display, file = displayed(terminal=False)
    with display:
        display.expect(["a@0", "a@1", "b", "c", "d"])
        display.starts("a@0", "0")
        display.starts("a@1", "1")
        display.bar("a@0", "a: 50%|##  |")
        display.refresh()
        display.succeeded(Outcome("a@0", "run", 12.0, 0))
        display.line("a@1", "One image was skipped.")
        display.failed("a@1")
        display.skipped("b", "a@1")
        display.succeeded(Outcome("c", "restored", 1.0, 0))
        display.succeeded(Outcome("d", "unchanged", 0.25, 0))
    assert file.getvalue().splitlines() == [
        "[1/5] a@0, 12 s on worker 0; about 24 s left",
        "a@1: One image was skipped.",
        "[2/5] a@1 FAILED on worker 1; about 18 s left",
        "[3/5] b not run, since a@1 failed; about 12 s left",
        "[4/5] c from the run-cache, 1.0 s; about 6.5 s left",
        "[5/5] d unchanged, 0.2 s",
    ]


@pytest.mark.parametrize(
    ("apart", "where"), [(False, "from its checkpoint if it has one"), (True, "from its beginning")]
)
def test_a_stage_that_starts_again_lost_its_worker(apart, where):
    display, file = displayed(terminal=False, apart=apart)
    display.expect(["a"])
    display.starts("a", "1")
    display.starts("a", "0")
    display.succeeded(Outcome("a", "run", 1.0, 0))
    assert (
        file.getvalue() == f"a: worker 1 was lost; it runs again, {where}, on worker 0.\n[1/1] a, 1.0 s on worker 0\n"
    )


def test_on_a_terminal_each_worker_has_a_line_and_the_whole_another():
    display, file = displayed(terminal=True)
    with display:
        display.expect(["a", "b", "c"])
        display.starts("a", "1")
        display.starts("b", "0")
        display.bar("a", "training:  50%|##  | 5/10")
        display.refresh()
        assert drawn_last(file).startswith("0   b: 0.0 s\n1   training:  50%|##  | 5/10\n0 of 3 stages, 2 running")
        display.succeeded(Outcome("a", "run", 2.0, 0))
        display.refresh()
        assert "[1/3] a, 2.0 s on worker 1\n" in file.getvalue()
        assert drawn_last(file).startswith("0   b: 0.0 s\n1 of 3 stages, 1 running")


def test_text_that_looks_like_markup_is_shown_as_it_is():
    display, file = displayed(terminal=False)
    display.line("a", "[bold]x[/bold] /path/to:1 " + "long " * 30)
    assert file.getvalue() == "a: [bold]x[/bold] /path/to:1 " + "long " * 29 + "long \n"


def test_nothing_is_guessed_before_a_stage_has_ended():
    assert Estimate().left(["a"], {}, jobs=1) is None


@pytest.mark.parametrize(
    ("stages", "running", "jobs", "expected"),
    [
        ([], {}, 2, 0),
        (["train@2", "train@3"], {}, 1, 20),  # the mean of two trainings is 10 s
        (["train@2", "train@3"], {}, 2, 10),
        (["train@2", "train@3"], {"train@2": 4.0}, 2, 10),  # the other takes its whole time
        (["train@2"], {"train@2": 4.0}, 2, 6),
        (["train@2"], {"train@2": 99.0}, 2, 0),
        (["probe"], {}, 2, 8),  # no stage of this kind has ended yet: the mean of all, (8 + 12 + 4) / 3
        (["train@2", "probe", "report@x"], {}, 2, 11),
    ],
)
def test_the_time_left_follows_stages_of_the_same_kind(stages, running, jobs, expected):
    estimate = Estimate()
    for stage, seconds in (("train@0", 8.0), ("train@1", 12.0), ("report@y", 4.0)):
        estimate.add(stage, seconds)
    assert estimate.left(stages, running, jobs) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 0 s"), (61, "1 min 1 s")),
        *((3599.4, "59 min 59 s"), (3600, "1 h 0 min"), (7805, "2 h 10 min")),
    ],
)
def test_durations_read_as_people_say_them(seconds, text):
    assert duration(seconds) == text
