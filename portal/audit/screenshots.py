"""`make screenshots`: ten pages of the demo, in light, in dark, and on a phone, written to docs/screenshots."""

import asyncio
import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser

from portal.audit.browser import NoChromium, chromium, context_for, open_page
from portal.audit.plan import Visit
from portal.audit.portals import BASE, NoPortal, Portal

FOLDER = BASE / "docs" / "screenshots"
# File → (URL name, role). Two of them are shown in the README.
PAGES: dict[str, tuple[str, str]] = {
    "landing": ("home", "stranger"),
    "home": ("home", "creator"),
    "creator-page": ("creator_page", "fan"),
    "rewards": ("reward_overview", "creator"),
    "tiers": ("tier_list", "creator"),
    "members": ("member_list", "creator"),
    "earnings": ("earnings", "creator"),
    "shop": ("brand_home", "brand"),
    "lesson": ("lesson_detail", "fan"),
    "payout-run": ("payout_run", "staff"),
}
# Ending → (theme, width, height, pixels a point).
KINDS = {
    "light": ("light", 1280, 800, 1.0),
    "dark": ("dark", 1280, 800, 1.0),
    "phone": ("light", 390, 844, 1.5),
}
QUALITY = 82


async def photograph(browser: Browser, address: str, visit: Visit, file: str) -> list[Path]:
    """All kinds of one page; the paths written."""
    written = []
    for ending, (theme, width, height, scale) in KINDS.items():
        window = {"width": width, "height": height}
        context = await context_for(
            browser, address, visit.session, "en", viewport=window, device_scale_factor=scale, color_scheme=theme
        )
        page = await context.new_page()
        await open_page(page, address + visit.path)
        written.append(keep(await page.screenshot(), FOLDER / f"{file}-{ending}.webp"))
        await context.close()
    return written


def keep(picture: bytes, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(picture)).convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)
    return path


def chosen(visits: list[Visit]) -> dict[str, Visit]:
    """File → visit. KeyError names the page that nobody visits any more."""
    known = {(visit.name, visit.role): visit for visit in visits}
    return {file: known[place] for file, place in PAGES.items()}


async def _all(portal: Portal) -> list[Path]:
    async with chromium() as browser:
        return [
            path
            for file, visit in chosen(portal.plan.visits).items()
            for path in await photograph(browser, portal.address, visit, file)
        ]


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="portal-screenshots-"))
    portal = Portal("full", folder, settings="portal.audit.plain_settings", is_fast=True)
    try:
        print("Telling the demo …", flush=True)
        portal.prepare()
        with portal.served():
            written = asyncio.run(_all(portal))
    except (NoChromium, NoPortal) as error:
        print(error)
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    total = sum(path.stat().st_size for path in written)
    print(f"{len(written)} pictures in {FOLDER.relative_to(BASE)}, {total / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
