// Keys that lead somewhere: / to search, ? for the list, g and a letter to a page. A person can turn them off.
const WAIT = 1500;
let went = -Infinity;

function isTyping({ target }) {
  return target.isContentEditable || target.closest("input, textarea, select");
}

document.addEventListener("keydown", (event) => {
  if (document.documentElement.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.isComposing || isTyping(event) || document.querySelector("dialog[open]")) return;
  const after = event.timeStamp - went < WAIT;
  went = -Infinity;
  if (after) {
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) location.assign(link.href);
  } else if (event.key === "/") {
    event.preventDefault();
    const box = document.getElementById("search-box");
    if (box?.checkVisibility()) box.focus();
    else document.querySelector(".top-bar__search-link")?.click();
  } else if (event.key === "?") {
    document.querySelector("[data-keys-list]")?.click();
  } else if (event.key === "g") {
    went = event.timeStamp;
  }
});
