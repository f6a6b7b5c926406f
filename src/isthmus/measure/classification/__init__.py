"""Can classes be read from the vectors, by prompts or by probes?"""
