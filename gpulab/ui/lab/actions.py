"""Everything a person can do, declared once: words, icon, keys, the command of the command line it equals."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, icon


class Deed(msgspec.Struct, frozen=True):
    """One action. `verb` names the command of the command line that does the same.

    The keys of an action that is `of_table` act only while the table of runs has the focus.
    """

    name: str
    text: str
    tip: str = ""
    icon: str = ""
    keys: str = ""
    verb: str = ""
    checkable: bool = False
    of_table: bool = False


DEEDS = (
    Deed("open", "&Open experiment…", "Reads an experiment file into the form.", "open", "Ctrl+O"),
    Deed("save", "&Save experiment", "Writes the form to its experiment file.", "save", "Ctrl+S"),
    Deed("save_as", "Save experiment &as…", "Writes the form to a new experiment file.", keys="Ctrl+Shift+S"),
    Deed("import_text", "&Import text…", "Trains on a text of your own.", "text"),
    Deed("import_folder", "Import &folder of texts…", "Trains on all texts of a folder.", "folder"),
    Deed("open_run", "Open &run folder…", "Adds a run from elsewhere to the table.", "folder"),
    Deed("replay", "Re&play a recorded run…", "Plays a run again, as it happened.", "play", verb="replay"),
    Deed("report", "Export r&eport…", "A page, paper or a table of the run or comparison.", "download", verb="report"),
    Deed("pack", "Pac&k into a bundle…", "One file of the run or comparison, for another computer.", verb="pack"),
    Deed(
        "record",
        "Keep as a recordin&g…",
        "What was measured, without model or text: small enough to go with a lesson, labelled with machine and date.",
        verb="record",
    ),
    Deed("unpack", "Open &bundle…", "Shows what somebody packed on another computer.", verb="unpack"),
    Deed("quit", "&Quit", keys="Ctrl+Q"),
    Deed("undo", "&Undo", "Takes the last change of a setting back.", "undo", "Ctrl+Z"),
    Deed("redo", "&Redo", "Makes the change again.", "redo", "Ctrl+Shift+Z"),
    Deed("duplicate", "&Duplicate run", "Opens the selected run's experiment as a new one.", "duplicate", "Ctrl+D"),
    Deed("copy_command", "&Copy as command", "What to type in a terminal to make the same again.", keys="Ctrl+Shift+C"),
    Deed("copy_form", "Copy form as co&mmand", "What to type in a terminal to run what the form says."),
    Deed("find", "&Find a setting or action…", "Finds anything by a word.", "search", "Ctrl+K"),
    Deed("run", "&Run", "Trains the model at the left.", "play", "Ctrl+R", "run"),
    Deed("pause", "&Pause\tSpace", "Holds the training between two steps. Space does it too.", "pause", verb="pause"),
    Deed("continue", "&Continue\tSpace", "Lets the training go on. Space does it too.", "play", verb="continue"),
    Deed("step", "S&tep", "Takes one single step, then holds.", "step", "Ctrl+."),
    Deed(
        "profile",
        "Pro&file the next steps",
        "Notes where the next five steps spend time and memory, which slows them down.",
        keys="Ctrl+Shift+P",
        verb="profile",
    ),
    Deed("stop", "&Stop…", "Ends the training; asks what to keep.", "stop", "Ctrl+E", "stop"),
    Deed("resume", "R&esume run", "Goes on from the selected run's last checkpoint.", "play", "Ctrl+Shift+R", "resume"),
    Deed("queue", "Add to &queue", "Trains it when everything before it is done.", "queue", "Ctrl+Shift+Q", "queue"),
    Deed("show", "S&how curves", "Shows the selected runs in the charts.", "chip"),
    Deed("hide", "&Hide curves", "Takes the selected runs out of the charts."),
    Deed("rename", "Re&name…", "Gives the run another name.", keys="F2", of_table=True),
    Deed("folder", "Open &folder", "Shows the run's files.", "folder"),
    Deed("delete", "De&lete…", "Moves the run's folder to the trash.", "trash", "Del", of_table=True),
    Deed("undelete", "&Bring deleted runs back", "Takes what this window deleted last out of the trash."),
    Deed("find_lr", "Find a &learning rate…", "Sweeps it and looks where the loss falls.", "search", verb="find-lr"),
    Deed("find_batch", "Find the largest &batch…", "Tries how much fits, and how fast.", verb="find-batch"),
    Deed("search", "&Search rate and batch…", "Many short runs, judged on held-out text.", verb="search"),
    Deed("tune", "&Make it fast…", "Tries what makes the training faster here and harms nothing.", "fast", verb="tune"),
    Deed("scan", "Scan for sensitive &layers…", "Which part of the selected run bears what.", verb="scan"),
    Deed("age", "&Test on a new text…", "Has the selected run's model grown old?", "text", verb="age"),
    Deed("bias", "Ask about &paired words…", "What the selected run's model takes for likely of whom.", verb="bias"),
    Deed("watch", "Watch for w&ords…", "How often the selected run's model writes the words of a list.", verb="watch"),
    Deed("guard", "What does safet&y cost?…", "Times safe loading and encryption of the selected run.", verb="guard"),
    Deed("doses", "&How far can it be compressed?…", "Compresses the selected run's model step by step.", verb="doses"),
    Deed(
        "generate",
        "Let it &write…",
        "Opens the Playground with the models of the run or comparison.",
        "text",
        verb="generate",
    ),
    Deed("export", "E&xport model…", "Writes the model of the run into a file of its own.", verb="export"),
    Deed(
        "compare_with",
        "With and with&out…",
        "Is a technique worth it? Trains with it and without.",
        "compare",
        "Ctrl+T",
        "compare",
    ),
    Deed("compare_each", "&One at a time…", "What each technique that is on brings by itself."),
    Deed("compare_all", "All &combinations…", "Which of a few techniques go together."),
    Deed("compare_variants", "&Variants…", "Any settings you like against the experiment as it is."),
    Deed("compare_doses", "&How far can I go?…", "One setting at several values: the last safe one, and the cliff."),
    Deed("compare_runs", "Compare r&uns", "Puts the selected runs side by side; the first is the baseline.", "compare"),
    Deed("page_lab", "&Lab", "Goes to the page where models are trained.", "lab", "Alt+1"),
    Deed(
        "page_compare", "&Compare", "Goes to the page where settings are compared.", "compare", "Alt+2", "comparisons"
    ),
    Deed("page_playground", "Play&ground", "Goes to the page where models write.", "text", "Alt+3"),
    Deed("page_hardware", "&Hardware", "Goes to the page of this machine.", "chip", "Alt+4", "hardware"),
    Deed("page_learn", "L&earn", "Goes to the lessons, the techniques and the glossary.", "learn", "Alt+5", "lesson"),
    Deed("ceilings", "Measured &ceilings", "What this machine can compute and copy at most.", "chip", verb="ceilings"),
    Deed("presenter", "&Presenter", "Large type and only what matters.", "presenter", "F5", checkable=True),
    Deed("full_screen", "&Full screen", "Uses the whole screen.", keys="F11", checkable=True),
    Deed("move_panels", "&Move panels", "Gives panels title bars, to move, float or close them.", checkable=True),
    Deed("theme", "Th&eme", "Changes between light and dark.", "theme"),
    Deed("log_x", "Logarithmic &x axis", "Steps by powers of ten.", checkable=True),
    Deed("log_y", "Logarithmic &loss axis", "Values by powers of ten.", checkable=True),
    Deed(
        "device_strips",
        "De&vice under the charts",
        "Shows what the device did while the run trained: busy, power, heat, clock.",
        checkable=True,
    ),
    Deed("runs", "Go to the &runs", "Moves to the table of runs.", keys="Ctrl+1", verb="runs"),
    Deed("queued", "Go to the &queue", "Moves to the list of what waits.", keys="Ctrl+2"),
    Deed(
        "show_me", "&Show me", "Compares a model with and without compression, in about a minute.", "play", verb="demo"
    ),
    Deed(
        "gallery",
        "&Good and bad settings",
        "Goes to the gallery of settings to try, each with what to look for.",
        "learn",
        verb="gallery",
    ),
    Deed("whats_this", "&What's this?", "Click it, then click anything.", "help", "Shift+F1"),
    Deed("shortcuts", "&Keyboard shortcuts", "Lists all keys.", keys="Ctrl+/"),
    Deed("describe", "&Techniques explained", "What each technique promises and risks.", "chip", verb="describe"),
    Deed("doctor", "Check this &machine", "What this machine can do and cannot.", "settings", verb="doctor"),
    Deed("bench", "&Measure this machine…", "Tries every benchmark in a quick round.", "settings", verb="bench"),
    Deed("desktop", "&Install desktop entry", "Puts GPU Lab among your programs."),
    Deed("about", "&About GPU Lab", "Version and libraries.", "info"),
)


class Actions(QObject):
    """The actions by name: `actions["run"]`. Each carries its verb as the property `verb` and in its object name.

    One is made when it is first asked for: few are in sight at the first paint.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._deeds = {deed.name: deed for deed in DEEDS}
        self._actions: dict[str, QAction] = {}

    def __getitem__(self, name: str) -> QAction:
        if name not in self._actions:
            self._actions[name] = self._made(self._deeds[name])
        return self._actions[name]

    def __iter__(self) -> Iterator[QAction]:
        return iter([self[name] for name in self._deeds])

    def set_theme(self, theme: Theme, only: Collection[str] = ()) -> None:
        """Draws the icons in the theme's colours; of `only` some, where the others are not in sight yet."""
        for name, deed in self._deeds.items():
            if deed.icon and (not only or name in only):
                self[name].setIcon(icon(deed.icon, theme))

    def _made(self, deed: Deed) -> QAction:
        action = QAction(said(deed.text), self)
        action.setObjectName(f"verb:{deed.verb}" if deed.verb else deed.name)
        action.setProperty("verb", deed.verb)
        action.setToolTip(self._tip(deed))
        action.setStatusTip(said(deed.tip))
        action.setWhatsThis(said(deed.tip))
        action.setIconText(said(deed.text).split("\t")[0].replace("&", "").rstrip("…"))
        action.setCheckable(deed.checkable)
        if deed.keys:
            action.setShortcut(QKeySequence(deed.keys))
        if deed.of_table:
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        return action

    @staticmethod
    def _tip(deed: Deed) -> str:
        keys = QKeySequence(deed.keys).toString(QKeySequence.SequenceFormat.NativeText)
        return f"{said(deed.tip)} ({keys})" if keys else said(deed.tip)
