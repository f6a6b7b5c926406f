"""What every study shares: datasets, the resolver of vectors, results and run folders."""
