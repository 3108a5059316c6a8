// Bulk choice: choose all on this page, say how many are chosen, hide the bar while nobody is.
for (const form of document.querySelectorAll("form[data-bulk]")) {
  const boxes = [...form.elements].filter((one) => one.name === "chosen");
  const all = boxes[0]?.closest("table").querySelector("[data-pick-all]");
  const count = form.querySelector("[data-bulk-count]");
  const tell = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    form.classList.toggle("is-idle", !chosen);
    count.textContent = chosen ? `${chosen} ${count.dataset.words}` : "";
    if (all) {
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      tell();
    });
  }
  for (const box of boxes) box.addEventListener("change", tell);
  tell();
}
