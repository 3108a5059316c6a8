from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts.access import CreatorRequest, creator_only
from portal.accounts.tiktok.models import Connection, Video
from portal.kit.jobs import enqueue
from portal.kit.page import page


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def tiktok_connection(request: CreatorRequest) -> HttpResponse:
    """What is known from TikTok: the newest count and where it is from; connect, count again."""
    account = SocialAccount.objects.filter(user=request.user, provider="tiktok").first()
    if request.method == "POST":
        if account is not None:
            enqueue("accounts.measure_audiences", user_id=request.user.pk)
            messages.success(request, _("We are counting. Look again in a moment."))
        return redirect("tiktok_connection")
    context = {
        "account": account,
        "connection": Connection.objects.filter(account=account).first() if account else None,
        "counts": request.creator.audience_counts.all()[:10],
        "videos": Video.objects.filter(account=account)[:20] if account else [],
    }
    return page(request, "accounts/tiktok_connection.html", context)
