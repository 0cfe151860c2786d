"""A leaf map beside the photographs, and copies of mapped ones: no leaf is in two splits."""

import json
from collections import defaultdict

import pytest

from resgrad.preprocess.leaves import LeafMapError
from tests.unit.raw_folders import OPTIONS, ids, photographs, picture, preprocess, write_archive


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
