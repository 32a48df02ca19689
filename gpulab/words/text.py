"""Sentences for text that cannot be trained on, and for what preparing it changed."""

SENTENCES = {
    "corpus_unknown": "there is no bundled text called {name}. Bundled: {names}.",
    "corpus_damaged": "the bundled text {name} is damaged; install GPU Lab again.",
    "text_missing": "there is no file or folder at {path}.",
    "text_empty": "{path} holds no text.",
    "text_binary": "{path} is not a text file (byte {position} is {byte}).",
    "text_not_utf8": "{path} is not UTF-8 text (byte {position}). Save it as UTF-8 and try again.",
    "text_kind_unknown": "{path} has an ending that is not read here; allowed: {allowed}.",
    "text_too_large": "{path} is larger than {limit_mb} MB, the most that is read here.",
    "text_unreadable": "{path} cannot be read: {detail}.",
    "text_malformed": "{path}, line {line}, is not valid {kind}: {detail}.",
    "text_no_column": "{path} has no field named text; its fields: {found}.",
    "text_too_short": "the {split} text has {characters} tokens, but a context of {context_length} needs at least "
    "{needed}. Use a longer text or a shorter context.",
}
