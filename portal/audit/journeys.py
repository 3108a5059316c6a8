"""What people come for, done without any script: forms, links and redirects alone."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import Browser, Error, Page, expect

from portal.audit.browser import context_for
from portal.audit.finding import Finding, Report
from portal.audit.plan import Plan

Journey = Callable[[Page, str], Awaitable[None]]
JOURNEYS: dict[str, tuple[str, Journey]] = {}


def journey(role: str) -> Callable[[Journey], Journey]:
    def register(deed: Journey) -> Journey:
        JOURNEYS[deed.__name__] = (role, deed)
        return deed

    return register


@journey("brand")
async def subscribe(page: Page, address: str) -> None:
    """From the creator's page through the provider's checkout to the library."""
    await page.goto(f"{address}/@mika/")
    await page.get_by_role("button", name=re.compile("^(Join|Subscribe)")).first.click()
    if "/sandbox/" not in page.url:  # a page of our own may come between, with price and renewal
        await _save(page)
    await expect(page).to_have_url(re.compile("/sandbox/"))
    await page.get_by_label("Card number").fill("4242 4242 4242 4242")
    await page.get_by_role("button", name=re.compile("^(Subscribe|Pay|Start)")).click()
    await expect(page).to_have_url(re.compile("/me/checkouts/"))
    await page.goto(f"{address}/me/memberships/")
    await expect(page.get_by_text("Mika").first).to_be_visible()


@journey("creator")
async def publish_a_tier(page: Page, address: str) -> None:
    """The demo has as many tiers as there may be, so one is archived first."""
    await page.goto(f"{address}/studio/tiers/")
    await page.get_by_role("link", name="Archive").last.click()
    await page.locator("main form[method=post] button").last.click()
    await page.goto(f"{address}/studio/tiers/new/")
    await page.get_by_label("Name").first.fill("Window seat")
    await page.get_by_label("Price").first.fill("2.50")
    await _save(page)
    await expect(page).to_have_url(f"{address}/studio/tiers/")
    await page.goto(f"{address}/studio/tiers/")
    await page.get_by_role("button", name="Publish", exact=True).first.click()
    await page.goto(f"{address}/@mika/")
    await expect(page.get_by_text("Window seat").first).to_be_visible()


@journey("small-creator")
async def say_where_to_be_paid(page: Page, address: str) -> None:
    """Payouts leave by themselves on payday; what a creator does is say where to."""
    await page.goto(f"{address}/studio/payouts/account/")
    await page.get_by_role("button", name=re.compile("^(Begin|Go on|Change)")).click()
    await expect(page).to_have_url(re.compile("/sandbox/onboarding/|/studio/payouts/account/"))
    await page.goto(f"{address}/studio/payouts/")
    await expect(page.locator("h1")).to_be_visible()


@journey("fan")
async def finish_a_lesson(page: Page, address: str) -> None:
    await page.goto(f"{address}/academy/")
    await page.locator("main a[href^='/academy/']").first.click()
    lesson = page.locator("main a[href*='/academy/']").filter(has_not=page.locator("[aria-current]"))
    for number in range(await lesson.count()):
        target = await lesson.nth(number).get_attribute("href")
        await page.goto(address + str(target))
        done = page.get_by_role("button", name=re.compile("^Done"))
        if await done.count():
            await done.first.click()
            await page.goto(address + str(target))
            await expect(page.get_by_role("button", name="Mark as not done")).to_be_visible()
            return
        await page.go_back()
    raise AssertionError("no lesson offers to be finished")


@journey("fan")
async def post_feedback(page: Page, address: str) -> None:
    await page.goto(f"{address}/feedback/new/")
    await page.locator("[name=title]").fill("Show tomorrow's weather in the garden")
    await page.locator("[name=body]").fill("So that I know whether to water.")
    area = page.locator("select[name=area]")
    if await area.count():
        await area.select_option(index=1)
    await _save(page)
    await page.goto(f"{address}/feedback/")
    await expect(page.get_by_text("Show tomorrow's weather").first).to_be_visible()


async def _save(page: Page) -> None:
    """Send the form of the page: the button that is not in the frame around it."""
    await page.locator("main form[method=post] button.button--primary").first.click()


async def travel(browser: Browser, address: str, plan: Plan, report: Report) -> None:
    """All journeys, each by its role; what stops one is a finding."""
    for name, (role, deed) in JOURNEYS.items():
        context = await context_for(browser, address, plan.sessions[role], "en", java_script_enabled=False)
        context.set_default_timeout(8_000)
        found = []
        try:
            await deed(await context.new_page(), address)
        except (Error, AssertionError) as error:
            last = context.pages[-1].url.removeprefix(address) if context.pages else ""
            why = " ".join(str(error).split())[:200]
            found = [Finding("journeys", name, f"stopped at {last}: {why}", role)]
        finally:
            await context.close()
        report.add("journeys", found)
