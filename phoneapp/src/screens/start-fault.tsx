import type { JSX } from "preact";
import type { Environment } from "../install/environment";
import type { Texts } from "../i18n";
import { Button } from "../ui/button";
import { Icon, type IconName } from "../ui/icon";
import { LanguageSwitch } from "../ui/language";
import { NodLine } from "../ui/nod-line";

interface Props {
  readonly texts: Texts;
  readonly environment: Environment;
  /** What the browser said. */
  readonly fault: unknown;
  readonly onLanguage: (language: string) => void;
  readonly onRetry: () => void;
}

/** Without storage there can be no key, and so no app: nothing else of it runs here. */
export function StartFault({ texts, environment, fault, onLanguage, onRetry }: Props): JSX.Element {
  const full = causedBy(fault, "QuotaExceededError");
  const next = full ? "start.storage.next_full" : environment.platform !== "ios" ? "start.storage.next" : environment.decodes ? "start.storage.next_ios" : "start.storage.lockdown";
  const parts: readonly { readonly icon: IconName; readonly title: string; readonly text: string }[] = [
    { icon: "clock", title: texts.t("fault.happened"), text: texts.t(full ? "start.storage.full" : "start.storage.happened") },
    { icon: "shield-check", title: texts.t("fault.safe"), text: texts.t("start.storage.safe") },
    { icon: "door", title: texts.t("fault.next"), text: texts.t(next) },
  ];
  return (
    <div class="phone" data-screen="start-fault">
      <div class="screen">
        <header class="bar"><LanguageSwitch texts={texts} onChoose={onLanguage} /></header>
        <div class="screen-body">
          <main class="screen-main" data-error="storage">
            <NodLine ring="stopped" />
            <h1 tabIndex={-1}>{texts.t("start.storage.title")}</h1>
            <div class="parts">
              {parts.map(({ icon, title, text }) => (
                <div class="part" key={title}>
                  <Icon name={icon} />
                  <div>
                    <h2 class="part-title">{title}</h2>
                    <p class="part-text">{text}</p>
                  </div>
                </div>
              ))}
            </div>
          </main>
          <div class="action-bar"><Button id="retry" icon="refresh" onClick={onRetry}>{texts.t("fault.retry")}</Button></div>
        </div>
      </div>
    </div>
  );
}

/** Does such an exception stand anywhere in the chain of causes? */
function causedBy(fault: unknown, name: string): boolean {
  for (let at = fault, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) if (at.name === name) return true;
  return false;
}
