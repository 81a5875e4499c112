"""Pages about people; included at the root."""

from django.urls import path

from apps.accounts import views

app_name = "accounts"
urlpatterns = [
    path("signin", views.Signin.as_view(), name="signin"),
    path("signin/<str:secret>/", views.link, name="link"),
    path("signout", views.signout, name="signout"),
    path("settings/", views.account, name="account"),
    path("settings/tokens/", views.token_make, name="token_make"),
    path("settings/tokens/<int:pk>/revoke/", views.token_revoke, name="token_revoke"),
    path("settings/people/", views.people, name="people"),
    path("settings/people/invite/", views.invite, name="invite"),
    path("settings/people/<int:pk>/role/", views.person_role, name="person_role"),
    path("settings/people/<int:pk>/remove/", views.person_remove, name="person_remove"),
]
