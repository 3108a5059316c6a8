// Small helps for every page; each page works without them.

// Move focus to what changed: an error summary after a refused form.
document.querySelector("[data-focus]")?.focus();
document.body.addEventListener("htmx:afterSwap", (event) => {
  event.target.querySelector("[data-focus]")?.focus();
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
