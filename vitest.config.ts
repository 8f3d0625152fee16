import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

// What esbuild's loaders do in a build: a text's content, a file's address.
const plainFiles = {
  name: "plain-files",
  enforce: "pre" as const,
  load(id: string) {
    if (id.endsWith(".txt")) return `export default ${JSON.stringify(readFileSync(id, "utf8"))}`;
    if (id.endsWith(".wasm")) return `export default ${JSON.stringify(id)}`;
    return undefined;
  },
};

// A test file that needs a document says so in its first line:
// @vitest-environment happy-dom
export default defineConfig({
  plugins: [plainFiles],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    include: [
      "web/**/*.test.{ts,tsx}",
      "portal/**/*.test.{ts,tsx}",
      "phoneapp/**/*.test.{ts,tsx}",
      "wire/**/*.test.{ts,tsx}",
    ],
  },
});
