// Builds src/preview.tsx into build/phone-preview and serves it: node phoneapp/preview.mjs [port]. Not part of the product.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { context } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, "build/phone-preview");
const port = Number(process.argv[2] ?? "8610");

await mkdir(out, { recursive: true });
await writeFile(
  join(out, "index.html"),
  '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Preview</title>' +
    '<link rel="stylesheet" href="/preview.css"><link rel="stylesheet" href="/size.css"><div id="app"></div><script type="module" src="/preview.js"></script></html>',
);
await writeFile(join(out, "size.css"), '[data-preview-size="200"] { font-size: 200%; }\n');
const esbuild = await context({
  absWorkingDir: root,
  entryPoints: ["phoneapp/src/preview.tsx"],
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  publicPath: "/",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".svg": "file", ".woff2": "file", ".wasm": "file", ".txt": "text" },
  logLevel: "warning",
});
await esbuild.rebuild();
const { hosts } = await esbuild.serve({ servedir: out, port, host: "127.0.0.1" });
console.log(`http://${hosts[0]}:${port}/?screen=home`);
