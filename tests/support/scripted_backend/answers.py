"""The ways, good and bad, in which the backend answers a posted message or serves a file."""

import gzip
import json
import re
import threading

from tests.support.scripted_backend.clip import clip
from tests.support.scripted_backend.server import Answer, Exchange
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


def streams(*events: object) -> Answer:
    """A stream of these events: text as it is, all else as JSON."""

    def answer(exchange: Exchange) -> None:
        exchange.begin_stream()
        for event in events:
            data = event if isinstance(event, str) else json.dumps(event)
            exchange.chunk(f"data: {data}\n\n".encode())
        exchange.end_stream()

    return answer


def raw(content: bytes, status: int = 200, content_type: str = "application/json") -> Answer:
    """These bytes."""
    return lambda exchange: exchange.body(status, content_type, content)


def answers_with_json(body: object, status: int = 200, **headers: str) -> Answer:
    """The body as JSON, under headers named with underscores."""

    def answer(exchange: Exchange) -> None:
        exchange.extra_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange.body(status, "application/json", json.dumps(body).encode())

    return answer


def cut(body: bytes = b'{"code": 0, "data": {"status": "comp') -> Answer:
    """The beginning of an answer that promises more."""
    return lambda exchange: exchange.body(200, "application/json", body, length=len(body) + 500)


def tells_status(word: str, **fields: object) -> Answer:
    """The status of a render, whatever it is; `{url}` in a field is the address of its file."""

    def answer(exchange: Exchange) -> None:
        render_id = exchange.path.rsplit("/", 1)[-1]
        told = json.dumps({"status": word} | fields)
        url = f"{exchange.server.files_url}/files/{render_id}"
        exchange.body(200, "application/json", told.replace("{url}", url).encode())

    return answer


def serves(
    *, etag: str = '"1"', ranges: bool = True, share: float = 1, shift: int = 0, unasked: bool = False
) -> Answer:
    """The file, or the part of it that is asked for.

    Args:
        etag: Its validator.
        ranges: Whether parts may be asked for.
        share: How much is sent of what is promised, before the connection ends.
        shift: By how many bytes the part is another one than was asked for.
        unasked: Whether the whole comes as a part, too.
    """

    def answer(exchange: Exchange) -> None:
        whole = clip()
        asked = re.fullmatch(r"bytes=(\d+)-", exchange.headers.get("Range", ""))
        is_same = exchange.headers.get("If-Range", etag) == etag
        exchange.extra_headers = {"ETag": etag}
        status, part = 200, whole
        if unasked or (asked and ranges and is_same):
            first = int(asked[1]) + shift if asked else 0
            status, part = 206, whole[first:]
            exchange.extra_headers["Content-Range"] = f"bytes {first}-{len(whole) - 1}/{len(whole)}"
        sent = part[: int(len(part) * share)]
        exchange.body(status, "video/mp4", sent, length=len(part))

    return answer


def compressed(exchange: Exchange) -> None:
    """The file, compressed on its way, although nobody asked for that."""
    exchange.extra_headers = {"Content-Encoding": "gzip"}
    exchange.body(200, "video/mp4", gzip.compress(clip()))


def serves_in_chunks(*, breaks: bool) -> Answer:
    """The file in a body without a length."""

    def answer(exchange: Exchange) -> None:
        exchange.begin_stream("video/mp4")
        half = len(clip()) // 2
        exchange.chunk(clip()[:half])
        if breaks:
            exchange.reset()
            return
        exchange.chunk(clip()[half:])
        exchange.end_stream()

    return answer


def resets_at_half(exchange: Exchange) -> None:
    """A download that a crashed host ends."""
    exchange.send_response(200)
    exchange.send_header("Content-Type", "video/mp4")
    exchange.send_header("Content-Length", str(len(clip())))
    exchange.send_header("ETag", '"1"')
    exchange.end_headers()
    exchange.wfile.write(clip()[: len(clip()) // 2])
    exchange.reset()


def redirects(location: str, status: int = 302) -> Answer:
    """To another address."""
    return answers_with_json({}, status, Location=location)


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
