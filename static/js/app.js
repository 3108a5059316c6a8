// Small helps for every page; each page works without them.

// Move focus to what changed: an error summary after a refused form.
document.querySelector("[data-focus]")?.focus();
// And keep it near: who pressed what a swap took away is at what came in its place, not at the top of the page.
let wasWithin = false;
document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  wasWithin = detail.target.contains(document.activeElement);
});
document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  const summary = detail.elt.querySelector("[data-focus]");
  if (summary) summary.focus();
  else if (wasWithin && document.activeElement === document.body) {
    if (!detail.elt.hasAttribute("tabindex")) detail.elt.tabIndex = -1;
    detail.elt.focus({ preventScroll: true });
  }
  wasWithin = false;
});

// A form is sent once: a second press while it is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method === "post" && !form.hasAttribute("hx-post")) form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
