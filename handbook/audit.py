"""The audit: accuracy from leaves seen in training, the backdrop and frequent classes."""

from handbook.study import Studies
from handbook.words import interval, listed, mean_sd, per_cent
from resgrad.audit.classifiers import BORDER, GUESS
from resgrad.report.markdown import table_text

WORST = 2
"""Number of classes that are named."""


def leaves(studies: Studies) -> str:
    """Say how much accuracy a random split adds."""
    study, dataset = studies["short"], "plantvillage"
    splits = study.table(f"audit-{dataset}", "split_averages").set_index(["scheme", "classifier"])
    added = study.table(f"audit-{dataset}", "inflation").set_index("over")
    accuracy = {split: splits.loc[(split, "network")] for split in ("leaf", "random")}
    ends = {
        over: interval(100 * added.loc[over, "low"], 100 * added.loc[over, "high"], ".1f")
        for over in ("seeds", "leaves")
    }
    depth = study.parameters["audit"]["depth"]
    return (
        f"On {study.name(dataset)}, the same small residual network (depth {depth}, n = {accuracy['leaf']['n']:.0f} "
        f"seeds) has a test accuracy of {_spread(accuracy['leaf'])} on the leaf split and of "
        f"{_spread(accuracy['random'])} on the random split: **a random split adds "
        f"{100 * added.loc['seeds', 'mean']:.1f} points** (95 % interval over seeds {ends['seeds']}; over "
        f"{added.loc['leaves', 'n']:.0f} leaves or stretches of captures {ends['leaves']}). Of the test images whose "
        f"leaf is known, {per_cent(accuracy['random']['leak'])} show a leaf that is in training too."
    )


def borders(studies: Studies) -> str:
    """Compare border pixels with guessing and with the networks."""
    study = studies["short"]
    rows = []
    for dataset in study.datasets:
        table = study.table(f"audit-{dataset}", "averages")
        accuracy = table[table["average"] == "accuracy"].set_index("classifier")
        names = {GUESS: "most frequent class", BORDER: "eight border pixels"}
        for classifier, row in accuracy.iterrows():
            value = f"{row['mean']:.3f}" if row["n"] == 1 else _spread(row)
            rows.append([study.at_start(dataset), names.get(classifier, classifier), f"{row['n']:.0f}", value])
    forests = study.table("audit-plantvillage", "split_averages").set_index(["classifier", "scheme"]).loc[BORDER]
    table = table_text(["data", "classifier", "n", "test accuracy"], rows)
    return (
        f"{table}\n\nThat is on the split in use. On {study.name('plantvillage')} the forest has "
        f"{_spread(forests.loc['leaf'])} on the leaf split and {_spread(forests.loc['random'])} on the random one."
    )


def classes(studies: Studies) -> str:
    """Name the classes with the lowest recall."""
    study = studies["short"]
    sentences = []
    for dataset in study.datasets:
        table = study.table(f"audit-{dataset}", "classes")
        named = listed(
            f"`{name}` ({listed(f'{row.variant} {row.recall:.2f}' for row in rows.itertuples())}; "
            f"{rows['test'].iloc[0]} images)"
            for name, rows in list(table.groupby("class", sort=False))[:WORST]
        )
        sentences.append(f"On {study.name(dataset)}, recall at depth {study.depth} is lowest for {named}.")
    return " ".join(sentences)


def shallow_beside_deep(studies: Studies) -> str:
    """Compare the small network of the audit with the deepest residual one."""
    study, dataset = studies["short"], "plantvillage"
    splits = study.table(f"audit-{dataset}", "split_averages").set_index(["scheme", "classifier"])
    small, deep = splits.loc[("leaf", "network")], study.runs(dataset, study.depth, "residual")["test_accuracy"]
    lesson = "; nothing here shows that these images need depth" if small["mean"] >= deep.mean() else ""
    return (
        f"On the same leaf split the network of depth {study.parameters['audit']['depth']} has {_spread(small)} "
        f"(n = {small['n']:.0f}), residual-{study.depth} has {mean_sd(deep)} (n = {len(deep)}){lesson}."
    )


def _spread(row) -> str:
    return f"{row['mean']:.3f} ± {row['sd']:.3f}"
