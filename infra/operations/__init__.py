"""What an operator asks of a stack, and puts right: `make status`, `make redrive`, `make retry`."""
