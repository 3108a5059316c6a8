// What makes the page wider than the window; an empty list if nothing does.
() => {
  const root = document.scrollingElement;
  if (root.scrollWidth <= root.clientWidth + 1) return [];
  const wide = [];
  for (const element of document.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    if (box.width && (box.right > root.clientWidth + 1 || box.left < -1) && getComputedStyle(element).position !== "fixed") {
      let inside = element.parentElement, scrolls = false;
      for (; inside && inside !== document.body; inside = inside.parentElement)
        if (getComputedStyle(inside).overflowX !== "visible") scrolls = true;
      if (!scrolls) wide.push(element.tagName.toLowerCase() + (element.className?.baseVal ?? element.className ? "." + String(element.className.baseVal ?? element.className).trim().split(/\s+/).join(".") : ""));
    }
  }
  return [`${root.scrollWidth} px of ${root.clientWidth}: ${wide.slice(-1)[0] ?? "?"}`];
}
