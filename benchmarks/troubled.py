"""One more person, of whom five things are wrong at once: what a long, worded denial costs."""

from benchmarks.shapes import COURSES, TODAY, Organisation, Person, Question, Workload, system_of

YESTERDAY = TODAY - 1
SYSTEM = "s3"
"""It asks for everything: the highest level, all courses, the own area."""

OBJECTIONS = 5
"""Vetting expired, a course missing, no signed agreement, accreditation expired, agreement no longer in force."""


def troubled(workload: Workload) -> tuple[Person, Question]:
    """The person, and a question which their role would allow."""
    denied = {(rule.application, rule.action) for rule in workload.denies}
    rule = next(
        rule
        for rule in workload.allows
        if system_of(rule.role) == SYSTEM and (rule.application, rule.action) not in denied
    )
    employer = Organisation("o-troubled", "authority", "area0", True, YESTERDAY, {SYSTEM: YESTERDAY})
    person = Person(
        id="u-troubled",
        organisation=employer,
        roles=(rule.role,),
        vetting_level=workload.systems[SYSTEM].vetting_level,
        vetted_until=YESTERDAY,
        courses=frozenset(COURSES[1:]),
        signed=False,
    )
    return person, Question(person.id, SYSTEM, rule.application, rule.action, "rec", employer.id, employer.area, False)
