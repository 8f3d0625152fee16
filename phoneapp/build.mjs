// Builds the phone app into phoneapp/dist: assets/ under names that carry a hash of their content, index.html, the service
// worker with its list, assets.json (logical name to path) and precache.json. Run: node phoneapp/build.mjs
// NODKEY_VERSION in the environment becomes the version that the app tells of itself.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { markPNG } from "../web/mark.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "phoneapp/src");
const dist = join(root, "phoneapp/dist");
const assets = join(dist, "assets");
const targets = ["es2022", "chrome109", "firefox115", "safari16"];
const icons = {
  "icon-192.png": () => markPNG(192),
  "icon-512.png": () => markPNG(512),
  "icon-maskable-512.png": () => markPNG(512, { maskable: true }),
  "apple-touch-icon.png": () => markPNG(180, { maskable: true }),
};
/** Fetched by the operating system when the app is installed, never by the app. */
const notPrecached = Object.keys(icons);

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: targets,
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  define: { NODKEY_VERSION: JSON.stringify(process.env.NODKEY_VERSION ?? "dev") },
};

/** Empties dist but for .gitkeep, which holds it in the repository. */
async function empty() {
  await mkdir(dist, { recursive: true });
  for (const name of await readdir(dist)) {
    if (name !== ".gitkeep") await rm(join(dist, name), { recursive: true });
  }
  await mkdir(assets);
}

const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Scripts and everything they import; gives paths by logical name and what the entry needs at once. */
async function bundleApp() {
  const { metafile } = await build({
    ...shared,
    entryPoints: { app: join(source, "main.tsx") },
    outdir: assets,
    publicPath: "/assets",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    splitting: true,
    metafile: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".wasm": "file", ".svg": "file", ".txt": "text", ".json": "json" },
  });
  const [entryPath, entry] = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint?.endsWith("main.tsx"));
  const preloads = entry.imports.filter((one) => one.kind === "import-statement").map((one) => `/assets/${basename(one.path)}`);
  return { script: `/assets/${basename(entryPath)}`, preloads };
}

/** The shared design and the phone's own styles in one file, fonts beside it. */
async function bundleStyle() {
  const { metafile } = await build({
    ...shared,
    stdin: {
      contents: ["tokens.css", "base.css", "phone.css"].map((name) => `@import "./${name}";`).join("\n"),
      resolveDir: join(root, "web/design"),
      sourcefile: "phone-app.css",
      loader: "css",
    },
    outdir: assets,
    publicPath: "/assets",
    entryNames: "app-[hash]",
    assetNames: "[name]-[hash]",
    metafile: true,
    loader: { ".woff2": "file" },
  });
  return `/assets/${basename(Object.keys(metafile.outputs).find((path) => path.endsWith(".css")))}`;
}

/** Writes bytes under a name that carries their hash; gives the path. */
async function hashed(name, bytes) {
  const extension = extname(name);
  const file = `${basename(name, extension)}-${hashOf(bytes).slice(0, 8).toUpperCase()}${extension}`;
  await writeFile(join(assets, file), bytes);
  return `/assets/${file}`;
}

/** The page; every {{name}} in it must be known. */
async function page(names, preloads) {
  const values = {
    ...names,
    preloads: preloads.map((path) => `<link rel="modulepreload" href="${path}">`).join("\n"),
    noscript: await inEveryLanguage("app.noscript"),
    too_old: await inEveryLanguage("app.too_old"),
  };
  const template = await readFile(join(source, "index.html"), "utf8");
  return template
    .replace(/\{\{([^}]+)\}\}\n?/g, (whole, name) => {
      if (values[name] === undefined) throw new Error(`index.html asks for ${name}, which the build does not make`);
      return values[name] + (whole.endsWith("\n") && values[name] !== "" ? "\n" : "");
    });
}

/** One sentence by language. */
async function sentences(key) {
  const texts = {};
  for (const language of ["en", "de", "ja"]) {
    texts[language] = JSON.parse(await readFile(join(root, `i18n/phone.${language}.json`), "utf8"))[key];
    if (texts[language] === undefined) throw new Error(`phone.${language}.json has no ${key}`);
  }
  return texts;
}

/** A sentence for those for whom the app does not start, and so cannot ask which language they read. */
async function inEveryLanguage(key) {
  return Object.entries(await sentences(key)).map(([language, text]) => `<p lang="${language}">${escaped(text)}</p>`).join("");
}

function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

/** The worker has the few sentences that it says; the catalogues stay in the app. */
async function serviceWorker(precache, icon) {
  const says = { waiting: await sentences("notify.waiting"), test: await sentences("notify.test"), over: await sentences("notify.over") };
  await build({
    ...shared,
    entryPoints: [join(source, "sw/sw.ts")],
    outfile: join(dist, "sw.js"),
    format: "iife",
    define: { PRECACHE: JSON.stringify(precache), WAITING: JSON.stringify({ icon, says }) },
  });
}

await empty();
const { script, preloads } = await bundleApp();
const names = { "app.js": script, "app.css": await bundleStyle() };
names["mark.svg"] = await hashed("mark.svg", await readFile(join(root, "web/design/mark.svg")));
for (const [name, draw] of Object.entries(icons)) names[name] = await hashed(name, draw());
const html = await page(names, preloads);
await writeFile(join(dist, "index.html"), html);

const skipped = new Set(notPrecached.map((name) => names[name]));
const paths = (await readdir(assets)).sort().map((name) => `/assets/${name}`).filter((path) => !skipped.has(path));
// Names carry hashes, the page does not: both together name the version.
const version = hashOf(JSON.stringify(paths) + html).slice(0, 12);
const precache = { version, paths: ["/", ...paths] };
await serviceWorker(precache, names["apple-touch-icon.png"]);
await writeFile(join(dist, "precache.json"), JSON.stringify(precache, null, 2) + "\n");
await writeFile(join(dist, "assets.json"), JSON.stringify(names, null, 2) + "\n");
console.log(`phoneapp/dist: ${paths.length + skipped.size} assets, version ${version}`);
