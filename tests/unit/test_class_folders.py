"""The class and split of an image, by its folder."""

import unicodedata

import pytest

from resgrad.datasets.class_folders import Place, read_tree
from resgrad.datasets.listing import LayoutError, PassedOver
from tests.unit.trees import classes, refusal, tree


def test_the_class_is_the_folder_that_an_image_lies_in():
    found = tree("top/cat", "top/dog")
    assert found.places == [Place("cat", None)] * 3 + [Place("dog", None)] * 3
    assert found.folders == {"cat": {"top/cat": 3}, "dog": {"top/dog": 3}}
    assert found.passed_over == {}


# --- identity


@pytest.mark.parametrize("names", [["A", "a"], ["1-1", "11"], ["A+", "A-"], ["a b", "a_b", "ab"], ["ß", "ss"]])
@pytest.mark.parametrize("above", ["", "top/", "one/two/"])
def test_folders_beside_each_other_are_different_classes(names, above):
    assert classes(tree(*(above + name for name in names))) == sorted(names)


@pytest.mark.parametrize("names", [["猫", "狗"], ["кот", "собака"], ["قط", "كلب"], ["ねこ", "いぬ"], ["🐈", "🐕"]])
def test_names_of_any_script_are_names(names):
    assert classes(tree(*names)) == sorted(names)


def test_one_name_in_two_unicode_forms_is_one_class():
    forms = [unicodedata.normalize(form, "café") for form in ("NFC", "NFD")]
    assert forms[0] != forms[1]
    assert classes(tree(*forms, "tea")) == ["café", "tea"]


def test_control_characters_in_names_are_written_out():
    assert r"in dogs/\x1b[31m/ within it" in refusal("cats", "dogs", "dogs/\x1b[31m")


def test_images_in_a_class_and_in_a_folder_within_it_are_refused():
    assert "in dogs/ and in dogs/puppies/ within it" in refusal("cats", "dogs", "dogs/puppies")


# --- ignored files


def test_files_are_counted_by_ending_with_one_example():
    others = ("a/notes.txt", "b/more.TXT", "readme", "a/.hidden.jpg", "__MACOSX/a/._1.jpg", "labels.csv")
    assert tree("a", "b", others=others).passed_over == {
        ".csv": PassedOver(1, "labels.csv"),
        ".txt": PassedOver(2, "a/notes.txt"),
        "hidden": PassedOver(2, "__MACOSX/a/._1.jpg"),
        "without an ending": PassedOver(1, "readme"),
    }


def test_numbers_as_endings_are_one_kind():
    """Scanners number the pictures of a series so; each ending of its own would make a line of thousands of words."""
    others = [f"a/scan.{number:04}" for number in range(300)]
    assert tree("a", "b", others=others).passed_over == {"ending in a number": PassedOver(300, "a/scan.0000")}


def test_images_beside_the_class_folders_are_passed_over():
    found = read_tree(["set/a/1.jpg", "set/b/1.jpg", "set/logo.jpg", "top.jpg"], "wxyz", [], [], "mine")
    assert found.places == [Place("a", None), Place("b", None), None, None]
    assert found.passed_over == {"in no class folder": PassedOver(2, "set/logo.jpg")}


@pytest.mark.parametrize("folders", [["a"], ["top/a"], ["one/two/a"]])
def test_fewer_than_two_classes_are_refused_with_the_layout_that_was_found(folders):
    message = refusal(*folders)
    assert f"images only here: 3 in {folders[0]}/; format folder wants one folder of images per class" in message


def test_images_without_folders_are_refused():
    with pytest.raises(LayoutError, match=r"images only here: 2 in \./; format folder wants"):
        read_tree(["1.jpg", "2.jpg"], "xy", [], [], "mine")


def test_no_image_at_all_is_refused_with_what_there_is():
    said = r"holds no image \(\.bmp, .*\), but 2 \.txt, 1 without an ending; format folder"
    with pytest.raises(LayoutError, match=said):
        read_tree([], [], ["a/1.txt", "b/2.txt", "readme"], [], "mine")
