"""Lessons: works as folders of their own, outside the runs table; figures, bets, promises, handout, recordings."""
