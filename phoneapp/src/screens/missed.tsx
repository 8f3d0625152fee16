import type { JSX } from "preact";
import type { MissedApproval } from "../core/contract";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { Parts } from "../ui/surfaces";
import { MissedRow } from "./recent";
import { linesOf, Statement } from "./statement";

/** Takes missed requests off this phone's list. */
function useDismiss(): (missed: readonly MissedApproval[]) => void {
  const { core, nav, fail } = useApp();
  return (missed) => {
    core.dismissMissed(missed.map(({ id }) => id)).then(() => nav.back(), (fault: unknown) => fail(fault, "other"));
  };
}

/** Who asked and from where, and what to do if that was you, or not. */
export function Missed({ id }: { id: string }): JSX.Element | null {
  const { texts, now } = useApp();
  const missed = useCore(["missed"], (core) => core.missed().find((one) => one.id === id));
  const dismiss = useDismiss();
  if (missed === undefined) return null;
  return (
    <Screen
      bar={<Bar title={texts.t("missed.bar")} />} title={texts.t("missed.title")} lead={texts.t("missed.lead", { Time: texts.when(missed.issuedAt, now()) })}
      actions={<Button id="dismiss" onClick={() => dismiss([missed])}>{texts.t("missed.dismiss")}</Button>}
    >
      <Statement lines={linesOf(texts, { ...missed, kind: "sign_in" }, now())} />
      <Parts
        parts={[
          { icon: "check", title: texts.t("missed.mine.title"), text: texts.t("missed.mine") },
          { icon: "warning", title: texts.t("missed.not_mine.title"), text: texts.t("missed.not_mine") },
        ]}
      />
    </Screen>
  );
}

/** Every one of them. */
export function AllMissed(): JSX.Element {
  const { texts } = useApp();
  const missed = useCore(["missed"], (core) => core.missed());
  const dismiss = useDismiss();
  return (
    <Screen
      bar={<Bar />} title={texts.t("missed.all.title")} lead={texts.t(missed.length === 0 ? "missed.all.none" : "missed.all.lead")}
      actions={missed.length > 0 && <Button id="dismiss-all" kind="plain" onClick={() => dismiss(missed)}>{texts.t("missed.dismiss_all")}</Button>}
    >
      <div class="rows screen-rows">{missed.map((one) => <MissedRow key={one.id} missed={one} among />)}</div>
    </Screen>
  );
}
