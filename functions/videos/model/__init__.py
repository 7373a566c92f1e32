"""What the pipeline remembers and needs: records, errors, and the ports to other services."""
