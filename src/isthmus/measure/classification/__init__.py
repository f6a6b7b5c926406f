"""Can classes, modalities or the model be read from the vectors?"""
