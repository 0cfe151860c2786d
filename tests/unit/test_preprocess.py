import hashlib
import json
import zipfile
from collections import defaultdict
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from resgrad.datasets import idx
from resgrad.datasets.listing import LayoutError
from resgrad.preprocess import preprocess as room
from resgrad.preprocess.config import PreprocessConfig
from resgrad.preprocess.leaves import LeafMapError
from resgrad.preprocess.preprocess import PreprocessError
from resgrad.preprocess.splits import SplitError
from resgrad.shards.shards import Shards

OPTIONS = {
    "image_size": 8,
    "color": "rgb",
    "train_limit": None,
    "validation_fraction": 0.2,
    "test_fraction": 0.2,
    "split": "leaf",
}
DIGITS = {**OPTIONS, "color": "grey", "test_fraction": None, "split": "random"}


def preprocess(raw, shards, threads=None, **options):
    """Preprocess photographs, or digits if four IDX files are in the raw folder."""
    name = "idx" if (raw / "train-images-idx3-ubyte.gz").exists() else "folder"
    return room.preprocess(raw, shards, PreprocessConfig(**options), format_name=name, threads=threads)


def picture(number: int, kind: str = "JPEG") -> bytes:
    """A small, unique picture."""
    pixels = np.random.default_rng(number).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def write_archive(raw, files, provenance="custom"):
    raw.mkdir()
    with zipfile.ZipFile(raw / "images.zip", "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    (raw / "provenance.json").write_text(json.dumps({"provenance": provenance, "files": {}}))
    return raw


def photographs(classes=("A", "B"), leaves=10, shots=3):
    """Every leaf of every class, several times; 30 pictures per class."""
    return {
        f"top/{label}/u{shot}___S Leaf {leaf}.{shot}.JPG": picture(hash((place, leaf, shot)) % 2**32)
        for place, label in enumerate(classes)
        for leaf in range(1, leaves + 1)
        for shot in range(1, shots + 1)
    }


def write_digits(raw, train, test, provenance="official"):
    raw.mkdir()
    for prefix, (images, labels) in {"train": train, "t10k": test}.items():
        idx.write(raw / f"{prefix}-images-idx3-ubyte.gz", np.asarray(images, np.uint8))
        idx.write(raw / f"{prefix}-labels-idx1-ubyte.gz", np.asarray(labels, np.uint8))
    (raw / "provenance.json").write_text(json.dumps({"provenance": provenance, "files": {}}))
    return raw


def digits(count, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8), dtype=np.uint8), np.arange(count) % 2


def ids(shards, split, scheme=None):
    return Shards(shards).read(split, scheme)[2]


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# --- photographs


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


def test_the_leaf_map_beside_the_archive_is_used(tmp_path):
    files = {
        f"top/{label}/u___S {number}.JPG": picture(number + 100 * (label == "B"))
        for label in "AB"
        for number in range(60)
    }
    raw = write_archive(tmp_path / "raw", files)
    mapped = {
        label: {str(number // 4): [f"u___S {n}.JPG" for n in range(number, number + 4)] for number in range(0, 52, 4)}
        for label in "AB"
    }
    metrics = preprocess(raw, tmp_path / "without", **OPTIONS)["custom"]
    assert "leak" not in metrics
    assert "leak_random" not in metrics
    assert metrics["leaf_known"] == 0
    (raw / "leaf-map.json").write_text(json.dumps(mapped))
    metrics = preprocess(raw, tmp_path / "with", **OPTIONS)["custom"]
    assert metrics["leak"] == 0
    assert metrics["leak_random"] > 0.5
    tested = [int(name[len("A/u___S ") :].removesuffix(".JPG")) for name in ids(tmp_path / "with", "test")]
    known = [number < 52 for number in tested]
    assert metrics["leaf_known"] == sum(known) / len(known)
    assert metrics["leaf_known"] not in {0, 52 / 60, 1}


MAPS = {
    "ours": {
        label: {str(leaf): [f"u{shot}___S {4 * leaf + shot}.JPG" for shot in range(4)] for leaf in range(50)}
        for label in "AB"
    },
    "published": {f"s {shot}": [f"A:::{shot // 4}", f"B:::{shot // 4}"] for shot in range(200)},
}


@pytest.mark.parametrize("form", [*MAPS, None])
def test_edited_copies_beside_mapped_originals_are_not_torn_from_them(tmp_path, form):
    paths = [
        f"top/{label}/u{shot % 4}___S {shot}{suffix}.JPG"
        for label in "AB"
        for shot in range(200)
        for suffix in (["", "_rot1", " (copy 1)"] if shot % 5 == 0 else [""])
    ]
    raw = write_archive(tmp_path / "raw", {path: picture(place) for place, path in enumerate(paths)})
    if form:
        (raw / "leaf-map.json").write_text(json.dumps(MAPS[form]))
    metrics = preprocess(raw, tmp_path / "shards", **OPTIONS)["custom"]
    splits_of = defaultdict(set)
    for split in ("train", "validation", "test"):
        for name in ids(tmp_path / "shards", split):
            splits_of[name.removesuffix(".JPG").removesuffix("_rot1").removesuffix(" (copy 1)")].add(split)
    assert len(splits_of) == 400
    assert all(len(found) == 1 for found in splits_of.values())
    if form:
        assert metrics["leak"] == 0
        assert metrics["leaf_known"] == 1
        assert metrics["leak_random"] > 0.9


def test_a_map_of_other_images_is_refused(tmp_path):
    raw = write_archive(tmp_path / "raw", photographs())
    (raw / "leaf-map.json").write_text('{"A": {"1": ["other.jpg"]}}')
    with pytest.raises(LeafMapError, match=r"names none of the 60 images: it has 'other.jpg' of A"):
        preprocess(raw, tmp_path / "shards", **OPTIONS)


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
    with pytest.raises(SplitError, match=r"^No image of Empty can be used; .*: 1 not_an_image\."):
        preprocess(raw, tmp_path / "shards", **OPTIONS)


def test_a_raw_folder_without_provenance(tmp_path):
    (tmp_path / "raw").mkdir()
    with pytest.raises(PreprocessError, match=r"provenance.json is missing or damaged; `dvc repro -f download@raw`"):
        preprocess(tmp_path / "raw", tmp_path / "shards", **OPTIONS)


# --- digits


def test_digits_keep_their_own_test_split(tmp_path):
    train, test = digits(100, 1), digits(20, 2)
    raw = write_digits(tmp_path / "raw", train, test)
    metrics = preprocess(raw, tmp_path / "shards", **DIGITS)
    assert metrics == {
        "official": {
            "images": 120,
            "counts": {"train": {"0": 40, "1": 40}, "validation": {"0": 10, "1": 10}, "test": {"0": 10, "1": 10}},
            "skipped": {"total": 0, "over_train_limit": 0},
            "shape": {"channels": 1, "height": 8, "width": 8},
            "split_given": 1,
            "leak_copies": 0.0,
        }
    }
    images, labels, names = Shards(tmp_path / "shards").read("test")
    assert np.array_equal(np.asarray(images)[:, 0], test[0])
    assert np.array_equal(labels, test[1])
    assert names == [f"test-{row:05d}" for row in range(20)]
    for split in ("train", "validation"):
        images, labels, names = Shards(tmp_path / "shards").read(split)
        rows = [int(name.removeprefix("train-")) for name in names]
        assert np.array_equal(np.asarray(images)[:, 0], train[0][rows])
        assert np.array_equal(labels, train[1][rows])
    assert set(Shards(tmp_path / "shards").index()["group"].to_pylist()) == {None}


def test_the_scheme_of_digits_is_the_given_one(tmp_path):
    raw = write_digits(tmp_path / "raw", digits(100, 1), digits(20, 2))
    preprocess(raw, tmp_path / "shards", **DIGITS)
    shards = Shards(tmp_path / "shards")
    assert shards.manifest["split"] == "given"
    assert [name for name in shards.index().column_names if name.startswith("split")] == ["split_given"]
    assert set(shards.index()["split_given"].to_pylist()) == {"train", "validation", "test"}


def test_the_test_wins_over_training_and_is_never_thinned_out(tmp_path):
    (images, labels), (tests, test_labels) = digits(100, 1), digits(20, 2)
    tests[3] = tests[5]  # equal in the test: both are kept
    images[0], images[7] = tests[3], tests[4]  # also in the test: both are removed, whatever their label
    images[11] = images[9]  # equal, same label: the second is removed
    images[20] = images[21]  # equal, different label: both are removed
    raw = write_digits(tmp_path / "raw", (images, labels), (tests, test_labels))
    metrics = preprocess(raw, tmp_path / "shards", **{**DIGITS, "train_limit": 50})["official"]
    assert metrics["leak_copies"] == 3 / 20  # 3 and 5 are one image
    # 48 and 47 digits of the two classes remain, 10 and 9 of them for validation: 76 for training.
    assert metrics["skipped"] == {
        "total": 31,
        "duplicate_of_test": 2,
        "duplicate": 1,
        "under_two_classes": 2,
        "over_train_limit": 26,
    }
    assert len(ids(tmp_path / "shards", "test")) == 20
    assert len(ids(tmp_path / "shards", "train")) == 50
    kept = {*ids(tmp_path / "shards", "train"), *ids(tmp_path / "shards", "validation")}
    assert not kept & {f"train-{row:05d}" for row in (0, 7, 11, 20, 21)}


def test_digits_can_be_enlarged_and_coloured(tmp_path):
    raw = write_digits(tmp_path / "raw", digits(100, 1), digits(20, 2))
    preprocess(raw, tmp_path / "shards", **{**DIGITS, "image_size": 12, "color": "rgb"})
    images, _, _ = Shards(tmp_path / "shards").read("test")
    assert images.shape == (20, 3, 12, 12)
    red, _, blue = np.asarray(images).transpose(1, 0, 2, 3)
    assert np.array_equal(red, blue)


def test_classes_are_the_labels_that_occur(tmp_path):
    images, labels = digits(100, 1)
    raw = write_digits(tmp_path / "raw", (images, labels * 5 + 2), (images[:20] ^ 1, labels[:20] * 5 + 2))
    preprocess(raw, tmp_path / "shards", **DIGITS)
    manifest = Shards(tmp_path / "shards").manifest
    assert manifest["classes"] == ["2", "7"]
    assert set(Shards(tmp_path / "shards").read("train")[1].tolist()) == {0, 1}


def test_images_without_labels(tmp_path):
    images, labels = digits(100, 1)
    raw = write_digits(tmp_path / "raw", (images, labels[:90]), digits(20, 2))
    with pytest.raises(LayoutError, match=r"has 100 train images and 90 labels"):
        preprocess(raw, tmp_path / "shards", **DIGITS)


def test_labels_where_images_should_be(tmp_path):
    raw = write_digits(tmp_path / "raw", digits(100, 1), digits(20, 2))
    (raw / "train-labels-idx1-ubyte.gz").replace(raw / "train-images-idx3-ubyte.gz")
    with pytest.raises(LayoutError, match=r"train-images-idx3-ubyte.gz has the shape \(100,\)"):
        preprocess(raw, tmp_path / "shards", **DIGITS)


def test_a_missing_file_is_named(tmp_path):
    raw = write_digits(tmp_path / "raw", digits(100, 1), digits(20, 2))
    (raw / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(LayoutError, match=r"raw holds no t10k-labels-idx1-ubyte.gz; `dvc repro -f download@raw`"):
        preprocess(raw, tmp_path / "shards", **DIGITS)
