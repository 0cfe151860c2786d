"""Pictures and pages. A report reads the tables of one room and computes nothing that is published.

A page is a subpackage with the name of the room whose tables it reads. It offers::

    CSV = ("runs", ...)                                 # the tables that support the page's sentences, for Git
    def to_markdown(room: Room) -> str                  # the page
    def pictures(room: Room) -> Iterator[tuple[str, Figure]]    # by name

Nothing here depends on another room: the tables contain everything that a report needs to know.
"""
