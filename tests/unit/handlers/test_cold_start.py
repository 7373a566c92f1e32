"""No function imports what it does not use: every import counts when it starts cold."""

import os
import subprocess
import sys

import pytest

from bench.cold_start import FUNCTIONS, handlers

pytestmark = pytest.mark.thorough

# What takes a tenth of a second or more on a small function, beside Powertools and pydantic.
HEAVY = {
    "PIL",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.event_handler.openapi.models",  # only for the OpenAPI document
    "av",
    "boto3",
    "defusedxml",
    "httpx",
    "jinja2",
    "mcp",
    "openpyxl",
    "pillow_heif",
    "slack_sdk",
    "stamina",
    "standardwebhooks",
}
NEEDED = {
    "http.api": {"aws_lambda_powertools.event_handler", "boto3", "httpx", "stamina"},
    "http.change": {"aws_lambda_powertools.event_handler"},
    "http.sign_in": {"aws_lambda_powertools.event_handler"},
    "http.mcp": {
        "aws_lambda_powertools.event_handler",
        "boto3",
        "httpx",
        "mcp",
        "stamina",
    },
    "workflow.deliver": {"av"},
    "queues.copy_result": {"boto3"},  # by the idempotency of Powertools, here and below
    "queues.deliver_webhook": {"httpx", "standardwebhooks"},
    "workflow.finish": {"httpx", "stamina"},
    "queues.notify_discord": {"boto3", "httpx"},
    "queues.notify_event_bus": {"boto3"},
    "queues.notify_mail": {"boto3"},
    "queues.notify_slack": {"boto3", "httpx", "slack_sdk"},
    "queues.notify_teams": {"boto3", "httpx"},
    "workflow.prepare": {"httpx", "stamina"},
    "workflow.render": {"httpx", "stamina"},
    "queues.send_instruction": {"httpx", "stamina"},
    "http.watch": {"jinja2"},
}
MOST_MODULES = {
    "http.api": 900,
    "http.mcp": 1200,
    "queues.copy_result": 670,
    "queues.notify_discord": 740,
    "queues.notify_event_bus": 670,
    "queues.notify_mail": 670,
    "queues.notify_slack": 780,
    "queues.notify_teams": 740,
    "queues.send_instruction": 610,
}
MODULES = 600


@pytest.mark.parametrize("name", handlers())
def test_a_handler_imports_what_it_needs(name: str) -> None:
    script = f"import handlers.{name}, sys; print(*sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(FUNCTIONS)}
    done = subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True)
    modules = set(done.stdout.split())
    assert modules & HEAVY <= NEEDED.get(name, set())
    assert len(modules) <= MOST_MODULES.get(name, MODULES)
