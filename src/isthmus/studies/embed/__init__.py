"""How do items become vectors that can be kept? Resumable, into a folder."""
