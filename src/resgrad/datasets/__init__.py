"""Knowledge about data sets: file formats, official files, and the embedded samples."""
