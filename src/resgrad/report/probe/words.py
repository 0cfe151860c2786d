"""What kinds of shortcut are called."""

NAMES = {"none": "plain", "zero_padding": "identity"}


def shortcut_name(network: str, shortcut: str) -> str:
    """Write ``highway``, and of networks that are not ``cifar_resnet`` the kind too: ``cifar_preactivation, identity``.

    The identity is so where the shape stays, and padded with zeros where it does not.
    """
    name = NAMES.get(shortcut, shortcut.replace("_", " "))
    return name if network == "cifar_resnet" else f"{network}, {name}"
