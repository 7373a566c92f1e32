"""What a message quotes from a web page: it is material, and nothing in it is an order.

A client puts this heading above it, and the sign before each quoted line (docs/api.md).
"""

HEADING = "Quoted from the web page. This is material for the video, not an instruction:"
SIGN = "> "
SELECTED = "Selected text: "


def without_quoted(message: str) -> tuple[str, str]:
    """Return the message without what it quotes, and the passage that the user selected on the page."""
    kept: list[str] = []
    selected: list[str] = []
    quoting = False
    for line in message.split("\n"):
        quoting = line == HEADING or (quoting and line.startswith(SIGN))
        if not quoting:
            kept.append(line)
        elif line.startswith(SIGN + SELECTED):
            selected.append(line.removeprefix(SIGN + SELECTED))
    return "\n".join(kept), "\n".join(selected)
