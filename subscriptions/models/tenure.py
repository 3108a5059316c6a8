"""How long somebody has been a member: months as rows, the seats of founders, the shield, and what a member hides."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator


class TenureMonth(models.Model):
    """A month somebody was a member, or a time in between that holds the run together.

    Written from grants and shields, and the same again whenever it is computed anew (docs/decisions/0012). By fan and
    creator, because a gift makes somebody a member without a membership of their own.
    """

    class Kind(models.TextChoices):
        PAID = "paid", _("paid")
        GIFTED = "gifted", _("given as a gift")
        RESTORED = "restored", _("restored after a fault of the portal")
        GRACE = "grace", _("access without payment")
        PAUSE = "pause", _("paused")

    # What counts as a month; the others only hold a run together.
    COUNTING: ClassVar = (Kind.PAID, Kind.GIFTED, Kind.RESTORED)

    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tenure_months")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="tenure_months")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"))
    tenure = models.PositiveSmallIntegerField(help_text="Months in all, this one included.")
    streak = models.PositiveSmallIntegerField(help_text="Months in a row, this one included.")
    source = models.CharField(max_length=120, help_text="The grant or shield it comes from.")

    class Meta:
        ordering: ClassVar = ["fan", "creator", "from_at"]
        constraints = [
            models.UniqueConstraint(fields=["fan", "creator", "from_at"], name="one_tenure_row_per_start"),
            models.CheckConstraint(condition=Q(until_at__gt=F("from_at")), name="tenure_row_lasts"),
            models.CheckConstraint(condition=Q(streak__lte=F("tenure")), name="streak_within_tenure"),
        ]
        indexes = [models.Index(fields=["creator", "fan", "-from_at"], name="tenure_of_members")]

    def __str__(self) -> str:
        return f"{self.fan} with {self.creator}: {self.from_at:%Y-%m-%d} ({self.kind})"

    @property
    def counts(self) -> bool:
        return self.kind in self.COUNTING


class Founder(models.Model):
    """One of the first members who paid. The seat is theirs for good: hidden while they are away, never passed on."""

    SEATS: ClassVar = 25

    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="founder_seats")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="founders")
    number = models.PositiveSmallIntegerField()
    since_at = models.DateTimeField()
    source = models.CharField(max_length=120, help_text="The payment that took the seat.")

    class Meta:
        ordering: ClassVar = ["creator", "number"]
        constraints = [
            models.UniqueConstraint(fields=["creator", "number"], name="one_founder_per_seat"),
            models.UniqueConstraint(fields=["creator", "fan"], name="one_seat_per_founder"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=25), name="founder_has_one_of_the_seats"),
        ]

    def __str__(self) -> str:
        return f"{self.fan}: founder {self.number} of {self.creator}"


class HiddenBadge(models.Model):
    """A member does not want a badge to be seen. No row: it is shown."""

    class Kind(models.TextChoices):
        TENURE = "tenure", _("months as a member")
        FOUNDER = "founder", _("founder")

    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="hidden_badges")
    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    hidden_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fan", "creator", "kind"], name="badge_hidden_once")]

    def __str__(self) -> str:
        return f"{self.fan} hides {self.kind} with {self.creator}"


class StreakShield(models.Model):
    """Staff restore what a fault of the portal broke: whose time ran out within the span keeps months and streak."""

    from_at = models.DateTimeField(_("fault began"))
    until_at = models.DateTimeField(
        _("back by"), help_text=_("Who came back by then, or still can, has no gap. Give people time to notice.")
    )
    creator = models.ForeignKey(
        Creator,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="streak_shields",
        help_text=_("Empty: members of every creator."),
    )
    reason = models.CharField(_("what happened"), max_length=200)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-raised_at", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(until_at__gt=F("from_at")), name="shield_covers_a_span")]

    def __str__(self) -> str:
        return f"{self.from_at:%Y-%m-%d} to {self.until_at:%Y-%m-%d}: {self.reason}"


class Shielded(models.Model):
    """Somebody a shield was raised for: the time that is treated as if it had been paid."""

    shield = models.ForeignKey(StreakShield, on_delete=models.PROTECT, related_name="shielded")
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints = [models.UniqueConstraint(fields=["shield", "fan", "creator"], name="shielded_once")]

    def __str__(self) -> str:
        return f"{self.fan} with {self.creator} from {self.from_at:%Y-%m-%d}"


class PassportKey(models.Model):
    """A public key that passports are checked with. The private half is derived from the portal's own secret."""

    key_id = models.CharField(max_length=16, unique=True)
    generation = models.PositiveIntegerField()
    public_key = models.CharField(max_length=44, help_text="Ed25519, 32 bytes in base64url without padding.")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(
        _("withdrawn"), null=True, blank=True, help_text=_("From then on nothing signed with it is believed.")
    )

    class Meta:
        ordering: ClassVar = ["-generation", "-pk"]

    def __str__(self) -> str:
        return f"{self.key_id} (generation {self.generation})"
