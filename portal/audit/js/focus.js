// Where the focus is now: its number, and what is wrong with how it shows.
() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const label = (element.ariaLabel || element.innerText || element.name || element.value || element.tagName).trim().slice(0, 40);
  const group = element.type === "radio" ? document.querySelector(`input[type=radio][name="${CSS.escape(element.name)}"][data-audit]`) : null;
  const number = (element.closest("[data-audit]") ?? group)?.getAttribute("data-audit") ?? null;
  const style = getComputedStyle(element);
  const drawn = (look) => (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0) || look.boxShadow !== "none";
  // A control that lies unseen in its label shows the focus on what stands for it.
  const stand = [element, element.parentElement, element.nextElementSibling, element.closest("label")].filter(Boolean);
  const wrong = [];
  if (!stand.some((one) => drawn(getComputedStyle(one)))) wrong.push("shows no focus");
  const box = element.getBoundingClientRect();
  const seen = style.opacity !== "0" && box.width > 1 && box.height > 1;
  if (seen) {
    const [x, y] = [Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1), Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 1)];
    if (box.bottom < 0 || box.top > innerHeight) wrong.push("is not in the window");
    const parts = [...element.getClientRects()].map((part) => [part.left + part.width / 2, part.top + part.height / 2]);
    const clear = [[x, y], ...parts].some(([left, top]) => {
      const top_ = document.elementFromPoint(left, top);
      return !top_ || top_ === element || element.contains(top_) || top_.contains(element) || element.labels?.[0]?.contains(top_);
    });
    if (!clear) wrong.push("is covered");
  }
  return { number, label, wrong };
}
