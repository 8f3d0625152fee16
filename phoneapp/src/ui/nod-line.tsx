import type { ComponentChildren, JSX } from "preact";

export type Rest = "waiting" | "counting" | "done" | "stopped" | "none";

/** The nod line, large. `part` is what is left of the time, 0 to 1, when it counts. */
export function NodLine({ ring, part = 1, children }: { ring: Rest; part?: number; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="nod-line" data-ring={ring}>
      <svg viewBox="0 0 320 116" aria-hidden="true" focusable="false">
        <path class="nod-line-path" d="M-600 40H56c58 0 42 74 104 74s46-74 104-74h656" />
        <g class="nod-line-ring">
          {ring === "counting" && <circle class="ring-track" cx="160" cy="49" r="42" />}
          {ring !== "none" && <circle class="ring-arc" cx="160" cy="49" r="42" pathLength={100} {...arc(ring, part)} />}
          {ring === "done" && <path class="nod-line-sign" d="m143 49.5 12 13.5 23-27.5" />}
          {ring === "stopped" && <path class="nod-line-sign" d="m146.5 35.5 27 27m0-27-27 27" />}
        </g>
      </svg>
      {children}
    </div>
  );
}

function arc(ring: Rest, part: number): { "stroke-dasharray"?: string; transform?: string } {
  if (ring === "counting") return { "stroke-dasharray": `${100 * part} 100`, transform: "rotate(-90 160 49)" };
  // Stopped: the ring is open at the top.
  if (ring === "stopped") return { "stroke-dasharray": "86 14", transform: "rotate(-64.8 160 49)" };
  return {};
}
