"""Array files and folders of vectors, read as sets: safely, mapped where possible."""
