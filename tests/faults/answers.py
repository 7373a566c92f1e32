"""The ways, good and bad, in which the backend answers a posted message or serves a file."""

import threading

from tests.faults.backend import Answer, Exchange
from tests.faults.clip import clip
from tests.support.waiting import HUNG_SECONDS


def says(text: str) -> Answer:
    """A stream as it should be."""

    def answer(exchange: Exchange) -> None:
        exchange.begin_stream()
        exchange.event({"type": "heartbeat"})
        exchange.event({"type": "tool_call", "name": "generate_video", "args": {}})
        exchange.event({"type": "tool_result", "name": "generate_video", "result": {}})
        exchange.say(text)
        exchange.end_stream()

    return answer


def says_nothing(exchange: Exchange) -> None:
    exchange.begin_stream()
    exchange.event({"type": "tool_call", "name": "edit", "args": {}})
    exchange.end_stream()


def resets(exchange: Exchange) -> None:
    exchange.reset()


def never_answers(exchange: Exchange) -> None:
    exchange.wait_for_client_to_leave(0.1, lambda: None)


def answers_with_status(status: int) -> Answer:
    return lambda exchange: exchange.body(status, "text/html", b"<html>Bad gateway</html>")


def refuses(code: int, message: str) -> Answer:
    return lambda exchange: exchange.refuse(code, message)


def only_beats(exchange: Exchange) -> None:
    """Heartbeats and nothing else, for as long as somebody listens."""
    exchange.begin_stream()
    exchange.wait_for_client_to_leave(0.1, lambda: exchange.event({"type": "heartbeat"}))


def never_closes(exchange: Exchange) -> None:
    """An answer, and then silence on an open connection."""
    exchange.begin_stream()
    exchange.say("Your video is on the timeline.")
    exchange.wait_for_client_to_leave(0.1, lambda: None)


def breaks_off(exchange: Exchange) -> None:
    """The body ends in the middle of an event."""
    exchange.begin_stream()
    exchange.say("Your video")
    exchange.chunk(b'data: {"type": "te')
    exchange.hang_up()


def kills_the_listener(exchange: Exchange) -> None:
    """The worker dies while the agent speaks."""
    exchange.begin_stream()
    exchange.say("I begin with the opening shot.")
    exchange.kill_client()


def kills_when_read() -> Answer:
    """The first worker that asks for the state dies of it."""
    killed = threading.Event()

    def answer(exchange: Exchange) -> None:
        if not killed.is_set():
            killed.set()
            exchange.kill_client()

    return answer


def waits_for(others: threading.Barrier) -> Answer:
    """Nobody goes on before all have come; who comes later is not held."""

    def answer(_exchange: Exchange) -> None:
        if not passed.is_set():
            others.wait(timeout=HUNG_SECONDS)
            passed.set()

    passed = threading.Event()
    return answer


def reports_an_error(exchange: Exchange) -> None:
    """An error object inside a stream that came under HTTP 200."""
    exchange.begin_stream()
    exchange.event({"error": {"code": "RESOURCE_EXHAUSTED", "message": "The model is overloaded."}})
    exchange.end_stream()


def reports_an_error_instead(exchange: Exchange) -> None:
    """An error object instead of a stream, under HTTP 200."""
    exchange.json(200, {"error": "The model is overloaded."})


def truncated(exchange: Exchange) -> None:
    """Half of the promised bytes."""
    exchange.body(200, "video/mp4", clip()[: len(clip()) // 2], length=len(clip()))


def truncated_unnoticed(exchange: Exchange) -> None:
    """Half of a video in a body that is whole."""
    exchange.body(200, "video/mp4", clip()[: len(clip()) // 2])


def web_page(exchange: Exchange) -> None:
    """A page where a video should be, under 200."""
    exchange.body(200, "text/html", b"<html><body>Sign in to continue</body></html>")
