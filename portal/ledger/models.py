"""The books: append-only. To undo, post the opposite. Database triggers hold the guard (`guards.py`)."""

from django.db import models
from django.db.models import Q


class Account(models.Model):
    """One pocket of money. The code says whose and which (`creator:mika:pending:usd`); its last part is the currency."""

    code = models.CharField(max_length=120, unique=True)
    currency = models.CharField(max_length=3)

    def __str__(self) -> str:
        return self.code


class Source(models.Model):
    """The outside fact that entries tell of (`invoice:in_123`); the row is the lock while it is settled."""

    name = models.CharField(max_length=120, unique=True)
    version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """One deed in the books: two or more lines that sum to zero in every currency. One key, one entry."""

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=40, db_index=True)
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, related_name="entries")
    at = models.DateTimeField(help_text="When the deed counts, not when it was written down.")
    written_at = models.DateTimeField(auto_now_add=True)
    memo = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the lines: the same key with other lines is an alarm.")

    class Meta:
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return self.key


class Line(models.Model):
    """`amount` minor units put on one account: debit +, credit −. A creator's claim is therefore negative."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines", db_index=False)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        indexes = [models.Index(fields=["account", "id"], name="line_of_account")]
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="a_line_moves_money")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount:+d}"


class Seal(models.Model):
    """Closes an entry: from here on nothing may be added. The seal is refused while the lines do not balance."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="seal")

    def __str__(self) -> str:
        return f"seal of {self.entry}"
