"""Text that can be stored: JSON may hold halves of surrogate pairs, which no encoding has."""


def whole_characters(text: str) -> str:
    """Join surrogate pairs that were cut apart; a lone half becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
