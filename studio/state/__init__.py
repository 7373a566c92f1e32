"""What the studio remembers: accounts, sessions, uploads, renders."""
