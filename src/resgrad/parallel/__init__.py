"""The pipeline on all cores and many machines: DVC says what there is to do and does it, Dask says when and where.

``python -m stages`` asks DVC once which stages have changed (:mod:`.pipeline`), and hands these and all that depends on
them to a Dask cluster on this machine (:mod:`.cluster`, :mod:`.schedule`). A worker is a process that has loaded the
pipeline as ``dvc repro`` does, and reproduces one stage at a time under DVC's own locks, in the one workspace
(:mod:`.worker`). Each worker has a terminal of its own (:mod:`.terminal`), which catches what a stage prints and, when
the worker dies in whatever way, ends the stage with it.

The workers can also be those of a scheduler that runs elsewhere (:mod:`.machines`), if their versions are those of the
run (:mod:`.versions`). Workers that see the workspace work in it, others in a copy (:mod:`.workspace`); then results go
from one workspace to another by the DVC remote (:mod:`.apart`, :mod:`.exchange`).

Nothing here knows a stage by name.
"""
