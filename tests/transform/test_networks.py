"""Layers: what they give on paper, and the same through a file."""

import numpy as np

from isthmus.arrays import unit
from isthmus.similarity.hyperbolic import lifted
from isthmus.store import packed, unpacked
from isthmus.transform.maps import MAP_KINDS
from isthmus.transform.networks import Dense, Lifted, Network, Residual, Silu, Standard

RNG = np.random.default_rng(4)
X = RNG.normal(size=(9, 5)).astype(np.float32)


def test_a_network_is_its_layers_after_scaling_to_length_one():
    first, second = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 5))
    layers = (Residual((Dense(first, np.ones(3)), Silu(), Dense(second, np.zeros(5)))),)
    inside = unit(X) @ first + 1
    expected = unit(X) + (inside / (1 + np.exp(-inside))) @ second
    assert np.allclose(Network(layers, 5)(X), expected, atol=1e-5)
    assert np.allclose(Network(layers, 5)(7 * X), expected, atol=1e-5)


def test_the_logistic_of_a_bend_does_not_overflow():
    bent = Silu()(np.array([-1e4, 0.0, 1e4]))
    assert bent.tolist() == [0, 0, 1e4]


def test_standardised_coordinates_have_mean_0_and_deviation_1():
    x = RNG.normal(size=(200, 4)) * [1, 2, 3, 4] + 5
    moved = Standard(x.mean(axis=0), x.std(axis=0))(x)
    assert np.allclose(moved.mean(axis=0), 0) and np.allclose(moved.std(axis=0), 1)


def test_lifting_is_the_exponential_map_of_scaled_rows():
    assert np.allclose(Lifted(np.log([3.0]))(X), lifted(3 * X))


def test_a_network_goes_through_arrays_and_comes_back():
    layers = (Standard(X[0], np.abs(X[1]) + 1), Dense(X[:5], X[2]), Silu(), Lifted(np.zeros(1)))
    arrays, shape = packed(Network(layers, 5))
    again = unpacked(arrays, shape, MAP_KINDS)
    assert np.allclose(again(X), Network(layers, 5)(X), atol=1e-6)
