import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useApp, useCore } from "../ui/app-context";
import type { Route } from "../ui/nav";
import { About } from "./about";
import { Activated } from "./activated";
import { ApprovalScreen } from "./approval";
import { Before } from "./before";
import { ChooseBiometric } from "./biometric";
import { ChangePin } from "./change-pin";
import { Code } from "./code";
import { ConfirmPin } from "./confirm";
import { DecidedScreen } from "./decided";
import { Fault } from "./fault";
import { First } from "./first";
import { Home } from "./home";
import { Install } from "./install";
import { Looking } from "./looking";
import { More, Services } from "./menus";
import { OfferCheck } from "./offer";
import { CreatePin } from "./pin";
import { Scan } from "./scan";
import { Settings } from "./settings";
import { Undo } from "./undo";
import { User } from "./user";
import { AddUser, Users } from "./users";

const home: Route = { screen: "home" };

/** Screens that lead to a new key. */
const activating = new Set<Route["screen"]>(["looking", "code", "scan", "offer"]);

/** The screen of a route. A route whose subject is gone (after a reload, or by the forward button) leads back to where it can start. */
export function Page({ route }: { route: Route }): JSX.Element {
  const { nav, draft, preferences, mustInstall } = useApp();
  const shown = useCore(["users", "approvals"], (core) => {
    switch (route.screen) {
      case "offer":
      case "pin":
      case "biometric":
        return draft.offer === undefined ? home : route;
      case "fault":
        return draft.trouble === undefined ? home : route;
      case "decided":
        return draft.decided === undefined ? home : route;
      case "looking":
        return draft.groups[0] === "" ? home : route;
      case "user":
      case "change-pin":
      case "activated":
        return core.users().some((user) => user.keyId === route.keyId) ? route : home;
      case "confirm":
        return draft.number === "" && core.approvals().some(({ id, number }) => id === route.id && number) ? ({ screen: "approval", id: route.id } as const) : route;
      default:
        return route;
    }
  });
  const nobody = useCore(["users"], (core) => core.users().length === 0);
  useEffect(() => {
    if (shown !== route) nav.replace(shown);
  }, [nav, route, shown]);
  const install = mustInstall && activating.has(shown.screen);
  const screen = install ? "install" : shown.screen === "home" && nobody ? "first" : shown.screen;
  return (
    <div class="phone" data-screen={screen} data-drawing={preferences.drawing}>
      {install ? <Install /> : screen === "first" ? <First /> : <Of route={shown} key={keyOf(shown)} />}
    </div>
  );
}

/** Another subject on the same screen is another screen. */
function keyOf(route: Route): string {
  const subject = "id" in route ? route.id : "keyId" in route ? route.keyId : "";
  return `${route.screen} ${subject}`;
}

function Of({ route }: { route: Route }): JSX.Element {
  switch (route.screen) {
    case "about": return <About />;
    case "activated": return <Activated keyId={route.keyId} />;
    case "add": return <AddUser />;
    case "approval": return <ApprovalScreen id={route.id} />;
    case "before": return <Before />;
    case "biometric": return <ChooseBiometric />;
    case "change-pin": return <ChangePin keyId={route.keyId} />;
    case "code": return <Code />;
    case "confirm": return <ConfirmPin id={route.id} />;
    case "decided": return <DecidedScreen />;
    case "fault": return <Fault />;
    case "home": return <Home />;
    case "looking": return <Looking />;
    case "more": return <More />;
    case "offer": return <OfferCheck />;
    case "pin": return <CreatePin />;
    case "scan": return <Scan />;
    case "services": return <Services />;
    case "settings": return <Settings />;
    case "undo": return <Undo />;
    case "user": return <User keyId={route.keyId} />;
    case "users": return <Users />;
  }
}
