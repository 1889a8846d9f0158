// SPDX-License-Identifier: Apache-2.0
// The messages of GET /v1/chat as proto3 JSON: what is at its default is left out, 64-bit numbers are strings.

interface Attachment {
  name?: string;
  contentType?: string;
  url?: string;
}

interface ChatEntry {
  number?: string;
  own?: boolean;
  author?: string;
  text?: string;
  wallMs?: string;
  channel?: string;
  id?: string;
  attachments?: Attachment[];
  automatic?: boolean;
}

interface ChatDown {
  welcome?: { visitor?: string; offline?: boolean; greeting?: string; offlineText?: string };
  ack?: { id?: string; entry?: string };
  entry?: ChatEntry;
  typing?: { active?: boolean };
  presence?: { offline?: boolean; agent?: string };
  error?: { code?: string; field?: string; detail?: string };
  read?: { upto?: string };
  marked?: { upto?: string };
  wait?: Wait;
}

// How long it will take until an agent is asked; without a kind: there is no waiting.
interface Wait {
  kind?: string;
  fromSeconds?: number;
  toSeconds?: number;
}

interface ChatUp {
  hello?: { visitor?: string; lastEntry?: string; marked?: string; identity?: string; page?: string; name?: string; language?: string };
  say?: { id: string; text: string };
  typing?: { active: boolean };
  read?: { upto: string };
  bye?: Record<string, never>;
}

interface Settings {
  url: string; // wss://host/v1/chat?account=name
  account: string;
  identity: string | undefined; // signed by the site
  name: string | undefined;
  language: string;
  texts: Texts;
}

interface Words {
  id: string;
  text: string;
}

// What one browser keeps: who it is, words that are not acknowledged yet, how far it has read, and how far that is known.
interface Kept {
  visitor: string;
  unsent: Words[];
  read?: string;
  marked?: string;
}
