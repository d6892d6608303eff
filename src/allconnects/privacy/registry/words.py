"""What the words of labels mean to a person who reads a notice."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CATEGORIES = {
    "system.operations": _("technical numbers that say nothing about anybody"),
    "user.account": _("your account: roles, memberships, when they were made"),
    "user.authorization.credentials": _("passwords, keys and codes, only as hashes or encrypted"),
    "user.government_id": _("your national number, only encrypted"),
    "user.contact": _("how to reach you"),
    "user.contact.email": _("your e-mail address"),
    "user.financial": _("how an invoice was paid: the last four digits and the brand of a card"),
    "user.name": _("your name"),
    "user.unique_id": _("numbers by which you are known, such as an employee number or badge"),
    "user.unique_id.pseudonymous": _("numbers that stand for you without saying who you are"),
    "user.device": _("devices that you use or carry"),
    "user.device.ip_address": _("your network address, only as a keyed hash"),
    "user.device.telemetry": _("what a device measures: speed, ignition, battery and the like"),
    "user.location.precise": _("where a vehicle, device or material is and was while you used it"),
    "user.behavior.browsing_history": _("when you signed in"),
    "user.settings": _("your settings, such as language and appearance"),
    "user.social": _("the teams that you belong to and who works with you"),
}
SUBJECTS = {
    "none": "",
    "account_holder": _("people who sign in"),
    "invitee": _("people who are asked to join"),
    "driver": _("drivers and passengers"),
    "employee": _("people in the register"),
    "contact": _("contact persons"),
    "subscriber": _("people who asked for news by mail"),
    "requester": _("people who ask about their data"),
}
BASES = {
    "none": "",
    "contract": _("needed for a contract (GDPR art. 6(1)(b))"),
    "legal_obligation": _("a legal obligation (GDPR art. 6(1)(c))"),
    "legitimate_interest": _("a legitimate interest, weighed against yours (GDPR art. 6(1)(f))"),
    "consent": _("your consent, which you can withdraw (GDPR art. 6(1)(a))"),
}
RETENTIONS = {
    "relation": _("account and registration"),
    "raw_position": _("positions"),
    "trip": _("trips and stops"),
    "security_log": _("security log"),
    "audit": _("audit chain"),
    "breach": _("register of breaches"),
    "access_log": _("who read about you"),
    "session": _("sign-in sessions"),
    "invitation": _("invitations"),
    "job": _("background work"),
    "billing": _("invoices and payments"),
    "occupancy": _("who was in which vehicle"),
    "change_history": _("history of changes"),
    "upload": _("files that were uploaded to be imported"),
    "alert": _("alerts"),
    "tax_logbook": _("logbook for the tax"),
    "payroll": _("months for payroll"),
    "share": _("links that were shared"),
    "message": _("messages between office and drivers"),
    "command": _("commands to devices"),
    "consent": _("what you agreed to and when you took it back"),
    "subscription": _("addresses that asked for news"),
    "suppression": _("addresses that are not written to again, as keyed hashes"),
    "request": _("requests about your data"),
    "erased_mark": _("marks of what was erased"),
    "export_file": _("copies of your data that wait to be fetched"),
}
PARTIES = {"controller": _("controller"), "processor": _("processor for your employer")}
RECIPIENT_KINDS = {
    "processor": _("processor"),
    "independent": _("decides for itself"),
    "authority": _("authority"),
    "employer": _("your employer"),
    "person": _("yourself"),
}
