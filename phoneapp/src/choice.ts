// What the person chose for this phone's looks. Nothing secret, so localStorage serves.
import type { Preferences } from "./ui/app-context";

const place = "nodkey.choice";

export interface Choice {
  readonly languages: readonly string[];
  readonly drawing: Preferences["drawing"] | undefined;
  readonly theme: Preferences["theme"];
  readonly phoneName: string | undefined;
}

/** Reads what was kept; anything unknown counts as not chosen. */
export function readChoice(storage: Storage | undefined): Choice {
  let kept: unknown;
  try {
    kept = JSON.parse(storage?.getItem(place) ?? "null");
  } catch {
    kept = null;
  }
  const { language, drawing, theme, phoneName } = (typeof kept === "object" && kept !== null ? kept : {}) as Record<string, unknown>;
  return {
    languages: typeof language === "string" ? [language] : [],
    drawing: drawing === "android" || drawing === "ios" ? drawing : undefined,
    theme: theme === "light" || theme === "dark" ? theme : "device",
    phoneName: typeof phoneName === "string" && phoneName !== "" ? phoneName : undefined,
  };
}

export function keepChoice(storage: Storage | undefined, { preferences, language }: { preferences: Preferences; language: string | undefined }): void {
  try {
    storage?.setItem(place, JSON.stringify({ language, ...preferences }));
  } catch {
    // Full or forbidden storage costs the choice and nothing else.
  }
}

const askedPlace = "nodkey.asked.notifications";

/** Whether the question about notifications was put already; without storage it counts as put, so that it never nags. */
export function notificationsAsked(storage: Storage | undefined): { get(): boolean; set(): void } {
  return {
    get() {
      try {
        return storage === undefined || storage.getItem(askedPlace) !== null;
      } catch {
        return true;
      }
    },
    set() {
      try {
        storage?.setItem(askedPlace, "yes");
      } catch {
        // As above.
      }
    },
  };
}

/** Puts on the theme; "device" leaves it to the device. */
export function wearTheme(theme: Preferences["theme"]): void {
  if (theme === "device") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
