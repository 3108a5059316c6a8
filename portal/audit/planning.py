"""How a plan comes about: walk through the portal as each role, fill in what no link reaches, judge what answered."""

from html import unescape
from urllib.parse import urlsplit

from django.urls import reverse

from portal.audit import words
from portal.audit.addresses import Address, addresses
from portal.audit.crawl import NOT_FOLLOWED, Answer, Crawl, Reader, name_of
from portal.audit.objects import FINDERS, Ground
from portal.audit.plan import Plan, Visit
from portal.audit.roles import LEFT_OUT, ROLES, STRANGER, may, visitors
from portal.audit.sessions import open_sessions

# Answered with a reason rather than a page, which is not a fault.
LEADS_ON = "leads on to another page"


class Planner:
    """Everything one portal says about itself.

    `is_full`: a URL that lies nowhere is a miss, not an empty state. `is_fast`: without the back office and the words.
    """

    def __init__(self, urlconf: str | None = None, *, is_full: bool = True, is_fast: bool = False) -> None:
        self.addresses = [address for address in addresses(urlconf) if not (is_fast and address.is_admin)]
        self.is_full, self.is_fast = is_full, is_fast
        self.crawls: dict[str, Crawl] = {}

    def plan(self) -> Plan:
        self.sessions = open_sessions()
        self.result = Plan(sessions=self.sessions)
        writes = [address.name for address in self.addresses if address.only_writes]
        for role in ROLES:
            crawl = Crawl(Reader(role, self.sessions[role]), writes, admin=not self.is_fast)
            crawl.run(self._starts(role))
            self.crawls[role] = crawl
        # Again, from what the others found: somebody who is no member has no link to a page that members see.
        others = [path for found in self._paths().values() for path in found[:2]]
        for role, crawl in self.crawls.items():
            crawl.run(path for path in others if role == "staff" or not path.startswith("/admin/"))
        self.ground = Ground(self.sessions, self._paths())
        for address in self.addresses:
            self._place(address)
        self._add_errors()
        self._judge()
        self._hold_to_access()
        if not self.is_fast:
            self._read_words()
        return self.result

    def _starts(self, role: str) -> list[str]:
        """Home first, then every address that needs no object."""
        starts = ["/"]
        for address in self.addresses:
            if address.parameters or address.only_writes or address.name in NOT_FOLLOWED or address.access == "machine":
                continue
            if address.is_admin and role != "staff":
                continue
            starts.append(reverse(address.name))
        return starts

    def _paths(self) -> dict[str, list[str]]:
        paths: dict[str, list[str]] = {}
        for crawl in self.crawls.values():
            for name, found in crawl.paths.items():
                paths.setdefault(name, []).extend(found)
        return paths

    # --- Each address finds its list ---------------------------------------------
    def _place(self, address: Address) -> None:
        name = address.name
        if address.access == "machine":
            self.result.left_out[name] = "for machines, which prove themselves with a signature or key"
        elif address.only_writes:
            self.result.left_out[name] = f"answers {', '.join(sorted(address.methods))} only"
        elif name in LEFT_OUT:
            self.result.left_out[name] = LEFT_OUT[name]
        elif not self._visit(address):
            self._explain(address)

    def _visit(self, address: Address) -> bool:
        """Plan the visits of the roles that got a page there. Whether there is any."""
        found = False
        for role in visitors(address):
            if answer := self._page(address, role):
                self._add(address, role, answer.path, self.sessions[role])
                self.result.pages[f"{address.name} {role}"] = answer.body
                found = True
        return found or self._visit_by_deed(address)

    def _add(self, address: Address, role: str, path: str, session: str) -> None:
        is_public = address.access == "public" and role == STRANGER
        self.result.visits.append(Visit(address.name, path, role, session, address.is_foreign, is_public))

    def _page(self, address: Address, role: str) -> Answer | None:
        """The fullest page this role was shown there; else a path that others found, asked for as this role."""
        mine = [found for found in self.crawls[role].answers if found.name == address.name]
        if pages := [found for found in mine if found.is_page]:
            return max(pages, key=lambda page: len(page.body))
        for path in self.ground.paths.get(address.name, [])[:3]:
            if path not in [found.path for found in mine]:
                answer = self.crawls[role].reader.get(path)
                self.crawls[role].answers.append(answer)
                if answer.is_page:
                    return answer
        return None

    def _visit_by_deed(self, address: Address) -> bool:
        finder = FINDERS.get(address.name)
        place = finder(self.ground) if finder else None
        if place is None:
            return False
        role = visitors(address)[0] if visitors(address) else STRANGER
        path, session = place if isinstance(place, tuple) else (place, self.sessions[role])
        answer = Reader(role, session).get(path)
        self.crawls[role].answers.append(answer)
        if not answer.is_page or answer.name != address.name:
            return False
        self._add(address, role, path, session)
        self.result.pages[f"{address.name} {role}"] = answer.body
        return True

    def _explain(self, address: Address) -> None:
        """Nobody was shown a page: because it leads on, is a file, or has no object here. Else it is a miss."""
        answers = [answer for crawl in self.crawls.values() for answer in crawl.answers if answer.name == address.name]
        meant = [answer for answer in answers if answer.role in visitors(address)] or answers
        if any(answer.status in (301, 302) for answer in meant):
            self.result.left_out[address.name] = LEADS_ON
        elif any(answer.status == 200 for answer in meant):
            kind = next(answer.kind for answer in meant if answer.status == 200)
            self.result.left_out[address.name] = f"is a file ({kind})"
        elif address.is_admin and (not answers or all(answer.status in (403, 404) for answer in meant)):
            self.result.left_out[address.name] = "the back office offers it for no row of the demo"
        elif any(answer.status == 405 for answer in meant):
            self.result.left_out[address.name] = "answers no GET"
        elif self.is_full:
            statuses = sorted({answer.status for answer in meant})
            why = f"answered {statuses}" if statuses else "no page links to it and no finder knows where it lies"
            self.result.misses[address.name] = why

    def _add_errors(self) -> None:
        """The pages that say no: they have no URL of their own."""
        for name, path, role in (("error_404", "/nothing/is/here/", STRANGER), ("error_403", "/ops/policies/", "fan")):
            answer = self.crawls[role].reader.get(path)
            self.result.visits.append(Visit(name, path, role, self.sessions[role]))
            self.result.pages[f"{name} {role}"] = answer.body

    # --- What the walk met --------------------------------------------------------
    def _judge(self) -> None:
        for role, crawl in self.crawls.items():
            self.result.asked += len(crawl.answers)
            for answer in crawl.answers:
                self._judge_answer(role, answer)
            for path, found_on in crawl.dead:
                self.result.met.append(("links", found_on, role, f"links to {path}, which nothing answers"))

    def _judge_answer(self, role: str, answer: Answer) -> None:
        if answer.status >= 500:
            self.result.met.append(("status", answer.name, role, f"{answer.status} at {answer.path}: {answer.error}"))
        elif answer.status in (400, 403, 404) and answer.found_on and not answer.is_page:
            source = urlsplit(answer.found_on).path
            # The outbox shows everybody's mail; what a mail links to is its reader's.
            if name_of(source) == "outbox_email":
                return
            self.result.met.append(("links", source, role, f"links to {answer.name}, which answers {answer.status}"))
        self._judge_policy(role, answer)

    def _judge_policy(self, role: str, answer: Answer) -> None:
        policy = answer.headers.get("Content-Security-Policy", "")
        if answer.kind == "text/html" and "default-src 'none'" not in policy:
            self.result.met.append(("headers", answer.name, role, "has no content security policy"))
        if "unsafe-" in policy:
            self.result.met.append(("headers", answer.name, role, f"its policy allows {policy}"))

    def _hold_to_access(self) -> None:
        """Nobody is shown a page whose declaration keeps them out: each is asked for by each."""
        for address in self.addresses:
            path = next(iter(self.ground.paths.get(address.name, [])), None) or _fixed(address)
            if path is None or address.only_writes or address.name in NOT_FOLLOWED:
                continue
            for role in ROLES:
                if may(address, role) is False:
                    answer = self.crawls[role].reader.get(unescape(path))
                    self.result.asked += 1
                    if answer.status == 200:
                        what = f"is shown although it is declared “{address.access or 'staff'}”"
                        self.result.met.append(("access", address.name, role, what))

    # --- Words --------------------------------------------------------------------
    def _read_words(self) -> None:
        """Each page again in the pseudo-locale, whose letters no untranslated text has; and the catalogs' gaps."""
        if self.is_full:
            self.result.met += [("words", f"catalog {language}", "", what) for language, what in words.gaps()]
        allowed = words.written_by_people()
        for visit in self.result.visits:
            if visit.is_foreign or visit.name in words.LETTERS or not words.can_be_strange():
                continue
            answer = Reader(visit.role, visit.session, language=words.PSEUDO).get(visit.path)
            self.result.read += 1
            for text in words.bare(answer.body, allowed)[:5]:
                self.result.met.append(("words", visit.name, visit.role, f"“{text[:80]}” is not translated"))


def _fixed(address: Address) -> str | None:
    """The one path of an address that holds no object."""
    return None if address.parameters else reverse(address.name)
