"""Where do the modalities lie: gaps, cosines, spread over the sphere?"""
