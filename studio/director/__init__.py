"""The director: turns instructions and the media of a session into drafts, and drafts into other drafts."""
