import type { JSX } from "preact";
import sprite from "../../../web/design/sprite.svg";

export type IconName =
  | "arrow-left" | "bell" | "camera" | "camera-switch" | "check" | "chevron" | "clock" | "copy" | "cross" | "door" | "dots" | "download" | "edit" | "eye" | "eye-off"
  | "face" | "fingerprint" | "globe" | "help" | "info" | "key" | "keyboard" | "lock" | "mail" | "menu" | "person" | "phone" | "pin" | "plus" | "plus-square" | "qr"
  | "refresh" | "search" | "settings" | "share" | "shield" | "shield-check" | "torch" | "trash" | "warning" | "wifi-off" | "window";

/** One symbol of the sprite. It is never read aloud: the control or the text beside it has the name. */
export function Icon({ name, size = 24, ink }: { name: IconName; size?: 24 | 20 | 16; ink?: "petrol" | "brass" | "brick" }): JSX.Element {
  const classes = ["icon", size === 24 ? "" : `icon-${size}`, ink === undefined ? "" : `icon-${ink}`].filter(Boolean).join(" ");
  return (
    <svg class={classes} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <use href={`${sprite}#${name}`} />
    </svg>
  );
}
