// Copy buttons: shown only where copying can work.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    const words = button.querySelector("[role=status]");
    const first = words.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      words.textContent = button.dataset.done;
      setTimeout(() => { words.textContent = first; }, 4000);
    });
  }
}
