import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Approval } from "../core/contract";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Countdown } from "../ui/countdown";
import { NumberField, numberWords } from "../ui/number-field";
import { Bar, Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { useDecide, useOpenApproval } from "./decide";
import { kinds, toApplication } from "./kinds";
import { useSighted } from "./sighted";
import { linesOf, Statement, Supplied } from "./statement";
import { Working } from "./working";
import { useWords } from "./words";

/** The screen may come by itself: it keeps its buttons back for a moment, so that a tap meant for the last one does nothing here. */
const guardMs = 350;

/** Is this you? Only what stands in the verified statement is shown. */
export function ApprovalScreen({ id }: { id: string }): JSX.Element | null {
  const { texts, nav, draft, now, server } = useApp();
  const words = useWords();
  const approval = useOpenApproval(id);
  const [number, setNumber] = useState(draft.number);
  const [error, setError] = useState("");
  const [ready, setReady] = useState(false);
  const { busy, refused, approve, deny } = useDecide();
  useSighted(approval === undefined ? [] : [approval], "opened");
  useEffect(() => {
    const timer = setTimeout(() => setReady(true), guardMs);
    return () => clearTimeout(timer);
  }, []);
  if (approval === undefined) return null;

  const biometricFirst = approval.factors.biometric && (!words.android || !approval.factors.pin);
  const numberOf = approval.kind === "confirm" ? "given" : toApplication(approval, server) ? "app" : "page";
  const confirm = (factor: "pin" | "biometric"): void => {
    if (approval.number && !/^[0-9]{2}$/.test(number)) {
      setError(texts.t(numberWords[numberOf].missing, { App: approval.app }));
      document.getElementById(number.charAt(0).trim() === "" ? "number-1" : "number-2")?.focus();
      return;
    }
    draft.number = number;
    if (factor === "pin") nav.go({ screen: "confirm", id });
    else approve(approval, { ...(approval.number ? { number } : {}), biometric: true });
  };
  const main = biometricFirst ? "biometric" : "pin";
  const label = (factor: "pin" | "biometric"): string => (factor === "pin" ? texts.t("approval.pin") : texts.t("approval.biometric", { Sensor: words.sensor }));
  const other = biometricFirst ? approval.factors.pin && ("pin" as const) : approval.factors.biometric && ("biometric" as const);

  return (
    <Screen
      bar={<Bar title={texts.t(kinds[approval.kind].bar)} right={<Countdown from={approval.issuedAt} to={approval.expiresAt} />} />}
      title={texts.t(kinds[approval.kind].title)} onSubmit={() => confirm(main)}
      actions={ready && (
        <>
          <Button id="confirm" submit busy={busy}>{label(main)}</Button>
          <Button id="deny" kind="no" onClick={() => deny(approval, "not_me")}>{texts.t(kinds[approval.kind].no ?? "approval.no")}</Button>
        </>
      )}
    >
      {approval.kind === "confirm" && <Supplied approval={approval} />}
      <Statement lines={linesOf(texts, approval, now())} />
      {approval.kind !== "confirm" && <Supplied approval={approval} />}
      <Caution approval={approval} />
      {!approval.number && (approval.kind === "sign_in" || approval.kind === "confirm") && (
        <Banner kind="look" icon="warning" title={texts.t("approval.no_number")}>{texts.t("approval.no_number.rest")}</Banner>
      )}
      {approval.number && (
        <NumberField
          of={numberOf} app={approval.app} value={number} error={error}
          onInput={(value) => {
            setNumber(value);
            setError("");
          }}
        />
      )}
      <div role="status" data-error={refused === "" ? undefined : refused}>
        {texts.has(refused) && <Banner kind="look" icon="warning">{texts.t(refused)}</Banner>}
      </div>
      {ready && (
        <span class="action-links">
          {other !== false && <Button id="other-factor" kind="text" onClick={() => confirm(other)}>{label(other)}</Button>}
          <Button id="mistake" kind="text" onClick={() => deny(approval, "mistake")}>{texts.t("approval.mistake")}</Button>
        </span>
      )}
      <Working busy={busy} text={texts.t("approval.working")} />
    </Screen>
  );
}

function Caution({ approval }: { approval: Approval }): JSX.Element | null {
  const { texts } = useApp();
  const { caution } = kinds[approval.kind];
  if (caution !== undefined) return <Banner kind={caution.calm ? "calm" : "look"} icon={caution.calm ? "info" : "warning"} title={texts.t(caution.title)}>{texts.t(caution.rest)}</Banner>;
  if (approval.known) return null;
  return <Banner kind="look" icon="warning" title={texts.t("approval.browser")}>{texts.t("approval.browser.rest")}</Banner>;
}
