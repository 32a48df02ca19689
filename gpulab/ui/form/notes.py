"""What works here but cannot pay, or cannot work at all, is said quietly where the choice is made."""

from __future__ import annotations

from gpulab.ui.form.body import Body
from gpulab.ui.form.words import capital, reason_sentence, words
from gpulab.viewmodels.cards import Card, Reason, cautions_here, doubts_here, obstacles, unusable_here
from gpulab.viewmodels.form import FormModel


def show_cautions(body: Body, model: FormModel) -> None:
    """Below each choice of a card: why what is chosen cannot pay here, and why other choices are not on offer.

    Below the model's fields: which widths slow this GPU down.
    """
    doubts: dict[str, list[str]] = {}
    for problem in doubts_here(model.shown, model.machine) if body.cards else ():
        doubts.setdefault(problem.field, []).append(capital(reason_sentence(problem)))
    if "model" in body.groups:
        body.groups["model"].section.show_notes({path: "\n".join(said) for path, said in doubts.items()})
    for name, card in body.cards.items():
        if card.section is None or not model.is_on(name):
            continue
        lines = {path: list(said) for path, said in doubts.items() if path.startswith(f"techniques.{name}.")}
        for reason in cautions_here(name, model.machine, model.device):
            if model.value(reason.path) == reason.choice:
                lines.setdefault(reason.path, []).append(capital(reason_sentence(reason.problem)))
        for reason in unusable_here(name, model.machine, model.device):
            if reason.choice and model.value(reason.path) != reason.choice:
                lines.setdefault(reason.path, []).append(_with_choice(model, reason))
        card.section.show_notes({path: "\n".join(said) for path, said in lines.items()})


def show_obstacles(body: Body, model: FormModel) -> None:
    """Disables what cannot be switched on now, with the reason; what is on already can always be switched off."""
    for name, card in body.cards.items():
        found = () if model.is_on(name) else obstacles(name, model.shown, model.machine, model.device)
        card.show_obstacle("\n".join(capital(reason_sentence(problem)) for problem in found))


def show_own_text(body: Body, path: str) -> None:
    """Greys the bundled text, which an own one at `path` takes the place of, once there is such a field."""
    if "data" not in body.groups:
        return
    section = body.groups["data"].section
    section.rows["data.corpus"].field.setEnabled(not path)
    section.show_notes({"data.corpus": words("Not used: own text below.")} if path else {})


def technique_reasons(card: Card, model: FormModel) -> list[str]:
    """Everything that this machine has to say about a technique's choices."""
    found = (
        *unusable_here(card.name, model.machine, model.device),
        *cautions_here(card.name, model.machine, model.device),
    )
    return [_with_choice(model, reason) for reason in found]


def _with_choice(model: FormModel, reason: Reason) -> str:
    if not reason.choice:  # nothing of it can be used
        return capital(reason_sentence(reason.problem))
    choice = words(model.settings[reason.path].label_of(reason.choice))
    return f"{choice}: {reason_sentence(reason.problem)}"
