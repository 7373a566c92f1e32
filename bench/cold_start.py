"""How long the functions' imports take: `python -m bench.cold_start [--rounds 7]`.

Each handler is imported in a fresh interpreter, in turn with `import boto3` alone; what counts is the ratio
of the medians, for the milliseconds are this machine's. boto3 itself comes with Lambda and is imported at the
first call. Of httpx's extras for terminals, which no function has, nothing is there to be found.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from bench.document import ROOT, table, write

FUNCTIONS = ROOT / "functions"
MB = 1024 * 1024
IMPORT = """
import sys, time
sys.modules["rich"] = sys.modules["click"] = None
began = time.perf_counter()
import {module}
taken = time.perf_counter() - began
print(taken, len(sys.modules))
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cold_start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    modules = ["boto3", *(f"handlers.{name}" for name in handlers())]
    for module in modules:
        _imported(module)  # so that everything is compiled
    taken = [{module: _imported(module) for module in modules} for _ in range(rounds)]
    medians = {module: statistics.median(seconds[module][0] for seconds in taken) for module in modules}
    counts = {module: taken[0][module][1] for module in modules}
    alone = medians.pop("boto3")
    rows = [
        [
            f"`{module.removeprefix('handlers.')}`",
            f"{1000 * seconds:.0f}",
            f"{seconds / alone:.2f}",
            f"{counts[module]}",
        ]
        for module, seconds in sorted(medians.items(), key=lambda item: item[1])
    ]
    rows.append(["`import boto3` alone", f"{1000 * alone:.0f}", "1", f"{counts['boto3']}"])
    code, packages = _sizes()
    write(
        "cold start",
        f"Medians of {rounds} fresh interpreters each.\n\n"
        + table(["function", "import, ms", "÷ `import boto3`", "modules"], rows)
        + f"\nUnzipped, the code has {code / MB:.1f} MB and its packages {packages / MB:.1f} MB;"
        " no function packs boto3, and only `deliver` has the decoder, as a layer.\n",
    )


def handlers() -> list[str]:
    """The modules that the template's functions start at."""
    return sorted(
        set(re.findall(r"Handler: handlers\.([\w.]+)\.handler", (ROOT / "template.yaml").read_text()))
    )


def _imported(module: str) -> tuple[float, int]:
    """Seconds, and how many modules there were in the end."""
    env = {
        **os.environ,
        "PYTHONPATH": str(FUNCTIONS),
        "POWERTOOLS_SERVICE_NAME": "bench",
        "PYTHONDONTWRITEBYTECODE": "",
    }
    command = [sys.executable, "-c", IMPORT.format(module=module)]
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    seconds, count = done.stdout.split()
    return float(seconds), int(count)


def _sizes() -> tuple[int, int]:
    """Bytes of the code, and of what it is packed with as far as this interpreter has it."""
    code = sum(
        path.stat().st_size
        for path in FUNCTIONS.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    lines = (FUNCTIONS / "requirements.txt").read_text().splitlines()
    names = {
        line.partition("==")[0] for line in lines if "==" in line and "sys_platform == 'win32'" not in line
    }
    files = (file for name in names for file in distribution(name).files or [])
    packages = sum(
        Path(str(file.locate())).stat().st_size for file in files if not str(file).endswith(".pyc")
    )
    return code, packages


if __name__ == "__main__":
    main()
