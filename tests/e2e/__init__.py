"""The whole thing as people meet it: real processes, a real browser."""
