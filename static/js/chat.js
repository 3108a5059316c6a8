// <portal-chat>: makes the chat live. Without scripts its form posts and the page comes back.
// Frames in: message, removed, refusal, closed. Frames out: { text, nonce }.
class PortalChat extends HTMLElement {
  connectedCallback() {
    this.log = this.querySelector(".chat__log");
    this.form = this.querySelector("form");
    this.status = this.querySelector(".chat__status");
    this.last = Math.max(0, ...[...this.log.children].map((row) => Number(row.dataset.id)));
    this.wait = 1000;
    this.log.scrollTop = this.log.scrollHeight;
    this.form.addEventListener("submit", (event) => this.say(event));
    this.connect();
  }

  disconnectedCallback() { this.closed = true; this.socket?.close(); }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}${this.dataset.socket}?after=${this.last}`);
    this.socket.addEventListener("open", () => { this.wait = 1000; this.status.textContent = ""; });
    this.socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => {
      if (this.closed) return;
      this.status.textContent = this.dataset.labelLost;
      setTimeout(() => this.connect(), this.wait * (0.5 + Math.random()));
      this.wait = Math.min(this.wait * 2, 30000);
    });
  }

  say(event) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    event.preventDefault();
    const { text, nonce } = this.form.elements;
    this.sent = { text: text.value, nonce: nonce.value };
    this.socket.send(JSON.stringify(this.sent));
    nonce.value = crypto.randomUUID();
    text.value = "";
    this.status.textContent = "";
    delete this.form.dataset.sent;
  }

  hear(frame) {
    if (frame.kind === "message" && frame.id > this.last) this.show(frame);
    if (frame.kind === "removed") this.log.querySelector(`[data-id="${frame.id}"]`)?.remove();
    if (frame.kind === "refusal" || frame.kind === "closed") this.status.textContent = frame.sentence;
    if (frame.kind === "refusal" && this.sent?.nonce === frame.nonce) this.form.elements.text.value ||= this.sent.text;
    if (frame.kind === "closed") this.closed = true;
  }

  show(frame) {
    this.last = frame.id;
    const row = this.log.appendChild(Object.assign(document.createElement("li"), { className: "chat__message" }));
    row.dataset.id = frame.id;
    this.add(row, "chat__author", frame.name);
    if (frame.is_creator) this.add(row, "badge badge--info", this.dataset.labelCreator);
    if (frame.mark) this.pin(row, frame.mark, frame.symbol, "badge badge--member");
    if (frame.founder) this.pin(row, `${this.dataset.labelFounder} ${frame.founder}`, "founder", "badge badge--member badge--founder");
    const text = this.add(row, "chat__text", "");
    for (const part of frame.parts) {
      const picture = { className: "emoji", src: part.src, alt: `:${part.emoji}:`, width: 28, height: 28 };
      text.append(part.emoji ? Object.assign(new Image(), picture) : part.text);
    }
    this.log.scrollTop = this.log.scrollHeight;
  }

  pin(row, text, symbol, kind) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", `tenure tenure--${symbol}`);
    svg.appendChild(document.createElementNS(svg.namespaceURI, "use")).setAttribute("href", `${this.dataset.badges}#${symbol}`);
    this.add(row, kind, text).prepend(...(symbol ? [svg] : []));
  }

  add(row, kind, text) {
    return row.appendChild(Object.assign(document.createElement("span"), { className: kind, textContent: text, dir: "auto" }));
  }
}

customElements.define("portal-chat", PortalChat);
