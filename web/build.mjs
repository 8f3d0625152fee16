// Builds everything a browser gets: web/dist (shared styles, portal scripts,
// sprite, mark, fonts; every name carries a hash of its content) and, where
// it exists, phoneapp/dist through phoneapp/build.mjs. Run: node web/build.mjs
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { markPNG } from "./mark.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "web/dist");
const styles = ["web/design/app.css", "web/design/demo.css", "web/design/products.css"];
const scriptFolders = ["portal/assets", "demo/assets"];
const pictures = ["web/design/sprite.svg", "web/design/mark.svg"];
const marks = {
  "mark-32.png": () => markPNG(32),
  "mark-180.png": () => markPNG(180, { maskable: true }),
  "mark-192.png": () => markPNG(192),
  "mark-512.png": () => markPNG(512),
  "mark-maskable-512.png": () => markPNG(512, { maskable: true }),
};
const fonts = ["atkinson-hyperlegible-next", "atkinson-hyperlegible-mono"];

/** Empties a folder but for .gitkeep, which holds it in the repository. */
async function empty(folder) {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name !== ".gitkeep") await rm(join(folder, name), { recursive: true });
  }
}

async function scripts() {
  const found = [];
  for (const folder of scriptFolders) {
    if (!existsSync(join(root, folder))) continue;
    for (const name of await readdir(join(root, folder))) {
      if (name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.endsWith(".d.ts")) found.push(join(folder, name));
    }
  }
  return found.sort();
}

/** Styles and scripts through esbuild; returns logical name -> file name. */
async function bundle() {
  const entries = [...styles, ...(await scripts())].filter((path) => existsSync(join(root, path)));
  const result = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: dist,
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    format: "esm",
    target: ["es2022", "chrome109", "firefox115", "safari16"],
    minify: true,
    metafile: true,
    loader: { ".woff2": "file" },
    legalComments: "none",
    logLevel: "warning",
  });
  const names = {};
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    const file = basename(path);
    const source = output.entryPoint ?? Object.keys(output.inputs)[0];
    names[output.entryPoint ? basename(source).replace(/\.ts$/, ".js") : basename(source)] = file;
  }
  return names;
}

/** Writes bytes under a name that carries their hash. */
async function hashed(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  const extension = extname(name);
  const file = `${basename(name, extension)}-${hash}${extension}`;
  await writeFile(join(dist, file), bytes);
  return file;
}

await empty(dist);
const manifest = await bundle();
for (const path of pictures) manifest[basename(path)] = await hashed(basename(path), await readFile(join(root, path)));
for (const [name, draw] of Object.entries(marks)) manifest[name] = await hashed(name, draw());
await mkdir(join(dist, "licenses"));
for (const font of fonts) {
  await cp(join(root, "node_modules/@fontsource-variable", font, "LICENSE"), join(dist, "licenses", `${font}.txt`));
}
const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
await writeFile(join(dist, "manifest.json"), JSON.stringify(sorted, null, 2) + "\n");
console.log(`web/dist: ${Object.keys(sorted).length} files`);

const phoneBuild = join(root, "phoneapp/build.mjs");
if (existsSync(phoneBuild)) await import(pathToFileURL(phoneBuild).href);
