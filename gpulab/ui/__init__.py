"""The window: everything that needs Qt, and nothing that a test without a screen could decide."""
