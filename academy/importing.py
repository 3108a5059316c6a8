"""Read a course that lies in a folder of Markdown files. No database here: files in, a `CourseText` out.

The order is told by `index.md`: a list of links, modules on the outside and their lessons inside. Each file may end with
a footer behind a line of dashes that states its license.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext_lazy as _

from portal.kit.refusal import Refusal

LARGEST_FILE = 512 * 1024  # bytes
STUB = 200  # a file with less text than this many bytes announces a lesson, it is none
LINK = re.compile(r"^(?P<indent>[ \t]*)[*-]\s+\[(?P<title>[^\]]+)\]\((?P<path>[^)\s]+\.md)\)", re.MULTILINE)
INLINE_LINK = re.compile(r"\[(?P<title>[^\]]+)\]\((?P<path>[^)\s]+\.md)\)")
FOOTER = re.compile(r"^-{4,}[ \t]*$", re.MULTILINE)
LICENSE = re.compile(r"licensed under a? ?\[Creative Commons [^\]]*?\((CC[ A-Z-]+)\)", re.IGNORECASE)
# Alone, or as the whole of a link, which would have nothing left to say.
IMAGE = re.compile(r"\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)\s*|!\[[^\]]*\]\([^)]*\)\s*")
IMAGE_CREDIT = re.compile(r"^\*[\"“]?\[[^\n]*licensed under[^\n]*\*\s*$", re.MULTILINE)
TITLE = re.compile(r"^#\s+(.+)$", re.MULTILINE)


class CourseUnreadable(Refusal):
    sentence = _("The course cannot be imported: %(why)s")
    status = 422


@dataclass(frozen=True)
class LessonText:
    slug: str
    title: str
    body: str
    license: str
    digest: str

    @property
    def is_empty(self) -> bool:
        return len(self.body.encode()) < STUB


@dataclass
class ModuleText:
    slug: str
    title: str
    lessons: list[LessonText] = field(default_factory=list)


@dataclass
class CourseText:
    title: str
    summary: str
    license: str
    modules: list[ModuleText]


def read_course(folder: Path) -> CourseText:
    """The course in `folder`. Raises `CourseUnreadable` with the file and the reason; nothing is half read."""
    text, license_name = _split(_read(folder, "index.md"))
    modules: list[ModuleText] = []
    for link in LINK.finditer(text):
        path = PurePosixPath(link["path"])
        if not link["indent"]:
            modules.append(_module(folder, path, link["title"]))
        elif not modules:
            raise CourseUnreadable(why=_("in index.md a lesson stands before the first module."))
        else:
            modules[-1].lessons.append(_lesson(folder, path))
    if not modules:
        raise CourseUnreadable(why=_("index.md lists no module."))
    for module in modules:
        _add_task(folder, module)
    title = TITLE.search(text)
    summary = text[title.end() : next(LINK.finditer(text)).start()].strip() if title else ""
    return CourseText(
        title=title[1].strip() if title else folder.name, summary=summary, license=license_name, modules=modules
    )


def _module(folder: Path, path: PurePosixPath, title: str) -> ModuleText:
    module = ModuleText(slug=path.parent.name or path.stem, title=title)
    intro = _lesson(folder, path)
    if not intro.is_empty:
        module.lessons.append(LessonText("introduction", intro.title, intro.body, intro.license, intro.digest))
    return module


def _add_task(folder: Path, module: ModuleText) -> None:
    """The closing task of a module is linked from its introduction only."""
    index = folder / module.slug / "index.md"
    known = {lesson.slug for lesson in module.lessons}
    for link in INLINE_LINK.finditer(index.read_text()) if index.exists() else ():
        path = PurePosixPath(link["path"])
        if path.parent == PurePosixPath(".") and path.stem not in known and (index.parent / path).exists():
            module.lessons.append(_lesson(folder, PurePosixPath(module.slug) / path))
            known.add(path.stem)


def _lesson(folder: Path, path: PurePosixPath) -> LessonText:
    whole = _read(folder, str(path))
    text, license_name = _split(whole)
    title = TITLE.search(text)
    body = TITLE.sub("", text, count=1)
    # Images lie outside the folder and are under licenses of their own; their credit lines go with them.
    body = IMAGE_CREDIT.sub("", IMAGE.sub("", body)).strip()
    return LessonText(
        slug=path.stem,
        title=title[1].strip() if title else path.stem.replace("-", " ").title(),
        body=body,
        license=license_name,
        digest=hashlib.sha256(whole.encode()).hexdigest(),
    )


def _split(text: str) -> tuple[str, str]:
    """(what is to be read, the license of the footer); the license is '' when no footer states one."""
    license_name = LICENSE.search(text)
    version = " 4.0" if license_name and "4.0" in text[license_name.start() : license_name.start() + 300] else ""
    footers = [match for match in FOOTER.finditer(text) if license_name and match.start() < license_name.start()]
    return (text[: footers[-1].start()] if footers else text), (license_name[1] + version if license_name else "")


def _read(folder: Path, name: str) -> str:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise CourseUnreadable(why=_("%(name)s lies outside the course.") % {"name": name})
    if not path.is_file():
        raise CourseUnreadable(why=_("%(name)s is missing.") % {"name": name})
    if path.stat().st_size > LARGEST_FILE:
        raise CourseUnreadable(why=_("%(name)s is larger than 512 KB.") % {"name": name})
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise CourseUnreadable(why=_("%(name)s is not UTF-8 text.") % {"name": name}) from None
