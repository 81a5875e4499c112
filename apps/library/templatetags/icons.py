"""Icons from the one drawing that holds them all."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decoration: what it means is said in words beside it, or in the button's label."""
    return format_html(
        '<svg class="icon icon-{0}" aria-hidden="true"><use href="{1}#{0}"/></svg>',
        name,
        static("icons/icons.svg"),
    )
