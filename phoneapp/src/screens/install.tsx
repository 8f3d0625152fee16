import type { JSX } from "preact";
import { wayOf } from "../install/environment";
import { useApp } from "../ui/app-context";
import { InstallFromMenu } from "./install-menu";
import { InstallFromShare } from "./install-share";
import { Leave } from "./leave";

/**
 * A code was opened in a phone's browser: whose app this is, and how it comes onto the home screen. On an iPhone the browser
 * and the installed app share no storage, so a key made here would not be there; other apps' browsers install nothing.
 */
export function Install(): JSX.Element {
  const { environment } = useApp();
  switch (wayOf(environment)) {
    case "leave": return <Leave />;
    case "safari": return <Leave />;
    case "share": return <InstallFromShare />;
    case "menu": return <InstallFromMenu />;
  }
}

/** The name that stands under the app's icon: the manifest's. */
export function useAppName(): string {
  const { server, host } = useApp();
  return server?.name ?? host;
}

/** The whole code of the draft in its groups, or undefined. */
export function useCode(): string | undefined {
  const { draft } = useApp();
  return draft.groups.every((group) => group !== "") ? draft.groups.join("-") : undefined;
}

/** Puts text into the clipboard; false where that is not to be had. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
