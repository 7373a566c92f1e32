"""What keeps people out of a page, as axe finds it."""

from importlib.resources import files

from playwright.sync_api import Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def barriers(page: Page) -> list[str]:
    """Each rule that is broken, with where and how."""
    page.evaluate(AXE)
    violations = page.evaluate("axe.run().then(found => found.violations)")
    return [f"{rule['id']}: {node['failureSummary']}" for rule in violations for node in rule["nodes"]]
