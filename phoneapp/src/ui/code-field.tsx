import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { codeGroupLength, codeGroups, groupHolds, isElsewhere, normaliseCode, parseLink } from "../core/codes";
import { useApp } from "./app-context";
import { FieldError } from "./field-error";

type Check = "open" | "right" | "wrong";

/** A finished group is checked at once. */
export function checkGroup(typed: string, index: number): Check {
  if (typed.length < codeGroupLength) return "open";
  return groupHolds(typed, index + 1) ? "right" : "wrong";
}

/** Letters and digits of a code in any writing: as an input method for Japanese writes them, too. */
function charactersOf(typed: string): string {
  return normaliseCode(typed.normalize("NFKC")).replace(/[^0-9A-Z]/g, "");
}

/**
 * What a paste holds: twenty characters in any writing, or the link of a code, alone or within other words. Another server's
 * link holds nothing.
 */
export function readPasted(pasted: string): { code: string; fingerprint: string | undefined } {
  const text = pasted.normalize("NFKC");
  for (const candidate of [text, ...(text.match(/https?:\/\/\S+/g) ?? [])]) {
    try {
      return parseLink(candidate, location.origin);
    } catch {
      if (isElsewhere(candidate, location.origin)) return { code: "", fingerprint: undefined };
    }
  }
  const code = charactersOf(text);
  // Words around a code would count as characters of it.
  const within = code.length === codeGroups * codeGroupLength ? [] : (text.match(/(?<![0-9A-Za-z])[0-9A-Za-z]{4}(?:[^0-9A-Za-z]{0,3}[0-9A-Za-z]{4}){4}(?![0-9A-Za-z])/g) ?? []);
  const whole = within.map(charactersOf).find((found) => cutCode(found).every((group, i) => groupHolds(group, i + 1)));
  return { code: whole ?? code, fingerprint: undefined };
}

/** Cuts a code into its five groups. */
export function cutCode(code: string): string[] {
  return Array.from({ length: codeGroups }, (_, i) => code.slice(i * codeGroupLength, (i + 1) * codeGroupLength));
}

interface Props {
  readonly legend: string;
  readonly groups: readonly string[];
  /** A sentence when Continue was pressed too early. */
  readonly missing: string;
  readonly onInput: (groups: readonly string[], fingerprint?: string) => void;
}

/** The activation code: five groups of four, each with its own check. */
export function CodeField({ legend, groups, missing, onInput }: Props): JSX.Element {
  const { texts } = useApp();
  const box = useRef<HTMLFieldSetElement>(null);
  const checks = groups.map(checkGroup);
  const wrong = checks.indexOf("wrong");
  const right = checks.flatMap((check, i) => (check === "right" ? [i + 1] : []));

  const input = (index: number): HTMLInputElement | undefined => box.current?.querySelectorAll("input")[index];
  const put = (index: number, typed: string): void => {
    const clean = charactersOf(typed);
    const next = [...groups];
    // What does not fit goes on in the next groups, as when the whole code arrives from a keyboard's clipboard.
    const spill = clean.length > codeGroupLength;
    for (let i = index, at = 0; i < codeGroups && (i === index || at < clean.length); i++, at += codeGroupLength) {
      next[i] = clean.slice(at, at + codeGroupLength);
    }
    onInput(next);
    const last = Math.min(codeGroups - 1, index + Math.max(0, Math.ceil(clean.length / codeGroupLength) - 1));
    const full = (next[last]?.length ?? 0) === codeGroupLength;
    if (spill || full) input(full ? Math.min(last + 1, codeGroups - 1) : last)?.focus();
  };

  return (
    <div>
      <fieldset
        ref={box} class="code-field"
        onPaste={(event) => {
          const text = event.clipboardData?.getData("text") ?? "";
          const { code, fingerprint } = readPasted(text);
          if (code.length <= codeGroupLength) return; // a single group: the box itself takes it
          event.preventDefault();
          onInput(cutCode(code), fingerprint);
          input(Math.min(codeGroups - 1, Math.floor(code.length / codeGroupLength)))?.focus();
        }}
      >
        <legend class="field-label">{legend}</legend>
        <div class="code-groups">
          {groups.map((group, i) => (
            <div class="code-cell" data-check={checks[i]} key={i}>
              <input
                id={`code-group-${i + 1}`} class="code-group" value={group} autocapitalize="characters" autocorrect="off" spellcheck={false}
                autocomplete="off" aria-label={texts.t("code.group.label", { Group: i + 1 })}
                aria-invalid={checks[i] === "wrong" ? "true" : undefined} aria-describedby="code-error"
                enterkeyhint={i < codeGroups - 1 ? "next" : "go"}
                onInput={(event) => {
                  // An input method is still at work on what is not ASCII yet; taking it away would break the word it makes.
                  const typed = event.currentTarget.value;
                  if (event.isComposing && !/^[ -~]*$/.test(typed)) return;
                  put(i, typed);
                }}
                onCompositionEnd={(event) => put(i, event.currentTarget.value)}
                onKeyDown={(event) => {
                  const at = event.currentTarget.selectionStart ?? 0;
                  if (event.key === "Backspace" && group === "" && i > 0) {
                    event.preventDefault();
                    onInput(groups.map((g, j) => (j === i - 1 ? g.slice(0, -1) : g)));
                    input(i - 1)?.focus();
                  }
                  if (event.key === "ArrowLeft" && at === 0) input(i - 1)?.focus();
                  if (event.key === "ArrowRight" && at === group.length) input(i + 1)?.focus();
                }}
              />
            </div>
          ))}
        </div>
      </fieldset>
      {wrong >= 0 ? (
        <FieldError id="code-error" errorKey="code.group" title={texts.t("code.group.wrong", { Group: wrong + 1 })}>
          {texts.join(texts.t("code.group.compare"), right.length === 0 ? "" : texts.t(right.length === 1 ? "code.group.right" : "code.groups.right", { Groups: texts.list(right) }))}
        </FieldError>
      ) : (
        <FieldError id="code-error">{missing}</FieldError>
      )}
    </div>
  );
}
