"""Names of the kinds of shortcut."""

NAMES = {"none": "plain", "zero_padding": "identity"}


def shortcut_name(network: str, shortcut: str) -> str:
    """Write ``highway``, and for networks other than ``cifar_resnet`` also the kind: ``cifar_preactivation, identity``.

    The identity is padded with zeros where the shape changes.
    """
    name = NAMES.get(shortcut, shortcut.replace("_", " "))
    return name if network == "cifar_resnet" else f"{network}, {name}"
