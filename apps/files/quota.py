"""How much each person may keep here: bytes and minutes of the recordings they brought in."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Count, Sum
from django.template.defaultfilters import filesizeformat

from apps.files.limits import Refused
from apps.files.models import Track, Upload


class OverQuota(Refused):
    status = 409
    code = "over_quota"


@dataclass(frozen=True)
class Quota:
    """What a person has used and may use; an allowance of 0 is no limit."""

    bytes_used: int
    bytes_allowed: int
    seconds_used: float
    minutes_allowed: int


def of(owner) -> Quota:
    own = Track.objects.owned_by(owner).aggregate(size=Sum("blob__size"), seconds=Sum("seconds"))
    return Quota(
        bytes_used=own["size"] or 0,
        bytes_allowed=_own_or(owner.quota_bytes, settings.QUOTA_BYTES),
        seconds_used=own["seconds"] or 0.0,
        minutes_allowed=_own_or(owner.quota_minutes, settings.QUOTA_MINUTES),
    )


def _own_or(own: int | None, usual: int) -> int:
    return usual if own is None else own


def check(*, owner, size: int, seconds: float = 0.0) -> None:
    """Raise `OverQuota` when a person has no room for a song of this size and length."""
    quota = of(owner)
    if 0 < quota.bytes_allowed < quota.bytes_used + size:
        raise OverQuota(
            f"This song has {filesizeformat(size)}. You have used "
            f"{filesizeformat(quota.bytes_used)} of the {filesizeformat(quota.bytes_allowed)} "
            "you may store; delete songs to make room."
        )
    if 0 < quota.minutes_allowed * 60 < quota.seconds_used + seconds:
        raise OverQuota(
            f"This song has {_minutes(seconds)}. You have used {_minutes(quota.seconds_used)} of "
            f"the {quota.minutes_allowed} min you may store; delete songs to make room."
        )


def check_announced(*, owner, size: int) -> None:
    """Raise `OverQuota` when there is no room for this and all that is on its way already."""
    coming = Upload.objects.filter(owner=owner, track=None)
    announced = coming.aggregate(count=Count("id"), size=Sum("size"))
    if announced["count"] >= settings.UNFINISHED_UPLOADS:
        raise OverQuota(
            f"{announced['count']} of your uploads have not come to an end. Let them finish, or "
            f"wait: what nobody goes on with is forgotten after {settings.UPLOAD_HOURS} hours."
        )
    check(owner=owner, size=size + (announced["size"] or 0))


def check_exactly(*, owner, size: int, seconds: float) -> None:
    """The same within a transaction, so that of two songs at once only what fits comes in."""
    get_user_model().objects.select_for_update().get(pk=owner.pk)
    check(owner=owner, size=size, seconds=seconds)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"
