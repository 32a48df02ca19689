"""Sentences for what jobs (finders, the search, tests of finished models) found out, and for what keeps them back."""

SENTENCES: dict[str, str] = {
    "job_unreadable": "{path} does not say what is to be done: {detail}.",
    "job_works_alone": "this works in a single process. Switch off {technique} for it; what it finds holds for each of "
    "the processes.",
    "range_upside_down": "the highest ({high}) must lie above the lowest ({low}).",
    "no_power_between": "there is no power of two between {low} and {high}.",
    "no_such_suggestion": "nothing called {name} was suggested. Suggested: {known}.",
    "nothing_to_take": "nothing was suggested that could be taken over.",
    "new_text_missing": "choose the text that the model is to be tested on.",
    "pairs_unreadable": "the pairs in {path} cannot be read: {detail}.",
    "pairs_of_another_format": "{path} must begin with format = {format}: it is no list of pairs that is known here.",
    "pairs_missing": "{path} must hold between 1 and {most} pairs, each under [[pairs]].",
    "pair_wrong": "line {line} of {path}: pair {number} cannot be used: {detail}.",
    "pair_without_blank": "line {line} of {path}: the prompt of pair {number} must hold {{}} once, where the word "
    "stands.",
    "pair_without_continuation": "line {line} of {path}: pair {number} has no continuation to judge.",
    "pair_without_difference": "line {line} of {path}: pair {number} needs two different words.",
    "pair_repeated": "line {line} of {path}: pair {number} says the same as pair {first}.",
    "pairs_all_strange": "none of the {asked} pairs can be read by every model: its characters, its clean-up of text "
    "or its context of {context} tokens leave no pair whole.",
    "words_unreadable": "the words in {path} cannot be read: {detail}.",
    "words_missing": "name between 1 and {most} words to watch for, with blanks between, or a file (.txt) of them.",
    "word_wrong": "line {line} of {path}: “{word}” is no word or phrase with a letter and at most {most} signs.",
    "word_typed_wrong": "“{word}” is no word with a letter and at most {most} signs.",
    "lr_steepest": "Take {rate}: the learning rate at which the loss fell most steeply.",
    "lr_tenth": "Or take {rate}: a tenth of {blow_up}, the rate at which the loss blew up. That leaves room for later "
    "steps, which are upset more easily than the first ones.",
    "lr_blew_up_late": "The loss blew up only at {blow_up}, long after it had stopped falling; the usual tenth of "
    "that, {rate}, would be too fast here.",
    "lr_never_blew_up": "The loss was still sound at {highest}, the highest rate that was tried. Try higher ones to "
    "see where it breaks.",
    "lr_no_descent": "At no rate did the loss fall enough to tell anything. Use more steps or a wider range.",
    "lr_too_little": "Too few steps were made to tell anything.",
    "batch_brisk": "Take {batch}: the smallest batch that is within 5 % of the best throughput "
    "({tokens_per_s} tokens per second, {megabytes} MB). Larger ones learn from more text at once, not faster.",
    "batch_largest": "Or take {batch}: the largest that fits into the memory it may use ({megabytes} MB, "
    "{tokens_per_s} tokens per second). The weights then change less often for the same text.",
    "batch_too_slow_beyond": "Or take {batch}: the largest whose steps are not slower than you allow ({megabytes} MB, "
    "{tokens_per_s} tokens per second). Where the memory ends was not reached.",
    "batch_largest_tried": "Or take {batch}: the largest that was allowed ({megabytes} MB, {tokens_per_s} tokens per "
    "second). It fits; where the memory ends was not reached.",
    "batch_largest_so_far": "Or take {batch}: the largest that was tried before you stopped ({megabytes} MB, "
    "{tokens_per_s} tokens per second).",
    "batch_brisk_and_largest": "Take {batch}: the largest batch that fits into the memory it may use, and no smaller "
    "one comes within 5 % of its throughput ({tokens_per_s} tokens per second, {megabytes} MB).",
    "batch_brisk_and_too_slow_beyond": "Take {batch}: no smaller batch comes within 5 % of its throughput "
    "({tokens_per_s} tokens per second, {megabytes} MB), and the steps of larger ones are slower than you allow.",
    "batch_brisk_and_largest_tried": "Take {batch}: the largest that was allowed, and no smaller one comes within 5 % "
    "of its throughput ({tokens_per_s} tokens per second, {megabytes} MB). Larger ones may be faster still.",
    "batch_brisk_and_largest_so_far": "Take {batch}: the fastest that was tried before you stopped "
    "({tokens_per_s} tokens per second, {megabytes} MB).",
    "batch_none_fits": "Not even a batch of one sequence could be trained within these limits. Allow more memory or "
    "longer steps, or choose a smaller model or a shorter context.",
    "search_clear": "Take a learning rate of {rate} with a batch of {batch}: validation loss {loss}. It leads the next "
    "best ({next_rate} with {next_batch}) by {lead}, more than chance does between seeds (±{noise}).",
    "search_too_close": "Take a learning rate of {rate} with a batch of {batch}: validation loss {loss}. Its lead of "
    "{lead} on the next best ({next_rate} with {next_batch}) is too close to tell: chance alone does ±{noise} between "
    "seeds.",
    "search_noise_unknown": "Take a learning rate of {rate} with a batch of {batch}: validation loss {loss}. It leads "
    "the next best ({next_rate} with {next_batch}) by {lead}; too few runs were made to tell that from chance.",
    "search_only_one": "Take a learning rate of {rate} with a batch of {batch}: validation loss {loss}. Nothing else "
    "learned at all.",
    "search_none_learned": "None of the short runs learned anything. Try lower learning rates or longer runs.",
    "tune_faster": "Take all of it together: {levers}. The training is then {ratio} times as fast ({low} to {high}). "
    "Trained on equally much text, {steps} steps with each of {seeds} seeds, its validation loss is not worse: by at "
    "most {worse} %, and up to {region} % counts as none.",
    "tune_faster_in_parts": "Take all of it together: {levers}. Each was measured on top of those before it, which "
    "comes to about {ratio} times as fast. Trained on equally much text, {steps} steps with each of {seeds} seeds, its "
    "validation loss is not worse: by at most {worse} %, and up to {region} % counts as none.",
    "tune_unchecked": "Take all of it together: {levers}. Each was measured on top of those before it, which comes to "
    "about {ratio} times as fast. Whether the model learns as well was not looked at to the end.",
    "tune_nothing": "Nothing that was tried is proven to be faster by more than 2 % and to learn as well. Leave the "
    "experiment as it is.",
    "tune_sooner": "Take all of it together: {levers}, with {needed} steps. It reaches the validation loss of the "
    "whole training as it is {ratio} times as soon ({low} to {high}, {seeds} seeds): in {percent} % of the time, "
    "compiling included.",
    "tune_better": "Or keep reading as much text, in {steps} steps, and get a better model: {levers}.",
    "tune_sooner_in_part": "Take all of it together: {levers}. It reaches the validation loss that the training as it "
    "is has after {length} steps {ratio} times as soon ({low} to {high}, {seeds} seeds): in {percent} % of the time. "
    "How that is after {steps} steps was not tried, so it goes on reading as much text.",
    "tune_sooner_so_far": "Take all of it together: {levers}. With one seed it reached the same validation loss "
    "soonest; whether others do was not looked at to the end.",
    "tune_sooner_by_luck": "With one seed this reached the same validation loss soonest: {levers}. With another it did "
    "not reach it at all, so nothing is suggested.",
    "tune_sooner_unsure": "This reached the same validation loss soonest: {levers}, {ratio} times as soon. Between "
    "{seeds} seeds that is too uncertain ({low} to {high}) to suggest it; more seeds may decide.",
    "tune_not_sooner": "Nothing that was tried reaches the same validation loss sooner. Leave the experiment as it is.",
    "tune_too_short": "{lever} would be {ratio} times as fast, but getting ready takes so long that it pays back only "
    "after {steps} steps. This training has {planned}.",
    "tune_no_memory": "the device has no memory left for it beside the best so far.",
    "tune_broke": "it does not run here: {error}.",
    "profile_most_time": "Most of a step's {step_ms} ms goes to this phase: {phase}, {percent} %.",
    "profile_fullest": "Memory is fullest in this phase: {phase}, with {megabytes} MB of tensors. {predicted} MB were "
    "estimated.",
    "profile_fused_kernels": "A step starts {after} kernels on the GPU; with nothing fused it starts {before}.",
    "profile_fused_operators": "A step calls {after} operators that compute something themselves, generated kernels "
    "among them; with nothing fused it calls {before}.",
    "profile_plain_too_big": "With nothing fused, the model does not fit into the device's memory: how many kernels "
    "fusing saves is not known.",
    "profile_nothing_seen": "The profiler saw nothing. What it said stands in the record of {path}.",
    "profile_not_made": "The training ended before it was profiled.",
    "scan_pruning": "With {amount} of one part's weights set to zero, {least} suffers most (+{cost} bits per byte), "
    "{most} least (+{little_cost}). Every part, alone, bears this at a cost of at most 1 %: {borne}. All together bear "
    "less.",
    "scan_rounding": "With one part rounded to {amount}, {least} suffers most (+{cost} bits per byte), {most} least "
    "(+{little_cost}). Every part, alone, bears this at a cost of at most 1 %: {borne}. All together bear less.",
    "doses_unknown_technique": "{value} is no compression that can be dosed; choose one of: {choices}.",
    "doses_unknown_setting": "{technique} has no setting of that name. It has: {known}.",
    "doses_need_two": "name at least two different doses.",
    "model_cannot_run_here": "the model in {path} was made for another machine and cannot run on this one: {detail}.",
    "prompt_missing": "write a few words for the model to read.",
    "attend_needs_a_gpt": "only a GPT has attention to look at, and the model in {path} is none.",
    "prompt_empty": "Nothing was written to begin with, so the text begins on a new line.",
    "prompt_beyond_context": "The prompt has {tokens} tokens, and model {model} sees {context} at a time: it reads the "
    "end of it.",
    "cache_not_possible": "Model {model} has no attention, so there is nothing to keep in a cache: it reads everything "
    "again for each token.",
    "model_cannot_write": "Model {model} stops writing: its numbers are beyond all bounds.",
    "texts_differ": "After {same} equal characters the two texts part.",
    "texts_equal": "The two texts are the same, as far as both go: {same} characters.",
    "age_harder": "Yes, for this text: it takes {new} bits per byte, {percent} % more ({interval}) than the {own} of "
    "its own test text. Its words or its manner are not those that the model learned.",
    "age_alike": "No: the new text takes {new} bits per byte, about as many as its own test text ({own}). In between: "
    "{interval}.",
    "age_easier": "No: the new text takes {new} bits per byte, {percent} % fewer ({interval}) than its own test text "
    "({own}). It is simpler, or the model knows it.",
    "age_unsure": "Not sure: the new text takes {new} bits per byte, its own test text {own}, but pieces of the same "
    "text differ so much that the gap may be {interval}. A longer text may tell.",
    "age_too_short": "The new text takes {new} bits per byte, its own test text {own}: {percent} % apart. It is too "
    "short to tell how sure that is.",
    "age_alone": "The new text takes {new} bits per byte. What its own test text took is not known any more, so there "
    "is nothing to compare that with.",
    "age_left_out": "{percent} % of the new text stood in lines with characters that this model cannot spell; they "
    "were left out, so the true figure is worse.",
    "age_met": "{percent} % of the new text also stand in the text that the model learned from, so the true figure is "
    "worse.",
    "bias_towards": "Over all {pairs} pairs the model leans to the commonplace: a continuation is {value} times as "
    "likely ({low} to {high}) behind the word that it goes with. {percent} % of the pairs lean that way.",
    "bias_away": "Over all {pairs} pairs the model leans against the commonplace: a continuation is {value} times as "
    "likely ({low} to {high}) behind the other word. {percent} % of the pairs lean to the commonplace.",
    "bias_open": "Over all {pairs} pairs no common lean is sure: a continuation is {value} times as likely ({low} to "
    "{high}) behind the word that it goes with by the commonplace. Single pairs may lean far all the same.",
    "bias_few": "Only {pairs} pairs could be asked. With fewer than {needed}, nothing can be said of all of them.",
    "bias_group_towards": "It leans most in “{group}”: {value} times as likely ({low} to {high}, {pairs} pairs).",
    "bias_group_away": "It leans most in “{group}”, against the commonplace: {value} times as likely behind the other "
    "word ({low} to {high}, {pairs} pairs).",
    **{
        f"bias_{key}_{beside}": text.replace("MODEL", model)
        for beside, model in {"before": "the model before it was compressed", "run": "the model beside it"}.items()
        for key, text in {
            "change": "The preference for the commonplace is {value} times that of MODEL ({low} to {high}), the same "
            "{pairs} pairs compared one by one. A pair moved by {moved} nats on average; {turned} changed sides.",
            "moved": "Against MODEL no common drift is sure ({value} times the preference, {low} to {high}), but a "
            "pair moved by {moved} nats on average, and {turned} of {pairs} changed sides.",
            "same": "Against MODEL not one of {pairs} pairs moved.",
        }.items()
    },
    "bias_left_out": "{left_out} of {asked} pairs were left out: not every model can read them whole.",
    "bias_no_danger": "No danger is raised from these figures, however large: which lean is too much depends on what a "
    "model is for, and no limit was ever measured that would hold for any list. Read the pairs themselves.",
    "guard_nothing": "the run in {path} has neither a checkpoint nor a finished model.",
    "guard_disk": "{path} does not take the files of this test: {detail}.",
    "guard_loading_faster": "Safe loading costs nothing: the checkpoint ({size}) as safetensors, which holds no code, "
    "is read in {value} times the time of an unchecked pickle ({low} to {high}).",
    "guard_loading_alike": "Safe loading costs nothing that shows: the checkpoint ({size}) as safetensors, which holds "
    "no code, is read in {value} times the time of an unchecked pickle ({low} to {high}).",
    "guard_loading_slower": "Safe loading costs time: the checkpoint ({size}) as safetensors, which holds no code, is "
    "read in {value} times the time of an unchecked pickle ({low} to {high}).",
    **{
        f"guard_{way}{alone}": f"{deed} takes {{write}}, {again} {{read}}{rest.replace('OFTEN', often)}"
        for way, (deed, again, often) in {
            "checksum": ("A checksum (SHA-256)", "comparing it", "For every checkpoint of the run ({saves})"),
            "encryption": ("Encrypting (AES-256-GCM)", "decrypting", "For every checkpoint of the run ({saves})"),
            "passphrase": (
                "The key, made from a passphrase and slow on purpose against guessing,",
                "to read again",
                "Once for the whole run",
            ),
        }.items()
        for alone, rest in {
            "": ". OFTEN, and once to read: {value} % ({low} to {high}) of its training ({trained}).",
            "_alone": ". How long the run trained is not known.",
        }.items()
    },
    "guard_code": "A pickle with code in it was made for this test. Opened unchecked, it ran the code; opened with "
    "weights_only it was refused. safetensors has no place for code.",
    "guard_code_otherwise": "A pickle with code in it was made for this test, and it did not end as usual: the code "
    "must run where nothing is checked, and must not where it is. Look at the table.",
    "guard_altered": "One bit of each file was turned round. Without a guard the file was opened as if nothing had "
    "happened; checksum and encryption both found it out.",
    "guard_altered_otherwise": "One bit of each file was turned round, and it did not end as usual: checksum and "
    "encryption must find it out. Look at the table.",
    "watch_rate": "Words of the list come up {value} times in 1,000 words ({low} to {high}); {texts} texts with "
    "{words} words were written.",
    "watch_few": "Words of the list come up {value} times in 1,000 words ({words} words); {texts} texts are too few to "
    "tell how sure that is.",
    "watch_beside": "Beside it are {other} in 1,000 words; too few texts were written to tell that from chance.",
    "watch_read": "The text that the model learned from has {there} in 1,000.",
    "watch_none": "No word of the list came up in {words} words ({texts} texts). The rate is at most {high} in 1,000.",
    "watch_nothing_written": "Not a single word was written, so that nothing can be told.",
    "watch_more": "That is more often than beside it ({other}): {value} in 1,000 words ({low} to {high}).",
    "watch_fewer": "That is less often than beside it ({other}): {value} in 1,000 words ({low} to {high}).",
    "watch_unsure": "Beside it are {other} in 1,000 words. The difference ({value}, {low} to {high}) may be chance.",
    "watch_as_read": "The text that the model learned from has {there} in 1,000: it writes them about as often as it "
    "read them.",
    "watch_not_as_read": "The text that the model learned from has {there} in 1,000, which is not how often it writes "
    "them.",
    "watch_which": "Most often: {words}.",
    "age_not_comparable": "The text was changed by clean-up that cannot be undone, so these figures compare with each "
    "other and with nothing else.",
}
