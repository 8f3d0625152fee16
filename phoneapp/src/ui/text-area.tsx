import type { JSX } from "preact";
import { FieldError } from "./field-error";

interface Props {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  /** The sentence below; empty while there is nothing to say. */
  readonly error: string;
  readonly errorKey: string;
  readonly onInput: (value: string) => void;
}

/** Several lines of text in any script. The browser neither keeps nor checks what is typed. */
export function TextArea({ id, label, hint, value, error, errorKey, onInput }: Props): JSX.Element {
  return (
    <div class="field">
      <label class="field-label" for={id}>{label}</label>
      <p class="field-hint" id={`${id}-hint`}>{hint}</p>
      <div class="field-box">
        <textarea
          id={id} class="field-input field-area" dir="auto" rows={7} value={value} autocomplete="off" autocapitalize="sentences" spellcheck={false}
          aria-invalid={error === "" ? undefined : "true"} aria-describedby={`${id}-hint ${id}-error`}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </div>
      <FieldError id={`${id}-error`} errorKey={errorKey}>{error}</FieldError>
    </div>
  );
}
