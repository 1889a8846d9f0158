// SPDX-License-Identifier: Apache-2.0
// The connection: opens, says hello, resumes after every loss with growing pauses, and keeps words and read marks until they are
// acknowledged. It knows nothing of the page.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30000;
const AGAIN_MS = 1000;
const FOR_GOOD = ["too_long", "missing_field", "invalid_field"]; // what saying it again would not help

function later(a: string | undefined, b: string | undefined): boolean {
  return BigInt(a ?? 0) > BigInt(b ?? 0);
}

class Link {
  private socket: WebSocket | null = null;
  private pause = FIRST_PAUSE_MS;
  private last = "0"; // of the talk
  private heardOf = "0"; // of the agents
  private timer = 0;
  private again = 0; // while it runs, words wait for those before them
  private stopped = false;
  private live = false;
  private readonly kept: Kept;

  constructor(
    private readonly settings: Settings,
    private readonly heard: (m: ChatDown) => void,
    private readonly changed: (connected: boolean) => void,
  ) {
    this.kept = this.recall();
    addEventListener("online", () => this.open());
    addEventListener("pagehide", () => this.stop());
    addEventListener("pageshow", (e) => e.persisted && this.restart());
  }

  get unsent(): readonly Words[] {
    return this.kept.unsent;
  }

  // This browser has talked before: what was answered meanwhile shall be seen.
  get known(): boolean {
    return this.kept.visitor !== "";
  }

  isNew(entry: string): boolean {
    return later(entry, this.kept.read);
  }

  open(): void {
    if (this.socket || this.stopped) return;
    clearTimeout(this.timer);
    const socket = new WebSocket(this.settings.url, "throughline.v1.json");
    this.socket = socket;
    socket.onopen = () => this.hello();
    socket.onmessage = (e) => this.take(JSON.parse(e.data as string) as ChatDown);
    socket.onclose = () => this.lost();
  }

  say(text: string): string {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    const id = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
    this.kept.unsent.push({ id, text });
    this.remember();
    if (this.live && !this.again) this.put({ say: { id, text } });
    return id;
  }

  typing(active: boolean): void {
    if (this.live) this.put({ typing: { active } });
  }

  read(upto: string): void {
    if (!later(upto, this.kept.read)) return;
    this.kept.read = upto;
    this.remember();
    if (this.live) this.put({ read: { upto } });
  }

  private hello(): void {
    const { identity, name } = this.settings;
    const marked = this.kept.marked ?? "0";
    const owed = this.last !== "0" && later(this.heardOf, marked); // its marks may have been lost: hear it again
    this.put({
      hello: {
        visitor: this.kept.visitor,
        lastEntry: owed ? marked : this.last,
        marked,
        page: location.href.slice(0, 2000),
        language: navigator.language,
        ...(identity ? { identity } : {}),
        ...(name ? { name } : {}),
      },
    });
  }

  private take(m: ChatDown): void {
    if (m.welcome) {
      this.kept.visitor = m.welcome.visitor ?? "";
      this.pause = FIRST_PAUSE_MS;
      this.live = true;
      this.remember();
      this.changed(true);
      this.sayAll();
      if (later(this.kept.read, this.kept.marked)) this.put({ read: { upto: this.kept.read ?? "0" } });
    } else if (m.ack) {
      this.settled(m.ack.id);
    } else if (m.entry) {
      const number = m.entry.number ?? "0";
      if (later(number, this.last)) this.last = number;
      if (!m.entry.own && later(number, this.heardOf)) this.heardOf = number;
      this.settled(m.entry.id);
    } else if (m.marked) {
      if (later(m.marked.upto, this.kept.marked)) this.kept.marked = m.marked.upto ?? "0";
      this.remember();
    } else if (m.error?.code?.startsWith("identity_")) {
      this.stopped = true; // asking again would not help
    } else if (m.error && this.kept.unsent.some((s) => s.id === m.error?.field)) {
      if (FOR_GOOD.includes(m.error.code ?? "")) this.settled(m.error.field);
      else if (!this.again) this.again = window.setTimeout(() => this.sayAll(), AGAIN_MS);
    }
    this.heard(m);
  }

  // In the order in which they were said: none may overtake another.
  private sayAll(): void {
    clearTimeout(this.again);
    this.again = 0;
    if (this.live) for (const say of this.kept.unsent) this.put({ say });
  }

  private settled(id: string | undefined): void {
    if (!id) return;
    this.kept.unsent = this.kept.unsent.filter((s) => s.id !== id);
    this.remember();
  }

  private lost(): void {
    this.socket = null;
    this.live = false;
    this.changed(false);
    if (this.stopped) return;
    this.timer = window.setTimeout(() => this.open(), this.pause * (0.5 + Math.random()));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  // A page that is left closes without a goodbye: the visitor may be on the way to the next page of the site.
  private stop(): void {
    this.stopped = true;
    this.socket?.close();
  }

  private restart(): void {
    this.stopped = false;
    this.open();
  }

  private put(m: ChatUp): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(m));
  }

  // Storage may be forbidden; then the talk lasts as long as the page.
  private recall(): Kept {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key()) ?? "") as Kept;
      if (typeof kept.visitor === "string" && Array.isArray(kept.unsent)) return kept;
    } catch {
      /* nothing kept */
    }
    return { visitor: "", unsent: [] };
  }

  private remember(): void {
    try {
      localStorage.setItem(this.key(), JSON.stringify(this.kept));
    } catch {
      /* forbidden */
    }
  }

  private key(): string {
    return `throughline-chat:${this.settings.account}`;
  }
}
