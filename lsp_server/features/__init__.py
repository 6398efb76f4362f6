"""What the server knows to say about a document: pure functions from snapshots to plain data."""
