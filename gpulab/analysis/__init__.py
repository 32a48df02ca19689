"""From documents to answers: statistics, tradeoffs, verdicts. Pure functions of figures: no torch, no Qt, no files."""
