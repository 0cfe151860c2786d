"""The training loop, its optimisers and schedules, its history and its checkpoints."""
