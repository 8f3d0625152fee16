import type { JSX } from "preact";
import type { Texts } from "../i18n";
import { NodLine } from "../ui/nod-line";

/** Without storage there can be no key, and so no app. */
export function StartFault({ texts }: { texts: Texts }): JSX.Element {
  return (
    <div class="phone" data-screen="start-fault">
      <main class="screen-main" data-error="storage">
        <NodLine ring="stopped" />
        <h1 tabIndex={-1}>{texts.t("start.storage.title")}</h1>
        <p class="lead">{texts.t("start.storage")}</p>
      </main>
    </div>
  );
}
