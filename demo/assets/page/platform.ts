// Which phone is played; this browser remembers it for the page.

export type Platform = "android" | "ios";

const place = "nodkey-demo-platform";

/** Connects the switch with the handset around the phone. changed is called when the person chooses; gives what is chosen now. */
export function platformSwitch(buttons: Iterable<HTMLInputElement>, handset: HTMLElement | null, storage: Storage, changed: () => void): () => Platform {
  let now: Platform = storage.getItem(place) === "ios" ? "ios" : "android";
  const wear = (): void => {
    if (handset !== null) handset.dataset["platform"] = now;
  };
  for (const button of buttons) {
    button.checked = button.value === now;
    button.addEventListener("change", () => {
      if (!button.checked) return;
      now = button.value === "ios" ? "ios" : "android";
      storage.setItem(place, now);
      wear();
      changed();
    });
  }
  wear();
  return () => now;
}
