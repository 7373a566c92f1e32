"""What the functions ask of AWS is known to the SDK of Lambda's runtime, which is older than the tests'."""

import os
import subprocess
import sys

import pytest

from tests.second_opinions.programs import old_sdk
from tests.template.sam import ROOT

OF_THE_ADAPTERS = ROOT / "tests/unit/aws"


@pytest.mark.timeout(600)  # a test run of its own
@pytest.mark.thorough
def test_the_adapters_work_with_the_oldest_sdk_that_the_runtime_may_have() -> None:
    sdk = old_sdk()
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (sdk, ROOT / "functions", ROOT)))}
    asked = "import boto3, botocore; print(boto3.__file__, botocore.__version__)"
    which = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True)
    assert which.stdout.startswith(str(sdk))
    assert which.stdout.split()[1].startswith("1.34.")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--quiet",
            "-p",
            "no:cacheprovider",
            "--numprocesses=0",
            "-m",
            "not thorough",  # those make much of the same calls
            OF_THE_ADAPTERS,
        ],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
