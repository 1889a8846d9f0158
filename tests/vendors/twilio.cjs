// SPDX-License-Identifier: Apache-2.0
// Twilio's own library, asked by a test: one question a line on stdin, JSON {ask, ...}, one answer a line on stdout.
"use strict";
const readline = require("node:readline");
const twilio = require("twilio");
const { getExpectedTwilioSignature, getExpectedBodyHash, validateRequest } = require("twilio/lib/webhooks/webhooks");

// A client whose requests go nowhere: each is kept, and answered with the next of `answers`.
function client({ sid, token }, answers) {
  const requests = [];
  const httpClient = {
    request: async (r) => {
      requests.push({ method: r.method.toUpperCase(), uri: r.uri, user: r.username, password: r.password, params: r.params, data: r.data });
      const answer = answers.shift();
      return { statusCode: answer.status, body: answer.body, headers: {} };
    },
  };
  return { requests, twilio: twilio(sid, token, { httpClient }) };
}

const questions = {
  // What Twilio would sign: the URL and the fields, or a body of JSON.
  sign: ({ token, url, fields }) => getExpectedTwilioSignature(token, url, fields),
  hash: ({ body }) => getExpectedBodyHash(body),
  valid: ({ token, signature, url, fields }) => validateRequest(token, signature, url, fields),
  // What the library would send for this message, and what it reads in an answer of ours.
  create: async ({ account, message, answer }) => {
    const c = client(account, [answer]);
    try {
      const m = await c.twilio.messages.create(message);
      return { requests: c.requests, sid: m.sid, status: m.status };
    } catch (e) {
      return { requests: c.requests, error: { status: e.status, code: e.code, message: e.message } };
    }
  },
  list: async ({ account, query, answers }) => {
    const c = client(account, answers);
    if (query.dateSentAfter) query.dateSentAfter = new Date(query.dateSentAfter);
    const all = await c.twilio.messages.list(query);
    return {
      requests: c.requests,
      messages: all.map((m) => ({ sid: m.sid, from: m.from, to: m.to, body: m.body, direction: m.direction, dateSent: m.dateSent, numMedia: m.numMedia })),
    };
  },
  empty: () => new twilio.twiml.MessagingResponse().toString(),
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const { ask, ...rest } = JSON.parse(line);
  try {
    process.stdout.write(JSON.stringify({ answer: await questions[ask](rest) }) + "\n");
  } catch (e) {
    process.stdout.write(JSON.stringify({ error: String(e.stack) }) + "\n");
  }
});
