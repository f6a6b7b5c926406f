"""How the tower and the head for shapes of the space ``mini`` are trained."""
