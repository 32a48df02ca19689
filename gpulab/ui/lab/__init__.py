"""The Lab page: the story, the runs, the queue, and what the toolbar and menus do with them."""
