"""What the sentences of a reason need of a pack's `detail`, and what of it they do not use."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from governance.kernel.errors import cure_for
from governance.kernel.toml_lines import Path_
from governance.ports.reasons import REASONS, Code
from policies.rules import places
from policies.tables import Notebook


def note_detail(
    notes: Notebook, path: Path_, code: Code, given: Mapping[str, object], supplied: Collection[str] = ()
) -> None:
    """Note every value of a new `detail` that no sentence of the reason uses; where all are used, each that is missing.

    `supplied` are those that the service gives where the pack does not.
    """
    if notes.stored:
        return
    sentences = (REASONS[code].admin, REASONS[code].what, REASONS[code].user)
    known = {name: sentence for sentence in sentences for name in sorted(places(sentence))}
    strange = [name for name in given if name not in known]
    for name in strange:
        cure = cure_for(name, known) if known else "Leave it out."
        notes.note((*path, "detail", name), f'is not used by the sentences of reason "{code}"', cure)
    for name in sorted(known.keys() - given.keys() - set(supplied)) if not strange else ():
        notes.note((*path, "detail", name), "is missing", f"Add it: a sentence of the reason needs it: “{known[name]}”")
