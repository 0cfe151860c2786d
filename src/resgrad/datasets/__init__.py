"""What is known of each kind of data set: its file format, its official files, and the embedded samples."""
