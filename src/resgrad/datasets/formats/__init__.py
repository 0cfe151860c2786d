"""What image data sets come as: one module per format, named by ``data.<dataset>.format``.

Such a module offers

``DEFAULTS``
    values of all keys of a block ``data.<dataset>`` but format and source, which may be left out there
``BRINGS_TEST``
    whether every set of this format brings its own test split, so that ``test_fraction`` must be null
``HAS_FILE_NAMES``
    whether images have file names, so that a leaf map can tell which show the same leaf
``FILES``
    what an address that ends in / holds: the names to fetch below it; empty where a set is always one file
``bring(source, folder, shown)``
    copy what the user has, a file or a folder, into ``folder`` in one fixed form, so that equal sets give equal bytes
``opened(folder, shown)``
    a context manager; list the images of what ``bring`` made: :class:`~resgrad.datasets.listing.Listing`

``shown`` is what sentences call the source: the user's own path or address. All files came from somewhere else: sizes
are bounded before they are believed, nothing is extracted under a name that the source chose, no pickle is loaded.
Both raise :class:`~resgrad.common.errors.ResgradError`, in a sentence, for what cannot be used.
"""
