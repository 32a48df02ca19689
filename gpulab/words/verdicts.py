"""What a comparison found, in sentences to repeat aloud. No template holds a figure: all are the judgement's."""

_BETTER = {
    "test_bits_per_byte": "It predicts unseen text better: {value} bits per byte instead of {base} ({change}).",
    "tokens_per_s": "It trains faster: {value} instead of {base} ({change}).",
    "inference_tokens_per_s": "It writes faster: {value} instead of {base} ({change}).",
    "peak_memory_bytes": "It needs less memory: {value} at the peak instead of {base} ({change}).",
    "model_bytes": "It takes less room on the disk: {value} instead of {base} ({change}).",
    "other": "{metric} is better: {value} instead of {base} ({change}).",
    "by_a_hair": "{metric} is better by so little ({change}) that both sides are written {value}.",
}
_WORSE = {
    "test_bits_per_byte": "It predicts unseen text worse: {value} bits per byte instead of {base} ({change}).",
    "tokens_per_s": "It trains slower: {value} instead of {base} ({change}).",
    "inference_tokens_per_s": "It writes slower: {value} instead of {base} ({change}).",
    "peak_memory_bytes": "It needs more memory: {value} at the peak instead of {base} ({change}).",
    "model_bytes": "It takes more room on the disk: {value} instead of {base} ({change}).",
    "other": "{metric} is worse: {value} instead of {base} ({change}).",
    "by_a_hair": "{metric} is worse by so little ({change}) that both sides are written {value}.",
}

_NO_GAIN = {
    "open": "No gain is certain yet.",
    "none": "Nothing that was compared got better.",
}
_AS_GOOD = (
    "It predicts unseen text as well as the baseline: {as_good} and {as_good_base} bits per byte (no measurable "
    "difference)."
)

OPEN_BECAUSE: dict[str, str] = {
    "early": "nothing is decided before the first look",
    "strict": "not sure enough yet for so many figures",
    "small": "perhaps too small to count",
}
"""What is added to "too few runs to tell" where the interval beside it leaves out zero."""

NO_RESULT: dict[str, str] = {
    "benefit_diverged": "diverged every time",
    "benefit_broken": "broke every model",
    "benefit_failed": "no result",
}
"""What an arm of which nothing could be compared is called, by its benefit: no further run would tell more."""

_OPEN = {
    "partly": "What is said here is sure at {level}. Still open after {pairs} of at most {most} pairs of runs: {open}.",
    "open": "Not sure yet: after {pairs} of at most {most} pairs of runs this is still open: {open}.",
    "spent": "Not sure: no pair of runs is to come after {pairs}, and this stayed open: {open}.",
}
_WHY_OPEN = {
    "": "",
    "_early": " However clear a figure looks, nothing that varies is decided before the first look.",
    "_strict": " An interval that leaves out zero is not sure enough yet for so many figures: what decides about all "
    "of them is stricter.",
    "_small": " A difference that shows may still be too small to count.",
}

_CONFIDENCE = {
    "sure": "Sure at {level}, for all figures and looks together: {pairs} pairs of runs, each with the same seed and "
    "the same text. {metric}: {change}, with an interval of {interval}.",
    "sure_of_none": "Sure at {level}, for all figures and looks together: after {pairs} pairs of runs, each with the "
    "same seed and the same text, no difference lies outside of what you count as none.",
    "sure_of_rest": "Sure at {level}, for all figures and looks together: {metrics} cannot vary from run to run, and "
    "over {pairs} pairs of runs nothing else differs by more than you count as none.",
    "exact": "Sure: {metrics} cannot vary from run to run, so one pair of runs decides.",
    **{f"{key}{also}": text + why for key, text in _OPEN.items() for also, why in _WHY_OPEN.items()},
}
_FAIRNESS = {
    "": "",
    "_tuned": " Each side had its own best learning rate, {rate} here and {base_rate} there, found with equal effort.",
    "_untuned": " Both sides used the same learning rate; with its own best one, either may do better.",
    "_same_runs": " Both sides are the same trained models, so that nothing but this step lies between them.",
}

_REACH = {
    "sooner": "It got to the validation quality that the other side ended with sooner: after {value} of training "
    "instead of {base} ({change}; {interval}), at step {steps} instead of {base_steps}, with {tokens} tokens read.",
    "later": "It got to the validation quality that the other side ended with later: after {value} of training "
    "instead of {base} ({change}; {interval}), at step {steps} instead of {base_steps}, with {tokens} tokens read.",
    "unsure": "It got to the validation quality that the other side ended with after {value} of training, the other "
    "side after {base}; over {seeds} seeds that is no clear difference ({change}; {interval}). It was at step {steps}, "
    "with {tokens} tokens read.",
    "energy": "Up to there it took {value} of energy instead of {base} ({change}).",
    "money": "Up to there it cost {value} instead of {base} at your prices ({change}).",
    "steps_sooner": "It got to the validation quality that the other side ended with in fewer steps: {steps} instead "
    "of {base_steps} ({change}; {interval}). How long that took was not compared.",
    "steps_later": "It got to the validation quality that the other side ended with only after more steps: {steps} "
    "instead of {base_steps} ({change}; {interval}). How long that took was not compared.",
    "steps_unsure": "It got to the validation quality that the other side ended with after {steps} steps, the other "
    "side after {base_steps}: no clear difference ({change}; {interval}). How long that took was not compared.",
    "steps_same": "It got to the validation quality that the other side ended with after as many steps: {steps}. How "
    "long that took was not compared.",
}
_DRAWN_ON = "Estimated, since not every run got there, by drawing its curve on: "
_WOULD = (("It got to", "it would get to"), ("it took", "it would take"), ("it cost", "it would cost"))

_LOST_ONE = {
    "broken": "one of its models broke",
    "diverged": "one of its runs diverged",
    "failed": "one of its runs failed",
    "vanished": "one of its runs was cut off",
    "stopped": "one of its runs was stopped before its end",
}

_PAYS = {
    "words_common": "Common words pay most",
    "words_rare": "Rare words pay most",
    "words_between": "Spaces and signs pay most",
    "characters_common": "Common characters pay most",
    "characters_rare": "Rare characters pay most",
    "names_name": "Names pay most",
    "names_other": "All words but names pay most",
    "speaker": "What {member} says pays most",
    "speakers_left": "What lesser speakers say pays most",
    "nobody": "Headings and stage directions pay most",
    "document": "The text {member} pays most",
    "documents_left": "The shorter documents pay most",
    "position": "What stands in quarter {member} of the context pays most",
    "other": "{member} pays most",
}


def _estimated(text: str) -> str:
    """The same as something that did not happen."""
    for did, would in _WOULD:
        text = text.replace(did, would)
    return text[0].lower() + text[1:]


SENTENCES: dict[str, str] = {
    **{f"benefit_{key}": text for key, text in _BETTER.items()},
    **{f"benefit_{key}_more": f"{text} Also better: {{others}}." for key, text in _BETTER.items()},
    **{f"benefit_{key}_as_good": f"{text} {_AS_GOOD}" for key, text in _BETTER.items()},
    **{f"benefit_{key}_more_as_good": f"{text} Also better: {{others}}. {_AS_GOOD}" for key, text in _BETTER.items()},
    **{f"benefit_{key}": text for key, text in _NO_GAIN.items()},
    **{f"benefit_{key}_as_good": f"{_AS_GOOD} {text}" for key, text in _NO_GAIN.items()},
    **{f"cost_{key}": text for key, text in _WORSE.items()},
    **{f"cost_{key}_more": f"{text} Also worse: {{others}}." for key, text in _WORSE.items()},
    **{f"confidence_{key}{also}": text + more for key, text in _CONFIDENCE.items() for also, more in _FAIRNESS.items()},
    "benefit_diverged": "Nothing is gained: its training diverged, and no run of it came to an end.",
    "benefit_broken": "Nothing is gained: it broke the model, whose numbers are beyond all bounds.",
    "benefit_orphaned": "Nothing can be said: no run of the baseline came to its end.",
    "benefit_failed": "Nothing is gained: no run of it came to an end.",
    "benefit_waiting": "Nothing can be said yet: no seed has been run on both sides.",
    "benefit_incomparable": "Nothing can be said: what was measured on the two sides cannot be compared.",
    "benefit_same": "It makes no measurable difference here, neither for better nor for worse.",
    "cost_no_result": "What its runs took brought no result.",
    "cost_waiting": "What it costs is not known yet.",
    "cost_incomparable": "What it costs is not known.",
    "cost_diverged": "It does not always hold: of its trainings, {count} diverged where the baseline's did not.",
    "cost_broken": "It does not always hold: of its models, {count} broke.",
    "cost_open": "No cost is certain yet.",
    "cost_none_seen": "No cost could be measured. Differences this large would have shown: {seen}.",
    "cost_none": "Nothing that was compared got worse.",
    "confidence_none": "No pair of runs could be compared, so that nothing is certain.",
    "speed_left_out": "{side}: something else slowed the runs with seeds {seeds} down. Their speed is not compared.",
    "asked_before": "This was asked before, with at most {limits} seeds; looks at its runs so far: {looks}. The "
    "same runs count here again. Each asking may err on its own, so what is said is {level} sure and not {once}.",
    "no_difference": "No difference could be measured here, and so much would have shown: {seen}.",
    "next_lower_rate": "Try it with a learning rate of {rate}: a training that diverges is most often too fast.",
    "next_lower": "Try it with a lower learning rate: a training that diverges is most often too fast.",
    "next_failure": "Open the run that failed and read why it ended; then start it again.",
    "next_gentler": "Try it more gently: this was more than the model can bear.",
    "next_baseline": "Get the baseline to run first: open its run and read why it ended.",
    "next_same_seeds": "Run both sides with the same seeds: only then do they see the same text in the same order.",
    "next_wait": "Wait for the first pair of runs, or go on with the comparison if it was stopped.",
    "next_alike": "Run both sides again on the same text, on the same device and for the same number of tokens.",
    "next_more_seeds": "Let it go on: each further seed narrows what is still open, up to {most} of them.",
    "next_more_pairs": "Train further pairs of runs, both sides with the same seeds: what is still open needs them.",
    "next_raise_seeds": "Allow up to {most} seeds: what is still open needs more of them.",
    "next_accept": "Leave it open: more seeds are not to be had here. Smaller differences than these may be there and "
    "would not have shown: {seen}.",
    "next_everything": "Ask for everything to be decided if what is still open matters too. It may take all {most} "
    "seeds.",
    "next_quiet": "Repeat it while nothing else works on this machine: this could not be compared: {open}.",
    "next_more_runs": "Let further runs come to their end: not everything could be compared yet.",
    "next_tune": "Let each side find its own best learning rate first: what looks like a cost may be a rate that does "
    "not suit it.",
    "next_longer": "Train for {steps} steps or more: only from there on is the time that it takes at the start won "
    "back.",
    "next_doses": "Ask how far it can go: sweep {dose} and look for the last value that costs nothing.",
    "next_further": "Ask how far it can go: it cost nothing here, so sweep {dose} for more of the same.",
    "next_weigh": "Weigh the one against the other in the trade-off chart: {gain} for {loss}.",
    "next_keep": "Keep it, make it the new baseline, and try the next technique against it.",
    "next_leave": "Leave it off here. Of a larger model or a longer training this says nothing.",
    "next_leave_same": "Leave it off here: what changes nothing can only get in the way. On a larger model or in a "
    "longer training that may be different.",
    "speed_left_out_one": "{side}: something else slowed the run with seed {seeds} down. Its speed is not compared.",
    **{
        f"left_out_{state}_one": f"{{side}}: {what} (seed {{seeds}}). It is not averaged in."
        for state, what in _LOST_ONE.items()
    },
    "left_out_broken": "{side}: {count} of its models broke (seeds {seeds}). They are not averaged in.",
    "left_out_diverged": "{side}: {count} of its runs diverged (seeds {seeds}). They are not averaged in.",
    "left_out_failed": "{side}: {count} of its runs failed (seeds {seeds}). They are not averaged in.",
    "left_out_vanished": "{side}: {count} of its runs were cut off (seeds {seeds}). They are not averaged in.",
    "left_out_stopped": "{side}: {count} of its runs were stopped before their end (seeds {seeds}). They are not "
    "averaged in.",
    **{f"reach_{key}": text for key, text in _REACH.items()},
    **{f"reach_{key}_estimate": _DRAWN_ON + _estimated(text) for key, text in _REACH.items()},
    "reach_partly": "Only {there} of its {seeds} runs got to the validation quality that the other side ended with, so "
    "that no time can be told for it.",
    "reach_never": "It never got to the validation quality that the other side ended with, and how its curves end does "
    "not tell when it would.",
    "pays_back": "It takes {extra} longer to start, and pays that back after {steps} steps.",
    "pays_back_between": "It takes {extra} longer to start, and pays that back after {steps} steps ({low} to {high} "
    "over {seeds} seeds).",
    "pays_back_later": "It takes {extra} longer to start, and would pay that back after {steps} steps: more than were "
    "made here.",
    "pays_back_later_between": "It takes {extra} longer to start, and would pay that back after {steps} steps ({low} "
    "to {high} over {seeds} seeds): more than were made here.",
    "pays_back_never": "It takes {extra} longer to start and never pays that back: its steps are not measurably "
    "faster.",
    "guesses_character": "It guesses the next character right {value} instead of {base} times in {out_of} ({low} to "
    "{high}).",
    "guesses_byte": "It guesses the next byte right {value} instead of {base} times in {out_of} ({low} to {high}).",
    "guesses_piece": "It guesses the next piece of text right {value} instead of {base} times in {out_of} ({low} to "
    "{high}).",
    "training_left_out": "What it lost is the same as {seconds} less training of {whole} ({low} to {high}).",
    **{
        f"pays_{key}": f"{who}: {{change}} bits per byte ({{interval}}), and {{whole}} over the whole text."
        for key, who in _PAYS.items()
    },
    "pays_alike": "Of {slices} parts of the text none surely pays more than the others.",
    "pays_unknown": "Who pays most cannot be told from a single pair of runs.",
    "slice_words_common": "Common words",
    "slice_words_rare": "Rare words",
    "slice_words_between": "Spaces and signs",
    "slice_characters_common": "Common characters",
    "slice_characters_rare": "Rare characters",
    "slice_names_name": "Names",
    "slice_names_other": "All but names",
    "slice_speaker": "What {member} says",
    "slice_speakers_left": "Other speakers",
    "slice_nobody": "Headings and stage directions",
    "slice_document": "{member}",
    "slice_documents_left": "Shorter documents",
    "slice_position": "Quarter {member} of the context",
    "slice_other": "{member}",
    "doses_all_safe": "{label}: every value that was tried costs nothing that counts, {dose}. Try to go further.",
    "doses_none_safe": "{label}: no value that was tried is free. The mildest, {dose}, changes bits per byte by "
    "{lost}.",
    "doses_none_safe_unsure": "{label}: of no value that was tried is it sure that it costs nothing. The mildest, "
    "{dose}, changes bits per byte by {lost}.",
    "doses_last_safe_up_unsure": "{label} can go up to {dose} ({lost} bits per byte); that {next} costs nothing is not "
    "sure ({next_lost}).",
    "doses_last_safe_down_unsure": "{label} can go down to {dose} ({lost} bits per byte); that {next} costs nothing is "
    "not sure ({next_lost}).",
    "doses_last_safe_up": "{label} can go up to {dose} ({lost} bits per byte); {next} costs {next_lost}.",
    "doses_last_safe_down": "{label} can go down to {dose} ({lost} bits per byte); {next} costs {next_lost}.",
    "doses_last_safe_up_broken": "{label} can go up to {dose} ({lost} bits per byte); {next} breaks the model.",
    "doses_last_safe_down_broken": "{label} can go down to {dose} ({lost} bits per byte); {next} breaks the model.",
    "doses_cliff": "The cliff lies between {before} and {after}: from {lost_before} to {lost_after} in one step.",
    "doses_cliff_unsure": "There may be a cliff between {before} and {after}, from {lost_before} to {lost_after}, but "
    "chance may explain that step: it is not sure.",
    "doses_cliff_broken": "The cliff lies between {before} ({lost_before}) and {after}, where the model breaks.",
    "blind_told_apart": "The room can tell them apart: {right} of {guesses} guesses were right, which mere guessing "
    "does with a chance of {chance}.",
    "blind_not_told_apart": "The room cannot tell them apart so far: {right} of {guesses} guesses were right, which "
    "mere guessing does with a chance of {chance}. If it is right as often as that, {needed} guesses in a new round "
    "would most likely show it.",
    "blind_no_better": "The room cannot tell them apart: {right} of {guesses} guesses were right, no better than mere "
    "guessing.",
    "blind_too_few": "Too early to say: {right} of {guesses} guesses were right. At least {left} more are needed.",
    "arms_differ_in_corpus": "The runs were judged on different texts, so that quality is not compared.",
    "arms_differ_in_device": "The runs were made on different devices, so that speed, memory and energy are not "
    "compared.",
    "arms_differ_in_tokens": "The runs were trained on different amounts of text, so that quality, time and energy are "
    "not compared.",
    "arms_differ_in_tokenizer": "The sides cut text into different pieces, so that what is counted in pieces (tokens "
    "per second, guesses, perplexity) is not compared. Bits per byte are.",
    "arms_held_out_edited": "Text that runs were judged on was edited on one side, so that quality is not compared.",
}
