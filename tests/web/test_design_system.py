"""The layouts and macros keep what the content security policy and the candidates' phones ask of them."""

import base64
import hashlib
import re
from types import SimpleNamespace
from typing import Any

import pytest

from portal.settings import ROOT
from portal.web.templating import environment

SIGNED_IN = {
    "member": SimpleNamespace(name="Mara Lind", role="marketer", workspace_name="Northgate Care"),
    "nav_entries": [("jobs", "Jobs", "/app/jobs"), ("figures", "Figures", "/app/figures")],
    "nav": "jobs",
    "csrf_input": '<input type="hidden" name="_csrf_token" value="token">',
    "flash": SimpleNamespace(text="Saved", kind="done"),
    "is_demo": True,
}
A_JOB = {
    "job": SimpleNamespace(id=1, title="Night nurse", subtitle="Open"),
    "job_tabs": [("overview", "Overview", "/o"), ("share", "Share", "/s")],
    "tab": "share",
}
LAYOUTS: dict[str, dict[str, Any]] = {
    "member": SIGNED_IN,
    "job": SIGNED_IN | A_JOB,
    "door": {"flash": None, "is_demo": False},
    "candidate": {"workspace_name": "Northgate Care", "brand_css": "/brand.css", "privacy_href": "/privacy"},
    "message": {},
    "error": {"title": "Nothing here", "text": "There is no page.", "back": "/app", "status": 404},
}


def page(source: str, **context: Any) -> str:
    return environment().from_string(source).render(**context)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_keeps_the_content_security_policy(layout: str) -> None:
    html = page(f'{{% extends "layouts/{layout}.html" %}}', **LAYOUTS[layout])

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
    assert html.count("<main") == 1
    assert html.count("<h1") <= 1


def test_a_candidate_page_needs_no_script_and_no_index() -> None:
    html = page('{% extends "layouts/candidate.html" %}', **LAYOUTS["candidate"])

    assert "<script" not in html
    assert '<meta name="robots" content="noindex">' in html
    assert '<meta name="referrer" content="no-referrer">' in html
    assert html.index("candidate.css") < html.index("/brand.css")


def test_the_candidates_style_sheet_stays_small() -> None:
    assert (ROOT / "static/css/candidate.css").stat().st_size < 6 * 1024


def test_a_marketer_sees_only_the_entries_given() -> None:
    html = page('{% extends "layouts/member.html" %}', **SIGNED_IN)

    assert "Candidates" not in html
    assert '<a href="/app/jobs" aria-current="page">' in html


def test_an_error_stands_beside_its_field_and_at_the_top() -> None:
    html = page(
        '{% import "macros/form.html" as form %}{{ form.error_summary(errors) }}'
        '{{ form.field("a.b", "Email", "x<y", errors["a.b"], "why we ask", type="email") }}',
        errors={"a.b": "Enter an email"},
    )

    assert '<a href="#f-a-b">Enter an email</a>' in html
    assert '<p class="error" id="f-a-b-error">Enter an email</p>' in html
    assert 'aria-describedby="f-a-b-error f-a-b-hint" aria-invalid="true"' in html
    assert 'value="x&lt;y"' in html
    assert "required" not in html


def test_a_password_is_never_echoed() -> None:
    html = page('{% import "macros/form.html" as form %}{{ form.field("p", "Password", "secret", type="password") }}')

    assert "secret" not in html


def test_what_people_typed_is_escaped_everywhere() -> None:
    evil = "<b>\"'"
    html = page(
        '{% import "macros/ui.html" as ui %}{% import "macros/charts.html" as charts %}'
        "{{ ui.bar_name(evil, 1, 2) }}{{ ui.copy_button(evil) }}{{ ui.timeline_list([{'kind': 'done', 'title': evil}]) }}"
        "{{ ui.facts([(evil, evil)]) }}{{ charts.bars([drawing.Bar(evil, 1, evil, evil)], evil, 1) }}"
        "{{ charts.lines('c', evil, [evil, evil], [{'name': evil, 'values': [1, 2], 'kind': 'area'}]) }}",
        evil=evil,
    )

    assert "<b>" not in html
    assert "&amp;lt;" not in html


@pytest.mark.parametrize(("values", "top"), [([0, 1], "2"), ([3, 9], "10"), ([130], "160"), ([1204, 7], "1,600")])
def test_the_top_of_a_chart_is_a_round_number_above_its_peak(values: list[int], top: str) -> None:
    html = page(
        '{% import "macros/charts.html" as charts %}'
        "{{ charts.lines('c', 'Clicks', values, [{'name': 'Clicks', 'values': values, 'kind': 'area'}]) }}",
        values=values,
    )

    assert f'<p class="plot-ticks" aria-hidden="true"><span>{top}</span>' in html


def test_a_chart_of_nothing_says_so() -> None:
    html = page(
        '{% import "macros/charts.html" as charts %}'
        "{{ charts.lines('c', 'Clicks', [], [{'name': 'Clicks', 'values': [], 'kind': 'area'}]) }}"
        "{{ charts.funnel([]) }}{{ charts.bars([], 'None', 0) }}{{ charts.spark([], 'None') }}"
    )

    assert "Nothing in this period yet." in html


def test_vendored_files_are_those_written_down() -> None:
    vendor = ROOT / "static/vendor"
    written = dict(re.findall(r"^\| `([^`]+)` .* `([^`]+)` \|$", (vendor / "README.md").read_text(), re.MULTILINE))

    assert written
    for name, digest in written.items():
        assert base64.b64encode(hashlib.sha384((vendor / name).read_bytes()).digest()).decode() == digest
