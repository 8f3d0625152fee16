import type { JSX } from "preact";

/** The mark as app icon; its colours are the same in both themes. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect class="mark-ground" width="32" height="32" rx="9" />
      <path class="mark-line" d="M4 14.5h1.8c4.2 0 5 8.8 10.2 8.8s6-8.8 10.2-8.8H28" />
      <circle class="mark-ring" cx="16" cy="12" r="4.3" />
    </svg>
  );
}
