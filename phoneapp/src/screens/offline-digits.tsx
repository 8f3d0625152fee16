import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { FieldError } from "../ui/field-error";
import { Screen } from "../ui/screen";
import { shownName } from "./names";
import { OfflineBar } from "./offline-code";
import { answering, useOpenSubject } from "./offline-way";

/** The digits of what was typed, as an input method for Japanese writes them too. */
function only(typed: string): string {
  return typed.normalize("NFKC").replace(/[^0-9]/g, "").slice(0, 6);
}

/** Six digits of the page, typed. */
export function OfflineDigits({ keyId }: { keyId: string }): JSX.Element {
  const { texts } = useApp();
  const open = useOpenSubject();
  const users = useCore(["users"], (core) => answering(core.users()));
  const [digits, setDigits] = useState("");
  const [missing, setMissing] = useState("");
  const user = users.find((one) => one.keyId === keyId);
  const go = (): void => {
    if (digits.length === 6) {
      open({ keyId, digits }, false);
      return;
    }
    setMissing(texts.t("offline_way.digits.missing"));
    document.getElementById("digits")?.focus();
  };
  return (
    <Screen
      bar={<OfflineBar />} title={texts.t("offline_way.digits.title")} onSubmit={go}
      lead={users.length > 1 && user !== undefined ? texts.rich("offline_way.digits.lead", { Who: <strong><bdi>{shownName(user)}</bdi></strong> }) : undefined}
      actions={<Button id="continue" submit>{texts.t("continue")}</Button>}
    >
      <div class="field screen-block">
        <label class="field-label" for="digits">{texts.t("offline_way.digits.label")}</label>
        <div class="field-box">
          <input
            id="digits" type="text" class="field-input digits-input" inputMode="numeric" autocomplete="off" autocorrect="off" spellcheck={false}
            value={digits} maxLength={16} aria-invalid={missing === "" ? undefined : "true"} aria-describedby="digits-error"
            onInput={(event) => {
              const typed = event.currentTarget.value;
              // An input method is still at work; taking its letters away would break the word it makes.
              if (event.isComposing && !/^[ -~]*$/.test(typed)) return;
              event.currentTarget.value = only(typed);
              setDigits(only(typed));
              setMissing("");
            }}
            onCompositionEnd={(event) => {
              event.currentTarget.value = only(event.currentTarget.value);
              setDigits(event.currentTarget.value);
            }}
          />
        </div>
        <FieldError id="digits-error">{missing}</FieldError>
      </div>
    </Screen>
  );
}
