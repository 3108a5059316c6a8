// <emoji-picker data-field="id">: puts the chosen :name: where the writer's cursor is. Arrow keys walk through the list,
// Escape closes it. The browser opens and closes the popover itself; without scripts it is a list to read.
class EmojiPicker extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("[popover]");
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[data-emoji]")));
    this.list.addEventListener("keydown", (event) => this.walk(event));
    this.list.addEventListener("toggle", (event) => this.opened(event.newState === "open"));
  }

  get field() {
    return document.getElementById(this.dataset.field);
  }

  opened(isOpen) {
    if (!isOpen) return;
    const { bottom, left } = this.getBoundingClientRect();
    const { offsetHeight: height, offsetWidth: width } = this.list;
    const above = bottom + height > innerHeight;
    this.list.style.setProperty("--picker-top", `${above ? Math.max(8, bottom - height - this.offsetHeight - 8) : bottom + 4}px`);
    this.list.style.setProperty("--picker-left", `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`);
    this.list.querySelector("[data-emoji]")?.focus();
  }

  choose(button) {
    const field = this.field;
    if (!button || !field) return;
    const before = field.value.slice(0, field.selectionStart);
    const gap = before && !/\s$/.test(before) ? " " : "";
    field.setRangeText(`${gap}${button.dataset.emoji} `, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    this.list.hidePopover();
    field.focus();
  }

  walk(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...this.list.querySelectorAll("[data-emoji]")];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  }
}

customElements.define("emoji-picker", EmojiPicker);
