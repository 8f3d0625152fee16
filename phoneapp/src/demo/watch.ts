// Tells the demo's page which screen is there and what went wrong on it, so that it can say when a trouble has shown.
import type { Around } from "./around";

/** Follows the screens until the page goes. Only the names of screen and fault are told, nothing that was typed. */
export function tellScreens(document: Document, around: Around): void {
  let told = "";
  const look = (): void => {
    const screen = document.querySelector("[data-screen]")?.getAttribute("data-screen") ?? "";
    const error = document.querySelector("[data-error]")?.getAttribute("data-error") ?? "";
    if (told === `${screen} ${error}`) return;
    told = `${screen} ${error}`;
    around.post({ type: "nodkey-demo-screen", screen, error });
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributeFilter: ["data-screen", "data-error"] });
  look();
}
