"""Photographs become shards: which count, which are skipped and why, and what a failure leaves."""

import hashlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from resgrad.preprocess.preprocess import PreprocessError
from resgrad.preprocess.split_checks import SplitError
from resgrad.shards.shards import Shards
from tests.unit.raw_folders import OPTIONS, ids, photographs, picture, preprocess, preprocessed, write_archive


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_photographs_become_shards(tmp_path):
    raw = write_archive(tmp_path / "raw", photographs())
    metrics = preprocess(raw, tmp_path / "shards", **OPTIONS)
    manifest = Shards(tmp_path / "shards").manifest
    expected = {"train": {"A": 18, "B": 18}, "validation": {"A": 6, "B": 6}, "test": {"A": 6, "B": 6}}
    assert manifest["counts"]["leaf"] == manifest["counts"]["random"] == expected
    assert (manifest["provenance"], manifest["classes"], manifest["split"]) == ("custom", ["A", "B"], "leaf")
    leak = metrics["custom"].pop("leak_random")
    assert 0 < leak <= 1
    assert metrics == {
        "custom": {
            "images": 60,
            "counts": expected,
            "skipped": {"total": 0, "over_train_limit": 0},
            "shape": {"channels": 3, "height": 8, "width": 8},
            "leak": 0,
            "leaf_known": 1,
            "folders": {"A": {"top/A": 30}, "B": {"top/B": 30}},
            "passed_over": {"total": 0},
        }
    }
    images, labels, names = Shards(tmp_path / "shards").read("test")
    assert images.shape == (12, 3, 8, 8)
    assert [name[0] for name in names] == ["AB"[label] for label in labels]


def test_every_image_has_its_own_pixels_label_and_hash(tmp_path):
    files = photographs()
    raw = write_archive(tmp_path / "raw", files)
    preprocess(raw, tmp_path / "shards", **{**OPTIONS, "image_size": 16})
    rows = {row["id"]: row for row in Shards(tmp_path / "shards").index().to_pylist()}
    assert len(rows) == 60
    for path, content in files.items():
        row = rows[path.removeprefix("top/")]
        assert row["sha256"] == hashlib.sha256(content).hexdigest()
        assert (
            row["group"] == path.removeprefix("top/").split("/")[0] + "/S leaf " + path.split("Leaf ")[1].split(".")[0]
        )
    images, _, names = Shards(tmp_path / "shards").read("train")
    for image, name in zip(images, names, strict=True):
        whole = Image.open(BytesIO(files[f"top/{name}"])).resize((16, 16), Image.Resampling.BILINEAR)
        assert np.abs(image.astype(int) - np.asarray(whole).transpose(2, 0, 1)).mean() < 2


def test_the_number_of_threads_changes_nothing(tmp_path):
    raw = write_archive(tmp_path / "raw", photographs())
    for threads in (1, 3):
        preprocess(raw, tmp_path / f"shards-{threads}", **OPTIONS, threads=threads)
    assert contents(tmp_path / "shards-1") == contents(tmp_path / "shards-3")


def test_kaggles_second_tree_and_other_copies_count_once(tmp_path):
    files = photographs()
    again = {f"top/PlantVillage/{name.split('/', 1)[1]}": content for name, content in files.items()}
    copy = {"top/B/copy.jpg": files["top/B/u1___S Leaf 1.1.JPG"]}
    raw = write_archive(tmp_path / "raw", {**files, **again, **copy})
    metrics = preprocess(raw, tmp_path / "shards", **OPTIONS)["custom"]
    assert metrics["images"] == 60
    assert metrics["skipped"] == {"total": 61, "duplicate": 61, "over_train_limit": 0}
    assert "B/copy.jpg" in Shards(tmp_path / "shards").index()["id"].to_pylist()  # first in sorted order


def test_one_content_in_two_classes_is_in_none(tmp_path):
    files = photographs()
    files["top/A/same.jpg"] = files["top/B/same.jpg"] = picture(1)
    raw = write_archive(tmp_path / "raw", files)
    metrics = preprocess(raw, tmp_path / "shards", **OPTIONS)["custom"]
    assert metrics["images"] == 60
    assert metrics["skipped"]["under_two_classes"] == 2


def test_two_spellings_are_one_class(tmp_path):
    files = photographs(["Pepper__bell", "Tomato"])
    other = {name.replace("Pepper__bell", "Pepper,_bell").replace("top/", "other/tree/"): name for name in files}
    files |= {name: picture(place) for place, name in enumerate(other)}
    raw = write_archive(tmp_path / "raw", files)
    metrics = preprocess(raw, tmp_path / "shards", **OPTIONS)["custom"]
    assert Shards(tmp_path / "shards").manifest["classes"] == ["Pepper,_bell", "Tomato"]
    assert metrics["folders"]["Pepper,_bell"] == {"other/tree/Pepper,_bell": 30, "top/Pepper__bell": 30}


def test_files_of_one_name_in_one_class_keep_their_own_ids(tmp_path):
    files = photographs()
    files |= {f"other/tree/{name.split('/', 1)[1]}": picture(place) for place, name in enumerate(files)}
    raw = write_archive(tmp_path / "raw", files)
    preprocess(raw, tmp_path / "shards", **OPTIONS)
    assert set(Shards(tmp_path / "shards").index()["id"].to_pylist()) == set(files)


def test_what_cannot_be_decoded_is_counted_by_reason(tmp_path):
    good = photographs()
    bad = {"top/A/a.jpg": b"<html>", "top/A/b.jpg": picture(1)[:300], "top/B/c.png": picture(2, "PNG")[:300]}
    raw = write_archive(tmp_path / "raw", {**good, **bad})
    metrics = preprocess(raw, tmp_path / "shards", **OPTIONS)["custom"]
    assert metrics["images"] == 60
    assert metrics["skipped"] == {"total": 3, "not_an_image": 1, "damaged": 2, "over_train_limit": 0}
    counts = metrics["counts"]
    assert sum(sum(split.values()) for split in counts.values()) == 60


def test_each_reason_to_leave_images_out_is_said_with_a_member(tmp_path):
    files = photographs()
    files |= {"top/A/same.jpg": picture(1), "top/B/same.jpg": picture(1), "top/A/a.jpg": b"<html>"}
    files |= {f"top/B/late-{number}.jpg": picture(number)[:-200] for number in range(10, 13)}  # the header is whole
    raw = write_archive(tmp_path / "leaves", files)
    assert preprocessed(raw, tmp_path / "shards", **{**OPTIONS, "train_limit": 30}).sentences == [
        "leaves: 2 images are left out (under two classes), such as top/A/same.jpg.",
        "leaves: 1 image is left out (not an image), such as top/A/a.jpg.",
        "leaves: 3 images are left out (damaged), such as top/B/late-10.jpg.",
    ]


def test_control_characters_in_names_are_written_out(tmp_path):
    files = photographs() | {"top/A/\x1b[31mred\n.jpg": b"<html>"}
    made = preprocessed(write_archive(tmp_path / "leaves", files), tmp_path / "shards", **OPTIONS)
    assert made.sentences == [r"leaves: 1 image is left out (not an image), such as top/A/\x1b[31mred\n.jpg."]


def test_equal_files_that_are_no_pictures_are_not_called_duplicates(tmp_path):
    files = photographs() | {f"top/{label}/{name}.jpg": b"" for label in "AB" for name in "xy"}
    made = preprocessed(write_archive(tmp_path / "leaves", files), tmp_path / "shards", **OPTIONS)
    assert made.metrics["custom"]["skipped"] == {"total": 4, "not_an_image": 4, "over_train_limit": 0}


def pictures_of(sizes):
    """Pictures that are copies, by their names: so many of each original, in two classes."""
    return {
        f"{label}/cam{shot}_dark_{number:03}.jpg": picture(1000 * place + 100 * shot + number)
        for place, label in enumerate("AB")
        for shot, size in enumerate(sizes)
        for number in range(size)
    }


@pytest.mark.parametrize(
    ("sizes", "options", "said"),
    [
        ([2, 2, 2, 14], {}, "70% of the images are in test, where 20% should be"),
        ([2, 2, 2, 14], {"train_limit": 2}, "70% of the images are in test, where 20% should be"),
        ([2, 2, 2, 14], {"split": "random"}, None),
        ([9, 2, 3, 6], {}, None),  # 30 % is a tenth off
        ([8, 2, 3, 7], {}, "35% of the images are in test, where 20% should be"),
        ([1, 1, 1], {"validation_fraction": 0.1}, None),  # a third each, dealt singly too
    ],
)
def test_shares_that_are_far_from_those_asked_for_are_said(tmp_path, sizes, options, said):
    raw = write_archive(tmp_path / "days", pictures_of(sizes))
    sentences = preprocessed(raw, tmp_path / "shards", **{**OPTIONS, **options}).sentences
    assert [sentence.partition(": images that belong")[0] for sentence in sentences] == (
        [f"days: {said}"] if said else []
    )


def test_a_split_that_is_not_in_use_need_not_be_possible(tmp_path):
    files = {
        f"{label}/{label}1_dark_{number:03}.jpg": picture(100 * place + number)
        for place, label in enumerate("AB")
        for number in range(10)
    }
    raw = write_archive(tmp_path / "days", files)
    with pytest.raises(
        SplitError, match=r"^A \(10 in all\), B \(10 in all\) have no image in train; its images belong to fewer"
    ):
        preprocess(raw, tmp_path / "shards", **OPTIONS)
    made = preprocessed(raw, tmp_path / "shards", **{**OPTIONS, "split": "random"})
    assert made.sentences == [
        "days: no leaf split is made, since a class would have no training, validation or test images."
    ]
    assert list(Shards(tmp_path / "shards").manifest["counts"]) == ["random"]


def test_a_limit_leaves_validation_and_test_of_both_schemes_as_they_were(tmp_path):
    raw = write_archive(tmp_path / "raw", photographs())
    preprocess(raw, tmp_path / "all", **OPTIONS)
    metrics = preprocess(raw, tmp_path / "few", **{**OPTIONS, "train_limit": 10})["custom"]
    for scheme in ("leaf", "random"):
        for split in ("validation", "test"):
            assert ids(tmp_path / "few", split, scheme) == ids(tmp_path / "all", split, scheme)
        assert len(ids(tmp_path / "few", "train", scheme)) == 10
        assert set(ids(tmp_path / "few", "train", scheme)) < set(ids(tmp_path / "all", "train", scheme))
    assert metrics["counts"]["train"] == {"A": 5, "B": 5}
    assert metrics["images"] + metrics["skipped"]["over_train_limit"] == 60
    assert metrics["skipped"]["over_train_limit"] > 0


def test_a_limit_below_the_number_of_classes(tmp_path):
    raw = write_archive(tmp_path / "raw", photographs())
    with pytest.raises(SplitError, match=r"has no image in train; .* train_limit"):
        preprocess(raw, tmp_path / "shards", **{**OPTIONS, "train_limit": 1})
    assert not (tmp_path / "shards").exists()


def test_a_failure_leaves_the_shards_of_before(tmp_path):
    raw = write_archive(tmp_path / "raw", photographs())
    preprocess(raw, tmp_path / "shards", **OPTIONS)
    before = contents(tmp_path / "shards")
    with pytest.raises(SplitError):
        preprocess(raw, tmp_path / "shards", **{**OPTIONS, "train_limit": 1})
    assert contents(tmp_path / "shards") == before
    assert {path.name for path in tmp_path.iterdir()} == {"raw", "shards"}


def test_a_class_of_which_nothing_can_be_decoded(tmp_path):
    raw = write_archive(tmp_path / "raw", {**photographs(), "top/Empty/a.jpg": b"nothing"})
    with pytest.raises(
        SplitError, match=r"^No image of Empty \(such as .*Empty/.*, not an image\) can be used; .*: 1 not_an_image\."
    ):
        preprocess(raw, tmp_path / "shards", **OPTIONS)


def test_a_raw_folder_without_provenance(tmp_path):
    (tmp_path / "raw").mkdir()
    with pytest.raises(PreprocessError, match=r"provenance.json is missing or damaged; `dvc repro -f download@raw`"):
        preprocess(tmp_path / "raw", tmp_path / "shards", **OPTIONS)


def test_a_doubled_archive_of_nested_classes_counts_once(tmp_path):
    nested = {"A": "apple/healthy", "B": "apple/scab", "C": "pear/healthy"}
    files = {f"PV/{nested[path.split('/')[1]]}/{path.split('/')[2]}": data for path, data in photographs("ABC").items()}
    raw = write_archive(tmp_path / "raw", files | {f"PV/{path}": data for path, data in files.items()})
    metrics = preprocess(raw, tmp_path / "shards", **OPTIONS)["custom"]
    assert Shards(tmp_path / "shards").manifest["classes"] == sorted(nested.values())
    assert metrics["images"] == 90
    assert metrics["skipped"] == {"total": 90, "duplicate": 90, "over_train_limit": 0}


def test_a_class_of_the_tests_own_that_the_training_images_lack(tmp_path):
    """All images of B for training are copies of the test's, which keeps them."""
    files = {f"train/{path.removeprefix('top/')}": data for path, data in photographs().items()}
    tests = {f"test/{path.removeprefix('train/')}": data for path, data in files.items() if "/B/" in path}
    raw = write_archive(tmp_path / "raw", files | tests | {"test/A/own.jpg": picture(1)})
    with pytest.raises(SplitError, match=r"^B .* no image in train; the set brings its own .*: 30 duplicate_of_test"):
        preprocess(raw, tmp_path / "shards", **OPTIONS)
