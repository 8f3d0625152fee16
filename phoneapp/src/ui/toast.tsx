import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icon";

const shownMs = 6000;

/** Something succeeded. It stays 6 s, and while it is hovered or focused. */
export function Toast({ text, onGone }: { text: string; onGone: () => void }): JSX.Element {
  const [held, hold] = useState(false);
  useEffect(() => {
    if (held || text === "") return undefined;
    const timer = setTimeout(onGone, shownMs);
    return () => clearTimeout(timer);
  }, [held, text, onGone]);
  return (
    <div role="status">
      {text !== "" && (
        <div
          class="toast" tabIndex={0} onPointerEnter={() => hold(true)} onPointerLeave={() => hold(false)}
          onFocus={() => hold(true)} onBlur={() => hold(false)}
        >
          <Icon name="check" size={20} />
          <span>{text}</span>
        </div>
      )}
    </div>
  );
}
