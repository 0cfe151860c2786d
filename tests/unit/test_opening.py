"""What holds for a data set of any format, once it is opened."""

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from resgrad.datasets import listing
from resgrad.datasets.formats import cifar
from resgrad.datasets.formats import idx as idx_format
from resgrad.datasets.opening import opened
from resgrad.preprocess.config import PreprocessConfig
from resgrad.preprocess.preprocess import preprocess
from tests.unit.raw_folders import OPTIONS
from tests.unit.raw_sets import CIFAR10, brought, records, write_tar
from tests.unit.test_format_idx import write_idx


def refusal(data_format, raw) -> str:
    with pytest.raises(listing.LayoutError) as caught, opened(data_format, raw, "mine"):
        pass
    return str(caught.value)


def test_idx_files_of_one_label_are_refused(tmp_path):
    ones = {"train-labels-idx1-ubyte": np.ones(4, np.uint8), "t10k-labels-idx1-ubyte": np.ones(2, np.uint8)}
    raw = brought(idx_format, write_idx(tmp_path / "mine", **ones), tmp_path / "raw")
    said = "holds images of class 1 only; give a data set with images of at least two classes."
    assert refusal(idx_format, raw) == f"mine {said}"
    (raw / "provenance.json").write_text('{"provenance": "custom"}')
    with pytest.raises(listing.LayoutError, match=said):
        preprocess(raw, tmp_path / "shards", PreprocessConfig(**OPTIONS), format_name="idx")


def test_records_of_one_label_are_refused_however_many_names_there_are(tmp_path):
    files = {name: records(6, 1, classes=1) if name.endswith(".bin") else content for name, content in CIFAR10.items()}
    raw = brought(cifar, write_tar(tmp_path / "a.tar.gz", files), tmp_path / "raw")
    assert refusal(cifar, raw).startswith("mine holds images of class airplane only; ")


def test_a_set_without_images_is_refused(tmp_path):
    nothing = listing.Listing(classes=["a", "b"], labels=np.array([], np.int64), id_of=str, read=bytes, marks=[])
    empty = SimpleNamespace(opened=lambda *_: nullcontext(nothing))
    assert refusal(empty, tmp_path).startswith("mine holds no images; ")
