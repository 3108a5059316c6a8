// <a href="…" data-dialog>: what that page asks is asked in a dialog here. <a data-dialog="id">: opens that dialog.
// Without scripts, and when anything goes wrong, the link leads to the page itself.
async function ask(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const body = page.querySelector("[data-dialog-body]");
  if (!answer.ok || answer.redirected || !body) return location.assign(url);
  const dialog = document.body.appendChild(document.createElement("dialog"));
  dialog.className = "dialog";
  dialog.setAttribute("closedby", "any");
  const title = body.querySelector("h1, h2");
  if (title) {
    // The question is read first; a stray Enter must not answer it.
    if (title.id) dialog.setAttribute("aria-labelledby", title.id);
    title.tabIndex = -1;
    title.autofocus = true;
  }
  // Who answers here wants to stay here.
  for (const input of body.querySelectorAll("input[name=next]")) input.value = location.pathname + location.search;
  dialog.append(document.adoptNode(body));
  dialog.addEventListener("close", () => dialog.remove());
  window.htmx?.process(dialog);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest("a[data-dialog], [data-dialog-close]");
  if (!link) return;
  const around = link.closest("dialog");
  if (link.hasAttribute("data-dialog-close")) {
    if (!around) return;
    event.preventDefault();
    around.close();
    return;
  }
  event.preventDefault();
  const here = link.dataset.dialog && document.getElementById(link.dataset.dialog);
  if (here) here.showModal();
  else ask(link.href).catch(() => location.assign(link.href));
});
