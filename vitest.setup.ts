import { vi } from "vitest";

// What a test waits for comes, however busy the machine is: the bound is for what hangs. Vitest's own is a second.
const waitFor = vi.waitFor;
vi.waitFor = (fact, options) => waitFor(fact, typeof options === "number" ? options : { timeout: 30_000, ...options });
