import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon";

interface Props {
  readonly id?: string;
  readonly kind?: "main" | "plain" | "no" | "text" | "text-no";
  readonly icon?: IconName;
  readonly busy?: boolean;
  readonly submit?: boolean;
  readonly capitals?: boolean;
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
}

const classes = {
  main: "button button-main button-wide",
  plain: "button button-plain button-wide",
  no: "button button-no button-wide",
  text: "button button-text",
  "text-no": "button button-text button-brick",
} as const;

/** One deed. A main button is never disabled: pressing it says what is missing. */
export function Button({ id, kind = "main", icon, busy = false, submit = false, capitals = false, children, onClick }: Props): JSX.Element {
  return (
    <button
      id={id} type={submit ? "submit" : "button"} class={classes[kind] + (capitals ? " capitals" : "")}
      aria-busy={busy ? "true" : undefined} onClick={onClick}
    >
      {icon !== undefined && !busy && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}
