"""The promises, a file a chapter."""
