"""Sentences for text that cannot be trained on, and for what preparing it changed."""

SENTENCES = {
    "corpus_unknown": "there is no bundled text called {name}. Bundled: {names}.",
    "corpus_damaged": "the bundled text {name} is damaged; install GPU Lab again.",
    "text_missing": "there is no file or folder at {path}.",
    "text_empty": "{path} holds no text.",
    "text_none_in_folder": "{path} holds no file that is read here; allowed: {allowed}.",
    "text_binary": "{path} is not a text file (byte {position} is {byte}).",
    "text_not_utf8": "{path} is not UTF-8 text (byte {position}). Save it as UTF-8 and try again.",
    "text_kind_unknown": "{path} has an ending that is not read here; allowed: {allowed}.",
    "text_too_large": "{path} is larger than {limit_mb} MB, the most that is read here.",
    "text_unreadable": "{path} cannot be read: {detail}.",
    "text_malformed": "{path}, line {line}, is not valid {kind}: {detail}.",
    "text_no_column": "{path} has no field named text; its fields: {found}.",
    "text_too_short": "the {split} text has {tokens} tokens, but a context of {context_length} needs at least "
    "{needed}. Use a longer text or a shorter context.",
    "too_many_characters": "the text has {found} different characters, more than the {limit} allowed. Use bytes.",
    "characters_unknown": "the model has never met these characters: {characters}. Leave them out.",
    "text_files_left_out": "{files} files of the folder were not read: hidden, blank, a link that leads out of it, or "
    "of another kind.",
    "text_copies_dropped": "{documents} documents are copies of others and were left out.",
    "text_leaks_removed": "{bytes} bytes were taken out of the training text because they also stand in the held-out "
    "text.",
    "text_leaks_removed_from_validation": "{bytes} bytes were taken out of the validation text because they also stand "
    "in the test text.",
    "text_edit_shortened": "{technique} took {bytes} bytes out of the training text.",
    "text_edit_idle": "{technique} found nothing to change in this text.",
    "held_out_text_changed": "The held-out text was changed in a way that cannot be undone: {percent} % of its "
    "characters are lost. Bits per byte of this run cannot be compared with runs that predict the original text.",
    "new_text_too_short": "{path} holds only {tokens} tokens that the model can spell; {needed} are needed to judge "
    "it.",
    "tokenizer_unreadable": "{path} holds no tokenizer that can be read: {detail}.",
    "text_not_cached": "the prepared text could not be kept in {path}, so it is made anew at each start.",
}
