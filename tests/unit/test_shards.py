import json
import os
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy

from resgrad.preprocess import shard_writer
from resgrad.preprocess.shard_writer import ShardWriter
from resgrad.shards.images import Images
from resgrad.shards.shards import ShardError, Shards

SHAPE = (3, 4, 5)
N = 25
GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (N, *SHAPE), dtype=np.uint8)
LABELS = GENERATOR.integers(0, 4, N)
LEAF = ["train"] * 12 + ["validation"] * 5 + [None] * 3 + ["test"] * 5
RANDOM = (["test", "train", "train", "validation"] * 7)[:N]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_writer, "SHARD_BYTES", 10 * 3 * 4 * 5)
    return write(tmp_path / "tiny")


def write(folder):
    writer = ShardWriter(folder, SHAPE)
    index = []
    for position in range(N):
        parts = {"leaf": LEAF[position], "random": RANDOM[position]}
        trained_in = [scheme for scheme, part in parts.items() if part == "train"]
        writer.add(IMAGES[position], int(LABELS[position]), trained_in)
        index.append(
            {
                "id": f"image-{position}",
                "label": int(LABELS[position]),
                "group": f"leaf {position // 3}" if position else None,
                **{f"split_{scheme}": part for scheme, part in parts.items()},
                "sha256": f"{position:064x}",
            }
        )
    writer.finish(index, {"split": "leaf", "classes": list("abcd")})
    return folder


@pytest.mark.parametrize("scheme", [None, "leaf", "random"])
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_what_is_written_is_read(folder, split, scheme):
    images, labels, ids = Shards(folder).read(split, scheme)
    rows = [row for row, part in enumerate(RANDOM if scheme == "random" else LEAF) if part == split]
    assert np.array_equal(images, IMAGES[rows])
    assert np.array_equal(labels, LABELS[rows])
    assert labels.dtype == np.int64
    assert ids == [f"image-{row}" for row in rows]


def test_a_shard_holds_as_many_images_as_fit(folder):
    manifest = Shards(folder).manifest
    assert [shard["samples"] for shard in manifest["shards"]] == [10, 10, 5]
    for number, shard in enumerate(manifest["shards"]):
        path = folder / shard["file"]
        assert path.name == f"shard-{number:05d}.safetensors"
        assert path.stat().st_size == shard["bytes"]
        content = safetensors.numpy.load_file(path)
        assert np.array_equal(content["images"], IMAGES[10 * number :][:10])
        assert np.array_equal(content["labels"], LABELS[10 * number :][:10])


def test_scaling_is_that_of_each_schemes_training_images(folder):
    scaling = Shards(folder).manifest["scaling"]
    for scheme, split in {"leaf": LEAF, "random": RANDOM}.items():
        pixels = IMAGES[[part == "train" for part in split]] / 255
        for channel in range(3):
            assert scaling[scheme]["mean"][channel] == pytest.approx(pixels[:, channel].mean(), abs=1e-6)
            assert scaling[scheme]["std"][channel] == pytest.approx(pixels[:, channel].std(), abs=1e-6)


def test_the_manifest_holds_what_it_was_given_and_the_shape(folder):
    manifest = Shards(folder).manifest
    assert manifest["classes"] == list("abcd")
    assert manifest["shape"] == list(SHAPE)


def test_the_index_has_a_row_per_image_with_nulls(folder):
    index = Shards(folder).index()
    assert index.column_names == ["id", "label", "group", "split_leaf", "split_random", "sha256"]
    assert index["split_leaf"].to_pylist() == LEAF
    assert index["label"].to_pylist() == LABELS.tolist()
    assert index["group"].to_pylist()[:4] == [None, "leaf 0", "leaf 0", "leaf 1"]


def test_the_same_images_give_the_same_bytes(folder, tmp_path):
    again = write(tmp_path / "again")
    assert {path.name for path in again.iterdir()} == {path.name for path in folder.iterdir()}
    for path in folder.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_everybody_may_read_the_files(folder):
    # A DVC cache may be shared between users.
    usual = folder / "usual"
    usual.touch()
    assert {path.stat().st_mode for path in folder.iterdir()} == {usual.stat().st_mode}


def test_only_shards_with_images_of_the_split_are_read(folder):
    (folder / "shard-00002.safetensors").unlink()
    assert len(Shards(folder).read("train")[2]) == 12
    with pytest.raises(ShardError, match="shard-00002"):
        Shards(folder).read("test")


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["shard-00000.safetensors", "index.parquet"])
@pytest.mark.parametrize("harm", [flip_a_byte, lambda path: path.unlink()])
def test_a_damaged_file_is_named(folder, name, harm):
    harm(folder / name)
    what = "is damaged" if (folder / name).exists() else "is missing"
    with pytest.raises(ShardError) as caught:
        Shards(folder).read("train")
    assert str(caught.value) == (f"{folder / name} {what}; `dvc checkout --force data/shards/tiny` mends it.")


def test_shards_of_another_shape_than_the_manifest_says(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "shape": [3, 5, 4]}))
    with pytest.raises(ShardError, match=r"shard-00000.safetensors is damaged"):
        Shards(folder).read("train")


def test_a_folder_without_or_with_a_broken_manifest(folder, tmp_path):
    with pytest.raises(ShardError, match=r"manifest.json does not exist; `dvc repro preprocess@nothing` makes it"):
        Shards(tmp_path / "nothing")
    (folder / "manifest.json").write_text("{")
    with pytest.raises(ShardError, match=r"manifest.json is damaged"):
        Shards(folder)


def test_reading_needs_neither_torch_nor_pandas(folder):
    code = (
        "import sys; from pathlib import Path; from resgrad.shards.shards import Shards;"
        "Shards(Path(sys.argv[1])).read('train'); sys.exit(bool({'torch', 'pandas'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(folder)]
    assert subprocess.run(command, env={"PYTHONPATH": "src"}, check=False).returncode == 0


def test_images_are_chosen_across_files_in_any_order():
    parts = [IMAGES[:10], IMAGES[10:11], IMAGES[11:]]
    rows = np.array([24, 3, 10, 11, 0, 9])
    images = Images(parts, rows)
    assert images.shape == (6, *SHAPE)
    assert np.array_equal(images, IMAGES[rows])
    assert np.array_equal(images[np.array([5, 0, 2])], IMAGES[[9, 24, 10]])
    assert np.array_equal(images[1:3], IMAGES[[3, 10]])
    assert np.array_equal(images[4], IMAGES[0])


def test_a_split_without_images_is_empty(folder):
    images, labels, ids = Shards(folder).read("nothing")
    assert (images.shape, len(images[:]), len(labels), ids) == ((0, *SHAPE), 0, 0, [])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limit is another")
def test_memory_holds_what_is_asked_for_and_not_the_set(tmp_path):
    shape, count = (3, 64, 64), 5000  # 59 MiB in eight files
    writer = ShardWriter(tmp_path / "set", shape, ["given"])
    image = np.arange(3 * 64 * 64).astype(np.uint8).reshape(shape)
    for number in range(count):
        writer.add(image + np.uint8(number % 256), number % 2, ["given"])
    rows = {"label": 0, "group": None, "split_given": "train", "sha256": "0"}
    writer.finish(({"id": str(number), **rows} for number in range(count)), {"split": "given"})
    script = (
        "import re, resource, sys, numpy as np; from pathlib import Path; from resgrad.shards.shards import Shards;"
        "import pyarrow as pa; pa.set_io_thread_count(1);"  # thread stacks count in full
        "used = 1024 * int(re.search(r'VmData:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]);"
        "resource.setrlimit(resource.RLIMIT_DATA, (used + 2**25,) * 2);"  # memory without a file behind it
        "images = Shards(Path(sys.argv[1])).read('train')[0];"
        "print(sum(int(images[np.arange(row, 5000, 50)].astype(np.int64).sum()) for row in range(50)))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "set")]
    environment = {"PYTHONPATH": "src", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    expected = sum(int((image + np.uint8(number % 256)).sum(dtype=np.int64)) for number in range(count))
    assert (done.stderr, done.stdout) == ("", f"{expected}\n")
