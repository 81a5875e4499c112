"""Which stems a person has thrown away of a separation whose stems others may have too."""

from django.db import models


class RemovedStem(models.Model):
    """A stem that somebody does not want to see any more."""

    separation = models.ForeignKey(
        "separation.Separation", on_delete=models.CASCADE, related_name="removed"
    )
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["separation", "name"], name="stem_removed_once")
        ]

    def __str__(self) -> str:
        return self.name
