import type { JSX } from "preact";
import { clockLeft } from "../i18n";
import { useApp, useNow } from "./app-context";

/** Ring and figures of the time left; spoken at 60, 30 and 10 seconds only. */
export function Countdown({ from, to }: { from: number; to: number }): JSX.Element {
  const { texts } = useApp();
  const now = useNow();
  const left = Math.max(0, to - now);
  const part = Math.min(1, left / Math.max(1, to - from));
  const seconds = Math.ceil(left / 1000);
  const spoken = [60, 30, 10].find((mark) => seconds <= mark && seconds > mark - 5);
  return (
    <div class="countdown bar-right">
      <svg class="ring ring-small" viewBox="0 0 56 56" aria-hidden="true" focusable="false">
        <circle class="ring-track" cx="28" cy="28" r="24.5" />
        <circle
          class="ring-arc" cx="28" cy="28" r="24.5" pathLength={100}
          stroke-dasharray={`${100 * part} 100`} transform="rotate(-90 28 28)"
        />
      </svg>
      <span class="bar-time" role="timer" aria-label={texts.t("countdown.label", { Time: clockLeft(left) })}>
        {clockLeft(left)}
      </span>
      <span class="spoken" aria-live="polite">{spoken === undefined ? "" : texts.t("countdown.spoken", { Seconds: spoken })}</span>
    </div>
  );
}
