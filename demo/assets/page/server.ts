// What the page asks of the demo's server.

/** What became of it: an answer, or a sentence for the person. The sentence is empty where the server was not reached. */
export type Answer = { readonly ok: true; readonly body: unknown } | { readonly ok: false; readonly sentence: string };

/** Sends a form to the demo's server. Never throws. */
export async function send(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
  try {
    const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields) });
    if (!answer.ok) return { ok: false, sentence: (await answer.text()).trim() };
    const isJson = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
    return { ok: true, body: isJson ? await answer.json() : undefined };
  } catch {
    return { ok: false, sentence: "" }; // the demo was stopped
  }
}

/** The picture of a code of something else; null when it cannot be had. */
export async function otherCode(): Promise<Blob | null> {
  try {
    const answer = await fetch("/troubles/other-code");
    return answer.ok ? await answer.blob() : null;
  } catch {
    return null;
  }
}
