"""What the screen shows, as plain Python without Qt, so that it can be tested as values."""
