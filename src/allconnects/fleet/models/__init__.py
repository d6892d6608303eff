"""The tables of this room, by what they are about."""

from allconnects.fleet.models.evidence import Claim, DriverEvent, Question
from allconnects.fleet.models.matter import Custody, Document, Tag
from allconnects.fleet.models.people import Employer, Person, Team, TeamMember
from allconnects.fleet.models.presence import Badge, Installation, Occupancy
from allconnects.fleet.models.record import Change, Looked, Reply, Upload
from allconnects.fleet.models.things import Material, Vehicle

__all__ = [
    "Badge",
    "Change",
    "Claim",
    "Custody",
    "Document",
    "DriverEvent",
    "Employer",
    "Installation",
    "Looked",
    "Material",
    "Occupancy",
    "Person",
    "Question",
    "Reply",
    "Tag",
    "Team",
    "TeamMember",
    "Upload",
    "Vehicle",
]
