from pathlib import Path

import pytest

from resgrad.config import ParameterError, read
from resgrad.study import load_study
from tests.paths import PARAMS


def change(tmp_path: Path, old: str, new: str) -> Path:
    text = PARAMS.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def complaint(path: Path) -> str:
    with pytest.raises(ParameterError) as caught:
        load_study(path)
    return str(caught.value)


def test_the_committed_parameters_are_valid():
    study = load_study(PARAMS)
    assert study.datasets == ["mnist", "plantvillage"]
    assert study.train.epochs["mnist"] > 0


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("model:\n", "modle: 1\nmodel:\n", "modle is not a parameter; did you mean model?"),
        ("  residual: true", "  residul: true", "model.residul is not a parameter; did you mean residual?"),
        ("residual: true", "residual: maybe", "model.residual is 'maybe'; allowed: true or false."),
        ("residual: true", "residual: 1", "model.residual is 1; allowed: true or false."),
        ("seeds:\n  - 0\n  - 1\n  - 2", "seeds: 3", "seeds is 3; allowed: a list, one `- value` a line."),
        ("seeds:\n  - 0\n  - 1", 'seeds:\n  - "0"\n  - 1', "seeds.0 is '0'; allowed: a whole number."),
        ("seeds:\n  - 0\n  - 1", "seeds:\n  - 1\n  - 1", "seeds is [1, 1, 2]; allowed: each value once."),
        ("seeds:\n  - 0\n  - 1\n  - 2", "seeds: []", "seeds is []; allowed: at least one value."),
        ("  - 56", "  - 57", "depths has 57; allowed: 6n+2 for a cifar_resnet, the nearest are 56 and 62."),
        ("  - 56", "  - 2", "depths has 2; allowed: 6n+2 for a cifar_resnet, the nearest are 8 and 14."),
        ("mnist: 6", "mnist: -6", "train.epochs.mnist is -6; allowed: greater than or equal to 1."),
        ("    mnist: 6\n", "", "train.epochs.mnist is missing; mnist is among the datasets."),
        ("mnist: 6", "mnsit: 6", "train.epochs.mnsit is not a parameter; allowed: 'mnist' or 'plantvillage'."),
        (
            "optimizer: sgd",
            "optimizer: sdg",
            "train.optimizer is 'sdg'; allowed: 'sgd', 'adam', 'rmsprop' or 'adagrad'.",
        ),
        ("network: cifar_resnet", "network: vgg", "model.network is 'vgg'; allowed: cifar_resnet."),
        ("learning_rate: 0.1", "learning_rate: .nan", "train.learning_rate is nan; allowed: a finite number."),
        ("learning_rate: 0.1", "learning_rate: fast", "train.learning_rate is 'fast'; allowed: a number."),
        ("  - mnist", "  - minst", "datasets.0 is 'minst'; allowed: 'mnist' or 'plantvillage'."),
        (
            "warmup_epochs: 0",
            "warmup_epochs: 6",
            "train.warmup_epochs is 6; allowed: less than train.epochs.mnist, which is 6.",
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
            "test_fraction: null",
            "data.plantvillage.test_fraction is null; allowed: a share between 0 and 1.",
        ),
        ("threads: 1", "threads: 3000000000", "train.threads is 3000000000; allowed: less than or equal to 1024."),
        (
            "test_fraction: null",
            "test_fraction: 0.2",
            "data.mnist.test_fraction is 0.2; allowed: null, MNIST brings its own test split.",
        ),
    ],
)
def test_each_mistake_gets_one_sentence(tmp_path, old, new, sentence):
    assert complaint(change(tmp_path, old, new)) == sentence


def test_a_missing_key_is_named(tmp_path):
    assert complaint(change(tmp_path, "  batch_size: 32\n", "")).startswith("train.batch_size is missing;")


def test_several_mistakes_get_a_sentence_each(tmp_path):
    path = change(tmp_path, "residual: true", "residual: maybe")
    path.write_text(path.read_text().replace("width: 8", "width: 0"), encoding="utf-8")
    assert complaint(path).splitlines() == [
        "model.residual is 'maybe'; allowed: true or false.",
        "model.width is 0; allowed: greater than or equal to 1.",
    ]


def test_broken_yaml_names_the_line(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("a: 1\nb: [1, 2\nc: 3\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"params.yaml line \d is not valid YAML: "):
        read(path)


def test_a_key_given_twice_is_refused(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("a: 1\na: 2\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="duplicate key"):
        read(path)


def test_a_number_as_dvc_rewrites_it_is_a_number(tmp_path):
    path = change(tmp_path, "learning_rate: 0.1", "learning_rate: 1e-05")
    assert load_study(path).train.learning_rate == 1e-5
