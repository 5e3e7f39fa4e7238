"""The look-up's pages. Each asks Postern and shows what the answer names; none of them decides."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, abort, g, redirect, render_template, request, session, url_for

from examples.client.postern_client import Decision, Postern
from examples.lookup.duties import SHIELD_WARNING, duties
from examples.lookup.people import PEOPLE, SCHOOL_OF
from examples.lookup.registers import Register, Row, read_registers
from examples.pages.signing_in import SignIn
from examples.pages.site import circumstances, make_site, refused

NOT_HERE = "There is no such record here."


def make_app(postern: str, key: str, folder: Path, sign_in: SignIn | None = None) -> Flask:
    """The look-up, asking the Postern at an address with its key; with `sign_in` people sign in through it."""
    app = make_site("Look up a child", Path(__file__).parent, PEOPLE, home="search", sign_in=sign_in)
    app.jinja_env.filters["told"] = in_words
    registers = read_registers()
    fulfils = duties(folder)
    asked = {system: Postern(postern, system, key, fulfils=fulfils) for system in registers}
    app.extensions["postern"] = asked
    _search_pages(app, registers, asked)
    _record_pages(app, registers, asked)
    _shield_pages(app, registers["contactpoint"], asked["contactpoint"])
    return app


def _search_pages(app: Flask, registers: Mapping[str, Register], asked: Mapping[str, Postern]) -> None:
    @app.get("/search")
    def search() -> str:
        return render_template("search.html", registers=registers.values(), told={})

    @app.post("/results")
    def results() -> Any:
        told = {name: request.form.get(name, "").strip() for name in ("register", "words", "reason", "mediated_for")}
        register = registers.get(told["register"])
        if register is None or not told["words"]:
            missing = [*(["register"] if register is None else []), *(["words"] if not told["words"] else [])]
            return render_template("search.html", registers=registers.values(), told=told, missing=missing)
        session.update(reason=told["reason"], mediated_for=told["mediated_for"])
        entrance, found = find(asked[register.system], register, told["words"])
        if not entrance.allowed:
            return refused(entrance, asked=f"a search in {register.name}")
        return render_template("results.html", register=register, found=found)


def _record_pages(app: Flask, registers: Mapping[str, Register], asked: Mapping[str, Postern]) -> None:
    @app.get("/record/<system>/<number>")
    def record(system: str, number: str) -> Any:
        register = registers.get(system) or abort(404, NOT_HERE)
        row = register.rows.get(number)
        entrance = any_at_all(asked[system], register)
        if not entrance.allowed:  # whoever may see none is told the same of every number
            return refused(entrance, asked=f"{number} in {register.name}")
        resources = register.asked_in_turn(row) if row else [register.nobody("")]  # as if it were another school's
        *withheld, decision = asked[system].decide_first(g.person.reference, register.action, resources, why_and_how())
        if not decision.allowed:
            return refused(decision, asked=f"{number} in {register.name}")
        if row is None:
            abort(404, NOT_HERE)  # told only to who may see records of this kind
        return shown(register, row, decision, withheld=withheld[0] if withheld else None)

    @app.post("/close")
    def close() -> Any:
        return redirect(url_for("search"), 303)


def _shield_pages(app: Flask, directory: Register, postern: Postern) -> None:
    @app.get("/record/contactpoint/<number>/shield")
    def shield(number: str) -> str:
        return render_template("shield.html", number=number, warning=SHIELD_WARNING)

    @app.post("/record/contactpoint/<number>/shield")
    @postern.require(
        "override-shield",
        subject=lambda **_: g.person.reference,
        resource=directory.entry,
        context=lambda **_: why_and_how(),
        refused=lambda decision: refused(decision, asked="what is shielded of an entry in ContactPoint"),
    )
    def override(number: str, decision: Decision) -> Any:
        return shown(directory, directory.rows.get(number) or abort(404, NOT_HERE), decision, overridden=True)


def any_at_all(postern: Postern, register: Register) -> Decision:
    """Whether this person may see any record of a register."""
    who, ordinary = g.person.reference, register.nobody(school())
    return postern.permitted(who, register.action, [], ordinary=ordinary, context=why_and_how())[0]


def find(postern: Postern, register: Register, words: str) -> tuple[Decision, list[tuple[str, dict[str, Any]]]]:
    """The rows that the words are found in, looking only at what this person may see of each."""
    resources = [register.as_listed(row) for row in register.rows.values()]
    entrance, permitted = postern.permitted(
        g.person.reference, register.action, resources, ordinary=register.nobody(school()), context=why_and_how()
    )
    found = []
    for resource, decision in permitted:
        seen = decision.show(register.rows[resource.id], register.fields)
        if words.casefold() in f"{resource.id} {' '.join(map(in_words, seen.values()))}".casefold():
            found.append((resource.id, {name: seen[name] for name in register.listed if name in seen}))
    return entrance, found


def school() -> str:
    """The school that the visitor signed in from, if it was one."""
    return SCHOOL_OF.get(g.person.reference, "")


def why_and_how() -> dict[str, str]:
    """What the visitor has said of why, for whom, and how they signed in."""
    said = {name: session.get(name, "") for name in ("reason", "mediated_for")}
    return {**circumstances(), **{name: value for name, value in said.items() if value}}


def shown(
    register: Register, row: Row, decision: Decision, *, withheld: Decision | None = None, overridden: bool = False
) -> str:
    """The record's page: what may leave of it, and nothing else, is given to the template."""
    return render_template(
        "record.html",
        register=register,
        number=row["number"],
        seen=decision.show(row, register.fields),
        decision=decision,
        withheld=withheld,
        overridden=overridden,
    )


def in_words(value: Any) -> str:
    """A value as a person reads it."""
    match value:
        case None | "" | []:
            return "Not recorded"
        case bool():
            return "Yes" if value else "No"
        case dict():
            return "; ".join(f"{name}: {one}" for name, one in value.items())
        case list():
            return ", ".join(str(one).replace("-", " ") for one in value)
    return str(value)
