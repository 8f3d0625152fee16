import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Countdown } from "../ui/countdown";
import { KnownPinField } from "../ui/pin-field";
import { Bar, Screen } from "../ui/screen";
import { useDecide, useOpenApproval } from "./decide";
import { faultSentence } from "./faults";
import { kinds } from "./kinds";
import { Working } from "./working";

/** The PIN for one approval. */
export function ConfirmPin({ id }: { id: string }): JSX.Element | null {
  const { texts, draft } = useApp();
  const approval = useOpenApproval(id);
  const [pin, setPin] = useState("");
  const [missing, setMissing] = useState("");
  const { busy, refused, refusedArgs, approve, deny } = useDecide();
  if (approval === undefined) return null;
  const go = (): void => {
    if (pin === "") {
      setMissing(texts.t("pin.missing"));
      document.getElementById("pin")?.focus();
      return;
    }
    setPin("");
    approve(approval, { ...(approval.number ? { number: draft.number } : {}), pin });
  };
  const wrong = refused === "" ? "" : faultSentence(texts, refused, refusedArgs);
  return (
    <Screen
      bar={<Bar title={texts.t(kinds[approval.kind].bar)} right={<Countdown from={approval.issuedAt} to={approval.expiresAt} />} />}
      title={texts.t("confirm_pin.title")}
      lead={texts.rich(kinds[approval.kind].lead ?? "confirm_pin.lead", { Who: <strong>{approval.who}</strong>, App: <strong>{approval.app}</strong> })} onSubmit={go}
      actions={
        <>
          <Button id="confirm" submit busy={busy}>{texts.t("confirm_pin.yes")}</Button>
          <Button id="deny" kind="no" onClick={() => deny(approval, "not_me")}>{texts.t(kinds[approval.kind].no ?? "approval.no")}</Button>
        </>
      }
    >
      <div class="screen-block">
        <KnownPinField
          id="pin" label={texts.t("pin.label")} value={pin} error={missing === "" ? wrong : missing}
          {...(refused === "" ? {} : { errorKey: refused })}
          onInput={(value) => {
            setPin(value);
            setMissing("");
          }}
        />
      </div>
      <Working busy={busy} text={texts.t("approval.working")} />
    </Screen>
  );
}
