"""Formats of image data sets: one module per format, named by ``data.<dataset>.format``.

Such a module offers

``DEFAULTS``
    default values of all keys of a block ``data.<dataset>`` except format and source
``BRINGS_TEST``
    whether every set of this format has its own test split, so that ``test_fraction`` must be null
``HAS_FILE_NAMES``
    whether images have file names, so that a leaf map can tell which show the same leaf
``FILES``
    names of the files to fetch below an address that ends in /; empty if a set is always one file
``bring(source, folder, shown)``
    copy the user's file or folder into ``folder`` in one fixed form, so that equal sets give equal bytes
``opened(folder, shown)``
    a context manager that lists the images of the result of ``bring``: :class:`~resgrad.datasets.listing.Listing`

``shown`` is the name of the source in messages: the user's own path or address. All files come from elsewhere: sizes
are checked before they are used, nothing is extracted under a name that the source chose, no pickle is loaded. Both
functions raise :class:`~resgrad.common.errors.ResgradError`, with one sentence, for anything unusable.
"""
