"""Which of growth and effective rank goes with learning, from made-up networks."""

import pandas as pd
import pytest
from ruamel.yaml import YAML

from handbook import learning
from handbook.study import Studies

RECIPES = ("relu-none", "relu-batch")


@pytest.fixture
def studies(tmp_path):
    """Return a function that writes the probe and the trained recipes.

    It takes the factor, the effective rank and the test accuracies of (plain, residual) by recipe.
    """

    def write(networks, depth=9):
        points = []
        for name, (plain, residual) in networks.items():
            activation, normalization = name.split("-")
            runs = []
            for variant, (factor, rank, accuracies) in (("plain", plain), ("residual", residual)):
                points.append(
                    {"network": "cifar_resnet", "initialization": "he", "depth": 9, "variant": variant}
                    | {"activation": activation, "normalization": normalization, "recipe": name}
                    | {"factor": factor, "effective_rank": rank}
                )
                runs += [
                    {"variant": variant, "depth": depth, "seed": seed, "test_accuracy": accuracy}
                    for seed, accuracy in enumerate(accuracies)
                ]
            folder = tmp_path / "docs/study/recipes" / name
            (folder / "comparison-mnist").mkdir(parents=True)
            pd.DataFrame(runs).to_csv(folder / "comparison-mnist/runs.csv", index=False)
            parameters = {"datasets": ["mnist"], "depths": [depth], "data": {"mnist": {"target_accuracy": 0.9}}}
            YAML().dump(parameters, folder / "params.yaml")
        others = [points[0] | changes for changes in ({"network": "fully_connected"}, {"initialization": "xavier"})]
        folder = tmp_path / "docs/study/default"
        (folder / "probe").mkdir(parents=True)
        pd.DataFrame(others + points).to_csv(folder / "probe/geometry.csv", index=False)
        YAML().dump({}, folder / "params.yaml")
        return Studies(tmp_path)

    return write


def test_growth_and_rank_are_held_against_the_accuracy_of_their_own_network(studies):
    text = learning.told(
        studies(
            {
                "relu-none": ((1.01, 1.5, [0.1, 0.3]), (0.985, 5.0, [0.5, 0.5])),
                "relu-batch": ((1.2, 20.0, [0.95, 0.97]), (1.1, 30.0, [0.88, 0.94])),
            }
        )
    )
    assert "| relu-none  | 1.010" in text
    assert "0.200 ± 0.141" in text
    assert (
        "Of these four networks, those that learn (on average they reach the target) are none of the two whose growth "
        "is within 0.02 of 1 and two of the two of the others; two of the three with an effective rank of 4 or more "
        "and none of the one with a smaller one."
    ) in text
    assert (
        "(Spearman) is +1.00 (p < 0.001) with the distance of growth from 1, and +0.80 (p = 0.200) with the effective "
        "rank (+1.00 and +1.00 among plain networks, +1.00 and +1.00 among residual networks);"
    ) in text
    assert text.endswith("At 0.05, growth is shown to tell what learns.")


def test_a_recipe_trained_at_another_depth_is_refused(studies):
    networks = {name: ((1.0, 1.0, [0.1]), (1.0, 1.0, [0.1])) for name in RECIPES}
    with pytest.raises(ValueError, match="has depth 20, the probe 9"):
        learning.told(studies(networks, depth=20))
