import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Core } from "../core/contract";
import { mustInstall } from "../install/environment";
import { useApp, useCore, type Draft } from "../ui/app-context";
import type { Route } from "../ui/nav";
import { About } from "./about";
import { Activated } from "./activated";
import { AlreadyHere } from "./already";
import { ApprovalScreen } from "./approval";
import { Arrange } from "./arrange";
import { Before } from "./before";
import { ChooseBiometric } from "./biometric";
import { CameraHelp } from "./camera-help";
import { ChangePin } from "./change-pin";
import { Code } from "./code";
import { ConfirmPin } from "./confirm";
import { DecidedScreen } from "./decided";
import { ExistingPin } from "./existing-pin";
import { Fault } from "./fault";
import { First } from "./first";
import { ForgotPin } from "./forgot-pin";
import { Home } from "./home";
import { Messages } from "./inbox-list";
import { MessageReply } from "./inbox-reply";
import { MessageScreen } from "./inbox-thread";
import { readers } from "./inbox-way";
import { MessagesUser } from "./inbox-whose";
import { Install } from "./install";
import { Installed } from "./installed";
import { Looking } from "./looking";
import { More, Services } from "./menus";
import { AllMissed, Missed } from "./missed";
import { Notifications } from "./notifications";
import { NotificationsCheck } from "./notifications-check";
import { Ntfy } from "./ntfy";
import { OfferCheck } from "./offer";
import { OfflineAsk } from "./offline-ask";
import { OfflineCode, OfflineUser } from "./offline-code";
import { OfflineDigits } from "./offline-digits";
import { OfflinePin } from "./offline-pin";
import { OfflineResult } from "./offline-result";
import { OfflineScan } from "./offline-scan";
import { answering, keyOf as answeringKey } from "./offline-way";
import { PhoneName } from "./phone-name";
import { CreatePin } from "./pin";
import { PinsLeft } from "./pins-left";
import { Rename } from "./rename";
import { TouchedRequest } from "./request";
import { Scan } from "./scan";
import { Sensor } from "./sensor";
import { Settings } from "./settings";
import { userHere } from "./test-request";
import { Undo } from "./undo";
import { User } from "./user";
import { AddUser, Users } from "./users";

const home: Route = { screen: "home" };

/** Screens that lead to a new key. */
const activating = new Set<Route["screen"]>(["looking", "code", "scan", "offer"]);

/** The screen of a route. A route whose subject is gone (after a reload, or by the forward button) leads back to where it can start. */
export function Page({ route }: { route: Route }): JSX.Element {
  const { nav, draft, preferences, environment } = useApp();
  const shown = useCore(["users", "approvals", "missed"], (core) => {
    switch (route.screen) {
      case "offer":
      case "already":
        return draft.offer === undefined ? home : userHere(core, draft.offer) === undefined ? ({ screen: "offer" } as const) : ({ screen: "already" } as const);
      case "existing-pin":
        return draft.offer === undefined ? home : core.pinHolder() === undefined ? ({ screen: "pin" } as const) : route;
      case "pin":
      case "biometric":
      case "forgot-pin":
        return draft.offer === undefined ? home : route;
      case "pins-left":
        return draft.pinsLeft === undefined ? home : route;
      case "phone-name":
        return core.users().some(({ state }) => state === "active") ? route : home;
      case "fault":
        return draft.trouble === undefined ? home : route;
      case "decided":
        return draft.decided === undefined ? home : route;
      case "offline-code":
      case "offline-scan":
      case "offline-user":
      case "offline-digits":
      case "offline-ask":
      case "offline-pin":
      case "offline-result":
        return offlineRoute(core, draft.answer, route);
      case "missed":
        return core.missed().some(({ id }) => id === route.id) ? route : home;
      case "looking":
        return draft.groups[0] === "" ? home : route;
      case "user":
      case "rename":
      case "change-pin":
      case "activated":
        return core.users().some((user) => user.keyId === route.keyId) ? route : home;
      case "messages":
      case "message":
      case "message-reply":
        return readers(core).some((user) => user.keyId === route.keyId) ? route : home;
      case "messages-user":
        return readers(core).length > 0 ? route : home;
      case "confirm":
        return draft.number === "" && core.approvals().some(({ id, number }) => id === route.id && number) ? ({ screen: "approval", id: route.id } as const) : route;
      default:
        return route;
    }
  });
  const nobody = useCore(["users"], (core) => core.users().length === 0);
  useEffect(() => {
    if (shown.screen !== route.screen) nav.replace(shown);
  }, [nav, route, shown]);
  const install = mustInstall(environment) && activating.has(shown.screen);
  const screen = install ? "install" : shown.screen === "home" && nobody ? "first" : shown.screen;
  return (
    <div class="phone" data-screen={screen} data-drawing={preferences.drawing}>
      {install ? <Install /> : screen === "first" ? <First /> : <Of route={shown} key={keyOf(shown)} />}
    </div>
  );
}

/** Where the way to a code without a connection can go on: with what is known, and with users who can answer. */
function offlineRoute(core: Core, answer: Draft["answer"], route: Route): Route {
  if (answering(core.users()).length === 0) return home;
  const here = (keyId: string): boolean => core.users().some((user) => user.keyId === keyId && user.state !== "removed");
  switch (route.screen) {
    case "offline-digits":
      return answer !== undefined && "keyId" in answer && here(answer.keyId) ? route : { screen: "offline-code" };
    case "offline-ask":
    case "offline-pin":
      return answer !== undefined && "subject" in answer && here(answeringKey(answer.subject)) ? route : { screen: "offline-code" };
    case "offline-result":
      return answer !== undefined && "subject" in answer && answer.made !== undefined ? route : home;
    default:
      return route;
  }
}

/** Another subject on the same screen is another screen. */
function keyOf(route: Route): string {
  const [id, keyId] = ["id" in route ? route.id : "", "keyId" in route ? route.keyId : ""];
  return `${route.screen} ${keyId} ${id}`;
}

function Of({ route }: { route: Route }): JSX.Element | null {
  const { answer } = useApp().draft;
  const subject = answer !== undefined && "subject" in answer ? answer.subject : undefined;
  const made = answer !== undefined && "subject" in answer ? answer.made : undefined;
  switch (route.screen) {
    case "about": return <About />;
    case "activated": return <Activated keyId={route.keyId} />;
    case "add": return <AddUser />;
    case "already": return <AlreadyHere />;
    case "approval": return <ApprovalScreen id={route.id} />;
    case "arrange": return <Arrange />;
    case "before": return <Before />;
    case "biometric": return <ChooseBiometric />;
    case "camera-help": return <CameraHelp />;
    case "change-pin": return <ChangePin keyId={route.keyId} />;
    case "code": return <Code />;
    case "confirm": return <ConfirmPin id={route.id} />;
    case "decided": return <DecidedScreen />;
    case "existing-pin": return <ExistingPin />;
    case "fault": return <Fault />;
    case "forgot-pin": return <ForgotPin />;
    case "home": return <Home />;
    case "install": return <Install />;
    case "installed": return <Installed />;
    case "looking": return <Looking />;
    case "message": return <MessageScreen keyId={route.keyId} id={route.id} />;
    case "message-reply": return <MessageReply keyId={route.keyId} id={route.id} />;
    case "messages": return <Messages keyId={route.keyId} />;
    case "messages-user": return <MessagesUser />;
    case "missed": return <Missed id={route.id} />;
    case "missed-all": return <AllMissed />;
    case "more": return <More />;
    case "notifications": return <Notifications />;
    case "notifications-check": return <NotificationsCheck />;
    case "ntfy": return <Ntfy />;
    case "offer": return <OfferCheck />;
    case "offline-ask": return subject === undefined ? null : <OfflineAsk subject={subject} />;
    case "offline-code": return <OfflineCode />;
    case "offline-digits": return answer !== undefined && "keyId" in answer ? <OfflineDigits keyId={answer.keyId} /> : null;
    case "offline-pin": return subject === undefined ? null : <OfflinePin subject={subject} />;
    case "offline-result": return subject === undefined || made === undefined ? null : <OfflineResult subject={subject} made={made} />;
    case "offline-scan": return <OfflineScan />;
    case "offline-user": return <OfflineUser />;
    case "phone-name": return <PhoneName />;
    case "pin": return <CreatePin />;
    case "pins-left": return <PinsLeft />;
    case "rename": return <Rename keyId={route.keyId} />;
    case "request": return <TouchedRequest id={route.id} />;
    case "scan": return <Scan />;
    case "sensor": return <Sensor />;
    case "services": return <Services />;
    case "settings": return <Settings />;
    case "undo": return <Undo />;
    case "user": return <User keyId={route.keyId} />;
    case "users": return <Users />;
  }
}
