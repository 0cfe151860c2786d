import json
import unicodedata

import pytest

from resgrad.preprocess.leaves import LeafMapError, group, read_map


def names_of(groups):
    return [one.name for one in groups]


def write(path, content, encoding="utf-8"):
    path.write_text(json.dumps(content), encoding)
    return read_map(path)


@pytest.fixture
def leaf_map(tmp_path):
    return lambda content, encoding="utf-8": write(tmp_path / "leaf-map.json", content, encoding)


# --- what the names show


def test_the_map_goes_before_the_name_and_the_name_before_the_captures(tmp_path):
    path = tmp_path / "leaf-map.json"
    path.write_text(json.dumps({"Pepper,_bell": {"7.0": ["a___GH_HL Leaf 2.1.JPG", "B___JR_HL 10.jpg"]}}))
    names = ["a___GH_HL Leaf 2.1.JPG", "c___GH_HL Leaf 2.2.JPG", "b___JR_HL 10.JPG", "d___JR_HL 11.JPG"]
    groups = group(["Pepper__bell"] * 4, names, read_map(path))
    assert names_of(groups) == [
        "Pepper__bell/leaf 7.0",
        "Pepper__bell/GH_HL leaf 2",
        "Pepper__bell/leaf 7.0",
        "Pepper__bell/JR_HL 11-11",
    ]
    assert [one.roll is None for one in groups] == [True, True, True, False]


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("GH_HL Leaf 259.1", "C/GH_HL leaf 259"),
        ("GHLB2 Leaf 8", "C/GHLB2 leaf 8"),
        ("GHLB_PS Leaf 28.3 Day 9", "C/GHLB_PS leaf 28"),
        ("DRAWN Leaf 12.3", "C/DRAWN leaf 12"),
        ("GHLB2 Leaf 8756", "C/GHLB2 Leaf 8756-8756"),  # the camera's count, not a leaf's
        ("UF.GRC_BS_Lab Leaf 0485", "C/UF.GRC_BS_Lab Leaf 485-485"),
        ("RS_HL 1864", "C/RS_HL 1864-1864"),
        ("RS_HL 1864 copy", "C/RS_HL 1864-1864"),
        ("RS_HL 1864_270deg", "C/RS_HL 1864-1864"),
        ("image (332)", "C/image 332-332"),
        ("IMG2_0123", "C/IMG2_ 123-123"),
        ("no number", "C/no number 0-0"),
    ],
)
def test_what_a_file_name_tells(stem, name):
    assert names_of(group(["C"], [f"0a1b___{stem}.JPG"], None)) == [name]


def test_edited_copies_are_in_the_stretch_of_their_original():
    suffixes = ["", "_rot90", "_flipTB", " (1)", " - Copy", "_jpg.rf.0123456789abcdef"]
    names = [f"IMG_{number}{suffix}.jpg" for number in range(100) for suffix in suffixes]
    groups = names_of(group(["C"] * 600, names, None))
    for number in range(100):
        assert len(set(groups[6 * number : 6 * number + 6])) == 1
    assert len(set(groups)) == 50  # of two originals each: eight pictures are a stretch, and no original is divided


def test_pictures_that_are_no_copies_stay_apart():
    names = [f"image ({number}).jpg" for number in range(40)] + ["image.jpg"]
    assert len(set(group(["C"] * 41, names, None))) > 5
    assert len(set(group(["C"] * 2, ["img_1.jpg", "img_2.jpg"], None))) == 2


def test_an_edited_copy_shows_the_leaf_that_its_name_tells():
    names = ["a___GH_HL Leaf 308.1.JPG", "a___GH_HL Leaf 308.1_new30degFlipLR.JPG", "b___GH_HL Leaf 308.2 copy.JPG"]
    groups = group(["C"] * 3, names, None)
    assert names_of(groups) == ["C/GH_HL leaf 308"] * 3
    assert groups[0].roll is None


def test_an_original_in_another_class_is_none():
    groups = group(["A", "B", "B"], ["apple.jpg", "apple_rotated.jpg", "apple_rotated_1.jpg"], None)
    assert names_of(groups)[1].startswith("B/apple_rotated")


# --- leaf maps


def test_the_map_that_plantvillage_publishes(leaf_map):
    known = leaf_map(
        {
            "rs_hl 9816": ["Tomato___healthy:::207.0"],
            "rs_hl 9817": ["Potato___healthy:::38.0", "Tomato___healthy:::207.0"],
            "gh_hl leaf 259.1": ["Tomato___healthy:::7"],
        }
    )
    names = ["a___RS_HL 9816.JPG", "b___RS_HL 9817.JPG", "GH_HL Leaf 259.1.JPG", "c___RS_HL 9818.JPG"]
    assert names_of(group(["Tomato_healthy"] * 4, names, known)) == [
        "Tomato_healthy/leaf 207.0",
        "Tomato_healthy/leaf 207.0",
        "Tomato_healthy/leaf 7",
        "Tomato_healthy/RS_HL 9818-9818",
    ]
    assert names_of(group(["Potato___healthy"], ["b___RS_HL 9817.JPG"], known)) == ["Potato___healthy/leaf 38.0"]


def test_both_forms_say_the_same(leaf_map):
    labels, names = (
        ["Pepper__bell"] * 4,
        [f"{number}___JR_HL {number}{end}.JPG" for number in (1, 2) for end in ("", "_rot1")],
    )
    ours = group(labels, names, leaf_map({"Pepper,_bell": {"3.0": ["1___JR_HL 1.JPG"], "4.0": ["2___JR_HL 2.JPG"]}}))
    published = leaf_map({"jr_hl 1": ["Pepper,_bell:::3.0"], "jr_hl 2": ["Pepper,_bell:::4.0"]})
    assert group(labels, names, published) == ours
    assert len(set(ours)) == 2


@pytest.mark.parametrize(
    "name",
    [
        "a___S 1.JPG",
        "A___s 1.jpeg",
        "a___S 1_rot1.JPG",
        "a___S 1 (copy 1).JPG",
        "a___S 1 (1).JPG",
        "a___S 1_JPG.rf.0123456789abcdef0123456789abcdef.jpg",
        "a___S 1_mirrored_cropped.png",
        "S 1.JPG",
        "another___S 1_flipTB.JPG",
    ],
)
def test_a_photograph_is_known_by_its_capture(leaf_map, name):
    for content in ({"C": {"7": ["a___S 1.JPG"]}}, {"s 1": ["C:::7"]}):
        assert leaf_map(content).find({"C"}, name) == "7"


@pytest.mark.parametrize("name", ["a___S 2.JPG", "a___S 11.JPG", "a___S 1 (1) b.JPG", "a___SS 1.JPG"])
def test_another_capture_is_not_known(leaf_map, name):
    assert leaf_map({"C": {"7": ["a___S 1.JPG"]}}).find({"C"}, name) is None


def test_a_map_may_list_copies_only(leaf_map):
    known = leaf_map({"C": {"7": ["S 1_rot1.JPG", "S 1_rot2.JPG"]}})
    assert known.find({"C"}, "S 1.JPG") == known.find({"C"}, "S 1_rot3.JPG") == "7"


def test_the_file_name_goes_before_the_capture(leaf_map):
    known = leaf_map({"C": {"7": ["a___S 1.JPG"], "8": ["b___S 1.JPG"]}})
    assert [known.find({"C"}, f"{who}___S 1_rot1.JPG") for who in "abc"] == ["7", "8", None]


def test_a_capture_of_two_leaves_is_not_known(leaf_map):
    known = leaf_map({"s 1": ["C:::7", "C:::8"], "s 2": ["C:::7", "C:::7"]})
    assert known.find({"C"}, "S 1.JPG") is None
    assert known.find({"C"}, "S 2.JPG") == "7"


DECOMPOSED = unicodedata.normalize("NFD", "café")


@pytest.mark.parametrize("known", ["café", DECOMPOSED])
@pytest.mark.parametrize("given", ["café", DECOMPOSED])
@pytest.mark.parametrize("form", ["by class", "by capture"])
def test_accented_letters_of_one_or_two_characters_are_the_same(leaf_map, known, given, form):
    content = {known: {"7": [f"{known} 1.JPG"]}} if form == "by class" else {f"{known} 1": [f"{known}:::7"]}
    groups = group([given] * 2, [f"{given} 1.JPG", f"{given} 1_rot90.JPG"], leaf_map(content))
    assert names_of(groups) == [f"{given}/leaf 7"] * 2


def test_copies_stay_with_an_original_whose_accents_are_written_otherwise():
    groups = group(["C"] * 2, ["café.jpg", f"{DECOMPOSED}_rotated.jpg"], None)
    assert groups[0] == groups[1]


def test_classes_that_differ_in_a_sign_alone_keep_their_own_leaves(leaf_map):
    names = [f"x{number}.png" for number in range(4)]
    known = leaf_map({"A+": {"1": names[:2], "2": names[2:]}, "A-": {"1": names[2:], "2": names[:2]}})
    assert known.leaves_of(["A+"] * 4 + ["A-"] * 4, names * 2) == ["1", "1", "2", "2", "2", "2", "1", "1"]


@pytest.mark.parametrize(
    ("mapped", "labels", "found"),
    [
        (["A+"], ["A+", "A-"], ["7", None]),  # A- is another class, not a spelling
        (["A"], ["A+", "A-", "a"], [None, None, "7"]),
        (["A b"], ["a-b", "a_b"], [None, None]),  # of which class?
        (["A", "A+"], ["A+", "A-"], ["7", None]),
        (["Pepper,_bell"], ["Pepper__bell", "A"], ["7", None]),
        (["Pepper,_bell", "Pepper__bell"], ["Pepper__bell"], ["7"]),
    ],
)
def test_another_spelling_counts_where_one_class_alone_can_be_meant(leaf_map, mapped, labels, found):
    known = leaf_map({**{label: {"7": ["x1.png"]} for label in mapped}, "B": {"8": ["x1.png"]}})
    assert known.leaves_of([*labels, "B"], ["x1.png"] * (len(labels) + 1)) == [*found, "8"]


def test_all_spellings_of_a_class_count_together(leaf_map):
    known = leaf_map({"Pepper,_bell": {"7": ["x1.png"]}, "Pepper__bell": {"8": ["x2.png"]}})
    assert known.leaves_of(["Pepper__bell"] * 2, ["x1.png", "x2.png"]) == ["7", "8"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"a": {"1": ["x1.jpg"]}, "a": {"2": ["x2.jpg"]}}', "a"),
        ('{"a": {"1": ["x1.jpg"], "1": ["x2.jpg"]}}', "1"),
        ('{"s 1": ["a:::1"], "s 1": ["b:::1"]}', "s 1"),
    ],
)
def test_an_entry_that_is_there_twice_is_refused(tmp_path, text, key):
    (tmp_path / "leaf-map.json").write_text(text)
    with pytest.raises(LeafMapError, match=f"leaf-map.json has the entry '{key}' 2 times; join them into one"):
        read_map(tmp_path / "leaf-map.json")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_any_unicode_encoding_is_read(leaf_map, encoding):
    assert leaf_map({"Café": {"7": ["S 1.JPG"]}}, encoding).find({"Café"}, "S 1.JPG") == "7"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("no json", "; it must be"),
        ("", "; it must be"),
        ("[" * 100_000, "; it must be"),
        ("[]", "; it must be"),
        ("5", "; it must be"),
        ('{"A": ["x.jpg"]}', " (see A > 0)"),
        ('{"A": ["A:::1"], "B": {"1": ["x.jpg"]}}', " (see B)"),
        ('{"A": 5}', " (see A)"),
        ('{"A": {"1": 5}}', " (see A > 1)"),
        ('{"A": {"1": ["x.jpg", 5]}}', " (see A > 1 > 1)"),
        ('{"A": {"": ["x.jpg"]}}', " (see A >  > [key])"),
        ('{"A": {"\\ud800": ["x.jpg"]}}', " (see A > "),
        ('{"\\ud800": {"1": ["x.jpg"]}}', "; it must be"),
        ('{"A": {"1": ["\\udc00.jpg"]}}', "; it must be"),
        ('{"A": {"1": ' + "1" * 5000 + "}}", "; it must be"),
    ],
)
def test_a_file_that_is_no_leaf_map(tmp_path, text, where):
    (tmp_path / "leaf-map.json").write_text(text)
    with pytest.raises(LeafMapError) as caught:
        read_map(tmp_path / "leaf-map.json")
    assert f"leaf-map.json is no leaf map{where}" in str(caught.value)
    assert '{"class": {"leaf": ["file name", ...]}}' in str(caught.value)
    assert '{"rs_hl 9816": ["Tomato___healthy:::207.0"], ...}' in str(caught.value)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "leaf-map.json").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    with pytest.raises(LeafMapError, match="is no leaf map; it must be"):
        read_map(tmp_path / "leaf-map.json")


@pytest.mark.parametrize("content", [{}, {"A": {}}, {"A": []}, {"A": {"1": []}}])
def test_an_empty_map(leaf_map, content):
    with pytest.raises(LeafMapError, match=r"leaf-map.json names no photograph; it must be"):
        leaf_map(content)


def test_a_folder_in_place_of_a_map(tmp_path):
    with pytest.raises(LeafMapError, match="is a folder"):
        read_map(tmp_path)


def test_a_file_under_two_leaves(leaf_map):
    with pytest.raises(LeafMapError, match=r"lists 'X.JPG' of A under two leaves"):
        leaf_map({"A": {"1": ["x.jpg"], "2": ["X.JPG"]}})


@pytest.mark.parametrize("content", [{"A": {"1": ["a___S 1.JPG"]}}, {"s 1": ["A:::1"]}])
def test_a_map_of_other_images(leaf_map, content):
    known = leaf_map(content)
    for labels, names in ((["A"], ["T 1.JPG"]), (["B"], ["S 1.JPG"])):
        with pytest.raises(LeafMapError) as caught:
            group(labels, names, known)
        message = str(caught.value)
        assert "leaf-map.json names none of the 1 images" in message
        assert repr(names[0]) in message
        assert "s 1" in message.lower()
