"""Long work as people see it: the pill, its drawer, and the page of jobs."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.jobs import services
from apps.jobs.models import Job

PAGE_SIZE = 50
SHOWN = 200  # active ones


def jobs_page(request: HttpRequest) -> HttpResponse:
    """What runs and waits first, then what is over, newest first."""
    visible = Job.objects.visible_to(request.user).select_related("owner")
    over = Paginator(visible.exclude(state__in=Job.ACTIVE), PAGE_SIZE)
    context = {
        "active": Job.with_places(visible.active().order_by("-state", "created_at")[:SHOWN]),
        "over": over.get_page(request.GET.get("page")),
    }
    return render(request, "jobs/list.html", context)


def pill(request: HttpRequest) -> HttpResponse:
    return render(request, "jobs/_pill.html", {"fresh": True})


def fragment(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _card(request, _job_of(request, pk))


@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _answer(request, services.cancel_job(_job_of(request, pk)))


@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _answer(request, services.retry_job(_job_of(request, pk)))


def _job_of(request: HttpRequest, pk: UUID) -> Job:
    visible = Job.objects.visible_to(request.user).select_related("owner")
    return get_object_or_404(visible, pk=pk)


def _card(request: HttpRequest, job: Job) -> HttpResponse:
    return render(request, "jobs/_job.html", {"job": job, "poll": True})


def _answer(request: HttpRequest, job: Job) -> HttpResponse:
    """The job's fragment for who asked from inside a page, a page for a plain form."""
    if "HX-Request" in request.headers and "HX-Boosted" not in request.headers:
        response = _card(request, job)
        response["HX-Trigger"] = "jobs"
        return response
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if safe else "jobs:list")
