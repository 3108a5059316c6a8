// <review-keys>: presses the button or link whose data-key is typed, unless somebody is writing. Without scripts the
// buttons are there to press.
class ReviewKeys extends HTMLElement {
  connectedCallback() {
    this.listen = (event) => this.press(event);
    document.addEventListener("keydown", this.listen);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.listen);
  }

  press(event) {
    const writing = event.target.closest?.("input:not([type=hidden]), textarea, select, [contenteditable]");
    if (writing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const found = [...this.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key.toLowerCase());
    if (!found) return;
    event.preventDefault();
    found.click();
  }
}

customElements.define("review-keys", ReviewKeys);
