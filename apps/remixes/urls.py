"""Pages about remixes; included at /remixes/."""

from django.urls import path

from apps.remixes import views

app_name = "remixes"
urlpatterns = [
    path("", views.remixes, name="list"),
    path("new/", views.new, name="new"),
    path("<uuid:pk>/", views.remix, name="remix"),
    path("<uuid:pk>/state/", views.state, name="fragment"),
    path("<uuid:pk>/delete/", views.delete, name="delete"),
]
