import type { JSX } from "preact";
import type { MissedApproval } from "../core/contract";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { Parts } from "../ui/surfaces";
import { MissedRow } from "./recent";
import { linesOf, Statement, Supplied } from "./statement";

/** Takes missed requests off this phone's list. */
function useDismiss(): (missed: readonly MissedApproval[]) => void {
  const { core, nav, fail } = useApp();
  return (missed) => {
    core.dismissMissed(missed.map(({ id }) => id)).then(() => nav.back(), (fault: unknown) => fail(fault, "other"));
  };
}

/** What its end means, and what to do if it was expected, or not. */
const words = {
  sign_in: { lead: "missed.lead", mineTitle: "missed.mine.title", mine: "missed.mine", otherTitle: "missed.not_mine.title", other: "missed.not_mine" },
  confirm: { lead: "missed.confirm.lead", mineTitle: "missed.confirm.mine.title", mine: "missed.confirm.mine", otherTitle: "missed.confirm.not_mine.title", other: "missed.confirm.not_mine" },
} as const;

/** Who asked for what and from where, and what to do if that was you, or not. */
export function Missed({ id }: { id: string }): JSX.Element | null {
  const { texts, now } = useApp();
  const missed = useCore(["missed"], (core) => core.missed().find((one) => one.id === id));
  const dismiss = useDismiss();
  if (missed === undefined) return null;
  const said = words[missed.kind];
  return (
    <Screen
      bar={<Bar title={texts.t("missed.bar")} />} title={texts.t("missed.title")} lead={texts.t(said.lead, { Time: texts.when(missed.issuedAt, now()) })}
      actions={<Button id="dismiss" onClick={() => dismiss([missed])}>{texts.t("missed.dismiss")}</Button>}
    >
      <Supplied approval={missed} />
      <Statement lines={linesOf(texts, missed, now())} />
      <Parts
        parts={[
          { icon: "check", title: texts.t(said.mineTitle), text: texts.t(said.mine) },
          { icon: "warning", title: texts.t(said.otherTitle), text: texts.t(said.other) },
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
