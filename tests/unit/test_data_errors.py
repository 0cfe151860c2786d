"""Errors about data quote names that somebody else gave."""

import importlib
import pkgutil

import pytest

import resgrad.datasets
import resgrad.preprocess
from resgrad.common.errors import ResgradError
from resgrad.datasets.errors import DataError
from resgrad.download.sources import SourceError
from resgrad.preprocess.images import ImageError

ROOMS = [resgrad.datasets, resgrad.preprocess]
ERRORS = {
    value
    for room in ROOMS
    for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")
    for value in vars(importlib.import_module(module.name)).values()
    if isinstance(value, type) and issubclass(value, ResgradError) and value.__module__ == module.name
}


@pytest.mark.parametrize("error", sorted({*ERRORS - {ImageError}, SourceError}, key=lambda error: error.__name__))
def test_names_in_errors_about_data_do_not_reach_the_terminal_as_they_are(error):
    assert issubclass(error, DataError)
    assert str(error("Class \x1b[31mréd\u202e\n has no image.")) == r"Class \x1b[31mréd\u202e\n has no image."


def test_the_error_of_a_single_picture_says_a_reason_and_no_name():
    assert ImageError in ERRORS
    assert str(ImageError("damaged")) == "damaged"
