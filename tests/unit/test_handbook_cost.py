"""What cells cost on paper, from made-up times."""

import json

import pandas as pd
import pytest
from ruamel.yaml import YAML

from handbook import cost
from handbook.study import Studies


@pytest.fixture
def studies(tmp_path):
    """A study of one data set at one depth: 10^8 operations an image, 200 images a second, 72 and 36 s a training."""
    folder = tmp_path / "docs/study/default"
    (folder / "comparison-mnist").mkdir(parents=True)
    (folder / "timing-mnist").mkdir()
    for page, about in (("comparison", {"provenance": "official"}), ("timing", {"machine": {"processor": "a core"}})):
        (folder / f"{page}-mnist/about.json").write_text(json.dumps(about))
    runs = [{"variant": v, "depth": 20, "seed": 0, "flops_per_image_log10": 8.0} for v in ("plain", "residual")]
    pd.DataFrame(runs).to_csv(folder / "comparison-mnist/runs.csv", index=False)
    times = [
        {"depth": 20, "variant": variant, "measure": measure, "mean": mean}
        for variant, images, seconds in (("plain", 150, 72), ("residual", 200, 36))
        for measure, mean in (("images_per_second", images), ("seconds.total", seconds))
    ]
    pd.DataFrame(times).to_csv(folder / "timing-mnist/averages.csv", index=False)
    block = {"color": "grey", "image_size": 28}
    YAML().dump({"datasets": ["mnist"], "model": {"width": 8}, "data": {"mnist": block}}, folder / "params.yaml")
    return Studies(tmp_path)


def cells_of(text):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]


def test_a_cell_takes_the_mean_of_its_kinds_and_speed_is_that_of_residual_twins(studies):
    text = cost.cells(studies)
    (_, speed, _, ten, thousand, most) = cells_of(text)
    assert speed == ["depth 20, width 8, MNIST 1x28x28", "100", "200", "20.0"]
    assert "A cell of the default study takes 54 seconds in the mean of its two kinds" in text
    assert ten == ["10", "0.15", "0.006", "4 min", "54 s", "54 s"]
    assert thousand == ["1,000", "15", "0.6", "7.5 h", "9 min", "54 s"]
    assert most == ["100,000", "1,500", "60", "31 days", "15 h", "1.5 h"]


def test_imagenet_takes_its_operations_over_the_speed(studies):
    text = cost.imagenet(studies)
    (_, core, gpu, _, *many) = cells_of(text)
    seconds = 1_281_167 * 90 * 22.1e9 / 20e9
    assert core == ["one core", "20 · 10⁹, as measured on small networks", f"{seconds / cost.YEAR:.1f} years", "1,400"]
    assert gpu[2:] == ["7.1 h", "14"]
    assert [line[3] for line in many] == ["7.1 h", "3 days", "295 days"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(33, "33 s"), (89.6, "90 s"), (91, "2 min"), (3 * 3600, "3 h"), (3 * 86_400, "3 days"), (2e8, "6.3 years")],
)
def test_durations_have_the_unit_that_a_reader_would_take(seconds, text):
    assert cost.duration(seconds) == text


@pytest.mark.parametrize(("amount", "text"), [(0.00237, "0.0024"), (71.3, "71"), (1_416_000, "1,400,000")])
def test_amounts_have_two_digits(amount, text):
    assert cost.rounded(amount) == text
