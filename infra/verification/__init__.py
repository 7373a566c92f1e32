"""Check the stack against an AWS account: `make verify-aws`."""
