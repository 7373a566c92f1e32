"""Clients that other programs generate from the OpenAPI document, compiled under strict settings.

Each generator writes a client into an empty folder, beside a program of `clients/` that uses it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.second_opinions.programs import FOLDER, npm_program
from tests.support.waiting import HUNG_SECONDS
from tests.template.sam import ROOT

DOCUMENT = ROOT / "docs/openapi.json"
PYDANTIC = ("--use-annotated", "--output-model-type=pydantic_v2.BaseModel", "--target-python-version=3.11")

Command = Sequence[str]


def openapi_fetch(folder: Path) -> Command:
    """Write types with openapi-typescript, and compile them with openapi-fetch and the program."""
    compiler = npm_program("tsc")
    _copy(folder, "fetch.ts", "tsconfig.json")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    run(folder, str(npm_program("openapi-typescript")), str(DOCUMENT), "--output=api.d.ts")
    run(folder, str(compiler))
    return "node", "out/fetch.js"


def openapi_python_client(folder: Path) -> Command:
    """Write a client with openapi-python-client, and check its types with those of the program."""
    _copy(folder, "httpx_client.py")
    (folder / "config.yaml").write_text("post_hooks: []\n")
    output = ("--output-path=client", "--meta=none", "--config=config.yaml", "--fail-on-warning")
    _python(folder, "openapi_python_client", "generate", f"--path={DOCUMENT}", *output)
    _check_types(folder, "client", "httpx_client.py")
    return sys.executable, "httpx_client.py"


def datamodel_code_generator(folder: Path) -> Command:
    """Write models with datamodel-code-generator, and check their types with those of the program."""
    _copy(folder, "pydantic_models.py")
    paths = (f"--input={DOCUMENT}", "--input-file-type=openapi", "--output=models.py")
    _python(folder, "datamodel_code_generator", *paths, *PYDANTIC)
    _check_types(folder, "models.py", "pydantic_models.py")
    return sys.executable, "pydantic_models.py"


GENERATORS: dict[str, Callable[[Path], Command]] = {
    "openapi-fetch": openapi_fetch,
    "openapi-python-client": openapi_python_client,
    "datamodel-code-generator": datamodel_code_generator,
}


def run(folder: Path, *command: str) -> str:
    """Run a command in the folder, and return what it writes. Fail the test if it fails."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=5 * HUNG_SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _copy(folder: Path, *names: str) -> None:
    for name in names:
        shutil.copy(FOLDER / "clients" / name, folder)


def _python(folder: Path, module: str, *options: str) -> None:
    run(folder, sys.executable, "-m", module, *options)


def _check_types(folder: Path, *paths: str) -> None:
    _python(folder, "mypy", "--strict", "--config-file=", "--cache-dir=.mypy_cache", *paths)
