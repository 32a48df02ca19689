"""What an experiment is: its settings, the rules across them, its file, and what it will need before it runs."""
