// Toasts leave after eight seconds, not while somebody points at them or is within them; those with a deed stay.
const STAY = 8000;
const region = document.getElementById("toasts");

function watch(toast) {
  let timer;
  const wait = () => {
    if (!toast.hasAttribute("data-stays")) timer = setTimeout(() => leave(toast), STAY);
  };
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => { clearTimeout(timer); wait(); });
  toast.querySelector("[data-close]")?.addEventListener("click", () => leave(toast));
  wait();
}

function leave(toast) {
  if (toast.contains(document.activeElement)) document.getElementById("main")?.focus({ preventScroll: true });
  toast.remove();
}

if (region) {
  // What lies in a live region when the page comes is not read out; what is put there afterwards is.
  const first = [...region.children];
  region.replaceChildren();
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) if (node.matches?.(".toast")) watch(node);
  }).observe(region, { childList: true });
  setTimeout(() => region.append(...first), 60);
}
