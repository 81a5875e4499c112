"""Pages about long work; included at /jobs/."""

from django.urls import path

from apps.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.jobs_page, name="list"),
    path("pill/", views.pill, name="pill"),
    path("<uuid:pk>/", views.fragment, name="job"),
    path("<uuid:pk>/cancel/", views.cancel, name="cancel"),
    path("<uuid:pk>/retry/", views.retry, name="retry"),
]
