// Give every control that the keyboard must reach a number, and say how many there are.
() => {
  const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'], audio[controls], video[controls]";
  const controls = [...document.querySelectorAll(wanted)].filter((control) => {
    if (control.disabled || control.closest("[inert], fieldset:disabled") || control.tabIndex < 0) return false;
    if (!control.checkVisibility({ visibilityProperty: true })) return false;
    const box = control.getBoundingClientRect();
    if (!box.width && !box.height) return false;
    const closed = control.closest("details:not([open])");
    return !closed || control.closest("summary")?.parentElement === closed;
  });
  // Of radio buttons with one name only one is in the order.
  const groups = new Set();
  const asked = controls.filter((control) => {
    if (control.type !== "radio") return true;
    const group = control.name + (control.form ? [...document.forms].indexOf(control.form) : "");
    if (groups.has(group)) return false;
    groups.add(group);
    return true;
  });
  asked.forEach((control, number) => control.setAttribute("data-audit", number));
  document.activeElement?.blur?.();
  window.scrollTo(0, 0);
  return asked.length;
}
