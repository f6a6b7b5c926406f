"""For tests of parts of pictures: colours that say where a pixel was, weights with spread."""

import numpy as np
from PIL import Image


def whereabouts(width, height):
    """A picture whose red is the share of its width, its green that of its height."""
    red = np.broadcast_to((np.arange(width) + 0.5) / width, (height, width))
    green = np.broadcast_to(((np.arange(height) + 0.5) / height)[:, None], (height, width))
    pixels = np.stack([red, green, np.full_like(red, 0.5)], axis=2)
    return Image.fromarray((pixels * 255).round().astype(np.uint8))


def patch_means(pixels, mean, std, patch):
    """Red and green (0..1) of each patch of normalised pixels (3, h, w), row by row."""
    pixels = (pixels * np.reshape(std, (3, 1, 1)) + np.reshape(mean, (3, 1, 1)))[:2]
    rows, columns = pixels.shape[1] // patch, pixels.shape[2] // patch
    cut = pixels[:, : rows * patch, : columns * patch]
    return cut.reshape(2, rows, patch, columns, patch).mean(axis=(2, 4)).reshape(2, -1).T


def spread(model, torch):
    """The library's own start is so small that all pictures would come out alike."""
    for parameter in model.parameters():
        wide = 1.5 * parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.05
        parameter.data.add_(wide * torch.randn_like(parameter))
    return model.eval()


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
