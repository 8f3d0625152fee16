import type { JSX } from "preact";
import { PhoneFault, type OfflineRequest, type OfflineSubject } from "../core/contract";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { kinds } from "./kinds";
import { OfflineBar, Six } from "./offline-code";
import { digitsOf, keyOf, useMakeCode, whoOf } from "./offline-way";
import { linesOf, Statement, Supplied, type Line } from "./statement";
import { useWords } from "./words";

/** Is this you? What was scanned says who asks; of typed digits nothing is known. */
export function OfflineAsk({ subject }: { subject: OfflineSubject }): JSX.Element {
  const { texts, core, nav, fail, now, server } = useApp();
  const words = useWords();
  const { busy, refused, make } = useMakeCode();
  const factors = core.codes.factors(keyOf(subject));
  const biometricFirst = factors.biometric && (!words.android || !factors.pin);
  const confirm = (factor: "pin" | "biometric"): void => {
    if (factor === "pin") nav.go({ screen: "offline-pin" });
    else make(subject, { biometric: true });
  };
  const label = (factor: "pin" | "biometric"): string => (factor === "pin" ? texts.t("approval.pin") : texts.t("approval.biometric", { Sensor: words.sensor }));
  const main = biometricFirst ? "biometric" : "pin";
  const other = biometricFirst ? factors.pin && ("pin" as const) : factors.biometric && ("biometric" as const);
  const scanned = "request" in subject ? subject.request : undefined;
  const blind: Line[] = [
    ...(server === undefined ? [] : [{ icon: "door" as const, name: texts.t("approval.to"), value: server.name }]),
    { icon: "person", name: texts.t("approval.as"), value: <bdi>{whoOf(core, subject)}</bdi> },
    { icon: "key", name: texts.t("offline_way.ask.digits"), value: <Six digits={digitsOf(subject)} /> },
  ];
  return (
    <Screen
      bar={<OfflineBar />} title={texts.t(scanned?.kind === "confirm" ? kinds.confirm.title : "offline_way.ask.title")} onSubmit={() => confirm(main)}
      actions={
        <>
          <Button id="confirm" submit busy={busy}>{label(main)}</Button>
          <Button id="deny" kind="no" onClick={() => fail(new PhoneFault("offline_code.not_me"), "other")}>{texts.t("approval.no")}</Button>
        </>
      }
    >
      {scanned?.kind === "confirm" && <Supplied approval={scanned} />}
      <Statement lines={scanned === undefined ? blind : linesOf(texts, scanned, now())} />
      {scanned?.kind === "sign_in" && <Supplied approval={scanned} />}
      {scanned === undefined
        ? <Banner kind="look" icon="warning" title={texts.t("offline_way.ask.blind.title")}>{texts.t("offline_way.ask.blind")}</Banner>
        : <Cautions request={scanned} />}
      <div role="status" data-error={refused === "" ? undefined : refused}>
        {texts.has(refused) && <Banner kind="look" icon="warning">{texts.t(refused)}</Banner>}
      </div>
      {other !== false && (
        <span class="action-links">
          <Button id="other-factor" kind="text" onClick={() => confirm(other)}>{label(other)}</Button>
        </span>
      )}
    </Screen>
  );
}

function Cautions({ request }: { request: OfflineRequest }): JSX.Element {
  const { texts } = useApp();
  return (
    <>
      {!request.known && <Banner kind="look" icon="warning" title={texts.t("approval.browser")}>{texts.t("approval.browser.rest")}</Banner>}
      {request.late && <Banner kind="look" icon="clock" title={texts.t("offline_way.ask.late.title")}>{texts.t("offline_way.ask.late")}</Banner>}
    </>
  );
}
