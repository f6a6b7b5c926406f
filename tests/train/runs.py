"""Trainings that are killed, and processes that train together."""

import os
import socket


class KilledError(Exception):
    """What a training that is killed ends with."""


def killed_after(epochs):
    """A tick that ends the training after so many epochs."""
    ticks = []

    def kill(_):
        ticks.append(1)
        if len(ticks) == epochs:
            raise KilledError

    return kill


def free_port():
    """A port for processes that train together."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def call_as_torchrun(rank, port):
    """The environment that torchrun gives the first or second of two processes."""
    os.environ |= {
        "RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip
