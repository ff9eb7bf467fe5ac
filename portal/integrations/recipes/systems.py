"""The applicant systems that there is a recipe for. Another one is another entry.

`fields` holds merge fields as the system's own help pages spell them, and nothing that was guessed: where the spelling is not
published, or is chosen from a menu and never seen, it starts empty, and `hint` says where to look.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from portal.clicks.prefill import Field

NOTHING: Mapping[Field, str] = MappingProxyType({})


class System(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    """In addresses and tables; it stays for ever."""
    name: str
    hint: str
    """Where its merge fields are found, in a sentence."""
    fields: Mapping[Field, str] = NOTHING
    source: str = ""
    """The page that `fields` were read on."""


OWN = "Paste each one from your own system: put it into a test template there with its menu of fields, and copy it from the text."
SYSTEMS = (
    System(
        key="greenhouse",
        name="Greenhouse",
        hint="They are the template tokens of Greenhouse's email templates.",
        source="https://support.greenhouse.io/hc/en-us/articles/360007039771",
        fields={
            Field.NAME: "{{CANDIDATE_NAME}}",
            Field.FIRST_NAME: "{{CANDIDATE_FIRST_NAME}}",
            Field.EMAIL: "{{CANDIDATE_EMAIL_ADDRESS}}",
            Field.PHONE: "{{CANDIDATE_PHONE}}",
            Field.EXTERNAL_ID: "{{APPLICATION_ID}}",
        },
    ),
    System(
        key="lever",
        name="Lever",
        hint=f"Lever's template editor puts them in by a button, and its help pages don't spell them. {OWN}",
        source="https://help.lever.co/hc/en-us/articles/20087359674269",
    ),
    System(
        key="ashby",
        name="Ashby",
        hint=f"Ashby's are words in double braces; its help pages don't list them. {OWN}",
        source="https://docs.ashbyhq.com/emails-and-email-templates",
    ),
    System(
        key="workable",
        name="Workable",
        hint=f"Workable shows them as pills in its editor, and its help pages don't spell them. {OWN}",
        source="https://help.workable.com/hc/en-us/articles/115011833627",
    ),
    System(
        key="smartrecruiters",
        name="SmartRecruiters",
        hint=f"SmartRecruiters' stand in square brackets and begin with m_; those of a person are not in its help pages. {OWN}",
        source="https://intercom-help.eu/talenthub-eu/en/articles/3787",
    ),
    System(
        key="teamtailor",
        name="Teamtailor",
        hint="They are the variables of Teamtailor's messages. It has no published one for email or phone.",
        source="https://support.teamtailor.com/en/articles/114127",
        fields={Field.NAME: "{full-name}", Field.FIRST_NAME: "{first-name}", Field.LAST_NAME: "{last-name}"},
    ),
    System(
        key="bullhorn",
        name="Bullhorn",
        hint="They are the merge fields of Bullhorn Automation.",
        source="https://kb.bullhorn.com/automation/",
        fields={Field.FIRST_NAME: "%FIRSTNAME%", Field.LAST_NAME: "%LASTNAME%", Field.EMAIL: "%EMAIL%"},
    ),
    System(key="icims", name="iCIMS", hint=f"How iCIMS spells them is not known here. {OWN}"),
    System(key="rippling", name="Rippling", hint=f"How Rippling spells them is not known here. {OWN}"),
    System(key="isolved", name="iSolved", hint=f"How iSolved spells them is not known here. {OWN}"),
    System(
        key="indeed",
        name="Indeed",
        hint=f"Whether Indeed's messages fill anything in is not known. {OWN} Without any, the link works as it is.",
    ),
)
BY_KEY = {system.key: system for system in SYSTEMS}
