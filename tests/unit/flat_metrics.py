"""The metrics that a stage published, by their full names."""

import json


def leaves(values, path=()):
    if isinstance(values, dict):
        for key, value in values.items():
            yield from leaves(value, (*path, key))
    else:
        yield ".".join(path), values


def metrics(study, name):
    return dict(leaves(json.loads((study / f"metrics/{name}.json").read_text())))
