"""Scripts that build what is bundled in the package; nothing here is installed with it."""
