import type { JSX, TargetedEvent } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "./app-context";
import { FieldError } from "./field-error";
import { Icon } from "./icon";

interface Props {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly error?: string;
  readonly errorKey?: string;
  /** Shows the characters together with another field's Show. */
  readonly shown?: boolean;
  readonly onShow?: (shown: boolean) => void;
  readonly onInput: (value: string) => void;
}

/** A PIN to type. Without onShow it follows `shown` and has no button of its own. */
export function PinField({ id, label, value, error = "", errorKey, shown = false, onShow, onInput }: Props): JSX.Element {
  const { texts } = useApp();
  const common = {
    id, value, maxLength: 32, autocomplete: "off", autocapitalize: "none" as const, autocorrect: "off", spellcheck: false,
    "aria-invalid": error === "" ? undefined : ("true" as const), "aria-describedby": `${id}-error`,
    onInput: (event: TargetedEvent<HTMLInputElement>) => onInput(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label class="field-label" for={id}>{label}</label>
      <div class="field-box">
        {shown ? <input type="text" class="field-input" {...common} /> : <input type="password" class="field-input field-input-pin" {...common} />}
        {onShow !== undefined && (
          <button
            type="button" class="field-show" aria-pressed={shown} aria-controls={id}
            aria-label={texts.t(shown ? "pin.hide.label" : "pin.show.label")} onClick={() => onShow(!shown)}
          >
            <Icon name={shown ? "eye-off" : "eye"} size={20} />
            <span>{texts.t(shown ? "pin.hide" : "pin.show")}</span>
          </button>
        )}
      </div>
      <FieldError id={`${id}-error`} {...(errorKey === undefined ? {} : { errorKey })}>{error}</FieldError>
    </div>
  );
}

/** A PIN that exists, with Show of its own. */
export function KnownPinField(props: Omit<Props, "shown" | "onShow">): JSX.Element {
  const [shown, show] = useState(false);
  return <PinField {...props} shown={shown} onShow={show} />;
}
