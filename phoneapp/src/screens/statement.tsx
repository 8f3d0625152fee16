import type { ComponentChildren, JSX } from "preact";
import type { Approval } from "../core/contract";
import type { Texts } from "../i18n";
import { useApp } from "../ui/app-context";
import { Icon, type IconName } from "../ui/icon";
import { kinds } from "./kinds";

export interface Line {
  readonly icon: IconName;
  readonly name: string;
  readonly value: ComponentChildren;
  readonly second?: ComponentChildren;
}

/** Who, where, with what: a sheet of names and values. */
export function Statement({ lines }: { lines: readonly Line[] }): JSX.Element {
  return (
    <dl class="sheet statement">
      {lines.map((line) => (
        <div class="statement-line" key={line.name}>
          <dt>
            <Icon name={line.icon} ink="petrol" />
            {line.name}
          </dt>
          <dd>{line.value}</dd>
          {line.second !== undefined && <dd class="statement-second">{line.second}</dd>}
        </div>
      ))}
    </dl>
  );
}

/** A text that came from an application, marked as such; none where there is none. */
export function Supplied({ approval: { app, text } }: { approval: Pick<Approval, "app"> & { readonly text?: string } }): JSX.Element | null {
  const { texts } = useApp();
  if (text === undefined) return null;
  return (
    <div class="supplied" id="supplied">
      <p class="supplied-head">{texts.t("approval.text", { App: app })}</p>
      <p class="supplied-text" dir="auto">{text}</p>
    </div>
  );
}

/** What is read of a statement, whichever way it came. */
type Asked = Pick<Approval, "kind" | "app" | "who" | "issuedAt"> & Partial<Pick<Approval, "address" | "place" | "with" | "newKey" | "item">>;

/** A statement as lines to read. */
export function linesOf(texts: Texts, approval: Asked, now: number): Line[] {
  const at = texts.when(approval.issuedAt, now);
  const from: ComponentChildren = approval.place ?? approval.address;
  const lines: Line[] = [
    { icon: "door", name: texts.t(kinds[approval.kind].app), value: approval.app },
    { icon: "person", name: texts.t("approval.as"), value: approval.who },
  ];
  if (approval.newKey !== undefined) lines.push({ icon: "phone", name: texts.t("approval.new_phone"), value: approval.newKey.name });
  const { item } = kinds[approval.kind];
  if (approval.item !== undefined && item !== undefined) {
    lines.push({ icon: approval.kind !== "key_remove" && approval.item.includes("@") ? "mail" : "phone", name: texts.t(item), value: approval.item });
  }
  if (from !== undefined) {
    const second = approval.place !== undefined && approval.address !== undefined ? `${approval.address} · ${at}` : at;
    lines.push({ icon: "pin", name: texts.t("approval.from"), value: from, second });
  }
  if (approval.with !== undefined) lines.push({ icon: "window", name: texts.t("approval.with"), value: approval.with });
  return lines;
}
