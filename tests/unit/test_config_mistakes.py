"""Mistakes in the parameters: each gets one sentence that says what is allowed."""

from typing import Annotated

import pytest
from pydantic import Field

from resgrad.common.config import ParameterError, Section, load
from resgrad.gradients.statistics import statistics
from tests.paths import ROOT
from tests.unit.changed_params import TEXT, change, changed, complaint

SEEDS = TEXT[TEXT.index("seeds:\n") : TEXT.index("data:\n")]
NAMES = "lower-case letters, digits and _, beginning with a letter"


def modules(package: str) -> str:
    """List the kinds in a package of plug-ins, from its files."""
    files = (ROOT / "src/resgrad/models" / package).glob("[a-z]*.py")
    return ", ".join(sorted(file.stem for file in files))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("model:\n", "modle: 1\nmodel:\n", "modle is not a parameter; did you mean model?"),
        ("  residual: true", "  residul: true", "model.residul is not a parameter; did you mean residual?"),
        ("residual: true", "residual: maybe", "model.residual is 'maybe'; allowed: true or false."),
        ("residual: true", "residual: 1", "model.residual is 1; allowed: true or false."),
        (SEEDS, "seeds: 3\n", "seeds is 3; allowed: a list, one `- value` a line."),
        (SEEDS, 'seeds:\n- "0"\n- 1\n', "seeds.0 is '0'; allowed: a whole number."),
        (SEEDS, "seeds:\n- 1\n- 1\n- 2\n", "seeds is [1, 1, 2]; allowed: each value once."),
        (SEEDS, "seeds: []\n", "seeds is []; allowed: at least one value."),
        ("\n- 56", "\n- 57", "depths has 57; allowed: 6n+2 for cifar_resnet, the nearest are 56 and 62."),
        ("\n- 56", "\n- 2", "depths has 2; allowed: 6n+2 for cifar_resnet, the nearest are 8 and 14."),
        ("epochs: 6", "epochs: -6", "data.mnist.epochs is -6; allowed: greater than or equal to 1."),
        ("epochs: 6", "epoch: 6", "data.mnist.epoch is not a parameter; did you mean epochs?"),
        ("format: idx", "format: idex", "data.mnist.format is 'idex'; allowed: cifar, folder, idx."),
        (
            "    format: idx\n",
            "",
            "data.mnist.format is missing; restore it, `git diff params.yaml` shows what was there.",
        ),
        ("  mnist:\n", "  MNIST:\n", f"data.MNIST is not a parameter; allowed: {NAMES}."),
        ("  mnist:\n", "  0mnist:\n", f"data.0mnist is not a parameter; allowed: {NAMES}."),
        (
            "  mnist:\n",
            "  digits:\n",
            (
                "data.mnist is missing; mnist is among the datasets. Allowed: digits, plantvillage, fashion_mnist, "
                "cifar10, or a block of its own: -S '+data.mnist={format: folder, source: PATH}'."
            ),
        ),
        (
            "  fashion_mnist:\n",
            "  probe:\n",
            "data.probe has a name that is taken: metrics/probe.json is the probe's; choose another.",
        ),
        (
            "format: folder\n",
            "format: cifar\n",
            "data.plantvillage.format is cifar; allowed with the embedded source: folder.",
        ),
        (
            "  fashion_mnist:\n",
            "  fashions:\n",
            (
                "data.fashions.source is official, which is known for mnist, fashion_mnist, cifar10, cifar100, "
                "plantvillage alone; allowed: a path or an address."
            ),
        ),
        (
            "source: official\n",
            "source: embedded\n",
            (
                "data.fashion_mnist.source is embedded, which is known for mnist, plantvillage alone; allowed: a path "
                "or an address."
            ),
        ),
        ("source: embedded", "source: ''", "data.mnist.source is ''; allowed: text that is not empty."),
        ("source: embedded", "source:", "data.mnist.source is null; allowed: text."),
        (
            "leaf_map:\n",
            "leaf_map: map.json\n",
            "data.mnist.leaf_map is set; allowed: null, images of format idx have no names.",
        ),
        (
            "optimizer: sgd",
            "optimizer: sdg",
            "train.optimizer is 'sdg'; allowed: 'sgd', 'adam', 'rmsprop' or 'adagrad'.",
        ),
        (
            "network: cifar_resnet",
            "network: alexnet",
            f"model.network is 'alexnet'; allowed: {modules('networks')}.",
        ),
        ("shortcut: zero_padding", "shortcut: A", f"model.shortcut is 'A'; allowed: {modules('shortcuts')}."),
        ("shortcut: zero_padding", "shortcut: 1", "model.shortcut is 1; allowed: text."),
        ("activation: relu", "activation: rleu", f"model.activation is 'rleu'; allowed: {modules('activations')}."),
        ("    - tanh", "    - tahn", f"probe.grids.0.activations.1 is 'tahn'; allowed: {modules('activations')}."),
        (
            "normalization: batch",
            "normalization: instance",
            "model.normalization is 'instance'; allowed: 'batch', 'group', 'layer', 'scalar' or 'none'.",
        ),
        ("dropout: 0.0", "dropout: 1.0", "model.dropout is 1.0; allowed: less than 1."),
        ("gain: 1.0", "gain: 0", "model.gain is 0; allowed: greater than 0."),
        ("- plain\n- residual", "- plain\n- plane", "variants.1 is 'plane'; allowed: 'plain' or 'residual'."),
        (
            "- plain\n- residual",
            "- plain\n- plain",
            "variants is ['plain', 'plain']; allowed: each value once.",
        ),
        (
            "- plain\n- residual",
            "- plain",
            "model.residual asks for the residual networks, which are not among the variants.",
        ),
        (
            "initialization: he",
            "initialization: zero_gamma",
            (
                "model.initialization is zero_gamma, with which a plain network cannot learn: every block puts out a "
                "constant, and no gradient passes it; set variants to residual alone, or another initialization."
            ),
        ),
        ("tolerance:\n", "tolerances:\n", "tolerances is not a parameter; did you mean tolerance?"),
        ("  - 0.003\n  - 0.03", "  - 0\n  - 0.03", "tolerance.rates.0 is 0; allowed: greater than 0."),
        ("  - 0.003\n  - 0.03", "  - true\n  - 0.03", "tolerance.rates.0 is true; allowed: a number."),
        ("  - 0.003\n  - 0.03", "  - 0.3\n  - 0.03", "tolerance.rates is [0.3, 0.03, 0.3]; allowed: each value once."),
        (
            "  - 0.003\n  - 0.03\n  - 0.3\n  seeds:\n",
            "  seeds:\n  - 3\n",
            "tolerance.rates is null; allowed: a list, one `- value` a line.",
        ),
        (
            "  depth:\n  # Passes over",
            "  depth: 110\n  # Passes over",
            "tolerance.depth is 110; allowed: one of the depths, 20, 56, or null for the greatest.",
        ),
        ("learning_rate: 0.1", "learning_rate: .nan", "train.learning_rate is nan; allowed: a finite number."),
        ("learning_rate: 0.1", "learning_rate: fast", "train.learning_rate is 'fast'; allowed: a number."),
        ("- mnist", "- Mnist", f"datasets.0 is 'Mnist'; allowed: {NAMES}."),
        (
            "warmup_epochs: 0",
            "warmup_epochs: 6",
            "train.warmup_epochs is 6; allowed: less than data.mnist.epochs, which is 6.",
        ),
        (
            "test_fraction: 0.2",
            "test_fraction: 0.9",
            (
                "data.plantvillage.validation_fraction and test_fraction add up to 1.05; "
                "allowed: less than 1, the rest is for training."
            ),
        ),
        (
            "test_fraction: 0.2",
            "test_fraction:\n",
            "data.plantvillage.test_fraction is null; allowed: a share between 0 and 1.",
        ),
        ("threads: 1", "threads: 3000000000", "train.threads is 3000000000; allowed: less than or equal to 1024."),
        (
            "test_fraction:\n",
            "test_fraction: 0.2\n",
            "data.mnist.test_fraction is 0.2; allowed: null, a set of format idx brings its own test split.",
        ),
        (
            "target_accuracy: 0.9",
            "target_accuracy: 90",
            "data.mnist.target_accuracy is 90; allowed: less than or equal to 1.",
        ),
        (
            "  - grad_std\n",
            "  - grad_sdt\n",
            f"gradients.statistics names 'grad_sdt'; allowed: {', '.join(statistics())}.",
        ),
        (
            "  - grad_std\n",
            "  - grad_norm\n",
            "gradients.statistics names 'grad_norm' more than once; allowed: each statistic once.",
        ),
        (
            "  - weight_norm\n",
            "",
            "gradients.statistics lacks weight_norm; the verdicts and norms of gradients need grad_norm, weight_norm.",
        ),
        (
            "  - grad_norm\n",
            "",
            "gradients.statistics lacks grad_norm; the verdicts and norms of gradients need grad_norm, weight_norm.",
        ),
        *(
            (
                f"  - {name}\n",
                "",
                (
                    f"gradients.statistics lacks {name}; the pictures of gradients spread over magnitudes need "
                    "zero_fraction, nonfinite, log2_hist."
                ),
            )
            for name in ("zero_fraction", "nonfinite", "log2_hist")
        ),
    ],
)
def test_each_mistake_gets_one_sentence(tmp_path, old, new, sentence):
    assert complaint(change(tmp_path, old, new)) == sentence


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("train.clip_norm", -1, "greater than 0"),
        ("train.clip_norm", 0, "greater than 0"),
        ("train.clip_norm", "x", "a number"),
        ("train.clip_norm", True, "a number"),
        ("data.mnist.train_limit", 0, "greater than or equal to 1"),
        ("data.mnist.train_limit", "x", "a whole number"),
        ("data.mnist.leaf_map", 5, "text"),
        ("data.mnist.leaf_map", "", "text that is not empty"),
        ("tolerance.epochs", 0, "greater than or equal to 1"),
        ("inspect.networks", 0, "greater than or equal to 1"),
        ("inspect.networks", "x", "a whole number"),
    ],
)
def test_null_is_named_wherever_it_is_allowed(tmp_path, key, value, said):
    assert complaint(changed(tmp_path, key, value)).endswith(f"; allowed: {said}, or null.")


class Inner(Section):
    number: Annotated[int, Field(ge=1)]


class Outer(Section):
    inner: Inner | None
    numbers: list[int] | None
    inners: dict[str, Inner | None]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"inner": 5}, "inner is 5; allowed: a mapping, or null."),
        ({"inner": {"number": 0}}, "inner.number is 0; allowed: greater than or equal to 1."),
        ({"inner": {"numbr": 1}}, "inner.numbr is not a parameter; did you mean number?"),
        ({"numbers": 5}, "numbers is 5; allowed: a list, one `- value` a line, or null."),
        ({"numbers": ["x"]}, "numbers.0 is 'x'; allowed: a whole number."),
        ({"inners": {"a": 5}}, "inners.a is 5; allowed: a mapping, or null."),
        ({"inners": {"a": {"number": 0}}}, "inners.a.number is 0; allowed: greater than or equal to 1."),
    ],
)
def test_null_is_named_for_the_value_that_may_be_null_alone(change, sentence):
    with pytest.raises(ParameterError) as caught:
        load(Outer, {"inner": None, "numbers": None, "inners": {}, **change})
    assert str(caught.value) == sentence


def test_a_missing_key_is_named(tmp_path):
    assert complaint(change(tmp_path, "  batch_size: 32\n", "")).startswith("train.batch_size is missing;")


def test_several_mistakes_get_a_sentence_each(tmp_path):
    path = change(tmp_path, "residual: true", "residual: maybe")
    path.write_text(path.read_text().replace("width: 8", "width: 0", 1), encoding="utf-8")
    assert complaint(path).splitlines() == [
        "model.width is 0; allowed: greater than or equal to 1.",
        "model.residual is 'maybe'; allowed: true or false.",
    ]
