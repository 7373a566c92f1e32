"""One thin file per Lambda function: decode the event, call one use case, encode the answer."""
