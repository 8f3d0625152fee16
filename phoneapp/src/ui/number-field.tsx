import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { useApp } from "./app-context";
import { FieldError } from "./field-error";

/** The words for the two digits: those that the portal's page shows, that are shown on the way to an application (its own prompt or a
 * page that names it), or that somebody was shown or told by one. */
export const numberWords = {
  page: { label: "number.label", first: "number.first", second: "number.second", missing: "number.missing" },
  app: { label: "number.app.label", first: "number.app.first", second: "number.app.second", missing: "number.app.missing" },
  given: { label: "number.given.label", first: "number.given.first", second: "number.given.second", missing: "number.given.missing" },
} as const;

interface Props {
  readonly of: keyof typeof numberWords;
  /** The application's name. */
  readonly app: string;
  readonly value: string;
  readonly error: string;
  readonly onInput: (value: string) => void;
}

/** The two digits that a request has. */
export function NumberField({ of, app, value, error, onInput }: Props): JSX.Element {
  const words = numberWords[of];
  const { texts } = useApp();
  const label = texts.t(words.label, { App: app });
  const box = useRef<HTMLDivElement>(null);
  const digits = [value.charAt(0), value.charAt(1)].map((c) => c.trim());

  const focus = (index: number): void => {
    box.current?.querySelectorAll("input")[index]?.focus();
  };
  const put = (index: number, typed: string): void => {
    const only = typed.replace(/[^0-9]/g, "");
    // Two at once are a paste; one more in a full box takes its place.
    const both = only.length >= 2 && (digits[index] === "" || only.length > 2);
    const next = both ? only.slice(0, 2) : digits.map((digit, i) => (i === index ? only.slice(-1) : digit) || " ").join("");
    onInput(next.trimEnd());
    if (both || (only !== "" && index === 0)) focus(1);
  };

  return (
    <div>
      <fieldset class="number-field">
        <legend class="spoken">{label}</legend>
        <span class="number-label" aria-hidden="true">{label}</span>
        <div class="digit-inputs" ref={box}>
          {digits.map((digit, i) => (
            <input
              key={i} id={`number-${i + 1}`} class="digit-input" inputMode="numeric" pattern="[0-9]" autocomplete="off" value={digit}
              aria-label={texts.t(i === 0 ? words.first : words.second, { App: app })}
              aria-invalid={error !== "" && digit === "" ? "true" : undefined} aria-describedby="number-error"
              onInput={(event) => {
                put(i, event.currentTarget.value);
                event.currentTarget.value = event.currentTarget.value.replace(/[^0-9]/g, "").slice(-1);
              }}
              onFocus={(event) => event.currentTarget.select()}
              onKeyDown={(event) => {
                if (event.key === "Backspace" && digit === "" && i === 1) focus(0);
                if (event.key === "ArrowLeft" && i === 1) focus(0);
                if (event.key === "ArrowRight" && i === 0) focus(1);
              }}
            />
          ))}
        </div>
      </fieldset>
      <FieldError id="number-error">{error}</FieldError>
    </div>
  );
}
