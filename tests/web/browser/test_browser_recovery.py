"""The first page says what lay in the folder without being on the list of clips."""

from __future__ import annotations

ORIGINAL, REPORT = "1" * 32, "2" * 32


def test_what_was_found_again_is_said_on_the_first_page(serve, chromium, tmp_path):
    project = tmp_path / "data" / "projects" / ("a" * 16)
    report = project / "runs" / REPORT / ("b" * 16) / "report" / "report.html"
    for path in (project / "originals" / ORIGINAL, report):
        path.parent.mkdir(parents=True)
        path.write_text("something")
    served = serve("--workers", "1", data=tmp_path / "data")
    context = chromium.new_context(locale="en-US")
    try:
        page = context.new_page()
        page.goto(served.address)
        said = page.locator("#recovered")
        said.wait_for()
        assert said.inner_text().startswith("1 video was found")
        place = f"projects/{project.name}/runs/{REPORT}"
        assert place in page.locator("#unlisted").inner_text()
        page.locator("#jobs .job.failed").wait_for()
        assert "The list of clips was lost" in page.locator("#jobs .job.failed").inner_text()
        page.locator("#language").click()
        assert said.inner_text().startswith("1 Video wurde im Ordner gefunden")
        assert place in page.locator("#unlisted").inner_text()
        assert "Die Liste der Clips ging verloren" in page.locator("#jobs .job").inner_text()
    finally:
        context.close()
    assert report.read_text() == "something"
    assert (project / "originals" / ORIGINAL).read_text() == "something"
