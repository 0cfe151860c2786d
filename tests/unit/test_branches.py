"""A tree that brings its own splits."""

import pytest

from resgrad.datasets.class_folders import read_tree
from resgrad.datasets.listing import PassedOver
from tests.unit.trees import classes, refusal, tree


def test_a_tree_that_brings_its_splits_keeps_them():
    found = tree("set/train/a", "set/train/b", "set/valid/a", "set/valid/b", "set/test/a", "set/test/b")
    assert classes(found) == ["a", "b"]
    assert {(place.label, place.split) for place in found.places} == {
        (label, split) for label in "ab" for split in ("train", "validation", "test")
    }
    assert found.folders["a"] == {"set/test/a": 3, "set/train/a": 3, "set/valid/a": 3}


@pytest.mark.parametrize(
    ("name", "split"), [("val", "validation"), ("Validation", "validation"), ("TEST", "test"), ("testing", "test")]
)
def test_splits_go_by_their_usual_names(name, split):
    found = tree("Train/a", "Train/b", f"{name}/a", f"{name}/b")
    assert {place.split for place in found.places} == {"train", split}


def test_spellings_are_joined_across_splits():
    assert tree("train/Cat", "train/dog", "test/cat", "test/dog").folders["Cat"] == {"test/cat": 3, "train/Cat": 3}
    assert classes(tree("train/A", "train/a", "test/A", "test/a")) == ["A", "a"]


def test_a_test_folder_without_classes_is_passed_over():
    """The New Plant Diseases set: two wrappers, no test split, and a heap of photographs beside them."""
    inner = "New Plant Diseases/New Plant Diseases"
    found = tree(f"{inner}/train/a", f"{inner}/train/b", f"{inner}/valid/a", f"{inner}/valid/b", "test/test")
    assert classes(found) == ["a", "b"]
    assert {place.split for place in found.places if place} == {"train", "validation"}
    assert found.passed_over == {"in no class folder of a split": PassedOver(3, "test/test/0.jpg")}
    found = tree("train/a", "train/b", "test")
    assert found.passed_over == {"in no class folder of a split": PassedOver(3, "test/0.jpg")}


def test_two_folders_for_one_split_are_refused():
    assert "test/ and testing/, each of them for test" in refusal("train/a", "train/b", "test/a", "testing/a")


def test_splits_without_class_folders_are_no_classes():
    assert "images only here: 3 in test/, 3 in train/; format folder wants" in refusal("train", "test")


def test_a_class_may_be_called_train():
    assert classes(tree("car", "plane", "train")) == ["car", "plane", "train"]


def test_the_new_plant_diseases_set_with_its_heap_beside_train_is_read():
    """The form that is unpacked beside each other: ``test/test`` looks like a class folder."""
    found = tree("train/a", "train/b", "valid/a", "valid/b", "test/test")
    assert classes(found) == ["a", "b"]
    assert {place.split for place in found.places if place} == {"train", "validation"}
    assert found.passed_over == {"in no class folder of a split": PassedOver(3, "test/test/0.jpg")}


def test_tiny_imagenet_has_class_folders_in_train_only():
    found = tree("train/n1/images", "train/n2/images", "val/images", "test/images")
    assert found.folders == {"n1": {"train/n1/images": 3}, "n2": {"train/n2/images": 3}}
    assert found.passed_over == {"in no class folder of a split": PassedOver(6, "test/images/0.jpg")}


@pytest.mark.parametrize(("train", "test"), [("train/train", "test/test"), ("train", "test/test"), ("train/x", "test")])
def test_folders_around_all_classes_of_a_split_say_nothing(train, test):
    found = tree(f"{train}/a", f"{train}/b", f"{test}/a", f"{test}/b")
    assert found.folders == {name: {f"{test}/{name}": 3, f"{train}/{name}": 3} for name in "ab"}
    assert {(place.label, place.split) for place in found.places} == {
        (label, split) for label in "ab" for split in ("train", "test")
    }


def test_a_test_with_a_part_of_the_paths_of_train_is_still_its_test():
    found = tree("train/x/cat", "train/y/dog", "test/x/cat", "test/y/dog")
    assert classes(found) == ["cat", "dog"]


def test_a_class_that_only_the_test_has_is_named_with_the_cause():
    message = refusal("train/a", "train/b", "test/a", "test/b", "test/c")
    assert "mine holds test/c/, but no such class in train/; every class must be there, so put images of it" in message
    assert "or remove it from test/." in message


def test_a_class_that_a_given_validation_lacks_is_named_with_the_cause():
    message = refusal("train/a", "train/b", "val/a", "test/a", "test/b")
    assert "mine holds train/b/, but no such class in val/; " in message
    assert "put images of it into val/, or remove val/, so that it is cut from train/." in message


def test_images_in_a_class_and_in_a_folder_within_it_are_refused_in_splits_too():
    message = refusal("train/cats", "train/dogs", "train/dogs/puppies", "test/cats", "test/dogs")
    assert "in train/dogs/ and in train/dogs/puppies/ within it" in message
    message = refusal("train/cats", "train/dogs", "test/cats", "test/dogs", "test/dogs/puppies")
    assert "in test/dogs/ and in test/dogs/puppies/ within it" in message


def test_a_train_that_holds_its_data_twice_counts_once():
    paths = [f"{part}/{name}/{n}.jpg" for part in ("train/PV", "train/PV/PV", "test") for name in "ab" for n in "12"]
    found = read_tree(paths, [path.replace("PV/PV", "PV") for path in paths], [], [], "mine")
    assert found.folders["a"] == {"test/a": 2, "train/PV/PV/a": 2, "train/PV/a": 2}


def test_two_sets_with_splits_beside_each_other_ask_which_is_meant():
    folders = [f"{top}/{part}/{name}" for top in ("one", "two") for part in ("train", "test") for name in "ab"]
    assert refusal(*folders) == (
        "mine holds folders of the same names below one/ and two/, with different images (a, b): give only one of "
        "the two as the source."
    )


def test_splits_below_the_classes_are_refused_with_the_layout_that_is_wanted():
    folders = [f"{label}/{part}" for label in ("cats", "dogs") for part in ("train", "test")]
    said = refusal(*folders)
    assert said.startswith("mine holds images only here: 3 in cats/test/, 3 in cats/train/, 3 in dogs/test/")
    assert "or train/ and test/ (and val/) with such folders in each" in said


def test_a_tree_with_splits_that_is_there_twice_is_tested_once():
    tops = ("xray", "xray/xray")
    paths = [
        f"{top}/{part}/{name}/{n}.jpg"
        for top in tops
        for part in ("train", "val", "test")
        for name in "ab"
        for n in "12"
    ]
    found = read_tree(paths, [path.replace("xray/xray", "xray") for path in paths], [], [], "mine")
    tested = [path for path, place in zip(paths, found.places, strict=True) if place and place.split == "test"]
    assert tested == [f"xray/test/{name}/{n}.jpg" for name in "ab" for n in "12"]
    assert found.passed_over == {"in another test folder too": PassedOver(4, "xray/xray/test/a/1.jpg")}
    assert found.folders["a"]["xray/xray/test/a"] == 0


def test_an_image_in_the_tests_of_two_sets_as_two_classes_stays_in_both():
    paths = [
        f"{top}/{part}/{name}/{n}.jpg"
        for top in ("x", "x/x")
        for part in ("train", "test")
        for name in "ab"
        for n in "12"
    ]
    marks = [path.replace("x/x", "x") for path in paths]
    marks[paths.index("x/x/test/b/1.jpg")] = "x/test/a/1.jpg"
    places = dict(zip(paths, read_tree(paths, marks, [], [], "mine").places, strict=True))
    assert places["x/x/test/b/1.jpg"] is not None
    assert places["x/x/test/b/2.jpg"] is None


def test_two_splits_without_training_images_ask_for_their_names():
    said = refusal(*(f"{part}/{name}" for part in ("val", "test") for name in "ab"))
    assert (
        "below test/ and val/, with different images (a, b): give only one of the two as the source, or name the"
        in said
    )


def test_copies_within_one_test_stay_as_published():
    paths = [f"{part}/{name}/{n}.jpg" for part in ("train", "test") for name in "ab" for n in "12"]
    marks = [path if path.startswith("train") else "same" for path in paths]
    assert None not in read_tree(paths, marks, [], [], "mine").places


@pytest.mark.parametrize(
    ("name", "other"), [("कि", "का"), ("C#", "C++"), ("1-1", "11"), ("A", "A-"), ("Maße", "Masse")]
)
def test_really_different_names_are_not_joined_across_splits(name, other):
    message = refusal(f"train/{name}", "train/x", f"test/{other}", "test/x")
    assert f"mine holds test/{other}/, but no such class in train/" in message
    assert classes(tree(f"train/{name}", f"train/{other}", f"test/{name}", f"test/{other}")) == sorted([name, other])


@pytest.mark.parametrize("other", ["red apple", "Red_Apple", "red-apple", "RED__APPLE", "redapple"])
def test_case_and_what_stands_between_words_do_not_matter_across_splits(other):
    assert classes(tree("train/Red apple", "train/x", f"test/{other}", "test/x")) == ["Red apple", "x"]
