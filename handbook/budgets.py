"""How the budgets of ``sets`` were chosen: by validation accuracy, at seeds that are in no study."""

import pandas as pd

from handbook.study import Studies
from handbook.words import mean_sd
from resgrad.report.markdown import table_text


def candidates(studies: Studies) -> str:
    """Write the validation accuracy of each budget that was tried, and mark the highest of each data set."""
    tried, study = pd.read_csv(studies.folder / "budgets.csv"), studies["sets"]
    rows = []
    for dataset in study.datasets:
        of_set = tried[tried["dataset"] == dataset].groupby("epochs", sort=True)["validation_accuracy"]
        highest = of_set.mean().idxmax()
        for epochs, accuracies in of_set:
            cells = [study.at_start(dataset), str(epochs), str(len(accuracies)), mean_sd(accuracies)]
            rows.append([*cells, "highest" if epochs == highest else ""])
    return table_text(["data", "epochs", "n", "validation accuracy", ""], rows)
