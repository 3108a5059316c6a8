from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import actions
from portal.accounts.access import CreatorRequest, SignedInRequest, creator_of, creator_only, remember_demo_confirmation
from portal.accounts.forms import BecomeCreatorForm, ProfileForm, SettingsForm
from portal.accounts.models import User
from portal.accounts.queries import roles_of
from portal.kit.access import public, signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal

A_YEAR = 31_536_000


def _back(request: HttpRequest, fallback: str = "home") -> HttpResponse:
    """Where the person came from, when that is on this portal."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return redirect(url if safe else fallback)


def _keep_for_strangers(response: HttpResponse, name: str, value: str) -> HttpResponse:
    response.set_cookie(name, value, max_age=A_YEAR, samesite="Lax", secure=django_settings.SESSION_COOKIE_SECURE)
    return response


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: SignedInRequest) -> HttpResponse:
    """Name, country, date of birth, language, time zone, theme; and the ways to passwords, passkeys and sessions."""
    form = SettingsForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        person = form.save()
        with translation.override(person.language):
            messages.success(request, _("Your settings are saved."))
        response = _keep_for_strangers(redirect("settings"), "theme", person.theme)
        return _keep_for_strangers(response, django_settings.LANGUAGE_COOKIE_NAME, person.language)
    return page(request, "accounts/settings.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def become_creator(request: SignedInRequest) -> HttpResponse:
    """Where a person opens their creator side."""
    if creator_of(request) is not None:
        return redirect("program_overview")
    starting = {"display_name": request.user.name, "region": request.user.country, "languages": [request.user.language]}
    form = BecomeCreatorForm(request.POST or None, initial=starting)
    if request.method == "POST" and form.is_valid():
        try:
            actions.become_creator(user=request.user, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            request.session["role"] = "creator"
            messages.success(request, _("Welcome. Here is what you can take part in."))
            return redirect("program_overview")
    return page(request, "accounts/become_creator.html", {"form": form}, status=422 if form.errors else 200)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def creator_profile(request: CreatorRequest) -> HttpResponse:
    creator = request.creator
    form = ProfileForm(request.POST or None, instance=creator)
    if request.method == "POST" and form.is_valid():
        actions.edit_creator(creator=creator, **form.cleaned_data)
        messages.success(request, _("Your profile is saved."))
        return redirect("creator_profile")
    return page(request, "accounts/creator_profile.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
@require_POST
def switch_role(request: SignedInRequest) -> HttpResponse:
    """Look at the portal in another of one's roles. The choice opens no door: each page asks for itself."""
    role = request.POST.get("role", "")
    if role in {*roles_of(request.user), "brand"}:
        request.session["role"] = role
    return _back(request)


@public
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Read the portal in another language: kept on the person, or in a cookie for strangers."""
    response, code = _back(request), request.POST.get("language", "")
    if code in dict(django_settings.LANGUAGES):
        _keep_for_strangers(response, django_settings.LANGUAGE_COOKIE_NAME, code)
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=code)
    return response


@public
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device says: kept on the person, or in a cookie for strangers."""
    response, theme = _back(request), request.POST.get("theme", "")
    if theme in User.Theme.values:
        _keep_for_strangers(response, "theme", theme)
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(theme=theme)
    return response


@public
@require_POST
def choose_shortcuts(request: HttpRequest) -> HttpResponse:
    """Single keys that lead somewhere, on or off: kept on the person, or in a cookie for strangers."""
    response, wish = _back(request), request.POST.get("shortcuts", "") != "0"
    _keep_for_strangers(response, "shortcuts", "on" if wish else "off")
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(shortcuts=wish)
    return response


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_in_demo(request: SignedInRequest) -> HttpResponse:
    """Stands where the second factor is asked for; only in the demo, whose people have none."""
    if not django_settings.DEMO:
        return redirect("mfa_index")
    if request.method == "POST":
        remember_demo_confirmation(request, timezone.now())
        return _back(request)
    return page(request, "accounts/confirm_in_demo.html", {"next": request.GET.get("next", "")})
