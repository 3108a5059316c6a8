"""Who people are. One person may be fan, creator, brand member and staff at once."""

from datetime import date, datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.kit.public_ids import public_id

HANDLE = RegexValidator(
    r"^[a-z][a-z0-9_.]{1,28}[a-z0-9]$",
    _("A handle has 3 to 30 small letters, digits, dots or underscores, and begins with a letter."),
)


class UserManager(BaseUserManager["User"]):
    """Django asks for these two by name; everything else is on the QuerySet."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The email is the login."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, default="US")
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=8, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.SYSTEM)
    shortcuts = models.BooleanField(_("keys that lead somewhere"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_per_email")]

    def __str__(self) -> str:
        return self.name or self.email.split("@")[0]

    def age(self, on: date) -> int | None:
        """Full years on that day; None when the date of birth is not known."""
        if self.birth_date is None:
            return None
        had_birthday = (on.month, on.day) >= (self.birth_date.month, self.birth_date.day)
        return on.year - self.birth_date.year - (not had_birthday)


class Creator(models.Model):
    """The creator side of a person."""

    class Accent(models.TextChoices):
        MOSS = "moss", _("Moss")
        SKY = "sky", _("Sky")
        PLUM = "plum", _("Plum")
        CLAY = "clay", _("Clay")
        SAND = "sand", _("Sand")
        INK = "ink", _("Ink")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="creator")
    handle = models.CharField(_("handle"), max_length=30, unique=True, validators=[HANDLE])
    display_name = models.CharField(_("name shown to fans"), max_length=60)
    intro = models.CharField(_("introduction"), max_length=400, blank=True)
    region = models.CharField(_("region"), max_length=2, default="US")
    languages = models.JSONField(_("languages"), default=list, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="usd")
    accent = models.CharField(_("color"), max_length=8, choices=Accent, default=Accent.MOSS)
    became_creator_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"@{self.handle}"

    def audience(self, at: datetime) -> "AudienceCount | None":
        """The newest count that was known at that moment."""
        return self.audience_counts.filter(measured_at__lte=at).order_by("-measured_at", "-pk").first()


class AudienceCount(models.Model):
    """How many people follow and watch a creator: measured when, and from where."""

    class Origin(models.TextChoices):
        TIKTOK = "tiktok", _("TikTok")
        STAFF = "staff", _("entered by staff")
        DEMO = "demo", _("demo")

    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, related_name="audience_counts")
    followers = models.PositiveBigIntegerField()
    views_30d = models.PositiveBigIntegerField()
    measured_at = models.DateTimeField()
    origin = models.CharField(max_length=8, choices=Origin)
    note = models.CharField(max_length=200, blank=True, help_text=_("How the number of views came about."))

    class Meta:
        ordering: ClassVar = ["-measured_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["creator", "measured_at", "origin"], name="one_count_per_moment_and_origin")
        ]

    def __str__(self) -> str:
        return f"{self.creator}: {self.followers} followers on {self.measured_at:%Y-%m-%d}"
