"""Text comes in here as files, leaves as three token arrays that share no passage."""
