"""What do the views of an object span? One page for a world, one an object."""
