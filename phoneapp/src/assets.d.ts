// What esbuild turns into something else than a module: a file's address, a file's text.
declare module "*.wasm" {
  const url: string;
  export default url;
}
declare module "*.txt" {
  const text: string;
  export default text;
}

/** Set by the build; absent in unit tests. */
declare const NODKEY_VERSION: string | undefined;
