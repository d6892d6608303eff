"""Billing: licences, subscriptions, invoices and payments, in a database of their own.

Clauses 5, 8 and 17 of the privacy policy: what is needed to be paid is kept apart from everything else and used for
little else; a payment processor sees the card, we see its last four digits. Nothing here reads the main database, and
no role of the main database can connect to this one.
"""
