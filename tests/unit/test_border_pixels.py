import numpy as np
import pytest

from resgrad.audit.border_pixels import border_pixels, classify_borders


def test_corners_and_middles_of_the_edges_clockwise_with_all_channels():
    # A pixel's value encodes its place: hundreds the channel, tens the row, ones the column; 5 rows, 7 columns.
    channel, row, column = np.meshgrid([1, 2], range(5), range(7), indexing="ij")
    image = (100 * channel + 10 * row + column).astype(np.uint8)
    expected = [100, 200, 103, 203, 106, 206, 126, 226, 146, 246, 143, 243, 140, 240, 120, 220]
    assert border_pixels(np.stack([image, 0 * image])).tolist() == [expected, [0] * 16]


def dataset(generator, n):
    labels = np.arange(n) % 4
    return generator.integers(0, 256, (n, 3, 16, 16), dtype=np.uint8), labels


def test_a_border_that_encodes_the_class_is_read_and_labels_without_rhyme_are_guessed():
    generator = np.random.default_rng(0)
    (images, labels), (test_images, test_labels) = (dataset(generator, n) for n in (400, 1000))
    for pixels, classes in ((images, labels), (test_images, test_labels)):
        pixels[:, 1, 0, 8] = 60 * classes  # one channel of one edge's middle
    assert np.mean(classify_borders(images, labels, test_images, 0) == test_labels) > 0.99
    shuffled = generator.permutation(labels)
    # One in four, with a standard deviation of 0.014.
    assert np.mean(classify_borders(images, shuffled, test_images, 0) == test_labels) == pytest.approx(0.25, abs=0.06)


def test_what_is_not_on_the_border_is_not_seen():
    generator = np.random.default_rng(0)
    (images, labels), (test_images, _) = (dataset(generator, n) for n in (40, 10))
    before = classify_borders(images, labels, test_images, 0)
    test_images[:, :, 1:-1, 1:-1] = 0
    assert np.array_equal(classify_borders(images, labels, test_images, 0), before)


def test_a_seed_decides_the_forest_even_a_huge_one():
    generator = np.random.default_rng(0)
    (images, labels), (test_images, _) = (dataset(generator, n) for n in (40, 10))
    first, again, other = (classify_borders(images, labels, test_images, seed) for seed in (2**63 - 1, 2**63 - 1, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
