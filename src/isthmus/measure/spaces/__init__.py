"""How alike do two spaces, or two modalities, arrange the same items?"""
