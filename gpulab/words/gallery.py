"""Sentences for a gallery that cannot be shown."""

SENTENCES = {
    "gallery_unreadable": "{path} cannot be read as a gallery: {detail}.",
    "gallery_format": "a gallery begins with format = {known}; here it says {found}.",
    "gallery_twice": "{name} is there already; each setting stands in the gallery once.",
    "gallery_danger_missing": "a bad setting names the danger that it shows.",
    "gallery_danger_idle": "a good setting raises nothing; take the danger away.",
    "gallery_setting_unknown": "there is no setting {name}. Did you mean {nearest}?",
    "gallery_missing": "there is no setting {name} in the gallery. Settings: {known}.",
}
