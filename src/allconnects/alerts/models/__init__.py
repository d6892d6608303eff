"""Rules, the events that they found, what was done about them, and who was told how."""

from allconnects.alerts.models.events import Alert, Step
from allconnects.alerts.models.rules import EVERYBODY, SCOPE, SETTINGS, WORDS, Progress, Rule, Waiting
from allconnects.alerts.models.telling import Delivery, Endpoint, PushSubscription
from allconnects.alerts.models.words import Channel, Handling, Outcome, Severity, State, What, words

__all__ = [
    "EVERYBODY",
    "SCOPE",
    "SETTINGS",
    "WORDS",
    "Alert",
    "Channel",
    "Delivery",
    "Endpoint",
    "Handling",
    "Outcome",
    "Progress",
    "PushSubscription",
    "Rule",
    "Severity",
    "State",
    "Step",
    "Waiting",
    "What",
    "words",
]
