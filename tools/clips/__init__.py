"""What builds the moving worlds and trains what reads them."""
