import type { JSX } from "preact";
import type { PinFault } from "../core/contract";
import type { PhoneKey } from "../i18n";
import { useApp } from "./app-context";
import { Icon } from "./icon";

const rules: readonly { key: PhoneKey; faults: readonly PinFault[] }[] = [
  { key: "pin.rule.length", faults: ["length", "character"] },
  { key: "pin.rule.run", faults: ["alike", "run"] },
  { key: "pin.rule.name", faults: ["name", "date"] },
  { key: "pin.rule.common", faults: ["common"] },
];

/** The sentence for the first rule that a PIN breaks. */
export const faultSentences = {
  length: "pin.fault.length",
  character: "pin.fault.character",
  alike: "pin.fault.alike",
  run: "pin.fault.run",
  name: "pin.fault.name",
  date: "pin.fault.date",
  common: "pin.fault.common",
} as const satisfies Record<PinFault, PhoneKey>;

/** The guidelines, ticked while the person types. */
export function PinRules({ pin, repeat, faults }: { pin: string; repeat: string; faults: readonly PinFault[] }): JSX.Element {
  const { texts } = useApp();
  const lines = [
    ...rules.map(({ key, faults: broken }) => ({ key, met: pin !== "" && !broken.some((fault) => faults.includes(fault)) })),
    { key: "pin.rule.repeat" as const, met: pin !== "" && pin === repeat },
  ];
  return (
    <section class="pin-rules">
      <h2 class="h3">{texts.t("pin.rules")}</h2>
      <ul class="rules">
        {lines.map(({ key, met }) => (
          <li key={key} class={met ? "rule rule-met" : "rule"}>
            <span class="rule-mark"><Icon name="check" size={16} /></span>
            <span>{texts.t(key)}</span>
            <span class="spoken">{texts.t(met ? "pin.rule.met" : "pin.rule.open")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
