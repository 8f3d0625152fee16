import type { ComponentChildren, JSX } from "preact";
import { useApp } from "./app-context";
import { Icon, type IconName } from "./icon";

/** Tint, icon, one or two sentences. */
export function Banner({ kind = "calm", icon, title, children }: { kind?: "calm" | "look" | "stop"; icon: IconName; title?: string; children: ComponentChildren }): JSX.Element {
  const { texts } = useApp();
  const tint = { calm: "banner", look: "banner banner-look", stop: "banner banner-stop" }[kind];
  return (
    <div class={tint}>
      <Icon name={icon} />
      <p>
        {title !== undefined && <strong>{title}{texts.gap}</strong>}
        {children}
      </p>
    </div>
  );
}

interface RowProps {
  readonly id?: string;
  readonly icon?: IconName;
  readonly lead?: ComponentChildren;
  readonly title: ComponentChildren;
  readonly second?: ComponentChildren;
  readonly side?: ComponentChildren;
  readonly data?: string;
  readonly onClick?: () => void;
}

/** A list row; with a deed the whole row is the button. */
export function Row({ id, icon, lead, title, second, side, data, onClick }: RowProps): JSX.Element {
  const inner = (
    <>
      {icon !== undefined && <Icon name={icon} />}
      {lead}
      <span class="row-text">
        <span class="row-title">{title}</span>
        {second !== undefined && <span class="row-second">{second}</span>}
      </span>
      {side}
    </>
  );
  if (onClick === undefined) return <div class="row" id={id}>{inner}</div>;
  return (
    <button type="button" class="row" id={id} data-approval={data} onClick={onClick}>
      {inner}
    </button>
  );
}

/** A row that leads on. */
export function LinkRow(props: RowProps & { readonly onClick: () => void }): JSX.Element {
  return <Row {...props} side={<span class="row-side">{props.side}<span class="row-chevron"><Icon name="chevron" size={20} /></span></span>} />;
}

const chipIcons = { done: "check", look: "clock", no: "cross", past: "clock" } as const;

/** A state: tint, icon and word. */
export function Chip({ kind, icon, children }: { kind: keyof typeof chipIcons; icon?: IconName; children: ComponentChildren }): JSX.Element {
  return (
    <span class={`chip chip-${kind}`}>
      <Icon name={icon ?? chipIcons[kind]} size={16} />
      <span>{children}</span>
    </span>
  );
}

/** Icon, title and text between hairlines. */
export function Parts({ parts }: { parts: readonly { icon: IconName; title?: string; text: ComponentChildren }[] }): JSX.Element {
  return (
    <div class="parts">
      {parts.map((part, i) => (
        <div class="part" key={i}>
          <Icon name={part.icon} />
          <div>
            {part.title !== undefined && <h2 class="part-title">{part.title}</h2>}
            <p class="part-text">{part.text}</p>
          </div>
        </div>
      ))}
    </div>
  );
}

/** Names and values between hairlines, as on a receipt; or on a sheet. */
export function Receipt({ rows, sheet = false }: { rows: readonly { name: string; value: ComponentChildren; second?: ComponentChildren }[]; sheet?: boolean }): JSX.Element {
  return (
    <dl class={sheet ? "sheet receipt" : "receipt"}>
      {rows.map((row) => (
        <div class="receipt-row" key={row.name}>
          <dt>{row.name}</dt>
          <dd>
            <span class="receipt-value">{row.value}</span>
            {row.second !== undefined && <span class="receipt-second">{row.second}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
