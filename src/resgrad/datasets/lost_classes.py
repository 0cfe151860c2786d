"""Class folders of which nothing is left, because none of their files is an image that can be read."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePosixPath

from resgrad.datasets.archives import is_hidden, is_image
from resgrad.datasets.branches import Branch
from resgrad.datasets.folders import Folder, folder_of, split_of, written
from resgrad.datasets.listing import LayoutError

# fmt: off
NOTES = frozenset({
    ".txt", ".md", ".rst", ".rtf", ".pdf", ".doc", ".docx", ".odt", ".tex", ".bib", ".html", ".htm", ".css", ".js",
    ".csv", ".tsv", ".xls", ".xlsx", ".ods", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg",
    ".conf", ".log", ".names", ".data", ".mat", ".db", ".sqlite", ".py", ".ipynb", ".r", ".m", ".sh", ".bat", ".url",
})
"""Endings of files that say something about images, or are no data at all."""
NAMES_OF_NOTES = frozenset({
    "readme", "license", "licence", "copying", "notice", "authors", "citation", "changelog", "changes", "version",
    "contributing", "todo", "makefile",
})
"""Names of such files without an ending, in lower case."""
MADE_BY_PROGRAMS = frozenset({
    "__macosx", ".git", ".svn", ".dvc", ".cache", ".thumbnails", ".ipynb_checkpoints", ".appledouble", ".trashes",
    ".idea", ".vscode", ".venv",
})
"""Folders that nobody means to be a class, in lower case, though there may be images in them."""
# fmt: on


def check_nothing_lost(branches: Sequence[Branch], others: Iterable[str], empty: Iterable[str], shown: str) -> None:
    """Refuse a folder beside class folders that should be a class but has no usable image.

    Args:
        branches: the class folders.
        others: paths of the files that are not images.
        empty: paths of folders without any file.
        shown: name of the tree in messages.

    Raises:
        LayoutError: there is such a folder.
    """
    files_in: dict[Folder, list[str]] = defaultdict(list)
    for path in others:
        files_in[folder_of(path)].append(path)
    for path in empty:
        files_in[folder_of(f"{path.rstrip('/')}/")] += []
    lost: dict[Folder, list[str]] = defaultdict(list)
    for folder, place in _lost_classes(files_in.keys(), branches).items():
        lost[place] += files_in[folder]
    for folder, files in sorted(lost.items()):
        if fault := _fault(folder, files):
            raise LayoutError(f"{shown} holds {fault}.")


def _lost_classes(folders: Collection[Folder], branches: Sequence[Branch]) -> dict[Folder, Folder]:
    """Map folders to what should be a class, or lead to classes: the folder itself, or one above it."""
    paths_of = {branch.start: [folder[len(branch.start) :] for folder in branch.labels] for branch in branches}
    # What is a class in one split should be one in all.
    expected = set().union(*map(_ways, paths_of.values()))
    lost = {}
    for start, paths in [*((top, []) for top in _unused_splits(branches, folders)), *paths_of.items()]:
        ways = _ways(paths)
        times = Counter(way[:-1] for way in ways)
        forks = {path[:-1] for path in paths} | {above for above, number in times.items() if number > 1}
        for folder in folders:
            path = folder[len(start) :] if folder[: len(start)] == start else ()
            place = next((path[:depth] for depth in range(1, len(path) + 1) if path[:depth] not in ways), None)
            if place and (place in expected or place[:-1] in forks):
                lost[folder] = start + place
    return lost


def _ways(paths: Iterable[Folder]) -> set[Folder]:
    """Return folders and all that lead to them."""
    return {path[:depth] for path in paths for depth in range(1, len(path) + 1)}


def _unused_splits(branches: Sequence[Branch], folders: Collection[Folder]) -> set[Folder]:
    """Return the split folders, beside others, of which no image belongs to a class."""
    parents = {branch.top[:-1] for branch in branches if branch.split}
    tops = {folder[: len(parent) + 1] for parent in parents for folder in folders if folder[: len(parent)] == parent}
    return {top for top in tops if top and split_of(top[-1])} - {branch.top for branch in branches}


def _fault(folder: Folder, files: Sequence[str]) -> str | None:
    """Say why no image of a folder can be used, as a phrase to follow "holds"; None if it is no class."""
    if folder[-1].casefold() in MADE_BY_PROGRAMS:
        return None
    if is_hidden(PurePosixPath(folder[-1])):
        return _fault_of_hidden(folder, files)
    left = [PurePosixPath(path) for path in files if not is_hidden(PurePosixPath(path))]
    if not left:
        return f"{written(folder)}, which is empty; put images into it, or remove it"
    if all(map(_is_note, left)):
        return None
    endings = Counter(path.suffix.lower() or "without an ending" for path in left)
    kinds = ", ".join(f"{number} {ending}" for ending, number in endings.most_common(3))
    return (
        f"no image that can be read in {written(folder)} ({kinds}); convert its files to JPEG or PNG, with that "
        "ending, or remove the folder"
    )


def _fault_of_hidden(folder: Folder, files: Sequence[str]) -> str | None:
    names = [PurePosixPath(path).relative_to(PurePosixPath(*folder)) for path in files]
    if not any(is_image(name) for name in names):
        return None
    return f"images in {written(folder)}, which the dot at its beginning hides; rename it, or remove it"


def _is_note(path: PurePosixPath) -> bool:
    return path.suffix.lower() in NOTES if path.suffix else path.name.casefold() in NAMES_OF_NOTES
