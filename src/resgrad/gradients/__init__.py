"""What is recorded of gradients: the recorder and the table it fills."""
