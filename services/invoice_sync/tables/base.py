"""What the tables of invoice_sync have in common. No table stands here."""

from sqlalchemy import DateTime, Text

from chassis import database

METADATA = database.metadata()
MOMENT = DateTime(timezone=True)
# What is looked up and put in order: by code point, as Python does it, and not by the rules of some language.
KEY = Text(collation="C")
