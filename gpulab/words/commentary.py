"""Sentences that tell a beginner what just happened in a run."""

SENTENCES: dict[str, str] = {
    "commentary_techniques": "Switched on: {techniques}.",
    "commentary_plain": "No technique is switched on: a plain run, with which others can be compared.",
    "commentary_fell": "The training loss went from {first} to {now} ({change}).",
    "commentary_hardly_fell": "The training loss has hardly moved: {first} at the start, {now} now.",
    "commentary_rose": "The training loss has gone up, from {first} to {now} ({change}): it unlearned.",
    "commentary_most_start": "It learned most of that at once: {share} of the fall came by step {step}, in the first "
    "tenth of the steps.",
    "commentary_most_early": "It learned most of that early: {share} of the fall came between steps {since} and "
    "{step}.",
    "commentary_most_late": "It learned most of that late: {share} of the fall came after step {since}, in the second "
    "half of the steps.",
    "commentary_best_now": "The latest look at held-out text is the best so far: validation loss {best}. It was not "
    "done learning.",
    "commentary_level": "On held-out text it has stood still since step {step}: its validation loss was {best} there "
    "and is {now} now.",
    "commentary_above_best": "On held-out text it was best at step {step}: validation loss {best}, and {now} at the "
    "latest look ({change}).",
    "commentary_turned": "On held-out text it turned at step {step}: the validation loss was {best} there and is {now} "
    "now ({change}).",
    "commentary_gap": "It knows its training text better than new text: the validation loss lies {change} above the "
    "training loss, {train}.",
    "commentary_ended_early": "It ended early, at step {step} of {steps}, because held-out text gained nothing more.",
    "commentary_judged": "On test text, which nothing chose by, it needs {bits} bits for a byte. Lower is better.",
    "commentary_judged_apart": "It needs {bits} bits for a byte of a test text that edits have changed: compare that "
    "with no other run.",
    "commentary_right": "It guesses {right} of the next tokens right.",
    "commentary_compressed_free": "Compressing cost it next to nothing: bits per byte went from {before} to {after} "
    "({change}).",
    "commentary_compressed_cost": "Compressing took away some of what it knew: bits per byte rose from {before} to "
    "{after} ({change}).",
    "commentary_compressed_gained": "The compressed model guesses even better: bits per byte went from {before} to "
    "{after} ({change}).",
    "commentary_smaller": "The file of the compressed model has {after} in place of {before} ({change}).",
    "commentary_no_smaller": "Its file got no smaller by it: {before} before, {after} after.",
    "commentary_speed": "It read {speed} while it trained, for {time}.",
    "commentary_memory": "At its peak it held {memory} of memory.",
}
