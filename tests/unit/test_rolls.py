"""Camera rolls: which number of a file name counts captures, and how a roll is cut."""

import pytest

from resgrad.preprocess.leaves import group


def test_captures_are_cut_into_stretches_in_the_order_of_their_numbers():
    numbers = [*range(100, 0, -1), 8, 20]  # two photographs each of 8 and 20 stay together
    groups = group(["C"] * 102, [f"u{place}___S {number}.JPG" for place, number in enumerate(numbers)], None)
    names = [one.name for one in groups]
    name = dict(zip(numbers, names, strict=True))
    assert [name[number] for number in (1, 8)] == ["C/S 1-8"] * 2
    assert [name[number] for number in (9, 16)] == ["C/S 9-16"] * 2
    assert [name[number] for number in (17, 20, 23)] == ["C/S 17-23"] * 3
    assert names[-2:] == ["C/S 1-8", "C/S 17-23"]
    assert [one.number for one in groups[-2:]] == [1, 17]


@pytest.mark.parametrize(
    "pattern",
    [
        "WhatsApp Image 2021-05-03 at 10.00.{:02}",
        "Screenshot 2023-01-02 {}",
        "scan 2021 {:03}",
        "cat 2 ({})",  # as Windows renames many files at once
        "Photo 5 of set {:03}",
        "Zoo 1_{:03}",
    ],
)
def test_a_number_that_all_names_have_counts_no_captures(pattern):
    groups = group(["C"] * 40, [f"{pattern.format(number)}.jpg" for number in range(40)], None)
    assert [one.number for one in groups] == [number - number % 4 for number in range(40)]


def test_a_year_counts_no_captures():
    sizes = {2019: 8, 2020: 12, 2021: 80}
    names = [f"IMG {year} {number:03}.jpg" for year, size in sizes.items() for number in range(size)]
    assert len(set(group(["C"] * 100, names, None))) == 8 + 12 + 10


@pytest.mark.parametrize("pattern", ["RS_HL {} {}", "image ({})_{}", "patient {} tile {}", "video {} frame {:03}"])
@pytest.mark.parametrize(
    ("subjects", "pictures", "together"), [(10, 40, True), (9, 4, True), (9, 5, False), (1, 4, True)]
)
def test_many_pictures_of_many_subjects_stay_together_and_few_numbers_count_none(pattern, subjects, pictures, together):
    names = [f"{pattern.format(subject, part)}.JPG" for subject in range(subjects) for part in range(pictures)]
    groups = group(["C"] * len(names), names, None)
    own = [set(groups[pictures * subject : pictures * (subject + 1)]) for subject in range(subjects)]
    assert all(len(found) == 1 for found in own) is together


def test_a_short_roll_is_cut_into_ten():
    groups = group(["C"] * 20, [f"u___S {number}.JPG" for number in range(20)], None)
    assert [one.name for one in groups[:4]] == ["C/S 0-1", "C/S 0-1", "C/S 2-3", "C/S 2-3"]


def test_the_same_source_in_two_classes_is_two_rolls():
    groups = group(["A", "B"], ["u___S 1.JPG", "v___S 2.JPG"], None)
    assert groups[0] != groups[1]
