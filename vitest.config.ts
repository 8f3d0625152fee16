import { defineConfig } from "vitest/config";

// A test file that needs a document says so in its first line:
// @vitest-environment happy-dom
export default defineConfig({
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
