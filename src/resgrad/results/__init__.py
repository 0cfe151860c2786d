"""Read and measure the results of trainings; shared by the rooms that use all runs."""
