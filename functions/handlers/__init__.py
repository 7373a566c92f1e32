"""One short file for each Lambda function: parse the event, call one use case, return the result."""

from aws_lambda_powertools import Logger

from handlers.logs import RedactingFormatter

# The first logger of a process sets the formatter for all others.
Logger(logger_formatter=RedactingFormatter())
