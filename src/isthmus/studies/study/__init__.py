"""What is true of this joint space? From two linked sets to a page."""
