// Drawings of what other programs show: a browser's bar, a row of its menu. They say nothing that the sentence beside them does
// not say, so readers are spared them.
import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "../ui/icon";
import { Mark } from "../ui/mark";

/** A browser's bar with the sign to touch: at the top or bottom edge of the screen, in the middle or at the end. */
export function DrawnBar({ edge, at, icon }: { edge: "top" | "bottom"; at: "middle" | "end"; icon: IconName }): JSX.Element {
  return (
    <span class="drawn drawn-bar" data-edge={edge} data-at={at} aria-hidden="true">
      <span class="drawn-line" />
      <span class="drawn-spot"><Icon name={icon} /></span>
      {at === "middle" && <span class="drawn-line" />}
    </span>
  );
}

/** A row of a menu. */
export function DrawnRow({ icon, children }: { icon?: IconName; children: ComponentChildren }): JSX.Element {
  return (
    <span class="drawn drawn-row" aria-hidden="true">
      <span>{children}</span>
      {icon !== undefined && <Icon name={icon} />}
    </span>
  );
}

/** A switch that is on, in a row. */
export function DrawnSwitch({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <span class="drawn drawn-row" aria-hidden="true">
      <span>{children}</span>
      <span class="drawn-switch" />
    </span>
  );
}

/** The app as it stands on the home screen. */
export function DrawnApp({ name }: { name: string }): JSX.Element {
  return (
    <span class="drawn-app" aria-hidden="true">
      <Mark />
      <span>{name}</span>
    </span>
  );
}
