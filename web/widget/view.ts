// SPDX-License-Identifier: Apache-2.0
// What the visitor sees and does: a button, a panel with the talk, a line to write in. Everything that comes from elsewhere is set
// as text, never as markup.

const CHANNELS: Record<string, keyof Texts> = { CHANNEL_SMS: "sms", CHANNEL_EMAIL: "email", CHANNEL_VOICE: "voice", CHANNEL_SOCIAL: "social" };
const TYPING_MS = 3000;

function make<K extends keyof HTMLElementTagNameMap>(tag: K, set: Record<string, string> = {}, ...inside: (Node | string)[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(set)) e.setAttribute(name, value);
  e.append(...inside);
  return e;
}

class View {
  private readonly button: HTMLButtonElement;
  private readonly state = make("div", { class: "state", role: "status", hidden: "" });
  private readonly talk = make("ol", { role: "log", "aria-live": "polite", tabindex: "0" });
  private readonly typist = make("div", { class: "typing", "aria-live": "polite" });
  private readonly text = make("textarea", { rows: "1", maxlength: "4000", "aria-describedby": "hint" });
  private readonly texts: Texts;
  private readonly panel: HTMLElement;
  private readonly lines = new Map<string, HTMLLIElement>();
  private atEnd = true;
  private height = 0;
  private offline = false;
  private offlineText = "";
  private agent = "";
  private wait: Wait = {};
  private connected = false;
  private newest = "0";
  private unread = 0;
  private quiet = 0;
  private sentTyping = 0;

  constructor(
    root: ShadowRoot,
    settings: Settings,
    private readonly link: () => Link,
  ) {
    const t = (this.texts = settings.texts);
    const close = make("button", { type: "button", "aria-label": t.close }, "×");
    const form = make("form", {}, this.text, make("button", { type: "submit" }, t.send));
    this.talk.ariaLabel = t.messages;
    this.text.ariaLabel = t.message;
    this.text.placeholder = t.write;
    this.button = make("button", { type: "button", class: "open", lang: settings.language, "aria-expanded": "false", "aria-controls": "panel" }, t.title);
    this.panel = make("section", { id: "panel", class: "panel", role: "dialog", lang: settings.language, "aria-label": t.title, hidden: "" },
      make("header", {}, make("h2", {}, t.title), close), this.state, this.talk, this.typist, form,
      make("span", { id: "hint", class: "hint" }, t.hint));
    const sheet = new CSSStyleSheet(); // a style element would fall under the page's content policy
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.append(this.button, this.panel);
    this.talk.onscroll = () => {
      if (this.talk.clientHeight !== this.height) return; // the page moved, not the reader; the observer below comes next
      this.atEnd = this.talk.scrollHeight - this.talk.scrollTop - this.height < 60;
    };
    new ResizeObserver(() => {
      this.height = this.talk.clientHeight; // a keyboard on a screen takes half of it
      this.follow(false);
    }).observe(this.talk);
    this.button.onclick = () => this.show(true);
    close.onclick = () => this.show(false);
    form.onsubmit = (e) => this.submit(e);
    this.text.oninput = () => this.typed();
    this.text.onkeydown = (e) => {
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing) this.submit(e);
    };
    this.panel.onkeydown = (e) => {
      if (e.key === "Escape") this.show(false);
    };
    addEventListener("focus", () => this.seen());
    for (const say of link().unsent) this.line(say.id, say.text, true).classList.add("unsent");
  }

  take(m: ChatDown): void {
    if (m.welcome) this.welcome(m.welcome);
    if (m.presence) {
      this.offline = !!m.presence.offline;
      this.agent = m.presence.agent ?? "";
    }
    if (m.wait) this.wait = m.wait;
    if (m.ack?.id) this.acknowledged(m.ack.id, m.ack.entry ?? "0");
    if (m.entry) this.entry(m.entry);
    if (m.typing) this.typing(!!m.typing.active);
    if (m.error) this.failed(m.error.code ?? "", m.error.field ?? "");
    this.status();
    this.follow(false);
  }

  private welcome(w: NonNullable<ChatDown["welcome"]>): void {
    this.offline = !!w.offline;
    this.offlineText = w.offlineText ?? "";
    if (!w.greeting || this.lines.has("greeting")) return;
    const li = this.line("greeting", w.greeting, false);
    this.talk.prepend(li); // before what was said while it was not there yet
  }

  connection(connected: boolean): void {
    this.connected = connected;
    this.wait = {}; // it is told anew
    this.status();
  }

  private show(open: boolean): void {
    this.panel.hidden = !open;
    this.button.hidden = open;
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) {
      this.button.focus();
      return;
    }
    this.link().open();
    this.text.focus();
    this.follow(true);
    this.seen();
  }

  private submit(e: Event): void {
    e.preventDefault();
    const text = this.text.value.trim();
    if (!text) return;
    this.text.value = "";
    this.sentTyping = 0;
    this.link().open();
    this.line(this.link().say(text), text, true).classList.add("unsent");
  }

  private typed(): void {
    const now = Date.now();
    if (now - this.sentTyping < TYPING_MS) return;
    this.sentTyping = now;
    this.link().typing(true);
  }

  private line(key: string, text: string, own: boolean): HTMLLIElement {
    const known = this.lines.get(key);
    if (known) return known;
    const li = make("li", own ? { class: "own" } : {}, text);
    this.lines.set(key, li);
    this.talk.append(li);
    this.follow(own);
    return li;
  }

  private follow(always: boolean): void {
    this.atEnd ||= always;
    if (this.atEnd) this.talk.scrollTop = this.talk.scrollHeight;
  }

  private acknowledged(id: string, entry: string): void {
    const li = this.lines.get(id);
    li?.classList.remove("unsent");
    if (li) this.lines.set(entry, li);
  }

  private entry(e: ChatEntry): void {
    const number = e.number ?? "0";
    if (this.lines.has(number)) return;
    if (e.own && e.id && this.lines.has(e.id)) {
      this.acknowledged(e.id, number);
      return;
    }
    const li = this.line(number, e.text ?? "", !!e.own);
    const how = CHANNELS[e.channel ?? ""];
    const by = [e.own ? "" : e.automatic ? this.texts.automatic : e.author ?? "", how ? this.texts[how] : ""].filter(Boolean).join(", ");
    if (by) li.prepend(make("small", {}, by));
    for (const a of e.attachments ?? []) {
      if (a.url?.startsWith("https://")) li.append(make("small", {}, make("a", { href: a.url, target: "_blank", rel: "noopener noreferrer" }, a.name || this.texts.attachment)));
    }
    if (e.own) return;
    this.newest = number;
    this.typing(false);
    if (this.panel.hidden && this.link().isNew(number)) this.unread++;
    this.seen();
  }

  private seen(): void {
    if (!this.panel.hidden) this.unread = 0;
    this.button.textContent = this.unread ? `${this.texts.title} (${this.unread})` : this.texts.title;
    if (this.panel.hidden || !document.hasFocus() || this.newest === "0") return;
    this.link().read(this.newest);
    this.newest = "0";
  }

  private typing(active: boolean): void {
    clearTimeout(this.quiet);
    this.typist.textContent = active ? this.texts.writing.replace("{agent}", () => this.agent || this.texts.somebody) : "";
    if (active) this.quiet = window.setTimeout(() => this.typing(false), 2 * TYPING_MS);
  }

  private failed(code: string, field: string): void {
    const li = this.lines.get(field);
    if (!li) this.talk.append(make("li", {}, make("small", {}, this.texts.failed.replace("{code}", () => code))));
    else if (!this.link().unsent.some((s) => s.id === field)) li.append(make("small", {}, this.texts.unsent));
  }

  // "2–5", "> 120" where the upper bound is beyond what is told.
  private waiting(from: number, to: number): string {
    const low = Math.floor(from / 60);
    if (!to && !low) return this.texts.unknown;
    return to && to <= 60 ? this.texts.soon : this.texts.wait.replace("{minutes}", () => to ? `${low}–${to / 60}` : `> ${low}`);
  }

  private status(): void {
    const text = !this.connected ? this.texts.connecting
      : this.agent ? this.texts.talking.replace("{agent}", () => this.agent)
      : this.wait.kind === "WAIT_KIND_KNOWN" ? this.waiting(this.wait.fromSeconds ?? 0, this.wait.toSeconds ?? 0)
      : this.offline ? this.offlineText || this.texts.offline
      : this.wait.kind ? this.texts.unknown : "";
    this.state.hidden = !text;
    if (this.state.textContent !== text) this.state.textContent = text;
  }
}
