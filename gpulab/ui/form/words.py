"""Declarations and problems become sentences here, through Qt's translation, so that the form itself holds no words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting
from gpulab.viewmodels.values import limits, shown
from gpulab.words import sentence, sentences

_MARKS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def words(text: str) -> str:
    """`text` of a declaration (label, help, unit, promise) or template, translated."""
    return QCoreApplication.translate("gpulab", text) if text else ""


def error_sentence(problem: Problem) -> str:
    """What is wrong, for the place directly under the field that it concerns."""
    arguments = dict(problem.arguments)
    if arguments.get("value") == "":
        arguments["value"] = words("An empty field")
    text = sentence(problem.key, arguments, words)
    starts_with_what_was_given = sentences().get(problem.key, "{").startswith("{")
    return text if starts_with_what_was_given else capital(text)


def reason_sentence(problem: Problem) -> str:
    """Why something cannot be used here, without the field's path in front."""
    return sentence(problem.key, problem.arguments, words)


def tooltip(setting: Setting) -> str:
    """What the setting does, with what it may be."""
    return "".join(f"<p>{_escaped(line)}</p>" for line in (words(setting.help), _allowed(setting)) if line)


def whats_this(setting: Setting) -> str:
    """The longer text: name, help, what is allowed, what it is when nobody touches it, its name in files."""
    lines = (words(setting.help), _allowed(setting), _default(setting), _key(setting))
    said = "".join(f"<p>{_escaped(line)}</p>" for line in lines if line)
    return f"<p><b>{_escaped(words(setting.label))}</b></p>{said}"


def value_words(setting: Setting, value: object) -> str:
    """A value inside a sentence: "Change Layers to 6"."""
    if isinstance(value, bool):
        return words("on") if value else words("off")
    if setting.kind == "choice":
        return words(setting.label_of(str(value)))
    text = shown(value) if isinstance(value, int | float) else str(value)
    text = text.strip() or words("nothing")
    return text if len(text) <= 40 else f"{text[:39]}…"


def _allowed(setting: Setting) -> str:
    bounds = limits(setting)
    if not bounds:
        return ""
    return (
        words("Allowed: {low} to {high} {unit}")
        .format(low=bounds[0], high=bounds[1], unit=words(setting.unit))
        .rstrip()
    )


def _default(setting: Setting) -> str:
    return words("Normally: {value}").format(value=value_words(setting, setting.default))


def _key(setting: Setting) -> str:
    return words("In experiment files: {path}").format(path=setting.path)


def _escaped(text: str) -> str:
    """Like html.escape, whose import brings the names of 2231 letters and which the first paint can spare."""
    return text.translate(_MARKS)


def capital(text: str) -> str:
    """`text` as the beginning of a sentence."""
    return text[:1].upper() + text[1:]
