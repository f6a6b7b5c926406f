"""What is there? Spaces, worlds and every registered part."""
