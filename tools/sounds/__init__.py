"""What `packages/isthmus-sounds` holds: the sound tower of `mini` and the worlds of sounds."""

from pathlib import Path

DATA = Path(__file__).parents[2] / "packages/isthmus-sounds/src/isthmus_sounds"
TOWER = DATA / "mini_sounds"
