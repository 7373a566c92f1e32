"""Fairness between owners: whose message of a shared queue comes next."""

import hashlib


def message_group(owner: str) -> str:
    """Return the message group of an owner, 32 characters.

    SQS delivers the messages of a busy group after those of the others ("Amazon SQS fair queues"). It takes
    letters, digits and punctuation only, at most 128; an owner's name may hold anything, so it is hashed.
    """
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]
