"""The kinds of work in London, Coventry and Derbyshire that people are drawn for: who approves it, and what it asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from examples.demo.drawing import Access, Approver, Work


class Region(NamedTuple):
    """A sub-region of London: its area, and who approves there."""

    area: str
    centre_manager: str
    mi_manager: str
    ccis_manager: str


REGIONS = {
    "central": Region("Central London", "felix.dunn", "helena.price", "paula.kirwan"),
    "east": Region("East London", "denise.cole", "omar.siddiqui", "nora.kemp"),
    "north": Region("North London", "roy.hammond", "simon.vale", "diane.ross"),
    "south": Region("South London", "maeve.tierney", "graham.todd", "lewis.okoro"),
    "west": Region("West London", "jaswinder.gill", "anita.solanki", "tereza.novak"),
}
COVENTRY, DERBYSHIRE = "coventry-city-council", "derbyshire-county-council"
YOUNG_PERSON = ("lccis", "young-person", "LCCIS-204117")
CHILD = ("coventry-lcs", "child-record", "LCS-100234")
ENTRY = ("contactpoint", "child-entry", "CP-00204117")
PUPIL = ("derbyshire-databook", "databook-record", "DCC-204117")
FAMILY = ("family-help", "case-record", "FH-204118")
NOBODY = ("", "", "")


def elsewhere(name: str) -> Approver:
    """The MI manager of another sub-region, who approves nothing here."""
    others = list(REGIONS)
    other = others[(others.index(name) + 1) % len(others)]
    return Approver(REGIONS[other].mi_manager, "sub_region_mi_manager", f"london-{other}")


def personal_advisers(name: str) -> Work:
    """Connexions personal advisers of a sub-region: Look up, CCIS and Core Plus."""
    region, service = REGIONS[name], f"connexions-{name}"
    local = Approver(region.centre_manager, "local_manager", service)
    mi = Approver(region.mi_manager, "sub_region_mi_manager", f"london-{name}")
    ccis = Approver(region.ccis_manager, "sub_regional_ccis_manager", f"london-{name}")
    access = (
        Access("lccis", "connexions-staff", (local, mi), elsewhere(name)),
        Access("ccis", "personal-adviser", (ccis,), mi),
        Access("career-vision-core-plus", "core-plus-user", (local, mi), elsewhere(name)),
    )
    courses = ("lccis-connexions", "ccis", "core-plus")
    return Work("personal advisers", service, "personal adviser", region.centre_manager, courses, access, YOUNG_PERSON)


def mi_staff(name: str) -> Work:
    """MI staff of a sub-region: Tracking tools, and the feed from their database."""
    region, service = REGIONS[name], f"connexions-{name}"
    ccis = Approver(region.ccis_manager, "sub_regional_ccis_manager", f"london-{name}")
    access = (
        Access("lccis", "mi-staff", (ccis,), elsewhere(name)),
        Access("connexions-databases", "feed-keeper", (ccis,), elsewhere(name)),
    )
    courses = ("lccis-connexions",)
    return Work("MI staff", service, "MI officer", region.mi_manager, courses, access, NOBODY, casework=False)


def borough_officers(name: str, borough: str, post: str) -> Work:
    """A borough's officers: Report runner."""
    mi = Approver(REGIONS[name].mi_manager, "sub_region_mi_manager", f"london-{name}")
    access = (Access("lccis", "partner-agency", (mi,), elsewhere(name)),)
    return Work("borough officers", borough, post, "", ("lccis-partner",), access, NOBODY, casework=False)


def school_staff(school: str, post: str, head: str) -> Work:
    """A school's staff: the social-care databook and the attainment databook."""
    approver = Approver(head, "head_teacher", school)
    wrong = Approver("rosa.keene", "council_access_assessor", DERBYSHIRE)
    access = (
        Access("derbyshire-databook", "school-user", (approver,), wrong),
        Access("derbyshire-attainment", "school-user", (approver,), wrong),
    )
    return Work(
        "school staff",
        school,
        post,
        head,
        ("databook-guidance", "attainment-databook-guidance"),
        access,
        PUPIL,
        casework=False,
        agreement=("databook-user-agreement", 2),
        since=date(2026, 5, 11),
        until=date(2026, 10, 5),
    )


def early_help() -> Work:
    """Coventry's early help practitioners: LCS, read only."""
    manager = Approver("daniel.osei", "line_manager", COVENTRY)
    access = (
        Access(
            "coventry-lcs", "early-help-practitioner", (manager,), Approver("ruth.adeyemi", "lcs_helpdesk", COVENTRY)
        ),
    )
    courses = ("melearning-read-only",)
    return Work("early help", COVENTRY, "early help practitioner", "daniel.osei", courses, access, CHILD)


def locked_team(organisation: str, role: str, post: str, manager: str) -> Work:
    """A team whose part of LCS is locked to it."""
    approver = Approver(manager, "team_manager", organisation)
    access = (Access("coventry-lcs", role, (approver,), Approver("daniel.osei", "line_manager", COVENTRY)),)
    courses = ("melearning-read-only",)
    return Work("teams of the locked parts", organisation, post, manager, courses, access, NOBODY, casework=False)


def contactpoint_users(name: str, organisation: str, post: str, manager: str, fate: str = "") -> Work:
    """Practitioners who look ContactPoint up; at the council they have its ICS too."""
    line, team = (
        Approver(manager, "line_manager", organisation),
        Approver("nadia.cole", "la_contactpoint_team", COVENTRY),
    )
    wrong = Approver("clive.ashworth", "director_of_childrens_services", COVENTRY)
    access: tuple[Access, ...] = (Access("contactpoint", "practitioner", (line, team), wrong),)
    courses: tuple[str, ...] = ("contactpoint-safe-use", "dpa-information-sharing")
    if organisation == COVENTRY:
        access = (*access, Access("ics", "frontline", (line,), wrong))
        courses = (*courses, "ics-practice")
    return Work(name, organisation, post, manager, courses, access, ENTRY, checked=True, fate=fate)


def derbyshire_social_workers() -> Work:
    """Derbyshire's social workers: its own ICS."""
    access = (
        Access(
            "ics",
            "frontline",
            (Approver("una.webb", "line_manager", DERBYSHIRE),),
            Approver("rosa.keene", "system_administrator", DERBYSHIRE),
        ),
    )
    record = ("ics", "child-record", "ICS-204117")
    return Work(
        "Derbyshire's social workers", DERBYSHIRE, "social worker", "una.webb", ("ics-practice",), access, record
    )


def family_help(team: str, manager: str) -> Work:
    """A family help team."""
    wrong = Approver("imogen.clarke", "head_of_service", COVENTRY)
    access = (Access("family-help", "family-help-worker", (Approver(manager, "team_manager", team),), wrong),)
    return family_help_work("family help", team, "family help worker", manager, access)


def family_help_partners() -> Work:
    """A partner's practitioners in family help."""
    lead = Approver("harriet.boyd", "agency_lead", "swanswell-health")
    board = Approver("adele.finney", "joint_board", COVENTRY)
    wrong = Approver("imogen.clarke", "head_of_service", COVENTRY)
    access = (Access("family-help", "partner-practitioner", (lead, board), wrong),)
    return family_help_work("family help's partners", "swanswell-health", "health visitor", "harriet.boyd", access)


def family_help_work(name: str, organisation: str, post: str, manager: str, access: tuple[Access, ...]) -> Work:
    """What family help asks of everybody."""
    return Work(
        name,
        organisation,
        post,
        manager,
        ("family-help-records", "information-sharing-duty"),
        access,
        FAMILY,
        checked=True,
        agreement=("family-help-user-agreement", 2),
        since=date(2026, 9, 30),
        until=date(2026, 10, 21),
    )


def london(boroughs: dict[str, str]) -> Iterator[tuple[Work, int]]:
    """London's work, each with how many people are drawn for it; boroughs are told with their sub-region."""
    for name in REGIONS:
        yield personal_advisers(name), 10
        yield mi_staff(name), 2
    for number, (borough, name) in enumerate(boroughs.items()):
        yield borough_officers(name, borough, "14-19 data officer"), 1
        if number % 3 == 0:
            yield borough_officers(name, borough, "youth support manager"), 1


def coventry() -> Iterator[tuple[Work, int]]:
    """Coventry's work, each with how many people are drawn for it."""
    yield early_help(), 30
    yield locked_team("coventry-mash", "mash-team", "MASH social worker", "grace.obi"), 6
    yield locked_team("coventry-lado", "lado-team", "designated officer", "hugh.lang"), 3
    yield locked_team("coventry-post-adoption", "post-adoption-team", "post adoption worker", "mabel.stroud"), 4
    yield contactpoint_users("Coventry's social workers", COVENTRY, "social worker", "ravi.menon"), 18
    fate = "works for Foleshill Families"
    yield contactpoint_users("charities", "foleshill-families", "family support worker", "beth.lacey", fate), 4
    fate = "works for Spon End Family Trust"
    yield contactpoint_users("charities", "spon-end-family-trust", "family worker", "lucy.marsh", fate), 4
    yield family_help("coventry-family-help-north", "rajesh.pillai"), 9
    yield family_help("coventry-family-help-south", "sophie.lund"), 8
    yield family_help_partners(), 5
