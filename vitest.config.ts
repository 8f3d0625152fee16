import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

// What esbuild does with a text file in a build.
const plainFiles = {
  name: "plain-files",
  enforce: "pre" as const,
  load(id: string) {
    if (id.endsWith(".txt")) return `export default ${JSON.stringify(readFileSync(id, "utf8"))}`;
    return undefined;
  },
};

// A test file that needs a document says so in its first line:
// @vitest-environment happy-dom
export default defineConfig({
  plugins: [plainFiles],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    setupFiles: ["./vitest.setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: [
      "web/**/*.test.{ts,tsx}",
      "portal/**/*.test.{ts,tsx}",
      "demo/**/*.test.{ts,tsx}",
      "phoneapp/**/*.test.{ts,tsx}",
      "wire/**/*.test.{ts,tsx}",
    ],
  },
});
