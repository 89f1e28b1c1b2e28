"""What the messages are about: the labels that Larkbench uses, and two themes that it has not noticed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

COMPANY = "Larkbench"


@dataclass(frozen=True, slots=True)
class Concept:
    """A theme of messages.

    ``weight`` is how often it is a message's main theme, relative to the others; ``trend`` the factor by which that
    weight grows from the first day to the last. ``known`` says whether the taxonomy has a label for it.
    """

    name: str
    weight: float
    description: str
    trend: float = 1.0
    important: bool = False
    known: bool = True


CONCEPTS = (
    Concept("Delivery > Late", 15, "The promised date has passed, or was moved. Asking for a date is Order > Status.", 1.5),
    Concept("Delivery > Missed appointment", 5, "A slot was agreed, the customer was in, and nobody came or rang."),
    Concept("Delivery > Damaged", 9, "Broken on the way: visible on unpacking. What breaks in use is Product > Faulty.", 0.8),
    Concept("Delivery > Change date or address", 7, "The customer wants another day, place or way of delivery."),
    Concept("Delivery > Crew", 3, "How the people who brought it behaved, well or badly."),
    Concept("Order > Status", 13, "Where an order is, or whether it exists, before it is late."),
    Concept("Order > Cancel", 6, "The customer withdraws from an order, or threatens to."),
    Concept("Order > Return or exchange", 8, "Something delivered is to go back, or be swapped for another."),
    Concept("Product > Missing parts", 7, "Parts, boxes or cushions that belong to the piece did not come."),
    Concept("Product > Faulty", 10, "Badly made, or broken in normal use.", 1.2),
    Concept("Product > Not as described", 5, "Colour, size, material or model differs from what was shown or ordered."),
    Concept("Product > Question before buying", 8, "Someone who may buy wants to know something first.", 0.7),
    Concept("Assembly > Instructions", 4, "How to put it together: leaflets missing, wrong or unclear."),
    Concept("Billing > Wrong amount", 5, "More was taken, or less taken off, than agreed."),
    Concept("Billing > Refund", 7, "Money back, in full or in part: wanted, promised or overdue.", important=True),
    Concept("Billing > Invoice", 3, "An invoice or receipt is wanted, or must be corrected."),
    Concept("Billing > Voucher", 2.5, "Vouchers, codes, gift cards and discounts."),
    Concept("Service > No reply", 3, "Calls or messages went unanswered."),
    Concept("Feedback > Praise", 5, "Sincere thanks or praise, for the piece or for people."),
    Concept("Safety > Hazard", 1.2, "Someone was hurt or could be. Always read by a person at once.", important=True),
    Concept("Account > Privacy", 1.3, "Personal data: what is kept, where it went, deleting it."),
    Concept("Packaging > Too much", 3.9, "Too much packaging, or nowhere to put it.", 1.4, known=False),
    Concept("Fraud > Fake messages", 2.3, "Others pretend to be Larkbench to get at money or data.", 4.0, known=False),
)
KNOWN = tuple(concept for concept in CONCEPTS if concept.known)
UNKNOWN = tuple(concept for concept in CONCEPTS if not concept.known)

#: What people bring up beside their main theme, and how readily.
COMPANIONS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "Delivery > Late": {"Service > No reply": 5, "Billing > Refund": 2, "Order > Cancel": 3, "Order > Status": 2},
        "Delivery > Missed appointment": {"Delivery > Change date or address": 3, "Delivery > Late": 3, "Service > No reply": 2},
        "Delivery > Damaged": {
            "Order > Return or exchange": 4,
            "Billing > Refund": 3,
            "Delivery > Crew": 1,
            "Product > Missing parts": 1,
        },
        "Delivery > Change date or address": {"Order > Status": 3, "Delivery > Late": 1},
        "Delivery > Crew": {"Delivery > Damaged": 2, "Delivery > Late": 1, "Feedback > Praise": 2, "Packaging > Too much": 1},
        "Order > Status": {"Service > No reply": 3, "Delivery > Change date or address": 2, "Billing > Invoice": 1},
        "Order > Cancel": {"Billing > Refund": 4, "Delivery > Late": 2, "Product > Question before buying": 1},
        "Order > Return or exchange": {"Billing > Refund": 4, "Product > Not as described": 3, "Product > Faulty": 2},
        "Product > Missing parts": {"Assembly > Instructions": 3, "Service > No reply": 2, "Delivery > Damaged": 1},
        "Product > Faulty": {"Order > Return or exchange": 3, "Billing > Refund": 2, "Service > No reply": 2},
        "Product > Not as described": {"Order > Return or exchange": 5, "Billing > Refund": 2},
        "Product > Question before buying": {"Billing > Voucher": 2},
        "Assembly > Instructions": {"Product > Missing parts": 3, "Product > Faulty": 1},
        "Billing > Wrong amount": {"Billing > Refund": 4, "Billing > Invoice": 3, "Billing > Voucher": 2},
        "Billing > Refund": {"Service > No reply": 4, "Order > Return or exchange": 2, "Order > Cancel": 2},
        "Billing > Invoice": {"Feedback > Praise": 1, "Service > No reply": 1, "Billing > Wrong amount": 1},
        "Billing > Voucher": {"Billing > Wrong amount": 2, "Product > Question before buying": 2},
        "Service > No reply": {"Order > Status": 3, "Billing > Refund": 2},
        "Feedback > Praise": {"Delivery > Crew": 2, "Product > Question before buying": 1, "Packaging > Too much": 1},
        "Safety > Hazard": {"Product > Faulty": 4, "Billing > Refund": 1},
        "Account > Privacy": {"Service > No reply": 1},
        "Packaging > Too much": {"Feedback > Praise": 2, "Delivery > Damaged": 1, "Delivery > Crew": 1},
        "Fraud > Fake messages": {"Order > Status": 2, "Account > Privacy": 0.6},
    }
)

#: Labels that two careful people can take for one another.
SIBLINGS: Mapping[str, str] = MappingProxyType(
    {
        "Delivery > Late": "Order > Status",
        "Order > Status": "Delivery > Late",
        "Delivery > Missed appointment": "Delivery > Late",
        "Delivery > Damaged": "Product > Faulty",
        "Product > Faulty": "Delivery > Damaged",
        "Order > Return or exchange": "Billing > Refund",
        "Order > Cancel": "Order > Return or exchange",
        "Billing > Refund": "Billing > Wrong amount",
        "Billing > Wrong amount": "Billing > Invoice",
        "Product > Missing parts": "Product > Not as described",
    }
)
