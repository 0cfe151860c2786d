"""Class folders of the same name: the same data twice, or different classes."""

import pytest

from resgrad.datasets.class_folders import read_tree
from tests.unit.trees import classes, refusal, tree


def test_a_tree_that_is_there_twice_counts_once_whatever_the_spelling():
    found = tree(
        "PlantVillage/Pepper__bell", "PlantVillage/Tomato", "copy/PlantVillage/Pepper,_bell", "copy/PlantVillage/Tomato"
    )
    assert found.folders == {
        "Pepper,_bell": {"PlantVillage/Pepper__bell": 3, "copy/PlantVillage/Pepper,_bell": 3},
        "Tomato": {"PlantVillage/Tomato": 3, "copy/PlantVillage/Tomato": 3},
    }
    assert classes(tree("one/a-b", "one/c", "two/a_b", "two/c", same=True)) == ["a-b", "c"]


def test_what_is_alike_within_one_tree_is_joined_nowhere():
    assert classes(tree("one/A", "one/a", "copy/one/A", "copy/one/a")) == ["A", "a"]


def test_the_path_decides_where_siblings_share_a_name_but_no_images():
    found = tree("set/apple/healthy", "set/apple/scab", "set/pear/healthy", "set/pear/rust")
    assert classes(found) == ["apple/healthy", "apple/scab", "pear/healthy", "pear/rust"]


@pytest.mark.parametrize("above", ["", "beans/"])
def test_a_folder_of_images_in_every_class_is_no_class(above):
    found = tree(f"{above}rust/images", f"{above}healthy/images", f"{above}spot/images")
    assert classes(found) == ["healthy", "rust", "spot"]


def test_classes_at_different_depths_keep_their_names():
    assert classes(tree("cats", "dogs/labrador", "dogs/poodle")) == ["cats", "labrador", "poodle"]


def test_the_same_classes_below_two_siblings_ask_which_is_meant():
    message = refusal("raw/color/a", "raw/color/b", "raw/grey/a", "raw/grey/b")
    assert "below raw/color/ and raw/grey/" in message
    assert "give only one of the two as the source" in message


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("fruit/apple", "veg/potato"),
        ("apple", "roots/carrot"),
        ("plants/fruit/apple", "potato"),
        ("apple", "set/apple/pear"),
    ],
)
def test_the_path_decides_between_cousins_at_any_depth(one, two):
    found = tree(f"{one}/healthy", f"{one}/scab", f"{two}/healthy", f"{two}/rust")
    assert len(classes(found)) == 4
    assert all(len(folders) == 1 for folders in found.folders.values())
    assert {f"{one}/scab", f"{two}/healthy"} <= {next(iter(folders)) for folders in found.folders.values()}


def test_a_single_class_below_each_of_two_cousins_has_the_name_of_its_parent():
    assert classes(tree("fruit/apple/healthy", "potato/healthy")) == ["fruit/apple", "potato"]


@pytest.mark.parametrize(("one", "two"), [("fruit/apple", "veg/potato"), ("apple", "roots/carrot"), ("", "wild")])
def test_the_same_classes_below_cousins_ask_which_is_meant(one, two):
    above = one and f"{one}/"
    message = refusal(f"{above}healthy", f"{above}scab", f"{two}/healthy", f"{two}/scab")
    assert f"below {one or '.'}/ and {two}/, with different images (healthy, scab): give only one of" in message
    assert f"or give different classes different names, such as {two.rpartition('/')[2]}_healthy." in message


def doubled(*folders, second="PV/PV", edited=False):
    """Read a tree that is there twice, perhaps with a second form of all images."""
    first = [f"PV/{folder}/leaf {number}.jpg" for folder in folders for number in range(4)]
    again = [path.replace("PV", second, 1) for path in first]
    return read_tree(first + again, first + (again if edited else first), [], [], "mine")


@pytest.mark.parametrize("second", ["PV/PV", "copy/PV", "other"])
def test_a_doubled_tree_of_nested_classes_counts_once(second):
    found = doubled("apple/healthy", "apple/scab", "pear/healthy", second=second)
    assert classes(found) == ["apple/healthy", "apple/scab", "pear/healthy"]
    assert found.folders["apple/scab"] == {"PV/apple/scab": 4, f"{second}/apple/scab": 4}


@pytest.mark.parametrize("second", ["other/tree", "copy/PV"])
def test_a_second_form_of_the_same_files_at_another_depth_is_the_same_tree(second):
    assert classes(doubled("a", "b", second=second, edited=True)) == ["a", "b"]


def test_a_second_form_beside_the_first_asks():
    with pytest.raises(ValueError, match=r"below PV/ and grey/, with different images"):
        doubled("a", "b", second="grey", edited=True)
