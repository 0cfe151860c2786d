"""A folder of one's own, from ``-S`` to trained, in one command."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.pipeline


def draw(folder: Path, brightness: int) -> None:
    """Write 24 noisy pictures of about one brightness."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(brightness)
    for number in range(24):
        pixels = random.integers(brightness, brightness + 60, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def test_one_command_trains_on_a_folder_of_ones_own_and_compares(project, tmp_path):
    images = tmp_path / "my images (1)"
    draw(images / "dark", 0)
    draw(images / "明るい", 180)
    (images / "notes.txt").write_text("Taken in spring.\n", encoding="utf-8")
    printed = project.run(
        *("dvc", "exp", "run", "-S", "datasets=[mine]", "-S", "seeds=[0]", "-S", "tolerance.rates=[1.0]", "-S"),
        f'+data.mine={{format: folder, source: "{images}", image_size: 8, epochs: 1}}',
        "report@comparison-mine",
    )
    assert "mine: 48 images in 2 classes. Passed over: 1 .txt (such as notes.txt)." in printed
    assert printed.count("Running stage 'train@mine-") == 2
    split = json.loads((project.folder / "metrics/data-mine.json").read_text(encoding="utf-8"))["custom"]
    assert split["folders"] == {"dark": {"dark": 24}, "明るい": {"明るい": 24}}
    compared = json.loads((project.folder / "metrics/comparison-mine.json").read_text(encoding="utf-8"))
    assert list(compared) == ["custom"]
    assert (project.folder / "metrics/comparison-mine.md").read_text(encoding="utf-8").startswith("# ")
    assert (project.folder / "plots/mine/comparison/comparison.png").exists()
