// Shows any screen over a phone without a server: ?screen=…&drawing=ios&theme=dark&size=200. Not part of the app.
import { render } from "preact";
import "../../web/design/tokens.css";
import "../../web/design/base.css";
import "../../web/design/phone.css";
import { wearTheme } from "./choice";
import { chooseLanguage, loadTexts } from "./i18n";
import { formatCode } from "./core/codes";
import { PhoneFault, type Platform, type PushState } from "./core/contract";
import type { Notifier, Permission } from "./install/notifier";
import { PreviewCore, approvalOf, noInstaller, noNotifier, offerOf, pastOf, plainEnvironment, server, userOf } from "./preview-core";
import { prepareInbox } from "./preview-inbox";
import { prepareOffline } from "./preview-offline";
import { prepareDelivery } from "./preview-push";
import { prepareUsers } from "./preview-users";
import { App } from "./screens/app";
import { emptyDraft, type Draft, type Ending } from "./ui/app-context";
import { MemoryNav, type PlainScreen, type Route } from "./ui/nav";

const query = new URLSearchParams(location.search);
const [screen = "home", detail = ""] = (query.get("screen") ?? "home").split(":");
const now = Date.now();
const core = new PreviewCore(Date.now);
const draft: Draft = emptyDraft();
if (query.get("size") !== null) document.documentElement.setAttribute("data-preview-size", query.get("size") ?? "");

const user = userOf({ activatedAt: now - 40 * 86_400_000 });
const approval = approvalOf(now);

/** Prepares the core and the draft for a screen, and says where to start. */
function prepare(): Route {
  if (screen !== "first") core.set({ users: [user], past: pastOf(now) });
  draft.offer = offerOf(now, detail === "already" ? { alreadyHere: true } : {});
  const prepared = prepareUsers(screen, detail, core, draft, now) ?? prepareOffline(screen, detail, core, draft, now) ?? prepareDelivery(screen, detail, core, draft, now) ?? prepareInbox(screen, detail, core, now);
  if (prepared !== undefined) return prepared;
  switch (screen) {
    case "code":
      if (detail === "wrong") draft.groups = [...formatCode("7K29QX4VHR3TW5Z").slice(0, 2), "4VHY", "R3", ""];
      return { screen: "code" };
    case "activated":
      if (detail === "confirm") core.set({ users: [{ ...user, state: "confirm", digits: "318402" }] });
      if (detail === "approve") core.set({ users: [{ ...user, state: "approve" }] });
      return { screen: "activated", keyId: "k1" };
    case "user":
      if (detail === "suspended") core.set({ users: [{ ...user, state: "suspended" }] });
      return { screen: "user", keyId: "k1" };
    case "change-pin":
      return { screen: "change-pin", keyId: "k1" };
    case "fault":
      draft.trouble = { key: detail, args: { minutes: 7, direction: "slow", group: 3, Reference: "7F2K-91", ServiceDesk: "+49 40 5550 120" }, during: detail.startsWith("key") ? "approval" : "activation" };
      return { screen: "fault" };
    case "home":
      if (detail === "several") core.set({ approvals: [approval, approvalOf(now, { id: "a2", place: "Lisbon, Portugal", with: "Chrome on Android" })] });
      if (detail === "offline") core.connect(false, now - 600_000);
      if (detail === "suspended") core.set({ users: [{ ...user, state: "suspended" }, userOf({ keyId: "k2", displayName: "Jonas Brandt" })] });
      return { screen: "home" };
    case "approval":
      core.set({
        approvals: [approvalOf(now, {
          known: detail === "known", number: detail !== "nonumber", factors: { pin: true, biometric: detail === "biometric" },
          ...(detail === "text" ? { text: "Transfer of 1,200.00 EUR to Nordlicht Stadtwerke" } : {}),
          ...(detail === "key_add" ? { kind: "key_add" as const, newKey: { id: "k9", name: "Pixel 8" }, number: false } : {}),
        })],
      });
      draft.number = "4";
      return { screen: "approval", id: "a1" };
    case "confirm":
      core.set({ approvals: [approval] });
      draft.number = "47";
      if (detail === "wrong") core.fault = new PhoneFault("pin.wrong", { left: 3 });
      return { screen: "confirm", id: "a1" };
    case "decided":
      core.set({ past: [{ id: "a1", keyId: "k1", app: approval.app, at: now, state: "approved" }, ...pastOf(now)] });
      draft.decided = { approval, ending: detail as Ending, at: now };
      return { screen: "decided" };
    case "first":
      return { screen: "home" };
    default:
      return { screen: screen as PlainScreen };
  }
}

/** ?permission=granted&push=on */
const permission = (query.get("permission") ?? "none") as Permission;
const notifier: Notifier = { ...noNotifier, permission };
core.push = (query.get("push") ?? "impossible") as PushState;
wearTheme(query.get("theme") === "dark" ? "dark" : "light");
const place = document.getElementById("app");
if (place !== null) {
  render(
    <App
      core={core} nav={new MemoryNav(prepare())} texts={await loadTexts(chooseLanguage([query.get("lang") ?? "en"]))} draft={draft} server={server} host="phone.aldermere.example"
      device={{ platform: "android", name: "Pixel 8" }} biometric={query.get("biometric") !== "no"}
      environment={query.get("install") === "yes" ? { ...plainEnvironment, platform: "ios", browser: "safari", ios: 18.6, installed: false } : { ...plainEnvironment, platform: (query.get("platform") ?? "android") as Platform }}
      installer={noInstaller} notifier={notifier} handOver={() => undefined}
      preferences={{ drawing: query.get("drawing") === "ios" ? "ios" : "android", theme: query.get("theme") === "dark" ? "dark" : "light" }} version="dev"
      demo={undefined} scan={() => Promise.reject(new PhoneFault(detail === "" ? "camera.denied" : detail))} keep={() => undefined}
    />,
    place,
  );
}
