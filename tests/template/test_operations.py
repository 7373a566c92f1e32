"""What an operator is shown and told: alarms, the dashboard, the log."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.sam import ROOT, Properties, properties, read_template, resources
from videos.steps.send_instruction import next_wait

ALARMS = resources("AWS::CloudWatch::Alarm")
GLOBALS: Properties = read_template()["Globals"]["Function"]
OF_THIS_STACK = [{"Name": "service", "Value": GLOBALS["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]}]
RUN_BOOK = (ROOT / "docs/operations.md").read_text()


def _counted() -> set[str]:
    """The metrics that the functions write."""
    code = "\n".join(path.read_text() for path in (ROOT / "functions/handlers").rglob("*.py"))
    return set(re.findall(r'(?:_measure\(|metrics\.add_metric\(\s*name=)"(\w+)"', code))


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_goes_to_the_operator_and_says_where_to_read_on(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == [{"Ref": "OperatorTopic"}]
    assert alarm["TreatMissingData"] == ("ignore" if name == "CreditsLowAlarm" else "notBreaching")
    assert re.fullmatch(rf"[A-Z].+\. See docs/operations\.md#{name.lower()}", alarm["AlarmDescription"])


def test_every_alarm_has_its_paragraph_and_every_paragraph_its_alarm() -> None:
    assert set(re.findall(r"^### (\w+Alarm)$", RUN_BOOK, re.MULTILINE)) == ALARMS.keys()


@pytest.mark.parametrize(
    "name", [name for name, alarm in ALARMS.items() if alarm["Namespace"] == "NemoVideoPipeline"]
)
def test_an_alarm_watches_a_metric_that_is_counted(name: str) -> None:
    assert ALARMS[name]["MetricName"] in _counted()
    assert ALARMS[name]["Dimensions"] == OF_THIS_STACK


def test_every_dead_letter_is_told_of() -> None:
    redriven = {
        queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for queue in resources("AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    }
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in ALARMS.values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }
    assert watched == redriven


def test_the_run_book_says_how_long_queues_offer_their_messages() -> None:
    """Each message that no function takes comes again after the visibility timeout, so many times."""
    minutes = {
        name: queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] // 60
        for name, queue in resources("AWS::SQS::Queue").items()
        if "RedrivePolicy" in queue
    }
    hours, left = divmod(minutes.pop("GenerationQueue"), 60)
    text = " ".join(RUN_BOOK.split())
    assert f"for {min(minutes.values())} to {max(minutes.values())} minutes" in text
    assert f"an instruction for {hours} hours and {left} minutes" in text


def test_the_run_book_says_how_often_and_how_long_an_instruction_is_tried() -> None:
    receives = properties("GenerationQueue")["RedrivePolicy"]["maxReceiveCount"]
    waits = sum(next_wait(received) for received in range(1, receives))
    text = " ".join(RUN_BOOK.split())
    assert f"died or failed {receives} times" in text
    assert f"the pipeline tries {receives} times within {round(waits / 60)} minutes" in text


def _dashboard() -> list[dict[str, Any]]:
    body = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    widgets: list[dict[str, Any]] = json.loads(body)["widgets"]
    return widgets


def _shown() -> Iterator[str]:
    """The names of the metrics on the dashboard."""
    for widget in _dashboard():
        for metric in widget["properties"]["metrics"]:
            if isinstance(metric[0], dict):
                yield from re.findall(r'MetricName="(\w+)"', metric[0]["expression"])
            else:
                yield metric[1]


def test_the_dashboard_shows_what_is_counted() -> None:
    assert set(_shown()) >= _counted()


def test_no_two_widgets_of_the_dashboard_lie_over_each_other() -> None:
    cells = [
        (x, y)
        for widget in _dashboard()
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_no_function_logs_where_nothing_is_ever_deleted() -> None:
    assert GLOBALS["LoggingConfig"] == {"LogGroup": {"Ref": "Log"}}
    assert properties("Log")["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    own = [name for name, item in resources("AWS::Serverless::Function").items() if "LoggingConfig" in item]
    assert own == []
