"""Class folders of which nothing is left are refused; what lies beside classes is passed over."""

import pytest

from tests.unit.trees import classes, refusal, tree


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


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("c/0", "c/1"), "2 without an ending"),
        (("c/0.dcm",), "1 .dcm"),
        (("c/0.npy", "c/readme.txt"), "1 .npy"),
        (("c/images/0.heic", "c/images/1.heic"), "2 .heic"),
    ],
)
@pytest.mark.parametrize("inner", ["", "/images"])
def test_a_class_folder_of_unknown_files_is_refused_at_any_depth(files, said, inner):
    message = refusal(f"top/a{inner}", f"top/b{inner}", others=tuple(f"top/{path}" for path in files))
    assert f"no image that can be read in top/c/ ({said}" in message
    assert message.endswith("convert its files to JPEG or PNG, with that ending, or remove the folder.")


@pytest.mark.parametrize("files", [{"empty": ("c/images/",)}, {"empty": ("c/",)}, {"others": ("c/.DS_Store",)}])
@pytest.mark.parametrize("inner", ["", "/images"])
def test_an_empty_class_folder_is_refused_at_any_depth(files, inner):
    assert "holds c/, which is empty; put images into it, or remove it." in refusal(f"a{inner}", f"b{inner}", **files)


def test_a_class_that_a_dot_hides_is_refused():
    message = refusal("java", "python", others=(".NET/1.jpg",))
    assert message == "mine holds images in .NET/, which the dot at its beginning hides; rename it, or remove it."
    others = (".git/1.jpg", ".ipynb_checkpoints/1-checkpoint.jpg", "__MACOSX/a/1.jpg", ".idea/x.xml", ".mine/notes.txt")
    assert tree("java", "python", others=others).passed_over["hidden"].files == 5


def test_notes_beside_the_classes_are_passed_over_and_counted():
    others = (
        "README",
        "LICENSE",
        "labels/train.csv",
        "labels/test.csv",
        "docs/README",
        "docs/paper.pdf",
        "a/boxes.dcm",
    )
    passed_over = tree("set/a", "set/b", others=(*others, *(f"set/{path}" for path in others))).passed_over
    assert {reason: kind.files for reason, kind in passed_over.items()} == {
        ".csv": 4,
        ".dcm": 2,
        ".pdf": 2,
        "without an ending": 6,
    }


@pytest.mark.parametrize("files", [{"others": ("test/b/1.heic",)}, {"empty": ("test/b/",)}])
@pytest.mark.parametrize("tested", [["test/a"], []])
def test_a_class_of_which_nothing_is_left_in_one_split_is_refused(tested, files):
    assert " test/b/" in refusal("train/a", "train/b", *tested, **files)


def test_what_lies_beside_splits_is_passed_over():
    others = ("extra/1.heic", "test/1.heic", "test/test/1.heic")
    assert tree("train/a", "train/b", others=others).passed_over[".heic"].files == 3


def test_a_class_that_nothing_can_be_read_of_is_named_where_only_one_is_left():
    assert "images only here: 3 in a/images/ (and 2 .heic); format folder" in refusal(
        "a/images", others=("b/images/1.heic", "b/images/2.heic")
    )
