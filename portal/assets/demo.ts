// In the demo only: the page that frames this portal, or a made-up product, learns that it is this origin's that is to be seen,
// may ask for the picture of the code as it is shown here, for the phone beside to read, and may choose the language. The server
// includes this script, and names that page's origin, in no other portal.
const origin = document.querySelector<HTMLMetaElement>('meta[name="nodkey-demo"]')?.content;

if (origin !== undefined && origin !== "" && origin !== "*" && window.parent !== window) {
  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.origin !== origin || event.source !== window.parent) return;
    const { data } = event;
    if (typeof data !== "object" || data === null || !("type" in data)) return;
    if (data.type === "nodkey-demo-scan") {
      // The code in letters goes with it, for the demo's other phone to type.
      const code = [...document.querySelectorAll("#code .code-group")].map((group) => group.textContent).join(" ");
      void picture().then((made) => window.parent.postMessage({ type: "nodkey-demo-picture", picture: made, code }, origin));
    }
    if (data.type === "nodkey-demo-language" && "lang" in data && typeof data.lang === "string") speak(data.lang);
  });
  const here = (): void => window.parent.postMessage({ type: "nodkey-demo-here" }, origin);
  here();
  // The browser may go back to a page that it kept.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) here();
  });
}

/** Presses the portal's own switch, where it offers that language and speaks another one now. */
function speak(lang: string): void {
  if (document.documentElement.lang === lang) return;
  const buttons = document.querySelectorAll<HTMLButtonElement>("#languages button[lang]");
  [...buttons].find((button) => button.value === lang)?.click();
}

/** The code as loaded, with a quiet zone around; null when there is none on this page. */
async function picture(): Promise<Blob | null> {
  const code = document.getElementById("qr");
  if (!(code instanceof HTMLImageElement)) return null;
  try {
    await code.decode();
  } catch {
    return null; // it was not loaded
  }
  const edge = Math.round(code.naturalWidth / 8);
  const canvas = document.createElement("canvas");
  canvas.width = code.naturalWidth + 2 * edge;
  canvas.height = code.naturalHeight + 2 * edge;
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(code, edge, edge);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

export {};
