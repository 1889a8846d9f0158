// SPDX-License-Identifier: Apache-2.0
(() => {
"use strict";
const STYLE = `
:host{--tl:#1f5fbf;--bg:#fff;--fg:#1b1d21;--soft:#eef1f5;--line:#d5dae1;--dim:#5c6470;all:initial;position:fixed;right:20px;bottom:20px;z-index:2147483000;font:15px/1.45 system-ui,sans-serif;color:var(--fg)}
@media(prefers-color-scheme:dark){:host{--tl:#8ab4ff;--bg:#1b1d21;--fg:#f1f3f5;--soft:#2a2e35;--line:#3b414b;--dim:#a7b0bd}}
*{box-sizing:border-box;font:inherit;color:inherit}
button{cursor:pointer;border:0;border-radius:8px;background:var(--tl);color:var(--bg);padding:8px 14px}
button:focus-visible,textarea:focus-visible{outline:3px solid var(--tl);outline-offset:2px}
.open{border-radius:28px;padding:14px 20px;box-shadow:0 4px 16px #0004;font-weight:600}
.panel{display:flex;flex-direction:column;width:360px;height:520px;max-width:calc(100vw - 40px);max-height:calc(100vh - 40px);background:var(--bg);border:1px solid var(--line);border-radius:14px;box-shadow:0 8px 32px #0005;overflow:hidden}
[hidden]{display:none!important}
header{display:flex;align-items:center;gap:8px;padding:10px 14px;border-bottom:1px solid var(--line)}
h2{flex:1;margin:0;font-weight:600}
header button{background:none;color:inherit;padding:4px 10px;font-size:20px;line-height:1}
.state{padding:6px 14px;background:var(--soft);color:var(--dim);font-size:13px}
ol{flex:1;overflow-y:auto;list-style:none;margin:0;padding:14px;display:flex;flex-direction:column;gap:8px}
li{max-width:85%;padding:8px 12px;border-radius:12px;background:var(--soft);white-space:pre-wrap;overflow-wrap:anywhere;align-self:flex-start}
li.own{align-self:flex-end;background:var(--tl);color:var(--bg)}
li.unsent{opacity:.6}
small{display:block;font-size:12px;opacity:.8}
.typing{min-height:22px;padding:0 14px;color:var(--dim);font-size:13px}
form{display:flex;gap:8px;padding:10px;border-top:1px solid var(--line)}
textarea{flex:1;min-width:0;resize:none;min-height:40px;max-height:120px;padding:8px;font-size:16px;border:1px solid var(--line);border-radius:8px;background:var(--bg)}
textarea::placeholder{color:var(--dim);opacity:1}
.hint{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media(max-width:480px){.panel{position:fixed;inset:0;width:auto;height:100%;height:100dvh;max-width:none;max-height:none;border:0;border-radius:0}form{padding-bottom:max(10px,env(safe-area-inset-bottom))}}
@media(prefers-reduced-motion:no-preference){.panel{animation:up .15s ease-out}@keyframes up{from{opacity:0;transform:translateY(8px)}}}
`;
const ENGLISH = {
title: "Chat with us",
close: "Close the chat",
messages: "Messages",
message: "Your message",
write: "Write a message",
send: "Send",
hint: "Enter sends, Shift and Enter begin a new line, Escape closes.",
connecting: "Connecting …",
talking: "You are talking with {agent}.",
wait: "Estimated wait: {minutes} min.",
soon: "Somebody will be with you within a minute.",
unknown: "How long it will take is not known yet.",
offline: "Nobody is here right now. Leave your message, the answer will come.",
writing: "{agent} is writing …",
somebody: "Somebody",
unsent: "This could not be sent.",
failed: "This did not work ({code}).",
attachment: "attachment",
automatic: "automatic",
sms: "by SMS",
email: "by email",
voice: "by phone",
social: "by message",
};
const LANGUAGES = {
en: ENGLISH,
de: {
title: "Chatten Sie mit uns",
close: "Chat schließen",
messages: "Nachrichten",
message: "Ihre Nachricht",
write: "Nachricht schreiben",
send: "Senden",
hint: "Eingabe sendet, Umschalt und Eingabe beginnen eine neue Zeile, Escape schließt.",
connecting: "Verbindung wird aufgebaut …",
talking: "Sie sprechen mit {agent}.",
wait: "Voraussichtliche Wartezeit: {minutes} Min.",
soon: "In weniger als einer Minute ist jemand für Sie da.",
unknown: "Wie lange es dauert, ist noch nicht bekannt.",
offline: "Gerade ist niemand da. Schreiben Sie uns, die Antwort kommt.",
writing: "{agent} schreibt …",
somebody: "Jemand",
unsent: "Das konnte nicht gesendet werden.",
failed: "Das hat nicht geklappt ({code}).",
attachment: "Anhang",
automatic: "automatisch",
sms: "per SMS",
email: "per E-Mail",
voice: "am Telefon",
social: "per Nachricht",
},
};
function choose(wished, data) {
const known = wished.map((w) => (w ?? "").toLowerCase().split("-")[0] ?? "").find((w) => w in LANGUAGES);
const texts = { ...(LANGUAGES[known ?? "en"] ?? ENGLISH) };
for (const key of Object.keys(texts)) {
const own = data[`text${key.charAt(0).toUpperCase()}${key.slice(1)}`];
if (own)
texts[key] = own;
}
if (data["title"])
texts.title = data["title"];
return { language: known ?? "en", texts };
}
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30000;
const AGAIN_MS = 1000;
const FOR_GOOD = ["too_long", "missing_field", "invalid_field"];
function later(a, b) {
return BigInt(a ?? 0) > BigInt(b ?? 0);
}
class Link {
constructor(settings, heard, changed) {
this.settings = settings;
this.heard = heard;
this.changed = changed;
this.socket = null;
this.pause = FIRST_PAUSE_MS;
this.last = "0";
this.heardOf = "0";
this.timer = 0;
this.again = 0;
this.stopped = false;
this.live = false;
this.kept = this.recall();
addEventListener("online", () => this.open());
addEventListener("pagehide", () => this.stop());
addEventListener("pageshow", (e) => e.persisted && this.restart());
}
get unsent() {
return this.kept.unsent;
}
get known() {
return this.kept.visitor !== "";
}
isNew(entry) {
return later(entry, this.kept.read);
}
open() {
if (this.socket || this.stopped)
return;
clearTimeout(this.timer);
const socket = new WebSocket(this.settings.url, "throughline.v1.json");
this.socket = socket;
socket.onopen = () => this.hello();
socket.onmessage = (e) => this.take(JSON.parse(e.data));
socket.onclose = () => this.lost();
}
say(text) {
const bytes = crypto.getRandomValues(new Uint8Array(12));
const id = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
this.kept.unsent.push({ id, text });
this.remember();
if (this.live && !this.again)
this.put({ say: { id, text } });
return id;
}
typing(active) {
if (this.live)
this.put({ typing: { active } });
}
read(upto) {
if (!later(upto, this.kept.read))
return;
this.kept.read = upto;
this.remember();
if (this.live)
this.put({ read: { upto } });
}
hello() {
const { identity, name } = this.settings;
const marked = this.kept.marked ?? "0";
const owed = this.last !== "0" && later(this.heardOf, marked);
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
take(m) {
if (m.welcome) {
this.kept.visitor = m.welcome.visitor ?? "";
this.pause = FIRST_PAUSE_MS;
this.live = true;
this.remember();
this.changed(true);
this.sayAll();
if (later(this.kept.read, this.kept.marked))
this.put({ read: { upto: this.kept.read ?? "0" } });
}
else if (m.ack) {
this.settled(m.ack.id);
}
else if (m.entry) {
const number = m.entry.number ?? "0";
if (later(number, this.last))
this.last = number;
if (!m.entry.own && later(number, this.heardOf))
this.heardOf = number;
this.settled(m.entry.id);
}
else if (m.marked) {
if (later(m.marked.upto, this.kept.marked))
this.kept.marked = m.marked.upto ?? "0";
this.remember();
}
else if (m.error?.code?.startsWith("identity_")) {
this.stopped = true;
}
else if (m.error && this.kept.unsent.some((s) => s.id === m.error?.field)) {
if (FOR_GOOD.includes(m.error.code ?? ""))
this.settled(m.error.field);
else if (!this.again)
this.again = window.setTimeout(() => this.sayAll(), AGAIN_MS);
}
this.heard(m);
}
sayAll() {
clearTimeout(this.again);
this.again = 0;
if (this.live)
for (const say of this.kept.unsent)
this.put({ say });
}
settled(id) {
if (!id)
return;
this.kept.unsent = this.kept.unsent.filter((s) => s.id !== id);
this.remember();
}
lost() {
this.socket = null;
this.live = false;
this.changed(false);
if (this.stopped)
return;
this.timer = window.setTimeout(() => this.open(), this.pause * (0.5 + Math.random()));
this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
}
stop() {
this.stopped = true;
this.socket?.close();
}
restart() {
this.stopped = false;
this.open();
}
put(m) {
if (this.socket?.readyState === WebSocket.OPEN)
this.socket.send(JSON.stringify(m));
}
recall() {
try {
const kept = JSON.parse(localStorage.getItem(this.key()) ?? "");
if (typeof kept.visitor === "string" && Array.isArray(kept.unsent))
return kept;
}
catch {
}
return { visitor: "", unsent: [] };
}
remember() {
try {
localStorage.setItem(this.key(), JSON.stringify(this.kept));
}
catch {
}
}
key() {
return `throughline-chat:${this.settings.account}`;
}
}
const CHANNELS = { CHANNEL_SMS: "sms", CHANNEL_EMAIL: "email", CHANNEL_VOICE: "voice", CHANNEL_SOCIAL: "social" };
const TYPING_MS = 3000;
function make(tag, set = {}, ...inside) {
const e = document.createElement(tag);
for (const [name, value] of Object.entries(set))
e.setAttribute(name, value);
e.append(...inside);
return e;
}
class View {
constructor(root, settings, link) {
this.link = link;
this.state = make("div", { class: "state", role: "status", hidden: "" });
this.talk = make("ol", { role: "log", "aria-live": "polite", tabindex: "0" });
this.typist = make("div", { class: "typing", "aria-live": "polite" });
this.text = make("textarea", { rows: "1", maxlength: "4000", "aria-describedby": "hint" });
this.lines = new Map();
this.atEnd = true;
this.height = 0;
this.offline = false;
this.offlineText = "";
this.agent = "";
this.wait = {};
this.connected = false;
this.newest = "0";
this.unread = 0;
this.quiet = 0;
this.sentTyping = 0;
const t = (this.texts = settings.texts);
const close = make("button", { type: "button", "aria-label": t.close }, "×");
const form = make("form", {}, this.text, make("button", { type: "submit" }, t.send));
this.talk.ariaLabel = t.messages;
this.text.ariaLabel = t.message;
this.text.placeholder = t.write;
this.button = make("button", { type: "button", class: "open", lang: settings.language, "aria-expanded": "false", "aria-controls": "panel" }, t.title);
this.panel = make("section", { id: "panel", class: "panel", role: "dialog", lang: settings.language, "aria-label": t.title, hidden: "" }, make("header", {}, make("h2", {}, t.title), close), this.state, this.talk, this.typist, form, make("span", { id: "hint", class: "hint" }, t.hint));
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
root.adoptedStyleSheets = [sheet];
root.append(this.button, this.panel);
this.talk.onscroll = () => {
if (this.talk.clientHeight !== this.height)
return;
this.atEnd = this.talk.scrollHeight - this.talk.scrollTop - this.height < 60;
};
new ResizeObserver(() => {
this.height = this.talk.clientHeight;
this.follow(false);
}).observe(this.talk);
this.button.onclick = () => this.show(true);
close.onclick = () => this.show(false);
form.onsubmit = (e) => this.submit(e);
this.text.oninput = () => this.typed();
this.text.onkeydown = (e) => {
if (e.key === "Enter" && !e.shiftKey && !e.isComposing)
this.submit(e);
};
this.panel.onkeydown = (e) => {
if (e.key === "Escape")
this.show(false);
};
addEventListener("focus", () => this.seen());
for (const say of link().unsent)
this.line(say.id, say.text, true).classList.add("unsent");
}
take(m) {
if (m.welcome)
this.welcome(m.welcome);
if (m.presence) {
this.offline = !!m.presence.offline;
this.agent = m.presence.agent ?? "";
}
if (m.wait)
this.wait = m.wait;
if (m.ack?.id)
this.acknowledged(m.ack.id, m.ack.entry ?? "0");
if (m.entry)
this.entry(m.entry);
if (m.typing)
this.typing(!!m.typing.active);
if (m.error)
this.failed(m.error.code ?? "", m.error.field ?? "");
this.status();
this.follow(false);
}
welcome(w) {
this.offline = !!w.offline;
this.offlineText = w.offlineText ?? "";
if (!w.greeting || this.lines.has("greeting"))
return;
const li = this.line("greeting", w.greeting, false);
this.talk.prepend(li);
}
connection(connected) {
this.connected = connected;
this.wait = {};
this.status();
}
show(open) {
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
submit(e) {
e.preventDefault();
const text = this.text.value.trim();
if (!text)
return;
this.text.value = "";
this.sentTyping = 0;
this.link().open();
this.line(this.link().say(text), text, true).classList.add("unsent");
}
typed() {
const now = Date.now();
if (now - this.sentTyping < TYPING_MS)
return;
this.sentTyping = now;
this.link().typing(true);
}
line(key, text, own) {
const known = this.lines.get(key);
if (known)
return known;
const li = make("li", own ? { class: "own" } : {}, text);
this.lines.set(key, li);
this.talk.append(li);
this.follow(own);
return li;
}
follow(always) {
this.atEnd || (this.atEnd = always);
if (this.atEnd)
this.talk.scrollTop = this.talk.scrollHeight;
}
acknowledged(id, entry) {
const li = this.lines.get(id);
li?.classList.remove("unsent");
if (li)
this.lines.set(entry, li);
}
entry(e) {
const number = e.number ?? "0";
if (this.lines.has(number))
return;
if (e.own && e.id && this.lines.has(e.id)) {
this.acknowledged(e.id, number);
return;
}
const li = this.line(number, e.text ?? "", !!e.own);
const how = CHANNELS[e.channel ?? ""];
const by = [e.own ? "" : e.automatic ? this.texts.automatic : e.author ?? "", how ? this.texts[how] : ""].filter(Boolean).join(", ");
if (by)
li.prepend(make("small", {}, by));
for (const a of e.attachments ?? []) {
if (a.url?.startsWith("https://"))
li.append(make("small", {}, make("a", { href: a.url, target: "_blank", rel: "noopener noreferrer" }, a.name || this.texts.attachment)));
}
if (e.own)
return;
this.newest = number;
this.typing(false);
if (this.panel.hidden && this.link().isNew(number))
this.unread++;
this.seen();
}
seen() {
if (!this.panel.hidden)
this.unread = 0;
this.button.textContent = this.unread ? `${this.texts.title} (${this.unread})` : this.texts.title;
if (this.panel.hidden || !document.hasFocus() || this.newest === "0")
return;
this.link().read(this.newest);
this.newest = "0";
}
typing(active) {
clearTimeout(this.quiet);
this.typist.textContent = active ? this.texts.writing.replace("{agent}", () => this.agent || this.texts.somebody) : "";
if (active)
this.quiet = window.setTimeout(() => this.typing(false), 2 * TYPING_MS);
}
failed(code, field) {
const li = this.lines.get(field);
if (!li)
this.talk.append(make("li", {}, make("small", {}, this.texts.failed.replace("{code}", () => code))));
else if (!this.link().unsent.some((s) => s.id === field))
li.append(make("small", {}, this.texts.unsent));
}
waiting(from, to) {
const low = Math.floor(from / 60);
if (!to && !low)
return this.texts.unknown;
return to && to <= 60 ? this.texts.soon : this.texts.wait.replace("{minutes}", () => to ? `${low}–${to / 60}` : `> ${low}`);
}
status() {
const text = !this.connected ? this.texts.connecting
: this.agent ? this.texts.talking.replace("{agent}", () => this.agent)
: this.wait.kind === "WAIT_KIND_KNOWN" ? this.waiting(this.wait.fromSeconds ?? 0, this.wait.toSeconds ?? 0)
: this.offline ? this.offlineText || this.texts.offline
: this.wait.kind ? this.texts.unknown : "";
this.state.hidden = !text;
if (this.state.textContent !== text)
this.state.textContent = text;
}
}
(() => {
const script = document.currentScript;
if (!script || document.querySelector("throughline-chat"))
return;
const account = script.dataset["account"] ?? "web";
const url = new URL("/v1/chat", script.src);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
url.searchParams.set("account", account);
const settings = {
url: url.href,
account,
identity: script.dataset["identity"],
name: script.dataset["name"],
...choose([script.dataset["lang"], document.documentElement.lang, ...navigator.languages], script.dataset),
};
const start = () => {
const host = document.createElement("throughline-chat");
const root = host.attachShadow({ mode: "open" });
let view = null;
const link = new Link(settings, (m) => view?.take(m), (c) => view?.connection(c));
view = new View(root, settings, () => link);
document.body.append(host);
if (link.known)
link.open();
};
if (document.readyState === "loading")
addEventListener("DOMContentLoaded", start);
else
start();
})();
})();
