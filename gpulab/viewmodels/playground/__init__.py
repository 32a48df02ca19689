"""What the Playground shows, as plain values: who writes what and how fast, where heads look, who guessed right."""
