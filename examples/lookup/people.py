"""Who may sit at the look-up's screen today; what each may see, Postern knows."""

from examples.pages.site import Person

CONNEXIONS = "Central London Connexions"
COVENTRY = "Coventry City Council"
FENNY_HOLLOW = "Fenny Hollow Primary School"

PEOPLE = (
    Person("sandra.okafor", "Sandra Okafor", "personal adviser", CONNEXIONS),
    Person("marcus.bell", "Marcus Bell", "personal adviser until last week", CONNEXIONS),
    Person("joyce.appiah", "Joyce Appiah", "14-19 strategy officer", "London Borough of Hackney"),
    Person("helen.ward", "Helen Ward", "designated safeguarding lead", FENNY_HOLLOW),
    Person("dev.patel", "Dev Patel", "teacher", "Amber Fold School"),
    Person("joanna.pike", "Joanna Pike", "social worker", COVENTRY),
    Person("tariq.shah", "Tariq Shah", "social worker with the right to override a shield", COVENTRY),
    Person("nadia.cole", "Nadia Cole", "ContactPoint team manager", COVENTRY),
    Person("comfort.asante", "Comfort Asante", "family support worker", "Foleshill Families"),
)

SCHOOL_OF = {"helen.ward": "fenny-hollow-primary", "dev.patel": "amber-fold-school"}
"""The school that a person signed in from, by its reference in Postern."""
