// The demo's page: brings portal and phone together, follows the log, plays phones and troubles, and starts over.
import { bridge, type Bridge } from "./page/bridge";
import { fit } from "./page/fit";
import { follow } from "./page/follow";
import { Panel } from "./page/panel";
import { platformSwitch } from "./page/platform";
import { otherCode, send } from "./page/server";
import { tabs } from "./page/tabs";

const place = "nodkey-demo-run";

function frame(id: string): HTMLIFrameElement | undefined {
  const element = document.getElementById(id);
  return element instanceof HTMLIFrameElement ? element : undefined;
}

/** Runs a task of a button's, once at a time. */
function task(button: HTMLElement | null, run: () => Promise<void>): void {
  button?.addEventListener("click", () => {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    void run().finally(() => button.removeAttribute("aria-busy"));
  });
}

function start(): void {
  const { portal = "", phone = "", products = "", run = "", seq = "0", language } = document.body.dataset;
  const portalFrame = frame("portal");
  const phoneFrame = frame("phone");
  const root = document.getElementById("troubles");
  if (portalFrame === undefined || phoneFrame === undefined || root === null) return;

  const address = document.getElementById("address");
  let toldLanguage = false;
  const pose = (): void => between.pose({ ...panel.pose, platform: platform(), ...(language === undefined || toldLanguage ? {} : { language }) });
  const platform = platformSwitch(document.querySelectorAll("[name=platform]"), document.getElementById("handset"), localStorage, () => pose());
  const panel = new Panel(root, {
    posed: () => pose(),
    happen: async (id) => {
      if (id === "already") {
        portalFrame.src = `${portal}/security/add`;
        return undefined;
      }
      const answer = await send(`/troubles/${id}`);
      return answer.ok ? undefined : answer.sentence;
    },
  });
  const between: Bridge = bridge(window, { portal: { frame: portalFrame, origin: portal, others: products.split(" ").filter(Boolean) }, phone: { frame: phoneFrame, origin: phone } }, {
    ready: () => {
      pose();
      // Once is enough: the app remembers, and the person may choose another one there.
      toldLanguage = true;
      // The phone app keeps its users in this browser. Those of a demo that is no more would only puzzle.
      const known = localStorage.getItem(place);
      localStorage.setItem(place, run);
      if (known !== null && known !== run) between.forget();
    },
    screen: (screen, error) => panel.saw(screen, error),
    shows: (origin) => {
      if (address !== null) address.textContent = origin === undefined ? "" : new URL(origin).host;
    },
    scanned: async (picture, code) => {
      const trouble = picture === null ? undefined : panel.takeScan();
      if (trouble === undefined) return picture;
      if (trouble === "other") {
        panel.shown(trouble);
        return otherCode();
      }
      const answer = await send(`/troubles/${trouble}`, { code });
      if (!answer.ok) panel.fail(trouble, answer.sentence);
      else if (trouble === "expired") portalFrame.src = `${portal}/sign-in`;
      return picture;
    },
  });
  // The window has loaded when its frames have.
  if (language !== undefined) window.addEventListener("load", () => between.speak(language), { once: true });
  fit(document.getElementById("window-view"), portalFrame);
  tabs(document.getElementById("stage"), document.querySelectorAll<HTMLButtonElement>("[role=tab]"));
  const log = follow(document, `/events?after=${seq}`);

  const failed = document.getElementById("trouble");
  const over = (): void => { // the phone app starts anew when it has forgotten, and asks what to play
    log.clear();
    panel.clear();
    between.forget();
    portalFrame.src = `${portal}/sign-in`;
  };
  task(document.getElementById("again"), async () => {
    const { ok } = await send("/again");
    if (failed !== null) failed.hidden = ok;
    if (ok) over();
  });
  task(document.getElementById("normal"), async () => {
    const answer = await send("/normal");
    if (failed !== null) failed.hidden = answer.ok;
    if (!answer.ok) return;
    // Where another phone took a code, the people were made anew.
    if ((answer.body as { again: boolean }).again) over();
    else {
      panel.clear();
      pose();
    }
  });
}

start();
