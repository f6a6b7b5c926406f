"""Print the README's n-th shell command: what a newcomer types, and what CI runs."""

import re
import sys
from pathlib import Path

readme = Path(__file__).parents[1] / "README.md"
commands = re.findall(r"```sh\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
print(commands[int(sys.argv[1]) - 1].strip())
