"""The tables of this room, by what they are about."""

from allconnects.fleet.models.evidence import Claim, DriverEvent, Question
from allconnects.fleet.models.matter import Custody, Document, Tag
from allconnects.fleet.models.people import Employer, Person, Team, TeamMember
from allconnects.fleet.models.presence import Badge, Installation, Occupancy
from allconnects.fleet.models.private import (
    Absence,
    ExceptionKind,
    How,
    LocationChoice,
    LocationException,
    LocationRule,
    PersonHours,
    Pool,
    Precision,
    PrivateTime,
)
from allconnects.fleet.models.record import Change, Looked, Reply, Upload
from allconnects.fleet.models.things import Material, Vehicle

__all__ = [
    "Absence",
    "Badge",
    "Change",
    "Claim",
    "Custody",
    "Document",
    "DriverEvent",
    "Employer",
    "ExceptionKind",
    "How",
    "Installation",
    "LocationChoice",
    "LocationException",
    "LocationRule",
    "Looked",
    "Material",
    "Occupancy",
    "Person",
    "PersonHours",
    "Pool",
    "Precision",
    "PrivateTime",
    "Question",
    "Reply",
    "Tag",
    "Team",
    "TeamMember",
    "Upload",
    "Vehicle",
]
