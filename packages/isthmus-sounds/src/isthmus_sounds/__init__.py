"""Data only: see `isthmus.store.data_folder`."""
