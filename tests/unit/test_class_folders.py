"""The class and split of an image, by its folder."""

import unicodedata

import pytest

from resgrad.datasets.class_folders import Place, read_tree
from resgrad.datasets.listing import LayoutError, PassedOver


def tree(*folders: str, images: int = 3, same: bool = False, others: tuple[str, ...] = (), empty: tuple[str, ...] = ()):
    """Read a tree with some images in each folder: different ones, or the same in all."""
    paths = sorted(f"{folder}/{number}.jpg" for folder in folders for number in range(images))
    marks = [path.rpartition("/")[2] if same else path for path in paths]
    return read_tree(paths, marks, others, empty, "mine")


def classes(found) -> list[str]:
    return list(found.folders)


def refusal(*folders: str, **more) -> str:
    with pytest.raises(LayoutError) as caught:
        tree(*folders, **more)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("mine holds ")
    return str(caught.value)


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
    assert classes(tree("one/A", "one/a", "copy/two/A", "copy/two/a")) == ["A", "a"]


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
    assert "give the path of one of the two" in message


def test_images_in_a_class_and_in_a_folder_within_it_are_refused():
    assert "in dogs/ and in dogs/puppies/ within it" in refusal("cats", "dogs", "dogs/puppies")


# --- splits


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


# --- ignored files


def test_files_are_counted_by_ending_with_one_example():
    others = ("a/notes.txt", "b/more.TXT", "readme", "a/.hidden.jpg", "__MACOSX/a/._1.jpg", "labels.csv")
    assert tree("a", "b", others=others).passed_over == {
        ".csv": PassedOver(1, "labels.csv"),
        ".txt": PassedOver(2, "a/notes.txt"),
        "hidden": PassedOver(2, "__MACOSX/a/._1.jpg"),
        "without an ending": PassedOver(1, "readme"),
    }


def test_images_beside_the_class_folders_are_passed_over():
    found = read_tree(["set/a/1.jpg", "set/b/1.jpg", "set/logo.jpg", "top.jpg"], "wxyz", [], [], "mine")
    assert found.places == [Place("a", None), Place("b", None), None, None]
    assert found.passed_over == {"in no class folder": PassedOver(2, "set/logo.jpg")}


@pytest.mark.parametrize("files", [("rust/1.heic", "rust/2.heic"), ("rust/1.psd", "rust/2.txt"), ("rust/x.svg",)])
def test_a_class_folder_of_which_nothing_can_be_read_is_refused(files):
    message = refusal("healthy", "spot", others=files)
    assert "no image that can be read in rust/" in message
    assert f"1 .{files[0].rpartition('.')[2]}" in message or "2 .heic" in message


def test_a_folder_of_notes_beside_the_classes_is_no_class():
    assert classes(tree("a", "b", others=("notes/1.txt", "notes/2.xml", "a/thumbs.db"))) == ["a", "b"]


def test_an_empty_class_folder_is_refused():
    assert "holds set/c/, which is empty" in refusal("set/a", "set/b", empty=("set/c/",))
    assert classes(tree("set/a", "set/b", empty=("elsewhere/c/", "set/.git/"))) == ["a", "b"]


@pytest.mark.parametrize("folders", [["a"], ["top/a"], ["one/two/a"]])
def test_fewer_than_two_classes_are_refused_with_the_layout_that_was_found(folders):
    message = refusal(*folders)
    assert f"images only here: 3 in {folders[0]}/; format folder wants one folder of images per class" in message


def test_images_without_folders_are_refused():
    with pytest.raises(LayoutError, match=r"images only here: 2 in \./; format folder wants"):
        read_tree(["1.jpg", "2.jpg"], "xy", [], [], "mine")


def test_no_image_at_all_is_refused_with_what_there_is():
    with pytest.raises(LayoutError, match=r"holds no image \(\.bmp, .*\), but 2 \.txt, 1 no ending; format folder"):
        read_tree([], [], ["a/1.txt", "b/2.txt", "readme"], [], "mine")
