// For tests: a window framed by a page of an origin, as the demo's page frames this app.

export const origin = "http://nodkey.localhost:8080";

/** A framed window. content is the mark of the server; what is posted to the page around is kept. */
export function framed(content = origin, parentIsSelf = false) {
  document.head.replaceChildren();
  const meta = document.createElement("meta");
  meta.name = "nodkey-demo";
  meta.content = content;
  document.head.append(meta);
  const posted: unknown[][] = [];
  const went: string[] = [];
  const heard: string[] = [];
  const parent = { postMessage: (...args: unknown[]) => posted.push(args) };
  const target = new EventTarget();
  for (const name of ["online", "offline"]) target.addEventListener(name, () => heard.push(name));
  const fetched: Request[] = [];
  const frame = {
    document, navigator: { userAgent: "Mozilla/5.0 (X11; Linux x86_64)", maxTouchPoints: 0 },
    addEventListener: target.addEventListener.bind(target), removeEventListener: target.removeEventListener.bind(target),
    dispatchEvent: target.dispatchEvent.bind(target), parent: parent as unknown, location: { replace: (to: string) => went.push(to) },
    fetch: (input: string, init?: RequestInit) => {
      const request = new Request(input, init);
      fetched.push(request);
      return Promise.resolve(new Response("{}"));
    },
  };
  if (parentIsSelf) frame.parent = frame;
  const answer = (data: unknown, from = origin, source: unknown = parent): void => {
    target.dispatchEvent(Object.assign(new Event("message"), { data, origin: from, source }));
  };
  return { frame: frame as unknown as Window, posted, answer, went, heard, fetched };
}
