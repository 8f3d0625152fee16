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
  /** How many lines are to be seen of several; without it there is one. */
  readonly rows?: number;
}

/** Text in any script, which the browser neither keeps nor checks: label above, hint below it, sentence below the box. */
export function TextField({ id, label, hint, value, error, errorKey, onInput, rows }: Props): JSX.Element {
  const input = {
    id, dir: "auto", value, autocomplete: "off", autocapitalize: "sentences", spellcheck: false,
    "aria-invalid": error === "" ? undefined : "true", "aria-describedby": `${id}-hint ${id}-error`,
  } as const;
  return (
    <div class="field">
      <label class="field-label" for={id}>{label}</label>
      <p class="field-hint" id={`${id}-hint`}>{hint}</p>
      <div class="field-box">
        {rows === undefined
          ? <input {...input} type="text" class="field-input" onInput={(event) => onInput(event.currentTarget.value)} />
          : <textarea {...input} class="field-input field-area" rows={rows} onInput={(event) => onInput(event.currentTarget.value)} />}
      </div>
      <FieldError id={`${id}-error`} errorKey={errorKey}>{error}</FieldError>
    </div>
  );
}
