"""What trainings left behind, read back and measured: shared by the rooms that look at all runs."""
