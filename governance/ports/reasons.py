"""The one table of reasons for a denial: who can mend each, in what order, and in whose words.

A code is decided in the room that its requirement names, worded here, and tested by the packs' truth tables.
Codes are added, never renamed. `disclosed_as` is what a front end reads in place of a code that tells too much.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Mender(IntEnum):
    """Who can mend a reason; reasons are shown in this order."""

    ONESELF = 1
    MANAGER = 2
    ORGANISATION = 3
    SYSTEM_OWNER = 4
    NOBODY = 5


class Code(StrEnum):
    """Every reason code of the decision API."""

    ORGANISATION_NOT_ACCREDITED = "organisation_not_accredited"
    ACCREDITATION_CRITERION_UNMET = "accreditation_criterion_unmet"
    ACCREDITATION_CRITERION_UNSIGNED = "accreditation_criterion_unsigned"
    ACCREDITATION_EXPIRED = "accreditation_expired"
    ACCREDITATION_SUSPENDED = "accreditation_suspended"
    AGREEMENT_MISSING = "agreement_missing"
    AGREEMENT_NOT_IN_FORCE = "agreement_not_in_force"
    AGREEMENT_OUT_OF_SCOPE = "agreement_out_of_scope"
    AGREEMENT_WITHOUT_BASIS = "agreement_without_basis"
    PROTOCOL_MISSING = "protocol_missing"
    INDIVIDUAL_AGREEMENT_MISSING = "individual_agreement_missing"
    INDIVIDUAL_AGREEMENT_SUPERSEDED = "individual_agreement_superseded"
    VETTING_MISSING = "vetting_missing"
    VETTING_LEVEL = "vetting_level"
    VETTING_EXPIRED = "vetting_expired"
    VETTING_STATUS_MISSING = "vetting_status_missing"
    BARRED = "barred"
    TRAINING_MISSING = "training_missing"
    TRAINING_EXPIRED = "training_expired"
    NO_GRANT = "no_grant"
    GRANT_EXPIRED = "grant_expired"
    GRANT_NOT_STARTED = "grant_not_started"
    NOT_EMPLOYED = "not_employed"
    ORGANISATION_KIND = "organisation_kind"
    SUSPENDED = "suspended"
    ROLE_NOT_PERMITTED = "role_not_permitted"
    EXPLICITLY_DENIED = "explicitly_denied"
    PART_LOCKED = "part_locked"
    FIELD_NOT_PERMITTED = "field_not_permitted"
    CLASSIFICATION = "classification"
    COHORT = "cohort"
    AGE = "age"
    AGGREGATE_ONLY = "aggregate_only"
    ANONYMOUS_ONLY = "anonymous_only"
    PURPOSE = "purpose"
    REASON_MISSING = "reason_missing"
    NO_NEED = "no_need"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    DEVICE = "device"
    SECOND_FACTOR_MISSING = "second_factor_missing"
    SECOND_FACTOR_TOO_OLD = "second_factor_too_old"
    TOKEN_NOT_GOOD = "token_not_good"  # noqa: S105 - a code, not a secret
    WRONG_GRANTOR = "wrong_grantor"
    APPROVAL_MISSING = "approval_missing"
    CONSENT_MISSING = "consent_missing"
    MEDIATION_REQUIRED = "mediation_required"
    MEDIATOR_NOT_IN_ORDER = "mediator_not_in_order"
    AUDIT_NOT_LIVE = "audit_not_live"
    SCHEME_NOT_OPEN = "scheme_not_open"
    SCHEME_CLOSED = "scheme_closed"
    NO_SUCH_RESOURCE = "no_such_resource"
    UNKNOWN_SUBJECT = "unknown_subject"
    AUDIT_UNAVAILABLE = "audit_unavailable"
    BAD_QUESTION = "bad_question"
    POLICY_ERROR = "policy_error"
    ACCESS_ON_HOLD = "access_on_hold"
    PROPERTY_MISMATCH = "property_mismatch"
    CONDITION_UNMET = "condition_unmet"
    OBLIGATION_UNSUPPORTED = "obligation_unsupported"
    SELF_APPROVAL = "self_approval"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Words:
    """How a reason reads: to the person refused, to who looks after access; who mends it, and what they do.

    `user` and `what` speak to the person; `of_them` makes what others read about that person. What fills their places
    speaks to nobody.
    """

    mender: Mender
    user: str
    admin: str
    who: str
    what: str
    disclosed_as: Code | None = None


PRONOUNS = {"you": "they", "your": "their", "yours": "theirs", "yourself": "themselves"}
SPOKEN_TO = re.compile(r"\b(you|your|yours|yourself)\b", re.IGNORECASE)
OBJECT = re.compile(r"\b(for|have|of|to|with) you\b")


def of_them(sentence: str) -> str:
    """A sentence that speaks to a person as it speaks of them: "Your check is out of date", "Their check is …".

    Pronouns alone change, for "you" and "they" take the same verbs; `OBJECT` names what stands before a "them".
    """

    def other(found: re.Match[str]) -> str:
        word = PRONOUNS[found[0].lower()]
        return word.capitalize() if found[0][0].isupper() else word

    return SPOKEN_TO.sub(other, OBJECT.sub(r"\1 them", sentence))


ONESELF, MANAGER, ORGANISATION, OWNER, NOBODY = Mender
HOLD = Code.ACCESS_ON_HOLD

# fmt: off
REASONS: dict[Code, Words] = {
    # mended by oneself
    Code.INDIVIDUAL_AGREEMENT_MISSING: Words(
        ONESELF, "You have not signed the user agreement for this system.", "No signature of the individual agreement {agreement}.",
        "user", "Read and sign the user agreement {agreement}."),
    Code.INDIVIDUAL_AGREEMENT_SUPERSEDED: Words(
        ONESELF, "The user agreement has changed since you signed it.", "Signed version {signed}; version {needed} is required.",
        "user", "Read and sign version {needed} of the user agreement {agreement}."),
    Code.TRAINING_MISSING: Words(
        ONESELF, "You have not completed the training {course}.", "No completion of {course} is recorded.",
        "user", "Complete the training {course}; your manager can book it."),
    Code.TRAINING_EXPIRED: Words(
        ONESELF, "Your training {course} has lapsed.", "{course} was completed on {completed} and has lapsed.",
        "user", "Complete the training {course} again."),
    Code.SECOND_FACTOR_MISSING: Words(
        ONESELF, "You need to prove who you are with a second factor.", "No second factor was asserted; {needed} is required.",
        "user", "Sign in again with your second factor."),
    Code.SECOND_FACTOR_TOO_OLD: Words(
        ONESELF, "It is too long since you used your second factor.", "The second factor is older than {minutes} minutes.",
        "user", "Use your second factor again."),
    Code.TOKEN_NOT_GOOD: Words(
        ONESELF, "Your sign-in does not hold here any more.", "The access token is not good for this question: not whole, ended, of another person or system, or its session was ended.",
        "user", "Sign in again."),
    Code.PURPOSE: Words(
        ONESELF, "The purpose you gave is not one this system may be used for.", "The purpose given is not among: {allowed}.",
        "user", "Open the record only for a purpose that this system serves, and give that purpose."),
    Code.REASON_MISSING: Words(
        ONESELF, "You have not said why you need this record.", "No reason for access was given.",
        "user", "Give the reason why you need this record."),
    Code.FIELD_NOT_PERMITTED: Words(
        ONESELF, "This system does not show what you asked for.", "Fields outside the permitted set: {fields}.",
        "user", "Ask for the permitted fields only."),
    Code.AGGREGATE_ONLY: Words(
        ONESELF, "You may see totals only, not rows about individuals.", "The role is limited to aggregate rows.",
        "user", "Run an aggregate report."),
    Code.ANONYMOUS_ONLY: Words(
        ONESELF, "You may see anonymous data only.", "The role is limited to anonymous data.",
        "user", "Ask for the anonymous extract."),
    Code.DEVICE: Words(
        ONESELF, "This system needs a device that the council manages.", "Device {device} is not permitted.",
        "user", "Use a managed device."),
    # mended by the manager
    Code.UNSURE: Words(
        MANAGER, "You marked that you are unsure whether you should look at this record.", "The person marked the access as unsure.",
        "line_manager", "Speak with your line manager before you look at this record."),
    Code.NO_NEED: Words(
        MANAGER, "There is no link between your work and this record.", "No need was shown: {needed}.",
        "line_manager", "Ask your line manager to confirm the work that needs this record."),
    Code.CONSENT_MISSING: Words(
        MANAGER, "The consent that this needs is not recorded.", "No consent of {consent} is recorded.",
        "line_manager", "Obtain and record the consent."),
    Code.NO_GRANT: Words(
        MANAGER, "You have not been given access to this system.", "No grant of a role that allows this.",
        "line_manager", "Ask your manager to request access for you."),
    Code.GRANT_EXPIRED: Words(
        MANAGER, "Your access to this system has ended.", "The grant of {role} ended.",
        "line_manager", "Ask your manager to request access again."),
    Code.GRANT_NOT_STARTED: Words(
        MANAGER, "Your access to this system has not started yet.", "The grant of {role} starts on {starts}.",
        "line_manager", "Wait until the access starts, or ask your manager for an earlier date."),
    Code.NOT_EMPLOYED: Words(
        MANAGER, "You are not recorded as working for this organisation now.", "No current employment in {organisation}.",
        "line_manager", "Ask your manager to correct your employment record."),
    Code.SELF_APPROVAL: Words(
        MANAGER, "Your access was approved by yourself.", "The grant was approved by its holder.",
        "line_manager", "Have another person approve the access."),
    Code.VETTING_MISSING: Words(
        MANAGER, "No criminal records check is recorded for you.", "No {level} check for the {workforce} workforce is recorded.",
        "line_manager", "Ask your manager to arrange a check."),
    Code.VETTING_LEVEL: Words(
        MANAGER, "Your criminal records check is not of the level this system needs.", "The check is {held}; {level} is required.",
        "line_manager", "Ask your manager to arrange a check of the right level."),
    Code.VETTING_EXPIRED: Words(
        MANAGER, "Your criminal records check is out of date.", "The check issued on {issued} had to be renewed by {last_day}.",
        "line_manager", "Ask your manager to arrange a new check."),
    Code.VETTING_STATUS_MISSING: Words(
        MANAGER, "Nobody has looked up lately whether your criminal records check is still current.",
        "No status check of the last {months} months says that the check issued on {issued} is current.",
        "line_manager", "Ask your manager to look its status up with the DBS Update Service, or to arrange a new check."),
    Code.APPROVAL_MISSING: Words(
        MANAGER, "Your access still waits for an approval.", "The approval of {approver} is missing.",
        "line_manager", "Ask for the approval of {approver}."),
    Code.WRONG_GRANTOR: Words(
        MANAGER, "Your access was approved by somebody who cannot approve it.", "Approved by {approved_by}; {grantor} approves this role.",
        "line_manager", "Send the request to {grantor}."),
    # mended by one's organisation
    Code.ORGANISATION_NOT_ACCREDITED: Words(
        ORGANISATION, "Your organisation is not accredited for this system.", "No answers to checklist {checklist} are recorded.",
        "organisation_lead", "Complete the accreditation checklist {checklist}."),
    Code.ACCREDITATION_CRITERION_UNMET: Words(
        ORGANISATION, "Your organisation does not meet what this system requires.", "Criterion {criterion} of {checklist} is not met.",
        "organisation_lead", "Meet criterion {criterion} of the checklist {checklist}."),
    Code.ACCREDITATION_CRITERION_UNSIGNED: Words(
        ORGANISATION, "Your organisation's accreditation is not signed.", "Criterion {criterion} of {checklist} is met but not signed.",
        "organisation_lead", "Sign criterion {criterion} of the checklist {checklist}."),
    Code.ACCREDITATION_EXPIRED: Words(
        ORGANISATION, "Your organisation's accreditation has lapsed.", "Criterion {criterion} of {checklist} is out of date.",
        "organisation_lead", "Renew criterion {criterion} of the checklist {checklist}."),
    Code.ACCREDITATION_SUSPENDED: Words(
        ORGANISATION, "Your organisation's access is suspended.", "The organisation {organisation} is suspended.",
        "organisation_lead", "Contact the team that accredits organisations."),
    Code.AGREEMENT_MISSING: Words(
        ORGANISATION, "There is no data sharing agreement with your organisation for this system.", "No agreement covers {organisation}.",
        "organisation_lead", "Arrange a data sharing agreement that covers this system."),
    Code.AGREEMENT_NOT_IN_FORCE: Words(
        ORGANISATION, "The data sharing agreement with your organisation is not in force.", "Agreement {agreement} is not in force.",
        "organisation_lead", "Sign or renew the agreement {agreement}."),
    Code.AGREEMENT_OUT_OF_SCOPE: Words(
        ORGANISATION, "The data sharing agreement does not cover this.", "Agreement {agreement} does not cover {what}.",
        "organisation_lead", "Ask only for what the agreement covers, or have it extended."),
    Code.AGREEMENT_WITHOUT_BASIS: Words(
        ORGANISATION, "The data sharing agreement does not say on what lawful basis data is shared.",
        "Agreement {agreement} does not record: {what}.",
        "organisation_lead", "Have recorded in the agreement {agreement}: {what}."),
    Code.PROTOCOL_MISSING: Words(
        ORGANISATION, "Your organisation has not signed the protocol for this system.", "Protocol {agreement} is not signed by {organisation}.",
        "organisation_lead", "Sign the protocol {agreement} with the council."),
    Code.CONDITION_UNMET: Words(
        ORGANISATION, "A condition of your access is not met.", "Not met: {condition}.",
        "organisation_lead", "Meet the condition: {condition}."),
    # mended by the system's owner
    Code.MEDIATION_REQUIRED: Words(
        OWNER, "You may use this system only through an authorised colleague.", "Direct use is not possible from this organisation.",
        "system_owner", "Ask an authorised colleague to look it up with you."),
    Code.MEDIATOR_NOT_IN_ORDER: Words(
        OWNER, "The colleague who asks on your behalf may not do so.", "The mediator's own chain does not hold.",
        "system_owner", "Ask an authorised colleague whose access is in order."),
    Code.AUDIT_NOT_LIVE: Words(
        OWNER, "This system is not open yet.", "The audit trail of {system} is not live.",
        "system_owner", "Bring the audit trail live and record the day."),
    Code.SCHEME_NOT_OPEN: Words(
        OWNER, "This is not open yet.", "{system} opens this on {opens}.", "system_owner", "Wait until it opens on {opens}."),
    Code.PROPERTY_MISMATCH: Words(
        OWNER, "The front end and this service disagree about the record.", "Property {property} differs from what is stored.",
        "system_owner", "Correct the property {property} in the front end or here."),
    Code.OBLIGATION_UNSUPPORTED: Words(
        OWNER, "The front end cannot do what this access obliges it to do.", "The front end does not declare these obligations: {types}.",
        "system_owner", "Let the front end fulfil {types}, and declare it in supported_obligations."),
    Code.POLICY_ERROR: Words(
        OWNER, "The question could not be decided, so access is refused.", "An error occurred in: {where}.",
        "system_owner", "Report the decision's number to the service's administrator."),
    Code.AUDIT_UNAVAILABLE: Words(
        OWNER, "The answer could not be recorded, so there is none.", "The trail could not be written.",
        "system_owner", "Try again shortly."),
    Code.BAD_QUESTION: Words(
        OWNER, "The front end's question could not be read, so access is refused.", "Malformed: {where}.",
        "system_owner", "Correct the front end's question."),
    # mended by nobody
    Code.ORGANISATION_KIND: Words(
        NOBODY, "This system is not open to organisations such as yours.", "{organisation} ({kind}) is not among: {allowed}.",
        "system_owner", "Ask the system's owner which route is open to you."),
    Code.SCHEME_CLOSED: Words(
        NOBODY, "This system has been closed.", "{system} closed at the end of {closed}.", "system_owner", "Use what replaced it."),
    Code.ROLE_NOT_PERMITTED: Words(
        NOBODY, "Your role does not allow this.", "Role {role} may not {action} {type}.", "system_owner", "Ask a colleague whose role allows it."),
    Code.EXPLICITLY_DENIED: Words(
        NOBODY, "This is not allowed.", "Rule {rule} denies it.", "system_owner", "Ask the system's owner."),
    Code.PART_LOCKED: Words(
        NOBODY, "This part is locked to the team that works with it.", "{part} is locked by rule {rule}.",
        "system_owner", "Ask the team that works with this part."),
    Code.CLASSIFICATION: Words(
        NOBODY, "This information comes from a source that is not shared here.", "Source or marking {classification} is not shared.",
        "system_owner", "Ask the source."),
    Code.COHORT: Words(
        NOBODY, "This record is outside the group that you may see.", "Outside the cohort: {cohort}.",
        "system_owner", "Ask somebody whose work covers this record."),
    Code.AGE: Words(
        NOBODY, "This person is outside the ages that this system covers.", "Outside the ages: {ages}.", "system_owner", "Use another route."),
    Code.NO_SUCH_RESOURCE: Words(
        NOBODY, "There is no such thing to ask for in this system.", "No resource type {type}.", "system_owner", "Correct the question."),
    Code.UNKNOWN_SUBJECT: Words(
        NOBODY, "You are not known to this service.", "Nobody has this reference.", "line_manager", "Ask your manager to have you registered."),
    Code.CONFLICT_OF_INTEREST: Words(
        NOBODY, "You may not open the record of somebody whom you know.", "A conflict of interest is declared ({relation}).",
        "line_manager", "Speak with your line manager.", HOLD),
    Code.SUSPENDED: Words(
        NOBODY, "Your access is suspended.", "Suspended since {since}. To lift it: postern lift PERSON --why WHY.", "line_manager", "Speak with your line manager.", HOLD),
    Code.BARRED: Words(
        NOBODY, "Your access is not possible.", "Barred from work with the {workforce} workforce.",
        "line_manager", "Speak with your line manager.", HOLD),
    Code.ACCESS_ON_HOLD: Words(
        NOBODY, "Your access is on hold.", "Access is on hold.", "line_manager", "Speak with your line manager."),
}
# fmt: on
