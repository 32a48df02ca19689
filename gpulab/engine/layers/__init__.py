"""The parts a GPT is put together from; each is built from the plan alone."""
