import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icon";

/** The sentence below a field; the field names it by `aria-describedby`. It is announced when it comes. */
export function FieldError({ id, errorKey, title, children }: { id: string; errorKey?: string; title?: string; children: ComponentChildren }): JSX.Element {
  const nothing = children === "" || children === undefined;
  return (
    <div id={id} aria-live="polite" data-error={nothing ? undefined : errorKey}>
      {!nothing && (
        <p class="field-error">
          <Icon name="warning" size={20} />
          <span>
            {title !== undefined && <strong>{title} </strong>}
            {children}
          </span>
        </p>
      )}
    </div>
  );
}
