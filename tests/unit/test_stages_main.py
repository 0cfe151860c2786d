"""What ``python -m stages`` takes from its surroundings."""

import pytest

from stages.__main__ import positive, threads_of


@pytest.mark.parametrize(
    ("parameters", "threads"),
    [
        ({"train": {"threads": 2}}, 2),
        ({"train": {"threads": 0}}, 1),
        ({"train": {"threads": "many"}}, 1),
        ({"train": {}}, 1),
        ({"train": None}, 1),
        ({}, 1),
    ],
)
def test_a_mistake_in_the_parameters_is_left_to_the_check(parameters, threads):
    assert threads_of(parameters) == threads


def test_jobs_are_a_number_from_one():
    assert positive("3") == 3
    for text in ("0", "-1", "two"):
        with pytest.raises(ValueError, match=text):
            positive(text)
