// The page around this app in the side-by-side demo. Only a page that the server itself marked as the demo's has the meta
// element; its origin is compared exactly both ways.

/** Speaks with the page around. */
export interface Around {
  post(message: Readonly<Record<string, unknown>> & { readonly type: string }): void;
  /** Calls back with every message of that type that the page around sends; returns the way to stop. */
  on(type: string, listener: (message: Readonly<Record<string, unknown>>) => void): () => void;
}

/** The demo's page, or undefined on every other server. */
export function pageAround(window: Window): Around | undefined {
  const origin = window.document.querySelector<HTMLMetaElement>('meta[name="nodkey-demo"]')?.content;
  if (origin === undefined || origin === "" || origin === "*" || window.parent === window) return undefined;
  return {
    post: (message) => window.parent.postMessage(message, origin),
    on: (type, listener) => {
      const hear = (event: MessageEvent<unknown>): void => {
        if (event.origin !== origin || event.source !== window.parent) return;
        const { data } = event;
        if (typeof data === "object" && data !== null && "type" in data && data.type === type) listener(data);
      };
      window.addEventListener("message", hear);
      return () => window.removeEventListener("message", hear);
    },
  };
}
