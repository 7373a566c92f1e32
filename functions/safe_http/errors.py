"""Why a URL cannot be used, in words for the person who gave it.

UrlError
├── ForbiddenAddressError   it leads, or could be read to lead, where no caller may send us
├── UnreachableError        it is allowed, but nothing usable answers us there
│   └── NotThereError       nor could it answer anybody: no such host, or no such page
└── TooLargeError           what answers there is larger than is taken

Messages name the host at most: user names, passwords, paths and queries may be secret.
"""


class UrlError(ValueError):
    """Attributes: advice: what the person who gave the URL can do next."""

    advice = "Check the URL and try again."

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


class ForbiddenAddressError(UrlError):
    advice = "Give an http:// or https:// URL that is open to the public internet."


class UnreachableError(UrlError):
    advice = "Check that the URL opens in a private browser window, then try again."


class NotThereError(UnreachableError):
    """Others are answered the same. Any other error may be for us alone: many sites let in browsers only."""

    advice = "Check the URL for typing errors, then try again."


class TooLargeError(UrlError):
    advice = "Compress or trim the file, then try again."
