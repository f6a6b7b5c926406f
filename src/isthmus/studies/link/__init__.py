"""Can vectors of one space be taken to another? Links by every method, judged on held-out items."""
