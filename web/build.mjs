// SPDX-License-Identifier: Apache-2.0
// Builds dist/widget.js: the sources of widget/ in one file, wrapped so that nothing leaks into the page. With --check it compares
// instead of writing. dist/ is committed, so that the daemon is built without a compiler for TypeScript. The compiler is Debian's
// (package node-typescript): the code is for browsers of today and needs nothing of a newer one.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const SIZE_MAX = 16 * 1024;
execFileSync("tsc", ["-p", join(here, "tsconfig.json")], { stdio: "inherit" });
const built = join(here, "build/widget.js");
const body = readFileSync(built, "utf8").replace(/^"use strict";\n/, "").replace(/^ {4,}/gm, "");
rmSync(join(here, "build"), { recursive: true });
const text = `// SPDX-License-Identifier: Apache-2.0\n(() => {\n"use strict";\n${body}})();\n`;
if (text.length > SIZE_MAX) {
  console.error(`widget.js has ${text.length} bytes, at most ${SIZE_MAX} are allowed`);
  process.exit(1);
}
const target = join(here, "dist/widget.js");
if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("dist/widget.js is not what the sources make: run `node web/build.mjs`");
  process.exit(1);
}
