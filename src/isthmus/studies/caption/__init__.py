"""What do files show? A caption each, out of their vectors."""
