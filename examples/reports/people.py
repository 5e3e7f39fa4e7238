"""Who may sit at the report runner's screen today; what each may run, Postern knows."""

from examples.pages.site import Person

GLA = "Greater London Authority"

PEOPLE = (
    Person("joyce.appiah", "Joyce Appiah", "14-19 strategy officer", "London Borough of Hackney"),
    Person("judith.amos", "Judith Amos", "senior statistician", GLA),
    Person("tobias.reed", "Tobias Reed", "skills analyst", GLA),
    Person("sandra.okafor", "Sandra Okafor", "personal adviser", "Central London Connexions"),
    Person("marcus.bell", "Marcus Bell", "personal adviser until last week", "Central London Connexions"),
)
