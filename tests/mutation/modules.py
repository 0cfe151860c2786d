"""The modules of numbers to change, and the unit tests that must notice."""

from tests.paths import ROOT

_ROWS = sorted(file.stem for file in (ROOT / "src/resgrad/comparison/rows").glob("[a-z]*.py"))
_AUDIT = ("test_audit_classifiers", "test_audit_stage", "test_audit_report")
_TRAINING = ("test_training_loop", "test_training_resume", "test_training_run")

TESTS = {
    "comparison/significance.py": ("test_significance",),
    "comparison/survival.py": ("test_row_efficiency",),
    "comparison/targets.py": ("test_row_efficiency",),
    "comparison/image_tests.py": ("test_image_tests",),
    "comparison/gradient_distribution.py": ("test_gradient_distribution",),
    "comparison/comparison.py": ("test_comparison", "test_closing_table"),
    **{f"comparison/rows/{name}.py": (f"test_row_{name}",) for name in _ROWS},
    "gradients/statistics/*.py": ("test_gradient_statistics", "test_gradient_recorder", "test_kinds"),
    "gradients/describer.py": ("test_gradient_statistics", "test_gradient_recorder"),
    "gradients/segments.py": ("test_gradient_statistics", "test_gradient_recorder"),
    "gradients/recorder.py": ("test_gradient_recorder", "test_gradient_statistics"),
    "gradients/table.py": ("test_gradient_recorder", "test_gradient_statistics"),
    "gradients/verdicts.py": ("test_verdicts",),
    "gradients/growth.py": ("test_growth",),
    "results/metrics.py": ("test_metrics",),
    "results/gradient_flow.py": ("test_gradient_flow", "test_row_gradients"),
    "audit/inflation.py": ("test_inflation",),
    "audit/classifiers.py": _AUDIT,
    "audit/border_pixels.py": ("test_border_pixels", *_AUDIT),
    "audit/imbalance.py": ("test_imbalance",),
    "audit/summary.py": _AUDIT,
    "audit/trainings.py": ("test_split_trainings",),
    "training/loop.py": _TRAINING,
    "training/schedules.py": ("test_schedules",),
    "training/evaluation.py": _TRAINING,
    "shards/augmentation.py": ("test_augmentation",),
    "models/initialisation.py": ("test_initialisation",),
    "probe/measure.py": ("test_probe",),
    "probe/shattering.py": ("test_shattering",),
    "probe/summary.py": ("test_probe_summary",),
    "inspection/paths.py": ("test_path_gains",),
    "inspection/responses.py": ("test_responses",),
    "inspection/rerouting.py": ("test_rerouting",),
    "inspection/loss_surface.py": ("test_loss_surface",),
    "inspection/summary.py": ("test_inspection_summary",),
    "preprocess/splits.py": ("test_splits",),
    "preprocess/leaves.py": ("test_leaves",),
    "preprocess/names.py": ("test_names",),
    "preprocess/duplicates.py": ("test_splits",),
}
"""Files below ``src/resgrad``, or patterns, and names of files in ``tests/unit``."""
