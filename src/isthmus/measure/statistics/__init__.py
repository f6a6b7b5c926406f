"""What measures rest on: inputs, samples, nulls, intervals, ranks."""
