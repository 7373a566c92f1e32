"""How fast the API answers a submission: `python -m bench.submitting`.

On the warm embedded cloud, one after the other: `POST /v1/videos`, and a bare Lambda that does nothing behind
an API of the same kind. What counts is the ratio of the medians; the milliseconds are this machine's.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from infra.local.access import Access
from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.processes import free_port

ROUNDS = 30
WARM_UP = 5
BARE_FUNCTION = "bare"
BARE = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Bare": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "FunctionName": BARE_FUNCTION,
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "InlineCode": "def handler(event, context):\n    return {'statusCode': 202, 'body': '{}'}\n",
                "Events": {"Post": {"Type": "Api", "Properties": {"Path": "/bare", "Method": "post"}}},
            },
        }
    },
    "Outputs": {"Api": {"Value": {"Ref": "ServerlessRestApi"}}},
}


def main() -> None:
    """Measure both and print them."""
    with tempfile.TemporaryDirectory() as home:
        nowhere = f"http://127.0.0.1:{free_port()}"
        with embedded_cloud(CloudSettings(home=Path(home), nemo_api_url=nowhere)) as endpoints:
            ours = f"{endpoints.api_url}/v1/videos"
            bare = deploy_bare(endpoints.access)
            with httpx.Client(headers={"x-api-key": endpoints.api_key}, timeout=30) as http:
                taken = [_round(http, bare, ours) for _ in range(WARM_UP + ROUNDS)]
    bare_median, ours_median = (statistics.median(side) * 1000 for side in zip(*taken[WARM_UP:], strict=True))
    sys.stdout.write("| submission, warm | median |\n|---|---|\n")
    sys.stdout.write(f"| a bare Lambda behind the same gateway | {bare_median:.0f} ms |\n")
    sys.stdout.write(f"| `POST /v1/videos` | {ours_median:.0f} ms |\n")
    sys.stdout.write(f"| ratio | {ours_median / bare_median:.1f} |\n")


def _seconds(http: httpx.Client, url: str) -> tuple[float, httpx.Response]:
    began = time.perf_counter()
    answer = http.post(url, json={"instruction": "Introduce a quiet kettle"})
    taken = time.perf_counter() - began
    return taken, answer.raise_for_status()


def _round(http: httpx.Client, bare: str, ours: str) -> tuple[float, float]:
    bare_seconds, _ = _seconds(http, bare)
    our_seconds, answer = _seconds(http, ours)
    # Its workflow must not take the machine's time from the next round.
    while http.get(answer.headers["Location"]).json()["stage"] != "ended":
        time.sleep(0.05)
    return bare_seconds, our_seconds


def deploy_bare(access: Access) -> str:
    """Deploy a Lambda that does nothing behind an API of its own. Return its address."""
    formation = access.client("cloudformation")
    formation.create_stack(
        StackName="bare",
        TemplateBody=json.dumps(BARE),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    formation.get_waiter("stack_create_complete").wait(StackName="bare")
    outputs = formation.describe_stacks(StackName="bare")["Stacks"][0]["Outputs"]
    return f"{access.endpoint_url}/_aws/execute-api/{outputs[0]['OutputValue']}/Prod/bare"


if __name__ == "__main__":
    main()
