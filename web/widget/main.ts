// SPDX-License-Identifier: Apache-2.0
// <script src="https://HOST/widget.js" data-account="web" defer></script>
// Optional: data-identity (signed by the site), data-name, data-title, data-lang, data-text-... (see texts.ts).

(() => {
  const script = document.currentScript as HTMLScriptElement | null;
  if (!script || document.querySelector("throughline-chat")) return;
  const account = script.dataset["account"] ?? "web";
  const url = new URL("/v1/chat", script.src);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("account", account);
  const settings: Settings = {
    url: url.href,
    account,
    identity: script.dataset["identity"],
    name: script.dataset["name"],
    ...choose([script.dataset["lang"], document.documentElement.lang, ...navigator.languages], script.dataset),
  };
  const start = () => {
    const host = document.createElement("throughline-chat");
    const root = host.attachShadow({ mode: "open" });
    let view: View | null = null;
    const link: Link = new Link(settings, (m) => view?.take(m), (c) => view?.connection(c));
    view = new View(root, settings, () => link);
    document.body.append(host);
    if (link.known) link.open();
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
