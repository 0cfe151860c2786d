"""What cells cost, on paper: arithmetic on the times and operations of the default study."""

import pandas as pd

from handbook.study import Studies, Study
from handbook.words import in_words
from resgrad.report.markdown import table_text

CORE, GPU = 0.04, 2.0
"""Dollars an hour: round numbers."""

GPU_OPERATIONS = 100e12
"""A second: assumed."""

IMAGENET = {"images": 1_281_167, "epochs": 90, "operations": 22.1e9}
"""Training images; operations an image of ``imagenet_resnet``, depth 50 and width 64, at 224 pixels."""

CELLS = (10, 1_000, 100_000)
HOUR, DAY, YEAR = 3600, 86_400, 365.25 * 86_400


def cells(studies: Studies) -> str:
    """Write the speed of a core, what a cell takes, and what many take on some numbers of cores."""
    study = studies["default"]
    speeds = _speeds(study)
    lines = [
        [
            f"depth {row.depth}, width {study.parameters['model']['width']}, {study.name(row.dataset)} {row.shape}",
            f"{row.operations / 1e6:.3g}",
            f"{row.images:,.0f}",
            f"{row.speed / 1e9:.1f}",
        ]
        for row in speeds.itertuples()
    ]
    headers = ["network, data", "million operations per image", "images per second", "10⁹ operations per second"]
    takes = _seconds(study)
    kinds = sum(len(_times(study, dataset, "seconds.total")) for dataset in study.datasets)
    costs = [
        [f"{count:,}", rounded(count * takes / HOUR), rounded(count * takes / HOUR * CORE)]
        + [duration(max(count / cores, 1) * takes) for cores in (2, 100, 1_000)]
        for count in CELLS
    ]
    of = ["cells of the default study", "hours of a core", "$", "on 2 cores", "on 100 cores", "on 1,000 cores"]
    return (
        f"{table_text(headers, lines)}\n\n"
        f"Residual twins on one thread of {_machine(study)}, means over seeds; other processes may have run beside. "
        f"So a core does {speeds['speed'].min() / 1e9:.0f} to {speeds['speed'].max() / 1e9:.0f} · 10⁹ operations a "
        f"second. A cell of the default study takes {takes:.0f} seconds in the mean of its {in_words(kinds)} kinds, "
        f"without the start of its process.\n\n{table_text(of, costs)}\n\n"
        "With more cores than cells a study takes as long as a cell; 100,000 cells are more than DVC can hold in one "
        "pipeline (see below)."
    )


def imagenet(studies: Studies) -> str:
    """Write what a training on ImageNet would take on a core as fast as the fastest one measured, and on a GPU."""
    core = _speeds(studies["default"])["speed"].max()
    operations = IMAGENET["images"] * IMAGENET["epochs"] * IMAGENET["operations"]
    on_core, on_gpu = operations / core, operations / GPU_OPERATIONS
    speeds = {
        "one core": f"{core / 1e9:.0f} · 10⁹, as measured on small networks",
        "one GPU": f"{GPU_OPERATIONS / 1e12:.0f} · 10¹², assumed and not measured",
    }
    costs = {"one core": (on_core, CORE), "one GPU": (on_gpu, GPU)}
    one = [[on, speeds[on], duration(takes), rounded(takes / HOUR * price)] for on, (takes, price) in costs.items()]
    many = [
        [
            f"{count:,}",
            rounded(count * on_gpu / HOUR),
            rounded(count * on_gpu / HOUR * GPU),
            duration(max(count / 100, 1) * on_gpu),
        ]
        for count in CELLS
    ]
    return (
        f"`imagenet_resnet` of depth 50 and width 64 costs {IMAGENET['operations'] / 1e9:.1f} · 10⁹ operations an "
        f"image, so that {IMAGENET['epochs']} epochs cost {operations / 1e18:.2f} · 10¹⁸.\n\n"
        f"{table_text(['on', 'operations per second', 'a cell takes', '$'], one)}\n\n"
        f"{table_text(['cells on GPUs', 'hours of a GPU', '$', 'on 100 GPUs'], many)}"
    )


def duration(seconds: float) -> str:
    """Write ``33 s``, ``6 min``, ``9 h``, ``19 days`` or ``4.5 years``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 1.5 * HOUR:
        return f"{seconds / 60:.0f} min"
    if seconds < 2 * DAY:
        return f"{seconds / HOUR:.2g} h"
    return f"{seconds / DAY:.0f} days" if seconds < YEAR else f"{seconds / YEAR:.1f} years"


def rounded(amount: float) -> str:
    """Write a number with two significant digits: ``0.0024``, ``71``, ``1,400,000``."""
    return f"{float(f'{amount:.2g}'):,.10g}"


def _speeds(study: Study) -> pd.DataFrame:
    rows = []
    for dataset in study.datasets:
        shape = study.parameters["data"][dataset]
        channels, size = {"grey": 1, "rgb": 3}[shape["color"]], shape["image_size"]
        for depth, images in _times(study, dataset, "images_per_second").xs("residual", level="variant").items():
            log10 = study.runs(dataset, depth, "residual")["flops_per_image_log10"].mean()
            named = {"dataset": dataset, "depth": depth, "shape": f"{channels}x{size}x{size}"}
            rows.append({**named, "operations": 10**log10, "images": images, "speed": images * 10**log10})
    return pd.DataFrame(rows)


def _times(study: Study, dataset: str, measure: str) -> pd.Series:
    table = study.table(f"timing-{dataset}", "averages")
    return table[table["measure"] == measure].set_index(["depth", "variant"])["mean"]


def _seconds(study: Study) -> float:
    return pd.concat([_times(study, dataset, "seconds.total") for dataset in study.datasets]).mean()


def _machine(study: Study) -> str:
    return study.about(f"timing-{study.datasets[0]}")["machine"]["processor"]
