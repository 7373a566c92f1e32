"""How the stack is deployed: the workflow's definition, and the embedded cloud for one machine."""
