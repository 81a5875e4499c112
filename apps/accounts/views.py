"""Coming in, going out, keys, and who else is here."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import services
from apps.accounts.forms import InviteForm, RoleForm, SigninForm, TokenForm
from apps.accounts.models import SigninLink, Token, User

BY_LINK = "signed in by link"  # who came so may have forgotten the old password
BACKEND = "django.contrib.auth.backends.ModelBackend"
View = Callable[..., HttpResponse]


class PersonRequest(HttpRequest):
    """From somebody who is signed in: the middleware lets nobody else get this far."""

    user: User


def admins_only(view: View) -> View:
    """The page is for admins; others are told so."""

    @wraps(view)
    def guarded(request: PersonRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_admin:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@method_decorator(login_not_required, name="dispatch")
class Signin(views.LoginView):
    """Name and password."""

    form_class = SigninForm
    template_name = "accounts/signin.html"
    redirect_authenticated_user = True


@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """A one-time link. Opening it spends nothing (previews do that); sending the form does."""
    found = SigninLink.objects.holding(secret).select_related("user").first()
    if found is None or not found.user.is_active:
        return render(request, "accounts/link_over.html", status=410)
    form = _password_form(request, found.user)
    if request.method == "POST" and (form is None or form.is_valid()):
        return _come_in(request, found, form)
    return render(request, "accounts/link.html", {"person": found.user, "form": form})


def _password_form(request: HttpRequest, user: User) -> SetPasswordForm | None:
    """Asked of those who have none yet."""
    if user.has_usable_password():
        return None
    return SetPasswordForm(user, request.POST if request.method == "POST" else None)


def _come_in(
    request: HttpRequest, found: SigninLink, form: SetPasswordForm | None
) -> HttpResponse:
    if not found.use():
        return render(request, "accounts/link_over.html", status=410)
    if form is not None:
        form.save()
    login(request, found.user, backend=BACKEND)
    request.session[BY_LINK] = True
    return redirect(settings.LOGIN_REDIRECT_URL)


@require_http_methods(["GET", "POST"])
def account(request: PersonRequest) -> HttpResponse:
    """The password (POST changes it), tokens, and where to read on."""
    form = _new_password_form(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, form.user)
        request.session.pop(BY_LINK, None)
        messages.success(request, "Your password is changed.")
        return redirect("accounts:account")
    return _account_page(request, password_form=form)


def _new_password_form(request: PersonRequest, data: QueryDict | None = None) -> SetPasswordForm:
    """Asks for the old one too, unless a link has just proved who this is."""
    kind = SetPasswordForm if request.session.get(BY_LINK) else PasswordChangeForm
    return kind(request.user, data)


def _account_page(request: PersonRequest, **extra) -> HttpResponse:
    context = {
        "password_form": _new_password_form(request),
        "token_form": TokenForm(),
        "tokens": Token.objects.filter(user=request.user),
        **extra,
    }
    response = render(request, "accounts/account.html", context)
    return _in_place(request, response)


def _in_place(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A form's answer leaves the address that of the page, so that a reload works."""
    if request.method == "POST":
        response["HX-Push-Url"] = "false"
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def token_make(request: PersonRequest) -> HttpResponse:
    """Make a token and show its secret, this once."""
    form = TokenForm(request.POST or None)
    if request.method != "POST":
        return redirect("accounts:account")
    if not form.is_valid():
        return _account_page(request, token_form=form)
    token, secret = services.issue_token(user=request.user, name=form.cleaned_data["name"])
    return _account_page(request, new_token=token, secret=secret)


@require_POST
def token_revoke(request: PersonRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(Token, pk=pk, user=request.user)
    token.delete()
    messages.success(request, f"“{token.name}” no longer opens anything.")
    return redirect("accounts:account")


@admins_only
def people(request: PersonRequest) -> HttpResponse:
    return _people_page(request)


def _people_page(request: PersonRequest, **extra) -> HttpResponse:
    context = {
        "people": User.objects.filter(is_active=True).order_by("username"),
        "roles": User.Role,
        "invite_form": InviteForm(),
        **extra,
    }
    response = render(request, "accounts/people.html", context)
    return _in_place(request, response)


@admins_only
@never_cache
@require_http_methods(["GET", "POST"])
def invite(request: PersonRequest) -> HttpResponse:
    """Add a person and show the link to send them."""
    form = InviteForm(request.POST or None)
    if request.method != "POST":
        return redirect("accounts:people")
    if not form.is_valid():
        return _people_page(request, invite_form=form)
    person, path = services.invite(**form.cleaned_data)
    return _people_page(request, invited=person, link=services.absolute(path))


@admins_only
@require_POST
def person_role(request: PersonRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk, is_active=True)
    form = RoleForm(request.POST, instance=person)
    if form.is_valid():
        form.save()
        messages.success(request, f"{person} is {person.get_role_display().lower()} now.")
    else:
        messages.error(request, " ".join(map(str, form.errors["role"])))
    return redirect("accounts:people")


@admins_only
@require_POST
def person_remove(request: PersonRequest, pk: int) -> HttpResponse:
    """Remove a person and what is theirs. Nobody removes themselves: somebody must stay."""
    person = get_object_or_404(User, pk=pk)
    if person == request.user:
        messages.error(request, "You cannot remove yourself; another admin can.")
    else:
        person.delete()
        messages.success(request, f"{person.username} is gone, and so are their songs.")
    return redirect("accounts:people")
