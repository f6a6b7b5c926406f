"""What is near, is it there, and where? One index for files of every modality.

``build(folder, space, out)`` keeps the vectors of all files of a folder, ``open_index(out)`` reads
them, ``index.search(...)`` ranks them in one list.
"""
