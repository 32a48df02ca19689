"""What the machine has and does, read without torch."""
