"""The books: append-only. To undo, post the opposite. Database triggers hold the guard (`guards.py`)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse


class Account(models.Model):
    """One pocket of money. The code says whose and which (`creator:mika:pending:usd`); its last part is the currency."""

    code = models.CharField(max_length=120, unique=True)
    currency = models.CharField(max_length=3)

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("ledger_account", args=[self.code])


class Source(models.Model):
    """The outside fact that entries tell of (`invoice:in_123`); the row is the lock while it is settled."""

    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=0, help_text="How many entries were posted for it.")

    class Meta:
        # As a constraint, not `unique=True`, which on PostgreSQL brings a second index for searches nobody makes.
        constraints = [models.UniqueConstraint(fields=["name"], name="one_source_per_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("ledger_source", args=[self.name])


class Entry(models.Model):
    """One deed in the books: two or more lines that sum to zero in every currency. One key, one entry."""

    key = models.CharField(max_length=160)
    kind = models.CharField(max_length=40)
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, related_name="entries")
    at = models.DateTimeField(help_text="When the deed counts, not when it was written down.")
    written_at = models.DateTimeField(db_default=Now(), editable=False)
    memo = models.CharField(max_length=200, blank=True)
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of the lines: the same key with other lines is an alarm."
    )

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=["key"], name="one_entry_per_key")]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("ledger_entry", args=[self.key])


class Line(models.Model):
    """`amount` minor units put on one account: debit +, credit −. A creator's claim is therefore negative."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="lines")
    # A guard checks the reference instead of a constraint, which on PostgreSQL would lock the row of every hot account
    # for each line. Accounts are never deleted, so once is enough.
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        indexes = [models.Index(fields=["account", "id"], name="line_of_account")]
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="a_line_moves_money")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount:+d}"

    @property
    def credit(self) -> int:
        """The amount of a line on the credit side, as a positive number."""
        return -self.amount


class Seal(models.Model):
    """Closes an entry: from here on nothing may be added. The seal is refused while the lines do not balance."""

    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.PROTECT, related_name="seal")

    def __str__(self) -> str:
        return f"seal of {self.entry}"


class Batch(models.Model):
    """A stretch of lines that is closed: every line up to `upto_line` is committed, none can come in below it."""

    upto_line = models.BigIntegerField(unique=True)
    closed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"lines up to {self.upto_line}"


class Snapshot(models.Model):
    """What one account held at the end of a batch that moved it; a balance is this plus the lines since."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="snapshots")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="snapshots", db_index=False)
    upto_line = models.BigIntegerField()
    balance = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "upto_line"], name="one_snapshot_per_account_and_batch")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.balance:+d} at line {self.upto_line}"


class BooksProof(models.Model):
    """One run of all the invariants: what was found, how long it took. Shown to everyone."""

    proved_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    holds = models.BooleanField(help_text="No invariant was found broken.")
    entries = models.PositiveBigIntegerField()
    lines = models.PositiveBigIntegerField()
    findings = models.JSONField(help_text="One for each invariant: code, checks that ran, offending rows.")
    totals = models.JSONField(help_text="Kind of account → currency → minor units.")

    class Meta:
        get_latest_by = ["proved_at", "id"]

    def __str__(self) -> str:
        return f"{self.proved_at:%Y-%m-%d %H:%M} {'the books hold' if self.holds else 'BROKEN'}"
