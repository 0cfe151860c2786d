from resgrad.common.cells import VARIANTS, Cell, Matrix, is_residual, variant_name
from resgrad.common.seeds import derive


def test_cells_come_in_the_order_of_the_parameters():
    matrix = Matrix(datasets=["mnist"], variants=["plain", "residual"], depths=[56, 20], seeds=[1, 0])
    names = [cell.name for cell in matrix.cells("mnist")]
    assert names == [
        "plain-56-1", "plain-56-0", "plain-20-1", "plain-20-0",
        "residual-56-1", "residual-56-0", "residual-20-1", "residual-20-0",
    ]  # fmt: skip


def test_a_study_may_have_one_variant():
    matrix = Matrix(datasets=["mnist"], variants=["plain"], depths=[20], seeds=[0, 1])
    assert list(matrix.cells("mnist")) == [Cell("mnist", "plain", 20, 0), Cell("mnist", "plain", 20, 1)]


def test_a_cell_says_whether_its_network_has_shortcuts():
    assert [Cell("mnist", variant, 20, 0).residual for variant in VARIANTS] == [False, True]
    assert [variant_name(residual=is_residual(variant)) for variant in VARIANTS] == ["plain", "residual"]


def test_derived_seeds_depend_on_every_name_and_fit_a_generator():
    seeds = {
        derive(0),
        derive(1),
        derive(0, "init"),
        derive(0, "init", 1),
        derive(0, "init", "1", 1),
        derive(0, "a\0b"),
    }
    assert len(seeds) == 6
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_derived_seed_never_changes():
    """If it did, published runs could not be repeated: SHA-256 of "0\\0init", first 8 bytes, big-endian, halved."""
    assert derive(0, "init") == 5789233368486568501
