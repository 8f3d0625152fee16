// In the demo only: the page that frames this portal may ask for the picture of the code as it is shown here, for the phone
// beside to read. The server includes this script, and names that page's origin, in no other portal.
const origin = document.querySelector<HTMLMetaElement>('meta[name="nodkey-demo"]')?.content;

if (origin !== undefined && origin !== "" && origin !== "*" && window.parent !== window) {
  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.origin !== origin || event.source !== window.parent) return;
    if (typeof event.data !== "object" || event.data === null || !("type" in event.data) || event.data.type !== "nodkey-demo-scan") return;
    void picture().then((made) => window.parent.postMessage({ type: "nodkey-demo-picture", picture: made }, origin));
  });
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
