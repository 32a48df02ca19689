"""Everything that needs torch: the model, its training, its evaluation and the worker process they run in."""
