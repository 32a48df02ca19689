"""Runs on disk: started, followed, stopped, queued, listed and replayed, without torch and without Qt."""
