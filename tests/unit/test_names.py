import pytest

from resgrad.preprocess.names import original, originals, without_id


def present(*stems):
    return {stem.casefold(): stem for stem in stems}


@pytest.mark.parametrize(
    "stem",
    [
        # New Plant Diseases and related sets
        "cat_12_90deg",
        "cat_12_flipLR",
        "cat_12_flipTB",
        "cat_12_new30degFlipLR",
        "cat_12_new200degFlipTB",
        "cat_12_newPixel25",
        "cat_12_newGRR",
        "cat_12_lastRow",
        "cat_12_mirror_vertical",
        "cat_12_change_180",
        "cat_12_hight",
        "cat_12_final_masked",
        # operating systems
        "cat_12 copy",
        "cat_12 copy 2",
        "cat_12 (copy 1)",
        "cat_12 (copy)",
        "cat_12 - Copy",
        "cat_12 - Copy (3)",
        "cat_12 - Copy - Copy",
        "cat_12 - Kopie (2)",
        "cat_12-edited",
        "Copy of cat_12",
        "Copy of Copy of cat_12 (copy)",
        # Roboflow
        "cat_12_jpg.rf.0123456789abcdef0123456789abcdef",
        "cat_12_JPEG.rf.aB3dE5gH1jK2",
        "cat_12.rf.0123456789abcdef0123456789abcdef",
        # users' own scripts
        "cat_12_rot1",
        "cat_12_rot90",
        "cat_12_rot_180",
        "cat_12_rotated_3",
        "cat_12_hflip",
        "cat_12-flipped",
        "cat_12_mirrored",
        "cat_12_crop",
        "cat_12_cropped(2)",
        "cat_12_crop2",
        "cat_12_aug0",
        "cat_12_aug_07",
        "cat_12_augmented_113",
        "cat_12_gray",
        "cat_12_flipLR_rot90_blurred",
    ],
)
def test_an_edit_is_undone_whether_or_not_its_original_is_there(stem):
    assert original(stem, {}) == "cat_12"
    assert original(stem, present("cat_12")) == "cat_12"
    assert list(originals(stem))[-1] == "cat_12"


@pytest.mark.parametrize(
    "stem",
    [
        "img_1",
        "img_2",
        "IMG_20210803_120000",
        "RS_HL 1864",
        "GH_HL Leaf 259.1",
        "GHLB_PS Leaf 28.3 Day 13",
        "UF.GRC_BS_Lab Leaf 0485",
        "FAM_B.Rot 3244",
        "0a1b2c3d___FAM_B.Rot 324",
        "Com.G_TgS_FL 9844",
        "image (332)",
        "download (7)",
        "batch2_rot_17",  # a rotten fruit
        "field3_crop_17",  # a crop that grows
        "2021_aug_03",  # a day
        "IMG_2021-aug-03",
        "12_dog",
        "scarecrow_12",
        "cat_12_recopy",
        "photocopy",
        "copy",
        "Copy of",
        "copycat_12",
        "flip_12",
        "_90deg",
        "4",
        "",
    ],
)
def test_a_picture_of_its_own(stem):
    assert original(stem, {}) == stem
    assert original(stem, present("img", "image", "download", "batch2", "0a1b2c3d___other 1")) == stem


def test_without_a_number_the_original_must_be_there():
    assert original("red_apple_rotated", {}) == "red_apple_rotated"
    assert original("red_apple_rotated", present("Red_Apple")) == "Red_Apple"
    assert original("wheat_rotated_17", {}) == "wheat_rotated_17"
    assert original("0a1b2c3d___wheat_flipLR", {}) == "0a1b2c3d___wheat_flipLR"  # the digits belong to the id


def test_a_count_needs_a_number_before_it_and_an_original_that_is_there():
    assert original("cat_12 (1)", {}) == "cat_12 (1)"
    assert original("cat_12 (1)", present("cat_12")) == "cat_12"
    assert original("cat_12(1)", present("cat_12")) == "cat_12"
    assert original("cat_12 (1)_flip", present("cat_12")) == "cat_12"
    assert original("download (1)", present("download")) == "download (1)"
    assert original("cat_12 (2021)", present("cat_12")) == "cat_12 (2021)"


def test_the_spelling_is_that_of_the_original():
    assert original("img_12_ROT90", present("IMG_12")) == "IMG_12"


def test_all_originals_nearest_first():
    assert list(originals("a___S 1_flipLR (2) - Copy")) == [
        "a___S 1_flipLR (2) - Copy",
        "a___S 1_flipLR (2)",
        "a___S 1",
    ]


def test_the_id_is_taken_off():
    assert without_id("0a1b-2c___RS_HL 1864") == "RS_HL 1864"
    assert without_id("RS_HL 1864") == "RS_HL 1864"
