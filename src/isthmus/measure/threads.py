"""Many decompositions at once, one thread each.

At a few hundred coordinates a decomposition is slower on two BLAS threads than on one, and many
times slower where the cores are shared, since the threads spin while they wait for each other.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from jaxtyping import Float

Case = TypeVar("Case")


def values_of(
    function: Callable[[Case], float], cases: Iterable[Case]
) -> Float[np.ndarray, " cases"]:
    """The function's value of every case, in order, computed in parallel."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.array(list(pool.map(function, cases)))
