"""Pictures and pages. A report reads the tables of one room and computes nothing that is published.

A page is a package of this one, named as the room whose tables it reads. It offers::

    CSV = ("runs", ...)                                 # the tables that the page's sentences rest on, for Git
    def to_markdown(room: Room) -> str                  # the page
    def pictures(room: Room) -> Iterator[tuple[str, Figure]]    # by name

Nothing here depends on another room: what a report needs to know, the tables say.
"""
