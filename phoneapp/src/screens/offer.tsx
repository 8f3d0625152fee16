import type { JSX } from "preact";
import { PhoneFault } from "../core/contract";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Screen, StepBar } from "../ui/screen";
import { pinRoute, useActivate } from "./activate";
import { Offline } from "./offline";
import { Statement } from "./statement";
import { Working } from "./working";
import { useWords } from "./words";

/** Whose offer it is. Nothing has been claimed yet. */
export function OfferCheck(): JSX.Element | null {
  const { texts, nav, core, draft, host, biometric, notifier, fail, finish, now } = useApp();
  const words = useWords();
  const { busy, offline, activate } = useActivate();
  const offer = draft.offer;
  if (offer === undefined) return null;
  const go = (): void => {
    if (offer.expiresAt <= now()) {
      fail(new PhoneFault("activation.expired"), "activation");
      return;
    }
    if (offer.resumes) {
      activate({ biometric: false });
      return;
    }
    draft.biometricToo = false;
    draft.pinForCodes = false;
    const confirm = biometric && !words.android ? { screen: "biometric" as const } : pinRoute(core);
    // The iPhone's guide asks about notifications here, Android's has nothing of it: there it comes after Done.
    const asks = !words.android && notifier.wanted;
    draft.afterNotifications = asks ? confirm : undefined;
    nav.go(asks ? { screen: "notifications" } : confirm);
  };
  return (
    <Screen
      bar={<StepBar title={words.register} capitals={words.android} step={1} />} title={texts.t("offer.title")}
      onSubmit={go}
      actions={
        <>
          <Button id="continue" submit busy={busy}>{texts.t("offer.yes")}</Button>
          <Button id="not-me" kind="no" onClick={finish}>{texts.t("offer.no")}</Button>
        </>
      }
    >
      <Statement
        lines={[
          { icon: "person", name: texts.t("offer.for"), value: offer.user.displayName, second: offer.user.name },
          { icon: "door", name: texts.t("offer.at"), value: offer.server.name, second: texts.t("offer.operator", { Operator: offer.server.operator }) },
          { icon: "window", name: texts.t("offer.host"), value: host },
        ]}
      />
      <p class="offer-note second small"><Icon name="lock" size={20} ink="petrol" /><span>{texts.t("offer.note")}</span></p>
      <Offline shown={offline} />
      <Working busy={busy} text={texts.t("activate.working")} />
    </Screen>
  );
}
