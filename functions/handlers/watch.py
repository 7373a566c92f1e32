"""The page for people: no key, but the signature of its link."""

from aws_lambda_powertools import Logger

logger = Logger()

LINK_SECONDS = 3600
