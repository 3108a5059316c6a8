// A file input becomes a place to drop files on, and its form tells how much of them has arrived.
for (const drop of document.querySelectorAll("[data-file-drop]")) {
  const input = drop.querySelector("input[type=file]");
  const bar = drop.querySelector("progress");
  const status = drop.querySelector("[role=status]");
  drop.querySelector("[data-drop-hint]").hidden = false;

  const over = (event, is) => {
    event.preventDefault();
    drop.classList.toggle("is-over", is);
  };
  drop.addEventListener("dragover", (event) => over(event, true));
  drop.addEventListener("dragleave", (event) => over(event, false));
  drop.addEventListener("drop", (event) => {
    over(event, false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  input.form?.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !input.files.length) return;
    event.preventDefault();
    const form = input.form;
    const request = new XMLHttpRequest();
    bar.hidden = false;
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = (loaded / total) * 100;
      status.textContent = `${Math.round(bar.value / 25) * 25}%`;
    });
    // The answer takes the place of the page, as it would without scripts. A broken line sends the form the plain way.
    request.addEventListener("load", () => {
      if (request.responseURL !== location.href && request.status < 400) return location.assign(request.responseURL);
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      document.body.replaceWith(page.body);
      document.querySelector("[data-focus]")?.focus();
    });
    request.addEventListener("error", () => HTMLFormElement.prototype.submit.call(form));
    request.open("POST", form.action);
    request.send(new FormData(form, event.submitter));
  });
}
