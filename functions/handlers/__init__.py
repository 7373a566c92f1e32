"""One thin file per Lambda function: decode the event, call one use case, encode the answer."""

from aws_lambda_powertools import Logger

from handlers.logs import RedactingFormatter

# The first logger of a process decides how all of them write.
Logger(logger_formatter=RedactingFormatter())
