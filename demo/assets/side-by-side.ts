// The demo's page: brings portal and phone together, follows the log, and starts over.
import { bridge } from "./page/bridge";
import { follow } from "./page/follow";
import { fit } from "./page/fit";
import { tabs } from "./page/tabs";

const place = "nodkey-demo-run";

function frame(id: string): HTMLIFrameElement | undefined {
  const element = document.getElementById(id);
  return element instanceof HTMLIFrameElement ? element : undefined;
}

function start(): void {
  const { portal = "", phone = "", run = "", seq = "0" } = document.body.dataset;
  const portalFrame = frame("portal");
  const phoneFrame = frame("phone");
  if (portalFrame === undefined || phoneFrame === undefined) return;
  const between = bridge(window, { portal: { frame: portalFrame, origin: portal }, phone: { frame: phoneFrame, origin: phone } }, () => {
    // The phone app keeps its users in this browser. Those of a demo that is no more would only puzzle.
    const known = localStorage.getItem(place);
    localStorage.setItem(place, run);
    if (known !== null && known !== run) between.forget();
  });
  fit(document.getElementById("window-view"), portalFrame);
  tabs(document.getElementById("stage"), document.querySelectorAll<HTMLButtonElement>("[role=tab]"));
  const log = follow(document, `/events?after=${seq}`);

  const again = document.getElementById("again");
  const trouble = document.getElementById("trouble");
  again?.addEventListener("click", () => {
    again.setAttribute("aria-busy", "true");
    void startAgain().then((done) => {
      again.removeAttribute("aria-busy");
      if (trouble !== null) trouble.hidden = done;
      if (!done) return;
      log.clear();
      between.forget();
      portalFrame.src = `${portal}/sign-in`;
    });
  });
}

async function startAgain(): Promise<boolean> {
  try {
    return (await fetch("/again", { method: "POST" })).ok;
  } catch {
    return false; // the demo was stopped
  }
}

start();
