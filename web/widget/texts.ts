// SPDX-License-Identifier: Apache-2.0
// What the widget says by itself, in the page's language; a site changes any of it: data-text-send="Go".

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

type Texts = typeof ENGLISH;

const LANGUAGES: Record<string, Texts> = {
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

// The first of the wished languages that is known, and what the script tag says otherwise.
function choose(wished: (string | undefined)[], data: DOMStringMap): { language: string; texts: Texts } {
  const known = wished.map((w) => (w ?? "").toLowerCase().split("-")[0] ?? "").find((w) => w in LANGUAGES);
  const texts = { ...(LANGUAGES[known ?? "en"] ?? ENGLISH) };
  for (const key of Object.keys(texts) as (keyof Texts)[]) {
    const own = data[`text${key.charAt(0).toUpperCase()}${key.slice(1)}`];
    if (own) texts[key] = own;
  }
  if (data["title"]) texts.title = data["title"];
  return { language: known ?? "en", texts };
}
