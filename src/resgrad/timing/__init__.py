"""Wall-clock times of the trainings; nothing depends on them."""
