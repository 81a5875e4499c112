"""`Authorization: Token …` for the API."""

from django.utils.timezone import now
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from apps.accounts.models import Token


class TokenAuthentication(BaseAuthentication):
    """Finds the person by the hash of their token."""

    keyword = "Token"

    def authenticate(self, request):
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        token = Token.objects.holding(secret.strip()).select_related("user").first()
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("This token is not valid; it may have been revoked.")
        Token.objects.filter(pk=token.pk).update(used_at=now())
        return token.user, token

    def authenticate_header(self, request) -> str:
        return self.keyword
